/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rafs_digests.h"
#include "vector.h"

/* Offsets of the fields within a row. */
enum {
  ROW_DIGEST = 0,
  ROW_BLOB = 32,
  ROW_FLAGS = 36,
  ROW_INDEX = 72,
  ROW_CRC = 76,
};

#define ROW_HAS_CRC 0x10u

#define DIGEST_LEN 32

struct digest_row {
  uint32_t chunk;
  uint32_t crc;
  bool has_crc;
  uint8_t digest[DIGEST_LEN];
};

DEFINE_VECTOR (digest_rows, struct digest_row)

struct rafs_digest_rows {
  struct digest_rows rows;
};

int
rafs_digests_init (struct rafs_digests *digests, const struct rafs *rafs,
                   struct error *err)
{
  digests->rafs = rafs;
  digests->n_rows = 0;
  digests->blobs = calloc ((size_t) rafs->n_blobs + 1,
                           sizeof *digests->blobs);
  if (digests->blobs == NULL)
    return error_set_errno (err, ENOMEM, "digests of %" PRIu32 " blobs",
                            rafs->n_blobs);
  return 0;
}

void
rafs_digests_clear (struct rafs_digests *digests)
{
  uint32_t i;

  if (digests->blobs != NULL)
    for (i = 0; i < digests->rafs->n_blobs; ++i)
      digest_rows_reset (&digests->blobs[i].rows);
  free (digests->blobs);
  digests->blobs = NULL;
}

static int
add_row (struct rafs_digests *digests, struct bytes b, struct error *err)
{
  uint32_t blob = bytes_u32 (b, ROW_BLOB);
  struct digest_row row;

  if (blob >= digests->rafs->n_blobs)
    return error_set (err, EINVAL, "blob %" PRIu32 " of %" PRIu32, blob,
                      digests->rafs->n_blobs);
  /* A tar's row has nothing to verify with: it stands for all its chunks. */
  if (rafs_blob_is_raw (&digests->rafs->blobs[blob]))
    return 0;

  memset (&row, 0, sizeof row);
  row.chunk = bytes_u32 (b, ROW_INDEX);
  row.crc = bytes_u32 (b, ROW_CRC);
  row.has_crc = bytes_u32 (b, ROW_FLAGS) & ROW_HAS_CRC;
  memcpy (row.digest, b.ptr + ROW_DIGEST, sizeof row.digest);
  if (row.chunk >= digests->rafs->blobs[blob].chunk_count)
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 " of device slot %" PRIu32
                      ", which has %" PRIu32, row.chunk, blob + 1,
                      digests->rafs->blobs[blob].chunk_count);
  if (digest_rows_append (&digests->blobs[blob].rows, row) == -1)
    return error_set_errno (err, ENOMEM, "digests");
  return 0;
}

int
rafs_digests_add (struct rafs_digests *digests, struct bytes rows,
                  struct error *err)
{
  struct bytes b;
  size_t i;

  for (i = 0; i < rows.len; i += RAFS_CHUNK_ROW_SIZE) {
    if (!bytes_slice (rows, i, RAFS_CHUNK_ROW_SIZE, &b))
      return error_set (err, EINVAL,
                        "RAFS: %zu bytes of chunk table, expected a multiple "
                        "of %d", rows.len, RAFS_CHUNK_ROW_SIZE);
    if (add_row (digests, b, err) == -1)
      return error_prefix (err, "RAFS: chunk table's row %" PRIu64,
                           digests->n_rows);
    digests->n_rows++;
  }
  return 0;
}

static int
need_digests (struct chunk_table *table, enum digest_kind kind,
              struct error *err)
{
  table->digest_kind = kind;
  if (table->digests == NULL)
    table->digests = calloc ((size_t) table->n_chunks + 1, DIGEST_LEN);
  if (table->crcs == NULL)
    table->crcs = calloc ((size_t) table->n_chunks + 1, sizeof *table->crcs);
  if (table->digests == NULL || table->crcs == NULL)
    return error_set_errno (err, ENOMEM, "digests of %" PRIu32 " chunks",
                            table->n_chunks);
  return 0;
}

static int
set_digest (struct chunk_table *table, uint32_t chunk, const uint8_t *digest,
            struct error *err)
{
  uint8_t *p = table->digests + (size_t) chunk * DIGEST_LEN;

  if (table->chunks[chunk].has_digest && memcmp (p, digest, DIGEST_LEN) != 0)
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": there are two digests, which differ",
                      chunk);
  memcpy (p, digest, DIGEST_LEN);
  table->chunks[chunk].has_digest = true;
  return 0;
}

static int
set_crc (struct chunk_table *table, uint32_t chunk, uint32_t crc,
         struct error *err)
{
  if (table->chunks[chunk].has_crc && table->crcs[chunk] != crc)
    return error_set (err, EINVAL,
                      "chunk %" PRIu32 ": there are two CRC-32Cs, 0x%08" PRIx32
                      " and 0x%08" PRIx32, chunk, table->crcs[chunk], crc);
  table->crcs[chunk] = crc;
  table->chunks[chunk].has_crc = true;
  return 0;
}

int
rafs_digests_take (struct rafs_digests *digests, uint32_t i,
                   struct chunk_table *table, struct error *err)
{
  struct digest_rows *rows = &digests->blobs[i].rows;
  size_t k;

  if (need_digests (table, digests->rafs->blobs[i].digest_kind, err) == -1)
    return -1;
  for (k = 0; k < rows->len; ++k) {
    const struct digest_row *row = &rows->ptr[k];

    if (row->chunk >= table->n_chunks)
      return error_set (err, EINVAL, "chunk %" PRIu32 " of %" PRIu32,
                        row->chunk, table->n_chunks);
    if (set_digest (table, row->chunk, row->digest, err) == -1 ||
        (row->has_crc &&
         set_crc (table, row->chunk, row->crc, err) == -1))
      return -1;
  }
  digest_rows_reset (rows);
  return 0;
}

int
rafs_digests_merge (struct chunk_table *table, struct bytes raw,
                    enum digest_kind kind, struct error *err)
{
  struct bytes b;
  uint32_t i;

  if (raw.len != (uint64_t) table->n_chunks * DIGEST_LEN)
    return error_set (err, EINVAL,
                      "%zu bytes of digests for %" PRIu32 " chunks", raw.len,
                      table->n_chunks);
  if (need_digests (table, kind, err) == -1)
    return -1;
  for (i = 0; i < table->n_chunks; ++i)
    if (!bytes_slice (raw, (uint64_t) i * DIGEST_LEN, DIGEST_LEN, &b) ||
        set_digest (table, i, b.ptr, err) == -1)
      return -1;
  return 0;
}
