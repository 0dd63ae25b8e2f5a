/* SPDX-License-Identifier: BSD-3-Clause */
/* What is counted while compressed blobs are read. */
#include <config.h>

#include "chunk_service.h"
#include "chunked_fixture.h"
#include "testing.h"

static struct chunk_service_stats
get_stats (void)
{
  struct chunk_service_stats stats;

  chunk_service_get_stats (service, &stats);
  return stats;
}

/* The file, as if it had been there for long: a new one is verified again and
 * again.
 */
static int
old_pread (struct source *s, void *buf, size_t len, uint64_t offset,
           struct error *err)
{
  (void) s;
  return source_pread (stored, buf, len, offset, err);
}

static void
old_close (struct source *s)
{
  (void) s;
}

static const struct source_ops old_ops = {
  .pread = old_pread, .close = old_close,
};

/* A second time all is in the cache, or was verified and is read as it is. */
START_TEST (counts_loads)
{
  struct chunk_service_stats first, second;
  struct source old;
  uint64_t bytes = 0;
  uint32_t i;

  source_init (&old, &old_ops, 0);
  open_chunked (&sums[_i], 64 << 20, true, &old);
  first = get_stats ();
  ck_assert_uint_eq (first.cache.limit, 64 << 20);
  ck_assert_uint_eq (first.decoded_bytes, 0);
  ck_assert_uint_eq (first.cache.misses, 0);

  for (i = 0; i < N_CHUNKS; ++i)        /* of all units, a batch once */
    bytes += table.chunks[i].plain_len;
  read_each ();
  first = get_stats ();
  ck_assert_uint_eq (first.decoded_bytes, bytes);
  ck_assert_uint_eq (first.cache.misses, N_ALONE + N_BATCHES);
  ck_assert_uint_eq (first.cache.hits, N_BATCHES * (IN_BATCH - 1));

  read_each ();
  second = get_stats ();
  ck_assert_uint_eq (second.decoded_bytes, bytes);
  ck_assert_uint_eq (second.cache.misses, first.cache.misses);
  ck_assert_uint_gt (second.cache.hits, first.cache.hits);
  ck_assert_uint_eq (second.cache.evictions, 0);
  ck_assert_uint_eq (second.verify_failures, 0);
  close_chunked ();
}
END_TEST

START_TEST (counts_evictions)
{
  open_chunked (&sums[_i], 5000, true, NULL);
  read_each ();
  read_each ();
  ck_assert_uint_gt (get_stats ().cache.evictions, 0);
  ck_assert_uint_le (get_stats ().cache.bytes, 5000);
  close_chunked ();
}
END_TEST

/* Each read that finds damage counts, whether it is the decoder or a digest
 * that sees it.
 */
START_TEST (counts_failures)
{
  struct victim victims[N_VICTIMS];
  uint64_t failures = 0;
  struct error err;
  uint32_t k;

  open_chunked (&sums[0], caches[_i], true, NULL);
  choose_victims (victims);
  for (k = 0; k < N_VICTIMS; ++k) {
    flip_victim (&victims[k]);
    ck_assert_int_eq (read_it (table.chunks[victims[k].first].plain_start, 1,
                               &err), -1);
    ck_assert_uint_eq (get_stats ().verify_failures, ++failures);
  }
  for (k = 0; k < N_VICTIMS; ++k)
    flip_victim (&victims[k]);
  read_each ();
  ck_assert_uint_eq (get_stats ().verify_failures, failures);
  close_chunked ();
}
END_TEST

START_TEST (never_started)
{
  struct chunk_service none = { 0 };

  chunk_service_stop_threads (&none);
  chunk_service_clear (&none);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("chunk_service");

  tcase_add_loop_test (t, counts_loads, 0, 4);
  tcase_add_loop_test (t, counts_evictions, 0, 4);
  tcase_add_loop_test (t, counts_failures, 0, 4);
  tcase_add_test (t, never_started);
  return tests_run ();
}
