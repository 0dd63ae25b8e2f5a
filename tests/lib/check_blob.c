/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "blob.h"
#include "image_builder.h"
#include "packing.h"
#include "service_fixture.h"
#include "source_memory.h"
#include "testing.h"

#define TAG_1 "01010101010101010101010101010101"

static const struct slot_spec index_slot[] = { { "", 4, 1 } };
static const struct slot_spec tagged_slot[] = { { "x", 4, 1 } };

/* The file again as NAME.zst, zstd seekable. */
static void
put_packed (const char *name)
{
  struct packed plain = read_whole (temp_path (name)), packed;
  char packed_name[32];

  packed = pack_seekable (plain.ptr, plain.len, 1000, true);
  snprintf (packed_name, sizeof packed_name, "%s.zst", name);
  put_file (packed_name, packed.ptr, packed.len);
  free (packed.ptr);
  free (plain.ptr);
}

/* The files of these tests. */
static void
make_files (void)
{
  const struct image_spec plain = { .uuid = 1 };
  const struct image_spec other = { .uuid = 2 };
  const struct image_spec tar_index = {
    .uuid = 1, .n_slots = 1, .slots = index_slot
  };
  const struct image_spec joined = {
    .uuid = 1, .n_slots = 1, .slots = index_slot, .size = 5 * 4096 + 7
  };
  const struct image_spec merged = {
    .uuid = 1, .n_slots = 1, .slots = tagged_slot, .size = 5 * 4096
  };
  const struct image_spec other_index = {
    .uuid = 2, .n_slots = 1, .slots = index_slot, .size = 3 * 4096
  };
  const struct image_spec other_joined = {
    .uuid = 2, .n_slots = 1, .slots = index_slot, .size = 5 * 4096
  };
  const struct image_spec other_damaged = {
    .uuid = 2, .n_slots = 1, .slots = index_slot, .incompat = 0x200,
    .size = 5 * 4096
  };
  const struct image_spec damaged = { .uuid = 1, .incompat = 0x200 };

  put_image ("plain", &plain);
  put_image ("other", &other);
  put_image ("index", &tar_index);
  put_image ("joined", &joined);
  put_image ("merged", &merged);
  put_image ("other-index", &other_index);
  put_image ("other-joined", &other_joined);
  put_image ("other-damaged", &other_damaged);
  put_image ("damaged", &damaged);
  put_pattern ("data", 3, 10000);
  put_pattern ("empty", 3, 0);
  put_packed ("plain");
  put_packed ("other");
  put_packed ("index");
  put_packed ("joined");
  put_packed ("other-index");
  put_packed ("other-joined");
  put_folder ("folder");
}

