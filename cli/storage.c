/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "decoder_zstd.h"
#include "digest.h"
#include "storage.h"

static const char *const codec_names[] = {
  [CHUNK_STORED] = "none",
  [CHUNK_ZSTD] = "zstd",
  [CHUNK_LZ4] = "lz4",
  [CHUNK_GZIP] = "gzip",
  [CHUNK_INFLATE] = "gzip",
};

#define N_CODECS (sizeof codec_names / sizeof codec_names[0])

/* Add a name behind a "+", once. */
static void
add_name (char names[STORAGE_NAMES_MAX], const char *name)
{
  size_t n = strlen (names);

  if (strstr (names, name) == NULL)
    snprintf (names + n, STORAGE_NAMES_MAX - n, "%s%s", n > 0 ? "+" : "",
              name);
}

/* What the chunks are: codecs, digests, and the bytes that they take, those
 * that are stored together counted once.
 */
struct sums {
  bool codecs[N_CODECS];
  bool has_digest, has_crc, encrypted;
  uint64_t stored;
};

static void
add_unit (struct sums *sums, uint8_t codec, uint32_t stored_len,
          bool encrypted)
{
  if (codec < N_CODECS)
    sums->codecs[codec] = true;
  sums->stored += stored_len;
  sums->encrypted |= encrypted;
}

static struct sums
add_up (const struct chunk_table *table)
{
  struct sums sums = { .stored = 0 };
  uint32_t i;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct chunk *chunk = &table->chunks[i];

    if (chunk->context == CHUNK_NO_CONTEXT)
      add_unit (&sums, chunk->codec, chunk->stored_len, chunk->encrypted);
    sums.has_digest |= chunk->has_digest;
    sums.has_crc |= chunk->has_crc;
  }
  for (i = 0; i < table->n_contexts; ++i) {
    const struct chunk_context *context = &table->contexts[i];

    add_unit (&sums, context->codec, context->stored_len, context->encrypted);
  }
  return sums;
}

/* How many frames have a checksum of their own.  One that can not be read is
 * not counted.
 */
static uint32_t
count_checksums (const struct chunk_loader *loader)
{
  const struct chunk_table *table = &loader->table;
  uint8_t head[ZSTD_FRAME_HEAD];
  struct error err;
  uint32_t i, n = 0;

  for (i = 0; i < table->n_chunks; ++i)
    n += table->chunks[i].stored_len >= sizeof head &&
      source_pread (loader->stored, head, sizeof head,
                    table->chunks[i].stored_start, &err) == 0 &&
      zstd_frame_has_checksum (head);
  return n;
}

static void
describe_frames (const struct chunk_loader *loader, struct storage *ret)
{
  uint32_t n = count_checksums (loader);

  if (n > 0)
    add_name (ret->digest, n == loader->table.n_chunks ? "zstd" :
              "zstd-partly");
}

static void
describe_chunks (const struct chunk_loader *loader, struct storage *ret)
{
  const struct chunk_table *table = &loader->table;
  struct sums sums = add_up (table);
  size_t i;

  ret->format = table->format;
  ret->chunks = table->n_chunks;
  ret->stored_size = sums.stored;
  ret->plain_size = table->plain_size;
  ret->encrypted = sums.encrypted;
  for (i = 0; i < N_CODECS; ++i)
    if (sums.codecs[i])
      add_name (ret->compressor, codec_names[i]);
  if (sums.has_digest)
    add_name (ret->digest, digest_name (table->digest_kind));
  if (sums.has_crc)
    add_name (ret->digest, "crc32c");
  if (strcmp (table->format, "zstd-seekable") == 0)
    describe_frames (loader, ret);
}

struct storage
storage_of_blob (const struct blob *blob)
{
  const struct chunk_loader *loader = source_chunked_loader (blob->source);
  struct storage storage = { .format = "raw" };

  if (loader != NULL)
    describe_chunks (loader, &storage);
  else
    storage.stored_size = storage.plain_size = blob_available (blob);
  if (storage.compressor[0] == '\0')
    add_name (storage.compressor, "none");
  if (storage.digest[0] == '\0')
    add_name (storage.digest, "none");
  return storage;
}

void
storage_put_json (const struct storage *storage, struct json *json)
{
  json_string (json, "format", storage->format);
  json_string (json, "compressor", storage->compressor);
  json_bool (json, "encrypted", storage->encrypted);
  json_u64 (json, "chunks", storage->chunks);
  json_u64 (json, "stored_size", storage->stored_size);
  json_u64 (json, "plain_size", storage->plain_size);
  json_string (json, "digest", storage->digest);
}
