/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdint.h>

#include "utf8.h"

size_t
utf8_length (const char *s)
{
  /* The least and the largest second byte for each first byte. */
  static const struct {
    uint8_t first, last, min, max;
    size_t len;
  } forms[] = {
    { 0x01, 0x7f, 0x00, 0xff, 1 },
    { 0xc2, 0xdf, 0x80, 0xbf, 2 },
    { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 },
    { 0xed, 0xed, 0x80, 0x9f, 3 },
    { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 },
    { 0xf1, 0xf3, 0x80, 0xbf, 4 },
    { 0xf4, 0xf4, 0x80, 0x8f, 4 },
  };
  const uint8_t *p = (const uint8_t *) s;
  size_t i, j;

  for (i = 0; i < sizeof forms / sizeof forms[0]; ++i) {
    if (p[0] < forms[i].first || p[0] > forms[i].last)
      continue;
    if (forms[i].len > 1 && (p[1] < forms[i].min || p[1] > forms[i].max))
      return 0;
    for (j = 2; j < forms[i].len; ++j)
      if ((p[j] & 0xc0) != 0x80) /* the final NUL too */
        return 0;
    return forms[i].len;
  }
  return 0;
}

size_t
utf8_printable (const char *s)
{
  const uint8_t *p = (const uint8_t *) s;
  size_t len = utf8_length (s);

  if ((len == 1 && (p[0] < 0x20 || p[0] == 0x7f)) ||
      (len == 2 && p[0] == 0xc2 && p[1] < 0xa0) ||
      (len == 3 && p[0] == 0xe2 &&
       ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||       /* U+202A... */
        (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9))))       /* U+2066... */
    return 0;
  return len;
}
