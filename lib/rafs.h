/* SPDX-License-Identifier: BSD-3-Clause */
/* struct rafs: what Nydus adds to EROFS in a RAFS v6 bootstrap: the extended
 * superblock behind EROFS's own, and the blob table, which says how each
 * device slot's data is stored.
 *
 * To the kernel such an image is ordinary EROFS; slot i and blob i are the
 * same thing.  Blobs are found by id: their order is not that of the layers.
 *
 * Pure functions: no I/O, thread-safe.
 */
#ifndef EROFSFLAT_RAFS_H
#define EROFSFLAT_RAFS_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "device_table.h"
#include "error.h"
#include "rafs_blob.h"
#include "superblock.h"

/* Superblock and extended superblock, as bytes from the start of the image:
 * what rafs_parse_head wants to see.
 */
#define RAFS_HEAD_OFFSET SUPERBLOCK_OFFSET
#define RAFS_HEAD_SIZE (SUPERBLOCK_SIZE + 256)

static inline bool
rafs_is_rafs (const struct superblock *sb)
{
  return sb->feature_compat & SUPERBLOCK_COMPAT_RAFS_V6;
}

/* Parse and check the RAFS_HEAD_SIZE bytes at RAFS_HEAD_OFFSET; of *ret all
 * but the blobs is set.  Error: EINVAL.
 */
extern int rafs_parse_head (struct bytes head, const struct superblock *sb,
                            uint64_t bootstrap_size, struct rafs *ret,
                            struct error *err)
  __attribute__ ((__nonnull__ (2, 4, 5), __warn_unused_result__));

/* Parse the blob table, which is blob_table_len bytes, and check it against
 * the device table.  On success the caller releases rafs with rafs_clear.
 * Error: EINVAL, ENOMEM; the text names the device slot.
 */
extern int rafs_parse_blobs (struct bytes raw, const struct device_table *table,
                             struct rafs *rafs, struct error *err)
  __attribute__ ((__nonnull__ (2, 3, 4), __warn_unused_result__));

extern void rafs_clear (struct rafs *rafs);

/* The blob is served as it is (a tar); it has no chunk information. */
static inline bool
rafs_blob_is_raw (const struct rafs_blob *blob)
{
  return blob->features & RAFS_TARFS;
}

/* Its chunk information is in a file of its own. */
static inline bool
rafs_blob_is_separate (const struct rafs_blob *blob)
{
  return blob->features & RAFS_SEPARATE;
}

/* The id says: the file that this bootstrap was found in (64 times "x").  If
 * that is not known, the file must be given.
 */
extern bool rafs_blob_is_own_file (const struct rafs_blob *blob);

/* The name of the file with a SEPARATE blob's chunk information: 64
 * hexadecimal digits.  False if the bootstrap does not say: then it is the
 * file that this bootstrap was found in.
 */
extern bool rafs_blob_meta_name (const struct rafs_blob *blob,
                                 char ret[RAFS_ID_SIZE + 1])
  __attribute__ ((__nonnull__ (1, 2)));

/* How a unit of a blob with this compressor is stored if it is compressed. */
extern enum chunk_codec rafs_codec (enum rafs_compressor compressor);

/* The name of one feature bit, or NULL if it has none. */
extern const char *rafs_feature_name (uint32_t bit);

#endif
