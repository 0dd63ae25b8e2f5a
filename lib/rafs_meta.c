/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rafs_meta.h"
#include "rafs_rows.h"

#define MAGIC 0xb10bb10bu

/* Offsets of the fields within the header. */
enum {
  HEADER_MAGIC = 0,
  HEADER_COMPRESSOR = 8,
  HEADER_ENTRIES = 12,
  HEADER_OFFSET = 16,
  HEADER_STORED_LEN = 24,
  HEADER_PLAIN_LEN = 32,
  HEADER_CONTEXTS_OFFSET = 40,
  HEADER_CONTEXTS_LEN = 48,
  HEADER_CONTEXTS_COUNT = 56,
  HEADER_MAGIC_2 = RAFS_META_HEADER_SIZE - 4,
};

/* Offsets of the fields within a context of a batch, and of zran. */
enum {
  BATCH_STORED_LEN = 0,
  BATCH_PLAIN_LEN = 4,
};

enum {
  ZRAN_IN_OFFSET = 0,
  ZRAN_DICT_OFFSET = 16,
  ZRAN_IN_LEN = 24,
  ZRAN_OUT_LEN = 28,
  ZRAN_DICT_LEN = 32,
  ZRAN_BYTE = 36,
  ZRAN_BITS = 37,
};

int
rafs_meta_check_header (struct bytes header, const struct rafs_blob *blob,
                        struct error *err)
{
  if (header.len < RAFS_META_HEADER_SIZE)
    return error_set (err, EINVAL,
                      "the chunk information's header has %zu bytes, "
                      "expected %d", header.len, RAFS_META_HEADER_SIZE);
  if (bytes_u32 (header, HEADER_MAGIC) != MAGIC ||
      bytes_u32 (header, HEADER_MAGIC_2) != MAGIC)
    return error_set (err, EINVAL,
                      "the chunk information's header has magic numbers 0x%"
                      PRIx32 " and 0x%" PRIx32 ", expected 0x%x",
                      bytes_u32 (header, HEADER_MAGIC),
                      bytes_u32 (header, HEADER_MAGIC_2), MAGIC);
  if (bytes_u32 (header, HEADER_COMPRESSOR) != (uint32_t) blob->ci_compressor ||
      bytes_u32 (header, HEADER_ENTRIES) != blob->chunk_count ||
      bytes_u64 (header, HEADER_OFFSET) != blob->ci_offset ||
      bytes_u64 (header, HEADER_STORED_LEN) != blob->ci_stored_len ||
      bytes_u64 (header, HEADER_PLAIN_LEN) != blob->ci_plain_len)
    return error_set (err, EINVAL,
                      "the chunk information's header says compressor %" PRIu32
                      ", %" PRIu32 " chunks, %" PRIu64 " bytes stored in %"
                      PRIu64 " at byte %" PRIu64 ", but the bootstrap %d, %"
                      PRIu32 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
                      bytes_u32 (header, HEADER_COMPRESSOR),
                      bytes_u32 (header, HEADER_ENTRIES),
                      bytes_u64 (header, HEADER_PLAIN_LEN),
                      bytes_u64 (header, HEADER_STORED_LEN),
                      bytes_u64 (header, HEADER_OFFSET),
                      (int) blob->ci_compressor, blob->chunk_count,
                      blob->ci_plain_len, blob->ci_stored_len,
                      blob->ci_offset);
  return 0;
}

/* Find the contexts and the dictionaries that follow them. */
static int
slice_contexts (struct bytes header, struct bytes info,
                const struct rafs_blob *blob, uint32_t *ret_count,
                struct bytes *ret_contexts, struct bytes *ret_dicts,
                struct error *err)
{
  uint64_t offset = bytes_u64 (header, HEADER_CONTEXTS_OFFSET);
  uint64_t len = bytes_u64 (header, HEADER_CONTEXTS_LEN);
  uint32_t count = bytes_u32 (header, HEADER_CONTEXTS_COUNT);
  uint64_t rows_len = (uint64_t) blob->chunk_count * RAFS_ROW_V2_SIZE;
  uint64_t contexts_len = (uint64_t) count * RAFS_CONTEXT_SIZE;
  struct bytes all;

