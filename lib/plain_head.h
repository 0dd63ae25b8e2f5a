/* SPDX-License-Identifier: BSD-3-Clause */
/* The first plain bytes of a file that may be compressed.
 *
 * To know an image by its superblock it is enough to decode the first KiB;
 * this decodes no more than it is asked for, and believes nothing that it
 * finds: a file that does not decode has no head.
 *
 * Thread-safe: no state.
 */
#ifndef EROFSFLAT_PLAIN_HEAD_H
#define EROFSFLAT_PLAIN_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "source.h"

/* Who begins like a compressed file has this many bytes; a shorter one is
 * raw.
 */
#define PLAIN_MAGIC_SIZE 4

enum plain_form { PLAIN_RAW, PLAIN_ZSTD, PLAIN_GZIP };

/* How the file begins.  Error: EIO. */
extern int plain_head_form (struct source *file, enum plain_form *ret,
                            struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* How the file begins, and its first plain bytes: of a raw file up to `size',
 * as many as `buf' has room for, else no more than `decode_max' (<= size) are
 * decoded.  *ret_len of them, fewer where the file ends or is damaged.  Error:
 * EIO, ENOMEM.
 */
extern int plain_head_read (struct source *file, uint8_t *buf, size_t size,
                            size_t decode_max, size_t *ret_len,
                            enum plain_form *ret_form, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 5, 6, 7), __warn_unused_result__));

#endif
