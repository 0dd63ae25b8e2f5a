/* SPDX-License-Identifier: BSD-3-Clause */
/* The work list is not kept but counted through: next_job gives the next chunk
 * of a compressed blob, or the next part of a raw one, to whichever thread
 * asks.  Chunks of one context (a batch, a checkpoint) are one job, so that
 * the context is decoded by one thread and then found in the cache.  First come
 * the gzip files, each of which takes one thread from its start to its end, as
 * that is what takes longest.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "checked.h"
#include "cleanup.h"
#include "crew.h"
#include "data_check.h"
#include "extent.h"
#include "gzip_check.h"
#include "progress.h"

#define RAW_PART (1024 * 1024)

/* Chunks [first, end), or the bytes [offset, offset+len) of a raw source, or
 * the whole of a gzip file.
 */
struct job {
  uint32_t blob;                /* from 0 */
  bool gzip;
  const struct chunk_table *table;      /* NULL: raw */
  uint32_t first, end;
  uint64_t offset, len;
  bool zero;                    /* they are a hole: nothing to do */
};

struct checking {
  const struct image *image;
  uint32_t n_blobs;
  void (*tell) (void *opaque, const struct data_fault *fault);
  void *opaque;

  struct gzip_check *gzips;     /* owned: of each blob; zeros if it is not a
                                   gzip file */

  pthread_mutex_t list_lock;    /* for the next four */
  uint32_t gzip;
  uint32_t blob;
  uint32_t chunk;
  uint64_t offset;

  pthread_mutex_t report_lock;  /* for the next three */
  uint64_t done;
  struct data_check result;
  struct progress progress;
};

static void
report_done (struct checking *c, uint64_t len)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&c->report_lock);

  c->done += len;
  progress_update (&c->progress, c->done);
}

static void
report_fault (struct checking *c, const struct data_fault *fault)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&c->report_lock);

  c->result.faults++;
  progress_pause (&c->progress);
  c->tell (c->opaque, fault);
}

static bool
is_same_unit (const struct chunk_table *table, uint32_t a, uint32_t b)
{
  uint32_t context = table->chunks[a].context;

  return context != CHUNK_NO_CONTEXT && context == table->chunks[b].context;
}

static bool
next_chunks (struct checking *c, const struct chunk_table *table,
             struct job *ret)
{
  uint32_t i = c->chunk;

  if (i >= table->n_chunks)
    return false;
  while (++i < table->n_chunks && is_same_unit (table, c->chunk, i))
    ;
  *ret = (struct job) {
    .blob = c->blob, .table = table, .first = c->chunk, .end = i,
  };
  c->chunk = i;
  return true;
}

/* A hole, however long, is one part.  What can not be asked for is read. */
static bool
next_part (struct checking *c, const struct blob *blob, struct job *ret)
{
  uint64_t rest = blob->data_len - c->offset;
  struct extent extent = { rest, false };
  struct error err;

  if (rest == 0)
    return false;
  if (source_extents (blob->source, blob->source_offset + c->offset, rest,
                      extent_keep_first, &extent, &err) == -1)
    extent = (struct extent) { rest, false };
  *ret = (struct job) {
    .blob = c->blob,
    .offset = blob->source_offset + c->offset,
    .len = extent.zero ? extent.len : min_u64 (extent.len, RAW_PART),
    .zero = extent.zero,
  };
  c->offset += ret->len;
  return true;
}

static bool
next_job (struct checking *c, struct job *ret)
{
  const struct chunk_table *table;
  const struct blob *blob;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&c->list_lock);

  while (c->gzip < c->n_blobs)
    if (c->gzips[c->gzip++].loader != NULL) {
      *ret = (struct job) { .blob = c->gzip - 1, .gzip = true };
      return true;
    }
  for (; c->blob < c->n_blobs; c->blob++, c->chunk = 0, c->offset = 0) {
    blob = image_blob (c->image, c->blob);
    if (blob->source == NULL)
      continue;
    table = source_chunked_table (blob->source);
    if (table ? next_chunks (c, table, ret) : next_part (c, blob, ret))
      return true;
  }
  return false;
}

/* Of a gzip file: for gzip_check_told. */
struct told {
  struct checking *c;
  uint32_t blob;
};

static void
tell_done (void *opaque, uint64_t len)
{
  const struct told *told = opaque;

  report_done (told->c, len);
}

static void
tell_fault (void *opaque, uint64_t offset, uint64_t len,
            const struct error *err)
{
  const struct told *told = opaque;

  report_fault (told->c, &(struct data_fault) {
      .slot = told->blob + 1, .offset = offset, .len = len, .err = err,
    });
}

/* Read a gzip file's members or, at last, compare its chunks. */
static void
check_gzip (struct checking *c, uint32_t i, bool compare)
{
  struct told told = { c, i };
  const struct gzip_check_told gzip_told = { tell_done, tell_fault, &told };

  if (compare)
    gzip_check_compare (&c->gzips[i], &gzip_told);
  else
    gzip_check_read (&c->gzips[i], &gzip_told);
}

