/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "rafs_builder.h"
#include "rafs_toc.h"
#include "testing.h"

#define FILE_SIZE 100000u

static uint8_t buf[RAFS_TAIL_MAX + 4096];
static struct rafs_toc toc;
static struct error err;

static int
parse (size_t len)
{
  const struct bytes tail = { .ptr = buf, .len = len };

  return rafs_toc_parse (tail, FILE_SIZE, &toc, &err);
}

/* Two parts; `patch' changes the first row. */
static int
parse_two (const struct patch *patches)
{
  static const uint8_t plain[8];
  static const struct part parts[] = {
    { "image.blob", 1, 0, 500, plain, 8 },
    { "blob.meta", 2, 500, 60, plain, 8 },
  };
  size_t len = put_toc (buf, parts, 2);

  rafs_patch (buf, patches);
  return parse (len);
}

static const struct patch no_patch[] = { { 0, 0, 0 } };

START_TEST (two_parts)
{
  const struct rafs_toc_entry *entry;

  ck_assert_msg (parse_two (no_patch) == 0, "%s", err.text);
  ck_assert_uint_eq (toc.n_entries, 2);
  ck_assert_uint_eq (toc.len, 2 * 128 + 512);
  entry = rafs_toc_find (&toc, "blob.meta");
  ck_assert_ptr_nonnull (entry);
  ck_assert_uint_eq (entry->offset, 500);
  ck_assert_uint_eq (entry->stored_len, 60);
  ck_assert_uint_eq (entry->plain_len, 8);
  ck_assert_int_eq (entry->codec, CHUNK_ZSTD);
  ck_assert (entry->has_digest);
  ck_assert_ptr_null (rafs_toc_find (&toc, "blob.digest"));
}
END_TEST

static const struct {
  struct patch patches[2];
  const char *part;
} bad[] = {
  { { { 0, 4, 3 } }, "part \"image.blob\": compression 0x3" },
  { { { 56, 8, UINT64_MAX } }, "500 bytes at byte 18446744073709551615" },
  { { { 64, 8, FILE_SIZE } }, "are not in front of the table" },
};

START_TEST (refused)
{
  ck_assert_int_eq (parse_two (bad[_i].patches), -1);
  expect_error (&err, EINVAL, bad[_i].part);
}
END_TEST

START_TEST (twice)
{
  static const uint8_t plain[8];
  static const struct part parts[] = {
    { "same", 1, 0, 8, plain, 8 }, { "same", 1, 8, 8, plain, 8 },
  };

  ck_assert_int_eq (parse (put_toc (buf, parts, 2)), -1);
  expect_error (&err, EINVAL, "there are two parts \"same\"");
}
END_TEST

/* The table's length is that of the tar header, which may say anything. */
START_TEST (lengths)
{
  static const uint64_t sizes[] = { 0, 127, 129, 1152, 077777777777 };

  put_tar_header (buf + 128, "rafs.blob.toc", sizes[_i]);
  ck_assert_int_eq (parse (128 + 512), -1);
  expect_error (&err, EINVAL, "expected 1 to 8 rows of 128");
}
END_TEST

START_TEST (bootstrap)
{
  put_tar_header (buf, "image.boot", 8192);
  ck_assert_int_eq (parse (512), 0);
  ck_assert_uint_eq (toc.n_entries, 1);
  ck_assert_uint_eq (toc.len, 0);
  ck_assert_uint_eq (toc.entries[0].offset, FILE_SIZE - 512 - 8192);
  ck_assert_uint_eq (toc.entries[0].stored_len, 8192);
  put_tar_header (buf, "image.boot", FILE_SIZE - 511);
  ck_assert_int_eq (parse (512), -1);
  expect_error (&err, EINVAL, "a bootstrap of 99489 bytes");
}
END_TEST

/* No such header: that is no error. */
START_TEST (neither)
{
  put_tar_header (buf, "image.boot", 8192);
  ck_assert_int_eq (parse (511), 0);
  ck_assert_uint_eq (toc.n_entries, 0);
  buf[0] ^= 1;                  /* the checksum is wrong */
  ck_assert_int_eq (parse (512), 0);
  ck_assert_uint_eq (toc.n_entries, 0);
  put_tar_header (buf, "other", 8192);
  ck_assert_int_eq (parse (512), 0);
  ck_assert_uint_eq (toc.n_entries, 0);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_toc");

  tcase_add_test (t, two_parts);
  tcase_add_loop_test (t, refused, 0, sizeof bad / sizeof bad[0]);
  tcase_add_test (t, twice);
  tcase_add_loop_test (t, lengths, 0, 5);
  tcase_add_test (t, bootstrap);
  tcase_add_test (t, neither);
  return tests_run ();
}
