/* SPDX-License-Identifier: BSD-3-Clause */
/* Each bit of a gzip file turned, one at a time: what is decoded from its
 * checkpoints is right, or refused, if each checkpoint begins a member.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "decoding.h"
#include "packing.h"
#include "testing.h"
#include "zinfo.h"

#define MEMBER 1500

static const struct {
  unsigned members;
  uint64_t span;
  int version;
  size_t cut;                   /* bytes at the end that are not declared */
} files[] = {
  { 1, 1 << 20, 2, 0 },
  { 1, 1 << 20, 2, 1000 },
  { 1, 1 << 20, 1, 1000 },
  { 3, 1 << 20, 2, 0 },
  { 3, 1 << 20, 1, 0 },
  /* Here there are others: of these, only `check --data' can tell. */
  { 1, 200, 2, 0 },
};
#define N_FILES (sizeof files / sizeof files[0])

static struct packed
make_gzip (const uint8_t *plain, unsigned members)
{
  struct packed gzip = { .ptr = calloc (1, 1), .len = 0 };
  unsigned i;

  for (i = 0; i < members; ++i)
    gzip = join (gzip, pack_gzip (plain + i * MEMBER, MEMBER, 1, "name"));
  return gzip;
}

/* How a chunk decodes. */
enum outcome { RIGHT, WRONG, REFUSED };

static enum outcome
decode (const struct chunk_table *t, uint32_t i, const uint8_t *stored,
        const uint8_t *plain)
{
  const struct chunk_context *c = &t->contexts[i];
  const struct decode_job job = {
    .codec = c->codec, .resume = &c->resume,
    .dictionary = t->dictionaries + c->resume.dict_offset,
  };
  enum outcome outcome = REFUSED;
  struct error err;
  uint8_t *got;

  if (run_job (job, stored + c->stored_start, c->stored_len, c->plain_len,
               &got, &err) == 0)
    outcome = memcmp (got, plain + t->chunks[i].plain_start,
                      c->plain_len) == 0 ? RIGHT : WRONG;
  else
    ck_assert_int_eq (err.errnum, EINVAL);
  free (got);
  return outcome;
}

/* Turn each bit of what is stored of chunk i. */
static void
turn_bits (const struct chunk_table *t, uint32_t i, uint8_t *stored,
           const uint8_t *plain, unsigned count[3])
{
  const struct chunk_context *c = &t->contexts[i];
  uint64_t bit;

  ck_assert_int_eq (decode (t, i, stored, plain), RIGHT);
  for (bit = c->stored_start * 8; bit < (c->stored_start + c->stored_len) * 8;
       ++bit) {
    stored[bit / 8] ^= (uint8_t) (1 << bit % 8);
    count[decode (t, i, stored, plain)]++;
    stored[bit / 8] ^= (uint8_t) (1 << bit % 8);
  }
}

START_TEST (each_bit)
{
  const size_t len = files[_i].members * MEMBER;
  uint8_t plain[3 * MEMBER];
  unsigned count[3] = { 0, 0, 0 };
  struct packed gzip, zinfo;
  struct chunk_table t;
  struct error err;
  uint32_t i;

  fill_text (plain, len, (unsigned) _i);
  gzip = make_gzip (plain, files[_i].members);
  zinfo = make_zinfo (gzip.ptr, gzip.len, files[_i].span, files[_i].version);
  ck_assert_int_eq (zinfo_parse ((struct bytes) { zinfo.ptr, zinfo.len },
                                 gzip.len, len - files[_i].cut, &t, &err), 0);
  for (i = 0; i < t.n_chunks; ++i)
    turn_bits (&t, i, gzip.ptr, plain, count);
  ck_assert_uint_gt (count[REFUSED], 1000);
  if (files[_i].span > MEMBER) {
    ck_assert_uint_eq (t.n_chunks, files[_i].members);
    ck_assert_uint_eq (count[WRONG], 0);
  }
  else {
    ck_assert_uint_gt (t.n_chunks, 3);
    ck_assert_uint_gt (count[WRONG], 0);
  }
  chunk_table_clear (&t);
  free (gzip.ptr);
  free (zinfo.ptr);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("zinfo_damage");

  tcase_add_checked_fixture (t, set_up_decoder, tear_down_decoder);
  tcase_add_loop_test (t, each_bit, 0, N_FILES);
  return tests_run ();
}
