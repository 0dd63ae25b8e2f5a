/* SPDX-License-Identifier: BSD-3-Clause */
/* struct rafs_toc: what lies where in a RAFS blob's file, from the file's end.
 *
 * Parts of such a file may have a tar header of 512 bytes behind them.  The
 * last one names either the bootstrap (image.boot), or a table of contents
 * (rafs.blob.toc) of up to 5 parts.
 *
 * Pure functions: no I/O, thread-safe.
 */
#ifndef EROFSFLAT_RAFS_TOC_H
#define EROFSFLAT_RAFS_TOC_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"

#define RAFS_TAR_HEADER_SIZE 512
#define RAFS_TOC_ROW_SIZE 128
#define RAFS_TOC_ROWS_MAX 8             /* Nydus writes up to 5 */

/* So many bytes of a file's end are all that is ever looked at. */
#define RAFS_TAIL_MAX \
  (RAFS_TAR_HEADER_SIZE + RAFS_TOC_ROWS_MAX * RAFS_TOC_ROW_SIZE)

struct rafs_toc_entry {
  char name[16 + 1];
  uint64_t offset, stored_len, plain_len;       /* bytes */
  enum chunk_codec codec;       /* CHUNK_STORED, _ZSTD or _LZ4 */
  bool has_digest;
  uint8_t digest[32];           /* SHA-256 of the plain content */
};

struct rafs_toc {
  uint32_t n_entries;           /* 0: the file ends in neither */
  uint64_t len;                 /* of the table with its tar header; 0 if the
                                   one entry is from a tar header alone */
  struct rafs_toc_entry entries[RAFS_TOC_ROWS_MAX];
};

/* `tail' is the end of a file of `file_size' bytes, as much of it as there is
 * up to RAFS_TAIL_MAX.  Without a tar header that names one of the two this
 * is no error, and there are no entries.  Error: EINVAL.
 */
extern int rafs_toc_parse (struct bytes tail, uint64_t file_size,
                           struct rafs_toc *ret, struct error *err)
  __attribute__ ((__nonnull__ (3, 4), __warn_unused_result__));

/* The part of this name, or NULL. */
extern const struct rafs_toc_entry *
rafs_toc_find (const struct rafs_toc *toc, const char *name)
  __attribute__ ((__nonnull__ (1, 2)));

#endif
