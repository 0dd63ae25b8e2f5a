/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "digest.h"
#include "rafs_builder.h"
#include "rafs_image.h"
#include "testing.h"

static int
read_image (const uint8_t *buf, struct rafs_image *ret, struct error *err)
{
  struct source *source = new_source (buf, BOOTSTRAP_SIZE);
  struct bootstrap bootstrap;
  int r;

  ck_assert_msg (bootstrap_read (source, &bootstrap, err) == 0, "%s",
                 err->text);
  r = rafs_image_read (source, &bootstrap.sb, &bootstrap.table, ret, err);
  bootstrap_clear (&bootstrap);
  source_unref (source);
  return r;
}

/* Open blob 0 of the image. */
static int
open_blob (const uint8_t *bootstrap, const uint8_t *data, size_t data_len,
           const uint8_t *meta, size_t meta_len, bool *ret_is_raw,
           struct chunk_table *ret, struct error *err)
{
  struct decoder_pool *pool = decoder_pool_new (err);
  struct decoder *decoder = decoder_take (pool, err);
  struct source *d = new_source (data, data_len);
  struct source *m = meta ? new_source (meta, meta_len) : NULL;
  struct rafs_image image;
  int r = -1;

  if (read_image (bootstrap, &image, err) == 0) {
    r = rafs_image_open_blob (&image, 0, d, m, decoder, ret_is_raw, ret, err);
    rafs_image_clear (&image);
  }
  source_unref (d);
  source_unref (m);
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
  return r;
}

static const uint8_t digest_a[32] = { 1, 2, 3 };
static const uint8_t digest_b[32] = { 9, 8, 7 };

START_TEST (usual)
{
  uint8_t *b = build_bootstrap (2), *file;
  struct chunk_table table;
  struct error err;
  bool is_raw;
  size_t len;

  file = build_blob_file (1, &len);
  put_chunk_row (b, 1, 0, 2, digest_a, 0x11);
  put_chunk_row (b, 2, 1, 2, digest_a, 0x22);
  put_chunk_row (b, 3, 0, 0, digest_b, 0x33);
  put_chunk_row (b, 4, 0, 2, digest_a, 0x11);   /* twice the same */
  ck_assert_msg (open_blob (b, file, len, NULL, 0, &is_raw, &table, &err) == 0,
                 "%s", err.text);
  ck_assert (!is_raw);
  ck_assert_uint_eq (table.n_chunks, 3);
  ck_assert_uint_eq (table.plain_size, USUAL_PLAIN);
  ck_assert_int_eq (table.digest_kind, DIGEST_SHA256);
  ck_assert (table.chunks[0].has_digest && table.chunks[0].has_crc);
  ck_assert (!table.chunks[1].has_digest && !table.chunks[1].has_crc);
  ck_assert (table.chunks[2].has_digest && table.chunks[2].has_crc);
  ck_assert_mem_eq (table.digests, digest_b, 32);
  ck_assert_mem_eq (table.digests + 64, digest_a, 32);
  ck_assert_uint_eq (table.crcs[0], 0x33);
  ck_assert_uint_eq (table.crcs[2], 0x11);
  chunk_table_clear (&table);
  free (file);
  free (b);
}
END_TEST

/* Rows of the chunk table: {blob, chunk, digest, crc} twice; the message. */
static const struct {
  uint32_t blob, chunk;
  const uint8_t *digest;
  uint32_t crc;
  const char *part;
} rows[] = {
  { 1, 0, digest_a, 1, "chunk table's row 1: blob 1 of 1" },
  { 0, 3, digest_a, 1, "row 1: chunk 3 of device slot 1, which has 3" },
  { 0, UINT32_MAX, digest_a, 1, "chunk 4294967295 of" },
  { 0, 2, digest_b, 1, "chunk 2: there are two digests" },
  { 0, 2, digest_a, 2, "chunk 2: there are two CRC-32Cs, 0x00000001 and" },
};

START_TEST (chunk_rows)
{
  uint8_t *b = build_bootstrap (1), *file;
  struct chunk_table table;
  struct error err;
  bool is_raw;
  size_t len;

  file = build_blob_file (1, &len);
  put_chunk_row (b, 1, 0, 2, digest_a, 1);
  put_chunk_row (b, 2, rows[_i].blob, rows[_i].chunk, rows[_i].digest,
                 rows[_i].crc);
  ck_assert_int_eq (open_blob (b, file, len, NULL, 0, &is_raw, &table, &err),
                    -1);
  expect_error (&err, EINVAL, rows[_i].part);
  free (file);
  free (b);
}
END_TEST

