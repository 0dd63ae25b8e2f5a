/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of an entry:
 *
 *   LOADING   in its shard's table; the thread that made it loads, others who
 *             want it wait on the shard's condition
 *   READY     the buffer is right and never changes any more.  Charged to the
 *             budget: stays in the table; while nobody holds it, it is on the
 *             shard's LRU list too.  Not charged (it did not fit): out of the
 *             table, its decode place is kept until the last holder puts it.
 *             Dropped, as it turned out to be wrong: out of the table, charged
 *             until the last holder puts it
 *   FAILED    out of the table; freed by the last who waited for it
 *
 * `holders' counts the threads between get and put, and those that wait.
 *
 * Each shard keeps the age of its oldest idle entry where others can see it
 * without the lock, so that eviction takes the oldest of all shards: the cache
 * as a whole is an LRU.
 *
 * Locks: a shard's, and that of the decode places.  They are leaves: never
 * nested, never held over a load.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cache_shard.h"
#include "checked.h"
#include "chunk_cache.h"
#include "cleanup.h"
#include "decode_places.h"
#include "unit_memory.h"

#define N_SHARDS 16

/* Blocks that are mapped: a quarter of what a process may have (65,530). */
#define MAPPED_MAX 16384

struct chunk_cache {
  uint64_t budget;
  atomic_uint_least64_t charged;        /* <= budget */
  atomic_uint_least64_t clock;
  atomic_uint next_id;
  atomic_uint_least64_t last_serial;
  struct decode_places places;
  struct cache_shard shards[N_SHARDS];
};

static struct cache_shard *
get_shard (struct chunk_cache *cache, struct cache_key key)
{
  return &cache->shards[cache_key_hash (key) >> 40 & (N_SHARDS - 1)];
}

/* From which size on blocks are mapped, so that no more than MAPPED_MAX are. */
static size_t
mapped_from (uint64_t bytes)
{
  uint64_t len = max_u64 (bytes / MAPPED_MAX, UNIT_MEMORY_MAPPED);

  return (size_t) min_u64 (len, SIZE_MAX);
}

struct chunk_cache *
chunk_cache_new (uint64_t bytes, unsigned decodes, struct error *err)
{
  struct chunk_cache *cache = calloc (1, sizeof *cache);
  bool ok;
  size_t i;

  assert (decodes > 0);
  if (cache == NULL) {
    error_set_errno (err, ENOMEM, "chunk cache");
    return NULL;
  }
  cache->budget = bytes;
  ok = decode_places_init (&cache->places, decodes, mapped_from (bytes)) == 0;
  for (i = 0; i < N_SHARDS; ++i)
    ok = cache_shard_init (&cache->shards[i]) == 0 && ok;
  if (!ok) {
    chunk_cache_free (cache);
    error_set_errno (err, ENOMEM, "chunk cache");
    return NULL;
  }
  return cache;
}

void
chunk_cache_free (struct chunk_cache *cache)
{
  size_t i;

  if (cache == NULL)
    return;
  for (i = 0; i < N_SHARDS; ++i)
    cache_shard_free (&cache->shards[i]);
  decode_places_free (&cache->places);
  free (cache);
}

uint32_t
chunk_cache_new_id (struct chunk_cache *cache)
{
  return atomic_fetch_add (&cache->next_id, 1);
}

/* Evict the oldest idle entry of all shards.  Its buffer, still charged, is
 * the caller's then.  Returns false if all entries are in use.
 */
static bool
evict_one (struct chunk_cache *cache, struct unit_buffer *ret)
{
  struct cache_entry *victim = NULL;
  struct cache_shard *shard = NULL;
  uint64_t oldest, age;
  size_t i;

  while (victim == NULL) {
    oldest = CACHE_NO_AGE;
    for (i = 0; i < N_SHARDS; ++i) {
      age = atomic_load (&cache->shards[i].oldest_age);
      if (age < oldest) {
        oldest = age;
        shard = &cache->shards[i];
      }
    }
    if (oldest == CACHE_NO_AGE)
      return false;

    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&shard->lock);
    victim = shard->oldest;     /* may have been taken by now: look again */
    if (victim != NULL) {
      cache_shard_set_busy (shard, victim);
      cache_shard_remove (shard, victim);
      shard->evictions++;
    }
  }
  *ret = (struct unit_buffer) { victim->data, victim->len };
  victim->data = NULL;
  cache_entry_free (victim);
  return true;
}

/* What a unit of `len' bytes is charged with. */
static uint64_t
cost (size_t len)
{
  return (uint64_t) len + CHUNK_CACHE_ENTRY;
}

/* Charge `n' bytes to the budget, evicting for it.  Returns false if they do
 * not fit.  *spare is a buffer that was evicted, for the caller's place, or
 * none.  What is evicted stays charged until `n' is: two buffers of one
 * place, with both their charges given to others, would be too many.
 */
static bool
charge (struct chunk_cache *cache, uint64_t n, struct unit_buffer *spare)
{
  uint64_t charged = atomic_load (&cache->charged), evicted = 0;

  *spare = (struct unit_buffer) { NULL, 0 };
  if (n > cache->budget)
    return false;
  for (;;) {
    if (charged - evicted <= cache->budget - n) {
      if (atomic_compare_exchange_weak (&cache->charged, &charged,
                                        charged - evicted + n))
        return true;
    }
    else {
      decode_places_drop (&cache->places, spare);
      if (!evict_one (cache, spare)) {
        atomic_fetch_sub (&cache->charged, evicted);
        return false;
      }
      evicted += cost (spare->len);
      charged = atomic_load (&cache->charged);
    }
  }
}

