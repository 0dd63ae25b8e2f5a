/* SPDX-License-Identifier: BSD-3-Clause */
/* A source of stripes: 100 bytes of data, 60 zero bytes, and so on, which it
 * tells as extents.  With seed 0 it cannot be read.
 */
#ifndef EROFSFLAT_STRIPED_SOURCE_H
#define EROFSFLAT_STRIPED_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

struct striped {
  struct source source;         /* first: the two are cast to each other */
  unsigned seed;
};

extern void striped_init (struct striped *striped, unsigned seed,
                          uint64_t size);

extern bool is_stripe (uint64_t offset);
extern uint8_t striped_byte (unsigned seed, uint64_t offset);

#endif
