/* SPDX-License-Identifier: BSD-3-Clause */
/* Damage that only all of a member tells. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gzip_check.h"
#include "image_builder.h"
#include "packing.h"
#include "rafs_builder.h"
#include "service_fixture.h"
#include "source_chunked.h"
#include "testing.h"
#include "zinfo.h"

#define MEMBER 60000u
#define LEN (2 * MEMBER)
#define CHECKPOINT 32785

static uint8_t plain[LEN];
static struct packed gzip, zinfo;
static size_t second;           /* where the second member is */
static struct chunk_service *service;

/* What was told. */
static struct {
  unsigned faults, chunks;      /* of these, faults of chunks */
  uint64_t done, offset, len;
  struct error err;
} told;

static void
set_up (void)
{
  fill_text (plain, LEN, 5);
  gzip = pack_gzip (plain, MEMBER, 1, NULL);
  second = gzip.len;
  gzip = join (gzip, pack_gzip (plain + MEMBER, MEMBER, 1, "name"));
  zinfo = make_zinfo (gzip.ptr, gzip.len, 10000, 2);
  ck_assert_uint_gt (get_le (zinfo.ptr, 4), 8);
  service = new_service (1 << 20, 2);
  memset (&told, 0, sizeof told);
}

static void
tear_down (void)
{
  free_service (service);
  free (gzip.ptr);
  free (zinfo.ptr);
}

static void
done (void *opaque, uint64_t len)
{
  ck_assert_ptr_null (opaque);
  told.done += len;
}

static void
fault (void *opaque, uint64_t offset, uint64_t len, const struct error *err)
{
  ck_assert_ptr_null (opaque);
  told.faults++;
  told.chunks += strstr (err->text, "other bytes") != NULL;
  told.offset = offset;
  told.len = len;
  told.err = *err;
}

/* Returns how many chunks are served wrong. */
static unsigned
serve (struct gzip_check *check, struct source *source)
{
  const struct chunk_table *table = source_chunked_table (source);
  uint8_t *buf = malloc (LEN);
  unsigned wrong = 0;
  struct error err;
  uint32_t i;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *chunk = &table->chunks[i];

    if (source_pread (source, buf, chunk->plain_len, chunk->plain_start,
                      &err) == -1)
      continue;
    wrong += memcmp (buf, plain + chunk->plain_start, chunk->plain_len) != 0;
    gzip_check_served (check, i, buf);
  }
  free (buf);
  return wrong;
}

static unsigned
check_all (uint64_t plain_size)
{
  static const struct gzip_check_told tell = { done, fault, NULL };
  struct source *stored = new_source (gzip.ptr, gzip.len), *source;
  struct gzip_check check;
  struct chunk_table table;
  struct error err;
  unsigned wrong;

  memset (&told, 0, sizeof told);
  ck_assert_int_eq (zinfo_parse ((struct bytes) { zinfo.ptr, zinfo.len },
                                 gzip.len, plain_size, &table, &err), 0);
  source = source_chunked_new (stored, "a/blob", &table, service, &err);
  ck_assert_ptr_nonnull (source);
  ck_assert (gzip_check_is_for (source_chunked_table (source)));
  ck_assert_int_eq (gzip_check_init (&check, source_chunked_loader (source),
                                     &err), 0);
  gzip_check_read (&check, &tell);
  wrong = serve (&check, source);
  gzip_check_compare (&check, &tell);
  ck_assert_uint_eq (told.done, plain_size);
  gzip_check_clear (&check);
  source_unref (source);
  source_unref (stored);
  return wrong;
}

START_TEST (all_is_right)
{
  static const uint64_t sizes[] = { LEN, LEN - 5000, MEMBER, MEMBER - 1, 1 };
  size_t i;

  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    ck_assert_uint_eq (check_all (sizes[i]), 0);
    ck_assert_msg (told.faults == 0, "%s", told.err.text);
  }
}
END_TEST

