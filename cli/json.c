/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "utf8.h"

/* Objects within the second level, the rows of our lists, are one line. */
#define MULTI_LINE_DEPTH 2

static void
new_line (const struct json *json)
{
  printf ("\n%*s", (int) json->depth * 2, "");
}

static void
put_string (const char *s)
{
  size_t n;

  putchar ('"');
  for (; *s; s += n) {
    n = utf8_length (s);
    if (n == 0 || (unsigned char) *s < 0x20 || *s == 0x7f) {
      printf ("\\u%04x", (unsigned) (unsigned char) *s);
      n = 1;
      continue;
    }
    if (*s == '"' || *s == '\\')
      putchar ('\\');
    fwrite (s, 1, n, stdout);
  }
  putchar ('"');
}

/* What stands before any value. */
static void
begin_value (struct json *json, const char *key)
{
  if (!json->is_first)
    putchar (',');
  if (json->depth > 0) {
    if (json->depth <= MULTI_LINE_DEPTH)
      new_line (json);
    else if (!json->is_first)
      putchar (' ');
  }
  json->is_first = false;
  if (key != NULL) {
    put_string (key);
    fputs (": ", stdout);
  }
}

void
json_end (struct json *json)
{
  assert (json->depth == 0);
  putchar ('\n');
}

void
json_open (struct json *json, const char *key, char bracket)
{
  assert (json->depth < JSON_MAX_DEPTH);
  begin_value (json, key);
  putchar (bracket);
  json->closers[json->depth++] = bracket == '{' ? '}' : ']';
  json->is_first = true;
}

void
json_close (struct json *json)
{
  bool was_empty = json->is_first;

  assert (json->depth > 0);
  json->depth--;
  if (!was_empty && json->depth < MULTI_LINE_DEPTH)
    new_line (json);
  putchar (json->closers[json->depth]);
  json->is_first = false;
}

void
json_string (struct json *json, const char *key, const char *value)
{
  if (value == NULL) {
    json_null (json, key);
    return;
  }
  begin_value (json, key);
  put_string (value);
}

void
json_u64 (struct json *json, const char *key, uint64_t value)
{
  begin_value (json, key);
  printf ("%" PRIu64, value);
}

void
json_bool (struct json *json, const char *key, bool value)
{
  begin_value (json, key);
  fputs (value ? "true" : "false", stdout);
}

void
json_null (struct json *json, const char *key)
{
  begin_value (json, key);
  fputs ("null", stdout);
}
