/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "chunk_table.h"
#include "testing.h"

#define STORED_SIZE 1000000

/* Five chunks: zstd, stored, two in a batch, one from a checkpoint; gaps
 * behind the second and the last.
 */
static struct chunk_table
make (void)
{
  static const struct chunk chunks[] = {
    { .plain_start = 0, .plain_len = 4096, .stored_start = 0,
      .stored_len = 1000, .codec = CHUNK_ZSTD, .context = CHUNK_NO_CONTEXT },
    { .plain_start = 4096, .plain_len = 100, .stored_start = 1000,
      .stored_len = 100, .codec = CHUNK_STORED,
      .context = CHUNK_NO_CONTEXT },
    { .plain_start = 8192, .plain_len = 10, .context = 0 },
    { .plain_start = 12288, .plain_len = 20, .context = 0,
      .context_offset = 10 },
    { .plain_start = 16384, .plain_len = 50000, .context = 1,
      .context_offset = 7 },
  };
  static const struct chunk_context contexts[] = {
    { .stored_start = 1100, .stored_len = 25, .plain_len = 30,
      .codec = CHUNK_LZ4 },
    { .stored_start = 900000, .stored_len = 100000, .plain_len = 60000,
      .codec = CHUNK_INFLATE,
      .resume = { .dict_offset = 8, .dict_len = 32768, .bits = 7 } },
  };
  struct chunk_table table;
  struct error err;

  ck_assert_int_eq (chunk_table_init (&table, 5, 2, &err), 0);
  memcpy (table.chunks, chunks, sizeof chunks);
  memcpy (table.contexts, contexts, sizeof contexts);
  table.plain_size = 70000;
  table.dictionaries_len = 32776;
  table.cipher.key[0] = 1;
  return table;
}

START_TEST (good)
{
  struct chunk_table table = make ();
  uint32_t plain, stored;
  struct error err;

  ck_assert_msg (chunk_table_seal (&table, STORED_SIZE, &err) == 0, "%s",
                 err.text);
  chunk_table_largest (&table, &plain, &stored);
  ck_assert_uint_eq (plain, 60000);
  ck_assert_uint_eq (stored, 100000);
  chunk_table_clear (&table);
  chunk_table_clear (&table);
}
END_TEST

/* What is put where, and what the message has, or NULL: still valid. */
struct change {
  enum { CHUNK, CONTEXT, RESUME, TABLE } what;
  unsigned row;
  size_t at, size;
  uint64_t value;
  const char *part;
};

#define SIZE_OF(type, field) sizeof (((struct type *) NULL)->field)
#define CHANGE(what, row, type, field)                          \
  what, row, offsetof (struct type, field), SIZE_OF (type, field)
#define C(row, field) CHANGE (CHUNK, row, chunk, field)
#define X(row, field) CHANGE (CONTEXT, row, chunk_context, field)
#define R(field) CHANGE (RESUME, 1, chunk_resume, field)
#define T(field) CHANGE (TABLE, 0, chunk_table, field)

