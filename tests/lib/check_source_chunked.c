/* SPDX-License-Identifier: BSD-3-Clause */
/* A compressed source gives the right bytes, and reads no more for them than it
 * has to.
 */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "chunked_fixture.h"
#include "digest.h"
#include "source_chunked.h"
#include "source_file.h"
#include "testing.h"

START_TEST (same_as_flat)
{
  open_chunked (&sums[_i % 4], caches[_i / 4 % 4], _i < 16, NULL);
  read_each ();
  read_at_random (rounds (1000));
  expect_right (0, source->size);
  expect_right (source->size, 0);
  expect_right (source->size - 1, 1);
  close_chunked ();
}
END_TEST

/* Around every chunk's start and end, and every hole. */
START_TEST (around_the_edges)
{
  uint32_t i;
  int d;

  open_chunked (&sums[1], caches[_i], true, NULL);
  for (i = 0; i < N_CHUNKS; ++i)
    for (d = -2; d <= 2; ++d) {
      uint64_t start = table.chunks[i].plain_start;
      uint64_t last = start + table.chunks[i].plain_len - 1;

      if ((d >= 0 || start >= 2) && start + (unsigned) d + 3 <= source->size)
        expect_right (start + (uint64_t) d, 3);
      if ((d >= 0 || last >= 2) && last + (unsigned) d + 3 <= source->size)
        expect_right (last + (uint64_t) d, 3);
    }
  close_chunked ();
}
END_TEST

/* With verify=off wrong sums are not seen, but what does not decode is. */
START_TEST (verify_off)
{
  static const struct sum_kind both = { DIGEST_SHA256, true };
  const struct chunk *chunk;
  struct error err;
  uint8_t byte;
  uint32_t i;

  open_chunked (&both, caches[_i], false, NULL);
  for (i = 0; i < N_CHUNKS; ++i)
    table.crcs[i] ^= 1;
  memset (table.digests, 0, N_CHUNKS * 32);
  read_each ();

  chunk = &table.chunks[1];
  ck_assert_int_eq (chunk->codec, CHUNK_STORED);
  flip (chunk->stored_start);
  ck_assert_int_eq (source_pread (source, &byte, 1, chunk->plain_start, &err),
                    0);
  ck_assert_uint_eq (byte, flat[chunk->plain_start] ^ 0x10);
  close_chunked ();

  /* Anew, so that nothing of it is in the cache. */
  open_chunked (&both, caches[_i], false, NULL);
  flip (table.chunks[0].stored_start);
  damaged[0] = true;
  read_each ();
  close_chunked ();
}
END_TEST

/* A source that counts how much is read, and has the stamp we say. */
struct counting {
  struct source source;
  struct source *under;
  uint64_t bytes, stamp;
};

static int
counting_pread (struct source *s, void *buf, size_t len, uint64_t offset,
                struct error *err)
{
  struct counting *c = (struct counting *) s;

  c->bytes += len;
  return source_pread (c->under, buf, len, offset, err);
}

static uint64_t
counting_stamp (struct source *s)
{
  return ((struct counting *) s)->stamp;
}

static void
counting_close (struct source *s)
{
  (void) s;
}

static const struct source_ops counting_ops = {
  .pread = counting_pread, .stamp = counting_stamp, .close = counting_close,
};

static uint64_t
bytes_read (struct counting *counting, uint64_t offset, size_t len)
{
  counting->bytes = 0;
  expect_right (offset, len);
  return counting->bytes;
}

/* A chunk that is stored as it is: the first read verifies all of it, those
 * that follow read what they are asked for, until the file changes.
 */
START_TEST (stored_chunk)
{
  bool verify = _i < 4;
  struct counting counting = { .stamp = 1 };
  const struct chunk *chunk;
  uint64_t all, at;

  source_init (&counting.source, &counting_ops, 0);
  open_chunked (&sums[1], caches[_i % 4], verify, &counting.source);
  counting.under = stored;
  for (chunk = &table.chunks[0];
       chunk->codec != CHUNK_STORED || chunk->plain_len < 200; ++chunk)
    ck_assert_ptr_ne (chunk, &table.chunks[N_ALONE - 1]);
  all = chunk->stored_len;
  at = chunk->plain_start + 50;
  ck_assert_uint_eq (bytes_read (&counting, at, 10), verify ? all : 10);
  ck_assert_uint_eq (bytes_read (&counting, at, 10), 10);
  ck_assert_uint_eq (bytes_read (&counting, at + 40, 100), 100);
  counting.stamp = 2;
  /* What was read directly before the change was noticed comes on top. */
  ck_assert_uint_le (bytes_read (&counting, at, 10), verify ? all + 10 : 10);
  ck_assert_uint_ge (counting.bytes, verify ? all : 10);
  ck_assert_uint_eq (bytes_read (&counting, at, 10), 10);

  /* What is compressed is kept, if there is a cache for it. */
  chunk = &table.chunks[0];
  ck_assert_int_eq (chunk->codec, CHUNK_ZSTD);
  at = chunk->plain_start;
  ck_assert_uint_eq (bytes_read (&counting, at, 1), chunk->stored_len);
  ck_assert_uint_eq (bytes_read (&counting, at, 1),
                     caches[_i % 4] >= chunk->plain_len + CHUNK_CACHE_ENTRY
                     ? 0 :
                     chunk->stored_len);
  close_chunked ();
}
END_TEST

/* Up to ten seconds. */
static bool
more_misses_than (uint64_t n)
{
  struct chunk_service_stats stats;
  int i;

  for (i = 0; i < 10000; ++i) {
    chunk_service_get_stats (service, &stats);
    if (stats.cache.misses > n)
      return true;
    usleep (1000);
  }
  return false;
}

/* Behind the chunks that are read, others are decoded before they are. */
START_TEST (decoding_ahead)
{
  enum { READS = 8 };
  struct error err;
  uint32_t i;

  open_chunked (&sums[1], 16 << 20, true, NULL);
  ck_assert_int_eq (chunk_service_start_threads (service, &err), 0);
  for (i = 0; i < READS; ++i) {
    const struct chunk *chunk = &table.chunks[i];

    expect_right (chunk->plain_start, chunk->plain_len);
  }
  ck_assert (more_misses_than (READS));
  read_each ();
  chunk_service_stop_threads (service);
  close_chunked ();
}
END_TEST

START_TEST (what_it_is)
{
  open_chunked (&sums[0], 0, true, NULL);
  ck_assert_ptr_nonnull (source_chunked_table (source));
  ck_assert_uint_eq (source_chunked_table (source)->n_chunks, N_CHUNKS);
  ck_assert_ptr_null (source_chunked_table (stored));
  ck_assert_ptr_eq (source_chunked_file (source), source_file_get (stored));
  ck_assert_ptr_eq (source_chunked_file (stored), source_file_get (stored));
  close_chunked ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("source_chunked");

  tcase_add_loop_test (t, same_as_flat, 0, 32);
  tcase_add_loop_test (t, around_the_edges, 0, 4);
  tcase_add_loop_test (t, verify_off, 0, 4);
  tcase_add_loop_test (t, stored_chunk, 0, 8);
  tcase_add_test (t, decoding_ahead);
  tcase_add_test (t, what_it_is);
  return tests_run ();
}
