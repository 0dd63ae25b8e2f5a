/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "rafs_builder.h"
#include "rafs_meta.h"
#include "testing.h"

#define V1 0x40000001u
#define V2 (V1 | 0x4)
#define BATCH (V2 | 0x80)
#define ZRAN (V2 | 0x8 | 0x10)
#define ENCRYPTED (V2 | 0x100)

#define FILE_SIZE 20000

struct row {
  uint32_t flags, low, high;
  uint64_t plain_start;
  uint32_t plain_len;
  uint64_t stored_start;
  uint32_t stored_len;
};

/* A batch is stored and plain length; a zran context has a place too. */
struct context {
  uint32_t stored_len, plain_len;
  uint64_t stored_start, dict_offset;
  uint32_t dict_len;
  uint8_t byte, bits;
};

#define BATCH_OF(stored, plain) \
  { .stored_len = (stored), .plain_len = (plain) }

struct spec {
  uint32_t features;
  enum rafs_compressor compressor;
  struct row rows[4];           /* as many as have a plain length */
  struct context contexts[3];
  size_t dict_len;
  uint64_t plain_size;          /* 0: as it is right */
  struct patch header[2], info[2];      /* put in afterwards */
  const char *part;             /* of the message, or NULL */
};

static void
put_context (uint8_t *p, const struct spec *spec, const struct context *c)
{
  if ((spec->features & RAFS_ZRAN) == 0) {
    rafs_put (p, 4, c->stored_len);
    rafs_put (p + 4, 4, c->plain_len);
    return;
  }
  rafs_put (p, 8, c->stored_start);
  rafs_put (p + 8, 8, 12345);
  rafs_put (p + 16, 8, c->dict_offset);
  rafs_put (p + 24, 4, c->stored_len);
  rafs_put (p + 28, 4, c->plain_len);
  rafs_put (p + 32, 4, c->dict_len);
  p[36] = c->byte;
  p[37] = c->bits;
}

/* The chunk information; *blob gets what the blob table would say. */
static uint8_t *
build_info (const struct spec *spec, struct rafs_blob *blob,
            struct ci_spec *ci)
{
  bool v2 = spec->features & RAFS_CHUNK_INFO_V2;
  uint32_t n = 0, n_contexts = 0, i;
  size_t size = v2 ? 24 : 16;
  uint8_t *p = calloc (1, 65536 + 1000);

  for (i = 0; i < 4 && spec->rows[i].plain_len > 0; ++i, ++n) {
    const struct row *r = &spec->rows[i];

    if (v2)
      put_row_v2 (p + i * size, r->flags, r->plain_start, r->plain_len,
                  r->stored_start, r->stored_len, r->low, r->high);
    else
      put_row_v1 (p + i * size, r->plain_start, r->plain_len, r->stored_start,
                  r->stored_len);
    blob->plain_size = (r->plain_start + r->plain_len + 4095) / 4096 * 4096;
  }
  for (i = 0; i < 3 && spec->contexts[i].plain_len > 0; ++i, ++n_contexts)
    put_context (p + n * size + 40 * i, spec, &spec->contexts[i]);
  pattern_fill (p + n * size + 40 * n_contexts, spec->dict_len, 7, 0);

  blob->features = spec->features;
  blob->compressor = spec->compressor;
  blob->digest_kind = DIGEST_BLAKE3;
  blob->chunk_size = 0x10000;
  blob->chunk_count = n;
  blob->ci_offset = 15000;
  blob->ci_plain_len = n * size + 40 * n_contexts + spec->dict_len;
  blob->ci_stored_len = 44;
  if (spec->plain_size > 0)
    blob->plain_size = spec->plain_size;
  memset (blob->cipher.key, 1, 16);

  ci->entries = n;
  ci->offset = blob->ci_offset;
  ci->stored_len = blob->ci_stored_len;
  ci->plain_len = blob->ci_plain_len;
  ci->contexts = n_contexts;
  ci->contexts_offset = n_contexts > 0 ? n * size : 0;
  ci->contexts_len = 40 * n_contexts + spec->dict_len;
  return p;
}

