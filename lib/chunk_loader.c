/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "chunk_loader.h"
#include "digest.h"

/* A unit that others keep loading is not tried for ever. */
#define MAX_TRIES 4

int
chunk_loader_init (struct chunk_loader *l, struct source *stored,
                   const char *name, struct chunk_table *table,
                   const struct chunk_service *service, struct error *err)
{
  *l = (struct chunk_loader) { .name = strdup (name) };
  if (table->n_contexts > 0)
    l->verified_load = calloc (table->n_chunks, sizeof *l->verified_load);
  if (verified_set_init (&l->verified, table->n_chunks,
                         source_stamp (stored)) == -1 || l->name == NULL ||
      (table->n_contexts > 0 && l->verified_load == NULL)) {
    verified_set_clear (&l->verified);
    free (l->verified_load);
    free (l->name);
    return error_set_errno (err, ENOMEM, "%s", name);
  }
  l->stored = source_ref (stored);
  l->table = *table;
  l->service = *service;
  l->id = chunk_cache_new_id (service->cache);
  *table = (struct chunk_table) { 0 };
  return 0;
}

void
chunk_loader_clear (struct chunk_loader *l)
{
  chunk_table_clear (&l->table);
  source_unref (l->stored);
  verified_set_clear (&l->verified);
  free (l->verified_load);
  free (l->name);
}

/* What was read is not what should be there: count it.  Returns -1. */
static int
count_failure (const struct chunk_loader *l, const struct error *err)
{
  if (err->errnum != ENOMEM)
    atomic_fetch_add_explicit (&l->service.counters->verify_failures, 1,
                               memory_order_relaxed);
  return -1;
}

/* Returns -1. */
static int
digest_mismatch (enum digest_kind kind, const uint8_t *found,
                 const uint8_t *expected, struct error *err)
{
  char found_text[2 * DIGEST_MAX + 1], expected_text[2 * DIGEST_MAX + 1];
  const size_t size = digest_size (kind);

  bytes_hex ((struct bytes) { found, size }, found_text);
  bytes_hex ((struct bytes) { expected, size }, expected_text);
  return error_set (err, EIO, "%s digest mismatch: found %s, expected %s",
                    digest_name (kind), found_text, expected_text);
}

/* Does the chunk's data match what there is of it?  Error: EIO. */
static int
compare_sums (const struct chunk_loader *l, uint32_t i,
              const uint8_t *plain, struct error *err)
{
  const struct chunk_table *table = &l->table;
  const struct chunk *chunk = &table->chunks[i];
  size_t size = digest_size (table->digest_kind);
  uint8_t digest[DIGEST_MAX] = { 0 };
  uint32_t crc;

  if (!l->service.verify)
    return 0;
  if (chunk->has_crc) {
    crc = digest_crc32c (plain, chunk->plain_len);
    if (crc != table->crcs[i])
      return error_set (err, EIO, "CRC-32C mismatch: found 0x%08" PRIx32
                        ", expected 0x%08" PRIx32, crc, table->crcs[i]);
  }
  if (chunk->has_digest) {
    if (digest_compute (table->digest_kind, plain, chunk->plain_len,
                        digest) == -1)
      return error_set (err, EIO, "%s digest could not be computed",
                        digest_name (table->digest_kind));
    if (memcmp (digest, table->digests + i * size, size) != 0)
      return digest_mismatch (table->digest_kind, digest,
                              table->digests + i * size, err);
  }
  return 0;
}

/* Is the chunk's data right?  Error: EIO. */
static int
verify_chunk (const struct chunk_loader *l, uint32_t i,
              const uint8_t *plain, struct error *err)
{
  if (compare_sums (l, i, plain, err) == -1)
    return count_failure (l, err);
  return 0;
}

static bool
has_something_to_verify (const struct chunk_loader *l, uint32_t i)
{
  const struct chunk *chunk = &l->table.chunks[i];

  return l->service.verify && (chunk->has_crc || chunk->has_digest);
}

