/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdint.h>
#include <stdio.h>

#include "text.h"
#include "utf8.h"

void
text_print (const char *s)
{
  size_t n, i;

  for (; *s; s += n) {
    n = utf8_printable (s);
    if (n > 0 && *s != '\\') {
      fwrite (s, 1, n, stdout);
      continue;
    }
    n = utf8_length (s);
    if (n == 0)
      n = 1;
    for (i = 0; i < n; ++i)
      printf ("\\x%02x", (unsigned) (uint8_t) s[i]);
  }
}