/* Parse and seal. */
static int
parse (const struct spec *spec, struct chunk_table *ret, struct error *err)
{
  struct rafs_blob blob = { .id = "a" };
  struct ci_spec ci = { .features = spec->features };
  uint8_t *buf = build_info (spec, &blob, &ci), header_buf[4096];
  const struct bytes header = { .ptr = header_buf, .len = 4096 };
  struct bytes info = { .len = (size_t) blob.ci_plain_len };
  uint8_t *exact = malloc (info.len);
  int r;

  put_ci_header (header_buf, &ci);
  rafs_patch (header_buf, spec->header);
  rafs_patch (buf, spec->info);
  memcpy (exact, buf, info.len);        /* so that ASan sees the end */
  free (buf);
  info.ptr = exact;
  r = rafs_meta_parse (header, info, &blob, ret, err);
  free (exact);
  if (r == 0 && chunk_table_seal (ret, FILE_SIZE, err) == -1) {
    chunk_table_clear (ret);
    return -1;
  }
  return r;
}

static const struct spec good[] = {
  { .features = V1,
    .rows = { { .plain_len = 5000, .stored_len = 5000 },
              { .plain_start = 0x2000, .plain_len = 4096,
                .stored_start = 5000, .stored_len = 4096 } } },
  /* a gap between stored chunks */
  { .features = V1, .compressor = RAFS_ZSTD,
    .rows = { { .plain_len = 0x10000, .stored_len = 5000 },
              { .plain_start = 0x10000, .plain_len = 1,
                .stored_start = 6000, .stored_len = 1 } } },
  /* old gzip: stored lengths are bounds and may overlap */
  { .features = V1, .compressor = RAFS_GZIP,
    .rows = { { .plain_len = 5000, .stored_len = 5151 },
              { .plain_start = 0x2000, .plain_len = 4096,
                .stored_start = 3000, .stored_len = 4200 } } },
  { .features = V2, .compressor = RAFS_LZ4_BLOCK,
    .rows = { { .flags = 0x11, .plain_len = 5000, .stored_len = 50,
                .low = 77 },
              { .plain_start = 0x2000, .plain_len = 4096,
                .stored_start = 50, .stored_len = 4096 } } },
  /* two batches around a plain chunk */
  { .features = BATCH, .compressor = RAFS_ZSTD,
    .rows = { { .flags = 5, .plain_len = 10 },
              { .flags = 5, .plain_start = 0x1000, .plain_len = 90,
                .low = 10 },
              { .flags = 1, .plain_start = 0x2000, .plain_len = 9000,
                .stored_start = 50, .stored_len = 400 },
              { .flags = 5, .plain_start = 0x5000, .plain_len = 30,
                .stored_start = 450, .high = 1 } },
    .contexts = { BATCH_OF (50, 100), BATCH_OF (30, 30) } },
  /* no batches in a blob that may have some */
  { .features = BATCH, .compressor = RAFS_ZSTD,
    .rows = { { .flags = 1, .plain_len = 9000, .stored_len = 400 } } },
  /* encrypted: padded */
  { .features = ENCRYPTED, .compressor = RAFS_ZSTD,
    .rows = { { .flags = 8, .plain_len = 3, .stored_len = 18 },
              { .flags = 9, .plain_start = 0x1000, .plain_len = 90,
                .stored_start = 18, .stored_len = 18 } } },
  { .features = ENCRYPTED | 0x80, .compressor = RAFS_LZ4_BLOCK,
    .rows = { { .flags = 0xd, .plain_len = 3 } },
    .contexts = { BATCH_OF (18, 3) } },
  { .features = ENCRYPTED | 0x80, .compressor = RAFS_NONE,
    .rows = { { .flags = 0xd, .plain_len = 3 } },
    .contexts = { BATCH_OF (18, 3) } },
  { .features = ZRAN, .compressor = RAFS_GZIP,
    .rows = { { .flags = 3, .plain_len = 600, .low = 512 },
              { .flags = 3, .plain_start = 0x1000, .plain_len = 90,
                .low = 10, .high = 1 } },
    .contexts = { { 50, 5000, 10, 0, 0, 0, 0 },
                  { 900, 7000, 40, 0, 1000, 9, 7 } },
    .dict_len = 1000 },
  /* more contexts than chunks: chunks of the tar that the blob had already */
  { .features = ZRAN, .compressor = RAFS_GZIP,
    .rows = { { .flags = 3, .plain_len = 600, .low = 512, .high = 1 } },
    .contexts = { { 50, 5000, 10, 0, 0, 0, 0 }, { 50, 5000, 10, 0, 0, 0, 0 },
                  { 900, 7000, 40, 0, 1000, 9, 7 } },
    .dict_len = 1000 },
  /* what comes before a chunk of 16 MiB makes its context longer than that */
  { .features = ZRAN, .compressor = RAFS_GZIP,
    .rows = { { .flags = 3, .plain_len = 600, .low = (1u << 26) - 600 } },
    .contexts = { { 50, 1u << 26, 10, 0, 0, 0, 0 } } },
  /* a plain tar: stored chunks in any order */
  { .features = V2 | 0x10, .compressor = RAFS_GZIP,
    .rows = { { .flags = 0x10, .plain_len = 600, .low = 512,
                .stored_start = 1000, .stored_len = 600 },
              { .flags = 0x10, .plain_start = 0x1000, .plain_len = 90,
                .stored_start = 512, .stored_len = 90 } } },
};

