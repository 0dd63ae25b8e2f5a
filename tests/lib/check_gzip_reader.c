/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include <zlib.h>

#include "gzip_reader.h"
#include "image_builder.h"
#include "packing.h"
#include "rafs_builder.h"
#include "testing.h"

#define LEN 300000u

static uint8_t plain[LEN];
static uint8_t got[3 * LEN];
static size_t got_len;

static void
put (void *opaque, const uint8_t *bytes, size_t len)
{
  ck_assert_ptr_null (opaque);
  ck_assert_uint_le (len, sizeof got - got_len);
  memcpy (got + got_len, bytes, len);
  got_len += len;
}

/* The second member has all that a header can have, the third no data. */
static struct packed
make_gzip (uint64_t start[4])
{
  static const size_t ends[] = { 0, 200000, LEN, LEN };
  struct packed gzip = { .ptr = calloc (1, 1), .len = 0 };
  int i;

  fill_text (plain, LEN, 4);
  for (i = 0; i < 3; ++i) {
    start[i] = gzip.len;
    gzip = join (gzip, pack_gzip (plain + ends[i], ends[i + 1] - ends[i], 6,
                                  i == 1 ? "name" : NULL));
  }
  start[3] = gzip.len;
  return gzip;
}

static struct source *
open_reader (struct gzip_reader *reader, struct packed gzip)
{
  struct source *source = new_source (gzip.ptr, gzip.len);
  struct error err;

  got_len = 0;
  ck_assert_int_eq (gzip_reader_init (reader, source, &err), 0);
  return source;
}

static void
close_reader (struct gzip_reader *reader, struct source *source)
{
  gzip_reader_clear (reader);
  source_unref (source);
}

static void
expect_member (struct gzip_reader *reader, uint64_t stored, uint64_t end,
               uint64_t start, uint64_t len)
{
  struct gzip_member m;
  struct error err = { .text = "none" };
  int r = gzip_reader_next (reader, put, NULL, &m, &err);

  ck_assert_msg (r == 1, "%s", err.text);
  ck_assert_uint_eq (m.stored_start, stored);
  ck_assert_uint_eq (m.stored_len, end - stored);
  ck_assert_uint_eq (m.plain_start, start);
  ck_assert_uint_eq (m.plain_len, len);
  ck_assert_uint_eq (m.expected_len, len);
  ck_assert_uint_eq (m.crc, crc32 (0, plain + start, (uInt) len));
  ck_assert_uint_eq (m.expected_crc, m.crc);
}

START_TEST (members)
{
  static const char *const behind[] = { "", "\0\0\0", "PK garbage" };
  static const size_t behind_len[] = { 0, 3, 10 };
  struct gzip_reader reader;
  struct gzip_member m;
  struct source *source;
  struct error err;
  uint64_t start[4];
  struct packed gzip = make_gzip (start), tail;

  tail = (struct packed) { malloc (16), behind_len[_i] };
  memcpy (tail.ptr, behind[_i], tail.len);
  gzip = join (gzip, tail);
  source = open_reader (&reader, gzip);
  expect_member (&reader, 0, start[1], 0, 200000);
  expect_member (&reader, start[1], start[2], 200000, 100000);
  expect_member (&reader, start[2], start[3], LEN, 0);
  ck_assert_int_eq (gzip_reader_next (&reader, put, NULL, &m, &err), 0);
  ck_assert_uint_eq (reader.plain, LEN);
  ck_assert_uint_eq (got_len, LEN);
  ck_assert (memcmp (got, plain, LEN) == 0);
  close_reader (&reader, source);
  free (gzip.ptr);
}
END_TEST

/* What is wrong with the trailer is not an error: the next member follows. */
START_TEST (trailers)
{
  struct gzip_reader reader;
  struct gzip_member m;
  struct source *source;
  struct error err;
  uint64_t start[4];
  struct packed gzip = make_gzip (start);

  gzip.ptr[start[1] - 8] ^= 1;
  put_le (gzip.ptr + start[1] - 4, 77, 4);
  source = open_reader (&reader, gzip);
  ck_assert_int_eq (gzip_reader_next (&reader, put, NULL, &m, &err), 1);
  ck_assert_uint_eq (m.expected_crc, m.crc ^ 1);
  ck_assert_uint_eq (m.expected_len, 77);
  expect_member (&reader, start[1], start[2], 200000, 100000);
  close_reader (&reader, source);
  free (gzip.ptr);
}
END_TEST

