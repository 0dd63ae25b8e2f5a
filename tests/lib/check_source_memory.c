/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source_memory.h"
#include "testing.h"

#define SIZE 10000

static struct source *
open_pattern (size_t len)
{
  struct error err;
  uint8_t *buf = malloc (len + 1);
  struct source *source;

  ck_assert_ptr_nonnull (buf);
  pattern_fill (buf, len, 4, 0);
  source = source_memory_new (buf, len, &err);
  ck_assert_msg (source != NULL, "%s", err.text);
  ck_assert_uint_eq (source->size, len);
  return source;
}

/* No byte in front of or behind what is asked is touched. */
START_TEST (reads)
{
  struct source *source = open_pattern (SIZE);
  static const struct { uint64_t offset; size_t len; } ranges[] = {
    { 0, SIZE }, { 0, 1 }, { SIZE - 1, 1 }, { 4095, 4098 }, { 77, 0 },
    { 0, 0 }, { SIZE, 0 },
  };
  uint8_t buf[SIZE + 2];
  struct error err;
  size_t i;

  for (i = 0; i < sizeof ranges / sizeof ranges[0]; ++i) {
    memset (buf, 0, sizeof buf);
    ck_assert_int_eq (source_pread (source, buf + 1, ranges[i].len,
                                    ranges[i].offset, &err), 0);
    ck_assert_uint_eq (buf[0], 0);
    ck_assert (pattern_is (buf + 1, ranges[i].len, 4, ranges[i].offset));
    ck_assert (is_zeros (buf + 1 + ranges[i].len, SIZE + 1 - ranges[i].len));
  }
  source_unref (source);
}
END_TEST

START_TEST (empty)
{
  struct source *source = open_pattern (0);
  struct error err;
  uint8_t buf = 7;

  ck_assert_int_eq (source_pread (source, &buf, 0, 0, &err), 0);
  ck_assert_uint_eq (buf, 7);
  source_unref (source);
}
END_TEST

/* What lies beyond is the caller's mistake, never other memory's bytes. */
static const struct { uint64_t offset; size_t len; } beyond[] = {
  { 0, SIZE + 1 }, { SIZE, 1 }, { SIZE + 1, 0 }, { UINT64_MAX, 2 },
  { 1, SIZE_MAX },
};

START_TEST (beyond_the_end)
{
  struct source *source = open_pattern (SIZE);
  static uint8_t buf[SIZE + 1];
  struct error err;
  pid_t pid = fork ();
  int status;

  ck_assert_int_ne (pid, -1);
  if (pid == 0) {
    (void) !source_pread (source, buf, beyond[_i].len, beyond[_i].offset,
                          &err);
    _exit (0);
  }
  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGABRT);
  source_unref (source);
}
END_TEST

static int
count (void *opaque, uint64_t offset, uint64_t len, bool zero,
       struct error *err)
{
  (void) err;
  ck_assert_uint_eq (offset, 5);
  ck_assert_uint_eq (len, 9000);
  ck_assert (!zero);
  ++*(unsigned *) opaque;
  return 1;
}

/* All is data, it never changes, and the last reference releases it. */
START_TEST (the_rest)
{
  struct source *source = open_pattern (SIZE);
  struct error err;
  unsigned calls = 0;
  uint8_t b;

  ck_assert_int_eq (source_extents (source, 5, 9000, count, &calls, &err), 1);
  ck_assert_uint_eq (calls, 1);
  ck_assert_uint_ne (source_stamp (source), SOURCE_STAMP_UNKNOWN);
  source_prefetch (source, 0, SIZE);
  source_unref (source_ref (source));
  ck_assert_int_eq (source_pread (source, &b, 1, 9, &err), 0);
  ck_assert_uint_eq (b, pattern (4, 9));
  source_unref (source);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("source_memory");

  tcase_add_test (t, reads);
  tcase_add_test (t, empty);
  tcase_add_loop_test (t, beyond_the_end, 0,
                       sizeof beyond / sizeof beyond[0]);
  tcase_add_test (t, the_rest);
  return tests_run ();
}
