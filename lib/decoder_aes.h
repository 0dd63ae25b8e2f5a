/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-128-XTS, as RAFS uses it: every unit is one data unit with the same
 * tweak.  It keeps the length, and it authenticates nothing: a changed byte
 * gives other plain bytes, not an error.
 *
 * What is shorter than a block of 16 bytes was padded to 18 before it was
 * encrypted: pad bytes up to 16, each being their number, then 78 90.
 *
 * Thread-safety: one object by one thread at a time.
 */
#ifndef EROFSFLAT_DECODER_AES_H
#define EROFSFLAT_DECODER_AES_H

#include <stddef.h>
#include <stdint.h>

#include "chunk_table.h"
#include "error.h"

struct evp_cipher_ctx_st;

struct decoder_aes {
  struct evp_cipher_ctx_st *ctx;        /* owned; NULL until it is needed */
};

/* Decrypt in place.  Error: EINVAL, ENOMEM. */
extern int decoder_aes_run (struct decoder_aes *aes,
                            const struct chunk_cipher *cipher,
                            uint8_t *buf, size_t len, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 5), __warn_unused_result__));

/* The length of decrypted bytes without their padding, or `len' if they have
 * none.  `known_len' is their length where the table has it, else 0: so 18
 * bytes of data that look like padding are left alone.
 */
extern size_t decoder_aes_unpadded (const uint8_t *buf, size_t len,
                                    size_t known_len)
  __attribute__ ((__nonnull__ (1)));

extern void decoder_aes_clear (struct decoder_aes *aes);

#endif
