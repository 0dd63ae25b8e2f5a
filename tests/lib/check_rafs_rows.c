/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "rafs_builder.h"
#include "rafs_rows.h"
#include "testing.h"

#define V1 0x40000001u
#define V2 (V1 | 0x4)
#define BATCH (V2 | 0x80)
#define ZRAN (V2 | 0x8 | 0x10)
#define SEPARATE (V2 | 0x10)
#define ENCRYPTED (V2 | 0x100)

#define CHUNK_SIZE 0x10000
#define MAX_ROWS 3

struct row {
  uint32_t flags;
  uint64_t plain_start;
  uint32_t plain_len;
  uint64_t stored_start;
  uint32_t stored_len;
  uint32_t low, high;
};

struct spec {
  uint32_t features;
  enum rafs_compressor compressor;
  struct row rows[MAX_ROWS];    /* as many as have a plain length */
  uint32_t contexts[2];         /* their plain lengths */
  uint64_t plain_size;          /* 0: as it is right */
  uint32_t chunk_size;          /* 0: CHUNK_SIZE */
  const char *part;             /* of the message, or NULL */
};

/* Put the rows into a buffer of their own, so that ASan sees the end. */
static uint8_t *
build_rows (const struct spec *spec, struct bytes *ret, uint64_t *ret_end)
{
  bool v2 = spec->features & RAFS_CHUNK_INFO_V2;
  size_t size = v2 ? RAFS_ROW_V2_SIZE : RAFS_ROW_V1_SIZE;
  uint8_t buf[MAX_ROWS * RAFS_ROW_V2_SIZE] = { 0 }, *exact;
  uint32_t n;

  *ret_end = 0;
  for (n = 0; n < MAX_ROWS && spec->rows[n].plain_len > 0; ++n) {
    const struct row *r = &spec->rows[n];

    if (v2)
      put_row_v2 (buf + n * size, r->flags, r->plain_start, r->plain_len,
                  r->stored_start, r->stored_len, r->low, r->high);
    else
      put_row_v1 (buf + n * size, r->plain_start, r->plain_len,
                  r->stored_start, r->stored_len);
    *ret_end = (r->plain_start + r->plain_len + 4095) / 4096 * 4096;
  }
  ret->len = n * size;
  ret->ptr = exact = malloc (ret->len + 1);
  ck_assert_ptr_nonnull (exact);
  memcpy (exact, buf, ret->len);
  return exact;
}

/* Parse the rows; `missing' more are declared than there are.  On success the
 * caller clears the table.
 */
static int
parse (const struct spec *spec, uint32_t missing, struct chunk_table *ret,
       struct error *err)
{
  struct rafs_blob blob = {
    .features = spec->features, .compressor = spec->compressor,
    .chunk_size = spec->chunk_size > 0 ? spec->chunk_size : CHUNK_SIZE,
  };
  bool placed[2] = { false, false };
  const struct rafs_rows p = { .blob = &blob, .table = ret, .placed = placed };
  uint32_t n_contexts = 0, row_size;
  struct bytes info;
  uint8_t *buf = build_rows (spec, &info, &blob.plain_size);
  int r;

  if (spec->plain_size > 0)
    blob.plain_size = spec->plain_size;
  while (n_contexts < 2 && spec->contexts[n_contexts] > 0)
    ++n_contexts;
  row_size = blob.features & RAFS_CHUNK_INFO_V2 ? RAFS_ROW_V2_SIZE
    : RAFS_ROW_V1_SIZE;
  ck_assert_int_eq (chunk_table_init (ret, (uint32_t) info.len / row_size +
                                      missing, n_contexts, err), 0);
  ret->crcs = calloc (ret->n_chunks, sizeof *ret->crcs);
  while (n_contexts-- > 0) {
    ret->contexts[n_contexts].plain_len = spec->contexts[n_contexts];
    ret->contexts[n_contexts].stored_len = 40;
  }
  r = rafs_rows_parse (&p, info, err);
  if (r == -1)
    chunk_table_clear (ret);
  free (buf);
  return r;
}

