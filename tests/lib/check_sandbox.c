/* SPDX-License-Identifier: BSD-3-Clause */
/* What must be refused is tried before, too: there it has to succeed. */
#include <config.h>

#include <arpa/inet.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"
#include "sandbox.h"
#include "testing.h"

static struct error err;

/* What is lacking, as far as we can see ourselves, or NULL. */
static const char *
find_lacking (void)
{
  uint32_t action = SECCOMP_RET_KILL_PROCESS;

  if (syscall (SYS_landlock_create_ruleset, NULL, (size_t) 0, 1) == -1)
    return "this kernel has no Landlock";
#ifndef HAVE_LIBSECCOMP
  return "this erofsflat was built without libseccomp";
#endif
  if (syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1)
    return "this kernel has no filters of system calls";
  return NULL;
}

START_TEST (can_be_had)
{
  struct sandbox *sandbox = sandbox_new (&err);
  const char *lacking = find_lacking ();

  if (lacking == NULL)
    ck_assert_msg (sandbox != NULL, "%s", err.text);
  else {
    ck_assert_ptr_null (sandbox);
    ck_assert_ptr_nonnull (strstr (err.text, lacking));
  }
  sandbox_free (sandbox);
}
END_TEST

/* In a process of its own, an assertion would not be heard. */
#define EXPECT(condition)                                               \
  do {                                                                  \
    if (!(condition)) {                                                 \
      fprintf (stderr, "%s:%d: %s (errno %d, \"%s\")\n", __FILE__,      \
               __LINE__, #condition, errno, err.text);                  \
      _exit (1);                                                        \
    }                                                                   \
  } while (0)

static void
run_apart (void (*fn) (int abi), int abi)
{
  pid_t pid = fork ();
  int status;

  ck_assert_int_ne (pid, -1);
  if (pid == 0) {
    fn (abi);
    _exit (0);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert_msg (status == 0, "the process ended with status %x", status);
}

/* Something that listens at 127.0.0.1, and at "socket". */
static struct attempt_place
make_place (void)
{
  struct attempt_place place = { .folder = temp_dir () };
  struct sockaddr_in in = {
    .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "socket" };
  socklen_t len = sizeof in;
  int tcp = socket (AF_INET, SOCK_STREAM, 0);
  int local = socket (AF_UNIX, SOCK_STREAM, 0);

  put_pattern ("one", 1, 100);
  put_pattern ("two", 2, 100);
  put_pattern ("three", 3, 100);
  ck_assert_int_eq (bind (tcp, (struct sockaddr *) &in, sizeof in), 0);
  ck_assert_int_eq (listen (tcp, 100), 0);
  ck_assert_int_eq (getsockname (tcp, (struct sockaddr *) &in, &len), 0);
  place.port = ntohs (in.sin_port);
  ck_assert_int_eq (bind (local, (struct sockaddr *) &un, sizeof un), 0);
  ck_assert_int_eq (listen (local, 100), 0);
  ck_assert_int_eq (attempt_place_open (&place), 0);
  return place;                 /* the descriptors end with the process */
}

static struct attempt_place place;

/* Enter with "allowed" as the only file. */
static void
enter (int abi)
{
  struct sandbox *sandbox = sandbox_new_abi (abi, &err);
  int fd = open ("allowed", O_RDONLY | O_CLOEXEC);

  EXPECT (sandbox != NULL && fd >= 0);
  EXPECT (sandbox_allow_file (sandbox, fd, &err) == 0);
  close (fd);
  EXPECT (sandbox_enter (sandbox, &err) == 0);
  sandbox_free (sandbox);
}

static void
try_all_free (int abi)
{
  const struct attempt *attempt;
  int errnum;

  (void) abi;
  for (attempt = attempts; attempt->name != NULL; ++attempt) {
    errnum = attempt->make (&place);
    if (errnum != 0)
      fprintf (stderr, "%s, not confined: %s\n", attempt->name,
               strerror (errnum));
    /* Containers often forbid this one. */
    EXPECT (errnum == 0 || strcmp (attempt->name, "io-uring") == 0);
  }
}

static void
expect_refusals (void)
{
  const struct attempt *attempt;
  int errnum;

  for (attempt = attempts; attempt->name != NULL; ++attempt) {
    errnum = attempt->make (&place);
    if (!is_refusal (errnum))
      fprintf (stderr, "%s: %s\n", attempt->name, strerror (errnum));
    EXPECT (is_refusal (errnum));
  }
}

static void
try_all_confined (int abi)
{
  enter (abi);
  expect_refusals ();
}

static void *
try_in_thread (void *opaque)
{
  (void) opaque;
  expect_refusals ();
  return NULL;
}

static void
try_all_in_thread (int abi)
{
  pthread_t thread;

  enter (abi);
  EXPECT (pthread_create (&thread, NULL, try_in_thread, NULL) == 0);
  EXPECT (pthread_join (thread, NULL) == 0);
}

static void
begin (void)
{
  put_pattern ("allowed", 5, 1000);
  place = make_place ();
}

/* As on each kernel, back to the first that had Landlock. */
START_TEST (refused)
{
  begin ();
  run_apart (try_all_confined, _i);
  run_apart (try_all_in_thread, _i);
  run_apart (try_all_free, _i);
}
END_TEST

static void
open_allowed (int abi)
{
  const struct { uint64_t flags, mode, resolve; } how = { .flags = O_TRUNC };
  struct folder *folder = open_temp_dir ();
  struct pooled_file *file;
  uint8_t buf[1000];
  int fd;

  file = add_file (new_pool (1), folder, "link/allowed-too");
  EXPECT (file != NULL);
  enter (abi);
  fd = folder_open_file (folder, "allowed");
  EXPECT (fd >= 0 && read (fd, buf, sizeof buf) == sizeof buf);
  EXPECT (pattern_is (buf, sizeof buf, 5, 0));
  EXPECT (open ("allowed", O_WRONLY) == -1 && is_refusal (errno));
  EXPECT (open ("allowed", O_RDWR) == -1 && is_refusal (errno));
  EXPECT (open ("allowed", O_RDONLY | O_TRUNC) == -1 && is_refusal (errno));
  EXPECT (syscall (SYS_openat2, AT_FDCWD, "allowed", &how, sizeof how) == -1 &&
          is_refusal (errno));
  EXPECT (fchmod (fd, 0777) == -1 && is_refusal (errno));
  EXPECT (ftruncate (fd, 0) == -1);
  EXPECT (folder_open_file (folder, "one") == -1 && errno == EACCES);

  /* By another name, and under the first name another file: made outside. */
  fd = folder_open_file (folder, "link/allowed-too");
  EXPECT (fd >= 0 || (abi < 3 && errno == ENOTDIR));
  EXPECT (folder_open_file (folder, "copy") == -1 && errno == EACCES);
}

START_TEST (allowed)
{
  begin ();
  put_pattern ("copy", 5, 1000);
  put_folder ("folder");
  ck_assert_int_eq (link ("allowed", "folder/allowed-too"), 0);
  ck_assert_int_eq (symlink ("folder", "link"), 0);
  run_apart (open_allowed, _i);
}
END_TEST

static void
use_what_is_open (int abi)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  socklen_t len = sizeof address;
  int listening = socket (AF_INET, SOCK_STREAM, 0), client, server;
  int one = open ("one", O_RDWR), folder = open (".", O_RDONLY | O_DIRECTORY);

  EXPECT (bind (listening, (struct sockaddr *) &address, len) == 0);
  EXPECT (listen (listening, 1) == 0);
  EXPECT (getsockname (listening, (struct sockaddr *) &address, &len) == 0);
  client = socket (AF_INET, SOCK_STREAM, 0);
  EXPECT (connect (client, (struct sockaddr *) &address, len) == 0);
  enter (abi);
  server = accept4 (listening, NULL, NULL, SOCK_CLOEXEC);
  EXPECT (server >= 0 && send (server, "x", 1, 0) == 1);
  EXPECT (pwrite (one, "changed", 7, 0) == 7 && ftruncate (one, 7) == 0);
  EXPECT (openat (folder, "two", O_RDONLY) == -1 && errno == EACCES);
}

START_TEST (open_before)
{
  begin ();
  run_apart (use_what_is_open, _i);
}
END_TEST

/* Reaching others is Landlock's to refuse since ABI 6. */
static void
signal_parent (int abi)
{
  EXPECT (attempt_signal.make (&place) == 0);
  enter (abi);
  EXPECT (kill (getpid (), 0) == 0);
  EXPECT (attempt_signal.make (&place) == EPERM);
}

START_TEST (signals)
{
  begin ();
  if (syscall (SYS_landlock_create_ruleset, NULL, (size_t) 0, 1) < 6)
    printf ("this kernel's Landlock does not know signals\n");
  else
    run_apart (signal_parent, INT32_MAX);
}
END_TEST

static void *
wait_for_close (void *fd)
{
  char c;

  (void) !read (*(int *) fd, &c, 1);
  return NULL;
}

static void
enter_with_thread (int abi)
{
  struct sandbox *sandbox = sandbox_new_abi (abi, &err);
  pthread_t thread;
  int fds[2];

  EXPECT (pipe (fds) == 0);
  EXPECT (pthread_create (&thread, NULL, wait_for_close, &fds[0]) == 0);
  EXPECT (sandbox != NULL && sandbox_enter (sandbox, &err) == -1);
  EXPECT (err.errnum == EBUSY &&
          strstr (err.text, "other threads run already") != NULL);
  EXPECT (open ("one", O_RDONLY) >= 0);         /* and nothing has happened */
  close (fds[1]);
  pthread_join (thread, NULL);
  sandbox_free (sandbox);
}

START_TEST (other_threads)
{
  begin ();
  run_apart (enter_with_thread, INT32_MAX);
}
END_TEST

START_TEST (names)
{
  struct sandbox *sandbox = sandbox_new_abi (1, &err);

  ck_assert_str_eq (sandbox_name (sandbox), "landlock-1,seccomp");
  ck_assert_int_eq (sandbox_allow_file (sandbox, -1, &err), -1);
  expect_error (&err, EBADF, "Landlock");
  sandbox_free (sandbox);
  sandbox_free (NULL);
}
END_TEST

int
main (void)
{
  const char *lacking = find_lacking ();
  TCase *t = tests_begin ("sandbox");
  int status;

  tcase_add_test (t, can_be_had);
  if (lacking == NULL) {
    tcase_add_loop_test (t, refused, 1, 8);
    tcase_add_loop_test (t, allowed, 1, 8);
    tcase_add_loop_test (t, open_before, 1, 8);
    tcase_add_test (t, signals);
    tcase_add_test (t, other_threads);
    tcase_add_test (t, names);
  }
  status = tests_run ();
  return lacking != NULL && status == 0 ? skipped (lacking) : status;
}
