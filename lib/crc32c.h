/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-32C (Castagnoli, reflected polynomial 0x82F63B78).
 *
 * The raw register: no inversion before or after.  EROFS's superblock
 * checksum starts at 0xFFFFFFFF and is not inverted at the end; the usual
 * CRC-32C starts there too and is inverted ("123456789" gives 0xE3069283).
 */
#ifndef EROFSFLAT_CRC32C_H
#define EROFSFLAT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

extern uint32_t crc32c (uint32_t crc, const void *buf, size_t len)
  __attribute__ ((__nonnull__ (2)));

#endif
