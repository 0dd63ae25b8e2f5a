/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "name_list.h"
#include "testing.h"

START_TEST (few)
{
  struct name_list list = { .len = 0 };

  name_list_add (&list, "d/", "a");
  ck_assert_str_eq (list.text, "d/a");
  name_list_add (&list, "", "b");
  name_list_add (&list, "d/", "c");
  ck_assert_str_eq (name_list_text (&list), "d/a, b, d/c");
}
END_TEST

START_TEST (none)
{
  struct name_list list = { .len = 0 };

  ck_assert_str_eq (name_list_text (&list), "");
}
END_TEST

/* Names are whole or left out, whatever their lengths. */
START_TEST (many)
{
  struct name_list list = { .len = 0 };
  char name[ERROR_TEXT_MAX], expected[ERROR_TEXT_MAX] = "", more[48];
  size_t n = 0, i, named;

  for (i = 0; i < 200; ++i) {
    memset (name, 'x', 9 + (size_t) _i);
    name[9 + _i] = '\0';
    name_list_add (&list, "", name);
  }
  named = 200 - list.n_left_out;
  ck_assert_uint_gt (named, 0);
  ck_assert_uint_lt (named, 200);
  for (i = 0; i < named; ++i)
    n += (size_t) snprintf (expected + n, sizeof expected - n, "%s%s",
                            i > 0 ? ", " : "", name);
  /* There was no room for one more. */
  ck_assert_uint_gt (n + 2 + strlen (name) + sizeof more, sizeof list.text);
  snprintf (more, sizeof more, " and %zu more", 200 - named);
  strcat (expected, more);
  ck_assert_str_eq (name_list_text (&list), expected);
}
END_TEST

/* A short one behind a long one is left out, too. */
START_TEST (too_long)
{
  struct name_list list = { .len = 0 };
  char name[2 * ERROR_TEXT_MAX];

  memset (name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  name_list_add (&list, "d/", name);
  name_list_add (&list, "d/", "a");
  ck_assert_str_eq (name_list_text (&list), "2 with long names");
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("name_list");

  tcase_add_test (t, few);
  tcase_add_test (t, none);
  tcase_add_loop_test (t, many, 0, 50);
  tcase_add_test (t, too_long);
  return tests_run ();
}
