/* SPDX-License-Identifier: BSD-3-Clause */
/* Truncated, bit-flipped and absurd bootstraps: an error, or an image that
 * can be read anywhere, and that within what memory and time allow.  What is
 * read out of range shows in valgrind and ASan, what overflows in UBSan.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "image.h"
#include "image_builder.h"
#include "testing.h"

#define MAX_READ (1024 * 1024)

static const struct slot_spec slots[] = {
  { "a", 2, 64 }, { "b", 3, 40 }, { "a", 0, 0 },
};

/* The image of these tests, and its files. */
static uint8_t *
make_image (unsigned blkszbits, bool no_checksum, size_t *ret_len)
{
  const struct image_spec spec = {
    .blkszbits = blkszbits, .no_checksum = no_checksum, .n_slots = 3,
    .slots = slots, .incompat = 0x80,
  };

  put_pattern ("a", 2, 2u << blkszbits);
  put_pattern ("b", 3, 3u << blkszbits);
  return build_image (&spec, ret_len);
}

/* Write the image again over the old one.  Not with O_TRUNC: ext4 would write
 * it to the disk each time.
 */
static void
rewrite (const uint8_t *image, size_t len)
{
  int fd = open ("image", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  bool good = fd >= 0 && pwrite (fd, image, len, 0) == (ssize_t) len &&
    ftruncate (fd, (off_t) len) == 0;

  close (fd);
  if (!good)
    ck_abort_msg ("cannot write image");
}

struct seen {
  uint64_t next, end;
  unsigned calls;
};

static int
see (void *opaque, uint64_t offset, uint64_t len, bool zero,
     struct error *err)
{
  struct seen *seen = opaque;

  (void) zero;
  (void) err;
  if (offset != seen->next || len == 0 || len > seen->end - offset ||
      ++seen->calls > 100000)
    ck_abort_msg ("extent %ju+%ju is wrong", (uintmax_t) offset,
                  (uintmax_t) len);
  seen->next += len;
  return 0;
}

static void
read_at (const struct image *image, uint64_t offset, uint64_t len)
{
  static uint8_t buf[MAX_READ];
  uint64_t size = image_size (image);
  struct seen seen;
  struct error err;

  if (offset >= size)
    return;
  if (len > size - offset)
    len = size - offset;
  seen = (struct seen) { .next = offset, .end = offset + len };
  if (image_pread (image, buf, len, offset, &err) == -1 ||
      image_extents (image, offset, len, see, &seen, &err) == -1 ||
      seen.next != seen.end)
    ck_abort_msg ("%ju bytes at %ju: %s", (uintmax_t) len,
                  (uintmax_t) offset, err.text);
}

/* Read around the ends of all ranges and at random, up to 1 MiB at once. */
static void
read_everywhere (const struct image *image)
{
  const struct address_map *map = image_map (image);
  uint64_t size = image_size (image);
  struct seen seen = { .end = size };
  struct error err;
  size_t i;

  if (size % 4096 != 0 || size > INT64_MAX || map == NULL)
    ck_abort_msg ("size is %ju", (uintmax_t) size);
  for (i = 0; i < map->ranges.len && i < 50; ++i) {
    const struct address_range *r = &map->ranges.ptr[i];

    read_at (image, r->start > 100 ? r->start - 100 : 0, 200);
    read_at (image, r->start + r->len - 1, 5000);
  }
  read_at (image, size - 4096, 4096);
  read_at (image, rnd (size), rnd (20) == 0 ? MAX_READ : 5000);
  if (image_extents (image, 0, size, see, &seen, &err) == -1 ||
      seen.next != size)
    ck_abort_msg ("extents of all: %s", err.text);
  image_prefetch (image, 0, size);
}

/* Open what is in "image" in both ways.  Returns whether it is served. */
static bool
try_image (void)
{
  struct error err, err2;
  struct options *options = options_new (&err);
  struct image *image, *described;
  bool served;

  if (options_set (options, "bootstrap", "image", &err) == -1)
    ck_abort_msg ("%s", err.text);
  err.text[0] = '\0';
  err.errnum = 0;
  image = image_open (options, NULL, 0, &err);
  served = image != NULL;
  if (served)
    read_everywhere (image);
  else if (err.text[0] == '\0' || err.errnum == 0 || err.errnum == ENOMEM)
    ck_abort_msg ("errno %d: %s", err.errnum, err.text);
  image_close (image);

  described = image_open (options, NULL, IMAGE_DESCRIBE_ONLY, &err2);
  if (described == NULL) {
    if (served || strcmp (err.text, err2.text) != 0)
      ck_abort_msg ("described: %s", err2.text);
  }
  else if ((image_problem (described) == NULL) != served ||
           (!served && strcmp (image_problem (described), err.text) != 0))
    ck_abort_msg ("described: %s, served: %s", image_problem (described),
                  err.text);
  image_close (described);
  options_free (options);
  return served;
}

static const unsigned block_sizes[] = { 9, 12, 16 };

START_TEST (truncated)
{
  size_t len, cut;
  uint8_t *image = make_image (block_sizes[_i % 3], _i >= 3, &len);
  size_t table_end = AT_TABLE + 3 * 128, step = run_by_valgrind () ? 97 : 7;

  rewrite (image, len);
  ck_assert (try_image ());
  for (cut = 0; cut < len; cut += cut < 2000 ? step : len / 20) {
    rewrite (image, cut);
    if (try_image () && (cut < table_end || (_i < 3 && cut < 2048 &&
                                             block_sizes[_i % 3] > 9)))
      ck_abort_msg ("%zu bytes are served", cut);
  }
  free (image);
}
END_TEST

/* Each bit of superblock and table.  With a checksum, none may pass. */
START_TEST (flipped)
{
  bool checksum = _i < 3;
  size_t len, bit, step = run_by_valgrind () ? 41 : 1;
  uint8_t *image = make_image (block_sizes[_i % 3], !checksum, &len);
  unsigned served = 0;

  for (bit = 1024 * 8; bit < (AT_TABLE + 3 * 128) * 8; bit += step) {
    image[bit / 8] ^= (uint8_t) (1 << bit % 8);
    rewrite (image, len);
    if (try_image ())
      served++;
    image[bit / 8] ^= (uint8_t) (1 << bit % 8);
    if (checksum && served > 0)
      ck_abort_msg ("bit %zu of byte %zu", bit % 8, bit / 8);
  }
  ck_assert (checksum || served > 0);
  free (image);
}
END_TEST

static const uint64_t absurd[] = {
  0, 1, 2, 3, 7, 9, 16, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
  0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, UINT64_C (0x100000000),
  UINT64_C (0x7fffffffffff), UINT64_C (0xfffffffffffe),
  UINT64_C (0xffffffffffff), UINT64_C (0x7fffffffffffffff), UINT64_MAX,
};

/* Fields that change what is served, and how long they are. */
static const struct {
  size_t at, bytes;
} fields[] = {
  { AT_COMPAT, 4 }, { AT_BLKSZBITS, 1 }, { AT_EXTSLOTS, 1 },
  { AT_BLOCKS_LO, 4 }, { AT_BLOCKS_HI, 2 }, { AT_INCOMPAT, 4 },
  { AT_EXTRA_DEVICES, 2 }, { AT_DEVT_SLOTOFF, 2 },
  { AT_TABLE, 1 }, { AT_TABLE, 64 },
  { AT_TABLE + 64, 4 }, { AT_TABLE + 68, 4 }, { AT_TABLE + 72, 2 },
  { AT_TABLE + 74, 2 }, { AT_TABLE + 72, 4 },
  { AT_TABLE + 192, 4 }, { AT_TABLE + 196, 4 }, { AT_TABLE + 200, 2 },
  { AT_TABLE + 202, 2 }, { AT_TABLE + 200, 4 },
  { AT_TABLE + 320, 4 }, { AT_TABLE + 324, 4 }, { AT_TABLE + 328, 4 },
};

#define N(array) (sizeof (array) / sizeof (array)[0])

static void
put_absurd (uint8_t *image)
{
  size_t f = rnd (N (fields)), bytes = fields[f].bytes;
  uint64_t value = absurd[rnd (N (absurd))] + rnd (3) - 1;

  if (bytes <= 8)
    put_le (image + fields[f].at, value, bytes);
  else
    memset (image + fields[f].at, (int) rnd (256), bytes);
}

/* One to four fields have absurd values; checksums are right. */
START_TEST (absurd_fields)
{
  size_t len, k;
  uint8_t *image = make_image (block_sizes[_i % 3], false, &len), *copy;
  unsigned i, served = 0;

  copy = malloc (65536 + len);  /* whatever becomes the block size */
  for (i = 0; i < rounds (2000); ++i) {
    memset (copy, 0, 65536 + len);
    memcpy (copy, image, len);
    for (k = 1 + rnd (4); k > 0; --k)
      put_absurd (copy);
    if (copy[AT_BLKSZBITS] >= 9 && copy[AT_BLKSZBITS] <= 16)
      seal_image (copy);
    rewrite (copy, rnd (4) == 0 ? 65536 + len : len);
    served += try_image ();
  }
  ck_assert_uint_gt (served, 0);
  free (copy);
  free (image);
}
END_TEST

/* Every field has every absurd value, alone. */
START_TEST (absurd_field)
{
  size_t len, f, v;
  uint8_t *image = make_image (block_sizes[_i], true, &len), *copy;

  copy = malloc (len);
  for (f = 0; f < N (fields); ++f)
    for (v = 0; v < N (absurd) && fields[f].bytes <= 8; ++v) {
      memcpy (copy, image, len);
      put_le (copy + fields[f].at, absurd[v], fields[f].bytes);
      rewrite (copy, len);
      try_image ();
      if (run_by_valgrind ())
        v += 5;
    }
  free (copy);
  free (image);
}
END_TEST

/* 65,535 devices in 4 KiB, and in a file that has them all, all unset. */
START_TEST (too_many_devices)
{
  size_t len, size = AT_TABLE + 65535 * 128;
  uint8_t *image = make_image (12, true, &len), *large;

  put_le (image + AT_EXTRA_DEVICES, 65535, 2);
  rewrite (image, len);
  ck_assert (!try_image ());
  large = calloc (1, size);
  memcpy (large, image, len);
  rewrite (large, size);
  ck_assert (!try_image ());
  free (large);
  free (image);
}
END_TEST

/* Noise, with and without the magic number. */
START_TEST (noise)
{
  uint8_t image[4096];
  unsigned i, k;

  put_pattern ("a", 2, 8192);
  for (i = 0; i < rounds (500); ++i) {
    for (k = 0; k < sizeof image; k += 8)
      put_le (image + k, rnd (0), 8);
    if (i % 8 != 0) {
      put_le (image + AT_MAGIC, 0xe0f5e1e2, 4);
      put_le (image + AT_BLKSZBITS, 9 + rnd (4), 1);
      put_le (image + AT_INCOMPAT, rnd (0x200), 4);
    }
    if (i % 2 != 0)
      put_le (image + AT_EXTRA_DEVICES, rnd (4) | (8 + rnd (12)) << 16, 4);
    if (i % 3 == 0 && i % 8 != 0)
      seal_image (image);
    rewrite (image, sizeof image);
    try_image ();
  }
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("hostile");

  tcase_add_loop_test (t, truncated, 0, 6);
  tcase_add_loop_test (t, flipped, 0, 6);
  tcase_add_loop_test (t, absurd_fields, 0, 3);
  tcase_add_loop_test (t, absurd_field, 0, 3);
  tcase_add_test (t, too_many_devices);
  tcase_add_test (t, noise);
  return tests_run ();
}
