/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source_file.h"
#include "source_memory.h"
#include "testing.h"

#define SIZE (1024 * 1024)

static struct file_pool *pool;
static struct folder *folder;

/* A source over the file "f" of this test's folder. */
static struct source *
open_source (void)
{
  struct error err;
  struct source *source;

  pool = new_pool (0);
  folder = open_temp_dir ();
  source = source_file_new (add_file (pool, folder, "f"), &err);
  ck_assert_ptr_nonnull (source);
  return source;
}

static void
close_source (struct source *source)
{
  source_unref (source);
  folder_unref (folder);
  file_pool_free (pool);
}

START_TEST (reads)
{
  static uint8_t buf[SIZE];
  struct source *source;
  struct error err;
  unsigned i;

  put_pattern ("f", 5, SIZE);
  source = open_source ();
  ck_assert_uint_eq (source->size, SIZE);
  ck_assert_str_eq (pooled_file_name (source_file_get (source)), "f");
  ck_assert_int_eq (source_pread (source, buf, SIZE, 0, &err), 0);
  ck_assert (pattern_is (buf, SIZE, 5, 0));
  for (i = 0; i < 100; ++i) {
    uint64_t offset = rnd (SIZE), len = rnd (SIZE - offset) % 9000;

    source_prefetch (source, offset, len);
    ck_assert_int_eq (source_pread (source, buf, len, offset, &err), 0);
    ck_assert (pattern_is (buf, len, 5, offset));
  }
  ck_assert_int_eq (source_pread (source, buf, 0, SIZE, &err), 0);
  close_source (source);
}
END_TEST

START_TEST (not_a_file)
{
  struct error err;
  struct source *source = source_memory_new (strdup ("x"), 1, &err);

  ck_assert_ptr_null (source_file_get (source));
  source_unref (source);
}
END_TEST

struct seen {
  uint64_t next, zeros, data;
  unsigned calls, stop_at;
};

static int
see (void *opaque, uint64_t offset, uint64_t len, bool zero,
     struct error *err)
{
  struct seen *seen = opaque;

  (void) err;
  ck_assert_uint_eq (offset, seen->next);       /* in order, adjacent */
  ck_assert_uint_gt (len, 0);
  seen->next += len;
  *(zero ? &seen->zeros : &seen->data) += len;
  return ++seen->calls == seen->stop_at;
}

static struct seen
extents (struct source *source, uint64_t offset, uint64_t len)
{
  struct seen seen = { .next = offset };
  struct error err;

  ck_assert_int_eq (source_extents (source, offset, len, see, &seen, &err),
                    0);
  ck_assert_uint_eq (seen.next, offset + len);
  return seen;
}

/* After the file was cut: bytes before the cut, an error behind it. */
START_TEST (shrunk)
{
  static uint8_t buf[SIZE];
  struct source *source;
  struct seen seen;
  struct error err;
  char text[64];

  put_pattern ("f", 5, SIZE);
  source = open_source ();
  ck_assert_int_eq (truncate ("f", 5000), 0);
  ck_assert_int_eq (source_pread (source, buf, 5000, 0, &err), 0);
  ck_assert (pattern_is (buf, 5000, 5, 0));
  ck_assert_int_eq (source_pread (source, buf, 2, 4999, &err), -1);
  expect_error (&err, EIO, "/f: the file ends before byte 5000");
  snprintf (text, sizeof text, "it had %u bytes at start and has 5000 now",
            SIZE);
  expect_error (&err, EIO, text);
  ck_assert_int_eq (source_pread (source, buf, 1, SIZE - 1, &err), -1);
  expect_error (&err, EIO, text);

  /* A client must not take it for a hole. */
  seen = extents (source, 0, SIZE);
  ck_assert_uint_eq (seen.zeros, 0);
  seen = extents (source, 100000, 1000);
  ck_assert_uint_eq (seen.zeros, 0);
  source_prefetch (source, 0, SIZE);
  close_source (source);
}
END_TEST

