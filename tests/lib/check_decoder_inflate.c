/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "decoder.h"
#include "decoding.h"
#include "image_builder.h"
#include "testing.h"

/* Old tables have only a bound of a member's length. */
START_TEST (gzip_with_more_behind)
{
  uint8_t plain[5000];
  struct packed p, q = { .ptr = calloc (1, 300), .len = 300 };

  fill_text (plain, sizeof plain, 3);
  p = join (pack_gzip (plain, sizeof plain, 9, "name"), q);
  expect_plain (job_of (CHUNK_GZIP), p, plain, sizeof plain);
  free (p.ptr);
}
END_TEST

/* Three members, the middle one with all that a header can have. */
static struct packed
three_members (const uint8_t *plain, size_t len)
{
  return join (join (pack_gzip (plain, len, 6, NULL),
                     pack_gzip (plain + len, len, 6, "a name")),
               pack_gzip (plain + 2 * len, len, 6, NULL));
}

START_TEST (members)
{
  enum { LEN = 5000 };
  struct chunk_resume resume = { .from = CHUNK_RESUME_MEMBER };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  uint8_t plain[3 * LEN];
  struct packed p, q;
  size_t i, first;

  fill_text (plain, sizeof plain, 11);
  p = three_members (plain, LEN);
  expect_plain (job, p, plain, sizeof plain);
  expect_plain (job, p, plain, LEN + 1);
  expect_refused (job, p.ptr, p.len, sizeof plain + 1, "gzip: ends 1 bytes");
  expect_refused (job, p.ptr, p.len / 2, sizeof plain, "gzip: ends");
  expect_refused (job, p.ptr + 1, p.len - 1, sizeof plain, "gzip: ");

  /* Behind the first header, raw, as from a checkpoint. */
  q = pack_gzip (plain, LEN, 6, NULL);
  first = q.len - 10;
  q.ptr = (free (q.ptr), p.ptr + 10);
  q.len = p.len - 10;
  resume.from = CHUNK_RESUME_GIVEN;
  expect_plain (job, q, plain, sizeof plain);
  resume.from = CHUNK_RESUME_FIRST;
  expect_plain (job, q, plain, sizeof plain);

  /* The first one's trailer is not verified, that of the second one is. */
  q.ptr[first - 5] ^= 1;
  expect_plain (job, q, plain, sizeof plain);
  resume.from = CHUNK_RESUME_MEMBER;
  expect_refused (job, p.ptr, p.len, sizeof plain, "incorrect data check");
  free (p.ptr);
  p = three_members (plain, LEN);
  q = pack_gzip (plain + 2 * LEN, LEN, 6, NULL);
  p.ptr[p.len - q.len - 5] ^= 1;
  resume.from = CHUNK_RESUME_GIVEN;
  expect_refused (job, p.ptr + 10, p.len - 10, sizeof plain,
                  "incorrect data check");
  for (i = p.len; i < p.len + 4; ++i)   /* the last one's too */
    expect_refused (job, p.ptr + 10, i - 14, sizeof plain, "gzip: ");
  free (p.ptr);
  free (q.ptr);
}
END_TEST

/* A checkpoint at the end of a member: the bits that fill its last byte, its
 * trailer, the next member.
 */
START_TEST (end_of_a_member)
{
  struct chunk_resume resume = {
    .from = CHUNK_RESUME_GIVEN, .bits = 3, .byte = 0x1f,
  };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  uint8_t plain[5000];
  struct packed trailer = { .ptr = calloc (1, 8), .len = 8 }, p;

  fill_text (plain, sizeof plain, 12);
  p = join (join (trailer, pack_gzip (plain, 3000, 6, NULL)),
            pack_gzip (plain + 3000, 2000, 6, "a name"));
  expect_plain (job, p, plain, sizeof plain);
  expect_plain (job, p, plain, 1);
  p.ptr[8] ^= 1;                /* no header: a deflate stream */
  expect_refused (job, p.ptr, p.len, sizeof plain, "gzip: ");
  p.ptr[8] ^= 1;
  expect_refused (job, p.ptr, 8, sizeof plain, "gzip: ");
  expect_refused (job, p.ptr, 11, sizeof plain, "gzip: ");
  resume.from = CHUNK_RESUME_FIRST;
  expect_refused (job, p.ptr, p.len, sizeof plain, "gzip: ");
  free (p.ptr);
}
END_TEST

/* Data that looks like it, in a stored block. */
START_TEST (no_end_of_a_member)
{
  static const uint8_t stream[] = {
    0x01, 0x06, 0x00, 0xf9, 0xff, 'a', 'b', 'c', 0x1f, 0x8b, 0x08
  };
  struct chunk_resume resume = { .from = CHUNK_RESUME_GIVEN };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  const struct packed p = {
    .ptr = (uint8_t *) (uintptr_t) stream, .len = sizeof stream,
  };

  expect_plain (job, p, stream + 5, 6);
}
END_TEST

