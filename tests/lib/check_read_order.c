/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is told to decode ahead, and what. */
#include <config.h>

#include "read_order.h"
#include "testing.h"

#define KIB UINT64_C (1024)
#define MIB (1024 * KIB)

#define CHUNK (64 * KIB)

static struct read_order order;
static uint64_t first, stop;

/* A read of one chunk. */
static bool
reads (uint64_t i)
{
  return read_order_next (&order, i * CHUNK, (i + 1) * CHUNK, (uint32_t) i,
                          &first, &stop);
}

static void
start (void)
{
  read_order_init (&order, CHUNK, 4, 1000, 1000 * MIB);
}

START_TEST (a_sequential_reader_is_told_each_chunk_once)
{
  uint64_t told = 0, i;
  uint64_t last_ahead = 0;

  start ();
  for (i = 0; i < 1000; ++i) {
    if (!reads (i)) {
      ck_assert_uint_lt (i, 3);
      continue;
    }
    ck_assert_uint_eq (first, told ? told : i + 1);
    told = stop;
    ck_assert_uint_ge (stop - i - 1, last_ahead);
    last_ahead = stop - i - 1;
  }
  ck_assert_uint_eq (last_ahead, READ_ORDER_MAX / CHUNK);
}
END_TEST

START_TEST (it_begins_with_little)
{
  uint64_t i;

  start ();
  for (i = 500; !reads (i); ++i)
    ck_assert_uint_lt (i, 510);
  ck_assert_uint_eq (stop - first, 4);
  for (++i; i < 520; ++i)
    reads (i);
  ck_assert_uint_le (stop - i, 20);
}
END_TEST

START_TEST (a_random_reader_is_told_nothing)
{
  unsigned i;

  start ();
  for (i = 0; i < 1000; ++i)
    ck_assert (!reads (rnd (1 << 20) * 100));
}
END_TEST

/* Many of them are near to the last one, and once in some ten thousand four
 * come in order.
 */
START_TEST (a_random_reader_of_a_small_blob_is_told_next_to_nothing)
{
  unsigned i, told = 0;

  start ();
  for (i = 0; i < 1000; ++i) {
    uint64_t offset = rnd (8 * MIB / 4096) * 4096;

    told += read_order_next (&order, offset, offset + 4096,
                             (uint32_t) (offset / CHUNK), &first, &stop);
  }
  ck_assert_uint_lt (told, 10);
}
END_TEST

/* A crowd that wants one place, or who reads a chunk in small parts, backwards.
 */
START_TEST (who_does_not_go_on_is_told_nothing)
{
  uint64_t i, place, part;

  start ();
  for (place = 0; place < 100; ++place) {
    for (i = 0; i < 16; ++i)
      ck_assert (!reads (place * 1000));
    for (part = CHUNK; part > 0; part -= 4096)
      ck_assert (!read_order_next (&order, part - 4096, part, 0, &first,
                                   &stop));
  }
}
END_TEST

/* The second is so near behind the first that they are not told apart. */
START_TEST (a_follower_is_no_hindrance)
{
  uint64_t i, told = 0;

  start ();
  for (i = 14; i < 300; ++i) {
    if (reads (i))
      told = stop;
    ck_assert (!reads (i - 14));
  }
  ck_assert_uint_ge (told, i + READ_ORDER_MAX / CHUNK - 1);
}
END_TEST