START_TEST (accepted)
{
  struct chunk_table table;
  struct error err;
  uint32_t i;

  ck_assert_msg (parse (&good[_i], &table, &err) == 0, "%s", err.text);
  for (i = 0; i < table.n_chunks; ++i) {
    const struct row *row = &good[_i].rows[i];
    const struct chunk *chunk = &table.chunks[i];

    ck_assert_uint_eq (chunk->plain_start, row->plain_start);
    ck_assert_uint_eq (chunk->plain_len, row->plain_len);
    ck_assert_int_eq (chunk->context != CHUNK_NO_CONTEXT,
                      (row->flags & 6) != 0);
    if (chunk->context != CHUNK_NO_CONTEXT) {
      ck_assert_uint_eq (chunk->context, row->high);
      ck_assert_uint_eq (chunk->context_offset, row->low);
      continue;
    }
    ck_assert_uint_eq (chunk->stored_start, row->stored_start);
    ck_assert_uint_eq (chunk->stored_len, row->stored_len);
    ck_assert_int_eq (chunk->encrypted, (row->flags & 8) != 0);
    ck_assert_int_eq (chunk->has_crc, (row->flags & 16) != 0);
    if (chunk->has_crc)
      ck_assert_uint_eq (table.crcs[i], row->low);
  }
  for (i = 0; i < table.n_contexts; ++i)
    ck_assert_uint_eq (table.contexts[i].plain_len,
                       good[_i].contexts[i].plain_len);
  ck_assert_str_eq (table.format, "rafs");
  chunk_table_clear (&table);
}
END_TEST

START_TEST (codecs)
{
  struct chunk_table table;
  struct error err;

  ck_assert_int_eq (parse (&good[1], &table, &err), 0);
  ck_assert_int_eq (table.chunks[0].codec, CHUNK_ZSTD);
  ck_assert_int_eq (table.chunks[1].codec, CHUNK_STORED);
  ck_assert_uint_eq (table.plain_size, 0x11000);
  chunk_table_clear (&table);
  ck_assert_int_eq (parse (&good[2], &table, &err), 0);
  ck_assert_int_eq (table.chunks[1].codec, CHUNK_GZIP);
  chunk_table_clear (&table);
  ck_assert_int_eq (parse (&good[4], &table, &err), 0);
  ck_assert_int_eq (table.contexts[0].codec, CHUNK_ZSTD);
  ck_assert_uint_eq (table.contexts[1].stored_start, 450);
  chunk_table_clear (&table);
  ck_assert_int_eq (parse (&good[7], &table, &err), 0);
  ck_assert (table.contexts[0].encrypted);
  ck_assert_uint_eq (table.cipher.key[3], 1);
  chunk_table_clear (&table);
  ck_assert_int_eq (parse (&good[9], &table, &err), 0);
  ck_assert_int_eq (table.contexts[1].codec, CHUNK_INFLATE);
  ck_assert_uint_eq (table.contexts[1].stored_start, 40);
  ck_assert_uint_eq (table.contexts[1].resume.bits, 7);
  ck_assert_uint_eq (table.contexts[1].resume.byte, 9);
  ck_assert_uint_eq (table.dictionaries_len, 1000);
  ck_assert (pattern_is (table.dictionaries, 1000, 7, 0));
  chunk_table_clear (&table);
}
END_TEST

