/* SPDX-License-Identifier: BSD-3-Clause */
/* LZ4: one raw block, without frame or size in front of it.  It has no
 * checksum.  Pure function, thread-safe.
 */
#ifndef EROFSFLAT_DECODER_LZ4_H
#define EROFSFLAT_DECODER_LZ4_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"

/* Decode all of `stored' to exactly `plain_len' bytes.  Error: EINVAL. */
extern int decoder_lz4_run (struct bytes stored, uint8_t *plain,
                            size_t plain_len, struct error *err)
  __attribute__ ((__nonnull__ (2, 4), __warn_unused_result__));

#endif
