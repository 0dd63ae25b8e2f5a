/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "testing.h"
#include "utf8.h"

static const struct {
  const char *text;
  size_t len;
} rows[] = {
  { "a", 1 }, { "\x01", 1 }, { "\x7f", 1 },
  { "\xc2\x80", 2 }, { "\xdf\xbf", 2 },
  { "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 }, { "\xee\x80\x80", 3 },
  { "\xef\xbf\xbf", 3 },
  { "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
  /* A byte that never begins a character. */
  { "\x80", 0 }, { "\xbf", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 },
  /* Overlong, a surrogate, beyond the last character. */
  { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x9f\xbf", 0 },
  { "\xf0\x8f\xbf\xbf", 0 }, { "\xed\xa0\x80", 0 }, { "\xf4\x90\x80\x80", 0 },
  /* Cut short. */
  { "\xc2", 0 }, { "\xe1\x80", 0 }, { "\xf1\x80\x80", 0 }, { "\xc2" "a", 0 },
  { "\xe1\x80" "a", 0 }, { "\xf1\x80\x80\xc0", 0 },
};

START_TEST (length)
{
  ck_assert_uint_eq (utf8_length (rows[_i].text), rows[_i].len);
}
END_TEST

START_TEST (printable)
{
  static const char *const shown[] = {
    "a", " ", "~", "\xc2\xa0", "\xc3\xa9", "\xe2\x80\xa9", "\xe2\x80\xaf",
    "\xe2\x81\xa5", "\xe2\x81\xaa", "\xe2\x82\xac", "\xf0\x9f\x90\xa7",
  };
  static const char *const not_shown[] = {
    "\x01", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f", "\xe2\x80\xaa",
    "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xff", "\xe2\x80",
  };
  size_t i;

  for (i = 0; i < sizeof shown / sizeof shown[0]; ++i)
    ck_assert_uint_eq (utf8_printable (shown[i]), strlen (shown[i]));
  for (i = 0; i < sizeof not_shown / sizeof not_shown[0]; ++i)
    ck_assert_uint_eq (utf8_printable (not_shown[i]), 0);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("utf8");

  tcase_add_loop_test (t, length, 0, sizeof rows / sizeof rows[0]);
  tcase_add_test (t, printable);
  return tests_run ();
}
