/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "checked.h"
#include "cleanup.h"
#include "digest.h"
#include "seek_table.h"
#include "seek_writer.h"

#define ENTRY_SIZE 12u

/* What our reader takes; the format's reference writer has a greater limit. */
#define MAX_FRAMES \
  ((uint32_t) ((CHUNK_INDEX_MAX - SEEK_TABLE_EMPTY_SIZE) / ENTRY_SIZE))

struct seek_writer {
  struct source *source;        /* owned reference */
  struct seek_writer_params params;
  struct seek_writer_sink sink;
  uint32_t n_frames;
  uint8_t *table;               /* owned: the whole table */
  size_t table_len;

  pthread_mutex_t lock;         /* for all below */
  pthread_cond_t turn;          /* `placed' or `failed' has changed */
  uint32_t taken;               /* frames that some thread has */
  uint32_t placed;              /* frames before this one have their place */
  uint64_t end;                 /* of those frames, in the output */
  bool failed;
  struct error err;             /* of the first failure */
};

/* What one thread compresses with. */
struct worker {
  ZSTD_CCtx *cctx;
  uint8_t *plain, *stored;
  size_t stored_max;
};

int
seek_writer_min_level (void)
{
  return ZSTD_minCLevel ();
}

int
seek_writer_max_level (void)
{
  return ZSTD_maxCLevel ();
}

static int
check_params (const struct source *source,
              const struct seek_writer_params *params, uint64_t *ret_frames,
              struct error *err)
{
  uint32_t size = params->frame_size;

  if (size == 0 || size > SEEK_WRITER_FRAME_MAX ||
      size % SEEK_WRITER_FRAME_ALIGN != 0)
    return error_set (err, EINVAL, "a frame of %" PRIu32 " bytes: it has to "
                      "be a multiple of %u, up to %u", size,
                      SEEK_WRITER_FRAME_ALIGN, SEEK_WRITER_FRAME_MAX);
  if (params->level < ZSTD_minCLevel () || params->level > ZSTD_maxCLevel ())
    return error_set (err, EINVAL, "compression level %d: zstd has %d to %d",
                      params->level, ZSTD_minCLevel (), ZSTD_maxCLevel ());
  if (source->size == 0)
    return error_set (err, EINVAL, "is empty");
  *ret_frames = (source->size - 1) / size + 1;
  if (*ret_frames > MAX_FRAMES)
    return error_set (err, EINVAL, "%" PRIu64 " bytes in frames of %" PRIu32
                      " are more than %u frames: use larger ones",
                      source->size, size, MAX_FRAMES);
  return 0;
}

struct seek_writer *
seek_writer_new (struct source *source,
                 const struct seek_writer_params *params,
                 const struct seek_writer_sink *sink, struct error *err)
{
  struct seek_writer *writer;
  uint64_t n = 0;

  if (check_params (source, params, &n, err) == -1)
    return NULL;
  writer = calloc (1, sizeof *writer);
  if (writer != NULL) {
    writer->table_len = SEEK_TABLE_EMPTY_SIZE + (size_t) n * ENTRY_SIZE;
    writer->table = malloc (writer->table_len);
  }
  if (writer == NULL || writer->table == NULL) {
    free (writer);
    error_set_errno (err, ENOMEM, "seek table");
    return NULL;
  }
  writer->source = source_ref (source);
  writer->params = *params;
  writer->sink = *sink;
  writer->n_frames = (uint32_t) n;
  pthread_mutex_init (&writer->lock, NULL);
  pthread_cond_init (&writer->turn, NULL);
  return writer;
}

void
seek_writer_free (struct seek_writer *writer)
{
  if (writer == NULL)
    return;
  pthread_cond_destroy (&writer->turn);
  pthread_mutex_destroy (&writer->lock);
  source_unref (writer->source);
  free (writer->table);
  free (writer);
}

static int
zstd_error (struct error *err, size_t code)
{
  bool is_memory =
    ZSTD_getErrorCode (code) == ZSTD_error_memory_allocation;

  return error_set (err, is_memory ? ENOMEM : EIO, "zstd: %s",
                    ZSTD_getErrorName (code));
}

static void
worker_clear (struct worker *worker)
{
  ZSTD_freeCCtx (worker->cctx);
  free (worker->plain);
  free (worker->stored);
}

/* To be cleared even on error. */
static int
worker_init (struct worker *worker, const struct seek_writer_params *params,
             struct error *err)
{
  size_t r;

