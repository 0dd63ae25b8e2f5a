/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "image_builder.h"
#include "primary.h"
#include "rafs_builder.h"
#include "testing.h"

static struct options *options;
static struct file_pool *pool;
static struct decoder_pool *decoders;
static struct primary primary;

static int
open_primary (const char *path, struct error *err)
{
  options = NULL;
  set_option (&options, "bootstrap", path);
  pool = new_pool (0);
  decoders = decoder_pool_new (err);
  ck_assert_ptr_nonnull (decoders);
  return primary_open (options, pool, decoders, &primary, err);
}

static void
open_well (const char *path)
{
  struct error err;

  ck_assert_msg (open_primary (path, &err) == 0, "%s", err.text);
}

static void
end (void)
{
  primary_clear (&primary);
  decoder_pool_free (decoders);
  file_pool_free (pool);
  options_free (options);
}

static bool
uses (const char *name)
{
  struct stat st;

  ck_assert_int_eq (stat (name, &st), 0);
  return primary_uses_file (&primary, &st);
}

static const struct slot_spec slots[] = { { "a", 2, 100 } };
static const struct image_spec image = { .blkszbits = 10, .n_slots = 1,
                                         .slots = slots };

START_TEST (a_file)
{
  put_folder ("d");
  put_image ("d/image", &image);
  put_pattern ("other", 1, 1);
  open_well ("d/image");
  ck_assert_str_eq (primary.path, "d/image");
  ck_assert_ptr_null (primary.list.file);
  ck_assert_ptr_eq (primary.file, primary.source);
  ck_assert (!primary.has_rafs);
  ck_assert_uint_eq (primary.bootstrap.table.count, 1);
  ck_assert_uint_eq (primary_block_size (&primary), 1024);
  ck_assert (uses ("d/image"));
  ck_assert (!uses ("other"));
  end ();
}
END_TEST

START_TEST (a_list)
{
  static const char list[] = "# Disk DescriptorFile\n"
    "createType=\"monolithicFlat\"\nRW 2 FLAT \"image\" 0\n"
    "RW 4 FLAT \"a\" 0\n";

  put_folder ("d");
  put_image ("d/image", &image);
  put_pattern ("d/a", 1, 2048);
  put_file ("d/list", list, sizeof list - 1);
  open_well ("d/list");
  ck_assert_str_eq (primary.list.path, "d/list");
  ck_assert_str_eq (primary.path, "d/image");
  ck_assert (uses ("d/image"));
  ck_assert (uses ("d/list"));
  ck_assert (!uses ("d/a"));
  end ();
}
END_TEST

START_TEST (rafs)
{
  uint8_t *bootstrap = build_bootstrap (2);

  put_file ("image", bootstrap, BOOTSTRAP_SIZE);
  free (bootstrap);
  open_well ("image");
  ck_assert (primary.has_rafs);
  ck_assert_uint_eq (primary.rafs.rafs.n_blobs, 2);
  primary_forget_rafs (&primary);
  ck_assert (!primary.has_rafs);
  ck_assert_uint_eq (primary.bootstrap.table.count, 2);
  end ();
}
END_TEST

START_TEST (inside_a_blob)
{
  struct bootstrap_peek peek;
  struct error err;

  open_well (TEST_DATA "/rafs-inline/bootstrap");
  ck_assert_ptr_ne (primary.file, primary.source);
  ck_assert (primary.has_rafs);
  ck_assert_int_eq (bootstrap_peek (primary.source, &peek, &err), 0);
  ck_assert (peek.is_erofs);
  ck_assert (uses (TEST_DATA "/rafs-inline/bootstrap"));
  end ();
}
END_TEST

/* The slot is unset, and gets its place behind the bootstrap. */
START_TEST (fills_the_table)
{
  static const struct slot_spec unset[] = { { "", 0, 0 } };
  const struct image_spec spec = { .n_slots = 1, .slots = unset,
                                   .size = 16384 };
  uint64_t size = 5000;
  struct error err;

  put_image ("image", &spec);
  open_well ("image");
  ck_assert_int_eq (primary_fill_table (&primary, &size, &err), 0);
  ck_assert_uint_eq (primary.bootstrap.table.slots[0].blocks_blk, 2);
  ck_assert_uint_eq (primary.bootstrap.table.slots[0].uniaddr_blk, 4);
  ck_assert_ptr_nonnull (primary.header);
  ck_assert_uint_le (primary.header->size, primary.source->size);
  end ();
}
END_TEST

START_TEST (leaves_a_full_table)
{
  uint64_t size = 2048;
  struct error err;

  put_image ("image", &image);
  open_well ("image");
  ck_assert_int_eq (primary_fill_table (&primary, &size, &err), 0);
  ck_assert_ptr_null (primary.header);
  end ();
}
END_TEST

START_TEST (cannot_fill)
{
  static const struct slot_spec unset[] = { { "", 0, 0 } };
  const struct image_spec spec = { .n_slots = 1, .slots = unset };
  uint64_t size = UINT64_C (1) << 62;
  struct error err;

  put_image ("image", &spec);
  open_well ("image");
  ck_assert_int_eq (primary_fill_table (&primary, &size, &err), -1);
  expect_error (&err, EINVAL, "image: device slot 1");
  end ();
}
END_TEST

/* What is in "image", and what is wrong. */
static const struct {
  const char *path, *part;
  size_t at;                    /* where it is damaged */
  int errnum;
} wrong[] = {
  { "none", "none: No such file", 0, ENOENT },
  { "none/image", "none/image: No such file", 0, ENOENT },
  { ".", ".: is a folder", 0, EINVAL },
  { "image", "image: not an EROFS image: magic number", AT_MAGIC, EINVAL },
  { "image", "image: superblock checksum", AT_UUID, EINVAL },
};

START_TEST (refused)
{
  struct error err;
  size_t len;
  uint8_t *bytes = build_image (&image, &len);

  bytes[wrong[_i].at] ^= 1;
  put_file ("image", bytes, len);
  free (bytes);
  ck_assert_int_eq (open_primary (wrong[_i].path, &err), -1);
  expect_error (&err, wrong[_i].errnum, wrong[_i].part);
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("primary");

  tcase_add_test (t, a_file);
  tcase_add_test (t, a_list);
  tcase_add_test (t, rafs);
  tcase_add_test (t, inside_a_blob);
  tcase_add_test (t, fills_the_table);
  tcase_add_test (t, leaves_a_full_table);
  tcase_add_test (t, cannot_fill);
  tcase_add_loop_test (t, refused, 0, sizeof wrong / sizeof wrong[0]);
  return tests_run ();
}
