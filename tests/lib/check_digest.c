/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "bytes.h"
#include "digest.h"
#include "image_builder.h"
#include "testing.h"

/* The input of BLAKE3's own test vectors: 0, 1, ... 250, 0, 1 ... */
static void
fill_251 (uint8_t *buf, size_t len)
{
  size_t i;

  for (i = 0; i < len; ++i)
    buf[i] = (uint8_t) (i % 251);
}

static const struct {
  enum digest_kind kind;
  const char *text;             /* NULL: fill_251 of len */
  size_t len;
  const char *hex;
} answers[] = {
  { DIGEST_NONE, "abc", 3, "" },
  { DIGEST_XXH64_LOW, "", 0,
    "99e9d851" },
  { DIGEST_XXH64_LOW, "abc", 3,
    "990977ad" },
  { DIGEST_BLAKE3, "", 0,
    "af1349b9f5f9a1a6a0404dea36dcc949"
    "9bcb25c9adc112b7cc9a93cae41f3262" },
  { DIGEST_BLAKE3, "abc", 3,
    "6437b3ac38465133ffb63b75273a8db5"
    "48c558465d79db03fd359c6cd5bd9d85" },
  { DIGEST_BLAKE3, NULL, 1,
    "2d3adedff11b61f14c886e35afa03673"
    "6dcd87a74d27b5c1510225d0f592e213" },
  { DIGEST_BLAKE3, NULL, 1024,
    "42214739f095a406f3fc83deb889744a"
    "c00df831c10daa55189b5d121c855af7" },
  { DIGEST_BLAKE3, NULL, 1025,
    "d00278ae47eb27b34faecf67b4fe263f"
    "82d5412916c1ffd97c8cb7fb814b8444" },
  { DIGEST_BLAKE3, NULL, 102400,
    "bc3e3d41a1146b069abffad3c0d44860"
    "cf664390afce4d9661f7902e7943e085" },
  { DIGEST_SHA256, "", 0,
    "e3b0c44298fc1c149afbf4c8996fb924"
    "27ae41e4649b934ca495991b7852b855" },
  { DIGEST_SHA256, "abc", 3,
    "ba7816bf8f01cfea414140de5dae2223"
    "b00361a396177a9cb410ff61f20015ad" },
  { DIGEST_SHA256, NULL, 1025,
    "bc0b6b10b89b9487a12fda2a8cc13194"
    "e7091c217aabf8b92846274026f4bcd0" },
  { DIGEST_SHA256, NULL, 102400,
    "74588b7f0bcc354ac14d9cf199fa3a20"
    "c05f0c7293b9075b2f2e146e718de800" },
};

START_TEST (known_answers)
{
  const char *hex = answers[_i].hex;
  size_t len = answers[_i].len;
  uint8_t *buf = malloc (len + 1), digest[DIGEST_MAX];
  char text[2 * DIGEST_MAX + 1];

  if (answers[_i].text)
    memcpy (buf, answers[_i].text, len);
  else
    fill_251 (buf, len);
  ck_assert_int_eq (digest_compute (answers[_i].kind, buf, len, digest), 0);
  bytes_hex ((struct bytes) { digest, digest_size (answers[_i].kind) }, text);
  ck_assert_str_eq (text, hex);
  free (buf);
}
END_TEST

/* Only the bytes of the digest are written. */
START_TEST (size)
{
  uint8_t digest[DIGEST_MAX];
  enum digest_kind kind;
  size_t i;

  for (kind = DIGEST_NONE; kind <= DIGEST_SHA256; ++kind) {
    memset (digest, 0x55, sizeof digest);
    ck_assert_int_eq (digest_compute (kind, "abc", 3, digest), 0);
    for (i = digest_size (kind); i < sizeof digest; ++i)
      ck_assert_uint_eq (digest[i], 0x55);
  }
}
END_TEST

START_TEST (names)
{
  ck_assert_str_eq (digest_name (DIGEST_NONE), "none");
  ck_assert_str_eq (digest_name (DIGEST_XXH64_LOW), "xxh64");
  ck_assert_str_eq (digest_name (DIGEST_BLAKE3), "blake3");
  ck_assert_str_eq (digest_name (DIGEST_SHA256), "sha256");
  ck_assert_uint_eq (digest_size (DIGEST_NONE), 0);
  ck_assert_uint_eq (digest_size (DIGEST_XXH64_LOW), 4);
  ck_assert_uint_eq (digest_size (DIGEST_BLAKE3), 32);
  ck_assert_uint_eq (digest_size (DIGEST_SHA256), 32);
}
END_TEST

START_TEST (crc)
{
  uint8_t buf[1000];
  size_t len;

  ck_assert_uint_eq (digest_crc32c ("123456789", 9), 0xe3069283);
  ck_assert_uint_eq (digest_crc32c ("", 0), 0);
  ck_assert_uint_eq (digest_crc32c (NULL, 0), 0);
  pattern_fill (buf, sizeof buf, 5, 0);
  for (len = 0; len < sizeof buf; len += 37)
    ck_assert_uint_eq (digest_crc32c (buf, len),
                       ~naive_crc32c (~0u, buf, len));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("digest");

  tcase_add_loop_test (t, known_answers, 0,
                       sizeof answers / sizeof answers[0]);
  tcase_add_test (t, size);
  tcase_add_test (t, names);
  tcase_add_test (t, crc);
  return tests_run ();
}
