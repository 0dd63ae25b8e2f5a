/* SPDX-License-Identifier: BSD-3-Clause */
/* struct rafs_resolver: from the file of a RAFS blob to its plain bytes.
 *
 * The chunk information of a blob that was made of an existing tar or tar.gz
 * is in a file of its own, named by its digest, which is looked for in the
 * folders of blobdir=.  The blob of an image whose bootstrap was found inside
 * a blob's file may be that file.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_RAFS_RESOLVER_H
#define EROFSFLAT_RAFS_RESOLVER_H

#include <stdint.h>

#include "blob.h"
#include "error.h"
#include "rafs_image.h"
#include "search_path.h"
#include "source.h"

/* Nothing in it is owned. */
struct rafs_resolver {
  const struct blob_context *blob;
  struct rafs_image *image;
  struct search_path *path;
  struct source *own_file;      /* that the bootstrap was found in, or NULL */
};

/* Take a file as blob i (from 0), once.  On success the caller blob_clears
 * *ret; data_len is not set yet.  Error: EINVAL, ENOENT, or what opening or
 * reading gave; the text names the file.
 */
extern int rafs_resolver_take (struct rafs_resolver *r, uint32_t i,
                               struct source *data, enum blob_origin origin,
                               struct blob *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 5, 6), __warn_unused_result__));

/* The same for a blob that rafs_blob_is_own_file. */
extern int rafs_resolver_take_own (struct rafs_resolver *r, uint32_t i,
                                   struct blob *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4), __warn_unused_result__));

#endif
