/* SPDX-License-Identifier: BSD-3-Clause */
/* The chunk cache against a naive LRU, under a crowd, and its bound. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chunk_cache.h"
#include "testing.h"

static struct error err;

/* What a unit holds: its number, over and over. */
struct loading {
  uint32_t unit;
  atomic_uint *loads;           /* counted */
  unsigned sleep_us;
  atomic_bool *begun, *may_end; /* or NULL: it waits until it may end */
  bool fail;
};

static int
load (void *opaque, uint8_t *buf, size_t len, struct error *e)
{
  const struct loading *l = opaque;
  size_t i;

  if (l->loads != NULL)
    atomic_fetch_add (l->loads, 1);
  if (l->sleep_us > 0)
    usleep (l->sleep_us);
  if (l->begun != NULL)
    *l->begun = true;
  while (l->may_end != NULL && !*l->may_end)
    usleep (1000);
  if (l->fail)
    return error_set (e, EIO, "unit %u is bad", l->unit);
  for (i = 0; i < len; ++i)
    buf[i] = (uint8_t) (l->unit * 31 + i);
  return 0;
}

static bool
is_right (const uint8_t *data, uint32_t unit, size_t len)
{
  size_t i;

  for (i = 0; i < len; ++i)
    if (data[i] != (uint8_t) (unit * 31 + i))
      return false;
  return true;
}

/* Get and put; returns true if it had to be loaded. */
static bool
touch (struct chunk_cache *cache, uint32_t source, uint32_t unit, size_t len)
{
  atomic_uint loads = 0;
  struct loading l = { .unit = unit, .loads = &loads };
  struct cache_ref ref;

  if (chunk_cache_get (cache, (struct cache_key) { source, unit }, len, true,
                       load, &l, &ref, &err) == -1)
    ck_abort_msg ("%s", err.text);
  if (!is_right (ref.data, unit, len))
    ck_abort_msg ("unit %u is wrong", unit);
  chunk_cache_put (cache, &ref);
  return loads > 0;
}

/* A naive LRU: an array, the oldest first. */
struct model {
  size_t budget, used, n;
  struct { uint32_t unit; size_t len; } row[1000];
};

static bool
model_touch (struct model *m, uint32_t unit, size_t len)
{
  size_t i;
  bool miss = true;

  for (i = 0; i < m->n; ++i)
    if (m->row[i].unit == unit) {
      memmove (&m->row[i], &m->row[i+1], (m->n - i - 1) * sizeof m->row[0]);
      m->n--;
      m->used -= len;
      miss = false;
      break;
    }
  if (len > m->budget)
    return miss;
  while (m->used + len > m->budget) {
    m->used -= m->row[0].len;
    memmove (&m->row[0], &m->row[1], (m->n - 1) * sizeof m->row[0]);
    m->n--;
  }
  m->row[m->n].unit = unit;
  m->row[m->n++].len = len;
  m->used += len;
  return miss;
}

START_TEST (same_as_a_naive_lru)
{
  struct model m = { .budget = (size_t) _i * 1000 };
  struct chunk_cache *cache = chunk_cache_new (m.budget, 2, &err);
  struct chunk_cache_stats stats;
  unsigned i;

  for (i = 0; i < rounds (20000); ++i) {
    uint32_t unit = (uint32_t) rnd (rnd (3) == 0 ? 10 : 100);
    size_t len = 1 + unit * 37 % 900;

    if (touch (cache, 0, unit, len) !=
        model_touch (&m, unit, len + CHUNK_CACHE_ENTRY))
      ck_abort_msg ("step %u: unit %u", i, unit);
    chunk_cache_get_stats (cache, &stats);
    if (stats.bytes != m.used)
      ck_abort_msg ("step %u: %ju bytes, expected %zu", i,
                    (uintmax_t) stats.bytes, m.used);
  }
  chunk_cache_free (cache);
}
END_TEST

START_TEST (sources_do_not_mix)
{
  struct chunk_cache *cache = chunk_cache_new (100000, 2, &err);
  uint32_t a = chunk_cache_new_id (cache), b = chunk_cache_new_id (cache);

  ck_assert_uint_ne (a, b);
  ck_assert (touch (cache, a, 7, 100));
  ck_assert (touch (cache, b, 7, 100));
  ck_assert (!touch (cache, a, 7, 100));
  chunk_cache_free (cache);
}
END_TEST

#define N_CROWD 32

struct crowd {
  struct chunk_cache *cache;
  pthread_barrier_t start;
  struct loading loading;
  atomic_uint failures, wrong;
};

static void *
ask_once (void *opaque)
{
  struct crowd *crowd = opaque;
  struct cache_ref ref;
  struct error e;

  if (chunk_cache_get (crowd->cache, (struct cache_key) { 0, 5 }, 5000, true,
                       load, &crowd->loading, &ref, &e) == -1) {
    atomic_fetch_add (&crowd->failures, 1);
    if (e.errnum != EIO || strcmp (e.text, "unit 5 is bad") != 0)
      atomic_fetch_add (&crowd->wrong, 1);
    return NULL;
  }
  if (!is_right (ref.data, 5, 5000))
    atomic_fetch_add (&crowd->wrong, 1);
  chunk_cache_put (crowd->cache, &ref);
  return NULL;
}

static void *
ask_with_all (void *opaque)
{
  struct crowd *crowd = opaque;

  pthread_barrier_wait (&crowd->start);
  return ask_once (opaque);
}

/* How long a load takes: long enough for all to ask before it is done, on a
 * busy machine too.
 */
