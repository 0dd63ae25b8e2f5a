/* SPDX-License-Identifier: BSD-3-Clause */
/* Also of source_memory. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "source.h"
#include "source_memory.h"
#include "testing.h"

static struct source *
new_source (size_t len)
{
  uint8_t *buf = malloc (len + 1);
  struct error err;
  struct source *source;

  pattern_fill (buf, len, 4, 0);
  source = source_memory_new (buf, len, &err);
  ck_assert_ptr_nonnull (source);
  return source;
}

START_TEST (memory_pread)
{
  struct source *source = new_source (1000);
  uint8_t buf[1000];
  struct error err;

  ck_assert_uint_eq (source->size, 1000);
  ck_assert_int_eq (source_pread (source, buf, 1000, 0, &err), 0);
  ck_assert (pattern_is (buf, 1000, 4, 0));
  ck_assert_int_eq (source_pread (source, buf, 10, 990, &err), 0);
  ck_assert (pattern_is (buf, 10, 4, 990));
  ck_assert_int_eq (source_pread (source, buf, 0, 1000, &err), 0);
  source_prefetch (source, 0, 1000);
  source_unref (source);
}
END_TEST

struct seen {
  unsigned calls;
  uint64_t offset, len;
  bool zero;
  int result;
};

static int
see (void *opaque, uint64_t offset, uint64_t len, bool zero,
     struct error *err)
{
  struct seen *seen = opaque;

  seen->calls++;
  seen->offset = offset;
  seen->len = len;
  seen->zero = zero;
  if (seen->result == -1)
    error_set (err, ENODATA, "stop");
  return seen->result;
}

/* Without a function for it, all is data; what fn returns is returned. */
START_TEST (default_extents)
{
  struct source *source = new_source (1000);
  struct seen seen = { .result = _i };
  struct error err;

  ck_assert_int_eq (source_extents (source, 10, 900, see, &seen, &err), _i);
  ck_assert_uint_eq (seen.calls, 1);
  ck_assert_uint_eq (seen.offset, 10);
  ck_assert_uint_eq (seen.len, 900);
  ck_assert (!seen.zero);
  source_unref (source);
}
END_TEST

static unsigned closed;

static void
count_close (struct source *source)
{
  (void) source;
  closed++;
}

START_TEST (references)
{
  static const struct source_ops ops = { .close = count_close };
  struct source source;

  source_init (&source, &ops, 77);
  ck_assert_uint_eq (source.size, 77);
  closed = 0;
  ck_assert_ptr_eq (source_ref (&source), &source);
  source_ref (&source);
  source_unref (&source);
  source_unref (&source);
  ck_assert_uint_eq (closed, 0);
  source_unref (&source);
  ck_assert_uint_eq (closed, 1);
  source_unref (NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("source");

  tcase_add_test (t, memory_pread);
  tcase_add_loop_test (t, default_extents, -1, 2);
  tcase_add_test (t, references);
  return tests_run ();
}