/* A file of zeros with data from 256 KiB to 320 KiB and at its start. */
static bool
put_sparse_file (void)
{
  int fd = open ("f", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  uint8_t buf[65536];
  bool has_holes;

  ck_assert_int_ge (fd, 0);
  pattern_fill (buf, sizeof buf, 6, 0);
  ck_assert_int_eq (pwrite (fd, buf, 65536, 0), 65536);
  ck_assert_int_eq (pwrite (fd, buf, 65536, 262144), 65536);
  ck_assert_int_eq (ftruncate (fd, SIZE), 0);
  has_holes = lseek (fd, 65536, SEEK_DATA) == 262144;
  close (fd);
  if (!has_holes)
    puts ("skipped: the file system of TMPDIR has no holes");
  return has_holes;
}

START_TEST (holes)
{
  struct source *source;
  struct seen seen;
  struct error err;

  if (!put_sparse_file ())
    return;
  source = open_source ();
  seen = extents (source, 0, SIZE);
  ck_assert_uint_eq (seen.data, 2 * 65536);
  ck_assert_uint_eq (seen.calls, 4);
  seen = extents (source, 65535, 2);            /* clipped */
  ck_assert_uint_eq (seen.data, 1);
  ck_assert_uint_eq (seen.zeros, 1);
  seen = extents (source, 1000, 50);            /* inside data */
  ck_assert_uint_eq (seen.data, 50);
  seen = extents (source, 100000, 50000);       /* inside one */
  ck_assert_uint_eq (seen.zeros, 50000);
  ck_assert_uint_eq (seen.calls, 1);
  seen = extents (source, 400000, SIZE - 400000);
  ck_assert_uint_eq (seen.data, 0);
  ck_assert_uint_eq (extents (source, 5, 0).calls, 0);

  seen = (struct seen) { .stop_at = 2 };
  ck_assert_int_eq (source_extents (source, 0, SIZE, see, &seen, &err), 1);
  ck_assert_uint_eq (seen.calls, 2);
  close_source (source);
}
END_TEST

/* What was a hole may be data by now. */
START_TEST (changed_has_no_holes)
{
  struct source *source;
  int fd;

  if (!put_sparse_file ())
    return;
  source = open_source ();
  fd = open ("f", O_WRONLY | O_CLOEXEC);
  ck_assert_int_eq (pwrite (fd, "x", 1, 900000), 1);
  futimens (fd, NULL);
  if (_i == 1)
    ck_assert_int_eq (ftruncate (fd, SIZE + 1), 0);
  close (fd);
  ck_assert_uint_eq (extents (source, 0, SIZE).zeros, 0);
  close_source (source);
}
END_TEST

static int
fail_at_once (void *opaque, uint64_t offset, uint64_t len, bool zero,
              struct error *err)
{
  (void) opaque;
  (void) offset;
  (void) len;
  (void) zero;
  return error_set (err, ENODATA, "stop");
}

/* The file cannot be opened again: data, and the read says why. */
START_TEST (gone)
{
  struct error err;
  struct source *source;
  struct pooled_file *other;
  uint8_t buf[10];

  put_pattern ("f", 5, SIZE);
  put_pattern ("g", 5, 1);
  pool = new_pool (1);
  folder = open_temp_dir ();
  source = source_file_new (add_file (pool, folder, "f"), &err);
  ck_assert_ptr_nonnull (source);
  other = add_file (pool, folder, "g");         /* closes f */
  ck_assert_int_eq (unlink ("f"), 0);
  ck_assert_uint_eq (extents (source, 0, SIZE).data, SIZE);
  ck_assert_int_eq (source_extents (source, 0, 9, fail_at_once, NULL, &err),
                    -1);
  expect_error (&err, ENODATA, "stop");
  source_prefetch (source, 0, SIZE);
  ck_assert_int_eq (source_pread (source, buf, 10, 0, &err), -1);
  expect_error (&err, EIO, "/f: No such file");
  pooled_file_close (other);
  close_source (source);
}
END_TEST

/* The stamp of the file "f". */
static uint64_t
stamp_of_f (void)
{
  struct source *source = open_source ();
  uint64_t stamp = source_stamp (source);

  close_source (source);
  return stamp;
}

/* A file that was just written to may be written to again without another
 * time of it.
 */
START_TEST (stamps)
{
  struct timespec times[2];
  uint64_t stamp;

  put_pattern ("f", 5, 100);
  ck_assert_uint_eq (stamp_of_f (), SOURCE_STAMP_UNKNOWN);
  sleep (4);
  stamp = stamp_of_f ();
  ck_assert_uint_ne (stamp, SOURCE_STAMP_UNKNOWN);
  ck_assert_uint_eq (stamp_of_f (), stamp);

  memset (times, 0, sizeof times);              /* 1970 */
  ck_assert_int_eq (utimensat (AT_FDCWD, "f", times, 0), 0);
  ck_assert_uint_eq (stamp_of_f (), SOURCE_STAMP_UNKNOWN);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("source_file");

  tcase_add_test (t, reads);
  tcase_add_test (t, not_a_file);
  tcase_add_test (t, shrunk);
  tcase_add_test (t, holes);
  tcase_add_loop_test (t, changed_has_no_holes, 0, 2);
  tcase_add_test (t, gone);
  tcase_add_test (t, stamps);
  return tests_run ();
}
