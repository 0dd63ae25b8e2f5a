/* SPDX-License-Identifier: BSD-3-Clause */
/* Deflate: a gzip member, or a part of a gzip file from a checkpoint on.
 *
 * A member that begins and ends within what is decoded is verified by the
 * CRC-32 and the length in its trailer (one that begins at a checkpoint in the
 * first 4 GiB of the plain file only; not of CHUNK_RESUME_OPEN).  Another one
 * can not be: the checksum is over all of the member, of which only a part is
 * seen here.  What is then seen of damage is what can not be decoded, and what
 * does not end where the next checkpoint is.
 *
 * Thread-safety: one object by one thread at a time.
 */
#ifndef EROFSFLAT_DECODER_INFLATE_H
#define EROFSFLAT_DECODER_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"

struct z_stream_s;

struct decoder_inflate {
  struct z_stream_s *stream;    /* owned; NULL until it is needed */
};

/* Decode one gzip member to exactly `plain_len' bytes; what follows it is
 * ignored.  Error: EINVAL, ENOMEM.
 */
extern int decoder_inflate_member (struct decoder_inflate *inflate,
                                   struct bytes stored, uint8_t *plain,
                                   size_t plain_len, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 5), __warn_unused_result__));

/* Decode `plain_len' bytes from a checkpoint on, across the ends of members
 * (it may itself be at one); what would come behind them is not looked at.
 * `dictionary' has resume->dict_len bytes.  Error: EINVAL, ENOMEM.
 */
extern int decoder_inflate_resume (struct decoder_inflate *inflate,
                                   const struct chunk_resume *resume,
                                   const uint8_t *dictionary,
                                   struct bytes stored, uint8_t *plain,
                                   size_t plain_len, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 5, 7), __warn_unused_result__));

extern void decoder_inflate_clear (struct decoder_inflate *inflate);

#endif
