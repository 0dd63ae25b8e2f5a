/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "decoder.h"
#include "digest.h"
#include "image_builder.h"
#include "packing.h"
#include "seek_table.h"
#include "testing.h"

/* The table at the end of a file; empty if there is none. */
static struct bytes
table_of (struct packed file)
{
  const struct bytes whole = { .ptr = file.ptr, .len = file.len };
  struct bytes footer, table = { .ptr = NULL, .len = 0 };
  uint64_t size;

  if (bytes_slice (whole, whole.len - SEEK_TABLE_FOOTER_SIZE,
                   SEEK_TABLE_FOOTER_SIZE, &footer) &&
      seek_table_footer (footer, &size) && size <= whole.len)
    ck_assert (bytes_slice (whole, whole.len - size, size, &table));
  return table;
}

static void
decode_chunk (struct decoder *decoder, struct packed file,
              const struct chunk_table *table, uint32_t i, uint8_t *plain)
{
  const struct chunk *c = &table->chunks[i];
  const struct decode_job job = {
    .codec = c->codec,
    .stored = file.ptr + c->stored_start, .stored_len = c->stored_len,
    .plain = plain + c->plain_start, .plain_len = c->plain_len,
  };
  uint8_t digest[DIGEST_MAX];
  struct error err;

  ck_assert_msg (decoder_run (decoder, &job, &err) == 0, "%s", err.text);
  ck_assert_int_eq (c->has_digest, table->digest_kind == DIGEST_XXH64_LOW);
  if (c->has_digest) {
    ck_assert_int_eq (digest_compute (table->digest_kind, job.plain,
                                      job.plain_len, digest), 0);
    ck_assert_mem_eq (digest, table->digests + 4 * i, 4);
  }
}

/* Everything, chunk by chunk, is `wanted'. */
static void
decode_and_compare (struct packed file, struct packed wanted)
{
  struct chunk_table table;
  struct error err;
  struct decoder_pool *pool = decoder_pool_new (&err);
  struct decoder *decoder = decoder_take (pool, &err);
  uint8_t *plain = malloc (wanted.len + 1);
  uint32_t i;

  ck_assert_msg (seek_table_parse (table_of (file), file.len, &table,
                                   &err) == 0, "%s", err.text);
  ck_assert_uint_eq (table.plain_size, wanted.len);
  ck_assert_str_eq (table.format, "zstd-seekable");
  for (i = 0; i < table.n_chunks; ++i)
    decode_chunk (decoder, file, &table, i, plain);
  ck_assert (memcmp (plain, wanted.ptr, wanted.len) == 0);
  chunk_table_clear (&table);
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
  free (plain);
}

static const struct {
  size_t len, frame_len;
  bool checksums;
} made[] = {
  { 0, 1, false }, { 0, 1, true }, { 1, 1, true }, { 100000, 4096, true },
  { 100000, 4096, false }, { 100000, 300000, true }, { 3000, 1, true },
};

START_TEST (files_we_make)
{
  struct packed plain = { .ptr = malloc (made[_i].len + 1),
                          .len = made[_i].len };
  struct packed file;

  fill_text (plain.ptr, plain.len, 3);
  file = pack_seekable (plain.ptr, plain.len, made[_i].frame_len,
                        made[_i].checksums);
  decode_and_compare (file, plain);
  free (file.ptr);
  free (plain.ptr);
}
END_TEST

/* Of other programs: see tests/data. */
START_TEST (files_of_others)
{
  static const int layers[] = { 0, 1, 2, 4 };
  struct packed file, plain;
  char name[100];
  const char *path;

  snprintf (name, sizeof name, "erofs-fsmerge-zstd/blobs/layer%d.erofs.zst",
            layers[_i]);
  path = test_data (name);
  file = read_whole (path);
  snprintf (name, sizeof name, "erofs-fsmerge/blobs/layer%d.erofs",
            layers[_i]);
  path = test_data (name);
  plain = read_whole (path);
  decode_and_compare (file, plain);
  free (file.ptr);
  free (plain.ptr);
}
END_TEST

