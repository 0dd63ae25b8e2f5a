/* SPDX-License-Identifier: BSD-3-Clause */
/* Real RAFS images: the flat device, made of all chunks, is byte for byte what
 * it should be, and every digest and CRC is right.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "bytes.h"
#include "checked.h"
#include "digest.h"
#include "packing.h"
#include "rafs_image.h"
#include "source_memory.h"
#include "testing.h"

static const char *const names[] = {
  "rafs-batch", "rafs-enc", "rafs-enc-batch", "rafs-estargz-ref", "rafs-lz4",
  "rafs-merged", "rafs-none", "rafs-tar-ref", "rafs-tarfs",
  "rafs-targz-members", "rafs-targz-ref", "rafs-toc", "rafs-zstd",
  "rafs-zstd-4k",
};

static unsigned flips;          /* random bits to flip in each file opened */

static struct source *
open_file (const char *path)
{
  struct source *source;
  struct error err;
  FILE *fp = fopen (path, "r");
  uint8_t *buf;
  unsigned i;
  long len;

  ck_assert_msg (fp != NULL, "%s: can not be opened", path);
  ck_assert_int_eq (fseek (fp, 0, SEEK_END), 0);
  len = ftell (fp);
  rewind (fp);
  buf = malloc ((size_t) len + 1);
  ck_assert_uint_eq (fread (buf, 1, (size_t) len, fp), (size_t) len);
  fclose (fp);
  for (i = 0; i < flips && len > 0; ++i)
    buf[rnd ((uint64_t) len)] ^= (uint8_t) (1u << rnd (8));
  source = source_memory_new (buf, (size_t) len, &err);
  ck_assert_ptr_nonnull (source);
  return source;
}

static struct source *
open_blob_file (const char *folder, const char *name)
{
  char path[1024];

  snprintf (path, sizeof path, "%s/blobs/%s", folder, name);
  return open_file (path);
}

struct counts {
  unsigned chunks, digests, crcs, contexts;
  unsigned rows;                /* of the bootstrap's chunk table */
};

static void
read_unit (struct source *data, struct decoder *decoder,
           const struct chunk_table *table, uint64_t start, uint32_t stored_len,
           enum chunk_codec codec, const struct chunk_context *context,
           bool encrypted, uint8_t *plain, uint32_t plain_len)
{
  struct error err;
  struct decode_job job = {
    .codec = codec,
    .stored = decoder_buffer (decoder, stored_len, &err),
    .stored_len = stored_len,
    .plain = plain,
    .plain_len = plain_len,
    .cipher = encrypted ? &table->cipher : NULL,
  };

  if (context != NULL) {
    job.resume = &context->resume;
    if (context->resume.dict_len > 0)
      job.dictionary = table->dictionaries + context->resume.dict_offset;
    job.maybe_stored = codec != CHUNK_INFLATE;
  }
  ck_assert_int_eq (source_pread (data, job.stored, stored_len, start, &err),
                    0);
  ck_assert_msg (decoder_run (decoder, &job, &err) == 0, "%s", err.text);
}

static void
read_chunk (struct source *data, struct decoder *decoder,
            const struct chunk_table *table, uint32_t i, uint8_t *plain)
{
  const struct chunk *chunk = &table->chunks[i];
  const struct chunk_context *context;
  uint8_t *all;

  if (chunk->context == CHUNK_NO_CONTEXT) {
    read_unit (data, decoder, table, chunk->stored_start, chunk->stored_len,
               (enum chunk_codec) chunk->codec, NULL, chunk->encrypted, plain,
               chunk->plain_len);
    return;
  }
  context = &table->contexts[chunk->context];
  all = malloc (context->plain_len);
  ck_assert_ptr_nonnull (all);
  read_unit (data, decoder, table, context->stored_start, context->stored_len,
             (enum chunk_codec) context->codec, context, context->encrypted,
             all, context->plain_len);
  memcpy (plain, all + chunk->context_offset, chunk->plain_len);
  free (all);
}

static void
verify (const struct chunk_table *table, uint32_t i, const uint8_t *plain,
        struct counts *counts)
{
  const struct chunk *chunk = &table->chunks[i];
  uint8_t digest[DIGEST_MAX];
  size_t size = digest_size (table->digest_kind);

