/* SPDX-License-Identifier: BSD-3-Clause */
/* struct piece: a part of the flat device whose bytes come from one place.
 *
 * The address map's ranges and holes in order, with the zeros behind a short
 * blob as a piece of their own.
 */
#ifndef EROFSFLAT_PIECE_H
#define EROFSFLAT_PIECE_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"

enum piece_kind {
  PIECE_DATA,                   /* of a file */
  PIECE_DECODED,                /* of a compressed file */
  PIECE_PATCHED,                /* the bootstrap's header, changed in memory */
  PIECE_PAD,                    /* zeros up to the device's declared end */
  PIECE_HOLE,                   /* zeros, nobody's */
};

struct piece {
  uint64_t start, len;          /* bytes on the flat device */
  enum piece_kind kind;
  uint32_t owner;               /* device slot, or ADDRESS_MAP_BOOTSTRAP */
  uint64_t offset;              /* bytes, in the file, or of PIECE_DECODED in
                                   what it decodes to; 0 without a file */
  const struct source *source;  /* NULL without a file */
};

/* The piece that begins at `start', which lies inside the device's size. */
extern struct piece piece_find (const struct address_map *map,
                                uint64_t start);

/* "bootstrap", "device", "zero" or "hole". */
extern const char *piece_what (const struct piece *piece);

/* The path of the file of a source, decoded or as it is, as the user would
 * write it, or NULL if there is no memory.  The caller frees it.
 */
extern char *source_path (const struct source *source)
  __attribute__ ((__nonnull__ (1)));

#endif
