/* SPDX-License-Identifier: BSD-3-Clause */
/* struct chunk_service: what all compressed blobs of an image share.
 *
 * Thread-safety: as its parts; the fields do not change.
 */
#ifndef EROFSFLAT_CHUNK_SERVICE_H
#define EROFSFLAT_CHUNK_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "chunk_cache.h"
#include "decoder.h"
#include "error.h"
#include "read_ahead.h"

/* Added to once for a unit that is loaded, or a chunk that is verified: never
 * by a read that finds all in the cache.
 */
struct chunk_counters {
  atomic_uint_least64_t decoded_bytes;          /* plain ones */
  atomic_uint_least64_t verify_failures;
};

struct chunk_service {
  struct chunk_cache *cache;            /* owned */
  struct decoder_pool *decoders;        /* owned */
  struct read_ahead *ahead;             /* owned; not running until told so */
  struct chunk_counters *counters;      /* owned */
  uint64_t ahead_bytes;                 /* one source may have loaded ahead */
  unsigned decodes;                     /* at once */
  bool verify;                          /* digests and checksums of chunks */
};

/* See chunk_cache_new.  A zero-initialised service may be cleared, and so may
 * one that could not be started.  Error: ENOMEM.
 */
extern int chunk_service_start (struct chunk_service *service,
                                uint64_t cache_bytes, unsigned decodes,
                                bool verify, struct error *err)
  __attribute__ ((__nonnull__ (1, 5), __warn_unused_result__));

/* Start the threads that decode ahead of sequential readers: after a fork.
 * Error: that of pthread_create.
 */
extern int chunk_service_start_threads (struct chunk_service *service,
                                        struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

/* Stop them; needed before the sources are released for the last time. */
extern void chunk_service_stop_threads (struct chunk_service *service);

extern void chunk_service_clear (struct chunk_service *service);

struct chunk_service_stats {
  struct chunk_cache_stats cache;
  uint64_t decoded_bytes;       /* that units decoded to, or were read whole
                                   to be verified */
  uint64_t verify_failures;     /* so often a unit did not decode to what it
                                   should, or a chunk did not match its digest
                                   or checksum */
};

extern void chunk_service_get_stats (const struct chunk_service *service,
                                     struct chunk_service_stats *ret)
  __attribute__ ((__nonnull__ (1, 2)));

#endif
