/* SPDX-License-Identifier: BSD-3-Clause */
/* The seek table of the zstd seekable format: the skippable frame at the end
 * of a file of independent zstd frames.  Pure functions: bytes in, chunk
 * table out.  The format is zstd's contrib/seekable_format specification.
 */
#ifndef EROFSFLAT_SEEK_TABLE_H
#define EROFSFLAT_SEEK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"

/* Of the format, for who writes it too.  The table's frame has a magic number
 * and its size before the entries, the footer behind them.
 */
#define SEEK_TABLE_MAGIC UINT32_C (0x184d2a5e)
#define SEEK_TABLE_HEADER_SIZE 8
#define SEEK_TABLE_FOOTER_MAGIC UINT32_C (0x8f92eab1)
#define SEEK_TABLE_FOOTER_SIZE 9
#define SEEK_TABLE_EMPTY_SIZE (SEEK_TABLE_HEADER_SIZE + SEEK_TABLE_FOOTER_SIZE)
#define SEEK_TABLE_HAS_CHECKSUMS 0x80   /* a bit of the descriptor */

/* Do the last 9 bytes of a file look like a seek table's footer?  If so,
 * *ret_size is the size of the whole table, at the end of the file.
 */
extern bool seek_table_footer (struct bytes footer, uint64_t *ret_size)
  __attribute__ ((__nonnull__ (2)));

/* Parse the whole table of a file of `file_size' bytes: one chunk for each
 * frame that has data, CHUNK_ZSTD, DIGEST_XXH64_LOW where the table has
 * checksums; sizes must add up to the file's.  Error: EINVAL, ENOMEM.
 */
extern int seek_table_parse (struct bytes table, uint64_t file_size,
                             struct chunk_table *ret, struct error *err)
  __attribute__ ((__nonnull__ (3, 4), __warn_unused_result__));

#endif
