/* SPDX-License-Identifier: BSD-3-Clause */
/* One blob of two chunks of text, 5000 and 3000 bytes; the first is zstd, the
 * second stored as it is.  What whole sources do with many is in
 * check_source_chunked.c.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "chunk_loader.h"
#include "digest.h"
#include "packing.h"
#include "service_fixture.h"
#include "testing.h"

#define LEN_0 5000u
#define LEN_1 3000u

static uint8_t plain[LEN_0 + LEN_1];
static uint8_t *bytes;          /* of `stored', the test's to change */
static size_t zstd_len;
static struct source *stored;
static struct chunk_service *service;
static struct chunk_loader loader;

/* A source of bytes that change: at the next read, if so told. */
static uint64_t stamp = 1;
static bool change;

static void
damage_and_let_others_read (void)
{
  struct error err;
  uint8_t byte;

  change = false;
  bytes[zstd_len + 7] ^= 1;
  stamp++;
  ck_assert_int_eq (chunk_loader_read (&loader, 1, 0, 1, &byte, &err), -1);
}

static int
bytes_pread (struct source *source, void *buf, size_t len, uint64_t offset,
             struct error *err)
{
  (void) source;
  (void) err;
  if (change)
    damage_and_let_others_read ();
  memcpy (buf, bytes + offset, len);
  return 0;
}

static uint64_t
bytes_stamp (struct source *source)
{
  (void) source;
  return stamp;
}

static void
bytes_close (struct source *source)
{
  free (source);
}

static const struct source_ops bytes_ops = {
  .pread = bytes_pread, .stamp = bytes_stamp, .close = bytes_close,
};

static void
set_chunk (struct chunk_table *table, uint32_t i, const struct chunk *chunk)
{
  table->chunks[i] = *chunk;
  table->chunks[i].context = CHUNK_NO_CONTEXT;
  table->chunks[i].has_digest = true;
  ck_assert_int_eq (digest_compute (DIGEST_SHA256, plain + chunk->plain_start,
                                    chunk->plain_len,
                                    table->digests + i * 32), 0);
}

static void
begin (uint64_t cache, bool verify)
{
  struct chunk_table table;
  struct packed p;
  struct error err;

  fill_text (plain, sizeof plain, 1);
  p = pack_zstd (plain, LEN_0, false);
  zstd_len = p.len;
  bytes = malloc (p.len + LEN_1);
  ck_assert_ptr_nonnull (bytes);
  memcpy (bytes, p.ptr, p.len);
  memcpy (bytes + p.len, plain + LEN_0, LEN_1);
  free (p.ptr);
  stored = malloc (sizeof *stored);
  ck_assert_ptr_nonnull (stored);
  source_init (stored, &bytes_ops, zstd_len + LEN_1);

  ck_assert_int_eq (chunk_table_init (&table, 2, 0, &err), 0);
  table.digest_kind = DIGEST_SHA256;
  table.digests = malloc (64);
  table.format = "test";
  set_chunk (&table, 0, &(struct chunk) {
      .plain_len = LEN_0, .stored_len = (uint32_t) zstd_len,
      .codec = CHUNK_ZSTD });
  set_chunk (&table, 1, &(struct chunk) {
      .plain_start = LEN_0, .plain_len = LEN_1, .stored_start = zstd_len,
      .stored_len = LEN_1, .codec = CHUNK_STORED });
  table.plain_size = sizeof plain;
  ck_assert_int_eq (chunk_table_seal (&table, zstd_len + LEN_1, &err), 0);
  service = new_service (cache, 1);
  service->verify = verify;
  ck_assert_int_eq (chunk_loader_init (&loader, stored, "d/blob", &table,
                                       service, &err), 0);
  ck_assert_ptr_null (table.chunks);            /* it was taken */
}

static void
end (void)
{
  chunk_loader_clear (&loader);
  source_unref (stored);
  free_service (service);
  free (bytes);
}

static void
expect_right (uint32_t i, uint32_t offset, size_t len)
{
  uint8_t buf[LEN_0];
  struct error err;

  ck_assert_msg (chunk_loader_read (&loader, i, offset, len, buf, &err) == 0,
                 "%s", err.text);
  ck_assert (memcmp (buf, plain + (i ? LEN_0 : 0) + offset, len) == 0);
}

