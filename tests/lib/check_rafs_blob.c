/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "rafs.h"
#include "rafs_builder.h"
#include "testing.h"

/* Parse the row of the usual blob in an image that is changed like this. */
static int
parse (const struct patch *patches, struct rafs_blob *ret, struct error *err)
{
  uint8_t *b = build_bootstrap (1), *exact = malloc (RAFS_BLOB_ROW_SIZE);
  const struct bytes all = { .ptr = b, .len = BOOTSTRAP_SIZE };
  const struct bytes row = { .ptr = exact, .len = RAFS_BLOB_ROW_SIZE };
  struct rafs rafs = { .n_blobs = 1 };
  int r;

  rafs_patch (b, patches);
  memcpy (exact, b + BLOB (0), row.len);        /* so that ASan sees the end */
  rafs.flags = bytes_u64 (all, AT_EXT);
  rafs.chunk_size = bytes_u32 (all, AT_EXT + 20);
  r = rafs_blob_parse (row, &rafs, 0, ret, err);
  free (exact);
  free (b);
  return r;
}

#define FEATURES (BLOB (0) + 84)
#define V2 (USUAL_FEATURES | 0x4)

/* Each field is where it should be. */
START_TEST (fields)
{
  static const struct patch patches[] = {
    { AT_EXT + 20, 4, 0x1000000 }, { BLOB (0) + 68, 4, 0x1000000 },
    { BLOB (0) + 72, 4, 0x10000 }, { BLOB (0) + 76, 4, RAFS_ZSTD },
    { BLOB (0) + 80, 4, 0 }, { FEATURES, 4, V2 | 0x20000100 },
    { BLOB (0) + 88, 8, UINT64_C (1) << 40 },
    { BLOB (0) + 96, 8, UINT64_C (1) << 40 }, { BLOB (0) + 104, 4, 640 },
    { BLOB (0) + 108, 4, RAFS_LZ4_BLOCK },
    { BLOB (0) + 112, 8, UINT64_C (0x123456789a) },
    { BLOB (0) + 120, 8, 0x10002 }, { BLOB (0) + 128, 8, 0x10000 * 24 },
    { BLOB (0) + 136, 8, 0x11 }, { BLOB (0) + 167, 1, 0x12 },
    { BLOB (0) + 168, 8, 0x13 }, { BLOB (0) + 199, 1, 0x14 },
    { BLOB (0) + 200, 8, 0x15 }, { BLOB (0) + 215, 1, 0x16 },
    { BLOB (0) + 216, 4, 1 }, { 0, 0, 0 }
  };
  struct rafs_blob blob;
  struct error err;

  ck_assert_msg (parse (patches, &blob, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (strspn (blob.id, "a"), RAFS_ID_SIZE);
  ck_assert_uint_eq (strlen (blob.id), RAFS_ID_SIZE);
  ck_assert_uint_eq (blob.features, V2 | 0x20000100);
  ck_assert_uint_eq (blob.chunk_size, 0x1000000);
  ck_assert_uint_eq (blob.chunk_count, 0x10000);
  ck_assert_int_eq (blob.compressor, RAFS_ZSTD);
  ck_assert_int_eq (blob.ci_compressor, RAFS_LZ4_BLOCK);
  ck_assert_int_eq (blob.digest_kind, DIGEST_BLAKE3);
  ck_assert_uint_eq (blob.stored_size, UINT64_C (1) << 40);
  ck_assert_uint_eq (blob.plain_size, UINT64_C (1) << 40);
  ck_assert_uint_eq (blob.ci_offset, UINT64_C (0x123456789a));
  ck_assert_uint_eq (blob.ci_stored_len, 0x10002);
  ck_assert_uint_eq (blob.ci_plain_len, 0x10000 * 24);
  ck_assert_uint_eq (blob.toc_len, 640);
  ck_assert_uint_eq (blob.toc_digest[0], 0x11);
  ck_assert_uint_eq (blob.toc_digest[31], 0x12);
  ck_assert_uint_eq (blob.cipher.key[0], 0x13);
  ck_assert_uint_eq (blob.cipher.key[31], 0x14);
  ck_assert_uint_eq (blob.cipher.iv[0], 0x15);
  ck_assert_uint_eq (blob.cipher.iv[15], 0x16);
  ck_assert (is_zeros (blob.meta_digest, sizeof blob.meta_digest));
}
END_TEST

/* What else is right. */
static const struct patch good[][12] = {
  { { 0, 0, 0 } },
  /* tarfs */
  { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000040 },
    { BLOB (0) + 88, 8, USUAL_PLAIN }, { BLOB (0) + 112, 24, 0 } },
  /* version 2, encrypted, batches, zran of the least and the most */
  { { FEATURES, 4, V2 }, { BLOB (0) + 128, 8, 72 } },
  { { FEATURES, 4, V2 | 0x80 }, { BLOB (0) + 128, 8, 72 } },
  { { FEATURES, 4, V2 | 0x80 }, { BLOB (0) + 128, 8, 72 + 3 * 40 } },
  { { FEATURES, 4, V2 | 0x18 }, { BLOB (0) + 128, 8, 72 + 3 * 32808 } },
  { { FEATURES, 4, V2 | 0x100 }, { BLOB (0) + 128, 8, 72 },
    { BLOB (0) + 216, 4, 1 }, { BLOB (0) + 168, 1, 9 } },
  /* unknown compatible feature */
  { { FEATURES, 4, USUAL_FEATURES | 0x10000 } },
  /* an id that is no digest, with spaces, and one in UTF-8 */
  { { BLOB (0), 2, 0x6162 }, { BLOB (0) + 2, 62, 0 } },
  { { BLOB (0), 2, 0x20a4c3 } },
  /* as many chunks as there are pages, and one */
  { { BLOB (0) + 72, 4, 4 }, { BLOB (0) + 120, 8, 64 },
    { BLOB (0) + 128, 8, 64 } },
  { { BLOB (0) + 72, 4, 1 }, { BLOB (0) + 120, 8, 16 },
    { BLOB (0) + 128, 8, 16 } },
  /* chunk information that ends at the last byte that is possible */
  { { BLOB (0) + 112, 8, INT64_MAX - 4096 - 48 } },
};

START_TEST (accepted)
{
  struct rafs_blob blob;
  struct error err;

  ck_assert_msg (parse (good[_i], &blob, &err) == 0, "%s", err.text);
}
END_TEST

static const struct {
  struct patch patches[6];
  const char *part;
} bad[] = {
  /* ids */
  { { { BLOB (0), 1, '/' } }, "a slash" },
  { { { BLOB (0) + 5, 1, '/' } }, "a slash" },
  { { { BLOB (0), 1, '.' } }, "a dot" },
  { { { BLOB (0) + 5, 1, 0 } }, "NUL inside" },
  { { { BLOB (0) + 5, 1, '\n' } }, "control" },
  { { { BLOB (0) + 63, 1, 127 } }, "control" },
  { { { BLOB (0), 64, 0 } }, "has no id" },
  /* the row's numbers */
  { { { BLOB (0) + 64, 4, 1 } }, "index is 1, expected 0" },
  { { { BLOB (0) + 68, 4, 0x1000 } }, "chunk size 4096" },
  { { { BLOB (0) + 72, 4, 0 } }, "do not fit 0 chunks" },
  { { { BLOB (0) + 72, 4, 5 } }, "do not fit 5 chunks" },
  { { { BLOB (0) + 72, 4, 0x1000001 } }, "16777217 chunks, at most" },
  { { { BLOB (0) + 76, 4, 4 } }, "compressors 4 and 0" },
  { { { BLOB (0) + 108, 4, 4 } }, "compressors 0 and 4" },
  { { { BLOB (0) + 80, 4, 2 } }, "digester 2" },
  { { { BLOB (0) + 88, 8, (UINT64_C (1) << 40) + 1 } }, "at most 2^44" },
  { { { BLOB (0) + 96, 8, (UINT64_C (1) << 44) + 4096 } }, "at most 2^44" },
  { { { BLOB (0) + 96, 8, 0x4001 } }, "do not fit" },
  { { { BLOB (0) + 96, 8, 0x400000 } }, "do not fit 3 chunks" },
  /* chunk information */
  { { { BLOB (0) + 128, 8, 47 } }, "47 bytes of chunk information" },
  { { { BLOB (0) + 128, 8, 64 } }, "64 bytes of chunk information" },
  { { { BLOB (0) + 128, 8, 72 }, { BLOB (0) + 112, 8, 0 } }, "optimize" },
  { { { FEATURES, 4, V2 }, { BLOB (0) + 128, 8, 112 } }, "112 bytes of chunk" },
  { { { FEATURES, 4, V2 | 0x80 }, { BLOB (0) + 128, 8, 71 } }, "at least 72" },
  { { { FEATURES, 4, V2 | 0x80 }, { BLOB (0) + 128, 8, 72 + 121 } },
    "193 bytes of chunk" },
  { { { FEATURES, 4, V2 | 8 }, { BLOB (0) + 128, 8, 71 } }, "at least 72" },
  { { { FEATURES, 4, V2 | 8 }, { BLOB (0) + 128, 8, (1u << 30) + 1 } },
    "1073741825 bytes of chunk information, at most 1073741824" },
  { { { BLOB (0) + 120, 8, 0 } }, "stored in 0 bytes" },
  { { { BLOB (0) + 120, 8, 49 } }, "stored in 49 bytes" },
  { { { BLOB (0) + 112, 8, UINT64_MAX - 10 } }, "stored in 48 bytes at" },
  { { { BLOB (0) + 112, 8, INT64_MAX - 100 } }, "stored in 48 bytes at" },
  /* features */
  { { { FEATURES, 4, USUAL_FEATURES | 0x1000 } }, "feature bits 0x1000" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x8000 } }, "feature bits 0x8000" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x80000000 } }, "bits 0x80000000" },
  { { { FEATURES, 4, 0x40000800 } }, "external" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x200 } }, "is_chunkdict_generated" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x400 } }, "nydus-image optimize" },
  { { { FEATURES, 4, 0x40000000 } }, "aligned is not set" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x80 } }, "need chunk_info_v2" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x8 } }, "need chunk_info_v2" },
  { { { FEATURES, 4, USUAL_FEATURES | 0x100 } }, "need chunk_info_v2" },
  { { { FEATURES, 4, V2 | 0x88 } }, "zran and batch exclude" },
  { { { FEATURES, 4, V2 | 0x110 } }, "separate and encrypted exclude" },
  { { { FEATURES, 4, V2 | 0x108 } }, "zran and encrypted exclude" },
  { { { FEATURES, 4, 0x40000040 } }, "not in tarfs mode" },
  { { { AT_EXT, 8, 0x209 } }, "is in tarfs mode" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000041 } },
    "tarfs and aligned exclude" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000044 } }, "chunk_info_v2" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000048 } }, "zran" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x400000c0 } }, "batch" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000140 } }, "encrypted" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000050 } }, "separate" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40 } }, "without cap_tar_toc" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000040 } },
    "with a compressor or chunk information" },
  { { { AT_EXT, 8, 0x209 }, { FEATURES, 4, 0x40000040 },
      { BLOB (0) + 112, 24, 0 } }, "tarfs blob of 16384 bytes" },
  /* cipher */
  { { { FEATURES, 4, V2 | 0x100 }, { BLOB (0) + 128, 8, 72 } },
    "encrypted is set, but the cipher is 0" },
  { { { BLOB (0) + 216, 4, 1 } }, "encrypted is not set, but" },
  { { { BLOB (0) + 216, 4, 2 } }, "cipher 2" },
  { { { FEATURES, 4, V2 | 0x100 }, { BLOB (0) + 128, 8, 72 },
      { BLOB (0) + 216, 4, 3 } }, "cipher 3" },
  { { { FEATURES, 4, V2 | 0x100 }, { BLOB (0) + 128, 8, 72 },
      { BLOB (0) + 216, 4, 1 } }, "both halves of the key" },
};

