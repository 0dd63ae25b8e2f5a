/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "bootstrap.h"
#include "checked.h"
#include "source_file.h"

/* Print a UUID as a tag has it. */
static const char *
print_uuid (const uint8_t uuid[SUPERBLOCK_UUID_SIZE], char buf[33])
{
  size_t i;

  for (i = 0; i < SUPERBLOCK_UUID_SIZE; ++i)
    sprintf (buf + 2 * i, "%02x", uuid[i]);
  return buf;
}

/* Where in an image with the right UUID is the data? */
static int
locate_data (struct source *source, uint64_t *ret_offset, bool *ret_is_index,
             struct error *err)
{
  struct bootstrap image;
  bool joined;

  if (bootstrap_read (source, &image, err) == -1)
    return -1;
  joined = bootstrap_is_joined (&image, source->size, ret_offset);
  *ret_is_index = image.table.count > 0 && !joined;
  bootstrap_clear (&image);
  if (*ret_is_index)
    return error_set (err, EINVAL, "is a tar index (an image with a device "
                      "table of its own), not the data: give the tar with "
                      "blob=");
  return 0;
}

/* Check an image against the tag, if the file is one and the tag a UUID. */
static int
check_tag (struct source *source, const char *tag, uint64_t *ret_offset,
           bool *ret_is_index, struct error *err)
{
  uint8_t wanted[SUPERBLOCK_UUID_SIZE], found[SUPERBLOCK_UUID_SIZE];
  char wanted_text[33], found_text[33];
  bool is_erofs;

  if (!device_tag_to_uuid (tag, wanted))
    return 0;
  if (bootstrap_peek (source, &is_erofs, found, err) == -1)
    return -1;
  if (!is_erofs)                /* a tar, or a part of something */
    return 0;
  if (memcmp (found, wanted, sizeof found) != 0)
    return error_set (err, EINVAL, "is an EROFS image with UUID %s, "
                      "but the tag says %s", print_uuid (found, found_text),
                      print_uuid (wanted, wanted_text));
  return locate_data (source, ret_offset, ret_is_index, err);
}

int
blob_take (struct source *source, const struct device_slot *slot,
           enum blob_origin origin, struct blob *ret, bool *ret_is_index,
           struct error *err)
{
  const struct pooled_file *file = source_file_get (source);
  uint64_t offset = 0;

  *ret_is_index = false;
  if (check_tag (source, slot->tag, &offset, ret_is_index, err) == -1)
    return error_prefix (err, "%s%s", pooled_file_prefix (file),
                         pooled_file_name (file));
  *ret = (struct blob) {
    .origin = origin,
    .source = source_ref (source),
    .source_offset = offset,
  };
  return 0;
}

int
blob_open (struct file_pool *pool, struct folder *folder, const char *name,
           const struct device_slot *slot, enum blob_origin origin,
           struct blob *ret, struct error *err)
{
  struct source *source;
  bool is_index;
  int r;

  source = source_file_open (pool, folder, name, origin == BLOB_GIVEN, err);
  if (source == NULL)
    return -1;
  r = blob_take (source, slot, origin, ret, &is_index, err);
  source_unref (source);
  return r;
}

int
blob_agree (struct blob *blob, const struct device_slot *slot,
            uint32_t block_size, struct error *err)
{
  uint64_t available = blob_available (blob), declared;

  if (!checked_mul (slot->blocks_blk, block_size, &declared))
    return error_set (err, EINVAL, "%" PRIu64 " blocks of %" PRIu32
                      " bytes are more than 2^64", slot->blocks_blk,
                      block_size);
  /* Tools that cut a blob's tail leave less than a block out; the kernel reads
   * whole blocks.
   */
  if (available < declared && declared - available >= block_size)
    return error_set (err, EINVAL, "too short: the data has %" PRIu64
                      " bytes, the device table says %" PRIu64 " (%" PRIu64
                      " blocks of %" PRIu32 ")", available, declared,
                      slot->blocks_blk, block_size);
  blob->data_len = min_u64 (available, declared);
  return 0;
}

bool
blob_file_has_uuid (struct file_pool *pool, struct folder *folder,
                    const char *name,
                    const uint8_t uuid[SUPERBLOCK_UUID_SIZE])
{
  uint8_t found[SUPERBLOCK_UUID_SIZE];
  struct source *source;
  struct error ignored;
  bool is_erofs, right;

  source = source_file_open (pool, folder, name, true, &ignored);
  if (source == NULL)
    return false;
  right = bootstrap_peek (source, &is_erofs, found, &ignored) == 0 &&
    is_erofs && memcmp (found, uuid, sizeof found) == 0;
  source_unref (source);
  return right;
}

void
blob_clear (struct blob *blob)
{
  source_unref (blob->source);
  *blob = (struct blob) { 0 };
}

const char *
blob_origin_name (enum blob_origin origin)
{
  switch (origin) {
  case BLOB_GIVEN: return "given";
  case BLOB_BY_NAME: return "name";
  case BLOB_BY_UUID: return "uuid";
  case BLOB_IN_BOOTSTRAP: return "bootstrap";
  case BLOB_BY_SIZE: return "size";
  case BLOB_NOT_FOUND: break;
  }
  return "none";
}
