/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdatomic.h>
#include <unistd.h>

#include "read_ahead.h"
#include "testing.h"

static struct error err;
static atomic_uint loads, closed, slow_us;

static void
count_load (struct source *source, uint32_t chunk)
{
  (void) source;
  if (slow_us > 0)
    usleep (slow_us);
  atomic_fetch_add (&loads, chunk);
}

static void
count_close (struct source *source)
{
  (void) source;
  atomic_fetch_add (&closed, 1);
}

static const struct source_ops ops = { .close = count_close };

static void
reset (struct source *source)
{
  loads = closed = slow_us = 0;
  source_init (source, &ops, 0);
}

/* Up to ten seconds. */
static bool
wait_for_loads (unsigned n)
{
  int i;

  for (i = 0; i < 10000 && loads != n; ++i)
    usleep (1000);
  return loads == n;
}

START_TEST (what_is_pushed_is_loaded)
{
  struct read_ahead *ahead = read_ahead_new (&err);
  struct source source;
  unsigned i;

  reset (&source);
  ck_assert (!read_ahead_is_running (ahead));
  ck_assert_int_eq (read_ahead_start (ahead, 3, &err), 0);
  ck_assert (read_ahead_is_running (ahead));
  for (i = 1; i <= 50; ++i)
    read_ahead_push (ahead, &source, i, count_load);
  ck_assert (wait_for_loads (50 * 51 / 2));
  read_ahead_free (ahead);
  ck_assert_uint_eq (closed, 0);
  source_unref (&source);
  ck_assert_uint_eq (closed, 1);
}
END_TEST

/* Before the start jobs wait, those beyond the queue's size are dropped. */
START_TEST (a_full_queue_drops)
{
  struct read_ahead *ahead = read_ahead_new (&err);
  struct source source;
  unsigned i;

  reset (&source);
  for (i = 0; i < 1000; ++i)
    read_ahead_push (ahead, &source, 1, count_load);
  ck_assert_int_eq (read_ahead_start (ahead, 1, &err), 0);
  ck_assert (wait_for_loads (READ_AHEAD_QUEUE));
  usleep (20000);
  ck_assert_uint_eq (loads, READ_AHEAD_QUEUE);
  read_ahead_free (ahead);
  source_unref (&source);
  ck_assert_uint_eq (closed, 1);
}
END_TEST

/* The end does not wait for the queue, and gives every reference back. */
START_TEST (the_end_drops_what_waits)
{
  struct read_ahead *ahead = read_ahead_new (&err);
  struct source source;
  unsigned i;

  reset (&source);
  slow_us = 50000;
  ck_assert_int_eq (read_ahead_start (ahead, 2, &err), 0);
  for (i = 0; i < 60; ++i)
    read_ahead_push (ahead, &source, 1, count_load);
  read_ahead_stop (ahead);
  ck_assert (!read_ahead_is_running (ahead));
  ck_assert_uint_lt (loads, 60);
  read_ahead_push (ahead, &source, 1, count_load);      /* dropped */
  source_unref (&source);
  ck_assert_uint_eq (closed, 1);
  read_ahead_free (ahead);
}
END_TEST

START_TEST (never_started)
{
  read_ahead_free (read_ahead_new (&err));
  read_ahead_free (NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("read_ahead");

  tcase_add_test (t, what_is_pushed_is_loaded);
  tcase_add_test (t, a_full_queue_drops);
  tcase_add_test (t, the_end_drops_what_waits);
  tcase_add_test (t, never_started);
  return tests_run ();
}
