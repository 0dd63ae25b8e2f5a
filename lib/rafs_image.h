/* SPDX-License-Identifier: BSD-3-Clause */
/* struct rafs_image: what a RAFS v6 bootstrap says of its blobs, and how a
 * blob's file becomes a chunk table.
 *
 * How it is used: rafs_image_read; for each blob find the file named
 * blobs[i].id (and, of a SEPARATE blob, that named by rafs_blob_meta_name);
 * rafs_image_open_blob.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_RAFS_IMAGE_H
#define EROFSFLAT_RAFS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "chunk_table.h"
#include "decoder.h"
#include "device_table.h"
#include "error.h"
#include "rafs.h"
#include "rafs_digests.h"
#include "source.h"
#include "superblock.h"

struct rafs_image {
  struct rafs rafs;             /* owned; `digests' points to it, so that the
                                   whole is not to be copied */
  struct rafs_digests digests;  /* owned */
};

/* Read and check extended superblock, blob table and chunk table; `sb' and
 * `table' are those of the same bootstrap.  On success the caller releases
 * the result with rafs_image_clear.  Error: EINVAL, EIO, ENOMEM; the text
 * names the device slot, but not the file.
 */
extern int rafs_image_read (struct source *bootstrap,
                            const struct superblock *sb,
                            const struct device_table *table,
                            struct rafs_image *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4, 5), __warn_unused_result__));
extern void rafs_image_clear (struct rafs_image *image);

/* Make the sealed chunk table of blob i (from 0), once.  `data' is the blob's
 * file; `meta' is that of its chunk information, and only looked at if the
 * blob is SEPARATE.  *ret_is_raw: the file is the plain data (a tar), and
 * there is no table.  Else the caller releases the table with
 * chunk_table_clear.  Error: EINVAL, EIO, ENOMEM; the text names neither blob
 * nor file.
 */
extern int rafs_image_open_blob (struct rafs_image *image, uint32_t i,
                                 struct source *data, struct source *meta,
                                 struct decoder *decoder, bool *ret_is_raw,
                                 struct chunk_table *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 5, 6, 7, 8), __warn_unused_result__));

#endif
