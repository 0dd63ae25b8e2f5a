/* SPDX-License-Identifier: BSD-3-Clause */
/* struct bootstrap: the superblock and device table of an EROFS image.
 *
 * Of the primary image, and of a layer's image when it has to be known whether
 * a blob is an image, a tar index or a tar index joined to its tar.
 *
 * Thread-safety: read-only once read.
 */
#ifndef EROFSFLAT_BOOTSTRAP_H
#define EROFSFLAT_BOOTSTRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "device_table.h"
#include "error.h"
#include "plain_head.h"
#include "source.h"
#include "superblock.h"

struct bootstrap {
  struct superblock sb;
  struct device_table table;    /* owned */
};

/* Read, verify and parse.  Error: EINVAL, EIO, ENOMEM; the text does not name
 * the file.
 */
extern int bootstrap_read (struct source *source, struct bootstrap *ret,
                           struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));
extern void bootstrap_clear (struct bootstrap *bootstrap);

/* What a file says of itself, raw or compressed: nothing is verified but for
 * is_layer, and no more than the first KiB is decoded.  Error: EIO, ENOMEM.
 */
struct bootstrap_peek {
  enum plain_form form;
  bool is_erofs;
  bool has_table;               /* all from here on if it is EROFS */
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  /* It is raw, its superblock is right and it has no device table: nothing more
   * has to be known of it.  false: not known without reading more.
   */
  bool is_layer;
  /* It is a tar index without its tar, so no slot's data.  bootstrap_peek does
   * not know: for whoever looked closer.
   */
  bool is_index;
};

extern int bootstrap_peek (struct source *file, struct bootstrap_peek *ret,
                           struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Does the file, of `size' bytes, itself have all the data of its one device,
 * which has no tag (a tar index joined to its tar)?  If so, *ret_offset is
 * where in the file: at the device's unified address.
 */
extern bool bootstrap_is_joined (const struct bootstrap *bootstrap,
                                 uint64_t size, uint64_t *ret_offset)
  __attribute__ ((__nonnull__ (1, 3)));

/* The start of the image with the device table as it is in `bootstrap', where
 * that has been filled in, and the checksum made right again: a source of as
 * many bytes as had to be replaced.
 */
extern struct source *bootstrap_patch (const struct bootstrap *bootstrap,
                                       struct source *source,
                                       struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3)));

#endif
