/* SPDX-License-Identifier: BSD-3-Clause */
/* struct decode_places: the limit on how many units are decoded at once, and
 * the buffers that they are decoded to.
 *
 * Who has a place may have one buffer that is not charged to the cache's
 * budget.  A free place may keep a buffer too, for the next unit of the same
 * length: what the cache evicts for a unit is what the next one is decoded
 * to, so that memory that is in use stays in use, instead of being freed by
 * one thread and asked for by another.
 *
 * It is of chunk_cache.c alone.  Thread-safety: all functions from any thread.
 */
#ifndef EROFSFLAT_DECODE_PLACES_H
#define EROFSFLAT_DECODE_PLACES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct unit_buffer {
  uint8_t *data;                /* NULL: none */
  size_t len;
};

struct decode_places {
  size_t mapped_from;           /* see unit_memory_new */

  /* Protects what follows. */
  pthread_mutex_t lock;
  pthread_cond_t given;
  unsigned n_free;
  unsigned n_spare;             /* <= n_free */
  struct unit_buffer *spare;    /* owned, with the buffers: one for each
                                   place, the first n_spare of them used */
  uint64_t bytes, peak_bytes;   /* of all buffers, charged ones too */
};

/* `n' is at least 1.  Returns -1 if there is no memory; then it may be freed
 * too.
 */
extern int decode_places_init (struct decode_places *places, unsigned n,
                               size_t mapped_from)
  __attribute__ ((__nonnull__ (1), __warn_unused_result__));
extern void decode_places_free (struct decode_places *places);

/* Wait for a place, and get a buffer of `len' bytes.  Error: ENOMEM; then the
 * place was given back.
 */
extern uint8_t *decode_places_take (struct decode_places *places, size_t len,
                                    struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

/* Give a place back, and a buffer (or none) that may be kept. */
extern void decode_places_give (struct decode_places *places,
                                struct unit_buffer buffer)
  __attribute__ ((__nonnull__ (1)));

/* Free a buffer, of whoever has it: *buffer is none then.  It may be none
 * before.
 */
extern void decode_places_drop (struct decode_places *places,
                                struct unit_buffer *buffer)
  __attribute__ ((__nonnull__ (1, 2)));

/* The most bytes that all buffers have taken. */
extern uint64_t decode_places_peak (struct decode_places *places)
  __attribute__ ((__nonnull__ (1)));

#endif
