/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "chunk_table.h"

/* An XTS data unit is at least one AES block; shorter ones are padded. */
#define XTS_BLOCK 16
#define XTS_PADDED 18

int
chunk_table_init (struct chunk_table *table, uint32_t n_chunks,
                  uint32_t n_contexts, struct error *err)
{
  memset (table, 0, sizeof *table);
  if (n_contexts >= UINT32_MAX - n_chunks)
    return error_set (err, EINVAL, "%" PRIu32 " chunks and %" PRIu32
                      " contexts are too many", n_chunks, n_contexts);

  table->chunks = calloc ((size_t) n_chunks + 1, sizeof *table->chunks);
  table->contexts = calloc ((size_t) n_contexts + 1, sizeof *table->contexts);
  if (table->chunks == NULL || table->contexts == NULL) {
    chunk_table_clear (table);
    return error_set_errno (err, ENOMEM, "table of %" PRIu32 " chunks",
                            n_chunks);
  }
  table->n_chunks = n_chunks;
  table->n_contexts = n_contexts;
  return 0;
}

void
chunk_table_clear (struct chunk_table *table)
{
  free (table->chunks);
  free (table->contexts);
  free (table->dictionaries);
  free (table->digests);
  free (table->crcs);
  memset (table, 0, sizeof *table);
}

/* What is decoded as one, whether chunk or context. */
struct unit {
  uint64_t stored_start;
  uint32_t stored_len, plain_len;
  uint8_t codec;
  bool encrypted;
};

static int
check_plain_len (uint32_t plain_len, struct error *err)
{
  if (plain_len == 0)
    return error_set (err, EINVAL, "it is empty");
  if (plain_len > CHUNK_UNIT_MAX)
    return error_set (err, EINVAL, "its %" PRIu32 " bytes are more than the "
                      "limit of %u", plain_len, CHUNK_UNIT_MAX);
  return 0;
}

static int
check_encrypted (const struct unit *unit, const struct chunk_cipher *cipher,
                 struct error *err)
{
  if (unit->codec == CHUNK_INFLATE)
    return error_set (err, EINVAL, "a checkpoint's data can not be encrypted");
  if (unit->stored_len < XTS_BLOCK || unit->stored_len > CHUNK_ENCRYPTED_MAX)
    return error_set (err, EINVAL, "%" PRIu32 " bytes can not be encrypted",
                      unit->stored_len);
  /* The mode is broken then, and libraries refuse it. */
  if (memcmp (cipher->key, cipher->key + 16, 16) == 0)
    return error_set (err, EINVAL, "both halves of the key are the same");
  return 0;
}

/* How many bytes an uncompressed unit has in the file. */
static uint32_t
stored_len_of (const struct unit *unit)
{
  if (unit->encrypted && unit->plain_len < XTS_BLOCK)
    return XTS_PADDED;
  return unit->plain_len;
}

static int
check_unit (const struct unit *unit, const struct chunk_table *table,
            uint64_t stored_size, struct error *err)
{
  uint64_t end;

  if (check_plain_len (unit->plain_len, err) == -1)
    return -1;
  if (unit->stored_len == 0)
    return error_set (err, EINVAL, "nothing is stored of it");
  if (unit->stored_len > CHUNK_STORED_MAX)
    return error_set (err, EINVAL, "its %" PRIu32 " stored bytes are more "
                      "than the limit of %u", unit->stored_len,
                      CHUNK_STORED_MAX);
  if (!checked_add (unit->stored_start, unit->stored_len, &end) ||
      end > stored_size)
    return error_set (err, EINVAL, "%" PRIu32 " bytes at %" PRIu64
                      " are beyond the end of the file, which has %" PRIu64,
                      unit->stored_len, unit->stored_start, stored_size);
  if (unit->codec > CHUNK_INFLATE)
    return error_set (err, EINVAL, "its compression %u is not known",
                      unit->codec);
  if (unit->codec == CHUNK_STORED && unit->stored_len != stored_len_of (unit))
    return error_set (err, EINVAL, "it is not compressed, but has %" PRIu32
                      " stored bytes instead of %" PRIu32,
                      unit->stored_len, stored_len_of (unit));
  if (unit->encrypted)
    return check_encrypted (unit, &table->cipher, err);
  return 0;
}

static int
check_resume (const struct chunk_table *table, const struct chunk_resume *r,
              struct error *err)
{
  uint64_t end;

  if (r->bits > 7)
    return error_set (err, EINVAL, "%u bits of a byte", r->bits);
  if (r->from > CHUNK_RESUME_MEMBER ||
      (r->from == CHUNK_RESUME_MEMBER && r->bits != 0))
    return error_set (err, EINVAL, "no place to begin");
  if (r->end > CHUNK_RESUME_LAST)
    return error_set (err, EINVAL, "no place to end");
  if (r->dict_len > CHUNK_DICTIONARY_MAX)
    return error_set (err, EINVAL, "its dictionary of %" PRIu32
                      " bytes is longer than %u", r->dict_len,
                      CHUNK_DICTIONARY_MAX);
  if (!checked_add (r->dict_offset, r->dict_len, &end) ||
      end > table->dictionaries_len)
    return error_set (err, EINVAL, "its dictionary at %" PRIu64
                      " is beyond the end of the %zu bytes of dictionaries",
                      r->dict_offset, table->dictionaries_len);
  return 0;
}

