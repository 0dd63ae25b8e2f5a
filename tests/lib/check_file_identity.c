/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file_identity.h"
#include "testing.h"

static int
open_file (const char *name)
{
  int fd = open (name, O_RDWR | O_CLOEXEC);

  ck_assert_int_ge (fd, 0);
  return fd;
}

static struct file_identity
identity_of (int fd)
{
  struct file_identity id;

  ck_assert_int_eq (file_identity_get (fd, &id, NULL), 0);
  return id;
}

/* Set only mtime: does not change ctime back, that can not be done. */
static void
set_mtime (int fd, long nanoseconds)
{
  const struct timespec times[2] = {
    { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000, .tv_nsec = nanoseconds },
  };

  ck_assert_int_eq (futimens (fd, times), 0);
}

START_TEST (same_file)
{
  struct file_identity a, b;
  struct stat st;
  int fd;

  put_pattern ("a", 1, 1000);
  fd = open_file ("a");
  a = identity_of (fd);
  close (fd);
  fd = open_file ("a");
  b = identity_of (fd);
  ck_assert_uint_eq (a.size, 1000);
  ck_assert (file_identity_equal (&a, &b));
  ck_assert_int_eq (fstat (fd, &st), 0);
  ck_assert (file_identity_is (&a, &st));
  close (fd);
}
END_TEST

START_TEST (each_field_counts)
{
  struct file_identity a = {
    .dev = 1, .ino = 2, .size = 3, .mtime = 4, .ctime = 5
  }, b;

  b = a;
  ck_assert (file_identity_equal (&a, &b));
  b = a, b.dev++;
  ck_assert (!file_identity_equal (&a, &b));
  b = a, b.ino++;
  ck_assert (!file_identity_equal (&a, &b));
  b = a, b.size++;
  ck_assert (!file_identity_equal (&a, &b));
  b = a, b.mtime++;
  ck_assert (!file_identity_equal (&a, &b));
  b = a, b.ctime++;
  ck_assert (!file_identity_equal (&a, &b));
}
END_TEST

START_TEST (changed_file)
{
  struct file_identity a, b;
  struct stat st;
  int fd;

  put_pattern ("a", 1, 1000);
  fd = open_file ("a");
  set_mtime (fd, 1);
  a = identity_of (fd);
  set_mtime (fd, 2);
  b = identity_of (fd);
  ck_assert (!file_identity_equal (&a, &b));
  ck_assert_int_eq (b.mtime - a.mtime, 1);
  ck_assert_int_eq (ftruncate (fd, 999), 0);
  b = identity_of (fd);
  ck_assert_uint_eq (b.size, 999);
  ck_assert (!file_identity_equal (&a, &b));
  ck_assert_int_eq (fstat (fd, &st), 0);
  ck_assert (file_identity_is (&a, &st));       /* changed or not */
  close (fd);

  put_pattern ("b", 1, 1000);
  fd = open_file ("b");
  ck_assert_int_eq (fstat (fd, &st), 0);
  ck_assert (!file_identity_is (&a, &st));
  close (fd);
}
END_TEST

START_TEST (other_kinds)
{
  static const char *const kinds[] = { ".", "/dev/null" };
  struct file_identity id = { .size = 77 };
  int fd = open (kinds[_i], O_RDONLY | O_CLOEXEC);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (file_identity_get (fd, &id, NULL), -1);
  ck_assert_int_eq (errno, ENOTSUP);
  ck_assert_uint_eq (id.size, 77);
  close (fd);
  ck_assert_int_eq (file_identity_get (-1, &id, NULL), -1);
  ck_assert_int_eq (errno, EBADF);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("file_identity");

  tcase_add_test (t, same_file);
  tcase_add_test (t, each_field_counts);
  tcase_add_test (t, changed_file);
  tcase_add_loop_test (t, other_kinds, 0, 2);
  return tests_run ();
}
