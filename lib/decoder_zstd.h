/* SPDX-License-Identifier: BSD-3-Clause */
/* Zstandard: one or more whole frames, one behind the other, and nothing else.
 * Skippable frames among them are skipped.
 *
 * Decoding goes from buffer to buffer in one call, so the window that a frame
 * asks for is the output itself: nothing is allocated for it.  A frame's own
 * checksum is verified.  Frames that need a dictionary are refused, and so are
 * those of zstd before 0.8, for which libzstd has other, older decoders.
 *
 * Thread-safety: one object by one thread at a time.
 */
#ifndef EROFSFLAT_DECODER_ZSTD_H
#define EROFSFLAT_DECODER_ZSTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"

struct ZSTD_DCtx_s;

struct decoder_zstd {
  struct ZSTD_DCtx_s *dctx;     /* owned; NULL until it is needed */
};

/* Decode all of `stored' to exactly `plain_len' bytes.  Error: EINVAL,
 * ENOMEM.
 */
extern int decoder_zstd_run (struct decoder_zstd *zstd, struct bytes stored,
                             uint8_t *plain, size_t plain_len,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 5), __warn_unused_result__));

extern void decoder_zstd_clear (struct decoder_zstd *zstd);

/* Does the frame that begins with these ZSTD_FRAME_HEAD bytes have a checksum
 * of its own?
 */
#define ZSTD_FRAME_HEAD 5
extern bool zstd_frame_has_checksum (const uint8_t head[ZSTD_FRAME_HEAD]);

#endif
