/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>

#include "source.h"

void
source_init (struct source *source, const struct source_ops *ops,
             uint64_t size)
{
  source->ops = ops;
  source->size = size;
  atomic_init (&source->refs, 1);
}

struct source *
source_ref (struct source *source)
{
  atomic_fetch_add_explicit (&source->refs, 1, memory_order_relaxed);
  return source;
}

void
source_unref (struct source *source)
{
  if (source == NULL ||
      atomic_fetch_sub_explicit (&source->refs, 1, memory_order_acq_rel) > 1)
    return;
  source->ops->close (source);
}

int
source_pread (struct source *source, void *buf, size_t len, uint64_t offset,
              struct error *err)
{
  assert (offset <= source->size && len <= source->size - offset);
  return source->ops->pread (source, buf, len, offset, err);
}

int
source_extents (struct source *source, uint64_t offset, uint64_t len,
                extent_fn fn, void *opaque, struct error *err)
{
  assert (offset <= source->size && len <= source->size - offset);
  if (source->ops->extents == NULL)
    return fn (opaque, offset, len, false, err);
  return source->ops->extents (source, offset, len, fn, opaque, err);
}

uint64_t
source_stamp (struct source *source)
{
  return source->ops->stamp != NULL ? source->ops->stamp (source) : 1;
}

void
source_prefetch (struct source *source, uint64_t offset, uint64_t len)
{
  assert (offset <= source->size && len <= source->size - offset);
  if (source->ops->prefetch != NULL)
    source->ops->prefetch (source, offset, len);
}
