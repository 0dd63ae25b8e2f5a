/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole library: files in, flat device out. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_fixture.h"
#include "testing.h"

#define MAX_READ (256 * 1024)

static const uint8_t *
read_image (const struct image *image, uint64_t offset, size_t len)
{
  static uint8_t buf[MAX_READ];
  struct error err;

  ck_assert_uint_le (len, sizeof buf);
  memset (buf, 0xee, len);
  ck_assert_msg (image_pread (image, buf, len, offset, &err) == 0, "%s",
                 err.text);
  return buf;
}

/* A gap, an order that is not that of the table, a blob longer and one
 * shorter than declared.
 */
START_TEST (flat_device)
{
  static const struct slot_spec slots[] = { { "a", 2, 20 }, { "b", 3, 5 } };
  struct image *image;
  const uint8_t *buf;

  put_slots (2, slots);
  put_pattern ("a", 2, 9000);
  put_pattern ("b", 3, 9000);
  image = open_well (NULL);
  ck_assert_int_eq (chdir ("/"), 0);
  ck_assert_uint_eq (image_size (image), 22 * 4096);
  buf = read_image (image, 0, 22 * 4096);
  ck_assert_uint_eq (get_le (buf + 1024, 4), 0xe0f5e1e2);
  ck_assert (pattern_is (buf + 2048, 2048, IMAGE_CONTENT_SEED, 2048));
  ck_assert (is_zeros (buf + 4096, 4 * 4096));
  ck_assert (pattern_is (buf + 5 * 4096, 9000, 3, 0));
  ck_assert (is_zeros (buf + 5 * 4096 + 9000, 15 * 4096 - 9000));
  ck_assert (pattern_is (buf + 20 * 4096, 8192, 2, 0));
  ck_assert_str_eq (image_bootstrap_path (image), "image");
  ck_assert_uint_eq (image_bootstrap_size (image), 4096);
  ck_assert_uint_eq (image_superblock (image)->extra_devices, 2);
  ck_assert_uint_eq (image_device_table (image)->count, 2);
  ck_assert_uint_eq (image_blob (image, 1)->data_len, 9000);
  ck_assert_ptr_null (image_blob_problem (image, 1));
  image_prefetch (image, 0, 22 * 4096);
  image_close (image);
}
END_TEST

START_TEST (no_table)
{
  const struct image_spec spec = { .size = 5000 };
  struct image *image;
  const uint8_t *buf;

  put_image ("image", &spec);
  image = open_well (NULL);
  ck_assert_uint_eq (image_size (image), 8192);
  buf = read_image (image, 0, 8192);
  ck_assert (pattern_is (buf + 2048, 5000 - 2048, IMAGE_CONTENT_SEED, 2048));
  ck_assert (is_zeros (buf + 5000, 8192 - 5000));
  image_close (image);
}
END_TEST