static const struct {
  const char *tag, *name;
  enum blob_origin origin;
  const char *part;             /* of the message; NULL: taken */
  int errnum;
  uint64_t offset, available;
} rows[] = {
  { TAG_1, "plain", BLOB_BY_UUID, NULL, 0, 0, 4096 },
  { TAG_1, "plain", BLOB_GIVEN, NULL, 0, 0, 4096 },
  { "not-a-uuid", "plain", BLOB_BY_NAME, NULL, 0, 0, 4096 },
  { "", "other", BLOB_GIVEN, NULL, 0, 0, 4096 },
  { "", "index", BLOB_GIVEN, NULL, 0, 0, 4096 },
  { TAG_1, "other", BLOB_GIVEN,
    "/other: is an EROFS image with UUID 02020202020202020202020202020202, "
    "but the tag says " TAG_1, EINVAL, 0, 0 },
  { TAG_1, "other", BLOB_BY_NAME, "but the tag says", EINVAL, 0, 0 },
  { TAG_1, "index", BLOB_GIVEN, "/index: is a tar index", EINVAL, 0, 0 },
  { TAG_1, "index", BLOB_BY_NAME, "give the tar with blob=", EINVAL, 0, 0 },
  { TAG_1, "merged", BLOB_GIVEN, "/merged: is a tar index", EINVAL, 0, 0 },
  { TAG_1, "joined", BLOB_BY_UUID, NULL, 0, 4096, 4 * 4096 + 7 },
  { TAG_1, "damaged", BLOB_BY_UUID,
    "/damaged: unknown incompatible feature bits 0x200", EINVAL, 0, 0 },
  /* With a table of its own and another UUID: data, if the user says so. */
  { TAG_1, "other-index", BLOB_GIVEN, NULL, 0, 0, 3 * 4096 },
  { TAG_1, "other-index", BLOB_LISTED, NULL, 0, 0, 3 * 4096 },
  { TAG_1, "other-damaged", BLOB_GIVEN, "but the tag says", EINVAL, 0, 0 },
  { TAG_1, "other-index", BLOB_BY_NAME, "but the tag says", EINVAL, 0, 0 },
  { TAG_1, "other-joined", BLOB_GIVEN, "but the tag says", EINVAL, 0, 0 },
  { TAG_1, "other-index.zst", BLOB_GIVEN, NULL, 0, 0, 3 * 4096 },
  { TAG_1, "other-joined.zst", BLOB_GIVEN, "but the tag says", EINVAL, 0, 0 },
  { TAG_1, "data", BLOB_GIVEN, NULL, 0, 0, 10000 },
  { TAG_1, "empty", BLOB_GIVEN, NULL, 0, 0, 0 },
  { "x", "data", BLOB_BY_NAME, NULL, 0, 0, 10000 },
  /* Compressed: the same is said of the plain bytes. */
  { TAG_1, "plain.zst", BLOB_BY_UUID, NULL, 0, 0, 4096 },
  { "", "other.zst", BLOB_GIVEN, NULL, 0, 0, 4096 },
  { TAG_1, "other.zst", BLOB_GIVEN,
    "/other.zst: is an EROFS image with UUID 02020202020202020202020202020202, "
    "but the tag says " TAG_1, EINVAL, 0, 0 },
  { TAG_1, "index.zst", BLOB_BY_NAME, "/index.zst: is a tar index", EINVAL, 0,
    0 },
  { TAG_1, "joined.zst", BLOB_BY_UUID, NULL, 0, 4096, 4 * 4096 + 7 },
  { "x", "none", BLOB_BY_NAME, "/none: No such file", ENOENT, 0, 0 },
  { "x", "folder", BLOB_BY_NAME, "/folder: is a folder", EINVAL, 0, 0 },
};

