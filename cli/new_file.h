/* SPDX-License-Identifier: BSD-3-Clause */
/* struct new_file: a file that appears complete under its name, or not at all.
 *
 *   if (new_file_begin (&file, path, &err) == 0 &&
 *       ... write to file.fd ... == 0)
 *     r = new_file_commit (&file, &err);
 *   new_file_end (&file);              does nothing after a commit
 *
 * The data goes to a temporary file in the same folder, which is renamed.  On
 * SIGINT, SIGTERM and SIGHUP the temporary file is not left behind: between
 * begin and end they only raise a flag, for new_file_is_stopped, and
 * new_file_end passes the signal on.
 *
 * Only one at a time: signals belong to the process.
 */
#ifndef EROFSFLAT_NEW_FILE_H
#define EROFSFLAT_NEW_FILE_H

#include <stdbool.h>

#include "error.h"

struct new_file {
  int fd;                       /* the temporary file; -1: none */
  const char *path;             /* where it is to be; not owned */
  char *temporary;              /* owned; NULL: there is none any more */
};

/* Error: the errno of what failed; the text names the file.  To be followed by
 * new_file_end even then.
 */
extern int new_file_begin (struct new_file *file, const char *path,
                           struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Make it durable and give it its name, replacing what had it. */
extern int new_file_commit (struct new_file *file, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

extern void new_file_end (struct new_file *file)
  __attribute__ ((__nonnull__ (1)));

/* Has a signal asked us to stop? */
extern bool new_file_is_stopped (void);

#endif
