/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "image_builder.h"
#include "superblock.h"
#include "testing.h"

static const unsigned block_sizes[] = { 9, 10, 12, 16 };
#define N_BLOCK_SIZES (sizeof block_sizes / sizeof block_sizes[0])

static struct bytes
header_of (const uint8_t *image, size_t len)
{
  const struct bytes header = {
    .ptr = image,
    .len = len < SUPERBLOCK_HEADER_MAX ? len : SUPERBLOCK_HEADER_MAX,
  };

  return header;
}

static int
parse (const uint8_t *image, size_t len, struct superblock *sb,
       struct error *err)
{
  return superblock_parse (header_of (image, len), sb, err);
}

START_TEST (fields)
{
  static const struct slot_spec slots[] = { { "a", 1, 1 }, { "b", 1, 2 } };
  const struct image_spec spec = {
    .compat = 0x2, .incompat = 0x4, .extslots = 3, .uuid = 0x5a,
    .n_slots = 2, .slots = slots,
  };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  put_le (image + AT_INOS, UINT64_C (0x123456789a), 8);
  put_le (image + AT_EPOCH, 1700000000, 8);
  put_le (image + AT_BUILD_TIME, 77, 4);
  put_le (image + AT_BLOCKS_HI, 0x1111, 2);
  memcpy (image + AT_VOLUME_NAME, "sixteen letters!", 16);
  seal_image (image);
  ck_assert_msg (parse (image, len, &sb, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (sb.feature_compat, 0x3);
  ck_assert_uint_eq (sb.feature_incompat, 0xc);
  ck_assert_uint_eq (superblock_block_size (&sb), 4096);
  ck_assert_uint_eq (sb.sb_extslots, 3);
  ck_assert_uint_eq (sb.extra_devices, 2);
  ck_assert_uint_eq (sb.devt_slotoff, 12);
  ck_assert_uint_eq (sb.inos, UINT64_C (0x123456789a));
  ck_assert_uint_eq (sb.epoch, 1700000000);
  ck_assert_uint_eq (sb.build_time, 77);
  ck_assert_uint_eq (sb.blocks_blk, len / 4096);        /* no high bits */
  ck_assert_uint_eq (sb.uuid[15], 0x5a);
  ck_assert_str_eq (sb.volume_name, "sixteen letters!");
  ck_assert (!superblock_is_48bit (&sb));
  free (image);
}
END_TEST

START_TEST (table_needs_its_bit)
{
  const struct image_spec spec = { .incompat = 0x4 };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  put_le (image + AT_EXTRA_DEVICES, 3, 2);
  put_le (image + AT_DEVT_SLOTOFF, 9, 2);
  seal_image (image);
  ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  ck_assert_uint_eq (sb.extra_devices, 0);
  put_le (image + AT_INCOMPAT, 0xc, 4);
  seal_image (image);
  ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  ck_assert_uint_eq (sb.extra_devices, 3);
  free (image);
}
END_TEST

/* The high half of the number of blocks takes 48BIT and rootnid_8b. */
START_TEST (blocks_of_48_bits)
{
  const struct image_spec spec = { .incompat = 0x80 };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  put_le (image + AT_BLOCKS_HI, 0x2222, 2);
  put_le (image + AT_BLOCKS_LO, 5, 4);
  seal_image (image);
  ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  ck_assert_uint_eq (sb.blocks_blk, 5);
  put_le (image + AT_ROOTNID_8B, 36, 8);
  seal_image (image);
  ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  ck_assert_uint_eq (sb.blocks_blk, UINT64_C (0x222200000005));
  ck_assert (superblock_is_48bit (&sb));
  free (image);
}
END_TEST

/* What is put where in a valid image; its checksum is made right again. */
static const struct {
  size_t at;
  uint64_t value;
  size_t bytes;
  const char *part;             /* of the message; NULL: still valid */
} changes[] = {
  { AT_MAGIC, 0xe0f5e1e3, 4, "not an EROFS image: magic number" },
  { AT_MAGIC, 0, 4, "is 0x00000000, expected 0xe0f5e1e2" },
  { AT_INCOMPAT, 0x200, 4, "unknown incompatible feature bits 0x200 " },
  { AT_INCOMPAT, 0x80000000, 4, "feature bits 0x80000000 (known are 0x1ff)" },
  { AT_INCOMPAT, 0xffffffff, 4, "feature bits 0xfffffe00 " },
  { AT_INCOMPAT, 0x1f7, 4, NULL },
  { AT_COMPAT, 0xffffffff, 4, NULL },
  { AT_EXTSLOTS, 255, 1, NULL },
};

START_TEST (changed)
{
  const struct image_spec spec = { .uuid = 1 };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;
  int r;

  put_le (image + changes[_i].at, changes[_i].value, changes[_i].bytes);
  seal_image (image);
  memset (&sb, 0x77, sizeof sb);
  r = parse (image, len, &sb, &err);
  if (changes[_i].part == NULL)
    ck_assert_msg (r == 0, "%s", err.text);
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, changes[_i].part);
    ck_assert_uint_eq (sb.extra_devices, 0x7777);       /* left alone */
  }
  free (image);
}
END_TEST

