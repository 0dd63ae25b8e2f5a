/* SPDX-License-Identifier: BSD-3-Clause */
/* What small files that decode to much, or declare much, take of memory: it is
 * measured.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bootstrap.h"
#include "decoding.h"
#include "image_builder.h"
#include "rafs_builder.h"
#include "rafs_image.h"
#include "rafs_tail.h"
#include "seek_table.h"
#include "service_fixture.h"
#include "source_chunked.h"
#include "testing.h"
#include "zinfo.h"

#define MIB ((size_t) 1 << 20)

static void
expect_peak (size_t most)
{
  size_t peak;

  if (!peak_end (&peak))
    return;
  printf ("%zu KiB of memory, at most %zu expected\n", peak / 1024,
          most / 1024);
  fflush (stdout);
  ck_assert_uint_le (peak, most);
}

/* `len' zeros in this codec. */
static struct packed
pack_zeros (enum chunk_codec codec, size_t len)
{
  uint8_t *zeros = calloc (1, len);
  struct packed p;

  ck_assert_ptr_nonnull (zeros);
  p = pack_codec (codec, zeros, len);
  free (zeros);
  return p;
}

/* Where a chunk of 100,000 bytes is stored, 64 MiB of zeros are: as a chunk, as
 * a batch, or from a checkpoint with a dictionary on.  A gzip header is 10
 * bytes, and in a stream of one block its 3 bits of header come first.
 */
#define DECLARED 100000u

static const struct {
  enum chunk_codec codec;
  bool in_context;
} stored_as[] = {
  { CHUNK_ZSTD, false }, { CHUNK_LZ4, false }, { CHUNK_GZIP, false },
  { CHUNK_ZSTD, true }, { CHUNK_LZ4, true }, { CHUNK_GZIP, true },
  { CHUNK_INFLATE, true },
};

static void
make_table (struct chunk_table *table, size_t stored_len, int i)
{
  const struct chunk_context context = {
    .stored_len = (uint32_t) stored_len, .plain_len = DECLARED,
    .codec = (uint8_t) stored_as[i].codec,
    .resume = { .from = CHUNK_RESUME_MEMBER, .dict_len = 32768 },
  };
  const struct chunk chunk = {
    .stored_len = stored_as[i].in_context ? 0 : (uint32_t) stored_len,
    .plain_len = DECLARED, .codec = (uint8_t) stored_as[i].codec,
    .context = stored_as[i].in_context ? 0 : CHUNK_NO_CONTEXT,
  };
  struct error err;

  ck_assert_int_eq (chunk_table_init (table, 1, stored_as[i].in_context,
                                      &err), 0);
  table->chunks[0] = chunk;
  if (stored_as[i].in_context)
    table->contexts[0] = context;
  table->plain_size = DECLARED;
  table->dictionaries = calloc (1, 32768);
  table->dictionaries_len = 32768;
  table->format = "test";
  ck_assert_msg (chunk_table_seal (table, stored_len, &err) == 0, "%s",
                 err.text);
}

START_TEST (units)
{
  enum chunk_codec codec = stored_as[_i].codec;
  struct packed p = pack_zeros (codec == CHUNK_INFLATE ? CHUNK_GZIP : codec,
                                (run_by_valgrind () ? 4 : 64) * MIB);
  struct source *stored = new_source (p.ptr, p.len), *source;
  struct chunk_service *service = new_service (MIB, 2);
  static uint8_t buf[DECLARED];
  struct chunk_table table;
  struct error err;
  int r;

  ck_assert_uint_lt (p.len, MIB);
  make_table (&table, p.len, _i);
  free (p.ptr);
  peak_begin ();
  source = source_chunked_new (stored, "bomb", &table, service, &err);
  r = source_pread (source, buf, DECLARED, 0, &err);
  /* Of a stream that goes on, what was asked for is all that is wanted. */
  if (codec == CHUNK_INFLATE) {
    ck_assert_msg (r == 0, "%s", err.text);
    ck_assert (is_zeros (buf, DECLARED));
  }
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EIO, "bomb: ");
  }
  expect_peak (2 * MIB);
  source_unref (source);
  source_unref (stored);
  chunk_table_clear (&table);
  free_service (service);
}
END_TEST

/* Open the one blob of an image whose chunk information is `info' in this
 * form, of `chunks' chunks of 4 KiB, `data_len' bytes behind it.
 */