static void
expect_fault (uint64_t offset, uint64_t len, const char *part)
{
  ck_assert_uint_eq (told.faults, 1);
  ck_assert_uint_eq (told.offset, offset);
  ck_assert_uint_eq (told.len, len);
  expect_error (&told.err, EIO, part);
}

/* A bit that leaves all lengths as they were is served wrong.  Of a member that
 * is wrong, its chunks are not told of too: another one may refer to what is
 * wrong, and be right by its checkpoint's window.
 */
START_TEST (turned_bit)
{
  const size_t start = _i == 0 ? 0 : second;
  char part[100];
  unsigned found = 0;
  size_t at;

  snprintf (part, sizeof part, "a/blob: member at %zu (%zu bytes of the file)"
            ": gzip: CRC-32 mismatch: found 0x", start,
            (_i == 0 ? second : gzip.len) - start);
  for (at = start + 3000; at < start + 3200; ++at) {
    gzip.ptr[at] ^= 0x10;
    if (check_all (LEN - 5000) == 1 && told.faults == 1) {
      expect_fault (_i == 0 ? 0 : MEMBER, _i == 0 ? MEMBER : MEMBER - 5000,
                    part);
      ++found;
    }
    ck_assert_uint_ge (told.faults, 1);
    ck_assert_uint_eq (told.chunks, 0);
    gzip.ptr[at] ^= 0x10;
  }
  ck_assert_uint_gt (found, 5);
}
END_TEST

/* The file is right, but not what lies in front of a checkpoint by the zinfo:
 * a chunk that refers to it is served wrong.
 */
START_TEST (turned_bit_of_a_window)
{
  uint8_t *window = zinfo.ptr + 12 + 2 * CHECKPOINT + 17;
  unsigned found = 0;
  size_t at;

  ck_assert_uint_lt (get_le (window - 9, 8), MEMBER);
  for (at = 32768 - 500; at < 32768; ++at) {
    window[at] ^= 0x10;
    if (check_all (LEN) == 0)
      ck_assert_uint_eq (told.faults, 0);
    else {
      expect_fault (get_le (window - 9, 8),
                    get_le (window + 32768 + 8, 8) - get_le (window - 9, 8),
                    "a/blob: chunk 2 (bytes ");
      expect_error (&told.err, EIO, "gzip: decodes to other bytes from its "
                    "checkpoint than from the start of the file");
      ++found;
    }
    window[at] ^= 0x10;
  }
  ck_assert_uint_gt (found, 5);
}
END_TEST

/* What comes behind belongs somewhere else then, and is verified still. */
START_TEST (wrong_length)
{
  put_le (gzip.ptr + second - 4, 5, 4);
  check_all (LEN);
  expect_fault (0, MEMBER, "a/blob: member at 0 (");
  expect_error (&told.err, EIO,
                "gzip: length mismatch: found 60000, expected 5");

  gzip.ptr[gzip.len - 8] ^= 1;
  check_all (LEN);
  ck_assert_uint_eq (told.faults, 2);
  ck_assert_uint_eq (told.offset, MEMBER);
  expect_error (&told.err, EIO, "gzip: CRC-32 mismatch: found 0x");
}
END_TEST

/* What can not be decoded; and what is no member, so that the file ends. */
START_TEST (unreadable)
{
  gzip.ptr[second] = 'x';
  check_all (LEN);
  expect_fault (MEMBER, MEMBER,
                "a/blob: gzip: ends 60000 bytes before the length expected");
  gzip.ptr[second] = 0x1f;
  gzip.ptr[second + 2] = 9;
  check_all (LEN);
  ck_assert_uint_eq (told.offset, MEMBER);
  ck_assert_uint_eq (told.len, MEMBER);
  ck_assert_ptr_nonnull (strstr (told.err.text, "gzip: the header of a"));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("gzip_check");

  tcase_add_checked_fixture (t, set_up, tear_down);
  tcase_add_test (t, all_is_right);
  tcase_add_loop_test (t, turned_bit, 0, 2);
  tcase_add_test (t, turned_bit_of_a_window);
  tcase_add_test (t, wrong_length);
  tcase_add_test (t, unreadable);
  return tests_run ();
}
