/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "rafs.h"
#include "rafs_builder.h"
#include "testing.h"

/* Parse the bootstrap of `size' bytes as far as rafs.c goes. */
static int
parse (const uint8_t *b, uint64_t size, struct rafs *ret, struct error *err)
{
  const struct bytes all = { .ptr = b, .len = BOOTSTRAP_SIZE };
  struct bytes head, slots, blobs;
  struct device_table table;
  struct superblock sb;
  int r;

  ck_assert_msg (superblock_parse (all, &sb, err) == 0, "%s", err->text);
  ck_assert (bytes_slice (all, RAFS_HEAD_OFFSET, RAFS_HEAD_SIZE, &head));
  if (rafs_parse_head (head, &sb, size, ret, err) == -1)
    return -1;
  ck_assert (bytes_slice (all, device_table_offset (&sb),
                          device_table_size (&sb), &slots));
  ck_assert (bytes_slice (all, ret->blob_table_offset, ret->blob_table_len,
                          &blobs));
  ck_assert_int_eq (device_table_parse (slots, &sb, &table, err), 0);
  r = rafs_parse_blobs (blobs, &table, ret, err);
  device_table_clear (&table);
  return r;
}

START_TEST (usual)
{
  uint8_t *b = build_bootstrap (2);
  const struct rafs_blob *blob;
  struct rafs rafs;
  struct error err;
  char name[RAFS_ID_SIZE + 1];

  ck_assert_msg (parse (b, BOOTSTRAP_SIZE, &rafs, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (rafs.n_blobs, 2);
  ck_assert_uint_eq (rafs.chunk_size, 0x100000);
  ck_assert_uint_eq (rafs.chunk_table_offset, AT_CHUNKS);
  ck_assert_uint_eq (rafs.chunk_table_len, 0);
  blob = &rafs.blobs[1];
  ck_assert_uint_eq (strlen (blob->id), 64);
  ck_assert_uint_eq (strspn (blob->id, "b"), 64);
  ck_assert_uint_eq (blob->chunk_count, 3);
  ck_assert_uint_eq (blob->plain_size, USUAL_PLAIN);
  ck_assert_uint_eq (blob->ci_offset, USUAL_CI_OFFSET);
  ck_assert_int_eq (blob->digest_kind, DIGEST_SHA256);
  ck_assert (!rafs_blob_is_raw (blob) && !rafs_blob_is_separate (blob));
  ck_assert (!rafs_blob_is_own_file (blob));
  ck_assert (!rafs_blob_meta_name (blob, name));
  rafs_clear (&rafs);
  free (b);
}
END_TEST

/* An image without data; its tables' places may be anything sensible. */
START_TEST (no_blobs)
{
  uint8_t *b = build_bootstrap (0);
  struct rafs rafs;
  struct error err;

  rafs_put (b + AT_EXT + 48, 4, 8);     /* a prefetch table without a place */
  ck_assert_msg (parse (b, BOOTSTRAP_SIZE, &rafs, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (rafs.n_blobs, 0);
  rafs_clear (&rafs);
  free (b);
}
END_TEST

#define FEATURES (BLOB (0) + 84)

/* What else is right. */
static const struct patch good[][12] = {
  /* blocks of 512 bytes: tarfs */
  { { AT_SB + 12, 1, 9 }, { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000040 },
    { SLOT (0) + 64, 4, 32 }, { SLOT (0) + 68, 4, 1024 },
    { BLOB (0) + 88, 8, USUAL_PLAIN }, { BLOB (0) + 112, 8, 0 },
    { BLOB (0) + 120, 8, 0 }, { BLOB (0) + 128, 8, 0 } },
  /* reserved flags */
  { { AT_EXT, 8, 0xff000009 } },
  /* the last of 2^32 blocks */
  { { SLOT (0) + 68, 4, 0xfffffffc } },
  /* a prefetch table */
  { { AT_EXT + 40, 8, 8000 }, { AT_EXT + 48, 4, 192 } },
};

START_TEST (accepted)
{
  uint8_t *b = build_bootstrap (1);
  struct rafs rafs;
  struct error err;

  rafs_patch (b, good[_i]);
  ck_assert_msg (parse (b, BOOTSTRAP_SIZE, &rafs, &err) == 0, "%s", err.text);
  rafs_clear (&rafs);
  free (b);
}
END_TEST

static const struct {
  struct patch patches[6];
  const char *part;
} bad[] = {
  /* superblock */
  { { { AT_SB + 12, 1, 10 } }, "block size is 1024 bytes" },
  { { { AT_SB + 80, 4, 0x4c } }, "feature bits are 0x4c" },
  { { { AT_SB + 4, 4, 77 } }, "has a checksum" },
  { { { AT_SB + 13, 1, 1 } }, "1 extension slots" },
  { { { AT_SB + 16, 8, 0 } }, "no inodes" },
  { { { AT_SB + 84, 2, 1 } }, "not zero" },
  { { { AT_SB + 44, 4, 1 } }, "not zero" },
  { { { AT_SB + 88, 2, 12 } }, "begins at slot 12, expected 11" },
  { { { AT_SB + 86, 2, 255 }, { AT_EXT + 16, 4, 255 * 256 } },
    "255 devices, at most 254" },
  /* extended superblock */
  { { { AT_EXT, 8, 0x409 } }, "unknown flags 0x400" },
  { { { AT_EXT, 8, UINT64_C (0x100000009) } }, "unknown flags 0x100000000" },
  { { { AT_EXT, 8, 0x8 } }, "not exactly one" },
  { { { AT_EXT, 8, 0xb } }, "not exactly one" },
  { { { AT_EXT, 8, 0x1 } }, "not exactly one" },
  { { { AT_EXT, 8, 0xd } }, "not exactly one" },
  { { { AT_SB + 12, 1, 9 } }, "without tarfs" },
  { { { AT_EXT + 20, 4, 0x800 } }, "chunk size is 2048" },
  { { { AT_EXT + 20, 4, 0 } }, "chunk size is 0" },
  { { { AT_EXT + 20, 4, 0x3000 } }, "chunk size is 12288" },
  { { { AT_EXT + 20, 4, 0x2000000 } }, "chunk size is 33554432" },
  { { { AT_EXT + 16, 4, 0 } }, "blob table has 0 bytes" },
  { { { AT_EXT + 16, 4, 255 } }, "blob table has 255 bytes" },
  { { { AT_EXT + 16, 4, 512 } }, "256 for each of 1 devices" },
  { { { AT_EXT + 8, 8, 0 } }, "blob table is at byte 0" },
  { { { AT_EXT + 8, 8, 5000 } }, "blob table is at byte 5000" },
  { { { AT_EXT + 8, 8, BOOTSTRAP_SIZE } }, "beyond the file's end" },
  { { { AT_EXT + 8, 8, UINT64_C (0xfffffffffffff000) } }, "beyond the file" },
  { { { AT_EXT + 24, 8, AT_BLOBS }, { AT_EXT + 32, 8, 80 } }, "overlap" },
  { { { AT_EXT + 32, 8, 81 } }, "chunk table has 81 bytes" },
  { { { AT_EXT + 32, 8, 80 * 52 } }, "beyond the file's end" },
  { { { AT_EXT + 32, 8, UINT64_C (0xfffffffffffffff0) } }, "beyond the file" },
  { { { AT_EXT + 24, 8, 9000 }, { AT_EXT + 32, 8, 80 } },
    "chunk table is at byte 9000" },
  { { { AT_EXT + 40, 8, 4100 }, { AT_EXT + 48, 4, 4 } }, "overlap" },
  { { { AT_EXT + 40, 8, 1408 }, { AT_EXT + 48, 4, 4 } }, "prefetch table" },
  { { { AT_EXT + 40, 8, BOOTSTRAP_SIZE }, { AT_EXT + 48, 4, 4 } },
    "prefetch table" },
  { { { AT_EXT + 40, 8, 8000 }, { AT_EXT + 48, 4, 6 } }, "prefetch table" },
  /* a row */
  { { { BLOB (0) + 64, 4, 1 } }, "device slot 1: the blob's index is 1" },
  /* slots */
  { { { SLOT (0) + 63, 1, 'b' } }, "the tag is \"aaaa" },
  { { { BLOB (0) + 96, 8, 0x5000 } }, "4 blocks, but the blob" },
  { { { SLOT (0) + 64, 4, 5 } }, "5 blocks, but the blob of 16384" },
  { { { SLOT (0) + 64, 4, 0 } }, "0 blocks" },
  { { { SLOT (0) + 68, 4, 0 } }, "device slot 1: there is no "
    "unified address, which nydus-image before 2.3 does not write" },
  { { { SLOT (0) + 68, 4, 0xfffffffd } }, "end beyond 2^32" },
};

START_TEST (refused)
{
  uint8_t *b = build_bootstrap (1);
  struct rafs rafs;
  struct error err;

  rafs_patch (b, bad[_i].patches);
  ck_assert_msg (parse (b, BOOTSTRAP_SIZE, &rafs, &err) == -1,
                 "case %d (\"%s\") is accepted", _i, bad[_i].part);
  expect_error (&err, EINVAL, bad[_i].part);
  free (b);
}
END_TEST

START_TEST (sizes)
{
  uint8_t *b = build_bootstrap (1);
  struct rafs rafs;
  struct error err;

  ck_assert_int_eq (parse (b, BOOTSTRAP_SIZE + 512, &rafs, &err), -1);
  expect_error (&err, EINVAL, "the bootstrap has 12800 bytes");
  ck_assert_int_eq (parse (b, 2048, &rafs, &err), -1);
  expect_error (&err, EINVAL, "the bootstrap has 2048 bytes");
  ck_assert_int_eq (parse (b, 4096, &rafs, &err), -1);
  expect_error (&err, EINVAL, "blob table at byte 4096 has 256 bytes, beyond");
  free (b);
}
END_TEST

START_TEST (same_id_twice)
{
  uint8_t *b = build_bootstrap (3);
  struct rafs rafs;
  struct error err;

  memset (b + SLOT (2), 'a', 64);
  memset (b + BLOB (2), 'a', 64);
  ck_assert_int_eq (parse (b, BOOTSTRAP_SIZE, &rafs, &err), -1);
  expect_error (&err, EINVAL, "device slot 3: blob id \"aaa");
  expect_error (&err, EINVAL, "that of device slot 1 too");
  free (b);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs");

  tcase_add_test (t, usual);
  tcase_add_test (t, no_blobs);
  tcase_add_loop_test (t, accepted, 0, sizeof good / sizeof good[0]);
  tcase_add_loop_test (t, refused, 0, sizeof bad / sizeof bad[0]);
  tcase_add_test (t, sizes);
  tcase_add_test (t, same_id_twice);
  return tests_run ();
}
