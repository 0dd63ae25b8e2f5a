/* SPDX-License-Identifier: BSD-3-Clause */
/* struct cache_shard: a part of the chunk cache: a table of entries by key,
 * and a list of those that nobody holds, the least recently used first.
 *
 * It is of chunk_cache.c alone, whose head comment has the life of an entry.
 * All functions want the shard's lock held.
 */
#ifndef EROFSFLAT_CACHE_SHARD_H
#define EROFSFLAT_CACHE_SHARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Which unit of which source. */
struct cache_key {
  uint32_t source;
  uint32_t unit;
};

/* The age of the oldest entry where there is none. */
#define CACHE_NO_AGE UINT64_MAX

enum cache_entry_state { CACHE_LOADING, CACHE_READY, CACHE_FAILED };

struct cache_entry {
  struct cache_key key;
  enum cache_entry_state state;
  bool charged;
  bool dropped;                 /* out of the table, but still charged */
  unsigned holders;
  size_t len;
  uint8_t *data;                /* owned */
  struct error *error;          /* owned; of FAILED, NULL if out of memory */
  uint64_t serial;              /* of its load */
  uint64_t age;                 /* when it was put last */
  struct cache_entry *next;     /* in the bucket */
  struct cache_entry *older, *newer;    /* on the list, while idle */
};

struct cache_shard {
  /* Protects all of the shard, and every field of its entries but the bytes
   * behind `data'.
   */
  pthread_mutex_t lock;
  pthread_cond_t loaded;        /* some load of this shard has ended */
  struct cache_entry **buckets;         /* owned, and the entries in them */
  size_t n_buckets, n_entries;
  struct cache_entry *oldest, *newest;  /* the list */
  atomic_uint_least64_t oldest_age;     /* of `oldest', or CACHE_NO_AGE; may
                                           be read without the lock */
  uint64_t hits, misses, evictions;
};

/* A mixed-up number of the key: its high bits choose a shard. */
extern uint64_t cache_key_hash (struct cache_key key);

/* Returns -1 if there is no memory; it may be freed then too. */
extern int cache_shard_init (struct cache_shard *shard);
extern void cache_shard_free (struct cache_shard *shard); /* nothing is held */
extern void cache_entry_free (struct cache_entry *entry);

extern struct cache_entry *cache_shard_find (struct cache_shard *shard,
                                             struct cache_key key);
extern void cache_shard_insert (struct cache_shard *shard,
                                struct cache_entry *entry);
extern void cache_shard_remove (struct cache_shard *shard,
                                struct cache_entry *entry);

/* Put the entry at the list's end, as the one that was used last; or take it
 * from the list.
 */
extern void cache_shard_set_idle (struct cache_shard *shard,
                                  struct cache_entry *entry, uint64_t age);
extern void cache_shard_set_busy (struct cache_shard *shard,
                                  struct cache_entry *entry);

#endif
