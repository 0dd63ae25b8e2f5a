/* SPDX-License-Identifier: BSD-3-Clause */
/* What is trusted when:
 *
 *   - a unit in the cache was decoded to exactly its length.  A unit that is
 *     one chunk was verified before it got there.
 *   - the chunks of a context are verified one by one, when they are first
 *     read from it: a wrong one must not fail the reads of its neighbours.
 *     `verified_load' has, for each, the serial number of the load whose bytes
 *     were verified; another load of the same unit is another matter.
 *   - a chunk that is stored as it is goes to the client straight from the
 *     file.  To verify it takes all of it; so it is read and verified whole
 *     once, and after that, while the file is unchanged (`verified'), only
 *     what is asked for is read.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "digest.h"
#include "read_order.h"
#include "source_chunked.h"
#include "source_file.h"
#include "verified_set.h"

/* A unit that others keep loading is not tried for ever. */
#define MAX_TRIES 4

struct source_chunked {
  struct source source;         /* first: the two are cast to each other */
  struct source *stored;        /* owned reference */
  struct chunk_table table;     /* owned */
  struct chunk_service service;
  uint32_t id;                  /* in the cache's keys */
  struct verified_set verified; /* of chunks that are stored as they are */
  atomic_uint_least64_t *verified_load; /* owned; NULL without contexts */
  char *name;                   /* owned */
  struct read_order order;
};

static struct source_chunked *
get (struct source *source)
{
  return (struct source_chunked *) source;
}

/* What was read is not what should be there: count it.  Returns -1. */
static int
count_failure (const struct source_chunked *c, const struct error *err)
{
  if (err->errnum != ENOMEM)
    atomic_fetch_add_explicit (&c->service.counters->verify_failures, 1,
                               memory_order_relaxed);
  return -1;
}

/* Does the chunk's data match what there is of it?  Error: EIO. */
static int
compare_sums (const struct source_chunked *c, uint32_t i,
              const uint8_t *plain, struct error *err)
{
  const struct chunk_table *table = &c->table;
  const struct chunk *chunk = &table->chunks[i];
  size_t size = digest_size (table->digest_kind);
  uint8_t digest[DIGEST_MAX];
  uint32_t crc;

  if (!c->service.verify)
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
      return error_set (err, EIO, "%s digest mismatch",
                        digest_name (table->digest_kind));
  }
  return 0;
}

/* Is the chunk's data right?  Error: EIO. */
static int
verify_chunk (const struct source_chunked *c, uint32_t i,
              const uint8_t *plain, struct error *err)
{
  if (compare_sums (c, i, plain, err) == -1)
    return count_failure (c, err);
  return 0;
}

static bool
has_something_to_verify (const struct source_chunked *c, uint32_t i)
{
  const struct chunk *chunk = &c->table.chunks[i];

  return c->service.verify && (chunk->has_crc || chunk->has_digest);
}

/* Name the blob and the chunk; every failure to read is EIO. */
static int
chunk_error (const struct source_chunked *c, uint32_t i, struct error *err)
{
  const struct chunk *chunk = &c->table.chunks[i];

  if (err->errnum != ENOMEM)
    err->errnum = EIO;
  return error_prefix (err, "%s: chunk %" PRIu32 " (bytes %" PRIu64 " to %"
                       PRIu64 ")", c->name, i, chunk->plain_start,
                       chunk->plain_start + chunk->plain_len - 1);
}

