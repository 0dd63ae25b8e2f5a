/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "log.h"
#include "testing.h"

struct heard {
  unsigned calls;
  char message[4096];
};

static __attribute__ ((__format__ (__printf__, 2, 0))) void
hear (void *opaque, const char *fmt, va_list args)
{
  struct heard *heard = opaque;

  heard->calls++;
  vsnprintf (heard->message, sizeof heard->message, fmt, args);
}

START_TEST (silent)
{
  const struct log log = { .debug = NULL };

  log_debug (NULL, "nothing %d", 1);
  log_debug (&log, "nothing %d", 2);
  log_warning (NULL, "nothing %d", 3);
  log_warning (&log, "nothing %d", 4);
}
END_TEST

START_TEST (debug)
{
  struct heard heard = { 0 };
  const struct log log = { .debug = hear, .opaque = &heard };

  log_debug (&log, "%s is %d", "two", 2);
  ck_assert_uint_eq (heard.calls, 1);
  ck_assert_str_eq (heard.message, "two is 2");
}
END_TEST

START_TEST (warning)
{
  struct heard heard = { 0 };
  const struct log log = { .warning = hear, .opaque = &heard };

  log_debug (&log, "not heard");
  log_warning (&log, "%s is %d", "three", 3);
  ck_assert_uint_eq (heard.calls, 1);
  ck_assert_str_eq (heard.message, "three is 3");
}
END_TEST

START_TEST (long_message)
{
  struct heard heard = { 0 };
  const struct log log = { .debug = hear, .opaque = &heard };
  char text[3000];

  memset (text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  log_debug (&log, "%s", text);
  ck_assert_uint_eq (heard.calls, 1);
  ck_assert_str_eq (heard.message, text);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("log");

  tcase_add_test (t, silent);
  tcase_add_test (t, debug);
  tcase_add_test (t, warning);
  tcase_add_test (t, long_message);
  return tests_run ();
}