/* The largest numbers that the rows can hold. */
START_TEST (limits)
{
  const struct spec spec = {
    .features = V1, .compressor = RAFS_ZSTD,
    .rows = { { .plain_len = 0x10000, .stored_len = 1u << 24,
                .stored_start = (UINT64_C (1) << 40) - 1 } },
    .part = "16777216 bytes at 1099511627775 are beyond the end",
  };
  struct chunk_table table;
  struct error err;

  ck_assert_int_eq (parse (&spec, &table, &err), -1);
  expect_error (&err, EINVAL, spec.part);
}
END_TEST

#define TWO_V1 .features = V1, .compressor = RAFS_ZSTD, \
    .rows = { { .plain_len = 5000, .stored_len = 500 }, \
              { .plain_start = 0x2000, .plain_len = 4096, \
                .stored_start = 500, .stored_len = 4096 } }
#define ONE_BATCH .features = BATCH, .compressor = RAFS_ZSTD, \
    .rows = { { .flags = 5, .plain_len = 10 }, \
              { .flags = 5, .plain_start = 0x1000, .plain_len = 90, \
                .low = 10 } }
#define ONE_ZRAN .features = ZRAN, .compressor = RAFS_GZIP, \
    .rows = { { .flags = 3, .plain_len = 600, .low = 512 } }

