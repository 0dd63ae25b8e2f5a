/* SPDX-License-Identifier: BSD-3-Clause */
/* A source over a compressed blob: stored bytes, chunk table, decoder and
 * cache, served as plain bytes.
 *
 * A read decodes just the units that it touches.  A chunk's bytes are verified
 * before any of them is handed out; a failure is EIO for the reads that touch
 * it and names blob, chunk and offset.
 */
#ifndef EROFSFLAT_SOURCE_CHUNKED_H
#define EROFSFLAT_SOURCE_CHUNKED_H

#include "chunk_loader.h"
#include "chunk_service.h"
#include "chunk_table.h"
#include "file_pool.h"
#include "source.h"

/* Takes ownership of the table's contents, and a reference to `stored', on
 * success.  `name' is copied, for messages.  Error: ENOMEM.
 */
extern struct source *source_chunked_new (struct source *stored,
                                          const char *name,
                                          struct chunk_table *table,
                                          const struct chunk_service *service,
                                          struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4, 5)));

/* The table; NULL for another kind of source. */
extern const struct chunk_table *
source_chunked_table (const struct source *source);

/* What loads the chunks; NULL for another kind of source. */
extern const struct chunk_loader *
source_chunked_loader (const struct source *source);

/* The file that the bytes of a source come from, decoded or as they are; NULL
 * if it is none (memory).
 */
extern struct pooled_file *
source_chunked_file (const struct source *source);

#endif
