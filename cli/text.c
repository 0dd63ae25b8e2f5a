/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"
#include "utf8.h"

/* Is this UTF-8 character of n bytes to be shown as it is? */
static bool
is_plain (const char *s, size_t n)
{
  uint8_t c = (uint8_t) s[0];

  if (n == 0)
    return false;
  if (n == 1)
    return c >= 0x20 && c != 0x7f && c != '\\';
  /* U+0080 to U+009F are control characters to some terminals. */
  return !(c == 0xc2 && (uint8_t) s[1] < 0xa0);
}

void
text_print (const char *s)
{
  size_t n, i;

  for (; *s; s += n) {
    n = utf8_length (s);
    if (is_plain (s, n)) {
      fwrite (s, 1, n, stdout);
      continue;
    }
    if (n == 0)
      n = 1;
    for (i = 0; i < n; ++i)
      printf ("\\x%02x", (unsigned) (uint8_t) s[i]);
  }
}
