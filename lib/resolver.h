/* SPDX-License-Identifier: BSD-3-Clause */
/* struct resolver: finds the data of each device slot.
 *
 * In this order:
 *
 *   1. blob=FILE, the k-th for slot k
 *   2. the tag as a file's name in a blobdir
 *   3. the tag as 32 hexadecimal digits, the UUID of an image in a blobdir
 *   4. no tag, and only one device: in the bootstrap file itself (a tar index
 *      joined to its tar), else the one file that can be it in a blobdir that
 *      the user gave
 *
 * Where the image was given as a VMDK descriptor, its k-th file behind the
 * bootstrap is the data of slot k, and nothing is looked for.
 *
 * The blobs of a RAFS image are found by 1 and 2 only; of one whose chunk
 * information is in a file of its own, that file is found by 2.
 *
 * Where the tag is a UUID and the file found is an EROFS image, they must
 * agree, however it was found; blob_take has the one exception.  An image that
 * itself has a device table is a tar index: the data is the tar joined to it.
 * Never a guess: two candidates are an error.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_RESOLVER_H
#define EROFSFLAT_RESOLVER_H

#include <stdint.h>

#include "blob.h"
#include "error.h"
#include "log.h"
#include "options.h"
#include "primary.h"

struct resolver;

/* What the resolver works on; all of it outlives the resolver. */
struct resolver_context {
  const struct options *options;
  const struct blob_context *blob;
  struct primary *primary;
  const struct log *log;                        /* may be NULL */
};

/* Error: ENOMEM; EINVAL if blob= is given or files are listed, but not
 * one for each device. */
extern struct resolver *resolver_new (const struct resolver_context *context,
                                      struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));
extern void resolver_free (struct resolver *resolver);  /* NULL is fine */

/* Find the data of slot i (from 0).  On success the caller owns *ret and
 * blob_clears it; data_len is not set yet.  Error: EINVAL, ENOENT, or what
 * opening or reading gave; the text names files, but not the slot.
 */
extern int resolver_find (struct resolver *resolver, uint32_t i,
                          struct blob *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4), __warn_unused_result__));

#endif
