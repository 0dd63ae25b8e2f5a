/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "source.h"
#include "testing.h"
#include "verified_set.h"

static struct verified_set set;

static void
set_up (uint32_t n)
{
  ck_assert_int_eq (verified_set_init (&set, n, 100), 0);
}

START_TEST (only_what_was_added)
{
  uint32_t i;

  set_up (30);
  for (i = 0; i < 30; i += 3)
    verified_set_add (&set, i, 100, 100);
  for (i = 0; i < 30; ++i)
    ck_assert_int_eq (verified_set_has (&set, i, 100), i % 3 == 0);
  verified_set_clear (&set);
}
END_TEST

START_TEST (another_stamp_empties_it)
{
  uint32_t i;

  set_up (17);
  for (i = 0; i < 17; ++i)
    verified_set_add (&set, i, 100, 100);
  for (i = 0; i < 17; ++i)
    ck_assert (!verified_set_has (&set, i, 101));
  verified_set_add (&set, 16, 101, 101);
  ck_assert (verified_set_has (&set, 16, 101));
  ck_assert (!verified_set_has (&set, 16, 100));
  ck_assert (!verified_set_has (&set, 16, 101));
  verified_set_clear (&set);
}
END_TEST

/* The file changed between the read and the verdict, or before it. */
START_TEST (a_change_meanwhile_is_not_added)
{
  set_up (1);
  verified_set_add (&set, 0, 100, 101);
  ck_assert (!verified_set_has (&set, 0, 100));
  verified_set_add (&set, 0, 101, 101);
  ck_assert (!verified_set_has (&set, 0, 100));
  ck_assert (!verified_set_has (&set, 0, 101));
  verified_set_add (&set, 0, 100, 100);
  ck_assert (!verified_set_has (&set, 0, 101));
  verified_set_clear (&set);
}
END_TEST

/* Nothing is known to be as it was. */
START_TEST (an_unknown_stamp_is_not_added)
{
  set_up (1);
  ck_assert (!verified_set_has (&set, 0, SOURCE_STAMP_UNKNOWN));
  verified_set_add (&set, 0, SOURCE_STAMP_UNKNOWN, SOURCE_STAMP_UNKNOWN);
  ck_assert (!verified_set_has (&set, 0, SOURCE_STAMP_UNKNOWN));
  verified_set_clear (&set);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("verified_set");

  tcase_add_test (t, only_what_was_added);
  tcase_add_test (t, another_stamp_empties_it);
  tcase_add_test (t, a_change_meanwhile_is_not_added);
  tcase_add_test (t, an_unknown_stamp_is_not_added);
  return tests_run ();
}