  counts->chunks++;
  if (chunk->has_digest) {
    ck_assert_int_eq (digest_compute (table->digest_kind, plain,
                                      chunk->plain_len, digest), 0);
    ck_assert_msg (memcmp (digest, table->digests + i * size, size) == 0,
                   "digest of chunk %" PRIu32, i);
    counts->digests++;
  }
  if (chunk->has_crc) {
    ck_assert_uint_eq (digest_crc32c (plain, chunk->plain_len),
                       table->crcs[i]);
    counts->crcs++;
  }
}

/* Paste blob i's plain bytes. */
static void
paste (const char *folder, struct rafs_image *image, uint32_t i,
       uint8_t *flat, uint64_t room, struct decoder *decoder,
       struct counts *counts)
{
  const struct rafs_blob *blob = &image->rafs.blobs[i];
  struct source *data = open_blob_file (folder, blob->id), *meta = NULL;
  char meta_name[RAFS_ID_SIZE + 1];
  struct chunk_table table;
  struct error err;
  bool is_raw;
  uint32_t k;

  if (rafs_blob_is_separate (blob)) {
    ck_assert (rafs_blob_meta_name (blob, meta_name));
    meta = open_blob_file (folder, meta_name);
  }
  ck_assert_msg (rafs_image_open_blob (image, i, data, meta, decoder, &is_raw,
                                       &table, &err) == 0, "%s", err.text);
  ck_assert_int_eq (is_raw, rafs_blob_is_raw (blob));
  if (is_raw)
    ck_assert_int_eq (source_pread (data, flat, min_u64 (data->size, room), 0,
                                    &err), 0);
  else {
    ck_assert_uint_eq (table.plain_size, room);
    for (k = 0; k < table.n_chunks; ++k) {
      read_chunk (data, decoder, &table, k, flat + table.chunks[k].plain_start);
      verify (&table, k, flat + table.chunks[k].plain_start, counts);
    }
    counts->contexts += table.n_contexts;
    counts->rows = (unsigned) image->digests.n_rows;
    chunk_table_clear (&table);
  }
  source_unref (data);
  source_unref (meta);
}

static uint8_t *
flatten (const char *folder, uint64_t *ret_len, struct counts *counts)
{
  struct bootstrap bootstrap;
  struct decoder_pool *pool;
  struct rafs_image image;
  struct decoder *decoder;
  struct source *source;
  uint64_t start, len, end;
  char path[1024];
  struct error err;
  uint8_t *flat;
  uint32_t i;

  snprintf (path, sizeof path, "%s/bootstrap", folder);
  source = open_file (path);
  ck_assert_msg (bootstrap_read (source, &bootstrap, &err) == 0, "%s",
                 err.text);
  ck_assert (rafs_is_rafs (&bootstrap.sb));
  ck_assert_msg (rafs_image_read (source, &bootstrap.sb, &bootstrap.table,
                                  &image, &err) == 0, "%s", err.text);
  end = source->size;
  for (i = 0; i < bootstrap.table.count; ++i) {
    ck_assert_int_eq (device_table_range (&bootstrap.table, i, &start, &len,
                                          &err), 0);
    end = max_u64 (end, start + len);
  }
  end = (end + 4095) / 4096 * 4096;
  flat = calloc (1, end);
  ck_assert_ptr_nonnull (flat);
  ck_assert_int_eq (source_pread (source, flat, source->size, 0, &err), 0);

  pool = decoder_pool_new (&err);
  decoder = decoder_take (pool, &err);
  for (i = 0; i < bootstrap.table.count; ++i) {
    ck_assert_int_eq (device_table_range (&bootstrap.table, i, &start, &len,
                                          &err), 0);
    paste (folder, &image, i, flat + start, len, decoder, counts);
  }
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
  rafs_image_clear (&image);
  bootstrap_clear (&bootstrap);
  source_unref (source);
  *ret_len = end;
  return flat;
}

