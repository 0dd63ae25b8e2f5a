/* SPDX-License-Identifier: BSD-3-Clause */
/* struct address_map: which bytes lie where on the flat device.
 *
 * Sorted, half-open ranges, each over a part of a source; what no range
 * covers is a hole.  address_map_find is the only translation of an address:
 * reading, extents, prefetching and what the tool shows all go through it.
 *
 * Build it with address_map_add and address_map_seal; then it is immutable
 * and safe for any thread.  Addresses and lengths are in bytes.
 */
#ifndef EROFSFLAT_ADDRESS_MAP_H
#define EROFSFLAT_ADDRESS_MAP_H

#include <stdint.h>

#include "error.h"
#include "source.h"
#include "vector.h"

/* Whose bytes a range has: device slot n (from 1), or the bootstrap. */
#define ADDRESS_MAP_BOOTSTRAP 0

struct address_range {
  uint64_t start;               /* on the flat device */
  uint64_t len;
  uint64_t data_len;            /* so many come from the source, then zeros */
  uint64_t source_offset;
  struct source *source;        /* NULL: a hole */
  uint32_t owner;
};

DEFINE_VECTOR (address_ranges, struct address_range)

struct address_map {
  struct address_ranges ranges;
  uint64_t size;                /* of the flat device, a multiple of 4096 */
};

/* The map takes a reference to the source.  Empty ranges are left out.
 * Error: ENOMEM.
 */
extern int address_map_add (struct address_map *map,
                            const struct address_range *range,
                            struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Sort, refuse an overlap, round the size up.  Error: EINVAL. */
extern int address_map_seal (struct address_map *map, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

extern void address_map_clear (struct address_map *map);

/* The rest of the range or hole at `addr', which lies inside the size: the
 * result starts at `addr' and ends where the range or the hole does.  It has
 * no reference of its own.  O(log n).
 */
extern void address_map_find (const struct address_map *map, uint64_t addr,
                              struct address_range *ret)
  __attribute__ ((__nonnull__ (1, 3)));

/* Read all of [offset, offset+len), which lies inside the size: right bytes
 * or an error.  Error: EIO, ENOMEM.
 */
extern int address_map_pread (const struct address_map *map, void *buf,
                              size_t len, uint64_t offset, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 5), __warn_unused_result__));

/* Tell `fn' the extents of [offset, offset+len), as struct source_ops has
 * it; holes are zero extents.
 */
extern int address_map_extents (const struct address_map *map,
                                uint64_t offset, uint64_t len, extent_fn fn,
                                void *opaque, struct error *err)
  __attribute__ ((__nonnull__ (1, 4, 6), __warn_unused_result__));

/* Begin to load [offset, offset+len).  A hint. */
extern void address_map_prefetch (const struct address_map *map,
                                  uint64_t offset, uint64_t len)
  __attribute__ ((__nonnull__ (1)));

#endif
