/* SPDX-License-Identifier: BSD-3-Clause */
/* struct decoder: turns one stored unit into its plain bytes.
 *
 * A decoder owns what the codecs' libraries need (contexts, a buffer for the
 * stored bytes) and is reused from unit to unit; a struct decoder_pool hands
 * one to each thread that decodes.
 *
 * Nothing in the stored bytes is trusted: a unit decodes to exactly the
 * length that its table declares, or it is an error; nothing is written
 * beyond that length, and no memory is allocated by what the stream says of
 * its window or size.
 *
 * Thread-safety: the pool's functions from any thread; one decoder by one
 * thread at a time.
 */
#ifndef EROFSFLAT_DECODER_H
#define EROFSFLAT_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunk_table.h"
#include "error.h"

struct decoder;
struct decoder_pool;

extern struct decoder_pool *decoder_pool_new (struct error *err)
  __attribute__ ((__nonnull__ (1)));
extern void decoder_pool_free (struct decoder_pool *pool); /* NULL is fine */

/* Take an idle decoder or make one.  Error: ENOMEM. */
extern struct decoder *decoder_take (struct decoder_pool *pool,
                                     struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));
extern void decoder_give (struct decoder_pool *pool, struct decoder *decoder)
  __attribute__ ((__nonnull__ (1, 2)));

/* The decoder's buffer for `len' stored bytes; valid until the next call.
 * Error: ENOMEM.
 */
extern uint8_t *decoder_buffer (struct decoder *decoder, size_t len,
                                struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

struct decode_job {
  enum chunk_codec codec;
  uint8_t *stored;              /* decrypted in place if cipher is set */
  size_t stored_len;
  uint8_t *plain;
  size_t plain_len;             /* exactly */
  const struct chunk_resume *resume;    /* of CHUNK_INFLATE */
  const uint8_t *dictionary;            /* its bytes, or NULL */
  const struct chunk_cipher *cipher;    /* NULL: not encrypted */
  bool maybe_stored;            /* a batch: not compressed if, once decrypted,
                                   it is just plain_len bytes */
};

/* Error: EINVAL if the stored bytes are not what they should be, ENOMEM; the
 * text says what is wrong, not where.
 */
extern int decoder_run (struct decoder *decoder, const struct decode_job *job,
                        struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

#endif
