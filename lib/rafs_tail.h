/* SPDX-License-Identifier: BSD-3-Clause */
/* struct rafs_tail: the end of a RAFS blob's file, and the parts that it
 * tells of, above all a bootstrap that lies in the blob ("inline meta").
 *
 * Thread-safety: read-only once read.
 */
#ifndef EROFSFLAT_RAFS_TAIL_H
#define EROFSFLAT_RAFS_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "checked.h"
#include "decoder.h"
#include "error.h"
#include "rafs_toc.h"
#include "source.h"

struct rafs_tail {
  struct rafs_toc toc;
  struct bytes bytes;           /* of buf: the file's last ones */
  uint8_t buf[RAFS_TAIL_MAX];
};

/* No part is larger, in bytes. */
#define RAFS_PART_MAX (UINT64_C (1) << 30)

/* Nor is so much memory taken for a few stored bytes: `stored_len' of them
 * decode to no more than this.  Bootstraps and rows of chunks do not have the
 * long runs of one byte that it takes to get there: they shrink to a twentieth
 * at best.
 */
static inline uint64_t
rafs_part_limit (uint64_t stored_len)
{
  return stored_len >= RAFS_PART_MAX / 256 ? RAFS_PART_MAX :
    min_u64 (stored_len * 256 + (16 << 20), RAFS_PART_MAX);
}

/* The result points into itself: it is not to be copied.  A file that is no
 * such blob has a table of contents without entries.  Error: EINVAL, EIO.
 */
extern int rafs_tail_read (struct source *file, struct rafs_tail *ret,
                           struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Read a part, decompress it and verify its digest.  Returns plain_len bytes,
 * which the caller frees.  Error: EINVAL, EIO, ENOMEM.
 */
extern uint8_t *rafs_tail_read_part (struct source *file,
                                     const struct rafs_toc_entry *entry,
                                     struct decoder *decoder,
                                     struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4)));

/* If there is a bootstrap in the file, a new memory source of that; if not,
 * *ret is NULL.  `is_image': the file begins as an image; then only a bootstrap
 * that begins there too counts, which is that of an image without data.
 *
 * Of its blobs, one whose id rafs_blob_is_own_file is this file, and so is the
 * file of chunk information that rafs_blob_meta_name has no name for.  Error:
 * EINVAL, EIO, ENOMEM.
 */
extern int rafs_tail_open_bootstrap (struct source *file, bool is_image,
                                     struct decoder *decoder,
                                     struct source **ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4, 5), __warn_unused_result__));

#endif
