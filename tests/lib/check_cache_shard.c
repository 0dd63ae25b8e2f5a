/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "cache_shard.h"
#include "testing.h"

#define N 2000u

static struct cache_shard shard;
static struct cache_entry *entries[N];

/* Keys of many units of few sources. */
static struct cache_key
key_of (unsigned i)
{
  return (struct cache_key) { .source = i % 3, .unit = i / 3 };
}

static void
fill (unsigned n)
{
  unsigned i;

  memset (&shard, 0, sizeof shard);
  ck_assert_int_eq (cache_shard_init (&shard), 0);
  for (i = 0; i < n; ++i) {
    entries[i] = calloc (1, sizeof *entries[i]);
    ck_assert_ptr_nonnull (entries[i]);
    entries[i]->key = key_of (i);
    cache_shard_insert (&shard, entries[i]);
  }
}

/* More than the table begins with: it grows, and loses nothing. */
START_TEST (table)
{
  size_t at_start;
  unsigned i;

  fill (0);
  at_start = shard.n_buckets;
  cache_shard_free (&shard);
  fill (N);
  ck_assert_uint_gt (shard.n_buckets, at_start);
  ck_assert_uint_eq (shard.n_entries, N);
  for (i = 0; i < N; i += 2) {
    cache_shard_remove (&shard, entries[i]);
    cache_entry_free (entries[i]);
    entries[i] = NULL;
  }
  ck_assert_uint_eq (shard.n_entries, N / 2);
  for (i = 0; i < N; ++i)
    ck_assert_ptr_eq (cache_shard_find (&shard, key_of (i)), entries[i]);
  ck_assert_ptr_null (cache_shard_find (&shard, key_of (N)));
  cache_shard_free (&shard);
}
END_TEST

/* The list's order is that of set_idle; its oldest age can be asked for. */
START_TEST (list)
{
  unsigned i;

  fill (4);
  ck_assert_uint_eq (shard.oldest_age, CACHE_NO_AGE);
  for (i = 0; i < 4; ++i)
    cache_shard_set_idle (&shard, entries[i], 10 + i);
  ck_assert_ptr_eq (shard.oldest, entries[0]);
  ck_assert_ptr_eq (shard.newest, entries[3]);
  ck_assert_uint_eq (shard.oldest_age, 10);

  cache_shard_set_busy (&shard, entries[1]);    /* from the middle */
  ck_assert_ptr_eq (entries[0]->newer, entries[2]);
  ck_assert_ptr_eq (entries[2]->older, entries[0]);
  cache_shard_set_busy (&shard, entries[0]);    /* the oldest */
  ck_assert_uint_eq (shard.oldest_age, 12);
  cache_shard_set_busy (&shard, entries[3]);    /* the newest */
  ck_assert_ptr_eq (shard.newest, entries[2]);
  cache_shard_set_idle (&shard, entries[0], 20);
  ck_assert_ptr_eq (shard.oldest, entries[2]);
  ck_assert_ptr_eq (shard.newest, entries[0]);
  cache_shard_set_busy (&shard, entries[2]);
  cache_shard_set_busy (&shard, entries[0]);
  ck_assert_ptr_null (shard.oldest);
  ck_assert_ptr_null (shard.newest);
  ck_assert_uint_eq (shard.oldest_age, CACHE_NO_AGE);
  cache_shard_free (&shard);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("cache_shard");

  tcase_add_test (t, table);
  tcase_add_test (t, list);
  return tests_run ();
}
