/* SPDX-License-Identifier: BSD-3-Clause */
/* struct bytes: a bounds-checked view of bytes from outside.
 *
 * Parsers see outside data through this type only.  bytes_slice refuses what
 * does not lie inside; the getters then assert, as reading past a slice that
 * was taken with the wrong size is a mistake in our program, not in the file.
 * This is the only code that knows about byte order: EROFS is little-endian.
 *
 * A view owns nothing: it is valid as long as the buffer behind it.
 */
#ifndef EROFSFLAT_BYTES_H
#define EROFSFLAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
  const uint8_t *ptr;
  size_t len;
};

/* The view of [off, off+len), or false if that does not lie inside. */
extern bool bytes_slice (struct bytes b, uint64_t off, uint64_t len,
                         struct bytes *ret)
  __attribute__ ((__nonnull__ (4), __warn_unused_result__));

extern uint8_t bytes_u8 (struct bytes b, size_t off);
extern uint16_t bytes_u16 (struct bytes b, size_t off);
extern uint32_t bytes_u32 (struct bytes b, size_t off);
extern uint64_t bytes_u64 (struct bytes b, size_t off);

/* Copy a text field of `len' bytes at `off' that is NUL padded, but not NUL
 * terminated when it is full.  `ret' has room for len+1 bytes.
 */
extern void bytes_text (struct bytes b, size_t off, size_t len, char *ret)
  __attribute__ ((__nonnull__ (4)));

/* All of them as hexadecimal digits; `ret' has room for two each and a NUL. */
extern void bytes_hex (struct bytes b, char *ret)
  __attribute__ ((__nonnull__ (2)));

extern void put_u16 (uint8_t *p, uint16_t v) __attribute__ ((__nonnull__ (1)));
extern void put_u32 (uint8_t *p, uint32_t v) __attribute__ ((__nonnull__ (1)));

#endif
