/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "error.h"
#include "testing.h"

START_TEST (set)
{
  struct error err;

  ck_assert_int_eq (error_set (&err, EINVAL, "%s has %d", "it", 3), -1);
  ck_assert_int_eq (err.errnum, EINVAL);
  ck_assert_str_eq (err.text, "it has 3");
}
END_TEST

START_TEST (set_errno)
{
  struct error err;

  ck_assert_int_eq (error_set_errno (&err, ENOENT, "file %d", 1), -1);
  ck_assert_int_eq (err.errnum, ENOENT);
  ck_assert_str_eq (err.text, "file 1: No such file or directory");
}
END_TEST

START_TEST (prefix)
{
  struct error err;

  error_set (&err, EIO, "100%% gone %s", "%s");
  ck_assert_int_eq (error_prefix (&err, "slot %d", 2), -1);
  ck_assert_int_eq (err.errnum, EIO);
  ck_assert_str_eq (err.text, "slot 2: 100% gone %s");
}
END_TEST

START_TEST (control_characters)
{
  struct error err;

  error_set (&err, EINVAL, "%s", "a\nb\tc\033[1md\177e\301");
  ck_assert_str_eq (err.text, "a?b?c?[1md?e?");
  error_prefix (&err, "%s", "x\ry");
  ck_assert_str_eq (err.text, "x?y: a?b?c?[1md?e?");
  error_set (&err, EINVAL, "%s", "a\302\23331m \303\251 \342\200\256b");
  ck_assert_str_eq (err.text, "a?\?31m \303\251 ?\?\?b");
  error_set_errno (&err, EIO, "%s", "\1");
  ck_assert_str_eq (err.text, "?: Input/output error");
}
END_TEST

static bool
ends_in_dots (const struct error *err)
{
  size_t len = strlen (err->text);

  return len == ERROR_TEXT_MAX - 1 &&
    strcmp (err->text + len - 3, "...") == 0;
}

START_TEST (too_long)
{
  static char text[2 * ERROR_TEXT_MAX];
  struct error err;

  memset (text, 'a', ERROR_TEXT_MAX - 1);
  error_set (&err, EINVAL, "%s", text);
  ck_assert_str_eq (err.text, text);    /* fits */

  error_prefix (&err, "slot 1");
  ck_assert (ends_in_dots (&err));
  ck_assert_int_eq (strncmp (err.text, "slot 1: aaa", 11), 0);

  text[ERROR_TEXT_MAX - 1] = 'a';
  error_set (&err, EINVAL, "%s", text);
  ck_assert (ends_in_dots (&err));
  error_set_errno (&err, EINVAL, "%s", text);
  ck_assert (ends_in_dots (&err));

  memset (text, 'b', sizeof text - 1);
  error_prefix (&err, "%s", text);
  ck_assert (ends_in_dots (&err));
}
END_TEST

START_TEST (append)
{
  static char text[2 * ERROR_TEXT_MAX];
  struct error err;

  error_set (&err, EINVAL, "length %d", 5);
  ck_assert_int_eq (error_append (&err, ", expected %d\n", 6), -1);
  ck_assert_int_eq (err.errnum, EINVAL);
  ck_assert_str_eq (err.text, "length 5, expected 6?");

  memset (text, 'a', ERROR_TEXT_MAX - 3);
  error_set (&err, EINVAL, "%s", text);
  error_append (&err, "bc");
  ck_assert_uint_eq (strlen (err.text), ERROR_TEXT_MAX - 1);
  ck_assert (!ends_in_dots (&err));
  error_append (&err, "d");
  ck_assert (ends_in_dots (&err));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("error");

  tcase_add_test (t, set);
  tcase_add_test (t, set_errno);
  tcase_add_test (t, prefix);
  tcase_add_test (t, control_characters);
  tcase_add_test (t, too_long);
  tcase_add_test (t, append);
  return tests_run ();
}
