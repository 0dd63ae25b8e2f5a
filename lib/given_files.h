/* SPDX-License-Identifier: BSD-3-Clause */
/* struct given_files: the files that the user named, one for each device slot:
 * blob= and zinfo=.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_GIVEN_FILES_H
#define EROFSFLAT_GIVEN_FILES_H

#include <stdint.h>

#include "device_table.h"
#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "options.h"
#include "primary.h"

struct given_files {
  const struct options *options;
  struct file_pool *pool;
  struct folder *working;       /* owned */
  /* The folder of the last one, which is mostly the next one's. */
  struct folder *folder;        /* owned, NULL at first */
  unsigned n_folders;
};

/* Of an image each file is given, or none is.  A descriptor gives them too.
 * All that is given here outlives the result, which is given_files_cleared
 * whether this fails or not.  Error: EINVAL if there are more or fewer than
 * devices; the errno of open.
 */
extern int given_files_init (const struct options *options,
                             const struct primary *primary,
                             struct file_pool *pool, struct given_files *ret,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4, 5), __warn_unused_result__));
extern void given_files_clear (struct given_files *given);

/* The folder to open the blob= of slot i (from 0) in, and its name there.
 * The result is valid until the next call; NULL is an error of opening it.
 */
extern struct folder *given_files_place (struct given_files *given,
                                         uint32_t i, const char **ret_name,
                                         struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4)));

/* What zinfo= says for slot i, or NULL. */
extern const char *given_files_zinfo (const struct given_files *given,
                                      uint32_t i)
  __attribute__ ((__nonnull__ (1)));

/* The blob= of slot i disagreed with the slot's tag, which `err' says.  If
 * another one would be right, add that: layers in the wrong order are the
 * usual mistake.
 */
extern void given_files_suggest (const struct given_files *given, uint32_t i,
                                 const struct device_slot *slot,
                                 struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4)));

#endif
