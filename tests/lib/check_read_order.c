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
  ck_assert_uint_eq (stop - first, 5);
  for (; i < 520; ++i)
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

START_TEST (who_jumps_begins_anew)
{
  uint64_t i;

  start ();
  for (i = 0; i < 200; ++i)
    reads (i);
  ck_assert (!reads (1000));
  for (i = 1001; !reads (i); ++i)
    ck_assert_uint_lt (i, 1010);
  ck_assert_uint_eq (stop - first, 5);
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
  tcase_add_test (t, who_jumps_begins_anew);
  tcase_add_test (t, a_little_disorder_is_order);
  tcase_add_test (t, limits);
  tcase_add_test (t, never);
  return tests_run ();
}
