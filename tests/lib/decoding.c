/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "decoding.h"
#include "testing.h"

struct decoder_pool *pool;
struct decoder *decoder;

void
set_up_decoder (void)
{
  struct error err;

  pool = decoder_pool_new (&err);
  ck_assert_ptr_nonnull (pool);
  decoder = decoder_take (pool, &err);
  ck_assert_ptr_nonnull (decoder);
}

void
tear_down_decoder (void)
{
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
}

int
run_job (struct decode_job job, const uint8_t *stored, size_t stored_len,
         size_t plain_len, uint8_t **ret, struct error *err)
{
  int r;

  job.stored = malloc (stored_len > 0 ? stored_len : 1);
  job.stored_len = stored_len;
  job.plain = malloc (plain_len);
  job.plain_len = plain_len;
  ck_assert (job.stored != NULL && job.plain != NULL);
  if (stored_len > 0)
    memcpy (job.stored, stored, stored_len);
  memset (job.plain, 0xa5, plain_len);
  r = decoder_run (decoder, &job, err);
  free (job.stored);
  *ret = job.plain;
  return r;
}

void
expect_plain (struct decode_job job, struct packed stored,
              const uint8_t *plain, size_t len)
{
  struct error err = { .errnum = 0 };
  uint8_t *got;
  int r = run_job (job, stored.ptr, stored.len, len, &got, &err);

  ck_assert_msg (r == 0, "%s", err.text);
  ck_assert (memcmp (got, plain, len) == 0);
  free (got);
}

void
expect_refused (struct decode_job job, const uint8_t *stored,
                size_t stored_len, size_t plain_len, const char *part)
{
  struct error err = { .text = "no error" };
  uint8_t *got;

  ck_assert_int_eq (run_job (job, stored, stored_len, plain_len, &got, &err),
                    -1);
  expect_error (&err, EINVAL, part);
  free (got);
}

struct packed
pack_codec (enum chunk_codec codec, const uint8_t *plain, size_t len)
{
  struct packed p = { .ptr = NULL };

  switch (codec) {
  case CHUNK_ZSTD: return pack_zstd (plain, len, true);
  case CHUNK_LZ4: return pack_lz4 (plain, len);
  case CHUNK_GZIP: return pack_gzip (plain, len, 6, NULL);
  default:
    p.ptr = malloc (len);
    p.len = len;
    memcpy (p.ptr, plain, len);
    return p;
  }
}

struct decode_job
job_of (enum chunk_codec codec)
{
  const struct decode_job job = { .codec = codec };

  return job;
}
