/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "decoder.h"
#include "decoder_zstd.h"
#include "decoding.h"
#include "image_builder.h"
#include "testing.h"

/* A frame by hand: header, one raw block "abc". */
#define RAW_ABC 0x19, 0, 0, 'a', 'b', 'c'
#define MAGIC 0x28, 0xb5, 0x2f, 0xfd
#define SKIPPABLE 0x5e, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'x', 'y'

static const struct {
  const char *what;
  uint8_t frame[40];
  size_t len, plain_len;
  const char *part;             /* NULL: "abc", again and again */
} frames[] = {
  { "right", { MAGIC, 0, 0, RAW_ABC }, 12, 3, NULL },
  { "window of 3.75 TiB", { MAGIC, 0, 0xff, RAW_ABC }, 12, 3,
    "requires too much memory" },
  { "window of 2 GiB", { MAGIC, 0, 0xa8, RAW_ABC }, 12, 3, NULL },
  { "dictionary", { MAGIC, 1, 0, 5, RAW_ABC }, 13, 3,
    "Dictionary mismatch" },
  { "dictionary 0 is none", { MAGIC, 1, 0, 0, RAW_ABC }, 13, 3, NULL },
  { "reserved bit", { MAGIC, 8, 0, RAW_ABC }, 12, 3, "zstd: " },
  { "content size 4", { MAGIC, 0x20, 4, RAW_ABC }, 12, 3, "zstd: " },
  { "content size 2", { MAGIC, 0x20, 2, RAW_ABC }, 12, 3, "zstd: " },
  { "content size 2^56-1",
    { MAGIC, 0xe0, 255, 255, 255, 255, 255, 255, 255, 0, RAW_ABC },
    18, 3, "zstd: " },
  { "two frames", { MAGIC, 0, 0, RAW_ABC, MAGIC, 0, 0, RAW_ABC }, 24, 6,
    NULL },
  { "two for one", { MAGIC, 0, 0, RAW_ABC, MAGIC, 0, 0, RAW_ABC }, 24, 3,
    "zstd: " },
  { "skippable frames", { SKIPPABLE, MAGIC, 0, 0, RAW_ABC, SKIPPABLE }, 32, 3,
    NULL },
  { "skippable only", { SKIPPABLE }, 10, 3, "decodes to 0 bytes" },
  { "cut skippable", { MAGIC, 0, 0, RAW_ABC, SKIPPABLE }, 21, 3, "zstd: " },
  { "bytes behind", { MAGIC, 0, 0, RAW_ABC, 0 }, 13, 3, "no frame" },
  { "zeros behind", { MAGIC, 0, 0, RAW_ABC, 0, 0, 0, 0 }, 16, 3, "no frame" },
  { "zstd 0.7", { 0x27, 0xb5, 0x2f, 0xfd, 0, 0, RAW_ABC }, 12, 3,
    "no frame" },
  { "zstd 0.1", { 0xfd, 0x2f, 0xb5, 0x1e, 0, 0, RAW_ABC }, 12, 3,
    "no frame" },
  { "nothing", { 0 }, 0, 3, "decodes to 0 bytes" },
};

START_TEST (by_hand)
{
  const struct packed p = {
    .ptr = (uint8_t *) (uintptr_t) frames[_i].frame, .len = frames[_i].len,
  };

#ifndef SANITIZED
  /* A window of 2 GiB may not be allocated. */
  const struct rlimit limit = { .rlim_cur = 1 << 30, .rlim_max = 1 << 30 };

  if (!run_by_valgrind ())
    ck_assert_int_eq (setrlimit (RLIMIT_AS, &limit), 0);
#endif
  if (frames[_i].part)
    expect_refused (job_of (CHUNK_ZSTD), p.ptr, p.len, frames[_i].plain_len,
                    frames[_i].part);
  else
    expect_plain (job_of (CHUNK_ZSTD), p, (const uint8_t *) "abcabc",
                  frames[_i].plain_len);
}
END_TEST

START_TEST (checksum_of_its_own)
{
  static const struct {
    uint8_t head[ZSTD_FRAME_HEAD];
    bool has;
  } heads[] = {
    { { MAGIC, 4 }, true }, { { MAGIC, 0xff }, true },
    { { MAGIC, 0 }, false }, { { MAGIC, 0xfb }, false },
    { { 0x5e, 0x2a, 0x4d, 0x18, 4 }, false },
    { { 0x27, 0xb5, 0x2f, 0xfd, 4 }, false },
  };
  size_t i;

  for (i = 0; i < sizeof heads / sizeof heads[0]; ++i)
    ck_assert (zstd_frame_has_checksum (heads[i].head) == heads[i].has);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("decoder_zstd");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_loop_test (t, by_hand, 0, sizeof frames / sizeof frames[0]);
  tcase_add_test (t, checksum_of_its_own);
  return tests_run ();
}
