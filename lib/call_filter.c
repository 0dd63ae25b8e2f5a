/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "call_filter.h"

#ifndef HAVE_LIBSECCOMP

int
call_filter_check (struct error *err)
{
  return error_set (err, ENOSYS, "this erofsflat was built without "
                    "libseccomp");
}

int
call_filter_enter (bool without_openat2, struct error *err)
{
  (void) without_openat2;
  return call_filter_check (err);
}

#else /* HAVE_LIBSECCOMP */

#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/socket.h>

/* Those that do not exist on this processor are negative, and not added. */
static const int refused_calls[] = {
  /* Connections.  Accepting one is allowed, and so are send, recv, and the
   * sendmsg of TLS.
   */
  SCMP_SYS (socket), SCMP_SYS (socketpair), SCMP_SYS (connect),
  SCMP_SYS (bind), SCMP_SYS (listen),
  SCMP_SYS (sendmmsg), SCMP_SYS (recvmsg), SCMP_SYS (recvmmsg),
  SCMP_SYS (shmget), SCMP_SYS (shmat), SCMP_SYS (shmctl),
  SCMP_SYS (msgget), SCMP_SYS (msgsnd), SCMP_SYS (msgrcv), SCMP_SYS (msgctl),
  SCMP_SYS (semget), SCMP_SYS (semop), SCMP_SYS (semtimedop),
  SCMP_SYS (semctl), SCMP_SYS (mq_open), SCMP_SYS (mq_unlink),

  /* Programs. */
  SCMP_SYS (execve), SCMP_SYS (execveat),

  /* Other processes. */
  SCMP_SYS (ptrace), SCMP_SYS (process_vm_readv), SCMP_SYS (process_vm_writev),
  SCMP_SYS (process_madvise), SCMP_SYS (process_mrelease), SCMP_SYS (kcmp),
  SCMP_SYS (pidfd_getfd), SCMP_SYS (migrate_pages), SCMP_SYS (move_pages),
  SCMP_SYS (setpriority), SCMP_SYS (ioprio_set),
  SCMP_SYS (sched_setparam), SCMP_SYS (sched_setscheduler),
  SCMP_SYS (sched_setattr), SCMP_SYS (sched_setaffinity),

  /* What Landlock does not see of changes to files. */
  SCMP_SYS (chmod), SCMP_SYS (fchmod), SCMP_SYS (fchmodat),
  SCMP_SYS (chown), SCMP_SYS (fchown), SCMP_SYS (lchown), SCMP_SYS (fchownat),
  SCMP_SYS (chown32), SCMP_SYS (fchown32), SCMP_SYS (lchown32),
  SCMP_SYS (setxattr), SCMP_SYS (lsetxattr), SCMP_SYS (fsetxattr),
  SCMP_SYS (removexattr), SCMP_SYS (lremovexattr), SCMP_SYS (fremovexattr),
  SCMP_SYS (utime), SCMP_SYS (utimes), SCMP_SYS (futimesat),
  SCMP_SYS (utimensat), SCMP_SYS (utimensat_time64),
  SCMP_SYS (truncate), SCMP_SYS (truncate64), SCMP_SYS (creat),
  SCMP_SYS (open_by_handle_at), SCMP_SYS (fanotify_init),
  SCMP_SYS (quotactl), SCMP_SYS (quotactl_fd), SCMP_SYS (acct),

  /* Where names lead. */
  SCMP_SYS (mount), SCMP_SYS (umount), SCMP_SYS (umount2),
  SCMP_SYS (pivot_root), SCMP_SYS (chroot), SCMP_SYS (move_mount),
  SCMP_SYS (open_tree), SCMP_SYS (fsopen), SCMP_SYS (fsconfig),
  SCMP_SYS (fsmount), SCMP_SYS (fspick), SCMP_SYS (mount_setattr),
  SCMP_SYS (unshare), SCMP_SYS (setns),

  /* Ways round this filter, and into the kernel. */
  SCMP_SYS (io_uring_setup), SCMP_SYS (io_uring_enter),
  SCMP_SYS (io_uring_register), SCMP_SYS (userfaultfd), SCMP_SYS (bpf),
  SCMP_SYS (perf_event_open), SCMP_SYS (add_key), SCMP_SYS (keyctl),
  SCMP_SYS (request_key), SCMP_SYS (lookup_dcookie),
  SCMP_SYS (init_module), SCMP_SYS (finit_module), SCMP_SYS (delete_module),
  SCMP_SYS (kexec_load), SCMP_SYS (kexec_file_load),

  /* The system. */
  SCMP_SYS (reboot), SCMP_SYS (swapon), SCMP_SYS (swapoff),
  SCMP_SYS (sethostname), SCMP_SYS (setdomainname), SCMP_SYS (settimeofday),
  SCMP_SYS (clock_settime), SCMP_SYS (clock_settime64),
  SCMP_SYS (clock_adjtime), SCMP_SYS (clock_adjtime64), SCMP_SYS (adjtimex),
  SCMP_SYS (stime), SCMP_SYS (syslog), SCMP_SYS (vhangup), SCMP_SYS (iopl),
  SCMP_SYS (ioperm),
};