  memset (ret_contexts, 0, sizeof *ret_contexts);
  memset (ret_dicts, 0, sizeof *ret_dicts);
  *ret_count = 0;
  if ((blob->features & (RAFS_ZRAN | RAFS_BATCH)) == 0 ||
      (count == 0 && len == 0))
    return 0;

  /* A batch has a chunk.  A zran context may have none: it was begun for a
   * chunk of the tar that was in the blob already.
   */
  if (count > (blob->features & RAFS_BATCH ? blob->chunk_count
               : RAFS_CHUNKS_MAX))
    return error_set (err, EINVAL,
                      "%" PRIu32 " contexts for %" PRIu32 " chunks", count,
                      blob->chunk_count);
  if (offset != rows_len || !bytes_slice (info, offset, len, &all))
    return error_set (err, EINVAL,
                      "%" PRIu64 " bytes of contexts at byte %" PRIu64
                      " of %zu bytes of chunk information, expected at %"
                      PRIu64, len, offset, info.len, rows_len);
  if (!bytes_slice (all, 0, contexts_len, ret_contexts) ||
      !bytes_slice (all, contexts_len, len - contexts_len, ret_dicts))
    return error_set (err, EINVAL,
                      "%" PRIu32 " contexts do not fit %" PRIu64 " bytes",
                      count, len);
  *ret_count = count;
  return 0;
}

static int
parse_zran (const struct rafs_rows *p, struct bytes b, uint32_t i,
            struct error *err)
{
  struct chunk_context *context = &p->table->contexts[i];
  uint64_t dict_offset = bytes_u64 (b, ZRAN_DICT_OFFSET);
  uint32_t dict_len = bytes_u32 (b, ZRAN_DICT_LEN);
  uint8_t bits = bytes_u8 (b, ZRAN_BITS);

  if (dict_len > RAFS_DICT_LEN_MAX || dict_len > p->table->dictionaries_len ||
      dict_offset > p->table->dictionaries_len - dict_len)
    return error_set (err, EINVAL,
                      "context %" PRIu32 ": dictionary of %" PRIu32 " bytes "
                      "at byte %" PRIu64 " of %zu", i, dict_len, dict_offset,
                      p->table->dictionaries_len);
  if (bits > 7 || (bits > 0 && bytes_u64 (b, ZRAN_IN_OFFSET) == 0))
    return error_set (err, EINVAL,
                      "context %" PRIu32 ": %u bits of the byte before it",
                      i, bits);
  context->codec = CHUNK_INFLATE;
  context->stored_start = bytes_u64 (b, ZRAN_IN_OFFSET);
  context->stored_len = bytes_u32 (b, ZRAN_IN_LEN);
  context->plain_len = bytes_u32 (b, ZRAN_OUT_LEN);
  context->resume.dict_offset = dict_len > 0 ? dict_offset : 0;
  context->resume.dict_len = dict_len;
  context->resume.bits = bits;
  context->resume.byte = bytes_u8 (b, ZRAN_BYTE);
  return 0;
}

/* Where it is stored, only its members say. */
static int
parse_batch (const struct rafs_rows *p, struct bytes b, uint32_t i,
             struct error *err)
{
  struct chunk_context *context = &p->table->contexts[i];

  context->stored_len = bytes_u32 (b, BATCH_STORED_LEN);
  context->plain_len = bytes_u32 (b, BATCH_PLAIN_LEN);
  context->codec = (uint8_t) rafs_codec (p->blob->compressor);
  context->encrypted = p->blob->features & RAFS_ENCRYPTED;
  if (context->stored_len > context->plain_len &&
      !(context->encrypted && rafs_is_padded (context->plain_len,
                                              context->stored_len)))
    return error_set (err, EINVAL,
                      "context %" PRIu32 ": batch of %" PRIu32 " bytes stored "
                      "in %" PRIu32, i, context->plain_len,
                      context->stored_len);
  return 0;
}