/* The served table is completed, the file is not touched. */
START_TEST (unset_slot)
{
  static const struct slot_spec slots[] = { { "", 0, 0 } };
  uint8_t before[4096], after[4096];
  struct superblock sb;
  struct bytes header = { .len = 4096 };
  struct image *image;
  struct error err;
  FILE *fp;

  put_slots (1, slots);
  put_pattern ("data", 2, 10000);
  fp = fopen ("image", "r");
  ck_assert_uint_eq (fread (before, 1, 4096, fp), 4096);
  fclose (fp);
  image = open_well ("data");
  ck_assert_uint_eq (image_size (image), 4 * 4096);
  header.ptr = read_image (image, 0, 4 * 4096);
  ck_assert_msg (superblock_parse (header, &sb, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (get_le (header.ptr + AT_TABLE + 64, 4), 3);
  ck_assert_uint_eq (get_le (header.ptr + AT_TABLE + 68, 4), 1);
  ck_assert (pattern_is (header.ptr + 4096, 10000, 2, 0));
  ck_assert (is_zeros (header.ptr + 14096, 4 * 4096 - 14096));
  ck_assert (image_device_table (image)->slots[0].patched);
  image_close (image);
  fp = fopen ("image", "r");
  ck_assert_uint_eq (fread (after, 1, 4096, fp), 4096);
  fclose (fp);
  ck_assert_mem_eq (before, after, 4096);
}
END_TEST

/* Behind its patched start, the bootstrap is read from its file. */
START_TEST (unset_slot_in_the_middle)
{
  static const struct slot_spec slots[] = { { "", 0, 0 } };
  const struct image_spec spec = {
    .n_slots = 1, .slots = slots, .slotoff = 40, .size = 5 * 4096
  };
  struct image *image;
  const uint8_t *buf;

  put_image ("image", &spec);
  put_pattern ("data", 2, 4096);
  image = open_well ("data");
  ck_assert_uint_eq (image_size (image), 6 * 4096);
  buf = read_image (image, 0, 6 * 4096);
  ck_assert_uint_eq (get_le (buf + 40 * 128 + 68, 4), 5);
  ck_assert (pattern_is (buf + 41 * 128, 5 * 4096 - 41 * 128,
                         IMAGE_CONTENT_SEED, 41 * 128));
  ck_assert (pattern_is (buf + 5 * 4096, 4096, 2, 0));
  image_close (image);
}
END_TEST

/* A layer that is a tar index joined to its tar: the device is the tar. */
START_TEST (joined_layer)
{
  static const struct slot_spec inner[] = { { "", 3, 2 } };
  static const struct slot_spec outer[] = {
    { "05050505050505050505050505050505", 3, 7 }
  };
  const struct image_spec layer = {
    .uuid = 5, .n_slots = 1, .slots = inner, .size = 5 * 4096
  };
  struct image *image;

  put_image ("layer", &layer);
  put_slots (1, outer);
  image = open_well (NULL);
  ck_assert_uint_eq (image_size (image), 10 * 4096);
  ck_assert (pattern_is (read_image (image, 7 * 4096, 3 * 4096), 3 * 4096,
                         IMAGE_CONTENT_SEED, 2 * 4096));
  image_close (image);
}
END_TEST

START_TEST (empty_blob)
{
  static const struct slot_spec slots[] = { { "", 0, 0 } };
  struct image *image;

  put_slots (1, slots);
  put_pattern ("data", 2, 0);
  image = open_well ("data");
  ck_assert_uint_eq (image_size (image), 4096);
  ck_assert_uint_eq (get_le (read_image (image, AT_TABLE + 68, 4), 4), 1);
  image_close (image);
}
END_TEST

/* An index joined to its tar: the one overlap that is right. */
START_TEST (joined)
{
  static const struct slot_spec slots[] = { { "", 3, 1 } };
  const struct image_spec spec = {
    .n_slots = 1, .slots = slots, .size = 4 * 4096 + 100
  };
  struct image *image;
  const uint8_t *buf;

  put_image ("image", &spec);
  image = open_well (NULL);
  ck_assert_uint_eq (image_size (image), 5 * 4096);
  ck_assert_int_eq (image_blob (image, 0)->origin, BLOB_IN_BOOTSTRAP);
  buf = read_image (image, 4096, 4 * 4096);
  ck_assert (pattern_is (buf, 3 * 4096 + 100, IMAGE_CONTENT_SEED, 4096));
  ck_assert (is_zeros (buf + 3 * 4096 + 100, 4096 - 100));
  image_close (image);
}
END_TEST

START_TEST (uses_file)
{
  static const struct slot_spec slots[] = { { "a", 2, 5 } };
  struct image *image;
  struct stat st;

  put_slots (1, slots);
  put_pattern ("a", 2, 8192);
  put_pattern ("b", 2, 8192);
  image = open_well (NULL);
  ck_assert_int_eq (stat ("image", &st), 0);
  ck_assert (image_uses_file (image, &st));
  ck_assert_int_eq (stat ("a", &st), 0);
  ck_assert (image_uses_file (image, &st));
  ck_assert_int_eq (stat ("b", &st), 0);
  ck_assert (!image_uses_file (image, &st));
  image_close (image);
}
END_TEST

#define MANY 65535

/* As many devices as there can be, with few descriptors. */
START_TEST (many_devices)
{
  unsigned n = run_by_valgrind () ? 2000 : MANY, i, k;
  struct slot_spec *slots = calloc (n, sizeof *slots);
  char (*tags)[8] = calloc (n, sizeof *tags);
  struct rlimit old, low;
  struct image *image;
  struct error err;

  put_pattern ("0", 0, 4096);
  for (i = 0; i < n; ++i) {
    snprintf (tags[i], sizeof tags[i], "%u", i % 50);
    slots[i].tag = tags[i];
    slots[i].blocks = 1;
    slots[i].uniaddr = 5000 + (uint64_t) i * 3;
    if (i < 50)
      put_pattern (tags[i], i, 4096);
  }
  put_slots (n, slots);
  ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &old), 0);
  low = old;
  low.rlim_cur = 1024;
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &low), 0);
  image = open_image (NULL, _i ? IMAGE_SERVE_ONLY : 0, &err);
  ck_assert_msg (image != NULL, "%s", err.text);
  /* A server forgets the devices then. */
  ck_assert_msg (image_start_threads (image, &err) == 0, "%s", err.text);
  for (k = 0; k < 3000; ++k) {
    i = (unsigned) rnd (n);
    if (!pattern_is (read_image (image, slots[i].uniaddr * 4096, 4096), 4096,
                     i % 50, 0))
      ck_abort_msg ("slot %u has other bytes", i);
  }
  image_close (image);
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &old), 0);
  free (tags);
  free (slots);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("image");

  tcase_add_test (t, flat_device);
  tcase_add_test (t, no_table);
  tcase_add_test (t, unset_slot);
  tcase_add_test (t, unset_slot_in_the_middle);
  tcase_add_test (t, joined_layer);
  tcase_add_test (t, empty_blob);
  tcase_add_test (t, joined);
  tcase_add_test (t, uses_file);
  tcase_add_loop_test (t, many_devices, 0, 2);
  return tests_run ();
}
