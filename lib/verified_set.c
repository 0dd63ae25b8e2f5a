/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "cleanup.h"
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
verified_set_has (struct verified_set *set, uint32_t chunk)
{
  return atomic_load (&set->bits[chunk / 8]) & 1u << chunk % 8;
}

bool
verified_set_check (struct verified_set *set, uint64_t stamp)
{
  size_t i;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&set->lock);

  if (set->stamp == stamp)
    return true;
  for (i = 0; i < set->n_bytes; ++i)
    atomic_store (&set->bits[i], 0);
  set->stamp = stamp;
  return false;
}

void
verified_set_add (struct verified_set *set, uint32_t chunk, uint64_t before,
                  uint64_t after)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&set->lock);

  if (set->stamp == before && before == after)
    atomic_fetch_or (&set->bits[chunk / 8], (unsigned char) (1u << chunk % 8));
}
