/* SPDX-License-Identifier: BSD-3-Clause */
/* struct json: writes one JSON value to standard output.
 *
 *   struct json json = json_begin ();
 *   json_open (&json, NULL, '{');
 *   json_u64 (&json, "size", 4096);
 *   json_open (&json, "files", '[');
 *   json_string (&json, NULL, "a");
 *   json_close (&json);
 *   json_close (&json);
 *   json_end (&json);
 *
 * `key' is the member's name inside an object, and NULL inside an array and
 * at the top.  Numbers are integers, in full.  A string that is not UTF-8 has
 * its odd bytes as \u0080 to \u00ff, since JSON knows characters only.
 */
#ifndef EROFSFLAT_JSON_H
#define EROFSFLAT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 8        /* what our commands nest, and room */

struct json {
  unsigned depth;
  bool is_first;                /* in the innermost array or object */
  char closers[JSON_MAX_DEPTH];
};

static inline struct json
json_begin (void)
{
  return (struct json) { .is_first = true };
}

extern void json_end (struct json *json);

/* Begin an object '{' or array '['; json_close ends the innermost. */
extern void json_open (struct json *json, const char *key, char bracket);
extern void json_close (struct json *json);

extern void json_string (struct json *json, const char *key,
                         const char *value);    /* NULL becomes null */
extern void json_u64 (struct json *json, const char *key, uint64_t value);
extern void json_bool (struct json *json, const char *key, bool value);
extern void json_null (struct json *json, const char *key);

#endif
