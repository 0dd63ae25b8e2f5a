/* SPDX-License-Identifier: BSD-3-Clause */
/* The test's folder holds "in", which is searched, and "secret" beside it. */
#include <config.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "folder.h"
#include "testing.h"

static struct folder *
make_search_folder (void)
{
  struct error err;
  struct folder *folder;

  put_folder ("in");
  put_folder ("in/sub");
  put_pattern ("secret", 1, 10);
  put_pattern ("in/file", 2, 20);
  put_pattern ("in/sub/deep", 3, 30);
  ck_assert_int_eq (symlink ("file", "in/link"), 0);
  ck_assert_int_eq (symlink ("sub/deep", "in/deep-link"), 0);
  ck_assert_int_eq (symlink ("../file", "in/sub/up-link"), 0);
  ck_assert_int_eq (symlink ("../secret", "in/out-link"), 0);
  ck_assert_int_eq (symlink (temp_path ("secret"), "in/absolute-link"), 0);
  ck_assert_int_eq (symlink (temp_path ("in/file"), "in/absolute-in"), 0);
  ck_assert_int_eq (symlink ("..", "in/up"), 0);
  ck_assert_int_eq (symlink ("loop", "in/loop"), 0);
  ck_assert_int_eq (symlink ("/proc/self/root/dev/null", "in/magic"), 0);
  ck_assert_int_eq (symlink ("nowhere", "in/dangling"), 0);
  folder = folder_open (temp_path ("in"), &err);
  ck_assert_msg (folder != NULL, "%s", err.text);
  return folder;
}

/* What may be opened, and how many bytes it then has, or the errno. */
static const struct {
  const char *name;
  int size;                     /* -1: refused */
  int errnum;                   /* 0: any */
} lookups[] = {
  { "file", 20, 0 },
  { "link", 20, 0 },
  { "sub/deep", 30, 0 },
  { "deep-link", 30, 0 },
  { "sub/up-link", 20, 0 },
  { "sub/../file", 20, 0 },
  { "./file", 20, 0 },
  { "../secret", -1, EXDEV },
  { "..", -1, EXDEV },
  { "sub/../../secret", -1, EXDEV },
  { "out-link", -1, EXDEV },
  { "absolute-link", -1, EXDEV },
  { "absolute-in", -1, EXDEV },
  { "up/secret", -1, EXDEV },
  { "up/in/file", -1, EXDEV },
  { "/etc/passwd", -1, EXDEV },
  { "magic", -1, 0 },
  { "loop", -1, ELOOP },
  { "dangling", -1, ENOENT },
  { "none", -1, ENOENT },
  { "", -1, ENOENT },
};

START_TEST (beneath)
{
  struct folder *folder = make_search_folder ();
  CLEANUP_CLOSE int fd = folder_open_file (folder, lookups[_i].name);
  int errnum = errno;
  struct stat st;

  folder_unref (folder);
  if (!has_openat2 ())
    return;
  if (lookups[_i].size >= 0) {
    ck_assert_msg (fd >= 0, "%s: %s", lookups[_i].name, strerror (errnum));
    ck_assert_int_eq (fstat (fd, &st), 0);
    ck_assert_int_eq (st.st_size, lookups[_i].size);
  }
  else {
    ck_assert_msg (fd == -1, "%s was opened", lookups[_i].name);
    if (lookups[_i].errnum != 0)
      ck_assert_int_eq (errnum, lookups[_i].errnum);
  }
}
END_TEST

/* The same names may be looked at, whatever the mode of what they name. */
START_TEST (stat_beneath)
{
  struct folder *folder = make_search_folder ();
  struct stat st;
  int r, errnum;

  ck_assert_int_eq (chmod ("in/file", 0), 0);
  if (!heed_modes ())
    puts ("skipped in part: root reads everything");
  r = folder_stat (folder, lookups[_i].name, &st);
  errnum = errno;
  folder_unref (folder);
  if (!has_openat2 ())
    return;
  if (lookups[_i].size >= 0) {
    ck_assert_msg (r == 0, "%s: %s", lookups[_i].name, strerror (errnum));
    ck_assert (S_ISREG (st.st_mode));
    ck_assert_int_eq (st.st_size, lookups[_i].size);
  }
  else {
    ck_assert_msg (r == -1, "%s was found", lookups[_i].name);
    if (lookups[_i].errnum != 0)
      ck_assert_int_eq (errnum, lookups[_i].errnum);
  }
}
END_TEST