static const struct change changes[] = {
  { C (0, plain_len), 0, "chunk 0: it is empty" },
  { C (0, plain_len), 4097, "chunk 1: it starts at 4096, before the end" },
  { C (0, plain_len), CHUNK_UNIT_MAX, "chunk 0: 67108864 bytes at 0 are" },
  { C (0, plain_len), CHUNK_UNIT_MAX + 1, "chunk 0: its 67108865 bytes" },
  { C (0, plain_len), UINT32_MAX, "chunk 0: its 4294967295 bytes" },
  { C (0, plain_start), 1, "chunk 1: it starts" },
  { C (1, plain_start), 4095, "before the end of the one before, 4096" },
  { C (1, plain_start), UINT64_MAX, "beyond the end of the 70000 plain" },
  { C (4, plain_start), 20001, "chunk 4: 50000 bytes at 20001 are beyond" },
  { C (4, plain_start), 20000, NULL },
  { C (0, stored_start), 999001, "beyond the end of the file, which has" },
  { C (0, stored_start), 999000, NULL },
  { C (0, stored_start), UINT64_MAX, "chunk 0: 1000 bytes at 1844674407" },
  { C (0, stored_start), UINT64_MAX - 999, "are beyond the end of the file" },
  { C (0, stored_len), 0, "nothing is stored" },
  { C (0, stored_len), 1000001, "beyond the end of the file" },
  { C (0, stored_len), CHUNK_STORED_MAX + 1, "than the limit" },
  { C (0, codec), CHUNK_INFLATE, "no context to begin from" },
  { C (0, codec), CHUNK_INFLATE + 1, "compression 5 is not known" },
  { C (0, codec), 255, "compression 255 is not known" },
  { C (1, stored_len), 99, "chunk 1: it is not compressed, but has 99" },
  { C (1, stored_len), 101, "instead of 100" },
  { C (2, context), 2, "chunk 2: it is in context 2 of 2" },
  { C (2, context), UINT32_MAX - 1, "it is in context 4294967294" },
  { C (2, context), UINT32_MAX, "nothing is stored" },
  { C (2, context_offset), 20, NULL },
  { C (2, context_offset), 21, "10 bytes at 21 are beyond the end of" },
  { C (2, context_offset), UINT32_MAX, "beyond the end of context 0" },
  { C (3, plain_len), 21, "chunk 3: 21 bytes at 10 are beyond" },
  { C (3, plain_len), UINT32_MAX, "chunk 3: its 4294967295 bytes" },
  { C (3, plain_len), 0, "chunk 3: it is empty" },
  { X (0, plain_len), 0, "context 0: it is empty" },
  { X (0, plain_len), 29, "chunk 3: 20 bytes at 10" },
  { X (0, plain_len), CHUNK_UNIT_MAX + 1, "context 0: its 67108865 bytes" },
  { X (0, stored_len), 0, "context 0: nothing is stored" },
  { X (0, stored_start), STORED_SIZE, "context 0: 25 bytes at 1000000" },
  { X (0, stored_start), UINT64_MAX, "context 0: 25 bytes at" },
  { X (0, codec), CHUNK_STORED, "instead of 30" },
  { X (0, codec), 9, "context 0: its compression 9" },
  { X (0, encrypted), 1, NULL },
  { X (1, encrypted), 1, "a checkpoint's data can not be encrypted" },
  { C (0, encrypted), 1, NULL },
  { R (bits), 8, "context 1: 8 bits" },
  { R (bits), 255, "context 1: 255 bits" },
  { R (dict_len), 32769, "dictionary of 32769" },
  { R (dict_offset), 9, "its dictionary at 9 is beyond" },
  { R (dict_offset), UINT64_MAX, "its dictionary at 18446744073709551615" },
  { R (dict_offset), UINT64_MAX - 32767, "is beyond the end of the 32776" },
  { R (from), CHUNK_RESUME_FIRST, NULL },
  { R (from), CHUNK_RESUME_MEMBER, "no place to begin" },
  { R (from), 3, "no place to begin" },
  { R (end), CHUNK_RESUME_LAST, NULL },
  { R (end), CHUNK_RESUME_LAST + 1, "no place to end" },
  { T (plain_size), 66384, NULL },
  { T (plain_size), 66383, "beyond the end of the 66383 plain bytes" },
  { T (plain_size), 0, "beyond the end of the 0 plain bytes" },
  { T (dictionaries_len), 32775, "end of the 32775 bytes of dictionaries" },
};

static void
apply (struct chunk_table *table, const struct change *change)
{
  uint8_t *p = change->what == CHUNK ? (void *) &table->chunks[change->row] :
    change->what == CONTEXT ? (void *) &table->contexts[change->row] :
    change->what == RESUME ? (void *) &table->contexts[change->row].resume :
    (void *) table;
  const uint8_t v8 = (uint8_t) change->value;
  const uint32_t v32 = (uint32_t) change->value;

  p += change->at;
  switch (change->size) {
  case 1: memcpy (p, &v8, 1); break;
  case 4: memcpy (p, &v32, 4); break;
  case 8: memcpy (p, &change->value, 8); break;
  default: ck_abort ();
  }
}

START_TEST (changed)
{
  const struct change *change = &changes[_i];
  struct chunk_table table = make ();
  struct error err = { .text = "no error" };
  int r;

  apply (&table, change);
  r = chunk_table_seal (&table, STORED_SIZE, &err);
  if (change->part) {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, change->part);
  }
  else
    ck_assert_msg (r == 0, "%s", err.text);
  chunk_table_clear (&table);
}
END_TEST

