/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "image_builder.h"
#include "source_memory.h"
#include "testing.h"

static struct source *
image_source (const struct image_spec *spec)
{
  struct error err;
  size_t len;
  uint8_t *image = build_image (spec, &len);
  struct source *source = source_memory_new (image, len, &err);

  ck_assert_ptr_nonnull (source);
  return source;
}

static const struct slot_spec two_slots[] = { { "a", 5, 100 }, { "b", 6, 7 } };

/* Block sizes, and places of the table up to 8 MiB. */
static const struct {
  unsigned blkszbits, slotoff;
} shapes[] = {
  { 9, 9 }, { 10, 9 }, { 12, 9 }, { 16, 9 }, { 9, 100 }, { 12, 1000 },
  { 16, 600 }, { 12, 65535 },
};

START_TEST (reads)
{
  const struct image_spec spec = {
    .blkszbits = shapes[_i].blkszbits, .slotoff = shapes[_i].slotoff,
    .n_slots = 2, .slots = two_slots,
  };
  struct source *source = image_source (&spec);
  struct bootstrap b;
  struct error err;

  ck_assert_msg (bootstrap_read (source, &b, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (b.sb.blkszbits, spec.blkszbits);
  ck_assert_uint_eq (b.table.count, 2);
  ck_assert_str_eq (b.table.slots[1].tag, "b");
  ck_assert_uint_eq (b.table.slots[0].uniaddr_blk, 100);
  bootstrap_clear (&b);
  source_unref (source);
}
END_TEST

START_TEST (no_table)
{
  const struct image_spec spec = { .blkszbits = 12 };
  struct source *source = image_source (&spec);
  struct bootstrap b;
  struct error err;

  ck_assert_int_eq (bootstrap_read (source, &b, &err), 0);
  ck_assert_uint_eq (b.table.count, 0);
  bootstrap_clear (&b);
  source_unref (source);
}
END_TEST

/* What is written where in a valid image, and the message. */
static const struct {
  size_t at;
  uint64_t value;
  size_t bytes;
  const char *part;             /* NULL: valid */
} changes[] = {
  { AT_MAGIC, 1, 4, "not an EROFS image: magic number" },
  { AT_DEVT_SLOTOFF, 8, 2, "overlaps the superblock" },
  { AT_DEVT_SLOTOFF, 31, 2, "ends at byte 4224, beyond the file's end" },
  { AT_EXTRA_DEVICES, 65535, 2, "of 65535 devices ends at byte 8389632" },
  { AT_EXTRA_DEVICES, 23, 2, NULL },
  { AT_EXTRA_DEVICES, 24, 2, "beyond the file's end at 4096" },
  { AT_EXTSLOTS, 1, 1, "overlaps the superblock" },
  { AT_BLKSZBITS, 17, 1, "block size is 2^17" },
  { AT_EXTRA_DEVICES, 0, 4, NULL },
  /* No devices: where the table would be does not matter (COMPR_HEAD2). */
  { AT_EXTRA_DEVICES, 0xffff0000, 4, NULL },
};

START_TEST (changed)
{
  const struct image_spec spec = {
    .n_slots = 2, .slots = two_slots, .no_checksum = true
  };
  size_t len;
  uint8_t *image = build_image (&spec, &len);
  struct source *source;
  struct bootstrap b;
  struct error err;
  int r;

  ck_assert_uint_eq (len, 4096);
  put_le (image + changes[_i].at, changes[_i].value, changes[_i].bytes);
  source = source_memory_new (image, len, &err);
  r = bootstrap_read (source, &b, &err);
  if (changes[_i].part == NULL) {
    ck_assert_msg (r == 0, "%s", err.text);
    bootstrap_clear (&b);
  }
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, changes[_i].part);
  }
  source_unref (source);
}
END_TEST

START_TEST (truncated)
{
  const struct image_spec spec = {
    .blkszbits = 16, .n_slots = 2, .slots = two_slots, .slotoff = 600
  };
  size_t len, cut;
  uint8_t *image = build_image (&spec, &len);

  for (cut = 0; cut < 602 * 128; cut += 1 + cut / 8) {
    uint8_t *copy = malloc (cut + 1);
    struct source *source;
    struct bootstrap b;
    struct error err;

    memcpy (copy, image, cut);
    source = source_memory_new (copy, cut, &err);
    ck_assert_int_eq (bootstrap_read (source, &b, &err), -1);
    ck_assert_int_eq (err.errnum, EINVAL);
    source_unref (source);
  }
  free (image);
}
END_TEST

START_TEST (peek)
{
  const struct image_spec spec = { .uuid = 0x42, .size = 1152,
                                   .no_checksum = true };
  struct source *source = image_source (&spec);
  struct bootstrap_peek found = { 0 };
  struct error err;
  size_t len;

  ck_assert_int_eq (bootstrap_peek (source, &found, &err), 0);
  ck_assert (found.is_erofs);
  ck_assert (!found.has_table);
  ck_assert_uint_eq (found.uuid[0], 0x42);
  ck_assert_uint_eq (found.uuid[15], 0x42);
  source_unref (source);

  for (len = 0; len < 1152; len += 1151) {
    source = source_memory_new (calloc (1, len + 1), len, &err);
    ck_assert_int_eq (bootstrap_peek (source, &found, &err), 0);
    ck_assert (!found.is_erofs);
    found.is_erofs = true;
    source_unref (source);
  }
}
END_TEST

/* What a layer is that has nothing more to it: whether its superblock's block
 * can be verified at once, and is right.
 */
