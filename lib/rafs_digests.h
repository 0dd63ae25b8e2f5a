/* SPDX-License-Identifier: BSD-3-Clause */
/* struct rafs_digests: what the bootstrap's chunk table says of the chunks of
 * all blobs: digest and CRC-32C.
 *
 * The table is sorted by digest, so that it is read once, in pieces of any
 * size, and its rows are put aside for each blob; memory is bounded by the
 * table's own length, not by any count that it declares.  When a blob's chunks
 * are known, its digests go to their places in the chunk table.
 *
 * Pure functions: no I/O; thread-safe on different objects.
 */
#ifndef EROFSFLAT_RAFS_DIGESTS_H
#define EROFSFLAT_RAFS_DIGESTS_H

#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"
#include "rafs.h"

struct rafs_digest_rows;

struct rafs_digests {
  const struct rafs *rafs;      /* outlives this */
  uint64_t n_rows;              /* added so far */
  struct rafs_digest_rows *blobs;       /* owned: one for each blob */
};

/* Error: ENOMEM. */
extern int rafs_digests_init (struct rafs_digests *digests,
                              const struct rafs *rafs, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));
extern void rafs_digests_clear (struct rafs_digests *digests);

/* Add the next rows, a multiple of RAFS_CHUNK_ROW_SIZE bytes.  Error: EINVAL,
 * ENOMEM.
 */
extern int rafs_digests_add (struct rafs_digests *digests, struct bytes rows,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

/* Fill in digests and CRCs of blob i's chunk table, and forget the blob's
 * rows.  Error: ENOMEM; EINVAL if two rows, or a row and the chunk
 * information, contradict each other: the text names the chunk.
 */
extern int rafs_digests_take (struct rafs_digests *digests, uint32_t i,
                              struct chunk_table *table, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4), __warn_unused_result__));

/* The same from `blob.digest', which lies in some blobs' own files: 32 bytes
 * for each chunk.  After rafs_digests_take.
 */
extern int rafs_digests_merge (struct chunk_table *table, struct bytes raw,
                               enum digest_kind kind, struct error *err)
  __attribute__ ((__nonnull__ (1, 4), __warn_unused_result__));

#endif