/* The newest call that the list above judges (Linux 5.17), and how many
 * numbers behind it are refused.
 */
#define NEWEST_CALL SCMP_SYS (set_mempolicy_home_node)
#define NEWER_CALLS 512

#define REFUSE SCMP_ACT_ERRNO (EPERM)
#define DOES_NOT_EXIST SCMP_ACT_ERRNO (ENOSYS)

/* These return 0 or a negative errno, as libseccomp does. */
static int
add_list (scmp_filter_ctx filter)
{
  size_t i;
  int r = 0;

  for (i = 0; r == 0 && i < sizeof refused_calls / sizeof refused_calls[0];
       ++i)
    r = seccomp_rule_add (filter, REFUSE, refused_calls[i], 0);
  for (i = 1; r == 0 && i <= NEWER_CALLS; ++i)
    r = seccomp_rule_add (filter, DOES_NOT_EXIST, NEWEST_CALL + (int) i, 0);
  return r;
}

/* Refused if an argument is so. */
static const struct {
  int call;
  struct scmp_arg_cmp when;
} refused_when[] = {
  /* send has no address; a listener that was shut down could connect */
  { SCMP_SYS (sendto), { 4, SCMP_CMP_NE, 0, 0 } },
  { SCMP_SYS (sendmsg),
    { 2, SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, MSG_FASTOPEN } },
  /* another process can be ended by its limits */
  { SCMP_SYS (prlimit64), { 0, SCMP_CMP_NE, 0, 0 } },
  { SCMP_SYS (open), { 1, SCMP_CMP_MASKED_EQ, O_TRUNC, O_TRUNC } },
  { SCMP_SYS (openat), { 2, SCMP_CMP_MASKED_EQ, O_TRUNC, O_TRUNC } },
};

/* Calls that are refused with some arguments, or in another way. */
static int
add_special (scmp_filter_ctx filter, bool without_openat2)
{
  size_t i;
  int r;

  /* Flags of an open file can be changed by ioctl though it is read-only. */
  r = seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOTTY), SCMP_SYS (ioctl), 0);
  for (i = 0; r == 0 && i < sizeof refused_when / sizeof refused_when[0]; ++i)
    r = seccomp_rule_add_array (filter, REFUSE, refused_when[i].call, 1,
                                &refused_when[i].when);
  if (r == 0 && without_openat2)
    r = seccomp_rule_add (filter, DOES_NOT_EXIST, SCMP_SYS (openat2), 0);
  return r;
}

static int
set_attributes (scmp_filter_ctx filter)
{
  int r = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH,
                            SCMP_ACT_KILL_PROCESS);

  if (r == 0)                   /* all threads or none */
    r = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1);
  if (r == 0)                   /* as a tree, for its length */
    r = seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  return r;
}

int
call_filter_check (struct error *err)
{
  /* 3: the kernel (4.14) can end a process, and all threads at once. */
  if (seccomp_api_get () < 3)
    return error_set (err, ENOSYS, "this kernel has no filters of system "
                      "calls (seccomp), or they may not be used");
  return 0;
}

int
call_filter_enter (bool without_openat2, struct error *err)
{
  scmp_filter_ctx filter;
  int r;

  if (call_filter_check (err) == -1)
    return -1;
  filter = seccomp_init (SCMP_ACT_ALLOW);
  if (filter == NULL)
    return error_set_errno (err, ENOMEM, "seccomp");
  r = set_attributes (filter);
  if (r == 0)
    r = add_list (filter);
  if (r == 0)
    r = add_special (filter, without_openat2);
  if (r == 0)
    r = seccomp_load (filter);  /* sets no_new_privs too */
  seccomp_release (filter);
  /* Not negative: with TSYNC, the thread that could not follow. */
  return r == 0 ? 0 : error_set_errno (err, r < 0 ? -r : EBUSY, "seccomp");
}

#endif /* HAVE_LIBSECCOMP */
