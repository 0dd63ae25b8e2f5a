/* SPDX-License-Identifier: BSD-3-Clause */
/* Digests of plain chunks: BLAKE3, SHA-256, XXH64 (see enum digest_kind).
 * Pure functions, thread-safe.
 */
#ifndef EROFSFLAT_DIGEST_H
#define EROFSFLAT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunk_table.h"

#define DIGEST_MAX 32           /* bytes of the longest digest */

/* Bytes of a digest of this kind: 0, 4 or 32. */
extern size_t digest_size (enum digest_kind kind);

/* Compute it. `ret' has room for digest_size bytes.  Returns -1 if the library
 * behind it failed.
 */
extern int digest_compute (enum digest_kind kind, const void *buf, size_t len,
                           uint8_t ret[DIGEST_MAX])
  __attribute__ ((__nonnull__ (4), __warn_unused_result__));

/* "blake3", "sha256", "xxh64", "none" */
extern const char *digest_name (enum digest_kind kind);

/* The usual CRC-32C, with the final inversion. */
extern uint32_t digest_crc32c (const void *buf, size_t len);

#endif
