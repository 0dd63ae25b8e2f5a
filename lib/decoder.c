/* SPDX-License-Identifier: BSD-3-Clause */
/* Decryption, choice of the codec, and the pool.  The codecs themselves make
 * what they need at first use: a decoder of a blob with zstd only never has
 * zlib's memory.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "decoder.h"
#include "decoder_aes.h"
#include "decoder_inflate.h"
#include "decoder_lz4.h"
#include "decoder_zstd.h"
#include "unit_memory.h"

struct decoder {
  struct decoder *next;         /* in the pool */
  uint8_t *buffer;              /* owned */
  size_t buffer_len;
  struct decoder_zstd zstd;
  struct decoder_inflate inflate;
  struct decoder_aes aes;
};

struct decoder_pool {
  /* Protects `idle' and the `next' of those on it. */
  pthread_mutex_t lock;
  struct decoder *idle;         /* owned; the one used last comes first, as
                                   its memory is the warmest */
};

struct decoder_pool *
decoder_pool_new (struct error *err)
{
  struct decoder_pool *pool = calloc (1, sizeof *pool);

  if (pool == NULL) {
    error_set_errno (err, ENOMEM, "decoders");
    return NULL;
  }
  pthread_mutex_init (&pool->lock, NULL);
  return pool;
}

static void
decoder_free (struct decoder *decoder)
{
  unit_memory_free (decoder->buffer);
  decoder_zstd_clear (&decoder->zstd);
  decoder_inflate_clear (&decoder->inflate);
  decoder_aes_clear (&decoder->aes);
  free (decoder);
}

void
decoder_pool_free (struct decoder_pool *pool)
{
  struct decoder *decoder;

  if (pool == NULL)
    return;
  while ((decoder = pool->idle) != NULL) {
    pool->idle = decoder->next;
    decoder_free (decoder);
  }
  pthread_mutex_destroy (&pool->lock);
  free (pool);
}

struct decoder *
decoder_take (struct decoder_pool *pool, struct error *err)
{
  struct decoder *decoder;

  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);
    decoder = pool->idle;
    if (decoder) {
      pool->idle = decoder->next;
      return decoder;
    }
  }

  decoder = calloc (1, sizeof *decoder);
  if (decoder == NULL)
    error_set_errno (err, ENOMEM, "decoder");
  return decoder;
}

void
decoder_give (struct decoder_pool *pool, struct decoder *decoder)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);

  decoder->next = pool->idle;
  pool->idle = decoder;
}

uint8_t *
decoder_buffer (struct decoder *decoder, size_t len, struct error *err)
{
  if (len > decoder->buffer_len || decoder->buffer == NULL) {
    /* Nothing of the old one is wanted, so no realloc. */
    unit_memory_free (decoder->buffer);
    decoder->buffer_len = 0;
    decoder->buffer = unit_memory_new (len, UNIT_MEMORY_MAPPED);
    if (decoder->buffer == NULL) {
      error_set_errno (err, ENOMEM, "buffer of %zu bytes", len);
      return NULL;
    }
    decoder->buffer_len = len;
  }
  return decoder->buffer;
}

static int
run_stored (struct bytes stored, uint8_t *plain, size_t plain_len,
            struct error *err)
{
  if (stored.len != plain_len)
    return error_set (err, EINVAL, "%zu bytes are stored, %zu expected",
                      stored.len, plain_len);
  if (plain_len > 0)
    memcpy (plain, stored.ptr, plain_len);
  return 0;
}

/* Decrypt; the view of what is in the buffer then. */
static int
decrypt (struct decoder *decoder, const struct decode_job *job,
         struct bytes *ret, struct error *err)
{
  bool is_known = job->codec == CHUNK_STORED || job->maybe_stored;

  if (decoder_aes_run (&decoder->aes, job->cipher, job->stored,
                       job->stored_len, err) == -1)
    return -1;
  ret->ptr = job->stored;
  ret->len = decoder_aes_unpadded (job->stored, job->stored_len,
                                   is_known ? job->plain_len : 0);
  return 0;
}

static int
run_codec (struct decoder *decoder, const struct decode_job *job,
           struct bytes stored, struct error *err)
{
  switch (job->codec) {
  case CHUNK_STORED:
    return run_stored (stored, job->plain, job->plain_len, err);
  case CHUNK_ZSTD:
    return decoder_zstd_run (&decoder->zstd, stored, job->plain,
                             job->plain_len, err);
  case CHUNK_LZ4:
    return decoder_lz4_run (stored, job->plain, job->plain_len, err);
  case CHUNK_GZIP:
    return decoder_inflate_member (&decoder->inflate, stored, job->plain,
                                   job->plain_len, err);
  case CHUNK_INFLATE:
    assert (job->resume != NULL);
    assert (job->resume->dict_len == 0 || job->dictionary != NULL);
    return decoder_inflate_resume (&decoder->inflate, job->resume,
                                   job->dictionary, stored, job->plain,
                                   job->plain_len, err);
  }
  return error_set (err, EINVAL, "compression %u is not known",
                    (unsigned) job->codec);
}

int
decoder_run (struct decoder *decoder, const struct decode_job *job,
             struct error *err)
{
  struct bytes stored = { .ptr = job->stored, .len = job->stored_len };

  if (job->cipher && decrypt (decoder, job, &stored, err) == -1)
    return -1;
  if (job->maybe_stored && stored.len == job->plain_len)
    return run_stored (stored, job->plain, job->plain_len, err);
  return run_codec (decoder, job, stored, err);
}