START_TEST (open_it)
{
  struct file_pool *pool = new_pool (0);
  struct folder *folder = open_temp_dir ();
  struct blob_context *context = new_blob_context (pool, 4096);
  struct device_slot slot = { .blocks_blk = 1, .tag = rows[_i].tag };
  struct blob blob;
  struct error err;
  int r;

  make_files ();
  r = blob_open (context, folder, rows[_i].name, &slot, rows[_i].origin, NULL,
                 &blob, &err);
  if (rows[_i].part != NULL) {
    ck_assert_int_eq (r, -1);
    expect_error (&err, rows[_i].errnum, rows[_i].part);
  }
  else {
    ck_assert_msg (r == 0, "%s", err.text);
    ck_assert_int_eq (blob.origin, rows[_i].origin);
    ck_assert_uint_eq (blob.source_offset, rows[_i].offset);
    ck_assert_uint_eq (blob_available (&blob), rows[_i].available);
    ck_assert_str_eq (pooled_file_name (blob_file (&blob)), rows[_i].name);
    blob_clear (&blob);
    ck_assert_ptr_null (blob.source);
    ck_assert_int_eq (blob.origin, BLOB_NOT_FOUND);
    blob_clear (&blob);
  }
  free_blob_context (context);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

/* The size of the data, where it starts, blocks and their size. */
static const struct {
  size_t size;
  uint64_t offset, blocks;
  uint32_t block_size;
  const char *part;             /* NULL: agreed, so many bytes are served */
  uint64_t data_len;
} sizes[] = {
  { 8192, 0, 2, 4096, NULL, 8192 },
  { 8193, 0, 2, 4096, NULL, 8192 },
  { 99999, 0, 2, 4096, NULL, 8192 },
  { 8191, 0, 2, 4096, NULL, 8191 },
  { 4097, 0, 2, 4096, NULL, 4097 },
  { 4096, 0, 2, 4096, "too short: the data has 4096 bytes, the device table "
    "says 8192 (2 blocks of 4096)", 0 },
  { 8192, 1, 2, 4096, NULL, 8191 },
  { 8192, 4095, 2, 4096, NULL, 4097 },
  { 8192, 4096, 2, 4096, "the data has 4096 bytes", 0 },
  { 0, 0, 0, 4096, NULL, 0 },
  { 5, 0, 0, 4096, NULL, 0 },
  { 0, 0, 1, 512, "the data has 0 bytes", 0 },
  { 1, 0, 1, 65536, NULL, 1 },
  { 5, 0, UINT64_C (1) << 48, 65536, "are more than 2^64", 0 },
  { 5, 0, (UINT64_C (1) << 48) - 1, 65536, "too short", 0 },
};

START_TEST (agree)
{
  const struct device_slot slot = { .blocks_blk = sizes[_i].blocks };
  struct blob blob = { .source_offset = sizes[_i].offset };
  struct error err;
  int r;

  blob.source = source_memory_new (calloc (1, sizes[_i].size + 1),
                                   sizes[_i].size, &err);
  r = blob_agree (&blob, &slot, sizes[_i].block_size, &err);
  if (sizes[_i].part == NULL) {
    ck_assert_msg (r == 0, "%s", err.text);
    ck_assert_uint_eq (blob.data_len, sizes[_i].data_len);
  }
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, sizes[_i].part);
    ck_assert_uint_eq (blob.data_len, 0);
  }
  blob_clear (&blob);
}
END_TEST

START_TEST (has_uuid)
{
  struct file_pool *pool = new_pool (0);
  struct folder *folder = open_temp_dir ();
  uint8_t uuid[16];

  make_files ();
  memset (uuid, 1, sizeof uuid);
  ck_assert (blob_file_has_uuid (pool, folder, "plain", uuid));
  ck_assert (!blob_file_has_uuid (pool, folder, "other", uuid));
  ck_assert (blob_file_has_uuid (pool, folder, "plain.zst", uuid));
  ck_assert (!blob_file_has_uuid (pool, folder, "other.zst", uuid));
  ck_assert (!blob_file_has_uuid (pool, folder, "data", uuid));
  ck_assert (!blob_file_has_uuid (pool, folder, "empty", uuid));
  ck_assert (!blob_file_has_uuid (pool, folder, "none", uuid));
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

START_TEST (names)
{
  ck_assert_str_eq (blob_origin_name (BLOB_GIVEN), "given");
  ck_assert_str_eq (blob_origin_name (BLOB_BY_NAME), "name");
  ck_assert_str_eq (blob_origin_name (BLOB_BY_UUID), "uuid");
  ck_assert_str_eq (blob_origin_name (BLOB_IN_BOOTSTRAP), "bootstrap");
  ck_assert_str_eq (blob_origin_name (BLOB_BY_SIZE), "size");
  ck_assert_str_eq (blob_origin_name (BLOB_LISTED), "listed");
  ck_assert_str_eq (blob_origin_name (BLOB_OWN_FILE), "own");
  ck_assert_str_eq (blob_origin_name (BLOB_NOT_FOUND), "none");
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("blob");

  tcase_add_loop_test (t, open_it, 0, sizeof rows / sizeof rows[0]);
  tcase_add_loop_test (t, agree, 0, sizeof sizes / sizeof sizes[0]);
  tcase_add_test (t, has_uuid);
  tcase_add_test (t, names);
  return tests_run ();
}