/* Read [offset, offset+len) of a blob's source.  Was it read? */
static bool
check_range (struct checking *c, uint32_t i, uint64_t offset, uint64_t len,
             void **buf, size_t *size)
{
  const struct blob *blob = image_blob (c->image, i);
  struct error err;
  int r = 0;

  if (*size < len) {
    free (*buf);
    *buf = malloc (len);
    *size = *buf ? len : 0;
  }
  if (*buf == NULL)
    r = error_set_errno (&err, ENOMEM, "reading %llu bytes",
                         (unsigned long long) len);
  else
    r = source_pread (blob->source, *buf, len, offset, &err);
  if (r == -1)
    report_fault (c, &(struct data_fault) {
        .slot = i + 1, .offset = offset, .len = len, .err = &err,
      });
  report_done (c, len);
  return r == 0;
}

static void
check_chunk (struct checking *c, const struct job *job, uint32_t i,
             void **buf, size_t *size)
{
  const struct chunk *chunk = &job->table->chunks[i];
  struct gzip_check *gzip = &c->gzips[job->blob];

  if (check_range (c, job->blob, chunk->plain_start, chunk->plain_len, buf,
                   size) && gzip->loader != NULL)
    gzip_check_served (gzip, i, *buf);
}

static void
work (void *opaque)
{
  struct checking *c = opaque;
  CLEANUP_FREE void *buf = NULL;
  size_t size = 0;
  struct job job;
  uint32_t i;

  while (next_job (c, &job)) {
    if (job.gzip)
      check_gzip (c, job.blob, false);
    else if (job.zero)
      report_done (c, job.len);
    else if (job.table == NULL)
      check_range (c, job.blob, job.offset, job.len, &buf, &size);
    for (i = job.first; i < job.end; ++i)
      check_chunk (c, &job, i, &buf, &size);
  }
}

/* What there is to do: sums of 64 bits can not overflow, as all blobs have
 * their place on one device.  Returns what gzip files add to it.
 */
static uint64_t
count (struct checking *c)
{
  const struct chunk_table *table;
  const struct blob *blob;
  uint64_t more = 0;
  uint32_t i, k;

  for (i = 0; i < c->n_blobs; ++i) {
    blob = image_blob (c->image, i);
    if (blob->source == NULL)
      continue;
    table = source_chunked_table (blob->source);
    if (table == NULL) {
      c->result.bytes += blob->data_len;
      continue;
    }
    c->result.chunks += table->n_chunks;
    for (k = 0; k < table->n_chunks; ++k)
      c->result.bytes += table->chunks[k].plain_len;
    if (c->gzips[i].loader != NULL)
      more += table->plain_size;
  }
  return more;
}

/* Have a gzip_check for each blob that is a gzip file. */
static int
find_gzips (struct checking *c, struct error *err)
{
  const struct chunk_loader *loader;
  const struct blob *blob;
  uint32_t i;

  c->gzips = calloc ((size_t) c->n_blobs + 1, sizeof *c->gzips);
  if (c->gzips == NULL)
    return error_set_errno (err, ENOMEM, "%" PRIu32 " devices", c->n_blobs);
  for (i = 0; i < c->n_blobs; ++i) {
    blob = image_blob (c->image, i);
    loader = blob->source ? source_chunked_loader (blob->source) : NULL;
    if (loader != NULL && gzip_check_is_for (&loader->table) &&
        gzip_check_init (&c->gzips[i], loader, err) == -1)
      return -1;
  }
  return 0;
}

static void
run (struct checking *c, bool quiet)
{
  uint64_t more = count (c);
  uint32_t i;

  c->progress = progress_begin (c->result.bytes + more, quiet);
  crew_run (crew_default_size (), work, c);
  for (i = 0; i < c->n_blobs; ++i)
    if (c->gzips[i].loader != NULL)
      check_gzip (c, i, true);
  progress_end (&c->progress);
}

struct data_check
data_check_run (const struct image *image, bool quiet,
                void (*tell) (void *opaque, const struct data_fault *fault),
                void *opaque)
{
  struct checking c = {
    .image = image,
    .n_blobs = image_device_table (image)->count,
    .tell = tell,
    .opaque = opaque,
  };
  struct error err;
  uint32_t i;

  pthread_mutex_init (&c.list_lock, NULL);
  pthread_mutex_init (&c.report_lock, NULL);
  if (find_gzips (&c, &err) == 0)
    run (&c, quiet);
  else
    report_fault (&c, &(struct data_fault) { .slot = 1, .err = &err });
  for (i = 0; c.gzips != NULL && i < c.n_blobs; ++i)
    gzip_check_clear (&c.gzips[i]);
  free (c.gzips);
  pthread_mutex_destroy (&c.list_lock);
  pthread_mutex_destroy (&c.report_lock);
  return c.result;
}
