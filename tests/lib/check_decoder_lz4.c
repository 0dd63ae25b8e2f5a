/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <limits.h>

#include "decoder_lz4.h"
#include "decoding.h"
#include "testing.h"

/* Blocks by hand: a token (4 bits of literals, 4 of a match less 4), the
 * literals, where the match is.
 */
#define ABC_4_TIMES 0x35, 'a', 'b', 'c', 3, 0   /* 12 bytes */
#define ABCAB 0x50, 'a', 'b', 'c', 'a', 'b'
#define FF_8 255, 255, 255, 255, 255, 255, 255, 255

static const struct {
  const char *what;
  uint8_t block[40];
  size_t len, plain_len;
  const char *part;             /* NULL: "abc", again and again */
} blocks[] = {
  { "literals", { 0x30, 'a', 'b', 'c' }, 4, 3, NULL },
  { "match", { ABC_4_TIMES, ABCAB }, 12, 17, NULL },
  { "less", { 0x30, 'a', 'b', 'c' }, 4, 4,
    "lz4: decodes to 3 bytes, 4 expected" },
  { "more literals", { 0x30, 'a', 'b', 'c' }, 4, 2,
    "lz4: malformed, or decodes to more than 2 bytes" },
  { "more of a match", { ABC_4_TIMES, ABCAB }, 12, 11, "more than 11 bytes" },
  { "one byte more", { ABC_4_TIMES, ABCAB }, 12, 16, "more than 16 bytes" },
  { "nothing", { 0 }, 0, 3, "lz4: malformed" },
  { "empty block", { 0 }, 1, 3, "decodes to 0 bytes, 3 expected" },
  { "cut literals", { 0x30, 'a', 'b' }, 3, 3, "lz4: malformed" },
  { "cut match", { ABC_4_TIMES }, 5, 12, "lz4: malformed" },
  { "ends in a match", { ABC_4_TIMES }, 6, 12, "lz4: malformed" },
  { "bytes behind", { 0x30, 'a', 'b', 'c', 0 }, 5, 3, "lz4: malformed" },
  { "match before the start", { 0x35, 'a', 'b', 'c', 4, 0, ABCAB }, 12, 17,
    "lz4: malformed" },
  { "match far before it", { 0x35, 'a', 'b', 'c', 255, 255, ABCAB }, 12, 17,
    "lz4: malformed" },
  { "long literals", { 0xf0, FF_8, FF_8, 255, 'a', 'b', 'c' }, 21, 3,
    "lz4: malformed" },
  { "no end of a length", { 0xf0, FF_8, FF_8 }, 17, 3, "lz4: malformed" },
  { "long match", { 0x3f, 'a', 'b', 'c', 3, 0, FF_8, FF_8, 0, ABCAB }, 29, 17,
    "more than 17 bytes" },
};

START_TEST (by_hand)
{
  const struct packed p = {
    .ptr = (uint8_t *) (uintptr_t) blocks[_i].block, .len = blocks[_i].len,
  };

  if (blocks[_i].part)
    expect_refused (job_of (CHUNK_LZ4), p.ptr, p.len, blocks[_i].plain_len,
                    blocks[_i].part);
  else
    expect_plain (job_of (CHUNK_LZ4), p,
                  (const uint8_t *) "abcabcabcabcabcab",
                  blocks[_i].plain_len);
}
END_TEST

/* The library counts in int. */
START_TEST (too_many)
{
  uint8_t stored[1] = { 0 }, plain[1];
  const size_t max = INT_MAX;
  struct error err;

  ck_assert_int_eq (decoder_lz4_run ((struct bytes) { stored, max + 1 },
                                     plain, 1, &err), -1);
  expect_error (&err, EINVAL, "lz4: 2147483648 bytes are too many");
  ck_assert_int_eq (decoder_lz4_run ((struct bytes) { stored, 1 }, plain,
                                     max + 2, &err), -1);
  expect_error (&err, EINVAL, "lz4: 2147483649 bytes are too many");
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("decoder_lz4");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_loop_test (t, by_hand, 0, sizeof blocks / sizeof blocks[0]);
  tcase_add_test (t, too_many);
  return tests_run ();
}
