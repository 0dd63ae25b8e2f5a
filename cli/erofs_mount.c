/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cleanup.h"
#include "erofs_mount.h"

/* A message of the kernel: "e erofs: why", where e is for error. */
#define MESSAGE_MAX 512

/* Set the error, with the file system's last words if it said any. */
static int
fail (int fs, const char *device, struct error *err)
{
  char text[MESSAGE_MAX] = "", line[MESSAGE_MAX];
  int errnum = errno;
  ssize_t n;

  while ((n = read (fs, line, sizeof line - 1)) > 0) {
    line[n] = '\0';
    line[strcspn (line, "\n")] = '\0';
    if (line[0] == 'e' && line[1] == ' ')
      strcpy (text, line + 2);
  }
  if (text[0] != '\0')
    return error_set_errno (err, errnum, "%s: mount: %s", device, text);
  return error_set_errno (err, errnum, "%s: mount (the kernel's log may say "
                          "why)", device);
}

static int
open_erofs (struct error *err)
{
  int fs = fsopen ("erofs", FSOPEN_CLOEXEC);

  if (fs != -1)
    return fs;
  if (errno == ENODEV)
    return error_set (err, ENODEV, "this kernel has no EROFS");
  return error_set_errno (err, errno, "fsopen");
}

/* Returns a mount that is not yet in the tree of folders. */
static int
make_mount (const char *device, const struct mount_options *options,
            struct error *err)
{
  CLEANUP_CLOSE int fs = open_erofs (err);
  int mount_fd;

  if (fs == -1 || mount_options_apply (options, fs, err) == -1)
    return -1;
  if (fsconfig (fs, FSCONFIG_SET_STRING, "source", device, 0) == -1 ||
      fsconfig (fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) == -1 ||
      fsconfig (fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
    return fail (fs, device, err);
  mount_fd = fsmount (fs, FSMOUNT_CLOEXEC, (unsigned) options->attributes);
  if (mount_fd == -1)
    return fail (fs, device, err);
  return mount_fd;
}

static void
block_signals (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGHUP);
  sigprocmask (SIG_BLOCK, &set, NULL);
}

int
erofs_mount (const char *device, const char *dir,
             const struct mount_options *options, struct error *err)
{
  CLEANUP_CLOSE int mount_fd = make_mount (device, options, err);

  if (mount_fd == -1)
    return -1;
  block_signals ();
  if (move_mount (mount_fd, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) == -1)
    return error_set_errno (err, errno, "%s: mount", dir);
  return 0;
}