/* Let openat2 fail with this errno in this process. */
static bool
forbid_openat2 (int errnum)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned) errnum),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = { .len = 4, .filter = code };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
    prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Without openat2 no part of a name may be ".." or a link. */
static bool
is_plain (const char *name)
{
  return strcmp (name, "file") == 0 || strcmp (name, "./file") == 0 ||
    strcmp (name, "sub/deep") == 0;
}

/* Returns the number of the first look-up that is wrong, counted from 1, or
 * 0.
 */
static int
look_up_all_without_openat2 (const struct folder *folder)
{
  size_t i;
  int fd;

  for (i = 0; i < sizeof lookups / sizeof lookups[0]; ++i) {
    fd = folder_open_file (folder, lookups[i].name);
    if ((fd >= 0) != is_plain (lookups[i].name))
      return (int) i + 1;
    if (fd >= 0)
      close (fd);
  }
  return 0;
}

static const int refusals[] = { ENOSYS, EPERM };

START_TEST (without_openat2)
{
  struct folder *folder = make_search_folder ();
  int status, r = 0;
  pid_t pid;

  if (!has_openat2 ())          /* nothing to forbid */
    r = look_up_all_without_openat2 (folder);
  else {
    pid = fork ();
    ck_assert_int_ge (pid, 0);
    if (pid == 0)
      _exit (forbid_openat2 (refusals[_i])
             ? look_up_all_without_openat2 (folder) : 77);
    ck_assert_int_eq (waitpid (pid, &status, 0), pid);
    ck_assert (WIFEXITED (status));
    r = WEXITSTATUS (status);
  }
  folder_unref (folder);
  if (r == 77)
    puts ("skipped: no seccomp");
  else
    ck_assert_msg (r == 0, "look-up of %s", lookups[r > 0 ? r - 1 : 0].name);
}
END_TEST

/* The folder is the one that was opened, wherever it is now. */
START_TEST (renamed)
{
  struct folder *folder = make_search_folder ();
  int fd;

  ck_assert_int_eq (rename ("in", "elsewhere"), 0);
  put_folder ("in");
  put_pattern ("in/other", 1, 1);
  ck_assert_int_eq (chdir ("/"), 0);
  fd = folder_open_file (folder, "file");
  ck_assert_int_ge (fd, 0);
  close (fd);
  ck_assert_int_eq (folder_open_file (folder, "other"), -1);
  folder_unref (folder);
}
END_TEST

/* What the user names may be anywhere. */
START_TEST (working_folder)
{
  struct error err;
  struct folder *folder;
  const char *const names[] = {
    "secret", "./secret", "in/../secret", "in/out-link", temp_path ("secret")
  };
  size_t i;
  int fd;

  folder_unref (make_search_folder ());
  folder = folder_open_working (&err);
  ck_assert_ptr_nonnull (folder);
  ck_assert_str_eq (folder_prefix (folder), "");
  ck_assert_int_eq (chdir ("/"), 0);
  for (i = 0; i < sizeof names / sizeof names[0]; ++i) {
    fd = folder_open_file (folder, names[i]);
    ck_assert_msg (fd >= 0, "%s: %s", names[i], strerror (errno));
    close (fd);
  }
  ck_assert_int_eq (folder_open_file (folder, "none"), -1);
  ck_assert_int_eq (errno, ENOENT);
  folder_unref (folder);
}
END_TEST

/* The folder of a file of the user's: what is before its name, and its name. */
static const struct {
  const char *path, *prefix, *name;
} parents[] = {
  { "secret", "", "secret" },
  { "./secret", "./", "secret" },
  { "in/file", "in/", "file" },
  { "in//file", "in//", "file" },
  { "in/sub/deep", "in/sub/", "deep" },
  { "in/../secret", "in/../", "secret" },
  { "in/out-link", "in/", "out-link" },         /* any link will do */
  { "in/absolute-link", "in/", "absolute-link" },
  { "/dev/null", "/dev/", "null" },
  { "/dev/../dev/null", "/dev/../dev/", "null" },
};

START_TEST (parent)
{
  struct folder *folder;
  const char *name;
  struct error err;
  int fd;

  folder_unref (make_search_folder ());
  folder = folder_open_parent (parents[_i].path, &name, &err);
  ck_assert_msg (folder != NULL, "%s", err.text);
  ck_assert_str_eq (folder_prefix (folder), parents[_i].prefix);
  ck_assert_str_eq (name, parents[_i].name);
  if (strncmp (parents[_i].path, "in/file", 7) == 0)    /* held by descriptor */
    ck_assert_int_eq (rename ("in", "elsewhere"), 0);
  ck_assert_int_eq (chdir ("/"), 0);
  fd = folder_open_file (folder, name);
  ck_assert_msg (fd >= 0, "%s: %s", parents[_i].path, strerror (errno));
  close (fd);
  folder_unref (folder);
}
END_TEST

