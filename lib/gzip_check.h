/* SPDX-License-Identifier: BSD-3-Clause */
/* struct gzip_check: are all plain bytes of a gzip file with checkpoints right?
 *
 * The only checksum is that of each member, and what is served is decoded from
 * checkpoints, which may be wrong as well.  So the file is decoded once more,
 * from its start on and without them; this is compared with the checksums, and
 * what was served of each chunk with this.
 *
 * Thread-safety: gzip_check_served by any threads, each chunk by one of them,
 * while another is in gzip_check_read; the rest by one thread.
 */
#ifndef EROFSFLAT_GZIP_CHECK_H
#define EROFSFLAT_GZIP_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "chunk_loader.h"
#include "error.h"

struct gzip_chunk_sums;

struct gzip_check {
  const struct chunk_loader *loader;    /* borrowed */
  struct gzip_chunk_sums *sums; /* owned: one for each chunk */
  uint32_t chunk;               /* of gzip_check_read: where it is */
  uint32_t chunk_len;           /* what it has of that one */
};

/* Is this the table of such a file? */
extern bool gzip_check_is_for (const struct chunk_table *table);

/* Error: ENOMEM; there is nothing to clear. */
extern int gzip_check_init (struct gzip_check *check,
                            const struct chunk_loader *loader,
                            struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));
extern void gzip_check_clear (struct gzip_check *check);

/* This was served of chunk i, all of it. */
extern void gzip_check_served (struct gzip_check *check, uint32_t i,
                               const void *plain)
  __attribute__ ((__nonnull__ (1, 3)));

/* Told of [offset, offset+len) of the plain bytes. */
struct gzip_check_told {
  void (*done) (void *opaque, uint64_t len);    /* they are decoded */
  void (*fault) (void *opaque, uint64_t offset, uint64_t len,
                 const struct error *err);
  void *opaque;
};

/* Decode all members up to the end of the plain bytes, and tell of those that
 * are not right.
 */
extern void gzip_check_read (struct gzip_check *check,
                             const struct gzip_check_told *told)
  __attribute__ ((__nonnull__ (1, 2)));

/* After all that, tell of chunks that were served otherwise than the file has
 * them, as far as it is right.
 */
extern void gzip_check_compare (const struct gzip_check *check,
                                const struct gzip_check_told *told)
  __attribute__ ((__nonnull__ (1, 2)));

#endif
