/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rafs_builder.h"
#include "rafs_digests.h"
#include "testing.h"

#define HAS_CRC 0x10u

/* A row of the bootstrap's chunk table: the digest is 32 times this byte. */
struct row {
  uint32_t blob, chunk, flags, crc;
  uint8_t digest;
};

/* Blobs of 3 and of 2 chunks, and a tar. */
static struct rafs_blob blobs[] = {
  { .id = "a", .chunk_count = 3, .digest_kind = DIGEST_BLAKE3 },
  { .id = "b", .chunk_count = 2, .digest_kind = DIGEST_SHA256 },
  { .id = "c", .chunk_count = 0, .features = RAFS_TARFS },
};
static const struct rafs rafs = { .n_blobs = 3, .blobs = blobs };
static struct rafs_digests digests;
static struct chunk_table table;

static void
set_up (void)
{
  struct error err;

  ck_assert_int_eq (rafs_digests_init (&digests, &rafs, &err), 0);
  ck_assert_int_eq (chunk_table_init (&table, 3, 0, &err), 0);
}

static void
tear_down (void)
{
  chunk_table_clear (&table);
  rafs_digests_clear (&digests);
}

/* Add these rows at once. */
static int
add (const struct row *rows, size_t n, struct error *err)
{
  uint8_t buf[10 * RAFS_CHUNK_ROW_SIZE] = { 0 };
  size_t i;

  for (i = 0; i < n; ++i) {
    uint8_t *p = buf + i * RAFS_CHUNK_ROW_SIZE;

    memset (p, rows[i].digest, 32);
    rafs_put (p + 32, 4, rows[i].blob);
    rafs_put (p + 36, 4, rows[i].flags);
    rafs_put (p + 72, 4, rows[i].chunk);
    rafs_put (p + 76, 4, rows[i].crc);
  }
  return rafs_digests_add (&digests,
                           (struct bytes) { buf, n * RAFS_CHUNK_ROW_SIZE },
                           err);
}

static void
expect_digest (uint32_t chunk, uint8_t digest)
{
  uint8_t wanted[32];

  memset (wanted, digest, sizeof wanted);
  ck_assert (table.chunks[chunk].has_digest);
  ck_assert_mem_eq (table.digests + 32 * chunk, wanted, 32);
}

/* Rows in no order, in two pieces, some of them twice. */
START_TEST (taken)
{
  static const struct row rows[] = {
    { 1, 0, HAS_CRC, 9, 0x90 }, { 0, 2, HAS_CRC, 5, 0x12 },
    { 2, 77, HAS_CRC, 1, 0x70 }, { 0, 0, 0xef, 6, 0x10 },
    { 0, 2, 0, 7, 0x12 }, { 0, 2, HAS_CRC, 5, 0x12 },
  };
  struct chunk_table other;
  struct error err;

  ck_assert_int_eq (add (rows, 4, &err), 0);
  ck_assert_int_eq (add (rows + 4, 2, &err), 0);
  ck_assert_int_eq (add (rows, 0, &err), 0);
  ck_assert_uint_eq (digests.n_rows, 6);

  ck_assert_int_eq (rafs_digests_take (&digests, 0, &table, &err), 0);
  ck_assert_int_eq (table.digest_kind, DIGEST_BLAKE3);
  expect_digest (0, 0x10);
  expect_digest (2, 0x12);
  ck_assert (!table.chunks[1].has_digest && !table.chunks[1].has_crc);
  ck_assert (!table.chunks[0].has_crc);
  ck_assert (table.chunks[2].has_crc);
  ck_assert_uint_eq (table.crcs[2], 5);

  ck_assert_int_eq (chunk_table_init (&other, 2, 0, &err), 0);
  ck_assert_int_eq (rafs_digests_take (&digests, 1, &other, &err), 0);
  ck_assert_int_eq (other.digest_kind, DIGEST_SHA256);
  ck_assert (other.chunks[0].has_digest && !other.chunks[1].has_digest);
  ck_assert_uint_eq (other.crcs[0], 9);
  chunk_table_clear (&other);
}
END_TEST

/* Bad rows behind two good ones. */
static const struct {
  struct row row;
  const char *part;
} bad_rows[] = {
  { { 3, 0, 0, 0, 0 }, "RAFS: chunk table's row 2: blob 3 of 3" },
  { { UINT32_MAX, 0, 0, 0, 0 }, "row 2: blob 4294967295 of 3" },
  { { 0, 3, 0, 0, 0 }, "row 2: chunk 3 of device slot 1, which has 3" },
  { { 1, 2, 0, 0, 0 }, "row 2: chunk 2 of device slot 2, which has 2" },
  { { 1, UINT32_MAX, 0, 0, 0 }, "row 2: chunk 4294967295 of device slot 2" },
};

