/* SPDX-License-Identifier: BSD-3-Clause */
/* struct chunk_cache: decoded units of all blobs, least recently used out
 * first, and the limit on how many are decoded at once.
 *
 * Whoever wants a unit gets it; if it is not there it is loaded by the first
 * who asks, once, however many ask; others who want other units are not held
 * up.  A load that fails is an error for all who waited for it, nothing of it
 * is kept, and who asks next tries again.
 *
 * Memory: every buffer that exists is either charged to the budget or has one
 * of the `decodes' places.  So all buffers together stay under
 *
 *     bytes + decodes x the largest unit
 *
 * at any load, whatever the sizes; a unit that does not fit the budget is
 * handed to those who wait for it and forgotten.  Nobody waits for a place
 * while holding a unit, so there is always progress: get, copy, put, and only
 * then the next get.
 *
 * Thread-safety: all functions from any thread.
 */
#ifndef EROFSFLAT_CHUNK_CACHE_H
#define EROFSFLAT_CHUNK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache_shard.h"
#include "error.h"

struct chunk_cache;

/* Fill the buffer, which is `len' bytes, or fail.  Called without locks. */
typedef int (*cache_load_fn) (void *opaque, uint8_t *buf, size_t len,
                              struct error *err);

struct cache_ref {
  const uint8_t *data;          /* valid until chunk_cache_put */
  uint64_t serial;              /* of these very bytes: another load of the
                                   unit has another one; never 0 */
  struct cache_entry *entry;
};

struct chunk_cache_stats {
  uint64_t hits, misses, evictions;
  uint64_t bytes;               /* charged to the budget now */
  uint64_t limit;               /* the budget */
  uint64_t peak_bytes;          /* the most that all buffers took */
};

/* Bytes that an entry takes beside its unit, about: charged, too, or a cache of
 * units of some bytes would take many times its size.
 */
#define CHUNK_CACHE_ENTRY 144

/* `bytes' may be 0: nothing is kept.  `decodes' is at least 1. */
extern struct chunk_cache *chunk_cache_new (uint64_t bytes, unsigned decodes,
                                            struct error *err)
  __attribute__ ((__nonnull__ (3)));
extern void chunk_cache_free (struct chunk_cache *cache); /* nothing is held */

/* A number for a new source, for its keys. */
extern uint32_t chunk_cache_new_id (struct chunk_cache *cache);

/* Get a unit of `len' bytes, from the cache or by `load'.  Without `keep' it is
 * forgotten when those who wait for it have put it.  Error: ENOMEM, or what
 * `load' set.
 */
extern int chunk_cache_get (struct chunk_cache *cache, struct cache_key key,
                            size_t len, bool keep, cache_load_fn load,
                            void *opaque, struct cache_ref *ret,
                            struct error *err)
  __attribute__ ((__nonnull__ (1, 5, 7, 8), __warn_unused_result__));
extern void chunk_cache_put (struct chunk_cache *cache, struct cache_ref *ref)
  __attribute__ ((__nonnull__ (1, 2)));

/* Put, and forget the unit: what is in it turned out to be wrong. */
extern void chunk_cache_drop (struct chunk_cache *cache,
                              struct cache_ref *ref)
  __attribute__ ((__nonnull__ (1, 2)));

extern void chunk_cache_get_stats (struct chunk_cache *cache,
                                   struct chunk_cache_stats *ret)
  __attribute__ ((__nonnull__ (1, 2)));

#endif
