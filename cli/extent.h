/* SPDX-License-Identifier: BSD-3-Clause */
/* The first extent of a range, for those who go from one to the next.
 *
 * Thread-safety: no state.
 */
#ifndef EROFSFLAT_EXTENT_H
#define EROFSFLAT_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

struct extent {
  uint64_t len;                 /* bytes */
  bool zero;
};

/* An extent_fn: keeps the extent in the struct extent `opaque' and stops.  So
 * the caller reads it when the file has been let go.
 */
extern int extent_keep_first (void *opaque, uint64_t offset, uint64_t len,
                              bool zero, struct error *err);

#endif
