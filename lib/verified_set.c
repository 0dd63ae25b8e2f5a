/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "source.h"
#include "verified_set.h"

int
verified_set_init (struct verified_set *set, uint32_t n_chunks,
                   uint64_t stamp)
{
  pthread_mutex_init (&set->lock, NULL);
  set->stamp = stamp;
  set->n_bytes = n_chunks / 8 + (size_t) 1;
  set->bits = calloc (set->n_bytes, sizeof *set->bits);
  return set->bits != NULL ? 0 : -1;
}

void
verified_set_clear (struct verified_set *set)
{
  pthread_mutex_destroy (&set->lock);
  free (set->bits);
}

bool
verified_set_has (struct verified_set *set, uint32_t chunk, uint64_t stamp)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&set->lock);

  if (set->stamp != stamp) {
    memset (set->bits, 0, set->n_bytes);
    set->stamp = stamp;
  }
  return set->bits[chunk / 8] & 1u << chunk % 8;
}

void
verified_set_add (struct verified_set *set, uint32_t chunk, uint64_t before,
                  uint64_t after)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&set->lock);

  if (before != SOURCE_STAMP_UNKNOWN && set->stamp == before &&
      before == after)
    set->bits[chunk / 8] |= (uint8_t) (1u << chunk % 8);
}