START_TEST (no_parent)
{
  const char *name;
  struct folder *folder;
  struct error err;

  ck_assert_ptr_null (folder_open_parent ("none/file", &name, &err));
  expect_error (&err, ENOENT, "none/file: No such file");
  put_pattern ("file", 1, 1);
  ck_assert_ptr_null (folder_open_parent ("file/x", &name, &err));
  expect_error (&err, ENOTDIR, "file/x: Not a directory");
  folder = folder_open_parent ("file/", &name, &err);   /* is no file */
  ck_assert_ptr_nonnull (folder);
  ck_assert_int_eq (folder_open_file (folder, name), -1);
  folder_unref (folder);
}
END_TEST

/* Nobody writes to the FIFO: an open that waits would wait for ever. */
START_TEST (fifo)
{
  struct error err;
  struct folder *folder = open_temp_dir (), *working;
  int fd;

  ck_assert_int_eq (mkfifo ("fifo", 0666), 0);
  working = folder_open_working (&err);
  ck_assert_ptr_nonnull (working);
  alarm (20);
  fd = folder_open_file (folder, "fifo");
  ck_assert_int_ge (fd, 0);
  close (fd);
  fd = folder_open_file (working, "fifo");
  ck_assert_int_ge (fd, 0);
  close (fd);
  alarm (0);
  folder_unref (working);
  folder_unref (folder);
}
END_TEST

START_TEST (prefix)
{
  struct error err;
  struct folder *folder = folder_open (".", &err);

  ck_assert_str_eq (folder_prefix (folder), "./");
  ck_assert_ptr_eq (folder_ref (folder), folder);
  folder_unref (folder);
  ck_assert_str_eq (folder_prefix (folder), "./");
  folder_unref (folder);
  folder = folder_open ("/", &err);
  ck_assert_str_eq (folder_prefix (folder), "/");
  folder_unref (folder);
  folder_unref (NULL);
}
END_TEST

START_TEST (cannot_open)
{
  struct error err;

  ck_assert_ptr_null (folder_open ("none", &err));
  expect_error (&err, ENOENT, "none: No such file");
  put_pattern ("file", 1, 1);
  ck_assert_ptr_null (folder_open ("file", &err));
  expect_error (&err, ENOTDIR, "file: Not a directory");
}
END_TEST

struct listing {
  unsigned entries, stop_at;
  bool file, sub;
};

static int
each (void *opaque, const char *name, struct error *err)
{
  struct listing *listing = opaque;

  listing->entries++;
  listing->file |= strcmp (name, "file") == 0;
  listing->sub |= strcmp (name, "sub") == 0;
  ck_assert_str_ne (name, ".");
  ck_assert_str_ne (name, "..");
  if (listing->entries == listing->stop_at)
    return error_set (err, ENODATA, "enough");
  return 0;
}

START_TEST (list)
{
  struct folder *folder = make_search_folder ();
  struct listing all = { 0 }, again = { 0 }, one = { .stop_at = 1 };
  struct error err;

  ck_assert_int_eq (folder_list (folder, each, &all, &err), 0);
  ck_assert_uint_eq (all.entries, 11);
  ck_assert (all.file && all.sub);
  ck_assert_int_eq (folder_list (folder, each, &again, &err), 0);
  ck_assert_uint_eq (again.entries, all.entries);
  ck_assert_int_eq (folder_list (folder, each, &one, &err), -1);
  expect_error (&err, ENODATA, "enough");
  ck_assert_uint_eq (one.entries, 1);
  folder_unref (folder);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("folder");

  tcase_add_loop_test (t, beneath, 0, sizeof lookups / sizeof lookups[0]);
  tcase_add_loop_test (t, stat_beneath, 0, sizeof lookups / sizeof lookups[0]);
  tcase_add_loop_test (t, without_openat2, 0, 2);
  tcase_add_test (t, renamed);
  tcase_add_test (t, working_folder);
  tcase_add_loop_test (t, parent, 0, sizeof parents / sizeof parents[0]);
  tcase_add_test (t, no_parent);
  tcase_add_test (t, fifo);
  tcase_add_test (t, prefix);
  tcase_add_test (t, cannot_open);
  tcase_add_test (t, list);
  return tests_run ();
}
