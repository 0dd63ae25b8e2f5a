/* SPDX-License-Identifier: BSD-3-Clause */
/* What is mounted where, as /proc/self/mountinfo says. */
#ifndef EROFSFLAT_MOUNT_TABLE_H
#define EROFSFLAT_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

struct mount_place {
  bool found;
  dev_t device;                 /* of the file system */
  unsigned count;               /* how many places it is mounted at */
};

/* What is mounted on the folder, uppermost; `path' is canonical.  Error: that
 * of reading the table.
 */
extern int mount_table_find (const char *path, struct mount_place *ret,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

#endif
