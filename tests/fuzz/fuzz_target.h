/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fuzz targets share.  An input is little-endian numbers that a
 * caller would know from elsewhere, then the bytes that are parsed.
 */
#ifndef EROFSFLAT_FUZZ_TARGET_H
#define EROFSFLAT_FUZZ_TARGET_H

#include <stdint.h>
#include <stdlib.h>

#include "bytes.h"
#include "chunk_table.h"

extern int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Unlike assert, also with NDEBUG. */
#define must(condition)                         \
  do {                                          \
    if (!(condition))                           \
      abort ();                                 \
  } while (0)

/* What holds of every table that a parser lets pass. */
static inline void
check_table (struct chunk_table *table, uint64_t stored_size)
{
  uint64_t end = 0;
  uint32_t i;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *c = &table->chunks[i];

    must (c->plain_start >= end);
    must (c->plain_len > 0 && c->plain_len <= CHUNK_UNIT_MAX);
    end = c->plain_start + c->plain_len;
    must (chunk_table_find (table, c->plain_start) == i);
    must (chunk_table_find (table, end - 1) == i);
    if (c->context == CHUNK_NO_CONTEXT)
      must (c->stored_start + c->stored_len <= stored_size);
    else
      must (c->context < table->n_contexts);
  }
  must (end <= table->plain_size);
  for (i = 0; i < table->n_contexts; ++i) {
    const struct chunk_context *c = &table->contexts[i];

    must (c->stored_start + c->stored_len <= stored_size);
    must (c->resume.dict_offset + c->resume.dict_len <=
          table->dictionaries_len);
  }
}

#endif
