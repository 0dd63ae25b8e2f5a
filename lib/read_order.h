/* SPDX-License-Identifier: BSD-3-Clause */
/* struct read_order: sees whether a source is read in order, by one reader or
 * by a few at different places, and says which chunks to decode ahead of who
 * reads it so.
 *
 * Reads of one client overtake each other a little, so what is near to where
 * a reader has come is of that reader.  In order is one who goes on, and does
 * not skip much more than it reads: random reads of a small blob are near, too.
 * What lies before where it has come, or was read before, changes nothing.  As
 * much is decoded ahead as was read in order, from as many chunks as are
 * decoded at once up to READ_ORDER_MAX: with less, cores wait for the reader,
 * as chunks are not all done in their turn; with that at once, who reads a
 * small file would have much decoded for nothing.  Readers share what may be
 * ahead.  A random reader pays for one look at the places.
 *
 * Thread-safety: read_order_next from any thread.  Readers that come at the
 * same time may make it say too little or too much: it is a hint.
 */
#ifndef EROFSFLAT_READ_ORDER_H
#define EROFSFLAT_READ_ORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* In bytes: what is decoded ahead at most, unless chunks are so large that it
 * does not keep all cores busy.
 */
#define READ_ORDER_MAX (UINT64_C (8) << 20)

/* Sequential readers of one source that are told apart. */
#define READ_ORDER_READERS 4

/* One place that a reader has come to, and all about how. */
struct read_order_place {
  atomic_uint_least64_t next_offset;
  atomic_uint_least64_t bytes;  /* were read */
  atomic_uint_least64_t skipped;        /* bytes between them */
  atomic_uint reads;            /* that went on */
  atomic_uint ahead;            /* chunks below this were said */
  atomic_uint used;             /* when: a number of read_order.now */
};

struct read_order {
  struct read_order_place places[READ_ORDER_READERS];
  atomic_uint now;              /* reads so far; wraps */
  /* Read-only. */
  uint32_t chunk_size;          /* of the largest, in bytes */
  uint32_t min_chunks, max_chunks;      /* ahead; 0: never any */
};

/* For chunks of up to `chunk_size' bytes, of which `decodes' are decoded at
 * once, and at most `max_chunks' or `max_bytes' may be ahead.
 */
extern void read_order_init (struct read_order *order, uint32_t chunk_size,
                             uint32_t decodes, uint32_t max_chunks,
                             uint64_t max_bytes)
  __attribute__ ((__nonnull__ (1)));

/* A read of [offset, end), whose last chunk was `last', is done.  Returns true
 * if the chunks from *ret_first to before *ret_stop, which may be beyond the
 * last one, should be decoded now.
 */
extern bool read_order_next (struct read_order *order, uint64_t offset,
                             uint64_t end, uint32_t last, uint64_t *ret_first,
                             uint64_t *ret_stop)
  __attribute__ ((__nonnull__ (1, 5, 6)));

#endif