/* The chunk information lies in another file. */
START_TEST (separate)
{
  uint8_t *b = build_bootstrap (1), *file, *meta;
  struct chunk_table table;
  struct error err;
  bool is_raw;
  size_t len;

  file = build_blob_file (1, &len);
  meta = file + USUAL_CI_OFFSET;
  rafs_put (b + BLOB (0) + 84, 4, USUAL_FEATURES | 0x10);
  rafs_put (b + BLOB (0) + 112, 8, 0);
  rafs_put (meta + 48 + 16, 8, 0);
  ck_assert_msg (open_blob (b, file, USUAL_CI_OFFSET, meta, 48 + 4096, &is_raw,
                            &table, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (table.n_chunks, 3);
  chunk_table_clear (&table);

  ck_assert_int_eq (open_blob (b, file, USUAL_CI_OFFSET, NULL, 0, &is_raw,
                               &table, &err), -1);
  expect_error (&err, EINVAL, "there is no file with the chunk information");
  /* the two files swapped */
  ck_assert_int_eq (open_blob (b, meta, 48 + 4096, file, USUAL_CI_OFFSET,
                               &is_raw, &table, &err), -1);
  expect_error (&err, EINVAL, "magic numbers");
  /* the data is too short */
  ck_assert_int_eq (open_blob (b, file, USUAL_CI_OFFSET - 1, meta, 48 + 4096,
                               &is_raw, &table, &err), -1);
  expect_error (&err, EINVAL, "chunk 2: 100 bytes at 9096 are beyond");
  free (file);
  free (b);
}
END_TEST

START_TEST (cut)
{
  uint8_t *b = build_bootstrap (1), *file;
  struct chunk_table table;
  struct error err;
  bool is_raw;
  size_t len;

  file = build_blob_file (1, &len);
  ck_assert_int_eq (open_blob (b, file, len - 1, NULL, 0, &is_raw, &table,
                               &err), -1);
  expect_error (&err, EINVAL, "ends at byte 13340, but the file has 13339");
  ck_assert_int_eq (open_blob (b, file, 0, NULL, 0, &is_raw, &table, &err),
                    -1);
  expect_error (&err, EINVAL, "but the file has 0");
  free (file);
  free (b);
}
END_TEST

START_TEST (raw)
{
  uint8_t *b = build_bootstrap (1);
  struct chunk_table table;
  struct error err;
  bool is_raw = false;

  make_tarfs (b);
  put_chunk_row (b, 1, 0, 77, digest_a, 0);     /* means nothing */
  ck_assert_msg (open_blob (b, b, 100, NULL, 0, &is_raw, &table, &err) == 0,
                 "%s", err.text);
  ck_assert (is_raw);
  free (b);
}
END_TEST

/* A blob with digests of its own; changed, if `patch' is given, at that place
 * of the file.
 */
static int
open_with_toc (long patch, const uint8_t *row_digest, struct chunk_table *ret,
               struct error *err)
{
  uint8_t *b = build_bootstrap (1), *file, toc_digest[32];
  struct part part = { .name = "blob.digest", .flags = 1,
                       .stored_len = 96, .plain_len = 96 };
  size_t len, toc_len;
  bool is_raw;
  int r;

  file = build_blob_file (1, &len);
  file = realloc (file, len + 10000);
  pattern_fill (file + len, 96, 5, 0);
  part.offset = len;
  part.plain = file + len;
  len += 96;
  toc_len = put_toc (file + len, &part, 1);
  ck_assert_int_eq (digest_compute (DIGEST_SHA256, file + len, toc_len,
                                    toc_digest), 0);
  len += toc_len;
  rafs_put (b + BLOB (0) + 84, 4, USUAL_FEATURES | 0x20000020);
  rafs_put (b + BLOB (0) + 104, 4, toc_len);
  memcpy (b + BLOB (0) + 136, toc_digest, 32);
  put_chunk_row (b, 1, 0, 1, row_digest ? row_digest : part.plain + 32, 1);
  if (patch != 0)
    file[(long) len + patch] ^= 1;
  r = open_blob (b, file, len, NULL, 0, &is_raw, ret, err);
  free (file);
  free (b);
  return r;
}

START_TEST (own_digests)
{
  struct chunk_table table;
  struct error err;
  uint32_t i;

  ck_assert_msg (open_with_toc (0, NULL, &table, &err) == 0, "%s", err.text);
  for (i = 0; i < 3; ++i)
    ck_assert (table.chunks[i].has_digest);
  ck_assert (pattern_is (table.digests, 96, 5, 0));
  ck_assert (table.chunks[1].has_crc && !table.chunks[0].has_crc);
  chunk_table_clear (&table);

  ck_assert_int_eq (open_with_toc (0, digest_a, &table, &err), -1);
  expect_error (&err, EINVAL, "chunk 1: there are two digests");
  /* the tar header, a row, the digests */
  ck_assert_int_eq (open_with_toc (-512, NULL, &table, &err), -1);
  expect_error (&err, EINVAL, "there is no table of contents");
  ck_assert_int_eq (open_with_toc (-512 - 100, NULL, &table, &err), -1);
  expect_error (&err, EINVAL, "does not match its digest");
  ck_assert_int_eq (open_with_toc (-640 - 96, NULL, &table, &err), -1);
  expect_error (&err, EINVAL, "\"blob.digest\" at byte 13340: digest mismatch");
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_image");

  tcase_add_test (t, usual);
  tcase_add_loop_test (t, chunk_rows, 0, sizeof rows / sizeof rows[0]);
  tcase_add_test (t, separate);
  tcase_add_test (t, cut);
  tcase_add_test (t, raw);
  tcase_add_test (t, own_digests);
  return tests_run ();
}
