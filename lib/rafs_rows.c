/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "rafs_rows.h"

/* Flags of a row of version 2. */
#define ROW_COMPRESSED 0x1u
#define ROW_ZRAN 0x2u
#define ROW_BATCH 0x4u
#define ROW_ENCRYPTED 0x8u
#define ROW_CRC32 0x10u
#define ROW_KNOWN 0x1fu

/* One row, of either version. */
struct row {
  uint64_t plain_start, stored_start;
  uint64_t plain_len, stored_len;
  uint32_t flags;
  uint32_t low, high;           /* CRC; offset in and index of the context */
};

static void
read_row_v1 (struct bytes b, struct row *row)
{
  uint64_t u = bytes_u64 (b, 0), c = bytes_u64 (b, 8);

  memset (row, 0, sizeof *row);
  row->plain_start = u & UINT64_C (0xfffffffffff) & ~UINT64_C (0xfff);
  row->plain_len = (u >> 44 | (u >> 8 & 15) << 20) + 1;
  row->stored_start = c & UINT64_C (0xffffffffff);
  row->stored_len = (c >> 44 | (c >> 40 & 15) << 20) + 1;
  if (row->stored_len != row->plain_len)
    row->flags = ROW_COMPRESSED;
}

static void
read_row_v2 (struct bytes b, struct row *row)
{
  uint64_t u = bytes_u64 (b, 0), c = bytes_u64 (b, 8);

  row->plain_start = (u & UINT32_MAX) << 12;
  row->plain_len = (u >> 32 & 0xffffff) + 1;
  row->flags = (uint32_t) (u >> 56);
  row->stored_start = c & UINT64_C (0xffffffffff);
  row->stored_len = c >> 40;
  row->low = bytes_u32 (b, 16);
  row->high = bytes_u32 (b, 20);
}

/* Flags that contradict each other or the blob's features. */
static int
check_flags (const struct rafs_blob *blob, const struct row *row, uint32_t i,
             struct error *err)
{
  uint32_t flags = row->flags, contexts = flags & (ROW_ZRAN | ROW_BATCH);

  if ((flags & ~ROW_KNOWN) != 0 ||
      contexts == (ROW_ZRAN | ROW_BATCH) ||
      (contexts != 0 && (flags & ROW_CRC32) != 0) ||
      ((flags & ROW_ZRAN) != 0 && (blob->features & RAFS_ZRAN) == 0) ||
      ((flags & ROW_BATCH) != 0 && (blob->features & RAFS_BATCH) == 0) ||
      ((flags & ROW_ENCRYPTED) != 0 && (blob->features & RAFS_ENCRYPTED) == 0))
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": flags 0x%" PRIx32 " in a blob with "
                      "features 0x%" PRIx32, i, flags, blob->features);
  return 0;
}

/* The chunk lies in a context. */
static int
place_in_context (const struct rafs_rows *p, const struct row *row, uint32_t i,
                  struct error *err)
{
  struct chunk *chunk = &p->table->chunks[i];
  struct chunk_context *context;

  if (row->high >= p->table->n_contexts)
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": context %" PRIu32 " of %" PRIu32,
                      i, row->high, p->table->n_contexts);
  context = &p->table->contexts[row->high];
  if (row->low > context->plain_len ||
      chunk->plain_len > context->plain_len - row->low)
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": %" PRIu32 " bytes at byte %" PRIu32
                      " of context %" PRIu32 ", which has %" PRIu32, i,
                      chunk->plain_len, row->low, row->high,
                      context->plain_len);
  chunk->context = row->high;
  chunk->context_offset = row->low;
  if ((row->flags & ROW_ZRAN) != 0)
    return 0;

  if (p->placed[row->high] && context->stored_start != row->stored_start)
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": batch %" PRIu32 " is stored at byte "
                      "%" PRIu64 " and at byte %" PRIu64, i, row->high,
                      context->stored_start, row->stored_start);
  context->stored_start = row->stored_start;
  p->placed[row->high] = true;
  return 0;
}

/* The chunk is stored on its own. */
static int
place_alone (const struct rafs_rows *p, const struct row *row, uint32_t i,
             struct error *err)
{
  struct chunk *chunk = &p->table->chunks[i];
  bool padded = (row->flags & ROW_ENCRYPTED) != 0 &&
    rafs_is_padded (row->plain_len, row->stored_len);

