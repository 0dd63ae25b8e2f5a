/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include <zlib.h>

#include "decoder.h"
#include "image_builder.h"
#include "packing.h"
#include "testing.h"
#include "zinfo.h"

#define CHECKPOINT 32785

static struct bytes
view (struct packed p)
{
  const struct bytes b = { .ptr = p.ptr, .len = p.len };

  return b;
}

/* Every context by itself, in any order. */
static void
decode_and_compare (struct packed gzip, struct packed zinfo,
                    const uint8_t *wanted, size_t len)
{
  struct chunk_table t;
  struct error err;
  struct decoder_pool *pool = decoder_pool_new (&err);
  struct decoder *decoder = decoder_take (pool, &err);
  uint64_t end = 0;
  uint32_t i;

  ck_assert_msg (zinfo_parse (view (zinfo), gzip.len, len, &t, &err) == 0,
                 "%s", err.text);
  ck_assert_uint_eq (t.n_chunks, t.n_contexts);
  ck_assert_str_eq (t.format, "gzip");
  for (i = 0; i < t.n_contexts; ++i) {
    const struct chunk_context *c = &t.contexts[i];
    struct decode_job job = {
      .codec = c->codec, .resume = &c->resume,
      .dictionary = t.dictionaries + c->resume.dict_offset,
      .stored_len = c->stored_len, .plain_len = c->plain_len,
    };

    ck_assert_uint_eq (t.chunks[i].plain_start, end);
    ck_assert_uint_eq (t.chunks[i].plain_len, c->plain_len);
    ck_assert_uint_eq (t.chunks[i].context, i);
    job.stored = malloc (job.stored_len);
    memcpy (job.stored, gzip.ptr + c->stored_start, job.stored_len);
    job.plain = malloc (job.plain_len);
    ck_assert_msg (decoder_run (decoder, &job, &err) == 0, "%u: %s", i,
                   err.text);
    ck_assert (memcmp (job.plain, wanted + end, job.plain_len) == 0);
    free (job.stored);
    free (job.plain);
    end += c->plain_len;
  }
  ck_assert_uint_eq (end, len);
  chunk_table_clear (&t);
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
}

static const struct {
  size_t len, member;           /* 0: one member */
  int level;
  const char *name;
  uint64_t span;
} made[] = {
  { 1, 0, 6, NULL, 1 },
  { 1000000, 0, 6, NULL, 1 },
  { 1000000, 0, 1, "name", 100000 },
  { 60000, 0, 1, NULL, 2000 },          /* with less than a window in front */
  { 1000000, 0, 9, NULL, 100000 },
  { 1000000, 0, 0, NULL, 1 },           /* stored blocks */
  { 1000000, 100000, 6, "name", 1 },
  { 1000000, 7001, 6, NULL, 200000 },
  { 1000000, 300000, 6, "name", 4194304 },
};
#define N_MADE (sizeof made / sizeof made[0])

static struct packed
make_gzip (const uint8_t *plain, unsigned i)
{
  size_t step = made[i].member > 0 ? made[i].member : made[i].len, at;
  struct packed gzip = { .ptr = calloc (1, 1), .len = 0 };

  for (at = 0; at < made[i].len; at += step)
    gzip = join (gzip, pack_gzip (plain + at,
                                  made[i].len - at < step ?
                                  made[i].len - at : step,
                                  made[i].level, made[i].name));
  return gzip;
}

START_TEST (files_we_make)
{
  const unsigned i = (unsigned) _i / 2;
  const int version = _i % 2 + 1;
  uint8_t *plain = malloc (made[i].len);
  struct packed gzip, zinfo;

  fill_text (plain, made[i].len, i);
  gzip = make_gzip (plain, i);
  zinfo = make_zinfo (gzip.ptr, gzip.len, made[i].span, version);
  decode_and_compare (gzip, zinfo, plain, made[i].len);
  /* A device may be declared shorter than what there is. */
  decode_and_compare (gzip, zinfo, plain, made[i].len / 3);
  if (made[i].len > 1) {
    decode_and_compare (gzip, zinfo, plain, 1);
    decode_and_compare (gzip, zinfo, plain, made[i].len - 1);
  }
  free (gzip.ptr);
  free (zinfo.ptr);
  free (plain);
}
END_TEST

