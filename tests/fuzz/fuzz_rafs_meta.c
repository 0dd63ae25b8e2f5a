/* SPDX-License-Identifier: BSD-3-Clause */
/* The input: 12 bytes (features, compressor and chunk size's logarithm, stored
 * size of the file), 64 bytes of the header, and the plain chunk information.
 * The header's counts are made to agree with the input's length, so that the
 * rows are reached.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "rafs_meta.h"

#define HEAD 12
#define HEADER 64

extern int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What sealing promises to those who use the table. */
static void
check (const struct chunk_table *table, uint64_t stored_size)
{
  uint64_t end = 0;
  uint32_t i;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *c = &table->chunks[i];

    if (c->plain_start < end || c->plain_len == 0)
      abort ();
    end = c->plain_start + c->plain_len;
    if (c->context == CHUNK_NO_CONTEXT) {
      if (c->stored_start + c->stored_len > stored_size)
        abort ();
    }
    else if (c->context >= table->n_contexts ||
             (uint64_t) c->context_offset + c->plain_len >
             table->contexts[c->context].plain_len)
      abort ();
  }
  if (end > table->plain_size)
    abort ();
  for (i = 0; i < table->n_contexts; ++i) {
    const struct chunk_context *c = &table->contexts[i];

    if (c->stored_start + c->stored_len > stored_size ||
        c->resume.dict_offset + c->resume.dict_len > table->dictionaries_len)
      abort ();
  }
}

static void
put (uint8_t *p, uint64_t value, size_t bytes)
{
  for (; bytes > 0; --bytes, value >>= 8)
    *p++ = (uint8_t) value;
}

/* The blob that would fit the header's and the rows' length; chunk_count is 0
 * if none does.
 */
static void
make_blob (struct bytes all, struct bytes info, struct rafs_blob *blob)
{
  uint64_t last, contexts;
  size_t row;

  blob->features = bytes_u16 (all, 0);
  blob->compressor = (enum rafs_compressor) (bytes_u8 (all, 2) & 3);
  blob->chunk_size = 4096u << bytes_u8 (all, 3) % 13;
  memset (blob->cipher.key, 1, 16);
  row = blob->features & RAFS_CHUNK_INFO_V2 ? 24 : 16;
  blob->chunk_count = (uint32_t) (info.len / row);
  if (blob->features & (RAFS_ZRAN | RAFS_BATCH)) {
    contexts = bytes_u64 (all, HEAD + 40) / row;
    if (contexts < blob->chunk_count)
      blob->chunk_count = (uint32_t) contexts;
  }
  if (blob->chunk_count == 0)
    return;
  blob->ci_plain_len = info.len;
  blob->ci_stored_len = 1;
  /* Where the last row says that the blob ends. */
  last = bytes_u64 (info, (blob->chunk_count - 1) * row);
  blob->plain_size = row == 16 ?
    (last & UINT64_C (0xffffffff000)) + (last >> 44 | (last >> 8 & 15) << 20) :
    ((last & UINT32_MAX) << 12) + (last >> 32 & 0xffffff);
  blob->plain_size = (blob->plain_size + 4096) & ~UINT64_C (4095);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  uint8_t buf[RAFS_META_HEADER_SIZE] = { 0 };
  const struct bytes all = { .ptr = data, .len = size };
  const struct bytes header = { .ptr = buf, .len = sizeof buf };
  struct rafs_blob blob = { .id = "a", .ci_compressor = RAFS_ZSTD };
  struct chunk_table table;
  uint64_t stored_size;
  struct bytes info;
  struct error err;

  if (size < HEAD + HEADER ||
      !bytes_slice (all, HEAD + HEADER, size - HEAD - HEADER, &info))
    return 0;
  make_blob (all, info, &blob);
  if (blob.chunk_count == 0)
    return 0;
  stored_size = bytes_u64 (all, 4) & ((UINT64_C (1) << 42) - 1);
  memcpy (buf, data + HEAD, HEADER);
  put (buf, 0xb10bb10b, 4);
  put (buf + 4092, 0xb10bb10b, 4);
  put (buf + 8, RAFS_ZSTD, 4);
  put (buf + 12, blob.chunk_count, 4);
  put (buf + 16, 0, 8);
  put (buf + 24, 1, 8);
  put (buf + 32, info.len, 8);

  if (rafs_meta_parse (header, info, &blob, &table, &err) == -1)
    return 0;
  if (chunk_table_seal (&table, stored_size, &err) == 0)
    check (&table, stored_size);
  chunk_table_clear (&table);
  return 0;
}