/* Sizes of blocks; there is no checksum, which would depend on them. */
START_TEST (block_size)
{
  const struct image_spec spec = { .no_checksum = true };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;
  int r;

  image[AT_BLKSZBITS] = (uint8_t) _i;
  r = parse (image, len, &sb, &err);
  if (_i >= 9 && _i <= 16) {
    ck_assert_int_eq (r, 0);
    ck_assert_uint_eq (superblock_block_size (&sb), 1u << _i);
  }
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, "block size is 2^");
    ck_assert_uint_eq (superblock_peek_header_len (header_of (image, len)),
                       1152);
  }
  free (image);
}
END_TEST

/* Every file that is too short for what is checksummed. */
START_TEST (truncated)
{
  const struct image_spec spec = { .blkszbits = block_sizes[_i] };
  size_t len, end, cut;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  ck_assert_msg (parse (image, len, &sb, &err) == 0, "%s", err.text);
  end = (size_t) superblock_checksum_end (&sb);
  ck_assert_uint_eq (end, _i == 0 ? 1536 : _i == 1 ? 2048 : len);
  ck_assert_uint_eq (superblock_peek_header_len (header_of (image, len)),
                     end);
  ck_assert_int_eq (parse (image, end, &sb, &err), 0);
  for (cut = 0; cut < end; cut += 1 + cut / 100) {
    /* A copy of just that size: reading past it shows in ASan. */
    uint8_t *copy = malloc (cut + 1);

    memcpy (copy, image, cut);
    ck_assert_int_eq (parse (copy, cut, &sb, &err), -1);
    expect_error (&err, EINVAL, cut < 1152 ? "at least 1152 expected"
                  : "the superblock's checksum covers");
    ck_assert_int_eq (superblock_is_erofs (header_of (copy, cut)),
                      cut >= 1152);
    free (copy);
  }
  ck_assert_int_eq (parse (image, end - 1, &sb, &err), -1);
  expect_error (&err, EINVAL, "the superblock's checksum covers");
  free (image);
}
END_TEST

/* Without a checksum the first block need not be there. */
START_TEST (truncated_without_checksum)
{
  const struct image_spec spec = { .no_checksum = true, .size = 1152 };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  ck_assert_uint_eq (len, 1152);
  ck_assert_int_eq (parse (image, 1152, &sb, &err), 0);
  ck_assert_int_eq (parse (image, 1151, &sb, &err), -1);
  free (image);
}
END_TEST

/* The next bit to flip: each of the superblock; and of the rest of the block
 * each, unless it is so large that it would take minutes.
 */
static size_t
next_bit (size_t bit, size_t block)
{
  size_t step = block > 4096 && rounds (1) == 1 ? 331 : 1;

  return bit + (bit < 128 * 8 ? 1 : run_by_valgrind () ? 499 : step);
}

