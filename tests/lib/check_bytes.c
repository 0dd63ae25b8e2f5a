/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "bytes.h"
#include "testing.h"

static const uint8_t data[10] = { 1, 2, 3, 4, 5, 6, 7, 0x88, 9, 10 };
static const struct bytes view = { .ptr = data, .len = sizeof data };

static const struct {
  uint64_t off, len;
  bool inside;
} slices[] = {
  { 0, 0, true },
  { 0, 10, true },
  { 3, 7, true },
  { 9, 1, true },
  { 10, 0, true },
  { 0, 11, false },
  { 3, 8, false },
  { 10, 1, false },
  { 11, 0, false },
  { 1, UINT64_MAX, false },
  { UINT64_MAX, 1, false },
  { UINT64_MAX, 0, false },
  { UINT64_MAX, UINT64_MAX, false },
  { 5, UINT64_MAX - 4, false },
  { UINT64_C (0x100000000), 1, false },
  { 0, UINT64_C (0x100000001), false },
};

START_TEST (slice)
{
  struct bytes b = { .ptr = NULL, .len = 77 };
  bool r = bytes_slice (view, slices[_i].off, slices[_i].len, &b);

  ck_assert_int_eq (r, slices[_i].inside);
  if (r) {
    ck_assert_ptr_eq (b.ptr, data + slices[_i].off);
    ck_assert_uint_eq (b.len, slices[_i].len);
  }
  else {
    ck_assert_ptr_null (b.ptr);
    ck_assert_uint_eq (b.len, 77);
  }
}
END_TEST

START_TEST (slice_of_slice)
{
  struct bytes b, c;

  ck_assert (bytes_slice (view, 4, 4, &b));
  ck_assert (bytes_slice (b, 1, 3, &c));
  ck_assert_uint_eq (bytes_u8 (c, 0), 6);
  ck_assert (!bytes_slice (b, 1, 4, &c));
}
END_TEST

START_TEST (numbers)
{
  ck_assert_uint_eq (bytes_u8 (view, 9), 10);
  ck_assert_uint_eq (bytes_u16 (view, 0), 0x0201);
  ck_assert_uint_eq (bytes_u16 (view, 8), 0x0a09);
  ck_assert_uint_eq (bytes_u32 (view, 1), 0x05040302);
  ck_assert_uint_eq (bytes_u32 (view, 4), 0x88070605u);
  ck_assert_uint_eq (bytes_u64 (view, 0), UINT64_C (0x8807060504030201));
  ck_assert_uint_eq (bytes_u64 (view, 2), UINT64_C (0x0a09880706050403));
}
END_TEST

START_TEST (text)
{
  static const uint8_t raw[] = "abc\0defgh";
  const struct bytes b = { .ptr = raw, .len = 9 };
  char buf[10];

  bytes_text (b, 0, 6, buf);
  ck_assert_str_eq (buf, "abc");
  memset (buf, 'x', sizeof buf);
  bytes_text (b, 4, 5, buf);    /* full: no NUL in the field */
  ck_assert_str_eq (buf, "defgh");
  bytes_text (b, 9, 0, buf);
  ck_assert_str_eq (buf, "");
}
END_TEST

START_TEST (hex)
{
  static const struct bytes none = { .ptr = data, .len = 0 };
  char buf[21];

  bytes_hex (view, buf);
  ck_assert_str_eq (buf, "0102030405060788090a");
  bytes_hex (none, buf);
  ck_assert_str_eq (buf, "");
}
END_TEST

START_TEST (put)
{
  uint8_t buf[8] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };
  static const uint8_t wanted[8] = {
    0xaa, 0x34, 0x12, 0xef, 0xcd, 0xab, 0x89, 0xaa
  };

  put_u16 (buf + 1, 0x1234);
  put_u32 (buf + 3, 0x89abcdef);
  ck_assert_mem_eq (buf, wanted, sizeof buf);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("bytes");

  tcase_add_loop_test (t, slice, 0, sizeof slices / sizeof slices[0]);
  tcase_add_test (t, slice_of_slice);
  tcase_add_test (t, numbers);
  tcase_add_test (t, text);
  tcase_add_test (t, hex);
  tcase_add_test (t, put);
  return tests_run ();
}
