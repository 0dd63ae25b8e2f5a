/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "chunk_loader.h"
#include "read_order.h"
#include "source_chunked.h"
#include "source_file.h"

struct source_chunked {
  struct source source;         /* first: the two are cast to each other */
  struct chunk_loader loader;
  struct read_order order;
};

static struct source_chunked *
get (struct source *source)
{
  return (struct source_chunked *) source;
}

/* Called by a thread that decodes ahead. */
static void
load_ahead (struct source *source, uint32_t i)
{
  chunk_loader_load (&get (source)->loader, i);
}

/* Will be read soon.  What is stored as it is need not be decoded. */
static void
push_ahead (struct source_chunked *c, uint32_t i)
{
  const struct chunk *chunk = &c->loader.table.chunks[i];

  if (chunk_is_stored (chunk))
    source_prefetch (c->loader.stored, chunk->stored_start, chunk->stored_len);
  else if (c->order.max_chunks > 0 &&
           read_ahead_is_running (c->loader.service.ahead))
    read_ahead_push (c->loader.service.ahead, &c->source, i, load_ahead);
}

/* A read of [offset, end), whose last chunk was `last', is done.  If reads
 * come in order, have the next chunks decoded.
 */
static void
look_ahead (struct source_chunked *c, uint64_t offset, uint64_t end,
            uint32_t last)
{
  uint64_t i, stop;

  if (!read_ahead_is_running (c->loader.service.ahead) ||
      !read_order_next (&c->order, offset, end, last, &i, &stop))
    return;
  for (; i < min_u64 (stop, c->loader.table.n_chunks); ++i)
    push_ahead (c, (uint32_t) i);
}

static int
chunked_pread (struct source *source, void *buf, size_t len, uint64_t offset,
               struct error *err)
{
  struct source_chunked *c = get (source);
  const struct chunk_table *table = &c->loader.table;
  uint64_t start = offset, n;
  uint32_t i = table->n_chunks;
  uint8_t *p = buf;

  if (len > 0)
    i = chunk_table_find (table, offset);
  for (; len > 0; p += n, len -= n, offset += n) {
    const struct chunk *chunk = &table->chunks[i];

    n = len;
    if (i == table->n_chunks || offset < chunk->plain_start) {
      if (i < table->n_chunks)
        n = min_u64 (n, chunk->plain_start - offset);
      memset (p, 0, n);
      continue;
    }
    n = min_u64 (n, chunk->plain_start + chunk->plain_len - offset);
    if (chunk_loader_read (&c->loader, i,
                           (uint32_t) (offset - chunk->plain_start), n, p,
                           err) == -1)
      return -1;
    ++i;                        /* unless that was the end anyway */
  }
  if (i > 0)
    look_ahead (c, start, offset, i - 1);
  return 0;
}

static void
chunked_close (struct source *source)
{
  struct source_chunked *c = get (source);

  chunk_loader_clear (&c->loader);
  free (c);
}

/* Have the chunks decoded, as far as there are threads for it. */
static void
chunked_prefetch (struct source *source, uint64_t offset, uint64_t len)
{
  struct source_chunked *c = get (source);
  const struct chunk_table *table = &c->loader.table;
  uint32_t i = len > 0 ? chunk_table_find (table, offset) : table->n_chunks;

  for (; i < table->n_chunks &&
         table->chunks[i].plain_start < offset + len; ++i)
    push_ahead (c, i);
}

static const struct source_ops chunked_ops = {
  .pread = chunked_pread,
  .prefetch = chunked_prefetch,
  .close = chunked_close,
};

struct source *
source_chunked_new (struct source *stored, const char *name,
                    struct chunk_table *table,
                    const struct chunk_service *service, struct error *err)
{
  struct source_chunked *c = calloc (1, sizeof *c);
  uint32_t plain, stored_len;

  if (c == NULL) {
    error_set_errno (err, ENOMEM, "%s", name);
    return NULL;
  }
  if (chunk_loader_init (&c->loader, stored, name, table, service,
                         err) == -1) {
    free (c);
    return NULL;
  }
  source_init (&c->source, &chunked_ops, c->loader.table.plain_size);
  chunk_table_largest (&c->loader.table, &plain, &stored_len);
  /* Half of the queue: others may be read in order too. */
  read_order_init (&c->order, plain, service->decodes, READ_AHEAD_QUEUE / 2,
                   service->ahead_bytes);
  return &c->source;
}

const struct chunk_table *
source_chunked_table (const struct source *source)
{
  if (source->ops != &chunked_ops)
    return NULL;
  return &((const struct source_chunked *) source)->loader.table;
}

const struct chunk_loader *
source_chunked_loader (const struct source *source)
{
  if (source->ops != &chunked_ops)
    return NULL;
  return &((const struct source_chunked *) source)->loader;
}

struct pooled_file *
source_chunked_file (const struct source *source)
{
  while (source->ops == &chunked_ops)
    source = ((const struct source_chunked *) source)->loader.stored;
  return source_file_get (source);
}
