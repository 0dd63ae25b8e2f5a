/* SPDX-License-Identifier: BSD-3-Clause */
/* What of a text from outside is UTF-8. */
#ifndef EROFSFLAT_UTF8_H
#define EROFSFLAT_UTF8_H

#include <stddef.h>

/* The bytes of the UTF-8 character at `s', which is not empty, or 0 if there
 * is none: RFC 3629, so neither overlong forms nor surrogates.
 */
extern size_t utf8_length (const char *s)
  __attribute__ ((__nonnull__ (1)));

/* The same of a character that may be shown: 0 also for control characters,
 * U+0080 to U+009F too, which are some to some terminals, and for those that
 * turn the direction of the text around them.
 */
extern size_t utf8_printable (const char *s)
  __attribute__ ((__nonnull__ (1)));

#endif
