/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "blob.h"
#include "bootstrap.h"
#include "checked.h"
#include "cleanup.h"
#include "plain_head.h"
#include "source_file.h"

/* Print a UUID as a tag has it. */
static const char *
print_uuid (const uint8_t uuid[SUPERBLOCK_UUID_SIZE], char buf[33])
{
  bytes_hex ((struct bytes) { uuid, SUPERBLOCK_UUID_SIZE }, buf);
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

/* Is it the UUID of some slot's layer? */
static bool
is_tag (const struct device_table *table, const char *uuid)
{
  uint32_t i;

  for (i = 0; table != NULL && i < table->count; ++i)
    if (strcasecmp (table->slots[i].tag, uuid) == 0)
      return true;
  return false;
}

/* May an image with another UUID than the tag be the data after all?  If it has
 * a device table of its own and the user said that this is the slot's file, it
 * may, as it lies; but not if it is another slot's layer, by its UUID or as its
 * tar is joined to it.  1, 0, or -1 on error.
 */
static int
may_differ (const struct blob_context *context, struct source *plain,
            const struct bootstrap_peek *peek, enum blob_origin origin,
            struct error *err)
{
  char uuid[33];
  struct bootstrap image;
  uint64_t offset;
  bool joined;

  if (!peek->has_table || (origin != BLOB_GIVEN && origin != BLOB_LISTED) ||
      is_tag (context->table, print_uuid (peek->uuid, uuid)))
    return 0;
  if (bootstrap_read (plain, &image, err) == -1)
    return err->errnum == EINVAL ? 0 : -1;      /* whose layer is not known */
  joined = bootstrap_is_joined (&image, plain->size, &offset);
  bootstrap_clear (&image);
  return !joined;
}

/* Check an image, if the file is one, against a tag that is a UUID. */
static int
check_tag (const struct blob_context *context, struct source *plain,
           const struct bootstrap_peek *peek,
           const uint8_t wanted[SUPERBLOCK_UUID_SIZE],
           enum blob_origin origin, uint64_t *ret_offset, bool *ret_is_index,
           struct error *err)
{
  char wanted_text[33], found_text[33];
  int r;

  if (!peek->is_erofs)          /* a tar, or a part of something */
    return 0;
  if (memcmp (peek->uuid, wanted, sizeof peek->uuid) != 0) {
    r = may_differ (context, plain, peek, origin, err);
    if (r != 0)
      return r == 1 ? 0 : -1;
    return error_set (err, EINVAL, "is an EROFS image with UUID %s, "
                      "but the tag says %s",
                      print_uuid (peek->uuid, found_text),
                      print_uuid (wanted, wanted_text));
  }
  if (peek->is_layer)
    return 0;
  /* Verifying its superblock would take decoding a whole chunk. */
  if (source_file_get (plain) == NULL && !peek->has_table)
    return 0;
  return locate_data (plain, ret_offset, ret_is_index, err);
}

/* The checkpoints of a gzip file.  *ret is NULL if there are
 * none.
 */
static int
open_zinfo (const struct blob_context *context, struct source *file,
            const char *zinfo, struct source **ret, struct error *err)
{
  const struct pooled_file *pooled = source_file_get (file);
  struct folder *working;
  char name[NAME_MAX + 1];

  *ret = NULL;
  if (zinfo != NULL) {
    working = folder_open_working (err);
    if (working == NULL)
      return -1;
    *ret = source_file_open (context->pool, working, zinfo, false, err);
    folder_unref (working);
    return *ret != NULL ? 0 : -1;
  }
  if ((size_t) snprintf (name, sizeof name, "%s.zinfo",
                         pooled_file_name (pooled)) >= sizeof name)
    return 0;
  *ret = source_file_open (context->pool, pooled_file_folder (pooled), name,
                           false, err);
  return *ret != NULL || err->errnum == ENOENT ? 0 : -1;
}

/* What begins like a compressed file, or is said to be one. */
static struct source *
open_compressed (const struct blob_context *context, struct source *file,
                 enum plain_form form, uint64_t declared, const char *zinfo,
                 struct error *err)
{
  CLEANUP_FREE char *path = pooled_file_path (source_file_get (file));
  struct blob_request request = {
    .format = context->format,
    .declared = declared,
    .block_size = context->block_size,
    .form = &form,
    .name = path,
    .service = context->service,
  };
  struct source *plain;

  if (path == NULL) {
    error_set_errno (err, ENOMEM, "path of a blob");
    return NULL;
  }
  if (form == PLAIN_GZIP &&
      open_zinfo (context, file, zinfo, &request.zinfo, err) == -1)
    return NULL;
  plain = blob_format_open (file, &request, err);
  if (plain == NULL)
    error_prefix (err, "%s", path);
  source_unref (request.zinfo);
  return plain;
}

struct source *
blob_open_plain (const struct blob_context *context, struct source *file,
                 const struct bootstrap_peek *peek, uint64_t declared,
                 const char *zinfo, struct error *err)
{
  enum plain_form form;

  if (context->format == FORMAT_RAW)
    return source_ref (file);
  if (peek != NULL)
    form = peek->form;
  else if (plain_head_form (file, &form, err) == -1)
    return NULL;
  if (context->format == FORMAT_AUTO && form == PLAIN_RAW)
    return source_ref (file);
  return open_compressed (context, file, form, declared, zinfo, err);
}

int
blob_take (const struct blob_context *context, struct source *file,
           const struct bootstrap_peek *peek, const struct device_slot *slot,
           enum blob_origin origin, const char *zinfo, struct blob *ret,
           bool *ret_is_index, struct error *err)
{
  const struct pooled_file *pooled = source_file_get (file);
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  bool is_uuid = device_tag_to_uuid (slot->tag, uuid);
  struct bootstrap_peek own_peek;
  uint64_t offset = 0, declared;
  struct source *plain;

  *ret_is_index = false;
  if (!checked_mul (slot->blocks_blk, context->block_size, &declared))
    declared = UINT64_MAX;      /* blob_agree will say so */
  if (peek == NULL && is_uuid) {
    if (bootstrap_peek (file, &own_peek, err) == -1)
      return -1;
    peek = &own_peek;
  }
  plain = blob_open_plain (context, file, peek, declared, zinfo, err);
  if (plain == NULL)
    return -1;
  if (is_uuid &&
      check_tag (context, plain, peek, uuid, origin, &offset, ret_is_index,
                 err) == -1) {
    source_unref (plain);
    return error_prefix (err, "%s%s", pooled_file_prefix (pooled),
                         pooled_file_name (pooled));
  }
  *ret = (struct blob) {
    .origin = origin,
    .source = plain,
    .source_offset = offset,
  };
  return 0;
}

int
blob_open (const struct blob_context *context, struct folder *folder,
           const char *name, const struct device_slot *slot,
           enum blob_origin origin, const char *zinfo, struct blob *ret,
           struct error *err)
{
  struct source *file;
  bool is_index;
  int r;

  file = source_file_open (context->pool, folder, name, origin == BLOB_GIVEN,
                           err);
  if (file == NULL)
    return -1;
  r = blob_take (context, file, NULL, slot, origin, zinfo, ret, &is_index,
                 err);
  source_unref (file);
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
  struct bootstrap_peek found;
  struct source *file;
  struct error ignored;
  bool right;

  file = source_file_open (pool, folder, name, true, &ignored);
  if (file == NULL)
    return false;
  right = bootstrap_peek (file, &found, &ignored) == 0 && found.is_erofs &&
    memcmp (found.uuid, uuid, sizeof found.uuid) == 0;
  source_unref (file);
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
  case BLOB_LISTED: return "listed";
  case BLOB_OWN_FILE: return "own";
  case BLOB_NOT_FOUND: break;
  }
  return "none";
}
