/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "utf8.h"

/* Mark a text that did not fit, and make it one printable line. */
static void
finish (struct error *err, int wanted)
{
  size_t n;
  char *p;

  if (wanted >= ERROR_TEXT_MAX)
    memcpy (err->text + ERROR_TEXT_MAX - 4, "...", 4);
  for (p = err->text; *p; p += n) {
    n = utf8_printable (p);
    if (n == 0)
      p[n++] = '?';
  }
}

int
error_set (struct error *err, int errnum, const char *fmt, ...)
{
  va_list args;
  int n;

  err->errnum = errnum;
  va_start (args, fmt);
  n = vsnprintf (err->text, sizeof err->text, fmt, args);
  va_end (args);
  finish (err, n);
  return -1;
}

int
error_set_errno (struct error *err, int errnum, const char *fmt, ...)
{
  va_list args;
  char reason[128];
  size_t len;
  int n;

  err->errnum = errnum;
  va_start (args, fmt);
  n = vsnprintf (err->text, sizeof err->text, fmt, args);
  va_end (args);

  len = strlen (err->text);
  n += snprintf (err->text + len, sizeof err->text - len, ": %s",
                 strerror_r (errnum, reason, sizeof reason));
  finish (err, n);
  return -1;
}

int
error_append (struct error *err, const char *fmt, ...)
{
  size_t len = strlen (err->text);
  va_list args;
  int n;

  va_start (args, fmt);
  n = vsnprintf (err->text + len, sizeof err->text - len, fmt, args);
  va_end (args);
  finish (err, (int) len + n);
  return -1;
}

int
error_prefix (struct error *err, const char *fmt, ...)
{
  char old[ERROR_TEXT_MAX];
  va_list args;
  size_t len;
  int n;

  memcpy (old, err->text, sizeof old);
  va_start (args, fmt);
  n = vsnprintf (err->text, sizeof err->text, fmt, args);
  va_end (args);

  len = strlen (err->text);
  n += snprintf (err->text + len, sizeof err->text - len, ": %s", old);
  finish (err, n);
  return -1;
}
