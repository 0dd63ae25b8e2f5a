/* SPDX-License-Identifier: BSD-3-Clause */
/* struct search_path: the folders that blobs are looked for in, in order.
 *
 * A folder is opened, and the images in it listed by UUID, when that is first
 * asked for: one that does not exist is an error only then.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_SEARCH_PATH_H
#define EROFSFLAT_SEARCH_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "folder.h"
#include "options.h"
#include "superblock.h"
#include "uuid_index.h"

struct search_folder {
  char *path;                   /* owned */
  struct folder *folder;        /* owned; NULL: not opened yet */
  struct uuid_index *index;     /* owned; NULL: not read yet */
};

struct search_path {
  size_t n_folders;             /* at least 1 */
  struct search_folder *folders;
};

/* The blobdirs of the options, or if there is none, the folder of the
 * bootstrap.  A zero-initialised search path may be cleared.  Error: ENOMEM.
 */
extern int search_path_init (struct search_path *path,
                             const struct options *options,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));
extern void search_path_clear (struct search_path *path);

/* The n-th folder, or the index of its images, valid as long as the path.
 * The index's images are in `pool'.  Error: of opening or listing it; NULL
 * then.
 */
extern struct folder *search_path_folder (struct search_path *path, size_t n,
                                          struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));
extern const struct uuid_index *search_path_index (struct search_path *path,
                                                   size_t n,
                                                   struct file_pool *pool,
                                                   struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4)));

/* Is it known already, from the n-th folder's index, that no file there has
 * this UUID as its name?  It spares asking for each layer of a merged image;
 * false while the index has not been read.
 */
extern bool search_path_lacks_name (const struct search_path *path, size_t n,
                                    const uint8_t uuid[SUPERBLOCK_UUID_SIZE])
  __attribute__ ((__nonnull__ (1)));

/* All folders for a message, "a, b"; cut where `size' does not hold them. */
extern void search_path_print (const struct search_path *path, char *buf,
                               size_t size)
  __attribute__ ((__nonnull__ (1, 2)));

/* How many files of the indexes read so far could not be looked into. */
extern size_t search_path_unreadable (const struct search_path *path);

#endif
