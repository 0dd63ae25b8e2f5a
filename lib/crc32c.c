/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <string.h>

#include "crc32c.h"

/* Four bits at a time, for machines without an instruction for it. */
static uint32_t
crc32c_portable (uint32_t crc, const uint8_t *p, size_t len)
{
  static const uint32_t table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
    0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
  };

  for (; len > 0; --len, ++p) {
    crc = table[(crc ^ *p) & 15] ^ crc >> 4;
    crc = table[(crc ^ *p >> 4) & 15] ^ crc >> 4;
  }
  return crc;
}

#ifdef __x86_64__

/* One image's superblock is nothing, but those of a thousand layers are read
 * at start.
 */
__attribute__ ((__target__ ("sse4.2")))
static uint32_t
crc32c_sse42 (uint32_t crc, const uint8_t *p, size_t len)
{
  unsigned long long wide = crc, eight;

  for (; len >= sizeof eight; len -= sizeof eight, p += sizeof eight) {
    memcpy (&eight, p, sizeof eight);
    wide = __builtin_ia32_crc32di (wide, eight);
  }
  crc = (uint32_t) wide;
  for (; len > 0; --len, ++p)
    crc = __builtin_ia32_crc32qi (crc, *p);
  return crc;
}

uint32_t
crc32c (uint32_t crc, const void *buf, size_t len)
{
  if (__builtin_cpu_supports ("sse4.2"))
    return crc32c_sse42 (crc, buf, len);
  return crc32c_portable (crc, buf, len);
}

#else /* !__x86_64__ */

uint32_t
crc32c (uint32_t crc, const void *buf, size_t len)
{
  return crc32c_portable (crc, buf, len);
}

#endif
