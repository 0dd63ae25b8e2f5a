/* SPDX-License-Identifier: BSD-3-Clause */
/* struct stats_file: keeps what is counted in a file, for node_exporter's
 * textfile collector.
 *
 * The file is written when it is opened, when the thread is started, then
 * every few seconds, and when it is closed.  Each time a new one is written
 * beside it, as .erofsflat-NAME.tmp, and renamed over it, so whoever reads it
 * sees all of one or all of another.  All of it happens in the folder that is
 * held since the start, with these two names and no other.
 *
 * A file that is held is written in place instead, which takes no right but
 * that to the open file: whoever reads it at that moment may see a mixture.
 *
 * Not being able to write it is an error at the start only: later the log is
 * told, and it is tried again at the next time.
 *
 * Thread-safety: stats_file_count_error from any thread; the others by the
 * owner only.
 */
#ifndef EROFSFLAT_STATS_FILE_H
#define EROFSFLAT_STATS_FILE_H

#include <stdint.h>

#include "chunk_service.h"
#include "error.h"
#include "log.h"

struct stats_file;

/* What is told of: all must live as long as the file. */
struct stats_subject {
  const char *image;            /* its name, for the label */
  uint64_t size;                /* of the flat device, in bytes */
  uint32_t blobs;
  const struct chunk_service *service;
  const struct log *log;        /* may be NULL */
};

/* Write it for the first time.  What is there is replaced if it is a regular
 * file.  A relative path counts from the working folder at this moment.
 * Error: EINVAL if something else is there, else the errno of what failed; the
 * text names the file.
 */
extern struct stats_file *stats_file_open (const char *path,
                                           const struct stats_subject *subject,
                                           struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Would stats_file_open do it?  A temporary file is made and removed again; what
 * is there is left as it is, and a server that keeps the file is not disturbed.
 * Error: that of stats_file_open.
 */
extern int stats_file_check (const char *path,
                             const struct stats_subject *subject,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Write it once more as a new file, and from now on that one in place.  Called
 * once, before stats_file_start.
 */
extern int stats_file_hold (struct stats_file *file, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

/* Write it again, and from now on every `period_ms' milliseconds: after a
 * fork, which the thread would not survive.  Between the two a server may have
 * become another user: so it is an error once more if it cannot be written.
 */
extern int stats_file_start (struct stats_file *file, unsigned period_ms,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

/* A read of a client failed.  NULL is fine. */
extern void stats_file_count_error (struct stats_file *file);

/* Stop the thread and write it for the last time.  NULL is fine. */
extern void stats_file_close (struct stats_file *file);

#endif