/* The checkpoints that these tests are about do occur. */
START_TEST (bits_occur)
{
  bool seen[8] = { false };
  uint8_t *plain = malloc (2000000);
  struct packed gzip, zinfo;
  size_t at, n = 0;

  fill_text (plain, 2000000, 1);
  gzip = pack_gzip (plain, 2000000, 6, NULL);
  zinfo = make_zinfo (gzip.ptr, gzip.len, 1, 2);
  for (at = 12; at < zinfo.len; at += CHECKPOINT)
    seen[zinfo.ptr[at + 16]] = true;
  for (at = 0; at < 8; ++at)
    n += seen[at];
  ck_assert_uint_ge (n, 5);
  decode_and_compare (gzip, zinfo, plain, 2000000);
  free (gzip.ptr);
  free (zinfo.ptr);
  free (plain);
}
END_TEST

/* As bgzip ends its files, and as two such files in one have. */
START_TEST (members_without_data)
{
  uint8_t plain[60000];
  struct packed gzip, zinfo;

  fill_text (plain, sizeof plain, 1);
  gzip = join (join (pack_gzip (plain, 30000, 6, NULL),
                     pack_gzip (NULL, 0, 6, NULL)),
               join (pack_gzip (plain + 30000, 30000, 6, NULL),
                     pack_gzip (NULL, 0, 6, "none")));
  zinfo = make_zinfo (gzip.ptr, gzip.len, 1 << 20, 2);
  ck_assert_uint_eq (get_le (zinfo.ptr, 4), 4);
  decode_and_compare (gzip, zinfo, plain, sizeof plain);
  free (gzip.ptr);
  free (zinfo.ptr);
}
END_TEST

/* Where the last data of a member ends a block, and blocks without data follow,
 * there may be a checkpoint, as far in the data as that of the next member.
 */
START_TEST (two_at_one_place)
{
  uint8_t plain[60000];
  struct packed gzip = { .ptr = calloc (1, 1), .len = 0 }, zinfo;
  uint64_t before = 0, out;
  size_t at, twice = 0;

  fill_text (plain, sizeof plain, 1);
  for (at = 0; at < sizeof plain; at += 20000)
    gzip = join (gzip, pack_gzip_as_go (plain + at, 20000));
  zinfo = make_zinfo (gzip.ptr, gzip.len, 10000, 2);
  for (at = 12 + CHECKPOINT; at < zinfo.len; at += CHECKPOINT) {
    out = get_le (zinfo.ptr + at + 8, 8);
    twice += out == before;
    before = out;
  }
  ck_assert_uint_ge (twice, 2);
  decode_and_compare (gzip, zinfo, plain, sizeof plain);
  decode_and_compare (gzip, zinfo, plain, 20001);
  decode_and_compare (gzip, zinfo, plain, 20000);
  free (gzip.ptr);
  free (zinfo.ptr);
}
END_TEST

/* By mkfs.erofs: see tests/data. */
START_TEST (file_of_others)
{
  struct packed gzip, zinfo;
  const char *path;
  uint8_t *plain;
  gzFile gz;
  int n;

  path = test_data ("erofs-tarindex-gz/blobs/layer.tar.gz.zinfo");
  zinfo = read_whole (path);
  path = test_data ("erofs-tarindex-gz/blobs/layer.tar.gz");
  gzip = read_whole (path);
  plain = malloc (1 << 20);
  gz = gzopen (path, "r");
  n = gzread (gz, plain, 1 << 20);
  ck_assert_int_gt (n, 0);
  gzclose (gz);
  decode_and_compare (gzip, zinfo, plain, (size_t) n);

  /* Finer, which is what needs windows. */
  free (zinfo.ptr);
  zinfo = make_zinfo (gzip.ptr, gzip.len, 1, 2);
  ck_assert_uint_gt (get_le (zinfo.ptr, 4), 2);
  decode_and_compare (gzip, zinfo, plain, (size_t) n);
  free (zinfo.ptr);
  free (gzip.ptr);
  free (plain);
}
END_TEST

/* Checkpoints by hand: the windows are zeros. */
struct row {
  uint64_t in, out;
  unsigned bits;
};

#define GZIP_SIZE 100000
#define PLAIN_SIZE 1000000