START_TEST (every_flipped_bit)
{
  static const struct slot_spec slots[] = { { "a", 1, 64 } };
  const struct image_spec spec = {
    .blkszbits = block_sizes[_i], .n_slots = 1, .slots = slots, .uuid = 3,
    .size = SUPERBLOCK_HEADER_MAX,      /* every block size finds its block */
  };
  size_t len, bit, end;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  ck_assert_msg (parse (image, len, &sb, &err) == 0, "%s", err.text);
  end = (size_t) (superblock_checksum_end (&sb) - 1024) * 8;
  for (bit = 0; bit < end; bit = next_bit (bit, end / 8)) {
    image[1024 + bit / 8] ^= (uint8_t) (1 << bit % 8);
    err.errnum = 0;
    if (parse (image, len, &sb, &err) == 0 || err.errnum != EINVAL)
      ck_abort_msg ("bit %zu from byte 1024", bit);
    image[1024 + bit / 8] ^= (uint8_t) (1 << bit % 8);
  }
  /* The byte behind is not covered. */
  if (end / 8 + 1024 < len) {
    image[1024 + end / 8] ^= 1;
    ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  }
  free (image);
}
END_TEST

START_TEST (flipped_messages)
{
  const struct image_spec spec = { .uuid = 3 };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  image[AT_COMPAT] ^= 1;
  ck_assert_int_eq (parse (image, len, &sb, &err), -1);
  expect_error (&err, EINVAL, "sb_chksum is not set");
  image[AT_COMPAT] ^= 1;
  image[AT_UUID] ^= 1;
  ck_assert_int_eq (parse (image, len, &sb, &err), -1);
  expect_error (&err, EINVAL, "superblock checksum mismatch: found 0x");
  /* The checksum is looked at before the features. */
  image[AT_INCOMPAT + 2] ^= 1;
  ck_assert_int_eq (parse (image, len, &sb, &err), -1);
  expect_error (&err, EINVAL, "superblock checksum mismatch");
  free (image);
}
END_TEST

START_TEST (reseal)
{
  const struct image_spec spec = { .blkszbits = block_sizes[_i] };
  size_t len, i;
  uint8_t *image = build_image (&spec, &len), *copy;
  struct superblock sb, again;
  struct error err;

  ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  copy = malloc (len);
  memcpy (copy, image, len);
  superblock_reseal (&sb, copy);        /* nothing changed: the same */
  ck_assert_mem_eq (copy, image, len);
  for (i = 0; i < 100; ++i)
    copy[1152 + rnd (superblock_checksum_end (&sb) - 1152)]++;
  ck_assert_int_eq (parse (copy, len, &again, &err), -1);
  superblock_reseal (&sb, copy);
  ck_assert_int_eq (parse (copy, len, &again, &err), 0);
  i = AT_CHECKSUM;              /* what the naive checksum says too */
  memcpy (image, copy, len);
  seal_image (image);
  ck_assert_mem_eq (copy + i, image + i, 4);
  free (copy);
  free (image);
}
END_TEST

START_TEST (reseal_without_checksum)
{
  const struct image_spec spec = { .no_checksum = true };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct superblock sb;
  struct error err;

  put_le (image + AT_CHECKSUM, 0x12345678, 4);
  ck_assert_int_eq (parse (image, len, &sb, &err), 0);
  superblock_reseal (&sb, image);
  ck_assert_uint_eq (get_le (image + AT_CHECKSUM, 4), 0x12345678);
  free (image);
}
END_TEST

START_TEST (names)
{
  ck_assert_str_eq (superblock_compat_name (1), "sb_chksum");
  ck_assert_str_eq (superblock_compat_name (0x40000000), "rafs_v6");
  ck_assert_ptr_null (superblock_compat_name (0x80));
  ck_assert_ptr_null (superblock_compat_name (0));
  ck_assert_str_eq (superblock_incompat_name (0x80), "48bit");
  ck_assert_str_eq (superblock_incompat_name (0x100), "metabox");
  ck_assert_ptr_null (superblock_incompat_name (0x200));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("superblock");

  tcase_add_test (t, fields);
  tcase_add_test (t, table_needs_its_bit);
  tcase_add_test (t, blocks_of_48_bits);
  tcase_add_loop_test (t, changed, 0, sizeof changes / sizeof changes[0]);
  tcase_add_loop_test (t, block_size, 0, 256);
  tcase_add_loop_test (t, truncated, 0, N_BLOCK_SIZES);
  tcase_add_test (t, truncated_without_checksum);
  tcase_add_loop_test (t, every_flipped_bit, 0, N_BLOCK_SIZES);
  tcase_add_test (t, flipped_messages);
  tcase_add_loop_test (t, reseal, 0, N_BLOCK_SIZES);
  tcase_add_test (t, reseal_without_checksum);
  tcase_add_test (t, names);
  return tests_run ();
}