/* Every failure to read is EIO. */
int
chunk_loader_error (const struct chunk_loader *l, uint32_t i,
                    struct error *err)
{
  const struct chunk *chunk = &l->table.chunks[i];

  if (err->errnum != ENOMEM)
    err->errnum = EIO;
  return error_prefix (err, "%s: chunk %" PRIu32 " (bytes %" PRIu64 " to %"
                       PRIu64 ")", l->name, i, chunk->plain_start,
                       chunk->plain_start + chunk->plain_len - 1);
}

/* What to read and decode for a unit. */
struct unit {
  struct chunk_loader *loader;
  uint32_t chunk;               /* the one that is wanted */
  uint32_t number;
  uint64_t stored_start;
  uint32_t stored_len, plain_len;
  const struct chunk_resume *resume;
  enum chunk_codec codec;
  bool encrypted;
  bool loaded;                  /* for this read, not for another one */
};

static void
describe_unit (struct chunk_loader *l, uint32_t i, struct unit *ret)
{
  const struct chunk *chunk = &l->table.chunks[i];

  if (chunk->context == CHUNK_NO_CONTEXT)
    *ret = (struct unit) {
      .loader = l, .chunk = i, .number = i,
      .stored_start = chunk->stored_start, .stored_len = chunk->stored_len,
      .plain_len = chunk->plain_len, .codec = chunk->codec,
      .encrypted = chunk->encrypted,
    };
  else {
    const struct chunk_context *context = &l->table.contexts[chunk->context];

    *ret = (struct unit) {
      .loader = l, .chunk = i, .number = l->table.n_chunks + chunk->context,
      .stored_start = context->stored_start,
      .stored_len = context->stored_len, .plain_len = context->plain_len,
      .codec = context->codec, .encrypted = context->encrypted,
      .resume = &context->resume,
    };
  }
}

static int
decode_unit (const struct unit *unit, struct decoder *decoder, uint8_t *buf,
             size_t len, struct error *err)
{
  struct chunk_loader *l = unit->loader;
  struct decode_job job = {
    .codec = unit->codec,
    .stored_len = unit->stored_len,
    .plain = buf,
    .plain_len = len,
    .resume = unit->resume,
    .cipher = unit->encrypted ? &l->table.cipher : NULL,
    .maybe_stored = unit->resume != NULL && unit->codec != CHUNK_INFLATE,
  };

  if (unit->resume != NULL && l->table.dictionaries != NULL)
    job.dictionary = l->table.dictionaries + unit->resume->dict_offset;
  job.stored = decoder_buffer (decoder, unit->stored_len, err);
  if (job.stored == NULL ||
      source_pread (l->stored, job.stored, unit->stored_len,
                    unit->stored_start, err) == -1)
    return -1;
  if (decoder_run (decoder, &job, err) == -1)
    return count_failure (l, err);
  atomic_fetch_add_explicit (&l->service.counters->decoded_bytes, len,
                             memory_order_relaxed);
  return 0;
}

static int
load_unit (void *opaque, uint8_t *buf, size_t len, struct error *err)
{
  struct unit *unit = opaque;
  struct chunk_loader *l = unit->loader;
  const struct chunk *chunk = &l->table.chunks[unit->chunk];
  uint64_t before = chunk_is_stored (chunk) ? source_stamp (l->stored) : 0;
  struct decoder *decoder = decoder_take (l->service.decoders, err);
  int r;

  unit->loaded = true;
  if (decoder == NULL)
    return -1;
  r = decode_unit (unit, decoder, buf, len, err);
  decoder_give (l->service.decoders, decoder);
  if (r == 0 && unit->number < l->table.n_chunks)
    r = verify_chunk (l, unit->chunk, buf, err);
  if (r == -1)
    return chunk_loader_error (l, unit->chunk, err);
  if (chunk_is_stored (chunk))
    verified_set_add (&l->verified, unit->chunk, before,
                      source_stamp (l->stored));
  return 0;
}