static const struct spec bad[] = {
  /* header */
  { TWO_V1, .header = { { 0, 4, 1 } }, .part = "magic numbers 0x1 and" },
  { TWO_V1, .header = { { 4092, 4, 1 } }, .part = "and 0x1, expected" },
  { TWO_V1, .header = { { 8, 4, 3 } }, .part = "says compressor 3" },
  { TWO_V1, .header = { { 12, 4, 3 } }, .part = "3 chunks" },
  { TWO_V1, .header = { { 16, 8, 3 } }, .part = "at byte 3, but" },
  { TWO_V1, .header = { { 24, 8, 45 } }, .part = "stored in 45" },
  { TWO_V1, .header = { { 32, 8, 33 } }, .part = "33 bytes stored" },
  /* rows of version 1 */
  { TWO_V1, .info = { { 1, 1, 0x10 } }, .part = "chunk 0: 5000 bytes at byte "
    "4096, expected at most 65536 at 0" },
  { TWO_V1, .info = { { 17, 1, 0x10 } }, .part = "chunk 1: 4096 bytes at" },
  { TWO_V1, .info = { { 17, 1, 0x30 } }, .part = "chunk 1: 4096 bytes at" },
  { TWO_V1, .info = { { 1, 1, 0x1 } }, .part = "chunk 0: 1053576 bytes" },
  { TWO_V1, .plain_size = 0x4000, .part = "the chunks end at byte 12288" },
  { TWO_V1, .plain_size = 0x2000, .part = "the chunks end at byte 12288" },
  { TWO_V1, .info = { { 24, 5, 499 } }, .part = "chunk 1: stored at byte 499, "
    "before the end of the one before, 500" },
  { TWO_V1, .info = { { 24, 5, 15905 } }, .part = "beyond the end of the" },
  /* lengths of version 2 */
  { .features = ENCRYPTED, .rows = { { .flags = 8, .plain_len = 3,
                                       .stored_len = 3 } },
    .part = "chunk 0" },
  { .features = ENCRYPTED, .compressor = RAFS_ZSTD,
    .rows = { { .flags = 9, .plain_len = 30, .stored_len = 13 } },
    .part = "13 bytes can not be encrypted" },
  /* batches */
  { ONE_BATCH, .contexts = { BATCH_OF (101, 100) },
    .part = "context 0: batch of 100 "
    "bytes stored in 101" },
  { ONE_BATCH, .contexts = { BATCH_OF (18, 3) }, .part = "batch of 3" },
  { ONE_BATCH, .contexts = { BATCH_OF (0, 100) }, .part = "stored in 0" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 99) },
    .part = "chunk 1: 90 bytes at byte "
    "10 of context 0, which has 99" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, (1u << 24) + 1) },
    .part = "16777217" },
  { ONE_BATCH, .part = "chunk 0: context 0 of 0" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100), BATCH_OF (9, 9) },
    .part = "context 1: the batch has no chunk" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) }, .info = { { 44, 4, 1 } },
    .part = "chunk 1: context 1 of 1" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) },
    .info = { { 40, 4, 0xfffffff0 } },
    .part = "90 bytes at byte 4294967280" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) }, .info = { { 32, 1, 7 } },
    .part = "chunk 1: batch 0 is stored at byte 0 and at byte 7" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) }, .header = { { 56, 4, 3 } },
    .part = "3 contexts for 2 chunks" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) }, .header = { { 56, 4, 2 } },
    .part = "2 contexts do not fit 40 bytes" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) }, .header = { { 40, 8, 47 } },
    .part = "40 bytes of contexts at byte 47" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) }, .header = { { 48, 8, 41 } },
    .part = "41 bytes of contexts at byte 48 of 88" },
  { ONE_BATCH, .contexts = { BATCH_OF (50, 100) },
    .header = { { 48, 8, UINT64_MAX } }, .part = "bytes of contexts" },
  { .features = BATCH, .contexts = { BATCH_OF (50, 100) },
    .rows = { { .flags = 5, .plain_len = 100, .stored_start = 19990 } },
    .part = "context 0: 50 bytes at 19990 are beyond" },
  { .features = BATCH, .compressor = RAFS_ZSTD,
    .contexts = { BATCH_OF (50, 100) },
    .rows = { { .flags = 5, .plain_len = 100 },
              { .flags = 1, .plain_start = 0x1000, .plain_len = 9,
                .stored_start = 49, .stored_len = 5 } },
    .part = "chunk 1: stored at byte 49" },
  { .features = BATCH, .contexts = { BATCH_OF (50, 100) },
    .rows = { { .flags = 5, .plain_len = 100 } },
    .part = "not compressed, but has 50" },
  /* zran */
  { ONE_ZRAN, .contexts = { { 50, 1111, 10, 0, 0, 0, 0 } },
    .part = "600 bytes at byte 512 of context 0, which has 1111" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 10, 0, 0, 0, 8 } },
    .part = "8 bits" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 10, 0, 0, 0, 0 } },
    .header = { { 56, 4, (1u << 24) + 1 } },
    .part = "16777217 contexts for 1 chunks" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 10, 0, 0, 0, 0 } },
    .header = { { 56, 4, 1u << 24 } },
    .part = "16777216 contexts do not fit 40 bytes" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 0, 0, 0, 0, 1 } }, .part = "1 bits" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 10, 0, 32769, 0, 0 } },
    .dict_len = 40000, .part = "dictionary of 32769 bytes" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 10, 1, 100, 0, 0 } },
    .dict_len = 100, .part = "dictionary of 100 bytes at byte 1 of 100" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 10, UINT64_MAX - 9, 100, 0, 0 } },
    .dict_len = 100, .part = "dictionary of 100 bytes at byte 184467" },
  { ONE_ZRAN, .contexts = { { 0, 5000, 10, 0, 0, 0, 0 } },
    .part = "context 0: 5000 bytes stored in 0" },
  { ONE_ZRAN, .contexts = { { 50, (1u << 26) + 1, 10, 0, 0, 0, 0 } },
    .part = "context 0: 67108865 bytes stored in 50, expected 1 to 67108864" },
  { ONE_ZRAN, .contexts = { { 50, 5000, 19951, 0, 0, 0, 0 } },
    .part = "50 bytes at 19951 are beyond" },
  { ONE_ZRAN, .contexts = { { 50, 5000, UINT64_MAX - 9, 0, 0, 0, 0 } },
    .part = "beyond the end" },
};

START_TEST (refused)
{
  struct chunk_table table;
  struct error err;

  ck_assert_msg (parse (&bad[_i], &table, &err) == -1,
                 "case %d (\"%s\") is accepted", _i, bad[_i].part);
  expect_error (&err, EINVAL, bad[_i].part);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_meta");

  tcase_add_loop_test (t, accepted, 0, sizeof good / sizeof good[0]);
  tcase_add_test (t, codecs);
  tcase_add_test (t, limits);
  tcase_add_loop_test (t, refused, 0, sizeof bad / sizeof bad[0]);
  return tests_run ();
}
