/* SPDX-License-Identifier: BSD-3-Clause */
/* A source over a file or block device: pread and SEEK_DATA.
 *
 * The size is that at start.  A file that shrinks afterwards gives EIO for
 * what is gone; its holes count as holes only while the file is unchanged.
 */
#ifndef EROFSFLAT_SOURCE_FILE_H
#define EROFSFLAT_SOURCE_FILE_H

#include "file_pool.h"
#include "source.h"

/* Takes ownership of `file' on success.  Error: ENOMEM. */
extern struct source *source_file_new (struct pooled_file *file,
                                       struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));

/* Add the file to the pool (see file_pool_add) and make a source of it. */
extern struct source *source_file_open (struct file_pool *pool,
                                        struct folder *folder,
                                        const char *name,
                                        bool allow_block_device,
                                        struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 5)));

/* The file of a source made by source_file_new, else NULL. */
extern struct pooled_file *source_file_get (const struct source *source);

#endif
