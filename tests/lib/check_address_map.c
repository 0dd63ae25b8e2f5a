/* SPDX-License-Identifier: BSD-3-Clause */
/* Random maps are compared with an array that has every byte of the device. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "address_map.h"
#include "striped_source.h"
#include "testing.h"

#define MAX_SIZE 65536
#define MAX_RANGES 24
#define NOBODY 0xff

/* The naive model, and the map that is to agree with it. */
struct model {
  struct striped sources[MAX_RANGES];
  struct address_range ranges[MAX_RANGES];
  unsigned n_ranges;
  size_t size;
  uint8_t bytes[MAX_SIZE];
  bool zero[MAX_SIZE];
  uint8_t owner[MAX_SIZE];
  struct address_map map;
};

static struct model model;

static void
paint (const struct address_range *range, unsigned seed)
{
  uint64_t i, at;

  for (i = 0; i < range->len; ++i) {
    at = range->source_offset + i;
    model.owner[range->start + i] = (uint8_t) range->owner;
    if (i < range->data_len) {
      model.bytes[range->start + i] = striped_byte (seed, at);
      model.zero[range->start + i] = !is_stripe (at);
    }
  }
}

/* One more range from `start' on, which may be empty or end in zeros. */
static void
add_range (uint64_t start, uint64_t len)
{
  unsigned i = model.n_ranges++;
  uint64_t pad = rnd (3) == 0 ? rnd (len + 1) : 0;

  model.ranges[i] = (struct address_range) {
    .start = start,
    .len = len,
    .data_len = len - pad,
    .source_offset = rnd (1000),
    .source = &model.sources[i].source,
    .owner = i,
  };
  striped_init (&model.sources[i], i + 1,
                model.ranges[i].source_offset + len - pad + rnd (2) * 10);
  paint (&model.ranges[i], i + 1);
}

static void
make_map (void)
{
  struct error err;
  unsigned i, k;

  for (i = 0; i < model.n_ranges; ++i) {        /* in any order */
    struct address_range swap = model.ranges[i];

    k = i + (unsigned) rnd (model.n_ranges - i);
    model.ranges[i] = model.ranges[k];
    model.ranges[k] = swap;
  }
  memset (&model.map, 0, sizeof model.map);
  for (i = 0; i < model.n_ranges; ++i)
    ck_assert_int_eq (address_map_add (&model.map, &model.ranges[i], &err),
                      0);
  ck_assert_msg (address_map_seal (&model.map, &err) == 0, "%s", err.text);
}

static void
make_model (void)
{
  unsigned n = (unsigned) rnd (MAX_RANGES + 1), i;
  uint64_t at = rnd (3) == 0 ? rnd (2000) : 0, end = 0, len;

  memset (model.bytes, 0, sizeof model.bytes);
  memset (model.zero, 1, sizeof model.zero);
  memset (model.owner, NOBODY, sizeof model.owner);
  model.n_ranges = 0;
  for (i = 0; i < n; ++i) {
    len = rnd (4) == 0 ? rnd (5) : rnd (2500);
    add_range (at, len);
    if (len > 0)
      end = at + len;
    at += len + (rnd (2) ? rnd (200) : 0);
  }
  model.size = (end + 4095) / 4096 * 4096;
  make_map ();
  ck_assert_uint_eq (model.map.size, model.size);
}

/* Some range of the device, not longer than `most'. */
static uint64_t
some_part (uint64_t most, uint64_t *ret_len)
{
  uint64_t offset = rnd (model.size + 1);
  uint64_t left = model.size - offset;

  *ret_len = rnd ((left < most ? left : most) + 1);
  return offset;
}

static void
compare_find (uint64_t addr)
{
  struct address_range range;
  uint64_t i;

  address_map_find (&model.map, addr, &range);
  ck_assert_uint_eq (range.start, addr);
  ck_assert_uint_gt (range.len, 0);
  ck_assert_uint_le (range.data_len, range.len);
  ck_assert_uint_le (range.len, model.size - addr);
  for (i = 0; i < range.len; ++i)
    if (model.owner[addr + i] != model.owner[addr])
      ck_abort_msg ("find gave too much at %ju", (uintmax_t) addr);
  if (model.owner[addr] == NOBODY) {
    ck_assert_ptr_null (range.source);
    ck_assert_uint_eq (range.data_len, 0);
  }
  else {
    ck_assert_uint_eq (range.owner, model.owner[addr]);
    ck_assert_ptr_eq (range.source, &model.sources[range.owner].source);
  }
  if (addr + range.len < model.size)            /* it is all of it */
    ck_assert_uint_ne (model.owner[addr + range.len], model.owner[addr]);
}

