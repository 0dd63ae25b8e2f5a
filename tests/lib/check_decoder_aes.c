/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "decoder.h"
#include "decoding.h"
#include "image_builder.h"
#include "testing.h"

static const enum chunk_codec codecs[] = {
  CHUNK_STORED, CHUNK_ZSTD, CHUNK_LZ4, CHUNK_GZIP
};
#define N_CODECS (sizeof codecs / sizeof codecs[0])

static const struct chunk_cipher cipher = {
  .key = "sixteen bytes..,and sixteen more", .iv = "this is a tweak",
};

/* Stored: each length, and those that look like padding. */
START_TEST (encrypted_stored)
{
  struct decode_job job = { .codec = CHUNK_STORED, .cipher = &cipher };
  uint8_t plain[40];
  struct packed p;
  size_t len, pad;

  for (len = 1; len <= sizeof plain; ++len) {
    pattern_fill (plain, len, 5, 0);
    p = encrypt_xts (plain, len, cipher.key, cipher.iv);
    ck_assert_uint_eq (p.len, len < 16 ? 18 : len);
    expect_plain (job, p, plain, len);
    expect_refused (job, p.ptr, p.len, len + 1, "bytes are stored");
    free (p.ptr);
  }
  for (pad = 0; pad < 18; ++pad) {
    memset (plain, (int) pad, 16);
    plain[16] = 0x78;
    plain[17] = 0x90;
    p = encrypt_xts (plain, 18, cipher.key, cipher.iv);
    expect_plain (job, p, plain, 18);
    free (p.ptr);
  }
}
END_TEST

START_TEST (encrypted_compressed)
{
  struct decode_job job = { .codec = codecs[_i], .cipher = &cipher };
  uint8_t plain[3000];
  struct packed p, q;
  size_t len;

  memset (plain, 'x', sizeof plain);
  for (len = 1; len <= sizeof plain; len += len < 30 ? 1 : 97) {
    p = pack_codec (codecs[_i], plain, len);
    q = encrypt_xts (p.ptr, p.len, cipher.key, cipher.iv);
    expect_plain (job, q, plain, len);
    free (p.ptr);
    free (q.ptr);
  }
}
END_TEST

/* A batch may be stored as it is: known by the length, after decryption. */
START_TEST (batches)
{
  struct decode_job job = { .codec = CHUNK_ZSTD, .maybe_stored = true };
  uint8_t plain[100];
  struct packed p, q;
  size_t len;

  for (len = 1; len <= sizeof plain; ++len) {
    pattern_fill (plain, len, 6, 0);
    p.ptr = plain;
    p.len = len;
    job.cipher = NULL;
    expect_plain (job, p, plain, len);
    job.cipher = &cipher;
    q = encrypt_xts (plain, len, cipher.key, cipher.iv);
    expect_plain (job, q, plain, len);
    free (q.ptr);
  }
  memset (plain, 0, sizeof plain);
  p = pack_zstd (plain, sizeof plain, false);
  ck_assert_uint_lt (p.len, 18);
  q = encrypt_xts (p.ptr, p.len, cipher.key, cipher.iv);
  expect_plain (job, q, plain, sizeof plain);
  job.cipher = NULL;
  expect_plain (job, p, plain, sizeof plain);
  job.maybe_stored = false;
  pattern_fill (plain, sizeof plain, 6, 0);
  expect_refused (job, plain, sizeof plain, sizeof plain, "zstd: ");
  free (p.ptr);
  free (q.ptr);
}
END_TEST

START_TEST (cipher_refused)
{
  struct chunk_cipher bad = { .key = { 0 } };
  struct decode_job job = { .codec = CHUNK_STORED, .cipher = &bad };
  const size_t max = CHUNK_ENCRYPTED_MAX;
  uint8_t *buf = calloc (1, max + 1);

  expect_refused (job, buf, 32, 32, "both halves of the key are the same");
  bad.key[0] = 1;
  expect_refused (job, buf, 15, 15, "aes: a unit of 15 bytes");
  expect_refused (job, buf, 0, 15, "aes: a unit of 0 bytes");
  expect_refused (job, buf, max + 1, max + 1, "aes: a unit of 16777217");
  expect_refused (job, buf, 18, 5, "18 bytes are stored, 5 expected");
  free (buf);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("decoder_aes");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_test (t, encrypted_stored);
  tcase_add_loop_test (t, encrypted_compressed, 0, N_CODECS);
  tcase_add_test (t, batches);
  tcase_add_test (t, cipher_refused);
  return tests_run ();
}
