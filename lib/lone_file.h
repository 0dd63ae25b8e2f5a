/* SPDX-License-Identifier: BSD-3-Clause */
/* struct lone_file: the one file of some folders that can be the data of a
 * device whose slot has no tag.
 *
 * A regular file can be it if its (plain) size is the declared one, or less
 * than a block shorter, or if it is a tar that is longer by a part of its end
 * of archive (all zeros, under 11 KiB).  Where no size is declared, any regular
 * file can be it.  The bootstrap itself and checkpoint indexes (*.zinfo) are
 * none.
 */
#ifndef EROFSFLAT_LONE_FILE_H
#define EROFSFLAT_LONE_FILE_H

#include <stdint.h>

#include "blob.h"
#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "source.h"
#include "vector.h"

struct lone_candidate {
  struct source *file;          /* owned reference */
};

DEFINE_VECTOR (lone_candidates, struct lone_candidate)

struct lone_file {
  /* What is looked for; the caller sets these. */
  uint64_t declared;            /* bytes; 0: not declared */
  const struct blob_context *context;
  const char *zinfo;            /* as the user named it, or NULL */
  const struct pooled_file *bootstrap;

  struct lone_candidates candidates;    /* each once, after lone_file_get */
  size_t n_passed;              /* regular files that cannot be it */
  struct error passed;          /* why the last of them cannot */
};

/* Add the candidates of a folder.  Error: of listing
 * the folder or reading a file in it.
 */
extern int lone_file_search (struct lone_file *lone, struct folder *folder,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* The only candidate, valid as long as `lone'.  Call it when all folders were
 * searched.  Error: EINVAL if there are several, which the text lists, or as
 * many as there is room for; ENOENT if there is none: if only one file was
 * passed over, the text says why.
 */
extern const struct lone_candidate *
lone_file_get (struct lone_file *lone, struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));

extern void lone_file_clear (struct lone_file *lone);

#endif