static void
expect_wrong (uint32_t i, uint32_t offset, const char *text)
{
  struct error err;
  uint8_t byte;

  ck_assert_int_eq (chunk_loader_read (&loader, i, offset, 1, &byte, &err),
                    -1);
  expect_error (&err, EIO, text);
}

static uint64_t
misses (void)
{
  struct chunk_service_stats stats;

  chunk_service_get_stats (service, &stats);
  return stats.cache.misses;
}

START_TEST (reads)
{
  begin (_i ? 1 << 20 : 0, true);
  expect_right (0, 0, LEN_0);
  expect_right (0, 1, 1);
  expect_right (0, LEN_0 - 1, 1);
  expect_right (1, 0, LEN_1);
  expect_right (1, LEN_1 - 1, 1);
  ck_assert (!chunk_is_stored (&loader.table.chunks[0]));
  ck_assert (chunk_is_stored (&loader.table.chunks[1]));
  end ();
}
END_TEST

START_TEST (loads)
{
  begin (1 << 20, true);
  chunk_loader_load (&loader, 0);
  ck_assert_uint_eq (misses (), 1);
  expect_right (0, 10, 100);
  ck_assert_uint_eq (misses (), 1);
  end ();
}
END_TEST

/* A hint that fails is forgotten. */
START_TEST (loads_what_is_damaged)
{
  begin (1 << 20, true);
  bytes[0] ^= 1;
  chunk_loader_load (&loader, 0);
  expect_wrong (0, 10, "d/blob: chunk 0 (bytes 0 to 4999): zstd: no frame where "
                "one should be");
  bytes[0] ^= 1;
  expect_right (0, 10, 100);
  end ();
}
END_TEST

/* Only the reads of the chunk fail; it reads again once it is repaired. */
START_TEST (damaged)
{
  begin (1 << 20, true);
  bytes[zstd_len + 7] ^= 1;
  expect_wrong (1, 2999,
                "d/blob: chunk 1 (bytes 5000 to 7999): sha256 digest mismatch: "
                "found ");
  expect_right (0, 0, LEN_0);
  bytes[zstd_len + 7] ^= 1;
  expect_right (1, 0, LEN_1);
  end ();
}
END_TEST

/* The file changes between the look at what was verified and the read, and
 * another thread is the first to notice.
 */
START_TEST (changes_under_a_read)
{
  begin (1 << 20, true);
  expect_right (1, 0, LEN_1);
  expect_right (1, 7, 1);
  change = true;
  expect_wrong (1, 7, "sha256 digest mismatch");
  ck_assert (!change);
  end ();
}
END_TEST

/* As long as changes can not be told, what was verified is kept; where there is
 * no room for it, all of the chunk is verified each time.
 */
START_TEST (unknown_stamp)
{
  stamp = SOURCE_STAMP_UNKNOWN;
  begin (_i ? 1 << 20 : 0, true);
  expect_right (1, 0, LEN_1);
  bytes[zstd_len + 7] ^= 1;
  if (_i) {
    expect_right (1, 7, 1);
    expect_right (1, 2000, 1);
    ck_assert_uint_eq (misses (), 1);
  }
  else {
    expect_wrong (1, 7, "sha256 digest mismatch");
    expect_wrong (1, 2000, "sha256 digest mismatch");
  }
  end ();
  stamp = 1;
}
END_TEST

START_TEST (not_verified)
{
  struct error err;
  uint8_t byte;

  begin (1 << 20, false);
  bytes[zstd_len + 7] ^= 1;
  ck_assert_int_eq (chunk_loader_read (&loader, 1, 7, 1, &byte, &err), 0);
  ck_assert_uint_eq (byte, plain[LEN_0 + 7] ^ 1);
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("chunk_loader");

  tcase_add_loop_test (t, reads, 0, 2);
  tcase_add_test (t, loads);
  tcase_add_test (t, loads_what_is_damaged);
  tcase_add_test (t, damaged);
  tcase_add_test (t, changes_under_a_read);
  tcase_add_loop_test (t, unknown_stamp, 0, 2);
  tcase_add_test (t, not_verified);
  return tests_run ();
}
