/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the decoders share: one decoder, and running a unit. */
#ifndef EROFSFLAT_DECODING_H
#define EROFSFLAT_DECODING_H

#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "packing.h"

extern struct decoder_pool *pool;
extern struct decoder *decoder;

/* A fixture. */
extern void set_up_decoder (void);
extern void tear_down_decoder (void);

/* Decode to a buffer of just `plain_len' bytes, from one of just the stored
 * ones, so that ASan and valgrind see any step beyond.  `job' has what else
 * is wanted.  The caller frees *ret.
 */
extern int run_job (struct decode_job job, const uint8_t *stored,
                    size_t stored_len, size_t plain_len, uint8_t **ret,
                    struct error *err);

extern void expect_plain (struct decode_job job, struct packed stored,
                          const uint8_t *plain, size_t len);
extern void expect_refused (struct decode_job job, const uint8_t *stored,
                            size_t stored_len, size_t plain_len,
                            const char *part);

/* With the codec's compressor; gzip and zstd with their checksums. */
extern struct packed pack_codec (enum chunk_codec codec, const uint8_t *plain,
                                 size_t len);
extern struct decode_job job_of (enum chunk_codec codec);

#endif