static const struct {
  uint8_t bytes[9];
  uint64_t size;                /* 0: not a footer */
} footers[] = {
  { { 0, 0, 0, 0, 0, 0xb1, 0xea, 0x92, 0x8f }, 17 },
  { { 2, 0, 0, 0, 0, 0xb1, 0xea, 0x92, 0x8f }, 33 },
  { { 2, 0, 0, 0, 0x80, 0xb1, 0xea, 0x92, 0x8f }, 41 },
  { { 2, 0, 0, 0, 0x83, 0xb1, 0xea, 0x92, 0x8f }, 41 },
  { { 2, 0, 0, 0, 0x03, 0xb1, 0xea, 0x92, 0x8f }, 33 },
  { { 2, 0, 0, 0, 0x04, 0xb1, 0xea, 0x92, 0x8f }, 0 },
  { { 2, 0, 0, 0, 0x40, 0xb1, 0xea, 0x92, 0x8f }, 0 },
  { { 2, 0, 0, 0, 0xff, 0xb1, 0xea, 0x92, 0x8f }, 0 },
  { { 2, 0, 0, 0, 0, 0xb1, 0xea, 0x92, 0x8e }, 0 },
  { { 2, 0, 0, 0, 0, 0xb2, 0xea, 0x92, 0x8f }, 0 },
  { { 0, 0, 0, 8, 0x80, 0xb1, 0xea, 0x92, 0x8f }, 1610612753 },
  { { 1, 0, 0, 8, 0x80, 0xb1, 0xea, 0x92, 0x8f }, 0 },
  /* n * 12 is 4 in 32 bits */
  { { 0x56, 0x55, 0x55, 0x55, 0x80, 0xb1, 0xea, 0x92, 0x8f }, 0 },
  { { 0xff, 0xff, 0xff, 0xff, 0, 0xb1, 0xea, 0x92, 0x8f }, 0 },
};

START_TEST (footer)
{
  const struct bytes b = { .ptr = footers[_i].bytes, .len = 9 };
  const struct bytes shorter = { .ptr = footers[_i].bytes + 1, .len = 8 };
  uint64_t size = 0;

  ck_assert_int_eq (seek_table_footer (b, &size), footers[_i].size != 0);
  ck_assert_uint_eq (size, footers[_i].size);
  ck_assert (!seek_table_footer (shorter, &size));
}
END_TEST

/* Three frames of 10, 20, 30 stored and 100, 0, 300 plain bytes, with
 * checksums.
 */
#define FRAMES 60
#define TABLE (8 + 3 * 12 + 9)

static struct packed
small_table (void)
{
  struct packed p = { .ptr = calloc (1, TABLE), .len = TABLE };
  static const unsigned lens[][2] = { { 10, 100 }, { 20, 0 }, { 30, 300 } };
  unsigned i;

  put_le (p.ptr, 0x184d2a5e, 4);
  put_le (p.ptr + 4, TABLE - 8, 4);
  for (i = 0; i < 3; ++i) {
    put_le (p.ptr + 8 + 12 * i, lens[i][0], 4);
    put_le (p.ptr + 12 + 12 * i, lens[i][1], 4);
    put_le (p.ptr + 16 + 12 * i, 0x11111111 * (i + 1), 4);
  }
  put_le (p.ptr + TABLE - 9, 3, 4);
  p.ptr[TABLE - 5] = 0x80;
  put_le (p.ptr + TABLE - 4, 0x8f92eab1, 4);
  return p;
}

START_TEST (frames_without_data)
{
  struct packed p = small_table ();
  const struct bytes b = { .ptr = p.ptr, .len = p.len };
  struct chunk_table t;
  struct error err;

  ck_assert_int_eq (seek_table_parse (b, FRAMES + TABLE, &t, &err), 0);
  ck_assert_uint_eq (t.n_chunks, 2);
  ck_assert_uint_eq (t.plain_size, 400);
  ck_assert_uint_eq (t.chunks[1].plain_start, 100);
  ck_assert_uint_eq (t.chunks[1].stored_start, 30);
  ck_assert_uint_eq (t.chunks[1].stored_len, 30);
  ck_assert_mem_eq (t.digests, "\x11\x11\x11\x11\x33\x33\x33\x33", 8);
  chunk_table_clear (&t);
  free (p.ptr);
}
END_TEST