START_TEST (refused)
{
  struct rafs_blob blob;
  struct error err;

  ck_assert_msg (parse (bad[_i].patches, &blob, &err) == -1,
                 "case %d (\"%s\") is accepted", _i, bad[_i].part);
  expect_error (&err, EINVAL, bad[_i].part);
}
END_TEST

START_TEST (names)
{
  struct rafs_blob blob = { .features = RAFS_SEPARATE };
  char name[RAFS_ID_SIZE + 1];

  memset (blob.id, 'x', 64);
  ck_assert (rafs_blob_is_own_file (&blob));
  blob.id[63] = '\0';
  ck_assert (!rafs_blob_is_own_file (&blob));
  ck_assert (!rafs_blob_meta_name (&blob, name));
  memset (blob.meta_digest, 0xa5, 31);
  ck_assert (rafs_blob_meta_name (&blob, name));
  ck_assert_str_eq (name, "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
                    "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a500");
  ck_assert_str_eq (rafs_feature_name (0x8), "zran");
  ck_assert_ptr_null (rafs_feature_name (0x1000));
}
END_TEST

START_TEST (codecs)
{
  ck_assert_int_eq (rafs_codec (RAFS_NONE), CHUNK_STORED);
  ck_assert_int_eq (rafs_codec (RAFS_LZ4_BLOCK), CHUNK_LZ4);
  ck_assert_int_eq (rafs_codec (RAFS_GZIP), CHUNK_GZIP);
  ck_assert_int_eq (rafs_codec (RAFS_ZSTD), CHUNK_ZSTD);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_blob");

  tcase_add_test (t, fields);
  tcase_add_loop_test (t, accepted, 0, sizeof good / sizeof good[0]);
  tcase_add_loop_test (t, refused, 0, sizeof bad / sizeof bad[0]);
  tcase_add_test (t, names);
  tcase_add_test (t, codecs);
  return tests_run ();
}