static unsigned
crowd_sleep_us (void)
{
  return run_by_valgrind () ? 5000000 : 500000;
}

static void
ask_all_at_once (struct crowd *crowd)
{
  pthread_t threads[N_CROWD];
  size_t i;

  pthread_barrier_init (&crowd->start, NULL, N_CROWD);
  for (i = 0; i < N_CROWD; ++i)
    pthread_create (&threads[i], NULL, ask_with_all, crowd);
  for (i = 0; i < N_CROWD; ++i)
    pthread_join (threads[i], NULL);
  pthread_barrier_destroy (&crowd->start);
}

START_TEST (a_crowd_loads_once)
{
  atomic_uint loads = 0;
  struct crowd crowd = {
    .cache = chunk_cache_new (_i ? 100000 : 0, 1, &err),
    .loading = { .unit = 5, .loads = &loads,
                 .sleep_us = crowd_sleep_us () },
  };

  ask_all_at_once (&crowd);
  ck_assert_uint_eq (loads, 1);
  ck_assert_uint_eq (crowd.wrong, 0);
  ck_assert_uint_eq (crowd.failures, 0);
  chunk_cache_free (crowd.cache);
}
END_TEST

START_TEST (a_failure_is_for_all_who_waited_and_not_kept)
{
  atomic_uint loads = 0;
  struct crowd crowd = {
    .cache = chunk_cache_new (100000, 2, &err),
    .loading = { .unit = 5, .loads = &loads,
                 .sleep_us = crowd_sleep_us (),
                 .fail = true },
  };

  ask_all_at_once (&crowd);
  ck_assert_uint_eq (loads, 1);
  ck_assert_uint_eq (crowd.failures, N_CROWD);
  ck_assert_uint_eq (crowd.wrong, 0);
  crowd.loading.fail = false;
  ask_all_at_once (&crowd);
  ck_assert_uint_eq (loads, 2);
  ck_assert_uint_eq (crowd.failures, N_CROWD);
  chunk_cache_free (crowd.cache);
}
END_TEST

/* Others are not held up by a slow load: it ends only when they are done. */
START_TEST (other_units_go_on)
{
  atomic_bool begun = false, may_end = false;
  struct crowd crowd = {
    .cache = chunk_cache_new (100000, 2, &err),
    .loading = { .unit = 5, .begun = &begun, .may_end = &may_end },
  };
  pthread_t slow;
  uint32_t i;

  alarm (100);
  pthread_create (&slow, NULL, ask_once, &crowd);
  while (!begun)
    usleep (1000);
  for (i = 10; i < 200; ++i)
    touch (crowd.cache, 0, i, 100);
  may_end = true;
  pthread_join (slow, NULL);
  chunk_cache_free (crowd.cache);
}
END_TEST

struct thrashing {
  struct chunk_cache *cache;
  unsigned seed, n;
  atomic_uint *wrong;
};

static size_t
unit_len (uint32_t unit)
{
  return unit % 7 == 0 ? 16000 : 1 + unit * 97 % 3000;
}

static void *
thrash (void *opaque)
{
  struct thrashing *t = opaque;
  struct cache_ref ref;
  struct error e;
  unsigned i;

  for (i = 0; i < t->n; ++i) {
    uint32_t unit = (uint32_t) rand_r (&t->seed) % 60;
    struct loading l = { .unit = unit, .fail = i % 50 == 49 };

    if (chunk_cache_get (t->cache, (struct cache_key) { 0, unit },
                         unit_len (unit), unit % 5 != 0, load, &l, &ref,
                         &e) == -1)
      continue;
    if (!is_right (ref.data, unit, unit_len (unit)))
      atomic_fetch_add (t->wrong, 1);
    chunk_cache_put (t->cache, &ref);
  }
  return NULL;
}

/* Buffers never take more than budget + decodes x the largest unit. */
START_TEST (the_bound_holds_while_thrashing)
{
  static const uint64_t budgets[] = { 0, 3000, 16000, 100000 };
  unsigned decodes = 1 + (unsigned) _i % 3;
  struct chunk_cache *cache =
    chunk_cache_new (budgets[_i / 3], decodes, &err);
  struct thrashing t[16];
  struct chunk_cache_stats stats;
  pthread_t threads[16];
  atomic_uint wrong = 0;
  unsigned seed = (unsigned) rnd (1 << 30), n = rounds (1000);
  size_t i;

  alarm (100);
  for (i = 0; i < 16; ++i) {
    t[i] = (struct thrashing) { cache, seed + (unsigned) i, n, &wrong };
    pthread_create (&threads[i], NULL, thrash, &t[i]);
  }
  for (i = 0; i < 16; ++i)
    pthread_join (threads[i], NULL);
  ck_assert_uint_eq (wrong, 0);
  chunk_cache_get_stats (cache, &stats);
  ck_assert_uint_le (stats.peak_bytes, budgets[_i / 3] + decodes * 16000);
  ck_assert_uint_le (stats.bytes, budgets[_i / 3]);
  ck_assert_uint_eq (stats.hits + stats.misses, 16 * n);
  chunk_cache_free (cache);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("chunk_cache");

  tcase_add_loop_test (t, same_as_a_naive_lru, 0, 12);
  tcase_add_test (t, sources_do_not_mix);
  tcase_add_loop_test (t, a_crowd_loads_once, 0, 2);
  tcase_add_test (t, a_failure_is_for_all_who_waited_and_not_kept);
  tcase_add_test (t, other_units_go_on);
  tcase_add_loop_test (t, the_bound_holds_while_thrashing, 0, 12);
  return tests_run ();
}