static int
open_rafs (const uint8_t *info, size_t info_len, uint32_t chunks,
           enum rafs_compressor compressor, uint32_t features,
           struct chunk_table *ret, struct error *err)
{
  const struct packed p = compressor == RAFS_NONE ?
    (struct packed) { (uint8_t *) (uintptr_t) info, info_len } :
    pack_codec (rafs_codec (compressor), info, info_len);
  const struct ci_spec ci = {
    .compressor = compressor, .entries = chunks,
    .stored_len = p.len, .plain_len = info_len,
  };
  uint64_t plain = (uint64_t) chunks * 4096;
  const struct patch patches[] = {
    { SLOT (0) + 64, 4, chunks }, { BLOB (0) + 72, 4, chunks },
    { BLOB (0) + 76, 4, RAFS_ZSTD }, { BLOB (0) + 84, 4, features },
    { BLOB (0) + 96, 8, plain }, { BLOB (0) + 108, 4, compressor },
    { BLOB (0) + 112, 8, 0 }, { BLOB (0) + 120, 8, p.len },
    { BLOB (0) + 128, 8, info_len }, { 0, 0, 0 }
  };
  uint8_t *b = build_bootstrap (1), *file = malloc (p.len + 4096);
  struct source *bootstrap, *data;
  struct bootstrap parsed;
  struct rafs_image image;
  bool is_raw;
  int r;

  rafs_patch (b, patches);
  memcpy (file, p.ptr, p.len);
  put_ci_header (file + p.len, &ci);
  bootstrap = new_source (b, BOOTSTRAP_SIZE);
  data = new_source (file, p.len + 4096);
  if (compressor != RAFS_NONE)
    free (p.ptr);
  free (file);
  free (b);

  peak_begin ();
  ck_assert_int_eq (bootstrap_read (bootstrap, &parsed, err), 0);
  ck_assert_msg (rafs_image_read (bootstrap, &parsed.sb, &parsed.table, &image,
                                  err) == 0, "%s", err->text);
  r = rafs_image_open_blob (&image, 0, data, NULL, decoder, &is_raw, ret, err);
  rafs_image_clear (&image);
  bootstrap_clear (&parsed);
  source_unref (bootstrap);
  source_unref (data);
  return r;
}

#define V2 (USUAL_FEATURES | 0x4)

/* Zeros as chunk information: of version 1 the first row is right. */
static const struct {
  enum rafs_compressor compressor;
  uint32_t features;
  uint32_t chunks;
  size_t more;                  /* bytes behind the rows */
  size_t most;                  /* of memory */
  const char *part;
} infos[] = {
  { RAFS_ZSTD, V2, RAFS_CHUNKS_MAX, 0, 2 * MIB,
    "402653184 bytes of chunk information are stored in" },
  { RAFS_ZSTD, USUAL_FEATURES, RAFS_CHUNKS_MAX, 0, 2 * MIB,
    "268435456 bytes of chunk information are stored in" },
  { RAFS_GZIP, V2, RAFS_CHUNKS_MAX, 0, 2 * MIB, "are stored in" },
  /* what is left: decoded, but of the table one row is filled in */
  { RAFS_LZ4_BLOCK, USUAL_FEATURES, 4 << 20, 0, 66 * MIB,
    "chunk 1: 1 bytes at byte 0" },
  { RAFS_ZSTD, USUAL_FEATURES, 1 << 20, 0, 18 * MIB,
    "chunk 1: 1 bytes at byte 0" },
  /* dictionaries */
  { RAFS_ZSTD, V2 | 0x8, 4096, 128 * MIB, 2 * MIB,
    "134316032 bytes of chunk information are stored in" },
  { RAFS_ZSTD, V2 | 0x80, 1 << 20, 40 * MIB, 2 * MIB,
    "67108864 bytes of chunk information are stored in" },
};

START_TEST (chunk_information)
{
  size_t row = infos[_i].features & RAFS_CHUNK_INFO_V2 ? 24 : 16;
  size_t len = infos[_i].chunks * row + infos[_i].more;
  uint8_t *zeros;
  struct chunk_table table;
  struct error err;

  if (run_by_valgrind () && len > 20 * MIB)
    return;                     /* it takes minutes */
  zeros = calloc (1, len);
  ck_assert_ptr_nonnull (zeros);
  ck_assert_int_eq (open_rafs (zeros, len, infos[_i].chunks,
                               infos[_i].compressor, infos[_i].features,
                               &table, &err), -1);
  free (zeros);
  expect_error (&err, EINVAL, infos[_i].part);
  expect_peak (infos[_i].most);
}
END_TEST

/* A large table is taken: 10 GiB in chunks of 4 KiB, all alike, so that it
 * shrinks as much as one can.
 */
