/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <string.h>

#include "bytes.h"

bool
bytes_slice (struct bytes b, uint64_t off, uint64_t len, struct bytes *ret)
{
  if (off > b.len || len > b.len - off)
    return false;
  ret->ptr = b.ptr + off;
  ret->len = (size_t) len;
  return true;
}

/* The `n' bytes at `off' as one little-endian number. */
static uint64_t
get (struct bytes b, size_t off, size_t n)
{
  uint64_t v = 0;
  size_t i;

  assert (off <= b.len && n <= b.len - off);
  for (i = n; i > 0; --i)
    v = v << 8 | b.ptr[off + i - 1];
  return v;
}

uint8_t
bytes_u8 (struct bytes b, size_t off)
{
  return (uint8_t) get (b, off, 1);
}

uint16_t
bytes_u16 (struct bytes b, size_t off)
{
  return (uint16_t) get (b, off, 2);
}

uint32_t
bytes_u32 (struct bytes b, size_t off)
{
  return (uint32_t) get (b, off, 4);
}

uint64_t
bytes_u64 (struct bytes b, size_t off)
{
  return get (b, off, 8);
}

void
bytes_text (struct bytes b, size_t off, size_t len, char *ret)
{
  assert (off <= b.len && len <= b.len - off);
  memcpy (ret, b.ptr + off, len);
  ret[len] = '\0';
}

void
bytes_hex (struct bytes b, char *ret)
{
  static const char digits[] = "0123456789abcdef";
  size_t i;

  for (i = 0; i < b.len; ++i) {
    *ret++ = digits[b.ptr[i] >> 4];
    *ret++ = digits[b.ptr[i] & 0xf];
  }
  *ret = '\0';
}

static void
put (uint8_t *p, uint64_t v, size_t n)
{
  size_t i;

  for (i = 0; i < n; ++i, v >>= 8)
    p[i] = (uint8_t) (v & 0xff);
}

void
put_u16 (uint8_t *p, uint16_t v)
{
  put (p, v, 2);
}

void
put_u32 (uint8_t *p, uint32_t v)
{
  put (p, v, 4);
}
