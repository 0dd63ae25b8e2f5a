/* SPDX-License-Identifier: BSD-3-Clause */
/* struct mount_options: what stands behind `-o', in the words of mount(8).
 *
 * Some are the mount's (nosuid), the others the file system's (acl).
 */
#ifndef EROFSFLAT_MOUNT_OPTIONS_H
#define EROFSFLAT_MOUNT_OPTIONS_H

#include <stdint.h>

#include "error.h"

struct mount_options {
  uint64_t attributes;          /* MOUNT_ATTR_x */
  char *text;                   /* owned: the file system's, with commas */
};

/* `text' may be NULL.  Error: EINVAL for what cannot be: to write, or another
 * device.  What the file system knows is seen when it is mounted.
 */
extern int mount_options_parse (const char *text, struct mount_options *ret,
                                struct error *err)
  __attribute__ ((__nonnull__ (2, 3), __warn_unused_result__));

extern void mount_options_clear (struct mount_options *options);

/* Tell them to fsconfig(2) of `fs', one by one. */
extern int mount_options_apply (const struct mount_options *options, int fs,
                                struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

#endif
