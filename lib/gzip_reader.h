/* SPDX-License-Identifier: BSD-3-Clause */
/* struct gzip_reader: a gzip file from its start on, as gzip itself reads it,
 * one member after the other.  It needs no checkpoints.
 *
 * Thread-safety: one object by one thread at a time.
 */
#ifndef EROFSFLAT_GZIP_READER_H
#define EROFSFLAT_GZIP_READER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "source.h"

struct z_stream_s;

struct gzip_reader {
  struct source *stored;        /* borrowed: the file */
  uint64_t read;                /* bytes of it so far */
  uint64_t plain;               /* what they decoded to */
  struct z_stream_s *stream;    /* owned; its input is what is left of buf */
  uint8_t *buf, *out;           /* owned */
};

struct gzip_member {
  uint64_t stored_start, stored_len;    /* in the file */
  uint64_t plain_start, plain_len;      /* in what the file decodes to */
  uint32_t crc, expected_crc;           /* CRC-32 of the plain bytes */
  uint32_t expected_len;                /* plain_len modulo 2^32 */
};

/* Told of plain bytes, in order. */
typedef void (*gzip_reader_fn) (void *opaque, const uint8_t *plain,
                                size_t len);

/* Error: ENOMEM; there is nothing to clear. */
extern int gzip_reader_init (struct gzip_reader *reader,
                             struct source *stored, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));
extern void gzip_reader_clear (struct gzip_reader *reader);

/* Decode the next member.  Returns 1, and it is for the caller to compare what
 * is expected; 0 if no member follows: the file ends, or has something else
 * (`ret' is not set); -1: the member can not be decoded, and nothing more can
 * be read (`ret' says where it is, up to the damage).  Error: EINVAL, EIO,
 * ENOMEM.
 */
extern int gzip_reader_next (struct gzip_reader *reader, gzip_reader_fn put,
                             void *opaque, struct gzip_member *ret,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4, 5), __warn_unused_result__));

#endif
