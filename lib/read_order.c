/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checked.h"
#include "read_order.h"

/* Reads this far apart, in bytes, may still be in order, if no more than
 * MAX_SKIPPED times what was read is skipped; and behind so many in order comes
 * a sequential one.
 */
#define SLACK (UINT64_C (1) << 20)
#define MAX_SKIPPED 8
#define STREAK 3

/* A reader that did not come among so many reads has gone. */
#define GONE 64

void
read_order_init (struct read_order *order, uint32_t chunk_size,
                 uint32_t decodes, uint32_t max_chunks, uint64_t max_bytes)
{
  uint64_t max;

  *order = (struct read_order) { .chunk_size = chunk_size };
  if (chunk_size == 0)
    return;
  max = max_u64 (decodes, READ_ORDER_MAX / chunk_size);
  max = min_u64 (max, max_chunks);
  max = min_u64 (max, max_bytes / chunk_size);
  order->max_chunks = (uint32_t) max;
  order->min_chunks = (uint32_t) min_u64 (max, decodes);
}

static uint64_t
distance (uint64_t a, uint64_t b)
{
  return a < b ? b - a : a - b;
}

/* The place that a read at `offset' is near to, or else the one that was not
 * used for longest, for a reader that begins.
 */
static struct read_order_place *
find_place (struct read_order *order, uint64_t offset, unsigned now)
{
  struct read_order_place *oldest = order->places;
  unsigned i;

  for (i = 0; i < READ_ORDER_READERS; ++i) {
    struct read_order_place *place = &order->places[i];

    if (distance (offset, place->next_offset) <= SLACK)
      return place;
    if (now - place->used > now - oldest->used)
      oldest = place;
  }
  atomic_store (&oldest->next_offset, offset);
  atomic_store (&oldest->bytes, 0);
  atomic_store (&oldest->skipped, 0);
  atomic_store (&oldest->reads, 0);
  atomic_store (&oldest->ahead, 0);
  return oldest;
}

static bool
is_in_order (struct read_order_place *place)
{
  return place->reads > STREAK &&
    place->skipped / MAX_SKIPPED <= place->bytes;
}

/* How many chunks to decode ahead of who has read so many bytes in order. */
static uint64_t
how_far (struct read_order *order, uint64_t in_order, unsigned now)
{
  uint32_t readers = 0;
  unsigned i;

  for (i = 0; i < READ_ORDER_READERS; ++i)
    readers += is_in_order (&order->places[i]) &&
      now - order->places[i].used < GONE;
  return min_u64 (order->max_chunks / (readers > 0 ? readers : 1),
                  max_u64 (order->min_chunks, in_order / order->chunk_size));
}

bool
read_order_next (struct read_order *order, uint64_t offset, uint64_t end,
                 uint32_t last, uint64_t *ret_first, uint64_t *ret_stop)
{
  struct read_order_place *place;
  uint64_t next, from, stop;
  unsigned now;

  if (order->max_chunks == 0)
    return false;
  now = atomic_fetch_add (&order->now, 1);
  place = find_place (order, offset, now);
  atomic_store (&place->used, now);
  next = place->next_offset;
  if (end <= next)
    return false;
  from = max_u64 (offset, next);
  atomic_store (&place->next_offset, end);
  atomic_fetch_add (&place->bytes, end - from);
  atomic_fetch_add (&place->skipped, from - next);
  atomic_fetch_add (&place->reads, 1);
  if (!is_in_order (place))
    return false;

  stop = (uint64_t) last + 1 + how_far (order, place->bytes, now);
  *ret_first = max_u64 (place->ahead, (uint64_t) last + 1);
  *ret_stop = stop;
  if (*ret_first >= stop)
    return false;
  atomic_store (&place->ahead, (uint32_t) min_u64 (stop, UINT32_MAX));
  return true;
}