/* Each reads on as if alone, but for how much is ahead. */
START_TEST (a_few_readers_are_told_apart)
{
  enum { N = READ_ORDER_READERS };
  uint64_t told[N] = { 0 }, i, r;

  start ();
  for (i = 0; i < 300; ++i) {
    for (r = 0; r < N; ++r) {
      if (!reads (r * 10000 + i))
        continue;
      if (told[r] != 0)
        ck_assert_uint_ge (first, told[r]);
      ck_assert_uint_le (stop - (r * 10000 + i + 1), told[r] == 0 ? 4 :
                         READ_ORDER_MAX / CHUNK);
      told[r] = stop;
    }
  }
  for (r = 0; r < N; ++r) {
    uint64_t ahead = told[r] - (r * 10000 + 300);

    ck_assert_uint_ge (ahead, READ_ORDER_MAX / CHUNK / N - 1);
    ck_assert_uint_le (ahead, READ_ORDER_MAX / CHUNK / N);
  }
  /* The others have gone. */
  told[0] = 0;
  for (i = 300; i < 600; ++i)
    if (reads (i))
      told[0] = stop;
  ck_assert_uint_ge (told[0], i + READ_ORDER_MAX / CHUNK - 1);
}
END_TEST

START_TEST (a_random_reader_is_no_hindrance)
{
  uint64_t i, told = 0;

  start ();
  for (i = 0; i < 300; ++i) {
    if (reads (i))
      told = stop;
    ck_assert (!reads (rnd (1 << 20) * 100 + 10000));
    ck_assert (!reads (rnd (1 << 20) * 100 + 10000));
  }
  ck_assert_uint_ge (told, i + READ_ORDER_MAX / CHUNK - 1);
}
END_TEST

START_TEST (who_jumps_begins_anew)
{
  uint64_t i;

  start ();
  for (i = 0; i < 200; ++i)
    reads (i);
  ck_assert (!reads (1000));
  for (i = 1001; !reads (i); ++i)
    ck_assert_uint_lt (i, 1010);
  ck_assert_uint_eq (stop - first, 4);
  ck_assert_uint_eq (first, i + 1);
}
END_TEST

/* Requests of one client that are answered in another order. */
START_TEST (a_little_disorder_is_order)
{
  static const unsigned swapped[] = { 1, 0, 3, 2, 5, 4, 7, 6, 9, 8 };
  unsigned i, told = 0;

  start ();
  for (i = 0; i < 100; ++i)
    told += reads (i / 10 * 10 + swapped[i % 10]);
  ck_assert_uint_gt (told, 45);
  ck_assert_uint_ge (stop, 100 + 4);
}
END_TEST

START_TEST (limits)
{
  read_order_init (&order, CHUNK, 4, 10, 1000 * MIB);
  ck_assert_uint_eq (order.max_chunks, 10);
  read_order_init (&order, CHUNK, 4, 1000, 3 * CHUNK);
  ck_assert_uint_eq (order.max_chunks, 3);
  ck_assert_uint_eq (order.min_chunks, 3);
  read_order_init (&order, 16 * MIB, 4, 1000, 1000 * MIB);
  ck_assert_uint_eq (order.max_chunks, 4);
  read_order_init (&order, 0, 4, 1000, 1000 * MIB);
  ck_assert_uint_eq (order.max_chunks, 0);
}
END_TEST

/* No cache, no use. */
START_TEST (never)
{
  uint64_t i;

  read_order_init (&order, CHUNK, 4, 1000, 0);
  for (i = 0; i < 100; ++i)
    ck_assert (!reads (i));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("read_order");

  tcase_add_test (t, a_sequential_reader_is_told_each_chunk_once);
  tcase_add_test (t, it_begins_with_little);
  tcase_add_test (t, a_random_reader_is_told_nothing);
  tcase_add_test (t, a_random_reader_of_a_small_blob_is_told_next_to_nothing);
  tcase_add_test (t, who_does_not_go_on_is_told_nothing);
  tcase_add_test (t, a_follower_is_no_hindrance);
  tcase_add_test (t, a_few_readers_are_told_apart);
  tcase_add_test (t, a_random_reader_is_no_hindrance);
  tcase_add_test (t, who_jumps_begins_anew);
  tcase_add_test (t, a_little_disorder_is_order);
  tcase_add_test (t, limits);
  tcase_add_test (t, never);
  return tests_run ();
}
