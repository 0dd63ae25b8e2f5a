/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "cleanup.h"
#include "digest.h"
#include "rafs_image.h"
#include "rafs_meta.h"
#include "rafs_tail.h"

/* The chunk table is read in pieces of so many rows (80 KiB). */
#define ROWS_AT_ONCE 1024

/* Blocks of deflate are longer than this on the whole, whatever they hold. */
#define DEFLATE_BLOCK_MIN 64

static int
read_head (struct source *bootstrap, const struct superblock *sb,
           struct rafs *ret, struct error *err)
{
  uint8_t buf[RAFS_HEAD_SIZE];
  const struct bytes head = { .ptr = buf, .len = sizeof buf };

  if (bootstrap->size < RAFS_HEAD_OFFSET + RAFS_HEAD_SIZE)
    return error_set (err, EINVAL,
                      "RAFS: the bootstrap has %" PRIu64 " bytes, at least %d "
                      "expected", bootstrap->size,
                      RAFS_HEAD_OFFSET + RAFS_HEAD_SIZE);
  if (source_pread (bootstrap, buf, sizeof buf, RAFS_HEAD_OFFSET, err) == -1)
    return -1;
  return rafs_parse_head (head, sb, bootstrap->size, ret, err);
}

static int
read_blobs (struct source *bootstrap, const struct device_table *table,
            struct rafs *rafs, struct error *err)
{
  struct bytes raw = { .len = (size_t) rafs->blob_table_len };
  CLEANUP_FREE uint8_t *buf = malloc (raw.len + 1);

  if (buf == NULL)
    return error_set_errno (err, ENOMEM, "blob table");
  raw.ptr = buf;
  if (source_pread (bootstrap, buf, raw.len, rafs->blob_table_offset,
                    err) == -1)
    return -1;
  return rafs_parse_blobs (raw, table, rafs, err);
}

static int
read_digests (struct source *bootstrap, const struct rafs *rafs,
              struct rafs_digests *digests, struct error *err)
{
  uint64_t done, left = rafs->chunk_table_len;
  CLEANUP_FREE uint8_t *buf = malloc (ROWS_AT_ONCE * RAFS_CHUNK_ROW_SIZE);
  struct bytes rows = { .ptr = buf };

  if (buf == NULL)
    return error_set_errno (err, ENOMEM, "chunk table");
  for (done = 0; left > 0; done += rows.len, left -= rows.len) {
    rows.len = (size_t) min_u64 (left, ROWS_AT_ONCE * RAFS_CHUNK_ROW_SIZE);
    if (source_pread (bootstrap, buf, rows.len,
                      rafs->chunk_table_offset + done, err) == -1 ||
        rafs_digests_add (digests, rows, err) == -1)
      return -1;
  }
  return 0;
}

int
rafs_image_read (struct source *bootstrap, const struct superblock *sb,
                 const struct device_table *table, struct rafs_image *ret,
                 struct error *err)
{
  memset (ret, 0, sizeof *ret);
  if (read_head (bootstrap, sb, &ret->rafs, err) == -1 ||
      read_blobs (bootstrap, table, &ret->rafs, err) == -1)
    return -1;
  if (rafs_digests_init (&ret->digests, &ret->rafs, err) == -1 ||
      read_digests (bootstrap, &ret->rafs, &ret->digests, err) == -1) {
    rafs_image_clear (ret);
    return -1;
  }
  return 0;
}

void
rafs_image_clear (struct rafs_image *image)
{
  rafs_digests_clear (&image->digests);
  rafs_clear (&image->rafs);
}

/* Read `stored_len' bytes of the file and decode them to a new buffer. */
static uint8_t *
read_part (struct source *file, uint64_t offset, uint64_t stored_len,
           uint64_t plain_len, enum chunk_codec codec,
           const struct rafs_blob *blob, struct decoder *decoder,
           struct error *err)
{
  CLEANUP_FREE uint8_t *stored = malloc ((size_t) stored_len + 1);
  CLEANUP_FREE uint8_t *plain = malloc ((size_t) plain_len + 1);
  const struct decode_job job = {
    .codec = codec,
    .stored = stored, .stored_len = (size_t) stored_len,
    .plain = plain, .plain_len = (size_t) plain_len,
    .cipher = blob->features & RAFS_ENCRYPTED ? &blob->cipher : NULL,
  };

  if (stored == NULL || plain == NULL) {
    error_set_errno (err, ENOMEM, "chunk information of %" PRIu64 " bytes",
                     plain_len);
    return NULL;
  }
  if (source_pread (file, stored, (size_t) stored_len, offset, err) == -1)
    return NULL;
  if (decoder_run (decoder, &job, err) == -1) {
    error_prefix (err, "chunk information at byte %" PRIu64, offset);
    return NULL;
  }
  return steal_ptr (plain);
}

/* Would decoding the chunk information take more memory than files of these
 * sizes can be worth?  Dictionaries of a gzip file with zeros may shrink to
 * next to nothing, but there is no more than one for each of its blocks.
 */
static int
check_bomb (const struct rafs_blob *blob, uint64_t data_size,
            struct error *err)
{
  uint64_t limit = rafs_part_limit (blob->ci_stored_len);