/* What to read and decode for a unit. */
struct unit {
  struct source_chunked *c;
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
describe_unit (struct source_chunked *c, uint32_t i, struct unit *ret)
{
  const struct chunk *chunk = &c->table.chunks[i];

  if (chunk->context == CHUNK_NO_CONTEXT)
    *ret = (struct unit) {
      .c = c, .chunk = i, .number = i,
      .stored_start = chunk->stored_start, .stored_len = chunk->stored_len,
      .plain_len = chunk->plain_len, .codec = chunk->codec,
      .encrypted = chunk->encrypted,
    };
  else {
    const struct chunk_context *context = &c->table.contexts[chunk->context];

    *ret = (struct unit) {
      .c = c, .chunk = i, .number = c->table.n_chunks + chunk->context,
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
  struct source_chunked *c = unit->c;
  struct decode_job job = {
    .codec = unit->codec,
    .stored_len = unit->stored_len,
    .plain = buf,
    .plain_len = len,
    .resume = unit->resume,
    .cipher = unit->encrypted ? &c->table.cipher : NULL,
    .maybe_stored = unit->resume != NULL && unit->codec != CHUNK_INFLATE,
  };

  if (unit->resume != NULL && c->table.dictionaries != NULL)
    job.dictionary = c->table.dictionaries + unit->resume->dict_offset;
  job.stored = decoder_buffer (decoder, unit->stored_len, err);
  if (job.stored == NULL ||
      source_pread (c->stored, job.stored, unit->stored_len,
                    unit->stored_start, err) == -1)
    return -1;
  if (decoder_run (decoder, &job, err) == -1)
    return count_failure (c, err);
  atomic_fetch_add_explicit (&c->service.counters->decoded_bytes, len,
                             memory_order_relaxed);
  return 0;
}

static bool
is_stored (const struct chunk *chunk)
{
  return chunk->context == CHUNK_NO_CONTEXT &&
    chunk->codec == CHUNK_STORED && !chunk->encrypted;
}

static int
load_unit (void *opaque, uint8_t *buf, size_t len, struct error *err)
{
  struct unit *unit = opaque;
  struct source_chunked *c = unit->c;
  const struct chunk *chunk = &c->table.chunks[unit->chunk];
  uint64_t before = is_stored (chunk) ? source_stamp (c->stored) : 0;
  struct decoder *decoder = decoder_take (c->service.decoders, err);
  int r;

  unit->loaded = true;
  if (decoder == NULL)
    return -1;
  r = decode_unit (unit, decoder, buf, len, err);
  decoder_give (c->service.decoders, decoder);
  if (r == 0 && unit->number < c->table.n_chunks)
    r = verify_chunk (c, unit->chunk, buf, err);
  if (r == -1)
    return chunk_error (c, unit->chunk, err);
  if (is_stored (chunk))
    verified_set_add (&c->verified, unit->chunk, before,
                      source_stamp (c->stored));
  return 0;
}

/* Is the stored file as it was when chunks were verified? */
static bool
is_unchanged (struct source_chunked *c)
{
  return verified_set_check (&c->verified, source_stamp (c->stored));
}

/* Verify a chunk of a context, unless these very bytes were. */
static int
verify_in_context (struct source_chunked *c, uint32_t i,
                   const struct cache_ref *ref, struct error *err)
{
  const struct chunk *chunk = &c->table.chunks[i];

  if (!has_something_to_verify (c, i) ||
      atomic_load (&c->verified_load[i]) == ref->serial)
    return 0;
  if (verify_chunk (c, i, ref->data + chunk->context_offset, err) == -1)
    return chunk_error (c, i, err);
  atomic_store (&c->verified_load[i], ref->serial);
  return 0;
}

/* Get the unit that a chunk is in, the chunk verified. */
static int
get_unit (struct source_chunked *c, uint32_t i, bool keep,
          struct cache_ref *ret, struct error *err)
{
  bool in_context = c->table.chunks[i].context != CHUNK_NO_CONTEXT;
  struct unit unit;
  int tries;

  for (tries = 0; tries < MAX_TRIES; ++tries) {
    describe_unit (c, i, &unit);
    if (chunk_cache_get (c->service.cache,
                         (struct cache_key) { c->id, unit.number },
                         unit.plain_len, keep, load_unit, &unit, ret,
                         err) == -1)
      return -1;
    if (!in_context || verify_in_context (c, i, ret, err) == 0)
      return 0;
    /* Another chunk's read may have left it in the cache, and the file may
     * have been repaired since: decode it again.
     */
    chunk_cache_drop (c->service.cache, ret);
    if (unit.loaded)
      break;
  }
  return -1;
}

/* [offset, offset+len) of a chunk through the cache. */
static int
read_unit (struct source_chunked *c, uint32_t i, uint32_t offset, size_t len,
           bool keep, void *buf, struct error *err)
{
  const struct chunk *chunk = &c->table.chunks[i];
  struct cache_ref ref;

  if (get_unit (c, i, keep, &ref, err) == -1)
    return -1;
  if (chunk->context != CHUNK_NO_CONTEXT)
    offset += chunk->context_offset;
  memcpy (buf, ref.data + offset, len);
  chunk_cache_put (c->service.cache, &ref);
  return 0;
}

/* [offset, offset+len) of a chunk that is stored as it is. */
static int
read_stored (struct source_chunked *c, uint32_t i, uint32_t offset,
             size_t len, void *buf, struct error *err)
{
  const struct chunk *chunk = &c->table.chunks[i];
  bool to_verify = has_something_to_verify (c, i);
  int r;

  if (!to_verify || verified_set_has (&c->verified, i)) {
    r = source_pread (c->stored, buf, len, chunk->stored_start + offset, err);
    if (r == -1)
      return chunk_error (c, i, err);
    /* Looked at after the read: what was read is what was verified. */
    if (!to_verify || is_unchanged (c))
      return 0;
  }
  /* Loading it verifies it and, if nobody changes the file meanwhile, notes
   * that.
   */
  is_unchanged (c);             /* begin anew with the file as it is now */
  return read_unit (c, i, offset, len, false, buf, err);
}

static int
read_chunk (struct source_chunked *c, uint32_t i, uint32_t offset, size_t len,
            void *buf, struct error *err)
{
  if (is_stored (&c->table.chunks[i]))
    return read_stored (c, i, offset, len, buf, err);
  return read_unit (c, i, offset, len, true, buf, err);
}

/* Called by a thread that decodes ahead. */
static void
load_ahead (struct source *source, uint32_t i)
{
  struct source_chunked *c = get (source);
  struct cache_ref ref;
  struct error ignored;
  struct unit unit;

  describe_unit (c, i, &unit);
  if (chunk_cache_get (c->service.cache,
                       (struct cache_key) { c->id, unit.number },
                       unit.plain_len, true, load_unit, &unit, &ref,
                       &ignored) == 0)
    chunk_cache_put (c->service.cache, &ref);
}

/* Will be read soon.  What is stored as it is need not be decoded. */
static void
push_ahead (struct source_chunked *c, uint32_t i)
{
  const struct chunk *chunk = &c->table.chunks[i];

  if (is_stored (chunk))
    source_prefetch (c->stored, chunk->stored_start, chunk->stored_len);
  else if (c->order.max_chunks > 0 &&
           read_ahead_is_running (c->service.ahead))
    read_ahead_push (c->service.ahead, &c->source, i, load_ahead);
}

/* A read of [offset, end), whose last chunk was `last', is done.  If reads
 * come in order, have the next chunks decoded.
 */
static void
look_ahead (struct source_chunked *c, uint64_t offset, uint64_t end,
            uint32_t last)
{
  uint64_t i, stop;

  if (!read_ahead_is_running (c->service.ahead) ||
      !read_order_next (&c->order, offset, end, last, &i, &stop))
    return;
  for (; i < min_u64 (stop, c->table.n_chunks); ++i)
    push_ahead (c, (uint32_t) i);
}

static int
chunked_pread (struct source *source, void *buf, size_t len, uint64_t offset,
               struct error *err)
{
  struct source_chunked *c = get (source);
  const struct chunk_table *table = &c->table;
  uint64_t start = offset, n;
  uint32_t i = table->n_chunks;
  uint8_t *p = buf;

  if (len > 0)
    i = chunk_table_find (table, offset);
  for (; len > 0; p += n, len -= n, offset += n) {
    const struct chunk *chunk = &table->chunks[i];

    n = len;
    if (i == table->n_chunks || offset < chunk->plain_start) {
      if (i < table->n_chunks)
        n = min_u64 (n, chunk->plain_start - offset);
      memset (p, 0, n);
      continue;
    }
    n = min_u64 (n, chunk->plain_start + chunk->plain_len - offset);
    if (read_chunk (c, i, (uint32_t) (offset - chunk->plain_start), n, p,
                    err) == -1)
      return -1;
    ++i;                        /* unless that was the end anyway */
  }
  if (i > 0)
    look_ahead (c, start, offset, i - 1);
  return 0;
}

static void
chunked_close (struct source *source)
{
  struct source_chunked *c = get (source);

  chunk_table_clear (&c->table);
  source_unref (c->stored);
  verified_set_clear (&c->verified);
  free (c->verified_load);
  free (c->name);
  free (c);
}

/* Have the chunks decoded, as far as there are threads for it. */
static void
chunked_prefetch (struct source *source, uint64_t offset, uint64_t len)
{
  struct source_chunked *c = get (source);
  const struct chunk_table *table = &c->table;
  uint32_t i = len > 0 ? chunk_table_find (table, offset) : table->n_chunks;

  for (; i < table->n_chunks &&
         table->chunks[i].plain_start < offset + len; ++i)
    push_ahead (c, i);
}

static const struct source_ops chunked_ops = {
  .pread = chunked_pread,
  .prefetch = chunked_prefetch,
  .close = chunked_close,
};

struct source *
source_chunked_new (struct source *stored, const char *name,
                    struct chunk_table *table,
                    const struct chunk_service *service, struct error *err)
{
  struct source_chunked *c = calloc (1, sizeof *c);
  uint32_t plain, stored_len;

  if (c == NULL) {
    error_set_errno (err, ENOMEM, "%s", name);
    return NULL;
  }
  c->name = strdup (name);
  if (table->n_contexts > 0)
    c->verified_load = calloc (table->n_chunks, sizeof *c->verified_load);
  if (verified_set_init (&c->verified, table->n_chunks,
                         source_stamp (stored)) == -1 || c->name == NULL ||
      (table->n_contexts > 0 && c->verified_load == NULL)) {
    verified_set_clear (&c->verified);
    free (c->verified_load);
    free (c->name);
    free (c);
    error_set_errno (err, ENOMEM, "%s", name);
    return NULL;
  }
  source_init (&c->source, &chunked_ops, table->plain_size);
  c->stored = source_ref (stored);
  c->table = *table;
  c->service = *service;
  c->id = chunk_cache_new_id (service->cache);
  chunk_table_largest (&c->table, &plain, &stored_len);
  /* Half of the queue: others may be read in order too. */
  read_order_init (&c->order, plain, service->decodes, READ_AHEAD_QUEUE / 2,
                   service->ahead_bytes);
  *table = (struct chunk_table) { 0 };
  return &c->source;
}

const struct chunk_table *
source_chunked_table (const struct source *source)
{
  if (source->ops != &chunked_ops)
    return NULL;
  return &((const struct source_chunked *) source)->table;
}

struct pooled_file *
source_chunked_file (const struct source *source)
{
  while (source->ops == &chunked_ops)
    source = ((const struct source_chunked *) source)->stored;
  return source_file_get (source);
}