START_TEST (rows_refused)
{
  static const struct row good[] = { { 0, 0, 0, 0, 1 }, { 1, 1, 0, 0, 1 } };
  struct error err;

  ck_assert_int_eq (add (good, 2, &err), 0);
  ck_assert_int_eq (add (&bad_rows[_i].row, 1, &err), -1);
  expect_error (&err, EINVAL, bad_rows[_i].part);
}
END_TEST

static const size_t lens[] = { 1, 79, 81, 159 };

START_TEST (not_whole_rows)
{
  uint8_t *buf = calloc (1, lens[_i]);
  struct error err;
  char part[100];

  snprintf (part, sizeof part, "RAFS: %zu bytes of chunk table, expected a "
            "multiple of 80", lens[_i]);
  ck_assert_int_eq (rafs_digests_add (&digests,
                                      (struct bytes) { buf, lens[_i] }, &err),
                    -1);
  expect_error (&err, EINVAL, part);
  free (buf);
}
END_TEST

/* Two rows that contradict each other, the table, or its own chunk count. */
static const struct {
  struct row rows[2];
  uint32_t table_crc;           /* of chunk 1, if not 0 */
  uint32_t n_chunks;
  const char *part;
} contradictions[] = {
  { { { 0, 1, 0, 0, 5 }, { 0, 1, 0, 0, 6 } }, 0, 3,
    "chunk 1: there are two digests, which differ" },
  { { { 0, 1, HAS_CRC, 1, 5 }, { 0, 1, HAS_CRC, 0xabc, 5 } }, 0, 3,
    "chunk 1: there are two CRC-32Cs, 0x00000001 and 0x00000abc" },
  { { { 0, 0, 0, 0, 5 }, { 0, 1, HAS_CRC, 0, 5 } }, 7, 3,
    "chunk 1: there are two CRC-32Cs, 0x00000007 and 0x00000000" },
  { { { 0, 0, 0, 0, 5 }, { 0, 2, 0, 0, 5 } }, 0, 2, "chunk 2 of 2" },
};

START_TEST (contradicted)
{
  struct error err;

  if (contradictions[_i].table_crc != 0) {
    table.crcs = calloc (3, sizeof *table.crcs);
    table.crcs[1] = contradictions[_i].table_crc;
    table.chunks[1].has_crc = true;
  }
  table.n_chunks = contradictions[_i].n_chunks;
  ck_assert_int_eq (add (contradictions[_i].rows, 2, &err), 0);
  ck_assert_int_eq (rafs_digests_take (&digests, 0, &table, &err), -1);
  expect_error (&err, EINVAL, contradictions[_i].part);
}
END_TEST

/* The digests of all chunks, from the blob's own file. */
START_TEST (merged)
{
  static const struct row row = { 0, 1, 0, 0, 0x22 };
  uint8_t raw[96];
  struct error err;

  memset (raw, 0x11, 32);
  memset (raw + 32, 0x22, 32);
  memset (raw + 64, 0x33, 32);
  ck_assert_int_eq (add (&row, 1, &err), 0);
  ck_assert_int_eq (rafs_digests_take (&digests, 0, &table, &err), 0);
  ck_assert_int_eq (rafs_digests_merge (&table, (struct bytes) { raw, 96 },
                                        DIGEST_BLAKE3, &err), 0);
  expect_digest (0, 0x11);
  expect_digest (1, 0x22);
  expect_digest (2, 0x33);

  raw[95] ^= 1;
  ck_assert_int_eq (rafs_digests_merge (&table, (struct bytes) { raw, 96 },
                                        DIGEST_BLAKE3, &err), -1);
  expect_error (&err, EINVAL, "chunk 2: there are two digests, which differ");
  ck_assert_int_eq (rafs_digests_merge (&table, (struct bytes) { raw, 95 },
                                        DIGEST_BLAKE3, &err), -1);
  expect_error (&err, EINVAL, "95 bytes of digests for 3 chunks");
  ck_assert_int_eq (rafs_digests_merge (&table, (struct bytes) { raw, 0 },
                                        DIGEST_BLAKE3, &err), -1);
  expect_error (&err, EINVAL, "0 bytes of digests for 3 chunks");
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_digests");

  tcase_add_checked_fixture (t, set_up, tear_down);
  tcase_add_test (t, taken);
  tcase_add_loop_test (t, rows_refused, 0,
                       sizeof bad_rows / sizeof bad_rows[0]);
  tcase_add_loop_test (t, not_whole_rows, 0, sizeof lens / sizeof lens[0]);
  tcase_add_loop_test (t, contradicted, 0,
                       sizeof contradictions / sizeof contradictions[0]);
  tcase_add_test (t, merged);
  return tests_run ();
}
