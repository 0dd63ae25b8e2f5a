/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "cleanup.h"
#include "digest.h"
#include "rafs_tail.h"
#include "source_memory.h"

int
rafs_tail_read (struct source *file, struct rafs_tail *ret, struct error *err)
{
  ret->bytes.len = (size_t) min_u64 (file->size, sizeof ret->buf);
  ret->bytes.ptr = ret->buf;
  if (source_pread (file, ret->buf, ret->bytes.len,
                    file->size - ret->bytes.len, err) == -1)
    return -1;
  return rafs_toc_parse (ret->bytes, file->size, &ret->toc, err);
}

static uint8_t *
decode_part (struct source *file, const struct rafs_toc_entry *entry,
             struct decoder *decoder, struct error *err)
{
  CLEANUP_FREE uint8_t *stored = malloc ((size_t) entry->stored_len + 1);
  CLEANUP_FREE uint8_t *plain = malloc ((size_t) entry->plain_len + 1);
  const struct decode_job job = {
    .codec = entry->codec,
    .stored = stored, .stored_len = (size_t) entry->stored_len,
    .plain = plain, .plain_len = (size_t) entry->plain_len,
  };

  if (stored == NULL || plain == NULL) {
    error_set_errno (err, ENOMEM, "%" PRIu64 " bytes", entry->plain_len);
    return NULL;
  }
  if (source_pread (file, stored, (size_t) entry->stored_len, entry->offset,
                    err) == -1 ||
      decoder_run (decoder, &job, err) == -1)
    return NULL;
  return steal_ptr (plain);
}

uint8_t *
rafs_tail_read_part (struct source *file, const struct rafs_toc_entry *entry,
                     struct decoder *decoder, struct error *err)
{
  CLEANUP_FREE uint8_t *plain = NULL;
  uint8_t digest[DIGEST_MAX];

  if (entry->stored_len > RAFS_PART_MAX ||
      entry->plain_len > rafs_part_limit (entry->stored_len)) {
    error_set (err, EINVAL,
               "part \"%s\" of %" PRIu64 " bytes stored in %" PRIu64
               ", at most %" PRIu64 " supported", entry->name,
               entry->plain_len, entry->stored_len,
               rafs_part_limit (entry->stored_len));
    return NULL;
  }
  plain = decode_part (file, entry, decoder, err);
  if (plain == NULL) {
    error_prefix (err, "part \"%s\" at byte %" PRIu64, entry->name,
                  entry->offset);
    return NULL;
  }
  if (entry->has_digest &&
      (digest_compute (DIGEST_SHA256, plain, (size_t) entry->plain_len,
                       digest) == -1 ||
       memcmp (digest, entry->digest, sizeof entry->digest) != 0)) {
    error_set (err, EINVAL,
               "part \"%s\" at byte %" PRIu64 ": digest mismatch",
               entry->name, entry->offset);
    return NULL;
  }
  return steal_ptr (plain);
}

int
rafs_tail_open_bootstrap (struct source *file, bool is_image,
                          struct decoder *decoder, struct source **ret,
                          struct error *err)
{
  const struct rafs_toc_entry *entry;
  CLEANUP_FREE uint8_t *buf = NULL;
  struct source *source;
  struct rafs_tail tail;

  *ret = NULL;
  if (rafs_tail_read (file, &tail, err) == -1)
    /* An image may end in any bytes. */
    return is_image && err->errnum == EINVAL ? 0 : -1;
  entry = rafs_toc_find (&tail.toc, "image.boot");
  if (entry == NULL || (is_image && entry->offset != 0))
    return 0;
  buf = rafs_tail_read_part (file, entry, decoder, err);
  if (buf == NULL)
    return -1;
  source = source_memory_new (buf, (size_t) entry->plain_len, err);
  if (source == NULL)
    return -1;
  (void) steal_ptr (buf);
  *ret = source;
  return 0;
}
