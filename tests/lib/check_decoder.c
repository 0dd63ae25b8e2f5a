/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "decoder.h"
#include "decoding.h"
#include "image_builder.h"
#include "testing.h"

static const struct {
  enum chunk_codec codec;
  const char *name;
  bool verifies;                /* the stored form has a checksum */
} codecs[] = {
  { CHUNK_STORED, "stored", false },
  { CHUNK_ZSTD, "zstd", true },
  { CHUNK_LZ4, "lz4", false },
  { CHUNK_GZIP, "gzip", true },
};
#define N_CODECS (sizeof codecs / sizeof codecs[0])

START_TEST (right_and_wrong_lengths)
{
  static const size_t lens[] = { 1, 17, 4096, 70000, 300000 };
  const struct decode_job job = job_of (codecs[_i].codec);
  uint8_t *plain = malloc (300000);
  size_t i;

  for (i = 0; i < sizeof lens / sizeof lens[0]; ++i) {
    struct packed p;

    fill_text (plain, lens[i], (unsigned) i);
    p = pack_codec (codecs[_i].codec, plain, lens[i]);
    expect_plain (job, p, plain, lens[i]);
    expect_refused (job, p.ptr, p.len, lens[i] + 1, "");
    if (lens[i] > 1)
      expect_refused (job, p.ptr, p.len, lens[i] - 1, "");
    expect_refused (job, p.ptr, p.len, lens[i] + 100000, "");
    expect_plain (job, p, plain, lens[i]);
    free (p.ptr);
  }
  free (plain);
}
END_TEST

START_TEST (truncated)
{
  uint8_t plain[2000];
  struct packed p;
  size_t len;

  fill_text (plain, sizeof plain, 7);
  p = pack_codec (codecs[_i].codec, plain, sizeof plain);
  for (len = 0; len < p.len; ++len)
    expect_refused (job_of (codecs[_i].codec), p.ptr, len, sizeof plain, "");
  free (p.ptr);
}
END_TEST

/* Where there is a checksum, a changed bit is an error or has no meaning (as
 * those of gzip's time stamp); where there is none, it is at least bounded.
 */
START_TEST (one_bit)
{
  uint8_t plain[1500], *got;
  unsigned errors = 0;
  struct error err;
  struct packed p;
  size_t bit;

  fill_text (plain, sizeof plain, 8);
  p = pack_codec (codecs[_i].codec, plain, sizeof plain);
  for (bit = 0; bit < 8 * p.len; ++bit) {
    p.ptr[bit / 8] ^= (uint8_t) (1u << bit % 8);
    if (run_job (job_of (codecs[_i].codec), p.ptr, p.len, sizeof plain, &got,
                 &err) == -1)
      ++errors;
    else if (codecs[_i].verifies)
      ck_assert (memcmp (got, plain, sizeof plain) == 0);
    free (got);
    p.ptr[bit / 8] ^= (uint8_t) (1u << bit % 8);
  }
  if (codecs[_i].verifies)
    ck_assert_uint_gt (errors, 8 * (p.len - 12));
  expect_plain (job_of (codecs[_i].codec), p, plain, sizeof plain);
  free (p.ptr);
}
END_TEST

START_TEST (noise)
{
  uint8_t stored[500], *got;
  struct error err;
  unsigned i, k;

  for (i = 0; i < rounds (2000); ++i) {
    const size_t len = rnd (sizeof stored);

    for (k = 0; k < len; ++k)
      stored[k] = (uint8_t) rnd (256);
    if (len >= 4 && rnd (2) == 0)
      put_le (stored, codecs[_i].codec == CHUNK_ZSTD ? 0xfd2fb528 : 0x88b1f,
              4);
    (void) !run_job (job_of (codecs[_i].codec), stored, len, 1 + rnd (5000),
                     &got, &err);
    free (got);
  }
}
END_TEST

/* 64 MiB in few bytes, for a buffer of 4 KiB. */
START_TEST (bomb)
{
  const size_t len = 64 << 20;
  uint8_t *zeros = calloc (1, len);
  struct packed p = pack_codec (codecs[_i].codec, zeros, len);

  ck_assert_uint_lt (p.len, len / 200);
  expect_refused (job_of (codecs[_i].codec), p.ptr, p.len, 4096, "");
  free (p.ptr);
  free (zeros);
}
END_TEST

START_TEST (buffers)
{
  struct decoder *other;
  struct error err;
  uint8_t *p;

  ck_assert_ptr_nonnull (decoder_buffer (decoder, 0, &err));
  p = decoder_buffer (decoder, 1000, &err);
  memset (p, 1, 1000);
  ck_assert_ptr_eq (decoder_buffer (decoder, 999, &err), p);
  p = decoder_buffer (decoder, 100000, &err);
  memset (p, 1, 100000);
  other = decoder_take (pool, &err);
  ck_assert_ptr_ne (other, decoder);
  decoder_give (pool, other);
  ck_assert_ptr_eq (decoder_take (pool, &err), other);
  decoder_give (pool, other);
}
END_TEST

static void *
decode_all_codecs (void *opaque)
{
  unsigned seed = *(unsigned *) opaque, i;
  uint8_t plain[10000], got[sizeof plain];
  struct error err;

  fill_text (plain, sizeof plain, seed);
  for (i = 0; i < 40; ++i) {
    struct packed p = pack_codec (codecs[i % N_CODECS].codec, plain,
                                  sizeof plain);
    struct decoder *mine = decoder_take (pool, &err);
    const struct decode_job job = {
      .codec = codecs[i % N_CODECS].codec,
      .stored = p.ptr, .stored_len = p.len,
      .plain = got, .plain_len = sizeof got,
    };

    ck_assert_int_eq (decoder_run (mine, &job, &err), 0);
    ck_assert (memcmp (got, plain, sizeof plain) == 0);
    decoder_give (pool, mine);
    free (p.ptr);
  }
  return NULL;
}

START_TEST (many_threads)
{
  pthread_t threads[4];
  unsigned seeds[4], i;

  for (i = 0; i < 4; ++i) {
    seeds[i] = i;
    ck_assert_int_eq (pthread_create (&threads[i], NULL, decode_all_codecs,
                                      &seeds[i]), 0);
  }
  for (i = 0; i < 4; ++i)
    pthread_join (threads[i], NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("decoder");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_loop_test (t, right_and_wrong_lengths, 0, N_CODECS);
  tcase_add_loop_test (t, truncated, 0, N_CODECS);
  tcase_add_loop_test (t, one_bit, 0, N_CODECS);
  tcase_add_loop_test (t, noise, 0, N_CODECS);
  tcase_add_loop_test (t, bomb, 1, N_CODECS);
  tcase_add_test (t, buffers);
  tcase_add_test (t, many_threads);
  return tests_run ();
}