static int
parse_contexts (const struct rafs_rows *p, struct bytes contexts,
                struct error *err)
{
  bool zran = p->blob->features & RAFS_ZRAN;
  /* A zran context begins at a deflate block, so in front of its first chunk:
   * with chunks of 16 MiB it is longer than one.
   */
  uint32_t max = zran ? CHUNK_UNIT_MAX : RAFS_CHUNK_LEN_MAX;
  struct chunk_table *table = p->table;
  struct bytes b;
  uint32_t i;

  for (i = 0; i < table->n_contexts; ++i) {
    if (!bytes_slice (contexts, (uint64_t) i * RAFS_CONTEXT_SIZE,
                      RAFS_CONTEXT_SIZE, &b))
      return error_set (err, EINVAL, "context %" PRIu32 " is missing", i);
    if ((zran ? parse_zran (p, b, i, err) : parse_batch (p, b, i, err)) == -1)
      return -1;
    if (table->contexts[i].plain_len > max ||
        table->contexts[i].plain_len == 0 ||
        table->contexts[i].stored_len == 0)
      return error_set (err, EINVAL,
                        "context %" PRIu32 ": %" PRIu32 " bytes stored in %"
                        PRIu32 ", expected 1 to %u", i,
                        table->contexts[i].plain_len,
                        table->contexts[i].stored_len, max);
  }
  return 0;
}

static int
parse_all (struct rafs_rows *p, struct bytes info, struct bytes contexts,
           struct bytes dicts, struct error *err)
{
  struct chunk_table *table = p->table;

  p->placed = calloc ((size_t) table->n_contexts + 1, sizeof *p->placed);
  table->crcs = calloc (table->n_chunks, sizeof *table->crcs);
  if (p->placed == NULL || table->crcs == NULL)
    return error_set_errno (err, ENOMEM, "table of %" PRIu32 " chunks",
                            table->n_chunks);
  if (dicts.len > 0 && (p->blob->features & RAFS_ZRAN) != 0) {
    table->dictionaries = malloc (dicts.len);
    if (table->dictionaries == NULL)
      return error_set_errno (err, ENOMEM, "%zu bytes of dictionaries",
                              dicts.len);
    memcpy (table->dictionaries, dicts.ptr, dicts.len);
    table->dictionaries_len = dicts.len;
  }
  table->plain_size = p->blob->plain_size;
  table->cipher = p->blob->cipher;
  table->format = "rafs";
  if (parse_contexts (p, contexts, err) == -1 ||
      rafs_rows_parse (p, info, err) == -1)
    return -1;
  return 0;
}

int
rafs_meta_parse (struct bytes header, struct bytes info,
                 const struct rafs_blob *blob, struct chunk_table *ret,
                 struct error *err)
{
  struct chunk_table table;
  struct rafs_rows p = { .blob = blob, .table = &table };
  struct bytes contexts, dicts;
  uint32_t n_contexts;
  int r;

  if (rafs_meta_check_header (header, blob, err) == -1)
    return -1;
  if (info.len != blob->ci_plain_len)
    return error_set (err, EINVAL,
                      "%zu bytes of chunk information, expected %" PRIu64,
                      info.len, blob->ci_plain_len);
  if (slice_contexts (header, info, blob, &n_contexts, &contexts, &dicts,
                      err) == -1 ||
      chunk_table_init (&table, blob->chunk_count, n_contexts, err) == -1)
    return -1;
  r = parse_all (&p, info, contexts, dicts, err);
  free (p.placed);
  if (r == -1) {
    chunk_table_clear (&table);
    return -1;
  }
  *ret = table;
  return 0;
}