static const struct {
  size_t at, size;
  uint64_t value;
  const char *part;             /* NULL: valid */
} changes[] = {
  { 0, 4, 0x184d2a5d, "begins with 0x184d2a5d" },
  { 0, 4, 0xfd2fb528, "begins with 0xfd2fb528" },
  { 4, 4, TABLE - 9, "its frame has 44 bytes, expected 45" },
  { 4, 4, TABLE, "its frame has" },
  { 4, 4, 0xffffffff, "its frame has 4294967295" },
  { 8, 4, 9, "the frames have 59 bytes, the file has 60" },
  { 8, 4, 11, "the frames have 61 bytes" },
  { 8, 4, 0xffffffff, "the frames have 4294967345" },
  { 8, 8, UINT64_C (0x64fffffff0), "the frames have 4294967330" },
  { 12, 4, 64 << 20, NULL },
  { 12, 4, (64 << 20) + 1, "frame 0 has 67108865 plain bytes, more than" },
  { 12, 4, 0xffffffff, "frame 0 has 4294967295 plain bytes" },
  { 20, 4, 0, "the frames have 40 bytes" },
  { TABLE - 9, 4, 2, "2 frames do not fit" },
  { TABLE - 9, 4, 4, "4 frames do not fit" },
  { TABLE - 9, 4, 0x55555558, "no valid footer" },
  { TABLE - 9, 4, 0x8000000, "do not fit" },
  { TABLE - 5, 1, 0, "3 frames do not fit" },
  { TABLE - 5, 1, 0x84, "no valid footer" },
  { TABLE - 5, 1, 0x83, NULL },
  { TABLE - 4, 4, 0x8f92eab0, "no valid footer" },
};

START_TEST (changed)
{
  struct packed p = small_table ();
  const struct bytes b = { .ptr = p.ptr, .len = p.len };
  struct error err = { .text = "no error" };
  struct chunk_table t;
  int r;

  put_le (p.ptr + changes[_i].at, changes[_i].value, changes[_i].size);
  r = seek_table_parse (b, FRAMES + TABLE, &t, &err);
  if (changes[_i].part) {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, changes[_i].part);
  }
  else {
    ck_assert_msg (r == 0, "%s", err.text);
    chunk_table_clear (&t);
  }
  free (p.ptr);
}
END_TEST

/* A frame with data but without stored bytes; the sums are right. */
START_TEST (data_from_nothing)
{
  struct packed p = small_table ();
  const struct bytes b = { .ptr = p.ptr, .len = p.len };
  struct chunk_table t;
  struct error err;

  put_le (p.ptr + 8, 0, 4);
  put_le (p.ptr + 8 + 24, 40, 4);
  ck_assert_int_eq (seek_table_parse (b, FRAMES + TABLE, &t, &err), -1);
  expect_error (&err, EINVAL, "chunk 0: nothing is stored");
  free (p.ptr);
}
END_TEST

START_TEST (wrong_sizes)
{
  struct packed p = small_table ();
  struct bytes b = { .ptr = p.ptr, .len = p.len };
  struct chunk_table t;
  struct error err;

  ck_assert_int_eq (seek_table_parse (b, FRAMES + TABLE - 1, &t, &err), -1);
  expect_error (&err, EINVAL, "the file has 59 before");
  ck_assert_int_eq (seek_table_parse (b, UINT64_MAX, &t, &err), -1);
  expect_error (&err, EINVAL, "before the table");
  ck_assert_int_eq (seek_table_parse (b, TABLE - 1, &t, &err), -1);
  expect_error (&err, EINVAL, "do not fit");
  for (b.len = 0; b.len < TABLE; ++b.len)
    ck_assert_int_eq (seek_table_parse (b, FRAMES + TABLE, &t, &err), -1);
  for (b.len = 0; b.len < TABLE; ++b.len) {
    b.ptr = p.ptr + TABLE - b.len;
    ck_assert_int_eq (seek_table_parse (b, FRAMES + b.len, &t, &err), -1);
  }
  free (p.ptr);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("seek_table");

  tcase_add_loop_test (t, files_we_make, 0, sizeof made / sizeof made[0]);
  tcase_add_loop_test (t, files_of_others, 0, 4);
  tcase_add_loop_test (t, footer, 0, sizeof footers / sizeof footers[0]);
  tcase_add_test (t, frames_without_data);
  tcase_add_loop_test (t, changed, 0, sizeof changes / sizeof changes[0]);
  tcase_add_test (t, data_from_nothing);
  tcase_add_test (t, wrong_sizes);
  return tests_run ();
}