/* Thousands of members without data end when the input does. */
START_TEST (empty_members)
{
  struct chunk_resume resume = { .from = CHUNK_RESUME_MEMBER };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  struct packed p = pack_gzip (NULL, 0, 6, NULL);
  uint8_t *all = malloc (50000 * p.len);
  size_t i;

  ck_assert_uint_eq (p.len, 20);
  for (i = 0; i < 50000; ++i)
    memcpy (all + i * p.len, p.ptr, p.len);
  expect_refused (job, all, 50000 * p.len, 1, "gzip: ends 1 bytes");
  free (all);
  free (p.ptr);
}
END_TEST

/* Fixed Huffman codes, no data: 3 + 7 bits; then a stored block "ab".  The
 * checkpoint is behind the first block: 6 bits of the second byte are left.
 */
START_TEST (bits_before_the_first_byte)
{
  static const uint8_t stream[] = {
    0x02, 0x04, 0x02, 0x00, 0xfd, 0xff, 'a', 'b'
  };
  struct chunk_resume resume = {
    .from = CHUNK_RESUME_GIVEN, .bits = 6, .byte = 0x04,
  };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  struct packed p = { .ptr = (uint8_t *) (uintptr_t) stream + 2, .len = 6 };

  expect_plain (job, p, (const uint8_t *) "ab", 2);
  resume.from = CHUNK_RESUME_FIRST;
  resume.byte = 0xff;
  p.ptr--;
  p.len++;
  expect_plain (job, p, (const uint8_t *) "ab", 2);
  expect_refused (job, p.ptr, 0, 2, "nothing is stored");
  resume.bits = 7;
  expect_refused (job, p.ptr, p.len, 2, "gzip: ");
}
END_TEST

/* One match of 258 bytes, 32768 back, fixed codes: 1 01, length 285 =
 * 11000101, distance 29 = 11101 and 13 extra bits of one, end 0000000.
 */
START_TEST (dictionary)
{
  static const uint8_t stream[] = { 0x1b, 0xbd, 0xff, 0x1f, 0x00 };
  uint8_t window[32768];
  struct chunk_resume resume = { .dict_len = sizeof window };
  struct decode_job job = {
    .codec = CHUNK_INFLATE, .resume = &resume, .dictionary = window,
  };
  const struct packed p = {
    .ptr = (uint8_t *) (uintptr_t) stream, .len = sizeof stream,
  };

  pattern_fill (window, sizeof window, 4, 0);
  expect_plain (job, p, window, 258);
  resume.dict_len = sizeof window - 1;
  expect_refused (job, p.ptr, p.len, 258, "too far back");
  resume.dict_len = 0;
  job.dictionary = NULL;
  expect_refused (job, p.ptr, p.len, 258, "too far back");
}
END_TEST

/* A stored block "abcdef", not the last one, then what a row has. */
static const struct {
  const char *behind;
  size_t behind_len, plain_len;
  const char *part;             /* NULL: it ends at the next checkpoint */
} ends[] = {
  { "", 0, 6, NULL },
  { "", 0, 5, "gzip: decodes to more than expected" },
  { "", 0, 7, "gzip: ends 1 bytes before" },
  { "\x00\x00\x00\xff\xff", 5, 6, NULL },       /* a block without data */
  { "\x00\x00\x00\xff\xff", 4, 6, "gzip: decodes to more" },
  { "\x00\x00\x00\xff", 4, 6, "gzip: decodes to more" },
  { "\x00\x01\x00\xfe\xffg", 6, 6, "gzip: decodes to more" },
  { "\x00\x01\x00\xfe\xffg", 6, 7, NULL },
  { "\x06", 1, 6, "gzip: invalid block type" },
  { "\x03\x00", 2, 6, "gzip: decodes to more" },  /* no trailer */
};

START_TEST (end_at_the_next_checkpoint)
{
  struct chunk_resume resume = {
    .from = CHUNK_RESUME_FIRST, .end = CHUNK_RESUME_AT_NEXT,
  };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  uint8_t stream[20] = "\x00\x06\x00\xf9\xff" "abcdef";
  struct packed p = { .ptr = stream, .len = 11 + ends[_i].behind_len };

  memcpy (stream + 11, ends[_i].behind, ends[_i].behind_len);
  if (ends[_i].part == NULL)
    expect_plain (job, p, (const uint8_t *) "abcdefg", ends[_i].plain_len);
  else
    expect_refused (job, p.ptr, p.len, ends[_i].plain_len, ends[_i].part);
}
END_TEST

#define WHOLE 40000u

