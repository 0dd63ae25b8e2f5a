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

#define SEEK_TABLE_FOOTER_SIZE 9

/* Bytes.  A limit on the memory that the index of a blob may take (a chunk of
 * the table in memory has three to five times what is stored of it): seek
 * tables of 5 TiB in 64 KiB frames are below it.
 */
#define SEEK_TABLE_MAX (UINT64_C (1) << 30)

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