static void
compare_pread (void)
{
  static uint8_t buf[MAX_SIZE];
  uint64_t len, offset = some_part (rnd (2) ? 300 : MAX_SIZE, &len);
  struct error err;

  memset (buf, 0xee, sizeof buf);
  ck_assert_int_eq (address_map_pread (&model.map, buf, len, offset, &err),
                    0);
  if (memcmp (buf, model.bytes + offset, len) != 0)
    ck_abort_msg ("%ju bytes at %ju differ", (uintmax_t) len,
                  (uintmax_t) offset);
  ck_assert (len == MAX_SIZE || buf[len] == 0xee);
  address_map_prefetch (&model.map, offset, len);
}

struct seen {
  uint64_t next, end;
  unsigned calls, stop_at;
  int result;
};

static int
see (void *opaque, uint64_t offset, uint64_t len, bool zero,
     struct error *err)
{
  struct seen *seen = opaque;
  uint64_t i;

  ck_assert_uint_eq (offset, seen->next);
  ck_assert_uint_gt (len, 0);
  ck_assert_uint_le (len, seen->end - offset);
  for (i = 0; i < len; ++i)     /* an assertion costs a system call */
    if (model.zero[offset + i] != zero)
      ck_abort_msg ("byte %ju: zero is %d", (uintmax_t) (offset + i), zero);
  seen->next += len;
  if (++seen->calls != seen->stop_at)
    return 0;
  if (seen->result == -1)
    error_set (err, ENODATA, "stopped");
  return seen->result;
}

static void
compare_extents (void)
{
  uint64_t len, offset = some_part (rnd (2) ? 300 : MAX_SIZE, &len);
  struct seen seen = { .next = offset, .end = offset + len };
  unsigned calls;
  struct error err;

  ck_assert_int_eq (address_map_extents (&model.map, offset, len, see, &seen,
                                         &err), 0);
  ck_assert_uint_eq (seen.next, seen.end);
  calls = seen.calls;
  if (calls == 0)
    return;
  seen = (struct seen) {
    .next = offset, .end = offset + len, .result = rnd (2) ? 1 : -1,
    .stop_at = 1 + (unsigned) rnd (calls),
  };
  err.errnum = 0;
  ck_assert_int_eq (address_map_extents (&model.map, offset, len, see, &seen,
                                         &err), seen.result);
  ck_assert_uint_eq (seen.calls, seen.stop_at);
  ck_assert_int_eq (err.errnum, seen.result == -1 ? ENODATA : 0);
}

START_TEST (random_maps)
{
  unsigned i, k;

  for (i = 0; i < rounds (300); ++i) {
    make_model ();
    for (k = 0; k < 20; ++k) {
      if (model.size > 0)
        compare_find (rnd (model.size));
      compare_pread ();
      compare_extents ();
    }
    address_map_clear (&model.map);
    ck_assert_uint_eq (model.map.size, 0);
  }
}
END_TEST

/* Maps of at most two ranges that are wrong or at the limit. */
static const struct {
  struct address_range ranges[2];
  const char *part;             /* NULL: `size' */
  uint64_t size;
} maps[] = {
  { { { .len = 0 } }, NULL, 0 },
  { { { .len = 1 } }, NULL, 4096 },
  { { { .start = 4095, .len = 1 } }, NULL, 4096 },
  { { { .start = 4096, .len = 1 } }, NULL, 8192 },
  { { { .len = 4096 }, { .start = 4096, .len = 1, .owner = 1 } }, NULL, 8192 },
  { { { .len = 4097 }, { .start = 4096, .len = 1, .owner = 1 } },
    "device slot 1 (bytes 4096 to 4096) overlaps "
    "the bootstrap (bytes 0 to 4096)", 0 },
  { { { .start = 10, .len = 10, .owner = 3 },
      { .start = 5, .len = 6, .owner = 2 } },
    "device slot 3 (bytes 10 to 19) overlaps device slot 2 (bytes 5 to 10)",
    0 },
  { { { .start = 10, .len = 10, .owner = 3 },
      { .start = 10, .len = 10, .owner = 2 } },
    "device slot 3 (bytes 10 to 19) overlaps device slot 2 (bytes 10 to 19)",
    0 },
  { { { .start = 10, .len = 90, .owner = 1 },   /* one inside the other */
      { .start = 50, .len = 1, .owner = 2 } },
    "device slot 2 (bytes 50 to 50) overlaps device slot 1 (bytes 10 to 99)",
    0 },
  { { { .start = 5, .len = 0, .owner = 1 }, { .len = 10 } }, NULL, 4096 },
  { { { .start = UINT64_MAX, .len = 0 } }, NULL, 0 },   /* left out */
  { { { .len = INT64_MAX - 4095 } }, NULL, INT64_MAX - 4095 },
  { { { .len = INT64_MAX - 4094 } }, "beyond 2^63", 0 },
  { { { .start = INT64_MAX, .len = 1 } }, "beyond 2^63", 0 },
  { { { .start = UINT64_MAX - 5, .len = 6 } }, "beyond", 0 },
  { { { .start = UINT64_MAX, .len = 2 } }, "beyond 2^64", 0 },
};

