/* SPDX-License-Identifier: BSD-3-Clause */
/* What `erofsflat info' shows, as text and as JSON, and what both need. */
#ifndef EROFSFLAT_INFO_H
#define EROFSFLAT_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"
#include "storage.h"

/* Print the image to standard output.  They return -1, after complaining, if
 * there is no memory.
 */
extern int info_print_text (const struct image *image);
extern int info_print_json (const struct image *image);

#define INFO_UUID_LENGTH 36
#define INFO_TIME_LENGTH 20             /* "2026-07-01T12:00:00Z" */

extern void info_format_uuid (const uint8_t uuid[SUPERBLOCK_UUID_SIZE],
                              char ret[INFO_UUID_LENGTH + 1]);

/* When the image was built, in seconds since 1970. */
extern uint64_t info_build_time (const struct superblock *sb);

/* The same for a person; false if it is too far away. */
extern bool info_format_time (uint64_t seconds,
                              char ret[INFO_TIME_LENGTH + 1]);

/* The lowest bit that is set in *bits, which is taken out of it. */
extern uint32_t info_next_bit (uint32_t *bits);

/* One device slot, counted from 0, as the commands show it. */
struct info_device {
  uint32_t number;              /* counts from 1 */
  const struct device_slot *slot;
  const struct blob *blob;
  const char *problem;          /* NULL: none */
  bool is_placed;               /* the next two are valid */
  uint64_t start, len;          /* bytes on the flat device */
  char *path;                   /* owned; NULL: no file was found */
  struct storage storage;       /* valid if path is not NULL */
};

/* Returns -1, after complaining, if there is no memory. */
extern int info_get_device (const struct image *image, uint32_t i,
                            struct info_device *ret);
extern void info_clear_device (struct info_device *device);

#endif