  worker->stored_max = ZSTD_compressBound (params->frame_size);
  worker->cctx = ZSTD_createCCtx ();
  worker->plain = malloc (params->frame_size);
  worker->stored = malloc (worker->stored_max);
  if (worker->cctx == NULL || worker->plain == NULL ||
      worker->stored == NULL)
    return error_set_errno (err, ENOMEM, "zstd");
  r = ZSTD_CCtx_setParameter (worker->cctx, ZSTD_c_compressionLevel,
                              params->level);
  if (!ZSTD_isError (r))
    r = ZSTD_CCtx_setParameter (worker->cctx, ZSTD_c_checksumFlag, 1);
  if (!ZSTD_isError (r))
    r = ZSTD_CCtx_setParameter (worker->cctx, ZSTD_c_contentSizeFlag, 1);
  return ZSTD_isError (r) ? zstd_error (err, r) : 0;
}

/* The next frame's number; false if there is none or somebody failed. */
static bool
take_frame (struct seek_writer *writer, uint32_t *ret)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&writer->lock);

  if (writer->failed || writer->taken == writer->n_frames)
    return false;
  *ret = writer->taken++;
  return true;
}

/* Wait until all frames before `i' have their places, and take ours: false if
 * somebody failed.  There is always progress: frames are taken in order, so
 * the thread with the lowest never waits.
 */
static bool
take_place (struct seek_writer *writer, uint32_t i, size_t len,
            uint64_t *ret_offset)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&writer->lock);

  while (!writer->failed && writer->placed != i)
    pthread_cond_wait (&writer->turn, &writer->lock);
  if (writer->failed)
    return false;
  *ret_offset = writer->end;
  writer->end += len;
  writer->placed++;
  pthread_cond_broadcast (&writer->turn);
  return true;
}

static void
fail (struct seek_writer *writer, const struct error *err)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&writer->lock);

  if (!writer->failed)
    writer->err = *err;
  writer->failed = true;
  pthread_cond_broadcast (&writer->turn);
}

static int
compress_frame (struct seek_writer *writer, struct worker *worker, uint32_t i,
                size_t plain_len, size_t *ret_len, struct error *err)
{
  uint8_t *entry = writer->table + SEEK_TABLE_HEADER_SIZE +
    (size_t) i * ENTRY_SIZE;
  uint8_t digest[DIGEST_MAX];
  size_t len;

  if (source_pread (writer->source, worker->plain, plain_len,
                    (uint64_t) i * writer->params.frame_size, err) == -1)
    return -1;
  len = ZSTD_compress2 (worker->cctx, worker->stored, worker->stored_max,
                        worker->plain, plain_len);
  if (ZSTD_isError (len))
    return zstd_error (err, len);
  if (digest_compute (DIGEST_XXH64_LOW, worker->plain, plain_len,
                      digest) == -1)
    return error_set (err, EIO, "xxh64 could not be computed");
  put_u32 (entry, (uint32_t) len);
  put_u32 (entry + 4, (uint32_t) plain_len);
  memcpy (entry + 8, digest, 4);
  *ret_len = len;
  return 0;
}

/* Returns -1 also, with nothing to say, if another thread failed. */
static int
write_frame (struct seek_writer *writer, struct worker *worker, uint32_t i,
             struct error *err)
{
  uint64_t start = (uint64_t) i * writer->params.frame_size, offset;
  size_t plain_len = (size_t) min_u64 (writer->params.frame_size,
                                       writer->source->size - start);
  size_t len = 0;

  if (compress_frame (writer, worker, i, plain_len, &len, err) == -1)
    return -1;
  if (!take_place (writer, i, len, &offset)) {
    error_set (err, ECANCELED, "another thread failed");
    return -1;
  }
  if (writer->sink.write (writer->sink.opaque, worker->stored, len, offset,
                          err) == -1)
    return -1;
  if (writer->sink.progress != NULL)
    writer->sink.progress (writer->sink.opaque, plain_len);
  return 0;
}

void
seek_writer_work (struct seek_writer *writer)
{
  struct worker worker = { .cctx = NULL };
  struct error err;
  uint32_t i;
  int r;

  r = worker_init (&worker, &writer->params, &err);
  while (r == 0 && take_frame (writer, &i))
    r = write_frame (writer, &worker, i, &err);
  if (r == -1)
    fail (writer, &err);
  worker_clear (&worker);
}

int
seek_writer_finish (struct seek_writer *writer, struct error *err)
{
  uint8_t *footer = writer->table + writer->table_len - SEEK_TABLE_FOOTER_SIZE;

  if (writer->failed) {
    *err = writer->err;
    return -1;
  }
  put_u32 (writer->table, SEEK_TABLE_MAGIC);
  put_u32 (writer->table + 4,
           (uint32_t) (writer->table_len - SEEK_TABLE_HEADER_SIZE));
  put_u32 (footer, writer->n_frames);
  footer[4] = SEEK_TABLE_HAS_CHECKSUMS;
  put_u32 (footer + 5, SEEK_TABLE_FOOTER_MAGIC);
  return writer->sink.write (writer->sink.opaque, writer->table,
                             writer->table_len, writer->end, err);
}
