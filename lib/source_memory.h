/* SPDX-License-Identifier: BSD-3-Clause */
/* A source over a buffer: the header of a bootstrap that had to be patched. */
#ifndef EROFSFLAT_SOURCE_MEMORY_H
#define EROFSFLAT_SOURCE_MEMORY_H

#include "source.h"

/* Takes ownership of `buf', from malloc, on success.  Error: ENOMEM. */
extern struct source *source_memory_new (void *buf, size_t len,
                                         struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

#endif
