/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call_filter.h"
#include "cleanup.h"
#include "sandbox.h"

/* Landlock's structs and numbers, which the header of an older Linux does not
 * have all.
 */
struct ruleset_attr {
  uint64_t handled_fs;
  uint64_t handled_net;         /* since ABI 4 */
  uint64_t scoped;              /* since ABI 6 */
};

struct path_beneath_attr {
  uint64_t allowed;
  int32_t fd;
} __attribute__ ((__packed__));

#define CREATE_RULESET_VERSION 1
#define RULE_PATH_BENEATH 1
#define FS_READ_FILE (UINT64_C (1) << 2)
#define NET_ALL 3               /* bind and connect TCP */
#define SCOPED_ALL 3            /* abstract Unix sockets, signals */

#define ABI_TRUNCATE 3
#define ABI_NET 4
#define ABI_SCOPED 6

/* All rights to files, by the ABI: 2 has moving between folders more than 1,
 * 3 has truncation, 5 has ioctl of devices.
 */
static const uint64_t fs_all[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff };
#define FS_ALL_MAX (sizeof fs_all / sizeof fs_all[0] - 1)

struct sandbox {
  int abi;
  int ruleset;                  /* owned descriptor */
  char name[sizeof "landlock-4294967295,seccomp"];
};

static int
landlock_abi (struct error *err)
{
  long abi = syscall (SYS_landlock_create_ruleset, NULL, (size_t) 0,
                      CREATE_RULESET_VERSION);

  if (abi >= 1)
    return (int) abi;
  return error_set_errno (err, errno, "this kernel has no Landlock, or it may "
                          "not be used");
}

static int
create_ruleset (struct sandbox *sandbox, struct error *err)
{
  size_t fs = (size_t) sandbox->abi;
  const struct ruleset_attr attr = {
    .handled_fs = fs_all[fs < FS_ALL_MAX ? fs : FS_ALL_MAX],
    .handled_net = sandbox->abi >= ABI_NET ? NET_ALL : 0,
    .scoped = sandbox->abi >= ABI_SCOPED ? SCOPED_ALL : 0,
  };

  /* An older Linux takes the longer struct, if the rest is zeros. */
  sandbox->ruleset = (int) syscall (SYS_landlock_create_ruleset, &attr,
                                    sizeof attr, 0);
  if (sandbox->ruleset == -1)
    return error_set_errno (err, errno, "Landlock");
  return 0;
}

static int
open_sandbox (struct sandbox *sandbox, int max_abi, struct error *err)
{
  sandbox->abi = landlock_abi (err);
  if (sandbox->abi == -1 || call_filter_check (err) == -1)
    return -1;
  if (sandbox->abi > max_abi)
    sandbox->abi = max_abi;
  snprintf (sandbox->name, sizeof sandbox->name, "landlock-%d,seccomp",
            sandbox->abi);
  return create_ruleset (sandbox, err);
}

struct sandbox *
sandbox_new_abi (int abi, struct error *err)
{
  struct sandbox *sandbox = malloc (sizeof *sandbox);

  if (sandbox == NULL) {
    error_set_errno (err, ENOMEM, "sandbox");
    return NULL;
  }
  sandbox->ruleset = -1;
  if (open_sandbox (sandbox, abi, err) == -1) {
    sandbox_free (sandbox);
    return NULL;
  }
  return sandbox;
}

struct sandbox *
sandbox_new (struct error *err)
{
  return sandbox_new_abi (INT32_MAX, err);
}

void
sandbox_free (struct sandbox *sandbox)
{
  if (sandbox == NULL)
    return;
  if (sandbox->ruleset != -1)
    close (sandbox->ruleset);
  free (sandbox);
}

const char *
sandbox_name (const struct sandbox *sandbox)
{
  return sandbox->name;
}

int
sandbox_allow_file (struct sandbox *sandbox, int fd, struct error *err)
{
  const struct path_beneath_attr attr = { .allowed = FS_READ_FILE, .fd = fd };

  if (syscall (SYS_landlock_add_rule, sandbox->ruleset, RULE_PATH_BENEATH,
               &attr, 0) == -1)
    return error_set_errno (err, errno, "Landlock");
  return 0;
}

/* The folder has one link for each thread, and two as every folder. */
static int
check_only_thread (struct error *err)
{
  struct stat st;

  if (stat ("/proc/self/task", &st) == -1)
    return error_set_errno (err, errno, "/proc/self/task");
  if (st.st_nlink != 3)
    return error_set (err, EBUSY, "other threads run already, which Landlock "
                      "would not confine");
  return 0;
}

int
sandbox_enter (struct sandbox *sandbox, struct error *err)
{
  if (check_only_thread (err) == -1)
    return -1;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
    return error_set_errno (err, errno, "no_new_privs");
  if (syscall (SYS_landlock_restrict_self, sandbox->ruleset, 0) == -1)
    return error_set_errno (err, errno, "Landlock");
  close (steal_fd (&sandbox->ruleset));
  return call_filter_enter (sandbox->abi < ABI_TRUNCATE, err);
}
