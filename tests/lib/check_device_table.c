/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "device_table.h"
#include "image_builder.h"
#include "testing.h"

#define MAX_48 ((UINT64_C (1) << 48) - 1)

/* A table of these slots, parsed; its bytes too if ret_raw is given. */
static struct device_table
make_table (const struct slot_spec *slots, unsigned n, unsigned blkszbits,
            bool is_48bit, uint8_t **ret_raw)
{
  const struct image_spec spec = {
    .blkszbits = blkszbits, .n_slots = n, .slots = slots,
    .incompat = is_48bit ? 0x80 : 0,
  };
  const struct superblock sb = {
    .blkszbits = (uint8_t) blkszbits,
    .extra_devices = (uint16_t) n,
    .feature_incompat = 0x8 | spec.incompat,
  };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  const struct bytes raw = { .ptr = image + AT_TABLE, .len = n * 128 };
  struct device_table table;
  struct error err;

  ck_assert_msg (device_table_parse (raw, &sb, &table, &err) == 0, "%s",
                 err.text);
  ck_assert_uint_eq (table.count, n);
  if (ret_raw) {
    *ret_raw = malloc (n * 128);
    memcpy (*ret_raw, image + AT_TABLE, n * 128);
  }
  free (image);
  return table;
}

/* extslots, slotoff, devices, size of the file; the message or NULL. */
static const struct {
  uint8_t extslots;
  uint16_t slotoff, devices;
  uint64_t size;
  const char *part;
} places[] = {
  { 0, 9, 1, 4096, NULL },
  { 0, 9, 23, 4096, NULL },
  { 0, 9, 24, 4096, "ends at byte 4224, beyond the file's end at 4096" },
  { 0, 31, 1, 4096, NULL },
  { 0, 31, 1, 4095, "beyond the file's end at 4095" },
  { 0, 32, 1, 4096, "the device table of 1 device ends at byte 4224" },
  { 0, 8, 1, 4096, "at byte 1024 overlaps the superblock" },
  { 0, 0, 1, 4096, "at byte 0 overlaps the superblock" },
  { 1, 9, 1, 4096, "which ends at byte 1168" },
  { 1, 10, 1, 4096, NULL },
  { 8, 10, 1, 4096, NULL },
  { 9, 10, 1, 4096, "overlaps the superblock" },
  { 255, 40, 1, 8192, "overlaps the superblock, which ends at byte 5232" },
  { 255, 41, 1, 8192, NULL },
  { 0, 65535, 65535, UINT64_C (16776960), NULL },
  { 0, 65535, 65535, UINT64_C (16776959), "of 65535 devices ends at byte" },
};

START_TEST (place)
{
  const struct superblock sb = {
    .sb_extslots = places[_i].extslots,
    .devt_slotoff = places[_i].slotoff,
    .extra_devices = places[_i].devices,
  };
  struct error err;
  int r = device_table_check_place (&sb, places[_i].size, &err);

  if (places[_i].part == NULL)
    ck_assert_msg (r == 0, "%s", err.text);
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, places[_i].part);
  }
}
END_TEST