/* -1, with `part', behind so many members. */
static void
expect_failure (struct packed gzip, unsigned before, const char *part)
{
  struct gzip_reader reader;
  struct gzip_member m = { .stored_start = 0 };
  struct source *source = open_reader (&reader, gzip);
  struct error err = { .text = "none" };

  while (before-- > 0)
    ck_assert_int_eq (gzip_reader_next (&reader, put, NULL, &m, &err), 1);
  ck_assert_int_eq (gzip_reader_next (&reader, put, NULL, &m, &err), -1);
  expect_error (&err, EINVAL, part);
  ck_assert_uint_le (m.stored_start + m.stored_len, gzip.len);
  close_reader (&reader, source);
}

#define MISSING "gzip: the end of the file is missing"

START_TEST (damage)
{
  uint64_t start[4];
  struct packed gzip = make_gzip (start), cut = gzip;

  for (cut.len = 1; cut.len < start[1]; cut.len += cut.len < 20 ? 1 : 4999)
    expect_failure (cut, 0, MISSING);
  for (cut.len = start[1] - 10; cut.len < start[1]; ++cut.len)
    expect_failure (cut, 0, MISSING);
  for (cut.len = start[1] + 1; cut.len < start[1] + 60; ++cut.len)
    expect_failure (cut, 1, MISSING);

  gzip.ptr[start[1] + 2] = 9;
  expect_failure (gzip, 1, "gzip: the header of a member is not one");
  gzip.ptr[start[1] + 2] = 8;
  gzip.ptr[start[1] + 3] |= 0x20;
  expect_failure (gzip, 1, "gzip: the header of a member is not one");
  gzip.ptr[start[1] + 3] ^= 0x20;
  gzip.ptr[start[1] + 18] ^= 1;         /* its name, which has a checksum */
  expect_failure (gzip, 1, "gzip: the header of a member is not one");
  gzip.ptr[10] |= 6;
  expect_failure (gzip, 0, "gzip: invalid block type");
  free (gzip.ptr);
}
END_TEST

/* How much zlib decodes of it, with room for all. */
static size_t
zlib_len (struct packed gzip)
{
  static uint8_t out[LEN];
  z_stream z = { .next_in = gzip.ptr, .avail_in = (uInt) gzip.len,
                 .next_out = out, .avail_out = sizeof out };

  ck_assert_int_eq (inflateInit2 (&z, 15 + 16), Z_OK);
  ck_assert_int_eq (inflate (&z, Z_NO_FLUSH), Z_OK);
  inflateEnd (&z);
  return z.total_out;
}

/* What was decoded before the end comes, also where that is more than fits in
 * a buffer.
 */
START_TEST (cut_data)
{
  struct packed gzip, cut;

  memset (plain, 0, LEN);
  gzip = cut = pack_gzip (plain, LEN, 6, NULL);
  for (cut.len = 11; cut.len < gzip.len; ++cut.len) {
    expect_failure (cut, 0, MISSING);
    ck_assert_uint_eq (got_len, zlib_len (cut));
  }
  free (gzip.ptr);
}
END_TEST

static int
read_fails (struct source *source, void *buf, size_t len, uint64_t offset,
            struct error *err)
{
  (void) source;
  (void) buf;
  (void) len;
  (void) offset;
  return error_set (err, EIO, "no disk");
}

START_TEST (failing_source)
{
  static const struct source_ops ops = { .pread = read_fails };
  struct source source;
  struct gzip_reader reader;
  struct gzip_member m;
  struct error err;

  source_init (&source, &ops, 1000);
  ck_assert_int_eq (gzip_reader_init (&reader, &source, &err), 0);
  ck_assert_int_eq (gzip_reader_next (&reader, put, NULL, &m, &err), -1);
  expect_error (&err, EIO, "no disk");
  ck_assert_uint_eq (m.stored_len, 0);
  gzip_reader_clear (&reader);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("gzip_reader");

  tcase_add_loop_test (t, members, 0, 3);
  tcase_add_test (t, trailers);
  tcase_add_test (t, damage);
  tcase_add_test (t, cut_data);
  tcase_add_test (t, failing_source);
  return tests_run ();
}