/* A member that begins at a checkpoint: its trailer says so. */
START_TEST (whole_member)
{
  struct chunk_resume resume = {
    .from = CHUNK_RESUME_FIRST, .end = CHUNK_RESUME_LAST,
  };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  uint8_t plain[WHOLE];
  struct packed all, p;

  fill_text (plain, WHOLE, 3);
  all = pack_gzip (plain, WHOLE, 6, NULL);
  p = (struct packed) { .ptr = all.ptr + 10, .len = all.len - 10 };
  expect_plain (job, p, plain, WHOLE);
  expect_plain (job, p, plain, WHOLE - 10000);
  p.ptr[p.len - 8] ^= 1;
  expect_refused (job, p.ptr, p.len, WHOLE, "gzip: CRC-32 mismatch: found 0x");
  expect_refused (job, p.ptr, p.len, WHOLE - 10000, "gzip: CRC-32 mismatch: ");

  /* Here the length does not tell enough. */
  resume.before = UINT32_MAX - WHOLE;
  expect_refused (job, p.ptr, p.len, WHOLE, "gzip: CRC-32 mismatch: ");
  resume.before++;
  expect_plain (job, p, plain, WHOLE);
  resume.before = UINT64_MAX;
  expect_plain (job, p, plain, WHOLE);
  resume.before = 0;
  resume.end = CHUNK_RESUME_OPEN;
  expect_plain (job, p, plain, WHOLE);
  free (all.ptr);
}
END_TEST

/* What is wanted is not all that there is. */
START_TEST (what_is_behind)
{
  struct chunk_resume resume = {
    .from = CHUNK_RESUME_FIRST, .end = CHUNK_RESUME_LAST,
  };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  const size_t len = (64 << 20) + 20000;
  uint8_t *zeros = calloc (1, len);
  struct packed all = pack_gzip (zeros, len, 1, NULL), p;
  size_t cut;

  p = (struct packed) { .ptr = all.ptr + 10, .len = all.len - 10 };
  for (cut = 1; cut < p.len; cut += cut < 10 ? 1 : 10000)
    expect_refused (job, p.ptr, p.len - cut, 20001,
                    "gzip: the end of the file is missing");
  expect_refused (job, p.ptr, p.len - 1, len, "gzip: the end of the file");
  p.ptr[p.len - 8] ^= 1;
  expect_refused (job, p.ptr, p.len, 20001, "gzip: CRC-32 mismatch: ");
  expect_plain (job, p, zeros, 1);      /* so long a rest is not decoded */
  resume.from = CHUNK_RESUME_MEMBER;
  expect_refused (job, all.ptr, all.len, 20001, "incorrect data check");
  expect_plain (job, all, zeros, 1);
  free (all.ptr);
  free (zeros);
}
END_TEST

/* A member that began earlier can not be verified, but it has to be longer. */
START_TEST (length_of_a_member)
{
  struct chunk_resume resume = {
    .from = CHUNK_RESUME_FIRST, .end = CHUNK_RESUME_LAST, .before = 5,
  };
  struct decode_job job = { .codec = CHUNK_INFLATE, .resume = &resume };
  uint8_t plain[WHOLE];
  struct packed all, p;
  uint8_t *trailer;

  fill_text (plain, WHOLE, 3);
  all = pack_gzip (plain, WHOLE, 6, NULL);
  p = (struct packed) { .ptr = all.ptr + 10, .len = all.len - 10 };
  trailer = p.ptr + p.len - 8;
  trailer[0] ^= 1;
  put_le (trailer + 4, WHOLE + 1, 4);
  expect_plain (job, p, plain, WHOLE);
  put_le (trailer + 4, WHOLE + 5, 4);
  expect_plain (job, p, plain, WHOLE);
  put_le (trailer + 4, WHOLE + 6, 4);
  expect_refused (job, p.ptr, p.len, WHOLE,
                  "gzip: length mismatch: found 40000, expected 40006");
  put_le (trailer + 4, WHOLE - 1, 4);
  expect_refused (job, p.ptr, p.len, WHOLE,
                  "gzip: length mismatch: found 40000, expected 39999");
  free (all.ptr);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("decoder_inflate");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_test (t, gzip_with_more_behind);
  tcase_add_test (t, members);
  tcase_add_test (t, end_of_a_member);
  tcase_add_test (t, no_end_of_a_member);
  tcase_add_test (t, empty_members);
  tcase_add_test (t, bits_before_the_first_byte);
  tcase_add_test (t, dictionary);
  tcase_add_loop_test (t, end_at_the_next_checkpoint, 0,
                       sizeof ends / sizeof ends[0]);
  tcase_add_test (t, whole_member);
  tcase_add_test (t, what_is_behind);
  tcase_add_test (t, length_of_a_member);
  return tests_run ();
}
