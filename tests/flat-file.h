/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that has what a device must give, for the clients that compare.
 * A failure ends the program.
 */
#ifndef FLAT_FILE_H
#define FLAT_FILE_H

#include <stddef.h>
#include <stdint.h>

struct flat_file {
  const uint8_t *ptr;
  uint64_t size;                /* bytes */
};

extern struct flat_file flat_file_map (const char *path);

/* Are these the bytes at `offset'?  They lie within the file. */
extern void flat_file_compare (const struct flat_file *file,
                               const uint8_t *buf, size_t len,
                               uint64_t offset);

#endif