static const struct {
  uint32_t plain_len, stored_len;
  bool same_halves, stored;
  const char *part;
} encrypted[] = {
  { 5, 18, false, true, NULL },
  { 5, 5, false, true, "instead of 18" },
  { 15, 18, false, true, NULL },
  { 16, 16, false, true, NULL },
  { 16, 18, false, true, "instead of 16" },
  { 18, 18, false, true, NULL },
  { 4096, 4096, false, true, NULL },
  { 4096, 18, false, false, NULL },
  { 4096, 15, false, false, "15 bytes can not be encrypted" },
  { 4096, 1000, true, false, "both halves" },
  { 16 << 20, 16 << 20, false, true, NULL },
  { (16 << 20) + 1, (16 << 20) + 1, false, true, "can not be encrypted" },
};

START_TEST (encryption)
{
  struct chunk_table table;
  struct error err = { .text = "no error" };
  int r;

  ck_assert_int_eq (chunk_table_init (&table, 1, 0, &err), 0);
  table.chunks[0].context = CHUNK_NO_CONTEXT;
  table.chunks[0].plain_len = encrypted[_i].plain_len;
  table.chunks[0].stored_len = encrypted[_i].stored_len;
  table.chunks[0].codec = encrypted[_i].stored ? CHUNK_STORED : CHUNK_ZSTD;
  table.chunks[0].encrypted = true;
  table.plain_size = 1 << 30;
  memset (table.cipher.key, 7, sizeof table.cipher.key);
  if (!encrypted[_i].same_halves)
    table.cipher.key[31] = 8;
  r = chunk_table_seal (&table, 1 << 30, &err);
  if (encrypted[_i].part) {
    ck_assert_int_eq (r, -1);
    expect_error (&err, EINVAL, encrypted[_i].part);
  }
  else
    ck_assert_msg (r == 0, "%s", err.text);
  chunk_table_clear (&table);
}
END_TEST

START_TEST (nothing)
{
  struct chunk_table table;
  uint32_t plain, stored;
  struct error err;

  ck_assert_int_eq (chunk_table_init (&table, 0, 0, &err), 0);
  table.plain_size = 5;
  ck_assert_int_eq (chunk_table_seal (&table, 0, &err), 0);
  ck_assert_uint_eq (chunk_table_find (&table, 4), 0);
  chunk_table_largest (&table, &plain, &stored);
  ck_assert_uint_eq (plain + stored, 0);
  chunk_table_clear (&table);
}
END_TEST

START_TEST (too_many)
{
  struct chunk_table table;
  struct error err;

  ck_assert_int_eq (chunk_table_init (&table, 5, UINT32_MAX - 5, &err), -1);
  expect_error (&err, EINVAL, "are too many");
  ck_assert_int_eq (chunk_table_init (&table, UINT32_MAX, 0, &err), -1);
  expect_error (&err, EINVAL, "are too many");
}
END_TEST

static uint32_t
naive_find (const struct chunk_table *table, uint64_t plain)
{
  uint32_t i;

  for (i = 0; i < table->n_chunks; ++i)
    if (plain < table->chunks[i].plain_start + table->chunks[i].plain_len)
      break;
  return i;
}

START_TEST (find)
{
  struct chunk_table table;
  struct error err;
  unsigned round;
  uint64_t at, p;
  uint32_t i;

  for (round = 0; round < rounds (200); ++round) {
    ck_assert_int_eq (chunk_table_init (&table, (uint32_t) rnd (30), 0, &err),
                      0);
    for (i = 0, at = 0; i < table.n_chunks; ++i) {
      at += rnd (2) * rnd (20);
      table.chunks[i].plain_start = at;
      table.chunks[i].plain_len = (uint32_t) rnd (20) + 1;
      at += table.chunks[i].plain_len;
    }
    table.plain_size = at + rnd (10) + 1;
    for (p = 0; p < table.plain_size; ++p)
      ck_assert_uint_eq (chunk_table_find (&table, p),
                         naive_find (&table, p));
    chunk_table_clear (&table);
  }
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("chunk_table");

  tcase_add_test (t, good);
  tcase_add_loop_test (t, changed, 0, sizeof changes / sizeof changes[0]);
  tcase_add_loop_test (t, encryption, 0,
                       sizeof encrypted / sizeof encrypted[0]);
  tcase_add_test (t, nothing);
  tcase_add_test (t, too_many);
  tcase_add_test (t, find);
  return tests_run ();
}