  if ((row->flags & ROW_COMPRESSED) != 0)
    chunk->codec = (uint8_t) rafs_codec (p->blob->compressor);
  else
    chunk->codec = CHUNK_STORED;
  if (row->stored_len == 0 ||
      (chunk->codec == CHUNK_STORED && row->stored_len != row->plain_len &&
       !padded))
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": %" PRIu64 " bytes stored in %" PRIu64
                      " %s", i, row->plain_len, row->stored_len,
                      (row->flags & ROW_COMPRESSED) != 0 ?
                      "without a compressor" : "as they are");
  chunk->context = CHUNK_NO_CONTEXT;
  chunk->stored_start = row->stored_start;
  chunk->stored_len = (uint32_t) row->stored_len;
  chunk->encrypted = row->flags & ROW_ENCRYPTED;
  if ((row->flags & ROW_CRC32) != 0) {
    chunk->has_crc = true;
    p->table->crcs[i] = row->low;
  }
  return 0;
}

/* Blobs that Nydus writes itself have their chunks stored in order, each once;
 * the members of a batch lie together.
 */
static int
check_order (const struct rafs_rows *p, struct error *err)
{
  const struct chunk_table *table = p->table;
  uint32_t context = CHUNK_NO_CONTEXT, len, i;
  uint64_t end = 0, start;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *chunk = &table->chunks[i];

    if (chunk->context != CHUNK_NO_CONTEXT && chunk->context == context)
      continue;
    context = chunk->context;
    start = context == CHUNK_NO_CONTEXT ? chunk->stored_start
      : table->contexts[context].stored_start;
    len = context == CHUNK_NO_CONTEXT ? chunk->stored_len
      : table->contexts[context].stored_len;
    if (start < end)
      return error_set (err, EINVAL,
                        "chunk %" PRIu32 ": stored at byte %" PRIu64
                        ", before the end of the one before, %" PRIu64, i,
                        start, end);
    end = start + len;
  }
  return 0;
}

/* A batch of which nobody says where it is stored. */
static int
check_placed (const struct rafs_rows *p, struct error *err)
{
  uint32_t i;

  for (i = 0; i < p->table->n_contexts; ++i)
    if (!p->placed[i])
      return error_set (err, EINVAL,
                        "context %" PRIu32 ": the batch has no chunk", i);
  return 0;
}

int
rafs_rows_parse (const struct rafs_rows *p, struct bytes info,
                 struct error *err)
{
  bool v2 = p->blob->features & RAFS_CHUNK_INFO_V2;
  uint64_t size = v2 ? RAFS_ROW_V2_SIZE : RAFS_ROW_V1_SIZE, plain = 0;
  struct row row;
  struct bytes b;
  uint32_t i;

  for (i = 0; i < p->table->n_chunks; ++i) {
    if (!bytes_slice (info, i * size, size, &b))
      return error_set (err, EINVAL, "chunk %" PRIu32 " is missing", i);
    if (v2)
      read_row_v2 (b, &row);
    else
      read_row_v1 (b, &row);
    if (row.plain_start != plain || row.plain_len > p->blob->chunk_size)
      return error_set (err, EINVAL,
                        "chunk %" PRIu32 ": %" PRIu64 " bytes at byte "
                        "%" PRIu64 ", expected at most %" PRIu32 " at %"
                        PRIu64, i, row.plain_len, row.plain_start,
                        p->blob->chunk_size, plain);
    p->table->chunks[i].plain_start = row.plain_start;
    p->table->chunks[i].plain_len = (uint32_t) row.plain_len;
    if (check_flags (p->blob, &row, i, err) == -1 ||
        ((row.flags & (ROW_ZRAN | ROW_BATCH)) != 0 ?
         place_in_context (p, &row, i, err) :
         place_alone (p, &row, i, err)) == -1)
      return -1;
    /* Below 2^44 + 2^24: no overflow. */
    plain = (row.plain_start + row.plain_len + RAFS_ALIGN - 1) &
      ~(uint64_t) (RAFS_ALIGN - 1);
  }
  if (plain != p->blob->plain_size)
    return error_set (err, EINVAL,
                      "the chunks end at byte %" PRIu64 ", but the blob has %"
                      PRIu64 " bytes", plain, p->blob->plain_size);
  if ((p->blob->features & RAFS_BATCH) != 0 && check_placed (p, err) == -1)
    return -1;
  /* Of old gzip blobs only a bound of the stored length is known. */
  if ((p->blob->features & (RAFS_ZRAN | RAFS_SEPARATE)) != 0 ||
      (!v2 && p->blob->compressor == RAFS_GZIP))
    return 0;
  return check_order (p, err);
}
