/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address_map.h"
#include "checked.h"

/* Clients and kernels want whole pages. */
#define SIZE_ALIGN 4096

int
address_map_add (struct address_map *map, const struct address_range *range,
                 struct error *err)
{
  assert (range->data_len <= range->len);
  if (range->len == 0)
    return 0;
  if (address_ranges_append (&map->ranges, *range) == -1)
    return error_set_errno (err, ENOMEM, "map of the device");
  if (range->source != NULL)
    source_ref (range->source);
  return 0;
}

static int
compare_starts (const void *va, const void *vb)
{
  const struct address_range *a = va, *b = vb;

  if (a->start != b->start)
    return a->start < b->start ? -1 : 1;
  return (a->owner > b->owner) - (a->owner < b->owner);
}

/* "device slot 3 (bytes 4096 to 8191)" */
static void
describe (const struct address_range *range, char buf[80])
{
  char owner[32] = "the bootstrap";

  if (range->owner != ADDRESS_MAP_BOOTSTRAP)
    snprintf (owner, sizeof owner, "device slot %" PRIu32, range->owner);
  snprintf (buf, 80, "%s (bytes %" PRIu64 " to %" PRIu64 ")", owner,
            range->start, range->start + range->len - 1);
}

int
address_map_seal (struct address_map *map, struct error *err)
{
  struct address_range *ranges;
  uint64_t end = 0;
  char a[80], b[80];
  size_t i;

  address_ranges_shrink (&map->ranges);
  ranges = map->ranges.ptr;
  if (map->ranges.len > 0)
    qsort (ranges, map->ranges.len, sizeof *ranges, compare_starts);
  for (i = 0; i < map->ranges.len; ++i) {
    if (ranges[i].start < end) {
      describe (&ranges[i], a);
      describe (&ranges[i - 1], b);
      return error_set (err, EINVAL, "%s overlaps %s", a, b);
    }
    if (!checked_add (ranges[i].start, ranges[i].len, &end))
      return error_set (err, EINVAL, "a range ends beyond 2^64");
  }
  if (!checked_round_up (end, SIZE_ALIGN, &map->size) ||
      map->size > INT64_MAX)
    return error_set (err, EINVAL, "the device ends at byte %" PRIu64
                      ", beyond 2^63", end);
  return 0;
}

void
address_map_clear (struct address_map *map)
{
  size_t i;

  for (i = 0; i < map->ranges.len; ++i)
    source_unref (map->ranges.ptr[i].source);
  address_ranges_reset (&map->ranges);
  map->size = 0;
}

/* How many ranges start at or before `addr'. */
static size_t
count_starts (const struct address_map *map, uint64_t addr)
{
  size_t low = 0, high = map->ranges.len, mid;

  while (low < high) {
    mid = low + (high - low) / 2;
    if (map->ranges.ptr[mid].start <= addr)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

void
address_map_find (const struct address_map *map, uint64_t addr,
                  struct address_range *ret)
{
  const struct address_range *ranges = map->ranges.ptr;
  size_t n = count_starts (map, addr);
  uint64_t skip;

  assert (addr < map->size);
  if (n > 0 && addr - ranges[n-1].start < ranges[n-1].len) {
    *ret = ranges[n-1];
    skip = addr - ret->start;
    ret->start = addr;
    ret->len -= skip;
    ret->source_offset += skip;
    ret->data_len -= min_u64 (skip, ret->data_len);
    return;
  }
  *ret = (struct address_range) {
    .start = addr,
    .len = (n < map->ranges.len ? ranges[n].start : map->size) - addr,
  };
}

/* The part of a range that comes first: data of the source, then zeros. */
static uint64_t
first_part (const struct address_range *range, uint64_t len, bool *ret_zero)
{
  len = min_u64 (len, range->len);
  *ret_zero = range->data_len == 0;
  return *ret_zero ? len : min_u64 (len, range->data_len);
}

int
address_map_pread (const struct address_map *map, void *buf, size_t len,
                   uint64_t offset, struct error *err)
{
  struct address_range range;
  uint8_t *p = buf;
  uint64_t n;
  bool zero;

  for (; len > 0; p += n, len -= n, offset += n) {
    address_map_find (map, offset, &range);
    n = first_part (&range, len, &zero);
    if (zero)
      memset (p, 0, n);
    else if (source_pread (range.source, p, n, range.source_offset,
                           err) == -1)
      return -1;
  }
  return 0;
}

/* A source's extents, moved to where they lie on the device. */
struct moved {
  uint64_t source_offset, offset;
  extent_fn fn;
  void *opaque;
};

static int
move_extent (void *opaque, uint64_t offset, uint64_t len, bool zero,
             struct error *err)
{
  const struct moved *m = opaque;

  return m->fn (m->opaque, offset - m->source_offset + m->offset, len, zero,
                err);
}

int
address_map_extents (const struct address_map *map, uint64_t offset,
                     uint64_t len, extent_fn fn, void *opaque,
                     struct error *err)
{
  struct moved moved = { .fn = fn, .opaque = opaque };
  struct address_range range;
  uint64_t n;
  bool zero;
  int r = 0;

  for (; r == 0 && len > 0; len -= n, offset += n) {
    address_map_find (map, offset, &range);
    n = first_part (&range, len, &zero);
    if (zero) {
      r = fn (opaque, offset, n, true, err);
      continue;
    }
    moved.source_offset = range.source_offset;
    moved.offset = offset;
    r = source_extents (range.source, range.source_offset, n, move_extent,
                        &moved, err);
  }
  return r;
}

void
address_map_prefetch (const struct address_map *map, uint64_t offset,
                      uint64_t len)
{
  struct address_range range;
  uint64_t n;
  bool zero;

  for (; len > 0; len -= n, offset += n) {
    address_map_find (map, offset, &range);
    n = first_part (&range, len, &zero);
    if (!zero)
      source_prefetch (range.source, range.source_offset, n);
  }
}