/* Describe the unit of chunk i, and get it from the cache or load it. */
static int
get_from_cache (struct chunk_loader *l, uint32_t i, bool keep,
                struct unit *unit, struct cache_ref *ret, struct error *err)
{
  describe_unit (l, i, unit);
  return chunk_cache_get (l->service.cache,
                          (struct cache_key) { l->id, unit->number },
                          unit->plain_len, keep, load_unit, unit, ret, err);
}

/* Verify a chunk of a context, unless these very bytes were. */
static int
verify_in_context (struct chunk_loader *l, uint32_t i,
                   const struct cache_ref *ref, struct error *err)
{
  const struct chunk *chunk = &l->table.chunks[i];

  if (!has_something_to_verify (l, i) ||
      atomic_load (&l->verified_load[i]) == ref->serial)
    return 0;
  if (verify_chunk (l, i, ref->data + chunk->context_offset, err) == -1)
    return chunk_loader_error (l, i, err);
  atomic_store (&l->verified_load[i], ref->serial);
  return 0;
}

/* Get the unit that a chunk is in, the chunk verified. */
static int
get_unit (struct chunk_loader *l, uint32_t i, bool keep,
          struct cache_ref *ret, struct error *err)
{
  bool in_context = l->table.chunks[i].context != CHUNK_NO_CONTEXT;
  struct unit unit;
  int tries;

  for (tries = 0; tries < MAX_TRIES; ++tries) {
    if (get_from_cache (l, i, keep, &unit, ret, err) == -1)
      return -1;
    if (!in_context || verify_in_context (l, i, ret, err) == 0)
      return 0;
    /* Another chunk's read may have left it in the cache, and the file may
     * have been repaired since: decode it again.
     */
    chunk_cache_drop (l->service.cache, ret);
    if (unit.loaded)
      break;
  }
  return -1;
}

/* [offset, offset+len) of a chunk through the cache. */
static int
read_unit (struct chunk_loader *l, uint32_t i, uint32_t offset, size_t len,
           bool keep, void *buf, struct error *err)
{
  const struct chunk *chunk = &l->table.chunks[i];
  struct cache_ref ref;

  if (get_unit (l, i, keep, &ref, err) == -1)
    return -1;
  if (chunk->context != CHUNK_NO_CONTEXT)
    offset += chunk->context_offset;
  memcpy (buf, ref.data + offset, len);
  chunk_cache_put (l->service.cache, &ref);
  return 0;
}

/* [offset, offset+len) of a chunk that is stored as it is. */
static int
read_stored (struct chunk_loader *l, uint32_t i, uint32_t offset,
             size_t len, void *buf, struct error *err)
{
  const struct chunk *chunk = &l->table.chunks[i];
  bool to_verify = has_something_to_verify (l, i);
  uint64_t before = to_verify ? source_stamp (l->stored) : 0;

  if (!to_verify || verified_set_has (&l->verified, i, before)) {
    if (source_pread (l->stored, buf, len, chunk->stored_start + offset,
                      err) == -1)
      return chunk_loader_error (l, i, err);
    /* The same before and after: what was read is what was verified. */
    if (!to_verify || source_stamp (l->stored) == before)
      return 0;
  }
  /* Loading it verifies it and, if nobody changes the file meanwhile, notes
   * that.  Where that cannot be told, what was verified is kept.
   */
  return read_unit (l, i, offset, len,
                    to_verify && before == SOURCE_STAMP_UNKNOWN, buf, err);
}

int
chunk_loader_read (struct chunk_loader *l, uint32_t i, uint32_t offset,
                   size_t len, void *buf, struct error *err)
{
  if (chunk_is_stored (&l->table.chunks[i]))
    return read_stored (l, i, offset, len, buf, err);
  return read_unit (l, i, offset, len, true, buf, err);
}

void
chunk_loader_load (struct chunk_loader *l, uint32_t i)
{
  struct cache_ref ref;
  struct error ignored;
  struct unit unit;

  if (get_from_cache (l, i, true, &unit, &ref, &ignored) == 0)
    chunk_cache_put (l->service.cache, &ref);
}