START_TEST (parse_halves)
{
  static const char full[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const struct slot_spec slots[] = {
    { full, UINT64_C (0x111122223333), UINT64_C (0x444455556666) },
    { "", 0, 0 },
  };
  struct device_table table = make_table (slots, 2, 12, false, NULL);

  ck_assert_str_eq (table.slots[0].tag, full);  /* no NUL in the image */
  ck_assert_uint_eq (table.slots[0].blocks_blk, 0x22223333);
  ck_assert_uint_eq (table.slots[0].uniaddr_blk, 0x55556666);
  ck_assert_str_eq (table.slots[1].tag, "");
  ck_assert (!device_table_is_patched (&table));
  device_table_forget_tags (&table);
  ck_assert_str_eq (table.slots[0].tag, "");
  ck_assert_uint_eq (table.slots[0].blocks_blk, 0x22223333);
  device_table_clear (&table);
  ck_assert_ptr_null (table.slots);

  table = make_table (slots, 2, 12, true, NULL);
  ck_assert_uint_eq (table.slots[0].blocks_blk, UINT64_C (0x111122223333));
  ck_assert_uint_eq (table.slots[0].uniaddr_blk, UINT64_C (0x444455556666));
  device_table_clear (&table);
}
END_TEST

START_TEST (parse_short)
{
  const struct superblock sb = { .extra_devices = 2, .blkszbits = 12 };
  const struct superblock none = { .blkszbits = 12 };
  const uint8_t raw[255] = { 0 };
  const struct bytes b = { .ptr = raw, .len = sizeof raw };
  struct device_table table;
  struct error err;

  ck_assert_int_eq (device_table_parse (b, &sb, &table, &err), -1);
  expect_error (&err, EINVAL, "has 255 bytes, but 2 devices");
  ck_assert_int_eq (device_table_parse (b, &none, &table, &err), 0);
  ck_assert_uint_eq (table.count, 0);
  ck_assert_ptr_null (table.slots);
  device_table_clear (&table);
}
END_TEST

/* Where slots lie; the last block that can be is below 2^63 - 4095. */
static const struct {
  unsigned blkszbits;
  uint64_t uniaddr, blocks;
  bool fits;
} ranges[] = {
  { 12, 1, 2, true },
  { 9, MAX_48, MAX_48, true },
  { 13, MAX_48, MAX_48, true },
  { 14, MAX_48, MAX_48, true },
  { 15, MAX_48, 1, false },             /* ends at 2^63 */
  { 15, MAX_48 - 1, 1, true },
  { 15, 1, MAX_48, false },
  { 15, 1, MAX_48 - 1, true },
  { 16, MAX_48, 1, false },             /* ends at 2^64 */
  { 16, MAX_48, MAX_48, false },
  { 16, (UINT64_C (1) << 47) - 2, 1, true },
  { 16, (UINT64_C (1) << 47) - 1, 1, false },
  { 16, UINT64_C (1) << 47, UINT64_C (1) << 47, false },
  { 16, 1, MAX_48, false },             /* wraps to 0 without a check */
};

START_TEST (range)
{
  const struct slot_spec slot = {
    "a", ranges[_i].blocks, ranges[_i].uniaddr
  };
  unsigned bits = ranges[_i].blkszbits;
  struct device_table table = make_table (&slot, 1, bits, true, NULL);
  uint64_t start = 1, len = 1;
  struct error err;
  int r = device_table_range (&table, 0, &start, &len, &err);

  if (ranges[_i].fits) {
    ck_assert_msg (r == 0, "%s", err.text);
    ck_assert_uint_eq (start, ranges[_i].uniaddr << bits);
    ck_assert_uint_eq (len, ranges[_i].blocks << bits);
    ck_assert_uint_le (start + len, INT64_MAX - 4095);
  }
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, "end beyond 2^63");
    expect_error (&err, EINVAL, "uniaddr ");
    ck_assert_uint_eq (start, 1);
    ck_assert_uint_eq (len, 1);
  }
  device_table_clear (&table);
}
END_TEST

