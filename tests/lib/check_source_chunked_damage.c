/* SPDX-License-Identifier: BSD-3-Clause */
/* Damage of a compressed blob, and many readers at once. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "chunked_fixture.h"
#include "digest.h"
#include "testing.h"

/* One bit in each of some chunks: just their reads fail, as often as they are
 * tried; repaired in place, all is right again.
 */
START_TEST (damage_and_repair)
{
  struct victim victims[N_VICTIMS];
  uint64_t cache = caches[_i / 4 % 4];
  size_t k;

  open_chunked (&sums[_i % 4], cache, true, NULL);
  choose_victims (victims);
  /* What was right once is looked at again; but what is in the cache already
   * is not.
   */
  if (cache == 0)
    read_each ();
  for (k = 0; k < N_VICTIMS; ++k)
    flip_victim (&victims[k]);
  read_each ();
  read_each ();
  read_at_random (rounds (300));
  for (k = 0; k < N_VICTIMS; ++k) {
    flip_victim (&victims[k]);
    read_each ();
  }
  read_at_random (rounds (300));
  close_chunked ();
}
END_TEST

/* A batch that is in the cache when the file is damaged stays right; once it
 * has to be decoded again the damage is seen.
 */
START_TEST (stale_unit)
{
  struct victim victims[N_VICTIMS];
  const struct chunk *chunk;
  struct error err;
  uint32_t i;

  open_chunked (&sums[_i], 50000, true, NULL);
  choose_victims (victims);
  chunk = &table.chunks[victims[6].first];
  expect_right (chunk->plain_start, chunk->plain_len);
  flip (victims[6].place);
  expect_right (chunk->plain_start, chunk->plain_len);
  for (i = 0; i < N_ALONE; ++i) /* pushes the batch out */
    expect_right (table.chunks[i].plain_start, 1);
  damaged[victims[6].first] = true;
  ck_assert_int_eq (read_it (chunk->plain_start, chunk->plain_len, &err), -1);
  ck_assert_int_eq (err.errnum, EIO);
  read_each ();
  close_chunked ();
}
END_TEST

/* The bytes are as they were, but the table says otherwise. */
START_TEST (wrong_sums)
{
  static const char *const parts[] = {
    "sha256 digest mismatch", "blake3 digest mismatch",
    "xxh64 digest mismatch", "CRC-32C mismatch: found 0x",
  };
  size_t size = digest_size (sums[_i % 4].kind);
  struct error err;
  uint32_t i;

  open_chunked (&sums[_i % 4], caches[_i / 4], true, NULL);
  for (i = 0; i < N_CHUNKS; i += 2) {
    damaged[i] = true;
    if (size > 0)
      table.digests[(i + 1) * size - 1] ^= 1;
    else
      table.crcs[i] ^= 0x80000000;
  }
  read_each ();
  for (i = 0; i < N_CHUNKS; i += 2) {
    ck_assert_int_eq (read_it (table.chunks[i].plain_start, 1, &err), -1);
    expect_error (&err, EIO, parts[_i % 4]);
  }
  read_at_random (rounds (300));
  close_chunked ();
}
END_TEST

/* Of two sums, each counts. */
START_TEST (both_sums)
{
  struct error err;

  open_chunked (&sums[1], 0, true, NULL);
  table.crcs[0] ^= 1;
  table.digests[32] ^= 1;
  ck_assert_int_eq (read_it (table.chunks[0].plain_start, 1, &err), -1);
  expect_error (&err, EIO, "CRC-32C mismatch");
  ck_assert_int_eq (read_it (table.chunks[1].plain_start, 1, &err), -1);
  expect_error (&err, EIO, "blake3 digest mismatch");
  close_chunked ();
}
END_TEST

struct reading {
  unsigned seed, n;
  atomic_uint *wrong;
};

static void *
read_much (void *opaque)
{
  struct reading *r = opaque;
  uint8_t *buf = malloc (40000);
  uint64_t offset;
  struct error err;
  unsigned i;
  size_t len;
  int result;

  for (i = 0; i < r->n; ++i) {
    offset = (uint64_t) rand_r (&r->seed) % source->size;
    len = (size_t) rand_r (&r->seed) % (i % 5 == 0 ? 40000 : 3000);
    if (len > source->size - offset)
      len = source->size - offset;
    result = source_pread (source, buf, len, offset, &err);
    if (touches_damage (offset, len) ? result == 0 || err.errnum != EIO :
        result == -1 || memcmp (buf, flat + offset, len) != 0)
      atomic_fetch_add (r->wrong, 1);
  }
  free (buf);
  return NULL;
}

#define N_THREADS 8

/* Right while the cache thrashes; damage is seen by all who touch it. */
START_TEST (threads)
{
  struct victim victims[N_VICTIMS];
  struct reading r[N_THREADS];
  pthread_t ids[N_THREADS];
  atomic_uint wrong = 0;
  size_t i;

  open_chunked (&sums[_i % 4], caches[_i / 4 % 4], true, NULL);
  if (_i >= 16) {
    choose_victims (victims);
    for (i = 0; i < N_VICTIMS; ++i)
      flip_victim (&victims[i]);
  }
  alarm (100);
  for (i = 0; i < N_THREADS; ++i) {
    r[i] = (struct reading) {
      (unsigned) rnd (1 << 30), rounds (300), &wrong
    };
    ck_assert_int_eq (pthread_create (&ids[i], NULL, read_much, &r[i]), 0);
  }
  for (i = 0; i < N_THREADS; ++i)
    pthread_join (ids[i], NULL);
  alarm (0);
  ck_assert_uint_eq (wrong, 0);
  close_chunked ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("source_chunked_damage");

  tcase_add_loop_test (t, damage_and_repair, 0, 16);
  tcase_add_loop_test (t, stale_unit, 0, 4);
  tcase_add_loop_test (t, wrong_sums, 0, 16);
  tcase_add_test (t, both_sums);
  tcase_add_loop_test (t, threads, 0, 32);
  return tests_run ();
}
