/* SPDX-License-Identifier: BSD-3-Clause */
/* struct chunk_loader: the bytes of one chunk of a blob, verified, from the
 * cache, by decoding what is stored, or straight from the file.
 *
 * What is trusted when:
 *
 *   - a unit in the cache was decoded to exactly its length.  A unit that is
 *     one chunk was verified before it got there.
 *   - the chunks of a context are verified one by one, when they are first
 *     read from it: a wrong one must not fail the reads of its neighbours.
 *     `verified_load' has, for each, the serial number of the load whose bytes
 *     were verified; another load of the same unit is another matter.
 *   - a chunk that is stored as it is goes to the client straight from the
 *     file.  To verify it takes all of it; so it is read and verified whole
 *     once, and after that, while the file is unchanged (`verified'), only
 *     what is asked for is read.  Where that cannot be told of the file, the
 *     chunk is kept in the cache like one that was decoded.
 *
 * Thread-safety: any thread may read and load; the fields do not change, but
 * for what is atomic or has a lock of its own.
 */
#ifndef EROFSFLAT_CHUNK_LOADER_H
#define EROFSFLAT_CHUNK_LOADER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunk_service.h"
#include "chunk_table.h"
#include "error.h"
#include "source.h"
#include "verified_set.h"

struct chunk_loader {
  struct source *stored;        /* owned reference */
  struct chunk_table table;     /* owned */
  struct chunk_service service;
  uint32_t id;                  /* in the cache's keys */
  struct verified_set verified; /* of chunks that are stored as they are */
  atomic_uint_least64_t *verified_load; /* owned; NULL without contexts */
  char *name;                   /* owned: of the blob, for messages */
};

/* Takes the sealed `table' on success, which is zeros then; what `service'
 * points to outlives the loader.  Error: ENOMEM; there is nothing to clear.
 */
extern int chunk_loader_init (struct chunk_loader *loader,
                              struct source *stored, const char *name,
                              struct chunk_table *table,
                              const struct chunk_service *service,
                              struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4, 5, 6), __warn_unused_result__));
extern void chunk_loader_clear (struct chunk_loader *loader);

/* Is the chunk stored as it is?  Then it is read from the file, if it can be
 * told of that whether it has changed.
 */
static inline bool
chunk_is_stored (const struct chunk *chunk)
{
  return chunk->context == CHUNK_NO_CONTEXT &&
    chunk->codec == CHUNK_STORED && !chunk->encrypted;
}

/* Read [offset, offset+len) of chunk i, which lies inside it.  Error: EIO,
 * ENOMEM; the text names blob, chunk and bytes.
 */
extern int chunk_loader_read (struct chunk_loader *loader, uint32_t i,
                              uint32_t offset, size_t len, void *buf,
                              struct error *err)
  __attribute__ ((__nonnull__ (1, 5, 6), __warn_unused_result__));

/* Have the unit of chunk i in the cache.  A hint. */
extern void chunk_loader_load (struct chunk_loader *loader, uint32_t i)
  __attribute__ ((__nonnull__ (1)));

/* Name the blob and chunk i in front of an error of its bytes, and make it EIO
 * or leave it ENOMEM.  Returns -1.
 */
extern int chunk_loader_error (const struct chunk_loader *loader, uint32_t i,
                               struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

#endif
