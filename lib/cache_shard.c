/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <stdlib.h>

#include "cache_shard.h"
#include "unit_memory.h"

#define N_BUCKETS 256           /* at start; a power of two, as always */

uint64_t
cache_key_hash (struct cache_key key)
{
  uint64_t h = (uint64_t) key.source << 32 | key.unit;

  h *= UINT64_C (0x9e3779b97f4a7c15);
  return h ^ h >> 29;
}

static struct cache_entry **
get_bucket (struct cache_shard *shard, struct cache_key key)
{
  return &shard->buckets[cache_key_hash (key) & (shard->n_buckets - 1)];
}

int
cache_shard_init (struct cache_shard *shard)
{
  pthread_mutex_init (&shard->lock, NULL);
  pthread_cond_init (&shard->loaded, NULL);
  atomic_init (&shard->oldest_age, CACHE_NO_AGE);
  shard->n_buckets = N_BUCKETS;
  shard->buckets = calloc (N_BUCKETS, sizeof *shard->buckets);
  return shard->buckets != NULL ? 0 : -1;
}

void
cache_shard_free (struct cache_shard *shard)
{
  struct cache_entry *entry;
  size_t b;

  for (b = 0; shard->buckets != NULL && b < shard->n_buckets; ++b)
    while ((entry = shard->buckets[b]) != NULL) {
      assert (entry->holders == 0);
      shard->buckets[b] = entry->next;
      cache_entry_free (entry);
    }
  free (shard->buckets);
  pthread_cond_destroy (&shard->loaded);
  pthread_mutex_destroy (&shard->lock);
}

void
cache_entry_free (struct cache_entry *entry)
{
  unit_memory_free (entry->data);
  free (entry->error);
  free (entry);
}

struct cache_entry *
cache_shard_find (struct cache_shard *shard, struct cache_key key)
{
  struct cache_entry *entry;

  for (entry = *get_bucket (shard, key); entry != NULL; entry = entry->next)
    if (entry->key.source == key.source && entry->key.unit == key.unit)
      return entry;
  return NULL;
}

/* Keep chains short.  Without memory for it they grow longer. */
static void
grow (struct cache_shard *shard)
{
  struct cache_entry **old = shard->buckets, *entry, **bucket;
  size_t old_n = shard->n_buckets, i;

  shard->buckets = calloc (2 * old_n, sizeof *old);
  if (shard->buckets == NULL) {
    shard->buckets = old;
    return;
  }
  shard->n_buckets = 2 * old_n;
  for (i = 0; i < old_n; ++i)
    while ((entry = old[i]) != NULL) {
      old[i] = entry->next;
      bucket = get_bucket (shard, entry->key);
      entry->next = *bucket;
      *bucket = entry;
    }
  free (old);
}

void
cache_shard_insert (struct cache_shard *shard, struct cache_entry *entry)
{
  struct cache_entry **bucket;

  if (shard->n_entries >= 2 * shard->n_buckets)
    grow (shard);
  bucket = get_bucket (shard, entry->key);
  entry->next = *bucket;
  *bucket = entry;
  shard->n_entries++;
}

void
cache_shard_remove (struct cache_shard *shard, struct cache_entry *entry)
{
  struct cache_entry **p = get_bucket (shard, entry->key);

  while (*p != entry)
    p = &(*p)->next;
  *p = entry->next;
  shard->n_entries--;
}

static void
set_oldest (struct cache_shard *shard, struct cache_entry *entry)
{
  shard->oldest = entry;
  atomic_store (&shard->oldest_age, entry ? entry->age : CACHE_NO_AGE);
}

void
cache_shard_set_idle (struct cache_shard *shard, struct cache_entry *entry,
                      uint64_t age)
{
  entry->age = age;
  entry->newer = NULL;
  entry->older = shard->newest;
  if (shard->newest != NULL)
    shard->newest->newer = entry;
  else
    set_oldest (shard, entry);
  shard->newest = entry;
}

void
cache_shard_set_busy (struct cache_shard *shard, struct cache_entry *entry)
{
  if (entry->newer != NULL)
    entry->newer->older = entry->older;
  else
    shard->newest = entry->older;
  if (entry->older != NULL)
    entry->older->newer = entry->newer;
  else
    set_oldest (shard, entry->newer);
}
