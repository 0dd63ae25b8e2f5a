/* SPDX-License-Identifier: BSD-3-Clause */
/* Mounting a device that holds an EROFS image. */
#ifndef EROFSFLAT_EROFS_MOUNT_H
#define EROFSFLAT_EROFS_MOUNT_H

#include "mount_options.h"

/* What takes time is done before the mount appears, at once, in the end; a
 * signal that comes before ends the process with nothing mounted.  From then
 * on SIGINT, SIGTERM and SIGHUP are blocked, so that a process that was ended
 * by them has mounted nothing.
 *
 * Error: the errno of what failed; the text has what the file system said.
 */
extern int erofs_mount (const char *device, const char *dir,
                        const struct mount_options *options,
                        struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4), __warn_unused_result__));

#endif