static const struct {
  struct row rows[3];
  unsigned n_rows;
  uint32_t have;
  size_t extra;                 /* bytes of the file beyond the rows */
  const char *part;             /* NULL: valid */
} tables[] = {
  { { { 10, 0, 0 }, { 500, 5000, 3 } }, 2, 2, 0, NULL },
  { { { 500, 5000, 3 } }, 1, 2, 0, NULL },      /* v1 */
  { { { 0 } }, 0, 1, 0, NULL },                 /* v1, nothing stored */
  { { { 0 } }, 0, 0, 0, "does not fit its number of checkpoints, 0" },
  { { { 10, 0, 0 } }, 1, 1, 1, "does not fit its number" },
  { { { 10, 0, 0 } }, 1, 3, 0, "does not fit its number of checkpoints, 3" },
  { { { 10, 0, 0 } }, 1, 0, 0, "does not fit its number" },
  { { { 10, 0, 0 } }, 1, UINT32_MAX, 0, "does not fit its number" },
  { { { 10, 0, 0 } }, 1, 0x80000001, 0, "does not fit its number" },
  /* 32785 n is 32785 in 32 bits */
  { { { 10, 0, 0 } }, 1, 1u << 31 | 1, 0, "does not fit its number" },
  { { { 10, 1, 0 } }, 1, 1, 0, "checkpoint 0: the first is at 1" },
  { { { 10, 0, 8 } }, 1, 1, 0, "checkpoint 0: 8 bits" },
  { { { 10, 0, 255 } }, 1, 1, 0, "checkpoint 0: 255 bits" },
  { { { 0, 0, 1 } }, 1, 1, 0, "1 bits before offset 0" },
  { { { 0, 0, 0 } }, 1, 1, 0, NULL },
  { { { GZIP_SIZE, 0, 0 } }, 1, 1, 0, "beyond the end of the gzip file" },
  { { { UINT64_MAX, 0, 1 } }, 1, 1, 0, "offset 18446744073709551615 is" },
  { { { GZIP_SIZE - 1, 0, 0 } }, 1, 1, 0, NULL },
  { { { 10, 0, 0 }, { GZIP_SIZE, 5, 0 } }, 2, 2, 0, "checkpoint 1: offset" },
  { { { 10, 0, 0 }, { 10, 5, 0 } }, 2, 2, 0, "checkpoint 1: it is at 10" },
  { { { 10, 0, 0 }, { 9, 5, 0 } }, 2, 2, 0, "checkpoint 1: it is at 9" },
  { { { 9, 5, 0 } }, 1, 2, 0, "checkpoint 1: it is at 9" },     /* v1 */
  { { { 10, 0, 0 }, { 50, 40, 0 }, { 90, 39, 0 } }, 3, 3, 0,
    "checkpoint 2: it is at 90 (plain 39), not behind" },
  { { { 10, 0, 0 }, { 50, 40, 2 }, { 50, 40, 3 } }, 3, 3, 0,
    "checkpoint 2: it is at 50 (plain 40)" },
  { { { 10, 0, 0 }, { 50, 40, 2 }, { 51, 40, 0 } }, 3, 3, 0, NULL },
  { { { 10, 0, 0 }, { 50, UINT64_MAX, 0 } }, 2, 2, 0, NULL },
  { { { 10, 0, 0 }, { 50, PLAIN_SIZE, 0 } }, 2, 2, 0, NULL },
};

static struct packed
make_table (unsigned k)
{
  struct packed p;
  unsigned i;

  p.len = 12 + tables[k].n_rows * CHECKPOINT + tables[k].extra;
  p.ptr = calloc (1, p.len);
  put_le (p.ptr, tables[k].have, 4);
  put_le (p.ptr + 4, 4 << 20, 8);
  for (i = 0; i < tables[k].n_rows; ++i) {
    uint8_t *row = p.ptr + 12 + i * CHECKPOINT;

    put_le (row, tables[k].rows[i].in, 8);
    put_le (row + 8, tables[k].rows[i].out, 8);
    row[16] = (uint8_t) tables[k].rows[i].bits;
  }
  return p;
}