START_TEST (vector)
{
  struct counts counts = { 0, 0, 0, 0, 0 };
  char folder[512], path[1024], wanted[65], hex[65];
  uint8_t digest[DIGEST_MAX], *flat;
  uint64_t len, wanted_len;
  FILE *fp;

  snprintf (folder, sizeof folder, "%s", test_data (names[_i]));
  snprintf (path, sizeof path, "%s/flat.sha256", folder);
  fp = fopen (path, "r");
  ck_assert_ptr_nonnull (fp);
  ck_assert_int_eq (fscanf (fp, "%64s %" SCNu64, wanted, &wanted_len), 2);
  fclose (fp);

  flat = flatten (folder, &len, &counts);
  ck_assert_int_eq (digest_compute (DIGEST_SHA256, flat, len, digest), 0);
  bytes_hex ((struct bytes) { digest, 32 }, hex);
  printf ("%s: %u chunks, %u digests, %u CRCs, %u contexts\n", names[_i],
          counts.chunks, counts.digests, counts.crcs, counts.contexts);
  ck_assert_uint_eq (len, wanted_len);
  ck_assert_str_eq (hex, wanted);
  /* Both are there for every chunk that some file needs. */
  ck_assert_uint_ge (counts.digests, counts.rows);
  ck_assert_uint_ge (counts.crcs, counts.rows);
  free (flat);
}
END_TEST

/* Open everything that can be opened.  Returns how many blobs were. */
static unsigned
try_open (const char *folder, const struct rafs *right)
{
  struct source *source, *data, *meta;
  struct decoder_pool *pool;
  struct bootstrap bootstrap;
  struct rafs_image image;
  struct decoder *decoder;
  struct chunk_table table;
  char path[1024], name[RAFS_ID_SIZE + 1];
  unsigned opened = 0;
  struct error err;
  bool is_raw;
  uint32_t i;

  snprintf (path, sizeof path, "%s/bootstrap", folder);
  source = open_file (path);
  if (bootstrap_read (source, &bootstrap, &err) == -1) {
    source_unref (source);
    return 0;
  }
  pool = decoder_pool_new (&err);
  decoder = decoder_take (pool, &err);
  if (rafs_image_read (source, &bootstrap.sb, &bootstrap.table, &image,
                       &err) == 0) {
    for (i = 0; i < image.rafs.n_blobs && i < right->n_blobs; ++i) {
      data = open_blob_file (folder, right->blobs[i].id);
      meta = rafs_blob_meta_name (&right->blobs[i], name) ?
        open_blob_file (folder, name) : NULL;
      if (rafs_image_open_blob (&image, i, data, meta, decoder, &is_raw,
                                &table, &err) == 0) {
        ++opened;
        if (!is_raw)
          chunk_table_clear (&table);
      }
      source_unref (data);
      source_unref (meta);
    }
    rafs_image_clear (&image);
  }
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
  bootstrap_clear (&bootstrap);
  source_unref (source);
  return opened;
}

/* Damaged files are refused, or taken if what is damaged does not matter; the
 * program lives (under the sanitizers too).
 */
START_TEST (damage)
{
  struct bootstrap bootstrap;
  struct rafs_image image;
  struct source *source;
  unsigned n, taken = 0;
  char folder[512], path[1024];
  struct error err;

  snprintf (folder, sizeof folder, "%s", test_data (names[_i]));
  snprintf (path, sizeof path, "%s/bootstrap", folder);
  flips = 0;
  source = open_file (path);
  ck_assert_int_eq (bootstrap_read (source, &bootstrap, &err), 0);
  ck_assert_int_eq (rafs_image_read (source, &bootstrap.sb, &bootstrap.table,
                                     &image, &err), 0);
  for (n = 0; n < rounds (300); ++n) {
    flips = 1 + n % 30;
    taken += try_open (folder, &image.rafs);
  }
  printf ("%s: %u of %u damaged blobs opened\n", names[_i], taken,
          n * image.rafs.n_blobs);
  rafs_image_clear (&image);
  bootstrap_clear (&bootstrap);
  source_unref (source);
}
END_TEST

#define N ((int) (sizeof names / sizeof names[0]))

int
main (void)
{
  TCase *t = tests_begin ("rafs_vectors");

  tcase_add_loop_test (t, vector, 0, N);
  tcase_add_loop_test (t, damage, 0, N);
  return tests_run ();
}
