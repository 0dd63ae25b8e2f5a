/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checked.h"
#include "read_order.h"

/* Reads this far apart, in bytes, are still in order, and behind so many in
 * order comes a sequential one.
 */
#define SLACK (UINT64_C (1) << 20)
#define STREAK 3

void
read_order_init (struct read_order *order, uint32_t chunk_size,
                 uint32_t decodes, uint32_t max_chunks, uint64_t max_bytes)
{
  uint64_t max;

  atomic_init (&order->next_offset, 0);
  atomic_init (&order->start, 0);
  atomic_init (&order->reads, 0);
  atomic_init (&order->ahead, 0);
  order->chunk_size = chunk_size;
  order->min_chunks = order->max_chunks = 0;
  if (chunk_size == 0)
    return;
  max = max_u64 (decodes, READ_ORDER_MAX / chunk_size);
  max = min_u64 (max, max_chunks);
  max = min_u64 (max, max_bytes / chunk_size);
  order->max_chunks = (uint32_t) max;
  order->min_chunks = (uint32_t) min_u64 (max, decodes);
}

/* How many chunks to decode ahead of who has read so many bytes in order. */
static uint64_t
how_far (const struct read_order *order, uint64_t in_order)
{
  return min_u64 (order->max_chunks,
                  max_u64 (order->min_chunks, in_order / order->chunk_size));
}

bool
read_order_next (struct read_order *order, uint64_t offset, uint64_t end,
                 uint32_t last, uint64_t *ret_first, uint64_t *ret_stop)
{
  uint64_t expected, start, stop;

  if (order->max_chunks == 0)
    return false;
  expected = atomic_exchange_explicit (&order->next_offset, end,
                                       memory_order_relaxed);
  if (offset > expected + SLACK || offset + SLACK < expected) {
    atomic_store_explicit (&order->start, offset, memory_order_relaxed);
    atomic_store_explicit (&order->reads, 0, memory_order_relaxed);
    atomic_store_explicit (&order->ahead, 0, memory_order_relaxed);
    return false;
  }
  if (atomic_fetch_add (&order->reads, 1) < STREAK)
    return false;

  start = atomic_load (&order->start);
  stop = (uint64_t) last + 1 +
    how_far (order, end > start ? end - start : 0);
  *ret_first = max_u64 (atomic_load (&order->ahead), (uint64_t) last + 1);
  *ret_stop = stop;
  if (*ret_first >= stop)
    return false;
  atomic_store (&order->ahead, (uint32_t) min_u64 (stop, UINT32_MAX));
  return true;
}
