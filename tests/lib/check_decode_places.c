/* SPDX-License-Identifier: BSD-3-Clause */
/* Decode places: their number, and the buffers that they keep. */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "decode_places.h"
#include "testing.h"
#include "unit_memory.h"

static struct error err;

static struct unit_buffer
take (struct decode_places *places, size_t len)
{
  struct unit_buffer ret = { decode_places_take (places, len, &err), len };

  ck_assert_ptr_nonnull (ret.data);
  memset (ret.data, 1, len);
  return ret;
}

START_TEST (a_buffer_of_the_same_length_is_kept)
{
  struct decode_places places = { 0 };
  struct unit_buffer a, b;
  uint8_t *first;

  ck_assert_int_eq (decode_places_init (&places, 2, UNIT_MEMORY_MAPPED), 0);
  a = take (&places, 1000);
  first = a.data;
  decode_places_give (&places, a);
  b = take (&places, 2000);
  ck_assert_ptr_ne (b.data, first);
  a = take (&places, 1000);
  ck_assert_ptr_eq (a.data, first);
  ck_assert_uint_eq (places.bytes, 3000);
  decode_places_give (&places, a);
  decode_places_give (&places, b);
  decode_places_free (&places);
}
END_TEST

/* Places that keep buffers which nobody wants any more. */
START_TEST (a_place_keeps_one_buffer)
{
  struct decode_places places = { 0 };
  struct unit_buffer buffers[3];
  size_t i;

  ck_assert_int_eq (decode_places_init (&places, 3, UNIT_MEMORY_MAPPED), 0);
  for (i = 0; i < 3; ++i)
    buffers[i] = take (&places, 1000 + i);
  for (i = 0; i < 3; ++i)
    decode_places_give (&places, buffers[i]);
  ck_assert_uint_eq (places.bytes, 3003);
  for (i = 0; i < 3; ++i)
    buffers[i] = take (&places, 10);
  ck_assert_uint_eq (places.bytes, 30);
  ck_assert_uint_eq (decode_places_peak (&places), 3003);
  for (i = 0; i < 3; ++i)
    decode_places_give (&places, buffers[i]);
  decode_places_free (&places);
}
END_TEST

/* A buffer that its taker keeps, as the cache does, is counted until it is
 * dropped.
 */
START_TEST (buffers_that_are_kept_are_counted)
{
  struct decode_places places = { 0 };
  struct unit_buffer a, none = { NULL, 0 };

  ck_assert_int_eq (decode_places_init (&places, 1, UNIT_MEMORY_MAPPED), 0);
  a = take (&places, 1000);
  decode_places_give (&places, none);
  ck_assert_uint_eq (places.bytes, 1000);
  decode_places_drop (&places, &a);
  ck_assert_ptr_null (a.data);
  ck_assert_uint_eq (places.bytes, 0);
  decode_places_drop (&places, &a);
  ck_assert_uint_eq (places.bytes, 0);
  decode_places_free (&places);
}
END_TEST

#define N_PLACES 3

struct crowd {
  struct decode_places places;
  atomic_uint busy, too_many;
};

static void *
work (void *opaque)
{
  struct crowd *crowd = opaque;
  struct unit_buffer buffer;
  struct error e;
  unsigned i;

  for (i = 0; i < 200; ++i) {
    buffer.len = 100 + 100 * (i % 5);
    buffer.data = decode_places_take (&crowd->places, buffer.len, &e);
    if (atomic_fetch_add (&crowd->busy, 1) >= N_PLACES)
      atomic_fetch_add (&crowd->too_many, 1);
    memset (buffer.data, (int) i, buffer.len);
    if (i % 20 == 0)
      usleep (100);
    atomic_fetch_sub (&crowd->busy, 1);
    decode_places_give (&crowd->places, buffer);
  }
  return NULL;
}

START_TEST (no_more_than_there_are_places)
{
  struct crowd crowd = { .busy = 0 };
  pthread_t threads[8];
  size_t i;

  ck_assert_int_eq (decode_places_init (&crowd.places, N_PLACES, UNIT_MEMORY_MAPPED), 0);
  for (i = 0; i < 8; ++i)
    pthread_create (&threads[i], NULL, work, &crowd);
  for (i = 0; i < 8; ++i)
    pthread_join (threads[i], NULL);
  ck_assert_uint_eq (crowd.too_many, 0);
  ck_assert_uint_le (decode_places_peak (&crowd.places), N_PLACES * 500);
  decode_places_free (&crowd.places);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("decode_places");

  tcase_add_test (t, a_buffer_of_the_same_length_is_kept);
  tcase_add_test (t, a_place_keeps_one_buffer);
  tcase_add_test (t, buffers_that_are_kept_are_counted);
  tcase_add_test (t, no_more_than_there_are_places);
  return tests_run ();
}