/* Each field at its largest. */
static const struct spec good[] = {
  /* 2^24 bytes, as they are, stored at the last place */
  { .features = V1, .chunk_size = 1u << 24,
    .rows = { { 0, 0, 1u << 24, (UINT64_C (1) << 40) - 1, 1u << 24, 0, 0 } } },
  { .features = V1, .compressor = RAFS_ZSTD, .chunk_size = 1u << 24,
    .rows = { { 1, 0, 0xabcdef, 0, 0x123456, 0, 0 },
              { 0, 0xabd000, 0x100001, 0x123456, 0x100001, 0, 0 } } },
  { .features = V2, .compressor = RAFS_LZ4_BLOCK, .chunk_size = 1u << 24,
    .rows = { { 1, 0, 1u << 24, (UINT64_C (1) << 40) - 1, 0xffffff, 0, 0 } } },
  /* a CRC-32C; stored with gaps */
  { .features = V2, .compressor = RAFS_ZSTD,
    .rows = { { 0x11, 0, 0x10000, 77, 9, UINT32_MAX, 0 },
              { 0x10, 0x10000, 1, 100, 1, 5, 0 },
              { 0, 0x11000, 4097, 200, 4097, 6, 0 } } },
  /* chunks of a batch, its last bytes, and one that is stored alone */
  { .features = BATCH, .compressor = RAFS_ZSTD,
    .rows = { { 5, 0, 10, 100, 0, 90, 0 }, { 5, 0x1000, 90, 100, 0, 0, 0 },
              { 0, 0x2000, 5, 140, 5, 0, 0 } },
    .contexts = { 100 } },
  /* places of zran and of a tar are in any order */
  { .features = ZRAN, .compressor = RAFS_GZIP,
    .rows = { { 3, 0, 60, 0, 0, 40, 1 }, { 3, 0x1000, 90, 0, 0, 10, 0 } },
    .contexts = { 100, 100 } },
  { .features = SEPARATE, .compressor = RAFS_GZIP,
    .rows = { { 0, 0, 60, 900, 60, 0, 0 }, { 0, 0x1000, 90, 512, 90, 0, 0 } } },
  { .features = V1, .compressor = RAFS_GZIP,
    .rows = { { 1, 0, 60, 100, 90, 0, 0 }, { 1, 0x1000, 9, 150, 90, 0, 0 } } },
  { .features = ENCRYPTED,
    .rows = { { 8, 0, 15, 0, 18, 0, 0 }, { 8, 0x1000, 16, 18, 16, 0, 0 } } },
};

START_TEST (accepted)
{
  struct chunk_table table;
  struct error err;
  uint32_t i;

  ck_assert_msg (parse (&good[_i], 0, &table, &err) == 0, "%s", err.text);
  for (i = 0; i < table.n_chunks; ++i) {
    const struct row *row = &good[_i].rows[i];
    const struct chunk *chunk = &table.chunks[i];

    ck_assert_uint_eq (chunk->plain_start, row->plain_start);
    ck_assert_uint_eq (chunk->plain_len, row->plain_len);
    if ((row->flags & 6) != 0) {
      ck_assert_uint_eq (chunk->context, row->high);
      ck_assert_uint_eq (chunk->context_offset, row->low);
      ck_assert_uint_eq (table.contexts[row->high].stored_start,
                         row->stored_start);
      continue;
    }
    ck_assert_uint_eq (chunk->context, CHUNK_NO_CONTEXT);
    ck_assert_uint_eq (chunk->stored_start, row->stored_start);
    ck_assert_uint_eq (chunk->stored_len, row->stored_len);
    ck_assert_int_eq (chunk->codec, (row->flags & 1) != 0
                      ? rafs_codec (good[_i].compressor) : CHUNK_STORED);
    ck_assert_int_eq (chunk->encrypted, (row->flags & 8) != 0);
    ck_assert_int_eq (chunk->has_crc, (row->flags & 16) != 0);
    if (chunk->has_crc)
      ck_assert_uint_eq (table.crcs[i], row->low);
  }
  chunk_table_clear (&table);
}
END_TEST

