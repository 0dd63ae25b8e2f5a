/* SPDX-License-Identifier: BSD-3-Clause */
/* Each call is made with arguments that do no harm if it is let through. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call_filter.h"
#include "testing.h"

static struct error err;

/* Run `fn' in a process of its own, which no later test shares; its exit
 * status, or 128 and the signal that ended it.
 */
static int
run_apart (void (*fn) (void))
{
  pid_t pid = fork ();
  int status;

  ck_assert_int_ne (pid, -1);
  if (pid == 0) {
    fn ();
    _exit (0);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  return WIFSIGNALED (status) ? 128 + WTERMSIG (status)
    : WEXITSTATUS (status);
}

/* In such a process: say it, where an assertion would not be heard. */
#define EXPECT(condition)                                               \
  do {                                                                  \
    if (!(condition)) {                                                 \
      fprintf (stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__,    \
               #condition, errno);                                      \
      _exit (1);                                                        \
    }                                                                   \
  } while (0)

static void
enter (void)
{
  if (call_filter_enter (false, &err) == -1) {
    fprintf (stderr, "%s\n", err.text);
    _exit (1);
  }
}

/* What is lacking, as far as we can see ourselves, or NULL. */
static const char *
find_lacking (void)
{
#ifdef HAVE_LIBSECCOMP
  uint32_t action = SECCOMP_RET_KILL_PROCESS;

  if (syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
    return NULL;
  return "this kernel has no filters of system calls";
#else
  return "this erofsflat was built without libseccomp";
#endif
}

START_TEST (can_be_had)
{
  const char *lacking = find_lacking ();

  if (lacking == NULL) {
    ck_assert_msg (call_filter_check (&err) == 0, "%s", err.text);
    return;
  }
  ck_assert_int_eq (call_filter_check (&err), -1);
  expect_error (&err, ENOSYS, lacking);
  ck_assert_int_eq (call_filter_enter (false, &err), -1);
  expect_error (&err, ENOSYS, lacking);
}
END_TEST

struct call {
  const char *name;
  long number;
  long args[6];
};

#define CALL(name, ...) { #name, SYS_##name, { __VA_ARGS__ } }

static const struct call refused[] = {
  CALL (socket, AF_INET, SOCK_STREAM), CALL (socketpair, -1),
  CALL (connect, -1), CALL (bind, -1), CALL (listen, -1),
  CALL (sendmmsg, -1), CALL (recvmsg, -1), CALL (recvmmsg, -1),
  CALL (sendto, -1, 0, 0, 0, 1, 0),
  CALL (shmget, -1), CALL (msgget, -1), CALL (semget, -1), CALL (mq_open, 0),
  CALL (execve, 0), CALL (execveat, -1),
  CALL (ptrace, -1), CALL (process_vm_readv, -1),
  CALL (process_vm_writev, -1), CALL (kcmp, -1), CALL (pidfd_getfd, -1),
  CALL (fchmod, -1), CALL (fchmodat, -1), CALL (fchown, -1, -1, -1),
  CALL (fchownat, -1), CALL (setxattr, 0), CALL (fsetxattr, -1),
  CALL (removexattr, 0), CALL (utimensat, -1), CALL (truncate, 0),
  CALL (open_by_handle_at, -1), CALL (quotactl, -1), CALL (fanotify_init, -1),
  CALL (mount, 0), CALL (umount2, 0), CALL (pivot_root, 0), CALL (chroot, 0),
  CALL (move_mount, -1), CALL (open_tree, -1), CALL (fsopen, 0),
  CALL (fsmount, -1), CALL (mount_setattr, -1), CALL (unshare, -1),
  CALL (setns, -1), CALL (io_uring_setup, 0), CALL (io_uring_enter, -1),
  CALL (io_uring_register, -1), CALL (userfaultfd, -1), CALL (bpf, -1),
  CALL (perf_event_open, 0), CALL (add_key, 0), CALL (keyctl, -1),
  CALL (request_key, 0), CALL (init_module, 0), CALL (finit_module, -1),
  CALL (delete_module, 0), CALL (kexec_load, -1), CALL (reboot, 0),
  CALL (swapon, 0), CALL (sethostname, 0, -1), CALL (settimeofday, 1),
  CALL (clock_settime, -1), CALL (syslog, -1),
};

static long
make_call (const struct call *call)
{
  const long *a = call->args;

  return syscall (call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static const struct call *call;

static void
try_refused (void)
{
  enter ();
  EXPECT (make_call (call) == -1 && errno == EPERM);
}

static void
try_before (void)
{
  if (make_call (call) == -1 && errno == EPERM)
    _exit (2);
}

/* Refused because of the filter: by itself the call fails otherwise, or not at
 * all.  Root only is let near some of them.
 */
START_TEST (refuses)
{
  size_t i, n = sizeof refused / sizeof refused[0], other = 0;
  int status;

  for (i = 0; i < n; ++i) {
    call = &refused[i];
    status = run_apart (try_before);
    if (status == 2)
      other++;
    else
      ck_assert_msg (status == 0, "%s: %d", call->name, status);
    status = run_apart (try_refused);
    ck_assert_msg (status == 0, "%s: %d", call->name, status);
  }
  printf ("%zu of %zu calls were refused before, too\n", other, n);
  ck_assert_uint_lt (other, n / 2);
  if (getuid () == 0)
    ck_assert_uint_lt (other, n / 4);
}
END_TEST

static void
use_what_is_open (void)
{
  char buf[5] = "";
  int pair[2], tmp;

  EXPECT (socketpair (AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  EXPECT ((tmp = open ("file", O_RDWR | O_CREAT, 0600)) >= 0);
  enter ();
  EXPECT (send (pair[0], "ping", 4, 0) == 4);
  EXPECT (recv (pair[1], buf, 4, 0) == 4 && strcmp (buf, "ping") == 0);
  EXPECT (shutdown (pair[0], SHUT_WR) == 0);
  EXPECT (write (tmp, "data", 4) == 4 && ftruncate (tmp, 2) == 0);
  EXPECT (pread (tmp, buf, 4, 0) == 2);
  EXPECT (open ("file", O_RDONLY) >= 0);        /* is Landlock's to refuse */
}

static void *
try_in_thread (void *ret)
{
  *(int *) ret = socket (AF_INET, SOCK_STREAM, 0) == -1 ? errno : 0;
  return NULL;
}

static void
start_thread (void)
{
  pthread_t thread;
  int errnum = 0;

  enter ();
  EXPECT (pthread_create (&thread, NULL, try_in_thread, &errnum) == 0);
  EXPECT (pthread_join (thread, NULL) == 0 && errnum == EPERM);
}

START_TEST (lets_work_go_on)
{
  ck_assert_int_eq (run_apart (use_what_is_open), 0);
  ck_assert_int_eq (run_apart (start_thread), 0);
}
END_TEST

static void
open_files (void)
{
  const struct { uint64_t flags, mode, resolve; } how = { 0 };
  int fd;

  EXPECT ((fd = open ("file", O_WRONLY | O_CREAT, 0600)) >= 0);
  EXPECT (write (fd, "data", 4) == 4);
  EXPECT (call_filter_enter (true, &err) == 0);
  EXPECT (open ("file", O_RDONLY | O_TRUNC) == -1 && errno == EPERM);
  EXPECT (syscall (SYS_openat, AT_FDCWD, "file", O_RDONLY | O_TRUNC, 0) == -1
          && errno == EPERM);
  EXPECT (syscall (SYS_openat2, AT_FDCWD, "file", &how, sizeof how) == -1
          && errno == ENOSYS);
  EXPECT (open ("file", O_RDONLY) >= 0);
}

static void
open_by_openat2 (void)
{
  const struct { uint64_t flags, mode, resolve; } how = { 0 };

  enter ();
  EXPECT (syscall (SYS_openat2, AT_FDCWD, ".", &how, sizeof how) >= 0);
}

static void
call_newer (void)
{
  /* fchmodat2 and the newest of 2025; most kernels do not have the last. */
  static const long numbers[] = { 452, 463, 469, 600, 962 };
  size_t i;

  enter ();
  for (i = 0; i < sizeof numbers / sizeof numbers[0]; ++i)
    EXPECT (syscall (numbers[i], -1, 0, 0, 0, 0) == -1 && errno == ENOSYS);
}

static void
call_ioctl (void)
{
  enter ();
  EXPECT (syscall (SYS_ioctl, -1, 0, 0) == -1 && errno == ENOTTY);
}

START_TEST (as_if_not_there)
{
  ck_assert_int_eq (run_apart (open_files), 0);
  ck_assert_int_eq (run_apart (open_by_openat2), 0);
  ck_assert_int_eq (run_apart (call_newer), 0);
  ck_assert_int_eq (run_apart (call_ioctl), 0);
}
END_TEST

#ifdef __x86_64__

/* getpid, by the numbers of 32 bits and of x32. */
static void
call_in_32_bits (void)
{
  long r;

  __asm__ volatile ("int $0x80" : "=a" (r) : "0" (20L) : "memory");
  EXPECT (r == getpid ());
}

static void
call_in_32_bits_confined (void)
{
  enter ();
  call_in_32_bits ();
}

static void
call_x32_confined (void)
{
  enter ();
  syscall (0x40000000 | SYS_getpid);
}

START_TEST (other_architectures)
{
  if (run_apart (call_in_32_bits) == 0)
    ck_assert_int_eq (run_apart (call_in_32_bits_confined), 128 + SIGSYS);
  else
    printf ("this kernel has no calls of 32 bits\n");
  ck_assert_int_eq (run_apart (call_x32_confined), 128 + SIGSYS);
}
END_TEST

#endif

int
main (void)
{
  const char *lacking = find_lacking ();
  TCase *t = tests_begin ("call_filter");
  int status;

  tcase_add_test (t, can_be_had);
  if (lacking == NULL) {
    tcase_add_test (t, refuses);
    tcase_add_test (t, lets_work_go_on);
    tcase_add_test (t, as_if_not_there);
#ifdef __x86_64__
    tcase_add_test (t, other_architectures);
#endif
  }
  status = tests_run ();
  return lacking != NULL && status == 0 ? skipped (lacking) : status;
}