/* Unset slots are placed in slot order, behind all others. */
START_TEST (fill)
{
  static const struct slot_spec slots[] = {
    { "a", 0, 0 }, { "b", 3, 100 }, { "c", 2, 0 }, { "d", 0, 50 },
    { "e", 0, 0 }, { "f", 1, 0 },
  };
  static const uint64_t sizes[] = { 4097, 1, 1, 8192, 0, 99999 };
  static const struct {
    uint64_t blocks, uniaddr;
    bool patched;
  } wanted[] = {
    { 2, 103, true }, { 3, 100, false }, { 2, 105, true },
    { 2, 50, true }, { 0, 107, true }, { 1, 107, true },
  };
  uint8_t *raw;
  struct device_table table = make_table (slots, 6, 12, false, &raw), again;
  const struct superblock sb = { .blkszbits = 12, .extra_devices = 6 };
  const struct bytes b = { .ptr = raw, .len = 6 * 128 };
  struct error err;
  unsigned i;

  /* What the file has of fields that are not ours to change. */
  for (i = 0; i < 6; ++i)
    memset (raw + 128 * i + 72, 0xee, 56);
  ck_assert_int_eq (device_table_fill (&table, 4096, sizes, &err), 0);
  ck_assert (device_table_is_patched (&table));
  device_table_patch (&table, raw);
  ck_assert_int_eq (device_table_parse (b, &sb, &again, &err), 0);
  for (i = 0; i < 6; ++i) {
    ck_assert_uint_eq (table.slots[i].blocks_blk, wanted[i].blocks);
    ck_assert_uint_eq (table.slots[i].uniaddr_blk, wanted[i].uniaddr);
    ck_assert_int_eq (table.slots[i].patched, wanted[i].patched);
    ck_assert_uint_eq (again.slots[i].blocks_blk, wanted[i].blocks);
    ck_assert_uint_eq (again.slots[i].uniaddr_blk, wanted[i].uniaddr);
    ck_assert_str_eq (again.slots[i].tag, slots[i].tag);
    ck_assert_uint_eq (raw[128 * i + 72], 0xee);
    ck_assert_uint_eq (raw[128 * i + 127], 0xee);
  }
  device_table_clear (&again);
  device_table_clear (&table);
  free (raw);
}
END_TEST

START_TEST (fill_nothing)
{
  static const struct slot_spec slots[] = { { "a", 1, 5 }, { "b", 3, 9 } };
  static const uint64_t sizes[] = { 1, 1 };
  uint8_t *raw, before[256];
  struct device_table table = make_table (slots, 2, 12, false, &raw);
  struct error err;

  memcpy (before, raw, sizeof before);
  ck_assert_int_eq (device_table_fill (&table, 4096, sizes, &err), 0);
  ck_assert (!device_table_is_patched (&table));
  device_table_patch (&table, raw);
  ck_assert_mem_eq (raw, before, sizeof before);
  device_table_clear (&table);
  free (raw);
}
END_TEST

/* The first block behind what ends inside a block. */
START_TEST (fill_rounds_up)
{
  static const struct slot_spec slots[] = { { "a", 1, 0 } };
  static const uint64_t sizes[] = { 1 };
  struct device_table table = make_table (slots, 1, 12, false, NULL);
  struct error err;

  ck_assert_int_eq (device_table_fill (&table, 4097, sizes, &err), 0);
  ck_assert_uint_eq (table.slots[0].uniaddr_blk, 2);
  device_table_clear (&table);
}
END_TEST

/* With 48BIT the high halves are written. */
START_TEST (fill_48bit)
{
  const struct slot_spec slots[] = {
    { "a", 0, 0 }, { "b", UINT64_C (0x100000000), 1 },
  };
  const uint64_t sizes[] = { UINT64_C (0x100000000) * 512 + 1, 0 };
  uint8_t *raw;
  struct device_table table = make_table (slots, 2, 9, true, &raw);
  struct error err;

  ck_assert_int_eq (device_table_fill (&table, 512, sizes, &err), 0);
  device_table_patch (&table, raw);
  ck_assert_uint_eq (get_le (raw + 64, 4), 1);
  ck_assert_uint_eq (get_le (raw + 72, 2), 1);
  ck_assert_uint_eq (get_le (raw + 68, 4), 1);
  ck_assert_uint_eq (get_le (raw + 74, 2), 1);
  device_table_clear (&table);
  free (raw);
}
END_TEST

