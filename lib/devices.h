/* SPDX-License-Identifier: BSD-3-Clause */
/* struct devices: the data of all device slots of an image, found and of the
 * right sizes; or, where an image is only described, why not.
 *
 * Thread-safety: none while they are opened; read-only afterwards.
 */
#ifndef EROFSFLAT_DEVICES_H
#define EROFSFLAT_DEVICES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "address_map.h"
#include "blob.h"
#include "error.h"
#include "primary.h"
#include "resolver.h"

struct devices {                /* all of it is owned */
  uint32_t count;
  struct blob *blobs;           /* one for each slot */
  /* Of an image that is only described; else NULL. */
  char **problems;              /* one for each slot, or NULL */
  char *problem;                /* the first of all */
};

/* Find the data of each slot of the primary image, complete its device table,
 * and agree the sizes.  With `keep_problems' what is wrong with a slot is kept
 * and the next one looked at: then the result may have a `problem'.  They are
 * devices_cleared whether this fails or not.  Error: that of resolver_new,
 * resolver_find, device_table_fill, blob_agree; the text names the image and
 * the slot.
 */
extern int devices_open (const struct resolver_context *context,
                         bool keep_problems, struct devices *ret,
                         struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4), __warn_unused_result__));
extern void devices_clear (struct devices *devices);

/* Add their ranges to the map.  Error: EINVAL, ENOMEM; the text names the
 * slot.
 */
extern int devices_map (const struct devices *devices,
                        const struct device_table *table,
                        struct address_map *map, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4), __warn_unused_result__));

/* Is any of them compressed? */
extern bool devices_have_chunks (const struct devices *devices);

/* Is this the file of one of them? */
extern bool devices_use_file (const struct devices *devices,
                              const struct stat *st);

#endif