#define V1_ZSTD .features = V1, .compressor = RAFS_ZSTD
#define V2_ZSTD .features = V2, .compressor = RAFS_ZSTD
#define OF_BATCH .features = BATCH, .compressor = RAFS_ZSTD
#define OF_ZRAN .features = ZRAN, .compressor = RAFS_GZIP

static const struct spec bad[] = {
  /* plain places and lengths */
  { V1_ZSTD, .rows = { { 0, 0x1000, 5, 0, 5, 0, 0 } },
    .part = "chunk 0: 5 bytes at byte 4096, expected at most 65536 at 0" },
  { V1_ZSTD, .rows = { { 0, 0, 0x10001, 0, 5, 0, 0 } },
    .part = "chunk 0: 65537 bytes at byte 0, expected at most 65536" },
  { V1_ZSTD, .rows = { { 0, 0, 5000, 0, 5, 0, 0 },
                       { 0, 0x1000, 5, 5, 5, 0, 0 } },
    .part = "chunk 1: 5 bytes at byte 4096, expected at most 65536 at 8192" },
  { V2_ZSTD, .rows = { { 0, 0, 5, 0, 5, 0, 0 }, { 0, 0x2000, 5, 5, 5, 0, 0 } },
    .part = "chunk 1: 5 bytes at byte 8192, expected at most 65536 at 4096" },
  { V2_ZSTD, .rows = { { 0, UINT64_C (0xfffffffff000), 5, 0, 5, 0, 0 } },
    .part = "chunk 0: 5 bytes at byte 17592186040320" },
  { V2_ZSTD, .rows = { { 0, 0, 5, 0, 5, 0, 0 } }, .plain_size = 0x2000,
    .part = "the chunks end at byte 4096, but the blob has 8192" },
  { V2_ZSTD, .rows = { { 0, 0, 5000, 0, 5000, 0, 0 } }, .plain_size = 0x1000,
    .part = "the chunks end at byte 8192, but the blob has 4096" },
  /* stored lengths and places */
  { .features = V1, .rows = { { 0, 0, 50, 0, 49, 0, 0 } },
    .part = "chunk 0: 50 bytes stored in 49 without a compressor" },
  { .features = V2, .rows = { { 1, 0, 50, 0, 49, 0, 0 } },
    .part = "chunk 0: 50 bytes stored in 49 without a compressor" },
  { V2_ZSTD, .rows = { { 0, 0, 50, 0, 49, 0, 0 } },
    .part = "chunk 0: 50 bytes stored in 49 as they are" },
  { V2_ZSTD, .rows = { { 1, 0, 50, 0, 0, 0, 0 } },
    .part = "chunk 0: 50 bytes stored in 0" },
  { .features = V2, .rows = { { 0, 0, 3, 0, 18, 0, 0 } },
    .part = "chunk 0: 3 bytes stored in 18 as they are" },
  { .features = ENCRYPTED, .rows = { { 8, 0, 3, 0, 17, 0, 0 } },
    .part = "chunk 0: 3 bytes stored in 17 as they are" },
  { .features = ENCRYPTED, .rows = { { 8, 0, 16, 0, 18, 0, 0 } },
    .part = "chunk 0: 16 bytes stored in 18 as they are" },
  { V2_ZSTD, .rows = { { 1, 0, 50, 7, 9, 0, 0 },
                       { 1, 0x1000, 50, 15, 9, 0, 0 } },
    .part = "chunk 1: stored at byte 15, before the end of the one before, "
    "16" },
  { OF_BATCH, .rows = { { 5, 0, 50, 100, 0, 0, 0 },
                        { 1, 0x1000, 50, 139, 9, 0, 0 } }, .contexts = { 50 },
    .part = "chunk 1: stored at byte 139, before the end of the one before, "
    "140" },
  /* the members of a batch are apart */
  { OF_BATCH, .rows = { { 5, 0, 5, 100, 0, 0, 0 },
                        { 1, 0x1000, 50, 140, 9, 0, 0 },
                        { 5, 0x2000, 5, 100, 0, 5, 0 } }, .contexts = { 50 },
    .part = "chunk 2: stored at byte 100, before the end of the one before, "
    "149" },
  /* flags */
  { V2_ZSTD, .rows = { { 0x20, 0, 5, 0, 5, 0, 0 } },
    .part = "chunk 0: flags 0x20 in a blob with features 0x40000005" },
  { V2_ZSTD, .rows = { { 0x80, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x80" },
  { V2_ZSTD, .rows = { { 4, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x4" },
  { V2_ZSTD, .rows = { { 8, 0, 50, 0, 50, 0, 0 } }, .part = "flags 0x8" },
  { OF_BATCH, .rows = { { 2, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x2" },
  { OF_BATCH, .rows = { { 0x14, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x14" },
  { OF_ZRAN, .rows = { { 4, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x4" },
  { OF_ZRAN, .rows = { { 6, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x6" },
  { OF_ZRAN, .rows = { { 0x12, 0, 5, 0, 5, 0, 0 } }, .part = "flags 0x12" },
  { .features = BATCH | 0x8, .rows = { { 6, 0, 5, 0, 5, 0, 0 } },
    .part = "flags 0x6" },
  /* contexts */
  { OF_BATCH, .rows = { { 5, 0, 5, 0, 0, 0, 0 } },
    .part = "chunk 0: context 0 of 0" },
  { OF_BATCH, .rows = { { 5, 0, 5, 0, 0, 0, 1 } }, .contexts = { 5 },
    .part = "chunk 0: context 1 of 1" },
  { OF_ZRAN, .rows = { { 3, 0, 5, 0, 0, 0, UINT32_MAX } }, .contexts = { 5 },
    .part = "chunk 0: context 4294967295 of 1" },
  { OF_BATCH, .rows = { { 5, 0, 90, 0, 0, 11, 0 } }, .contexts = { 100 },
    .part = "chunk 0: 90 bytes at byte 11 of context 0, which has 100" },
  { OF_ZRAN, .rows = { { 3, 0, 90, 0, 0, UINT32_MAX - 50, 0 } },
    .contexts = { 100 }, .part = "chunk 0: 90 bytes at byte 4294967245" },
  { OF_BATCH, .rows = { { 5, 0, 5, 7, 0, 0, 0 }, { 5, 0x1000, 5, 8, 0, 5, 0 } },
    .contexts = { 10 },
    .part = "chunk 1: batch 0 is stored at byte 7 and at byte 8" },
  { OF_BATCH, .rows = { { 5, 0, 5, 0, 0, 0, 0 } }, .contexts = { 10, 10 },
    .part = "context 1: the batch has no chunk" },
};

START_TEST (refused)
{
  struct chunk_table table;
  struct error err;

  ck_assert_msg (parse (&bad[_i], 0, &table, &err) == -1,
                 "case %d (\"%s\") is accepted", _i, bad[_i].part);
  expect_error (&err, EINVAL, bad[_i].part);
}
END_TEST

/* Fewer rows than are declared. */
START_TEST (missing)
{
  struct chunk_table table;
  struct error err;

  ck_assert_int_eq (parse (&good[1], 1, &table, &err), -1);
  expect_error (&err, EINVAL, "chunk 2 is missing");
  ck_assert_int_eq (parse (&good[3], 1000, &table, &err), -1);
  expect_error (&err, EINVAL, "chunk 3 is missing");
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_rows");

  tcase_add_loop_test (t, accepted, 0, sizeof good / sizeof good[0]);
  tcase_add_loop_test (t, refused, 0, sizeof bad / sizeof bad[0]);
  tcase_add_test (t, missing);
  return tests_run ();
}