static const struct {
  bool is_48bit;
  struct slot_spec slots[2];
  uint64_t bootstrap_size, sizes[2];
  const char *part;             /* NULL: fits */
} fills[] = {
  { false, { { "", 0, 1 }, { "", 1, 0 } }, 512,
    { UINT64_C (0xffffffff) * 512, 0 }, "slot 2 has no unified address" },
  { false, { { "", 0, 1 }, { "", 1, 1 } }, 512,
    { UINT64_C (0xffffffff) * 512, 0 }, NULL },
  { false, { { "", 0, 1 }, { "", 1, 1 } }, 512,
    { UINT64_C (0xffffffff) * 512 + 1, 0 },
    "slot 1: 4294967296 blocks do not fit the device table, "
    "whose largest number is 4294967295" },
  { true, { { "", 0, 1 }, { "", 1, 1 } }, 512,
    { UINT64_C (0xffffffff) * 512 + 1, 0 }, NULL },
  { false, { { "", 1, 0 }, { "", 1, 1 } }, UINT64_C (0x100000000) * 512,
    { 0, 0 }, "the first free block, 4294967296, does not fit" },
  { true, { { "", 1, 0 }, { "", 1, 1 } }, UINT64_C (0x100000000) * 512,
    { 0, 0 }, NULL },
  { true, { { "", MAX_48, MAX_48 }, { "", 1, 0 } }, 512, { 0, 0 },
    "slot 2 has no unified address, and the first free block" },
  { true, { { "", MAX_48, 0 }, { "", 1, 0 } }, 512, { 0, 0 },
    "slot 2 has no unified address" },
  { true, { { "", MAX_48 - 1, 0 }, { "", 1, 0 } }, 512, { 0, 0 }, NULL },
};

START_TEST (fill_limits)
{
  struct device_table table =
    make_table (fills[_i].slots, 2, 9, fills[_i].is_48bit, NULL);
  struct error err;
  int r = device_table_fill (&table, fills[_i].bootstrap_size,
                             fills[_i].sizes, &err);

  if (fills[_i].part == NULL)
    ck_assert_msg (r == 0, "%s", err.text);
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, fills[_i].part);
  }
  device_table_clear (&table);
}
END_TEST

static const struct {
  const char *tag;
  bool safe, is_uuid;
} tags[] = {
  { "", false, false },
  { "a", true, false },
  { "layer-1_x.tar", true, false },
  { ".", false, false },
  { "..", false, false },
  { ".hidden", false, false },
  { "a..b", true, false },
  { "../x", false, false },
  { "a/b", false, false },
  { "/etc/passwd", false, false },
  { "a b", false, false },
  { "a\n", false, false },
  { "a\303\244", false, false },
  { "00112233445566778899aabbccddeeff", true, true },
  { "00112233445566778899AABBCCDDEEFF", true, true },
  { "00112233445566778899aabbccddeef", true, false },
  { "00112233445566778899aabbccddeefff", true, false },
  { "00112233445566778899aabbccddeefg", true, false },
  { "0011223344556677-899aabbccddeeff", true, false },
};

START_TEST (tag)
{
  static const uint8_t wanted[16] = {
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff
  };
  uint8_t uuid[16] = { 1 };
  bool is_uuid = device_tag_to_uuid (tags[_i].tag, uuid);

  ck_assert_int_eq (device_tag_is_safe (tags[_i].tag), tags[_i].safe);
  ck_assert_int_eq (is_uuid, tags[_i].is_uuid);
  if (is_uuid)
    ck_assert_mem_eq (uuid, wanted, sizeof uuid);
  else
    ck_assert_uint_eq (uuid[0], 1);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("device_table");

  tcase_add_loop_test (t, place, 0, sizeof places / sizeof places[0]);
  tcase_add_test (t, parse_halves);
  tcase_add_test (t, parse_short);
  tcase_add_loop_test (t, range, 0, sizeof ranges / sizeof ranges[0]);
  tcase_add_test (t, fill);
  tcase_add_test (t, fill_nothing);
  tcase_add_test (t, fill_rounds_up);
  tcase_add_test (t, fill_48bit);
  tcase_add_loop_test (t, fill_limits, 0, sizeof fills / sizeof fills[0]);
  tcase_add_loop_test (t, tag, 0, sizeof tags / sizeof tags[0]);
  return tests_run ();
}
