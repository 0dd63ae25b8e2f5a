/* SPDX-License-Identifier: BSD-3-Clause */
/* What sandbox=on needs of the kernel, seen without our library.
 *
 *   sandbox-kernel                    which of it this kernel lacks: nothing,
 *                                     "Landlock" or "seccomp"
 *   sandbox-kernel CALL COMMAND...    run the command on a kernel without the
 *                                     system call: landlock_create_ruleset or
 *                                     seccomp
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
print_lacking (void)
{
  uint32_t action = SECCOMP_RET_KILL_PROCESS;

  /* Asks for the ABI. */
  if (syscall (SYS_landlock_create_ruleset, NULL, (size_t) 0, 1) == -1)
    printf ("Landlock\n");
  else if (syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1)
    printf ("seccomp\n");
}

static void
forbid (const char *name)
{
  uint32_t call = strcmp (name, "seccomp") == 0 ? SYS_seccomp
    : SYS_landlock_create_ruleset;
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {
    .len = sizeof code / sizeof code[0], .filter = code,
  };

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
      prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
    err (EXIT_FAILURE, "a filter without %s", name);
}

int
main (int argc, char **argv)
{
  if (argc == 1) {
    print_lacking ();
    return EXIT_SUCCESS;
  }
  if (argc == 2)
    errx (EXIT_FAILURE, "usage: sandbox-kernel [CALL COMMAND...]");
  forbid (argv[1]);
  execvp (argv[2], argv + 2);
  err (EXIT_FAILURE, "%s", argv[2]);
}
