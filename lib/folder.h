/* SPDX-License-Identifier: BSD-3-Clause */
/* struct folder: a folder held by descriptor.
 *
 * A server changes its working folder and may run for months: names are
 * looked up beneath the folder that was meant at start, wherever it is by
 * then.  There are two kinds:
 *
 *   a search folder   names come from an image or a listing and are hostile:
 *                     look-ups stay beneath it (openat2 RESOLVE_BENEATH;
 *                     where that does not exist, no part of a name may be
 *                     ".." or a symbolic link)
 *   a user's folder   names come from the user, and any path will do
 *
 * Thread-safety: immutable once open, apart from the reference count, which
 * is atomic.
 */
#ifndef EROFSFLAT_FOLDER_H
#define EROFSFLAT_FOLDER_H

#include <stdbool.h>

#include "error.h"

struct folder;

/* Open a search folder.  Error: the errno of open, ENOMEM. */
extern struct folder *folder_open (const char *path, struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));

/* Hold the working folder as it is now. */
extern struct folder *folder_open_working (struct error *err)
  __attribute__ ((__nonnull__ (1)));

/* Hold the folder that a file of the user's lies in; *ret_name points to the
 * rest of the path.  Names are as in the working folder: any will do.
 */
extern struct folder *folder_open_parent (const char *path,
                                          const char **ret_name,
                                          struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3)));

extern struct folder *folder_ref (struct folder *folder);
extern void folder_unref (struct folder *folder);       /* NULL is fine */

/* What to put before a name to show it: "path/", or "" for the working folder.
 * Valid as long as the folder.
 */
extern const char *folder_prefix (const struct folder *folder);

/* For the system's calls that take a folder (it is opened with O_PATH). */
extern int folder_fd (const struct folder *folder);

/* Open a file for reading, without waiting for a FIFO's writer.  Returns a
 * descriptor that the caller owns, or -1 with errno set.
 */
extern int folder_open_file (const struct folder *folder, const char *name)
  __attribute__ ((__nonnull__ (1, 2)));

/* What the name is, beneath the folder as above, though it may not be opened
 * for reading.  Returns 0, or -1 with errno set.
 */
struct stat;
extern int folder_stat (const struct folder *folder, const char *name,
                        struct stat *ret)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Call `each' for every entry but "." and "..", in no order, until it returns
 * -1.  Returns 0, or -1 on error (of listing, or what `each' reported).
 */
extern int folder_list (const struct folder *folder,
                        int (*each) (void *opaque, const char *name,
                                     struct error *err),
                        void *opaque, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4)));

#endif
