/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of RAFS's chunk information, one for each chunk, of version 1 or 2.
 * Only for rafs_meta.c.
 */
#ifndef EROFSFLAT_RAFS_ROWS_H
#define EROFSFLAT_RAFS_ROWS_H

#include <stdbool.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"
#include "rafs.h"

#define RAFS_ROW_V1_SIZE 16
#define RAFS_ROW_V2_SIZE 24

/* What a parser works on: contexts and crcs of the table are there already. */
struct rafs_rows {
  const struct rafs_blob *blob;
  struct chunk_table *table;
  bool *placed;                 /* of each batch: stored_start is known */
};

/* A unit of less than 16 bytes is padded before it is encrypted. */
static inline bool
rafs_is_padded (uint64_t plain_len, uint64_t stored_len)
{
  return plain_len < 16 && stored_len == 18;
}

/* Fill in the table's chunks, and where the batches are stored.  Error:
 * EINVAL; the text names the chunk.
 */
extern int rafs_rows_parse (const struct rafs_rows *p, struct bytes info,
                            struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

#endif
