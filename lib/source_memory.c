/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source_memory.h"

struct source_memory {
  struct source source;         /* first: the two are cast to each other */
  uint8_t *buf;
};

static int
memory_pread (struct source *source, void *buf, size_t len, uint64_t offset,
              struct error *err)
{
  const struct source_memory *m = (const struct source_memory *) source;

  (void) err;
  memcpy (buf, m->buf + offset, len);
  return 0;
}

static void
memory_close (struct source *source)
{
  struct source_memory *m = (struct source_memory *) source;

  free (m->buf);
  free (m);
}

static const struct source_ops memory_ops = {
  .pread = memory_pread,
  .close = memory_close,
};

struct source *
source_memory_new (void *buf, size_t len, struct error *err)
{
  struct source_memory *m = malloc (sizeof *m);

  if (m == NULL) {
    error_set_errno (err, ENOMEM, "patched header of %zu bytes", len);
    return NULL;
  }
  source_init (&m->source, &memory_ops, len);
  m->buf = buf;
  return &m->source;
}