START_TEST (many_chunks)
{
  uint32_t n = run_by_valgrind () ? 26000 : 2621440, i;
  uint8_t *rows = malloc (n * (size_t) 24);
  struct chunk_table table;
  struct error err;

  ck_assert_ptr_nonnull (rows);
  for (i = 0; i < n; ++i)
    put_row_v2 (rows + i * (size_t) 24, 1, i * UINT64_C (4096), 4096, i, 1, 0,
                0);
  /* The chunks are said to lie in the chunk information: it is long enough. */
  ck_assert_msg (open_rafs (rows, n * (size_t) 24, n, RAFS_ZSTD, V2, &table,
                            &err) == 0, "%s", err.text);
  free (rows);
  expect_peak (n * (size_t) (24 + 40 + 32 + 4) + 8 * MIB);
  ck_assert_uint_eq (table.n_chunks, n);
  chunk_table_clear (&table);
}
END_TEST

/* Indexes that are not compressed take a few times their own length: of a
 * frame 8 bytes are 40 in the table, and of a checkpoint its window is copied.
 */
START_TEST (seek_table)
{
  const size_t n = 1 << 20, len = 8 + n * 8 + 9;
  uint8_t *file = calloc (1, n + len), *p = file + n;
  struct chunk_table table;
  struct error err;
  size_t i;

  put_le (p, 0x184d2a5e, 4);
  put_le (p + 4, len - 8, 4);
  for (i = 0, p += 8; i < n; ++i, p += 8)
    put_le (p, UINT64_C (0x100000001), 8);
  put_le (p, n, 4);
  put_le (p + 5, 0x8f92eab1, 4);
  peak_begin ();
  ck_assert_msg (seek_table_parse ((struct bytes) { file + n, len }, n + len,
                                   &table, &err) == 0, "%s", err.text);
  expect_peak (5 * len + MIB);
  chunk_table_clear (&table);
  free (file);
}
END_TEST

START_TEST (checkpoints)
{
  const size_t n = 1000, len = 12 + n * (17 + 32768);
  uint8_t *zinfo = calloc (1, len);
  struct chunk_table table;
  struct error err;
  size_t i;

  put_le (zinfo, n, 4);
  for (i = 0; i < n; ++i) {
    put_le (zinfo + 12 + i * (17 + 32768), 10 + i, 8);
    put_le (zinfo + 12 + i * (17 + 32768) + 8, i * MIB, 8);
  }
  peak_begin ();
  ck_assert_msg (zinfo_parse ((struct bytes) { zinfo, len }, 2000, n * MIB,
                              &table, &err) == 0, "%s", err.text);
  expect_peak (len + 2 * MIB);
  chunk_table_clear (&table);
  free (zinfo);
}
END_TEST

/* The bootstrap inside of a blob. */
START_TEST (inline_bootstrap)
{
  const size_t zeros = run_by_valgrind () ? 20 * MIB : 400 * MIB;
  struct packed p = pack_zeros (CHUNK_ZSTD, zeros);
  const struct part part = {
    .name = "image.boot", .flags = 2, .stored_len = p.len, .plain = p.ptr,
    .plain_len = zeros,
  };
  uint8_t *file = malloc (p.len + 1000);
  struct source *source, *found;
  struct error err;
  size_t len;

  memcpy (file, p.ptr, p.len);
  len = p.len + put_toc (file + p.len, &part, 1);
  source = new_source (file, len);
  free (file);
  free (p.ptr);
  peak_begin ();
  ck_assert_int_eq (rafs_tail_open_bootstrap (source, false, decoder, &found,
                                              &err), -1);
  expect_error (&err, EINVAL, run_by_valgrind () ?
                "part \"image.boot\" of 20971520 bytes stored in " :
                "part \"image.boot\" of 419430400 bytes stored in ");
  expect_error (&err, EINVAL, "supported");
  expect_peak (2 * MIB);
  source_unref (source);
}
END_TEST

/* glibc's checks write to all memory that is allocated, used or not. */
static void
run_without_malloc_checks (char **argv)
{
  static const char *const variables[] = {
    "GLIBC_TUNABLES", "MALLOC_CHECK_", "MALLOC_PERTURB_",
  };
  bool are_set = false;
  size_t i;

  for (i = 0; i < sizeof variables / sizeof variables[0]; ++i) {
    are_set = are_set || getenv (variables[i]) != NULL;
    unsetenv (variables[i]);
  }
  if (are_set && !run_by_valgrind ())
    execv ("/proc/self/exe", argv);
}

int
main (int argc, char **argv)
{
  TCase *t;

  (void) argc;
  run_without_malloc_checks (argv);
  t = tests_begin ("bombs");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_loop_test (t, units, 0, sizeof stored_as / sizeof stored_as[0]);
  tcase_add_loop_test (t, chunk_information, 0,
                       sizeof infos / sizeof infos[0]);
  tcase_add_test (t, many_chunks);
  tcase_add_test (t, seek_table);
  tcase_add_test (t, checkpoints);
  tcase_add_test (t, inline_bootstrap);
  return tests_run ();
}