/* Load an entry that this thread has put in the table. */
static void
load_entry (struct chunk_cache *cache, struct cache_entry *entry, bool keep,
            cache_load_fn load, void *opaque, struct error *err)
{
  struct cache_shard *shard = get_shard (cache, entry->key);
  struct unit_buffer spare = { NULL, 0 };
  bool ok = false, charged = false;

  entry->data = decode_places_take (&cache->places, entry->len, err);
  if (entry->data != NULL) {
    ok = load (opaque, entry->data, entry->len, err) == 0;
    charged = ok && keep && charge (cache, cost (entry->len), &spare);
    if (!ok) {
      spare = (struct unit_buffer) { entry->data, entry->len };
      entry->data = NULL;
    }
    if (!ok || charged)
      decode_places_give (&cache->places, spare);
  }

  if (!ok) {
    entry->error = malloc (sizeof *entry->error);
    if (entry->error != NULL)
      *entry->error = *err;
  }
  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&shard->lock);

    entry->state = ok ? CACHE_READY : CACHE_FAILED;
    entry->charged = charged;
    if (!charged)
      cache_shard_remove (shard, entry);
    pthread_cond_broadcast (&shard->loaded);
  }
}

/* Find the entry and hold it, or make it.  *ret_new: it is this thread's to
 * load.  Returns NULL if there is no memory.
 */
static struct cache_entry *
hold_entry (struct chunk_cache *cache, struct cache_key key, size_t len,
            bool *ret_new)
{
  struct cache_shard *shard = get_shard (cache, key);
  struct cache_entry *entry;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&shard->lock);

  *ret_new = false;
  entry = cache_shard_find (shard, key);
  if (entry != NULL) {
    assert (entry->len == len);
    shard->hits++;
    if (entry->state == CACHE_READY && entry->holders == 0)
      cache_shard_set_busy (shard, entry);
    entry->holders++;
    while (entry->state == CACHE_LOADING)
      pthread_cond_wait (&shard->loaded, &shard->lock);
    return entry;
  }

  entry = calloc (1, sizeof *entry);
  if (entry == NULL)
    return NULL;
  *ret_new = true;
  shard->misses++;
  entry->key = key;
  entry->serial = atomic_fetch_add (&cache->last_serial, 1) + 1;
  entry->len = len;
  entry->holders = 1;
  cache_shard_insert (shard, entry);
  return entry;
}

int
chunk_cache_get (struct chunk_cache *cache, struct cache_key key, size_t len,
                 bool keep, cache_load_fn load, void *opaque,
                 struct cache_ref *ret, struct error *err)
{
  struct cache_ref ref;
  bool is_new;

  ref.entry = hold_entry (cache, key, len, &is_new);
  if (ref.entry == NULL)
    return error_set_errno (err, ENOMEM, "chunk cache");
  if (is_new)
    load_entry (cache, ref.entry, keep, load, opaque, err);
  if (ref.entry->state == CACHE_FAILED) {
    if (!is_new && ref.entry->error != NULL)
      *err = *ref.entry->error;
    else if (!is_new)
      error_set_errno (err, ENOMEM, "chunk cache");
    chunk_cache_put (cache, &ref);
    return -1;
  }
  ref.data = ref.entry->data;
  ref.serial = ref.entry->serial;
  *ret = ref;
  return 0;
}

/* The last holder let go of an entry that is not in the table: nobody else can
 * have it.
 */
static void
release_entry (struct chunk_cache *cache, struct cache_entry *entry)
{
  struct unit_buffer buffer = { entry->data, entry->len };

  if (entry->state == CACHE_READY) {
    entry->data = NULL;
    if (entry->charged) {
      decode_places_drop (&cache->places, &buffer);
      atomic_fetch_sub (&cache->charged, cost (entry->len));
    }
    else
      decode_places_give (&cache->places, buffer);
  }
  cache_entry_free (entry);
}

void
chunk_cache_put (struct chunk_cache *cache, struct cache_ref *ref)
{
  struct cache_entry *entry = ref->entry;
  struct cache_shard *shard = get_shard (cache, entry->key);

  ref->entry = NULL;
  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&shard->lock);

    if (--entry->holders > 0)
      return;
    if (entry->charged && !entry->dropped) {
      cache_shard_set_idle (shard, entry,
                            atomic_fetch_add (&cache->clock, 1));
      return;
    }
  }
  release_entry (cache, entry);
}

void
chunk_cache_drop (struct chunk_cache *cache, struct cache_ref *ref)
{
  struct cache_entry *entry = ref->entry;
  struct cache_shard *shard = get_shard (cache, entry->key);

  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&shard->lock);

    if (entry->charged && !entry->dropped) {
      cache_shard_remove (shard, entry);
      entry->dropped = true;
    }
  }
  chunk_cache_put (cache, ref);
}

void
chunk_cache_get_stats (struct chunk_cache *cache,
                       struct chunk_cache_stats *ret)
{
  size_t i;

  memset (ret, 0, sizeof *ret);
  for (i = 0; i < N_SHARDS; ++i) {
    struct cache_shard *shard = &cache->shards[i];
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&shard->lock);

    ret->hits += shard->hits;
    ret->misses += shard->misses;
    ret->evictions += shard->evictions;
  }
  ret->bytes = atomic_load (&cache->charged);
  ret->limit = cache->budget;
  ret->peak_bytes = decode_places_peak (&cache->places);
}
