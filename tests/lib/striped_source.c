/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "striped_source.h"
#include "testing.h"

bool
is_stripe (uint64_t offset)
{
  return offset % 160 < 100;
}

uint8_t
striped_byte (unsigned seed, uint64_t offset)
{
  return is_stripe (offset) ? pattern (seed, offset) : 0;
}

static int
striped_pread (struct source *source, void *buf, size_t len, uint64_t offset,
               struct error *err)
{
  const struct striped *s = (const struct striped *) source;
  uint8_t *p = buf;
  size_t i;

  if (s->seed == 0)
    return error_set (err, EIO, "unreadable");
  for (i = 0; i < len; ++i)
    p[i] = striped_byte (s->seed, offset + i);
  return 0;
}

static int
striped_extents (struct source *source, uint64_t offset, uint64_t len,
                 extent_fn fn, void *opaque, struct error *err)
{
  uint64_t end = offset + len, next;
  int r = 0;

  (void) source;
  for (; r == 0 && offset < end; offset = next) {
    next = offset / 160 * 160 + (is_stripe (offset) ? 100 : 160);
    if (next > end)
      next = end;
    r = fn (opaque, offset, next - offset, !is_stripe (offset), err);
  }
  return r;
}

static void
striped_close (struct source *source)
{
  (void) source;
}

static const struct source_ops striped_ops = {
  .pread = striped_pread,
  .extents = striped_extents,
  .close = striped_close,
};

void
striped_init (struct striped *striped, unsigned seed, uint64_t size)
{
  source_init (&striped->source, &striped_ops, size);
  striped->seed = seed;
}
