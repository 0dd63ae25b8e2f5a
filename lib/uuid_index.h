/* SPDX-License-Identifier: BSD-3-Clause */
/* struct uuid_index: the EROFS images of a folder, by their UUID.
 *
 * A layer of a merged image is named, in the device table, by the UUID of its
 * superblock; its file may have any name.  The UUIDs are not verified.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_UUID_INDEX_H
#define EROFSFLAT_UUID_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bootstrap.h"
#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "source.h"
#include "superblock.h"
#include "vector.h"

struct uuid_entry {
  struct bootstrap_peek peek;   /* what the file says of itself */
  struct source *source;        /* owned reference; source_file_get works */
};

DEFINE_VECTOR (uuid_entries, struct uuid_entry)

/* A file's name that is itself a UUID, as a tag may be. */
struct uuid_name {
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
};

DEFINE_VECTOR (uuid_names, struct uuid_name)

struct uuid_index {
  struct uuid_entries entries;  /* sorted; each file once; of one UUID those
                                   that are set aside come last */
  struct uuid_names names;      /* sorted; of whatever files */
  size_t unreadable;            /* files that could not be looked into */
};

/* Look at every regular file of the folder.  The images stay in the pool, so
 * that the one that is wanted need not be opened again.  A zero-initialised
 * index may be cleared.  Error: of listing the folder, ENOMEM.
 */
extern int uuid_index_read (struct file_pool *pool, struct folder *folder,
                            struct uuid_index *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4), __warn_unused_result__));
extern void uuid_index_clear (struct uuid_index *index);

/* All entries with this UUID that may be data: *ret_count of them from the
 * result on; NULL if there is none.  *ret_index is one that was set aside, or
 * NULL.  O(log n), however many have the UUID.
 */
extern struct uuid_entry *
uuid_index_find (const struct uuid_index *index,
                 const uint8_t uuid[SUPERBLOCK_UUID_SIZE], size_t *ret_count,
                 const struct uuid_entry **ret_index)
  __attribute__ ((__nonnull__ (1, 3, 4)));

/* Of the `count' entries that uuid_index_find gave, set those aside whose
 * peek says is_index by now: it gives them no more, so that a folder full of
 * them is looked through once and not for each slot.
 */
extern void uuid_index_set_aside (struct uuid_entry *entries, size_t count)
  __attribute__ ((__nonnull__ (1)));

/* Does any file have this UUID as its name (in letters of either case)? */
extern bool uuid_index_has_name (const struct uuid_index *index,
                                 const uint8_t uuid[SUPERBLOCK_UUID_SIZE])
  __attribute__ ((__nonnull__ (1)));

#endif