  if (blob->features & RAFS_ZRAN)
    limit += min_u64 (data_size / DEFLATE_BLOCK_MIN, RAFS_CHUNKS_MAX) *
      RAFS_DICT_LEN_MAX;
  if (blob->ci_plain_len <= limit)
    return 0;
  return error_set (err, EINVAL,
                    "%" PRIu64 " bytes of chunk information are stored in %"
                    PRIu64 ", and the blob in %" PRIu64 ": at most %" PRIu64
                    " expected", blob->ci_plain_len, blob->ci_stored_len,
                    data_size, limit);
}

/* Read, decode and parse the chunk information in `file'. */
static int
read_table (struct source *file, const struct rafs_blob *blob,
            uint64_t data_size, struct decoder *decoder,
            struct chunk_table *ret, struct error *err)
{
  uint64_t header_offset = blob->ci_offset + blob->ci_stored_len;
  CLEANUP_FREE uint8_t *header_buf = NULL, *info_buf = NULL;
  struct bytes header = { .len = RAFS_META_HEADER_SIZE };
  struct bytes info = { .len = (size_t) blob->ci_plain_len };

  if (header_offset + RAFS_META_HEADER_SIZE > file->size)
    return error_set (err, EINVAL,
                      "the chunk information ends at byte %" PRIu64
                      ", but the file has %" PRIu64,
                      header_offset + RAFS_META_HEADER_SIZE, file->size);
  if (check_bomb (blob, data_size, err) == -1)
    return -1;
  header.ptr = header_buf =
    read_part (file, header_offset, RAFS_META_HEADER_SIZE,
               RAFS_META_HEADER_SIZE, CHUNK_STORED, blob, decoder, err);
  if (header_buf == NULL || rafs_meta_check_header (header, blob, err) == -1)
    return -1;
  info.ptr = info_buf =
    read_part (file, blob->ci_offset, blob->ci_stored_len, blob->ci_plain_len,
               rafs_codec (blob->ci_compressor), blob, decoder, err);
  if (info_buf == NULL)
    return -1;
  return rafs_meta_parse (header, info, blob, ret, err);
}

/* The table of contents must be the one that the bootstrap knows. */
static int
verify_toc (const struct rafs_tail *tail, const struct rafs_blob *blob,
            struct error *err)
{
  static const uint8_t unknown[sizeof blob->toc_digest];
  uint8_t digest[DIGEST_MAX];
  struct bytes b;

  if (tail->toc.len == 0)
    return error_set (err, EINVAL,
                      "there is no table of contents at the file's end");
  if (memcmp (blob->toc_digest, unknown, sizeof unknown) == 0)
    return 0;
  if (!bytes_slice (tail->bytes, tail->bytes.len - tail->toc.len,
                    tail->toc.len, &b) ||
      digest_compute (DIGEST_SHA256, b.ptr, b.len, digest) == -1 ||
      memcmp (digest, blob->toc_digest, sizeof blob->toc_digest) != 0)
    return error_set (err, EINVAL,
                      "the table of contents at the file's end does not match "
                      "its digest in the bootstrap");
  return 0;
}

/* Some blobs have the digests of all their chunks; the bootstrap has only
 * those of chunks that some file of the image needs.
 */
static int
add_own_digests (struct source *file, const struct rafs_blob *blob,
                 struct decoder *decoder, struct chunk_table *table,
                 struct error *err)
{
  CLEANUP_FREE uint8_t *buf = NULL;
  const struct rafs_toc_entry *entry;
  struct rafs_tail tail;
  struct bytes raw;

  if (rafs_tail_read (file, &tail, err) == -1 ||
      verify_toc (&tail, blob, err) == -1)
    return -1;
  entry = rafs_toc_find (&tail.toc, "blob.digest");
  if (entry == NULL ||
      entry->plain_len != (uint64_t) table->n_chunks * 32)
    return error_set (err, EINVAL,
                      "the table of contents has no \"blob.digest\" of %" PRIu32
                      " digests", table->n_chunks);
  raw.len = (size_t) entry->plain_len;
  raw.ptr = buf = rafs_tail_read_part (file, entry, decoder, err);
  if (buf == NULL)
    return -1;
  return rafs_digests_merge (table, raw, blob->digest_kind, err);
}

int
rafs_image_open_blob (struct rafs_image *image, uint32_t i,
                      struct source *data, struct source *meta,
                      struct decoder *decoder, bool *ret_is_raw,
                      struct chunk_table *ret, struct error *err)
{
  const uint32_t own_digests = RAFS_HAS_TOC | RAFS_INLINED_CHUNK_DIGEST;
  const struct rafs_blob *blob;
  struct chunk_table table;
  struct source *file;

  assert (i < image->rafs.n_blobs);
  blob = &image->rafs.blobs[i];
  file = rafs_blob_is_separate (blob) ? meta : data;
  if (rafs_blob_is_raw (blob)) {
    *ret_is_raw = true;
    return 0;
  }
  if (file == NULL)
    return error_set (err, EINVAL,
                      "there is no file with the chunk information");
  if (read_table (file, blob, data->size, decoder, &table, err) == -1)
    return -1;
  if (rafs_digests_take (&image->digests, i, &table, err) == -1 ||
      ((blob->features & own_digests) == own_digests &&
       add_own_digests (file, blob, decoder, &table, err) == -1) ||
      chunk_table_seal (&table, data->size, err) == -1) {
    chunk_table_clear (&table);
    return -1;
  }
  *ret_is_raw = false;
  *ret = table;
  return 0;
}
