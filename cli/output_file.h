/* SPDX-License-Identifier: BSD-3-Clause */
/* What export and pack share: may this file be written, and writing to it. */
#ifndef EROFSFLAT_OUTPUT_FILE_H
#define EROFSFLAT_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "new_file.h"

/* An existing file may be replaced if that harms nobody: if it is a regular
 * file and not an input, which `input' names in the message.  "-" is refused:
 * other tools mean standard output by it, where nothing can be put in place.
 * Error: EINVAL, or the errno of what failed.
 */
extern int output_file_check (const char *path, const char *input,
                              bool (*is_input) (const void *opaque,
                                                const struct stat *st),
                              const void *opaque, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 5), __warn_unused_result__));

/* All of it, unless a signal asks us to stop (EINTR). */
extern int output_file_write (const struct new_file *file, const void *buf,
                              size_t len, uint64_t offset, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 5), __warn_unused_result__));

#endif
