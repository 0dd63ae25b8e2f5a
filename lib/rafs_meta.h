/* SPDX-License-Identifier: BSD-3-Clause */
/* RAFS's chunk information: the rows (version 1 or 2), and the contexts of
 * batches or of a gzip file with checkpoints (zran), which a blob's header of
 * 4096 bytes locates.  Pure functions: bytes in, chunk table out.
 */
#ifndef EROFSFLAT_RAFS_META_H
#define EROFSFLAT_RAFS_META_H

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"
#include "rafs.h"

/* The header lies directly behind the stored chunk information. */
#define RAFS_META_HEADER_SIZE 4096

/* Does the header, decrypted, belong to this blob's chunk information?  It is
 * worth asking before all the rest is decompressed.  Error: EINVAL.
 */
extern int rafs_meta_check_header (struct bytes header,
                                   const struct rafs_blob *blob,
                                   struct error *err)
  __attribute__ ((__nonnull__ (2, 3), __warn_unused_result__));

/* Parse the plain chunk information, which is ci_plain_len bytes, with its
 * header.  What is checked here is what only RAFS can know; the caller seals
 * the table with the size of the file.  On success the caller releases the
 * table with chunk_table_clear.  Error: EINVAL, ENOMEM; the text names the
 * chunk or context, but not the blob.
 */
extern int rafs_meta_parse (struct bytes header, struct bytes info,
                            const struct rafs_blob *blob,
                            struct chunk_table *ret, struct error *err)
  __attribute__ ((__nonnull__ (3, 4, 5), __warn_unused_result__));

#endif