START_TEST (seal)
{
  struct address_map map = { .ranges = empty_vector };
  struct error err;
  int r, i;

  for (i = 0; i < 2; ++i)
    ck_assert_int_eq (address_map_add (&map, &maps[_i].ranges[i], &err), 0);
  r = address_map_seal (&map, &err);
  if (maps[_i].part == NULL) {
    ck_assert_msg (r == 0, "%s", err.text);
    ck_assert_uint_eq (map.size, maps[_i].size);
  }
  else {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, maps[_i].part);
  }
  address_map_clear (&map);
}
END_TEST

static int
count (void *opaque, uint64_t offset, uint64_t len, bool zero,
       struct error *err)
{
  struct seen *seen = opaque;

  (void) err;
  ck_assert_uint_eq (offset, seen->next);
  ck_assert_int_eq (zero, seen->calls == 1);
  seen->next += len;
  seen->calls++;
  return 0;
}

/* A hole of 2^62 bytes costs nothing and is one extent. */
START_TEST (huge_hole)
{
  struct striped source;
  const uint64_t far = UINT64_C (1) << 62;
  const struct address_range ranges[] = {
    { .len = 100, .data_len = 100, .source = &source.source },
    { .start = far, .len = 100, .data_len = 100, .source = &source.source,
      .owner = 1 },
  };
  struct address_map map = { .ranges = empty_vector };
  struct seen seen = { 0 };
  struct error err;
  uint8_t buf[4096];

  striped_init (&source, 1, 100);
  ck_assert_int_eq (address_map_add (&map, &ranges[1], &err), 0);
  ck_assert_int_eq (address_map_add (&map, &ranges[0], &err), 0);
  ck_assert_int_eq (address_map_seal (&map, &err), 0);
  ck_assert_uint_eq (map.size, far + 4096);
  ck_assert_int_eq (address_map_extents (&map, 0, far + 100, count, &seen,
                                         &err), 0);
  ck_assert_uint_eq (seen.calls, 3);
  ck_assert_int_eq (address_map_pread (&map, buf, 4096, far - 100, &err), 0);
  ck_assert (is_zeros (buf, 100));
  ck_assert (pattern_is (buf + 100, 100, 1, 0));
  ck_assert (is_zeros (buf + 200, 4096 - 200));
  address_map_prefetch (&map, 0, map.size);
  address_map_clear (&map);
}
END_TEST

/* A source that fails fails the read, not the zeros behind its data. */
START_TEST (unreadable)
{
  struct striped source;
  const struct address_range range = {
    .start = 50, .len = 100, .data_len = 60, .source = &source.source
  };
  struct address_map map = { .ranges = empty_vector };
  struct error err;
  uint8_t buf[200];

  striped_init (&source, 0, 100);
  ck_assert_int_eq (address_map_add (&map, &range, &err), 0);
  ck_assert_int_eq (address_map_seal (&map, &err), 0);
  ck_assert_int_eq (address_map_pread (&map, buf, 50, 0, &err), 0);
  ck_assert_int_eq (address_map_pread (&map, buf, 51, 0, &err), -1);
  expect_error (&err, EIO, "unreadable");
  ck_assert_int_eq (address_map_pread (&map, buf, 1, 109, &err), -1);
  ck_assert_int_eq (address_map_pread (&map, buf, 90, 110, &err), 0);
  ck_assert (is_zeros (buf, 90));
  address_map_clear (&map);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("address_map");

  tcase_add_test (t, random_maps);
  tcase_add_loop_test (t, seal, 0, sizeof maps / sizeof maps[0]);
  tcase_add_test (t, huge_hole);
  tcase_add_test (t, unreadable);
  return tests_run ();
}