static int
check_context (const struct chunk_table *table, uint32_t i,
               uint64_t stored_size, struct error *err)
{
  const struct chunk_context *c = &table->contexts[i];
  const struct unit unit = {
    .stored_start = c->stored_start,
    .stored_len = c->stored_len,
    .plain_len = c->plain_len,
    .codec = c->codec,
    .encrypted = c->encrypted,
  };

  if (check_unit (&unit, table, stored_size, err) == -1 ||
      (c->codec == CHUNK_INFLATE &&
       check_resume (table, &c->resume, err) == -1))
    return error_prefix (err, "context %" PRIu32, i);
  return 0;
}

/* A chunk that is a unit of its own. */
static int
check_lone (const struct chunk_table *table, const struct chunk *c,
            uint64_t stored_size, struct error *err)
{
  const struct unit unit = {
    .stored_start = c->stored_start,
    .stored_len = c->stored_len,
    .plain_len = c->plain_len,
    .codec = c->codec,
    .encrypted = c->encrypted,
  };

  if (c->codec == CHUNK_INFLATE)
    return error_set (err, EINVAL, "it has no context to begin from");
  return check_unit (&unit, table, stored_size, err);
}

static int
check_in_context (const struct chunk_table *table, const struct chunk *c,
                  struct error *err)
{
  uint64_t end;

  if (check_plain_len (c->plain_len, err) == -1)
    return -1;
  if (c->context >= table->n_contexts)
    return error_set (err, EINVAL, "it is in context %" PRIu32 " of %" PRIu32,
                      c->context, table->n_contexts);
  if (!checked_add (c->context_offset, c->plain_len, &end) ||
      end > table->contexts[c->context].plain_len)
    return error_set (err, EINVAL, "%" PRIu32 " bytes at %" PRIu32
                      " are beyond the end of context %" PRIu32
                      ", which has %" PRIu32, c->plain_len, c->context_offset,
                      c->context, table->contexts[c->context].plain_len);
  return 0;
}

/* `end' is where the chunk before it ended; moved on. */
static int
check_place (const struct chunk *c, uint64_t plain_size, uint64_t *end,
             struct error *err)
{
  uint64_t my_end;

  if (c->plain_start < *end)
    return error_set (err, EINVAL, "it starts at %" PRIu64 ", before the end "
                      "of the one before, %" PRIu64, c->plain_start, *end);
  if (!checked_add (c->plain_start, c->plain_len, &my_end) ||
      my_end > plain_size)
    return error_set (err, EINVAL, "%" PRIu32 " bytes at %" PRIu64
                      " are beyond the end of the %" PRIu64 " plain bytes",
                      c->plain_len, c->plain_start, plain_size);
  *end = my_end;
  return 0;
}

int
chunk_table_seal (struct chunk_table *table, uint64_t stored_size,
                  struct error *err)
{
  uint64_t end = 0;
  uint32_t i;
  int r;

  for (i = 0; i < table->n_contexts; ++i)
    if (check_context (table, i, stored_size, err) == -1)
      return -1;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *c = &table->chunks[i];

    /* These are the parser's, not the file's. */
    assert (!c->has_digest || table->digests != NULL);
    assert (!c->has_crc || table->crcs != NULL);

    r = c->context == CHUNK_NO_CONTEXT ?
      check_lone (table, c, stored_size, err) :
      check_in_context (table, c, err);
    if (r == -1 || check_place (c, table->plain_size, &end, err) == -1)
      return error_prefix (err, "chunk %" PRIu32, i);
  }
  return 0;
}

uint32_t
chunk_table_find (const struct chunk_table *table, uint64_t plain)
{
  uint32_t low = 0, high = table->n_chunks, mid;

  while (low < high) {
    const struct chunk *c;

    mid = low + (high - low) / 2;
    c = &table->chunks[mid];
    if (c->plain_start + c->plain_len > plain)
      high = mid;
    else
      low = mid + 1;
  }
  return low;
}

void
chunk_table_largest (const struct chunk_table *table, uint32_t *ret_plain,
                     uint32_t *ret_stored)
{
  uint32_t plain = 0, stored = 0, i;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *c = &table->chunks[i];

    if (c->context != CHUNK_NO_CONTEXT)
      continue;
    if (c->plain_len > plain)
      plain = c->plain_len;
    if (c->stored_len > stored)
      stored = c->stored_len;
  }
  for (i = 0; i < table->n_contexts; ++i) {
    const struct chunk_context *c = &table->contexts[i];

    if (c->plain_len > plain)
      plain = c->plain_len;
    if (c->stored_len > stored)
      stored = c->stored_len;
  }
  *ret_plain = plain;
  *ret_stored = stored;
}
