/* SPDX-License-Identifier: BSD-3-Clause */
/* struct verified_set: which chunks of a file were read and verified, and
 * need not be again as long as the file is unchanged.
 *
 * What holds for the file is tied to its stamp (see struct source_ops): once
 * that is another one, nothing is verified any more.
 *
 * Thread-safety: all functions from any thread.
 */
#ifndef EROFSFLAT_VERIFIED_SET_H
#define EROFSFLAT_VERIFIED_SET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verified_set {
  pthread_mutex_t lock;         /* protects all */
  uint64_t stamp;
  size_t n_bytes;
  uint8_t *bits;                /* owned: one for each chunk */
};

/* Returns -1 if there is no memory; then it may be cleared too. */
extern int verified_set_init (struct verified_set *set, uint32_t n_chunks,
                              uint64_t stamp)
  __attribute__ ((__nonnull__ (1), __warn_unused_result__));
extern void verified_set_clear (struct verified_set *set);

/* Was the chunk verified, the file's stamp being the same then as `stamp' now?
 * If that is not the set's, it becomes that, and the set is empty.
 */
extern bool verified_set_has (struct verified_set *set, uint32_t chunk,
                              uint64_t stamp);

/* Add a chunk that was read and verified, if the stamp was `before' before
 * that, is `after' after that, both are the set's, and it is known.
 */
extern void verified_set_add (struct verified_set *set, uint32_t chunk,
                              uint64_t before, uint64_t after);

#endif