static const struct {
  struct image_spec spec;
  size_t damage;                /* the place of a byte to change, if not 0 */
  bool is_layer;
} layers[] = {
  { { .size = 4096 }, 0, true },
  { { .size = 4096, .blkszbits = 9 }, 0, true },
  { { .size = 4096 }, AT_UUID, false },
  { { .size = 4096 }, 4095, false },
  { { .size = 4096, .incompat = 0x200 }, 0, false },
  { { .size = 65536, .blkszbits = 16 }, 0, false },
  { { .n_slots = 2, .slots = two_slots }, 0, false },
};

START_TEST (layer)
{
  size_t len;
  uint8_t *image = build_image (&layers[_i].spec, &len);
  struct bootstrap_peek found = { 0 };
  struct source *source;
  struct error err;

  if (layers[_i].damage > 0)
    image[layers[_i].damage] ^= 1;
  source = source_memory_new (image, len, &err);
  ck_assert_int_eq (bootstrap_peek (source, &found, &err), 0);
  ck_assert (found.is_erofs);
  ck_assert_int_eq (found.is_layer, layers[_i].is_layer);
  source_unref (source);
}
END_TEST

/* Slots of images of 8192 bytes, and whether these have their data. */
static const struct {
  unsigned n;
  struct slot_spec slots[2];
  uint64_t size;
  bool joined;
} joins[] = {
  { 1, { { "", 1, 1 } }, 8192, true },
  { 1, { { "", 1, 1 } }, 8191, false },
  { 1, { { "", 1, 1 } }, 9999, true },
  { 1, { { "", 2, 1 } }, 8192, false },
  { 1, { { "", 1, 2 } }, 8192, false },
  { 1, { { "a", 1, 1 } }, 8192, false },
  { 1, { { "", 0, 1 } }, 8192, false },
  { 1, { { "", 1, 0 } }, 8192, false },
  { 1, { { "", 0xffffffff, 0xffffffff } }, 8192, false },
  { 2, { { "", 1, 1 }, { "", 1, 1 } }, 8192, false },
  { 0, { { "", 0, 0 } }, 8192, false },
};

START_TEST (joined)
{
  const struct image_spec spec = {
    .n_slots = joins[_i].n, .slots = joins[_i].slots, .size = 8192
  };
  struct source *source = image_source (&spec);
  uint64_t offset = 1;
  struct bootstrap b;
  struct error err;

  ck_assert_int_eq (bootstrap_read (source, &b, &err), 0);
  ck_assert_int_eq (bootstrap_is_joined (&b, joins[_i].size, &offset),
                    joins[_i].joined);
  ck_assert_uint_eq (offset, joins[_i].joined ? 4096 : 1);
  bootstrap_clear (&b);
  source_unref (source);
}
END_TEST

/* The patched start differs in the slot and in the checksum only, and is
 * valid again.
 */
START_TEST (patch)
{
  static const struct slot_spec unset[] = { { "", 0, 0 }, { "b", 1, 50 } };
  const struct image_spec spec = {
    .blkszbits = shapes[_i].blkszbits, .slotoff = shapes[_i].slotoff,
    .n_slots = 2, .slots = unset, .no_checksum = _i % 2,
  };
  struct source *source = image_source (&spec), *header;
  static const uint64_t sizes[] = { 70000, 5 };
  size_t slot = shapes[_i].slotoff * 128u, i;
  uint8_t *old = malloc (source->size), *new = malloc (source->size);
  struct bootstrap b, again;
  struct error err;

  ck_assert_int_eq (source_pread (source, old, source->size, 0, &err), 0);
  ck_assert_int_eq (bootstrap_read (source, &b, &err), 0);
  ck_assert_int_eq (device_table_fill (&b.table, source->size, sizes, &err),
                    0);
  header = bootstrap_patch (&b, source, &err);
  ck_assert_msg (header != NULL, "%s", err.text);
  ck_assert_uint_ge (header->size, slot + 256);
  ck_assert_uint_le (header->size, source->size);
  memcpy (new, old, source->size);
  ck_assert_int_eq (source_pread (header, new, header->size, 0, &err), 0);
  for (i = 0; i < source->size; ++i)
    if (new[i] != old[i] && !(i >= AT_CHECKSUM && i < AT_CHECKSUM + 4) &&
        !(i >= slot + 64 && i < slot + 72))
      ck_abort_msg ("byte %zu has changed", i);
  ck_assert_uint_eq (get_le (new + slot + 64, 4),
                     (70000 + (1u << spec.blkszbits) - 1) >> spec.blkszbits);
  i = source->size;
  source_unref (source);
  source = source_memory_new (new, i, &err);
  ck_assert_msg (bootstrap_read (source, &again, &err) == 0, "%s", err.text);
  ck_assert_uint_gt (again.table.slots[0].uniaddr_blk, 0);
  bootstrap_clear (&again);
  bootstrap_clear (&b);
  source_unref (header);
  source_unref (source);
  free (old);
}
END_TEST

#define N(array) ((int) (sizeof (array) / sizeof (array)[0]))

int
main (void)
{
  TCase *t = tests_begin ("bootstrap");

  tcase_add_loop_test (t, reads, 0, N (shapes));
  tcase_add_test (t, no_table);
  tcase_add_loop_test (t, changed, 0, N (changes));
  tcase_add_test (t, truncated);
  tcase_add_test (t, peek);
  tcase_add_loop_test (t, layer, 0, N (layers));
  tcase_add_loop_test (t, joined, 0, N (joins));
  tcase_add_loop_test (t, patch, 0, N (shapes));
  return tests_run ();
}