START_TEST (by_hand)
{
  struct packed p = make_table ((unsigned) _i);
  struct error err = { .text = "no error" };
  struct bytes head;
  struct chunk_table t;
  int r = zinfo_parse (view (p), GZIP_SIZE, PLAIN_SIZE, &t, &err);

  ck_assert (bytes_slice (view (p), 0, 12, &head));
  if (tables[_i].part) {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, tables[_i].part);
    ck_assert_int_eq (zinfo_length_is_right (head, p.len),
                      strstr (tables[_i].part, "does not fit") == NULL);
  }
  else {
    ck_assert_msg (r == 0, "%s", err.text);
    ck_assert (zinfo_length_is_right (head, p.len));
    chunk_table_clear (&t);
  }
  free (p.ptr);
}
END_TEST

START_TEST (ranges)
{
  struct packed p = make_table (0);
  struct chunk_table t;
  struct error err;

  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE, PLAIN_SIZE, &t, &err),
                    0);
  ck_assert_uint_eq (t.n_contexts, 2);
  ck_assert_uint_eq (t.contexts[0].stored_start, 10);
  ck_assert_uint_eq (t.contexts[0].stored_len, 490);
  ck_assert_uint_eq (t.contexts[0].resume.dict_len, 0);
  ck_assert_uint_eq (t.contexts[1].stored_start, 499);  /* for its bits */
  ck_assert_uint_eq (t.contexts[1].stored_len, GZIP_SIZE - 499);
  ck_assert_uint_eq (t.contexts[1].resume.dict_len, 5000);
  ck_assert_uint_eq (t.contexts[1].plain_len, PLAIN_SIZE - 5000);
  ck_assert_uint_eq (t.contexts[0].resume.end, CHUNK_RESUME_AT_NEXT);
  ck_assert_uint_eq (t.contexts[1].resume.end, CHUNK_RESUME_LAST);
  ck_assert_uint_eq (t.contexts[1].resume.before, 5000);
  chunk_table_clear (&t);

  /* Where a device ends before the next checkpoint, so may what is wanted. */
  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE, 5000, &t, &err), 0);
  ck_assert_uint_eq (t.contexts[0].resume.end, CHUNK_RESUME_AT_NEXT);
  chunk_table_clear (&t);
  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE, 4999, &t, &err), 0);
  ck_assert_uint_eq (t.contexts[0].resume.end, CHUNK_RESUME_OPEN);
  chunk_table_clear (&t);
  free (p.ptr);
}
END_TEST

START_TEST (too_much_at_once)
{
  struct packed p = make_table (0);
  struct chunk_table t;
  struct error err;

  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE,
                                 5000 + CHUNK_UNIT_MAX, &t, &err), 0);
  chunk_table_clear (&t);
  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE,
                                 5001 + CHUNK_UNIT_MAX, &t, &err), -1);
  expect_error (&err, EINVAL, "checkpoint 1: 67108865 bytes up to the next");
  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE, UINT64_MAX, &t, &err),
                    -1);
  expect_error (&err, EINVAL, "checkpoint 1: 18446744073709546615 bytes");
  ck_assert_int_eq (zinfo_parse (view (p), GZIP_SIZE, 0, &t, &err), 0);
  ck_assert_uint_eq (t.n_chunks, 0);
  chunk_table_clear (&t);
  free (p.ptr);
}
END_TEST

START_TEST (truncated)
{
  struct packed p = make_table (0);
  struct bytes b = view (p);
  struct chunk_table t;
  struct error err;

  for (b.len = 0; b.len < p.len; b.len += b.len < 100 ? 1 : 997) {
    if (b.len == 12 + CHECKPOINT)
      continue;
    ck_assert_int_eq (zinfo_parse (b, GZIP_SIZE, PLAIN_SIZE, &t, &err), -1);
    expect_error (&err, EINVAL, b.len < 12 ? "and should have 12 or more" :
                  "does not fit its number of checkpoints, ");
  }
  free (p.ptr);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("zinfo");

  tcase_add_loop_test (t, files_we_make, 0, 2 * N_MADE);
  tcase_add_test (t, bits_occur);
  tcase_add_test (t, members_without_data);
  tcase_add_test (t, two_at_one_place);
  tcase_add_test (t, file_of_others);
  tcase_add_loop_test (t, by_hand, 0, sizeof tables / sizeof tables[0]);
  tcase_add_test (t, ranges);
  tcase_add_test (t, too_much_at_once);
  tcase_add_test (t, truncated);
  return tests_run ();
}
