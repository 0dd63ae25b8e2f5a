/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "given_files.h"
#include "lone_file.h"
#include "name_list.h"
#include "plain_head.h"
#include "rafs_resolver.h"
#include "resolver.h"
#include "search_path.h"
#include "source_file.h"

struct resolver {
  struct resolver_context context;
  struct file_pool *pool;       /* the context's */
  struct search_path path;
  struct given_files given;
  struct rafs_resolver rafs;    /* if the image is RAFS */
};

struct resolver *
resolver_new (const struct resolver_context *context, struct error *err)
{
  struct primary *primary = context->primary;
  struct resolver *r = calloc (1, sizeof *r);

  if (r == NULL) {
    error_set_errno (err, ENOMEM, "looking for blobs");
    return NULL;
  }
  r->context = *context;
  r->pool = context->blob->pool;
  if (given_files_init (context->options, primary, r->pool, &r->given,
                        err) == -1 ||
      search_path_init (&r->path, context->options, err) == -1) {
    resolver_free (r);
    return NULL;
  }
  r->rafs = (struct rafs_resolver) {
    .blob = context->blob,
    .image = primary->has_rafs ? &primary->rafs : NULL,
    .path = &r->path,
    .own_file = primary->file == primary->source ? NULL : primary->file,
  };
  return r;
}

void
resolver_free (struct resolver *r)
{
  if (r == NULL)
    return;
  search_path_clear (&r->path);
  given_files_clear (&r->given);
  free (r);
}

/* Open a file as the data of slot i, by whatever rules the image has. */
static int
open_blob (struct resolver *r, uint32_t i, struct folder *folder,
           const char *name, const struct device_slot *slot,
           enum blob_origin origin, struct blob *ret, struct error *err)
{
  struct source *data;
  int result;

  if (r->rafs.image == NULL)
    return blob_open (r->context.blob, folder, name, slot, origin,
                      given_files_zinfo (&r->given, i), ret, err);
  data = source_file_open (r->pool, folder, name,
                           origin == BLOB_GIVEN, err);
  if (data == NULL)
    return -1;
  result = rafs_resolver_take (&r->rafs, i, data, origin, ret, err);
  source_unref (data);
  /* What is missing now is not the blob itself. */
  if (result == -1 && err->errnum == ENOENT)
    err->errnum = EINVAL;
  return result;
}

static int
find_given (struct resolver *r, uint32_t i, const struct device_slot *slot,
            struct blob *ret, struct error *err)
{
  const char *name;
  struct folder *folder = given_files_place (&r->given, i, &name, err);

  if (folder == NULL)
    return -1;
  if (open_blob (r, i, folder, name, slot, BLOB_GIVEN, ret, err) == 0)
    return 0;
  given_files_suggest (&r->given, i, slot, err);
  return -1;
}

/* The tag as a file's name.  Returns 1 if found, 0 if not. */
static int
find_by_name (struct resolver *r, uint32_t i, const struct device_slot *slot,
              struct blob *ret, struct error *err)
{
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  bool is_uuid = device_tag_to_uuid (slot->tag, uuid);
  struct folder *folder;
  size_t n;

  for (n = 0; n < r->path.n_folders; ++n) {
    if (is_uuid && search_path_lacks_name (&r->path, n, uuid))
      continue;
    folder = search_path_folder (&r->path, n, err);
    if (folder == NULL)
      return -1;
    if (open_blob (r, i, folder, slot->tag, slot, BLOB_BY_NAME, ret,
                   err) == 0)
      return 1;
    if (err->errnum != ENOENT)
      return -1;
  }
  return 0;
}

/* Among the `n' images of one folder with the right UUID, the only one that is
 * the data.  Returns 1 if found, 0 if not; then *ret_index is a tar index that
 * was passed over, or as it was.  An index is marked, if it is raw: what is
 * compressed may be something else for a slot of another size.
 */
static int
choose_by_uuid (struct resolver *r, uint32_t slot_index,
                struct uuid_entry *entries, size_t n,
                const struct device_slot *slot, struct blob *ret,
                const struct pooled_file **ret_index, struct error *err)
{
  const struct pooled_file *own_file =
    source_file_get (r->context.primary->file);
  const char *zinfo = given_files_zinfo (&r->given, slot_index);
  struct name_list names = { .len = 0 };
  const struct pooled_file *file;
  size_t i, n_found = 0;
  struct blob blob;
  bool is_index;

  for (i = 0; i < n; ++i) {
    file = source_file_get (entries[i].source);
    if (pooled_file_is_same (file, own_file))
      continue;
    if (blob_take (r->context.blob, entries[i].source, &entries[i].peek, slot,
                   BLOB_BY_UUID, zinfo, &blob, &is_index, err) == 0) {
      name_list_add (&names, pooled_file_prefix (file),
                     pooled_file_name (file));
      if (n_found++ == 0)
        *ret = blob;
      else
        blob_clear (&blob);
    }
    else if (is_index) {
      *ret_index = file;
      entries[i].peek.is_index = entries[i].peek.form == PLAIN_RAW;
    }
    else {
      if (n_found > 0)
        blob_clear (ret);
      return -1;
    }
  }
  if (n_found < 2)
    return (int) n_found;
  blob_clear (ret);
  return error_set (err, EINVAL, "%zu images have the tag as their UUID: %s: "
                    "give the right one with blob=", n_found,
                    name_list_text (&names));
}

/* The tag as the UUID of an image.  Returns 1 if found, 0 if not. */
static int
find_by_uuid (struct resolver *r, uint32_t i, const struct device_slot *slot,
              struct blob *ret, struct error *err)
{
  const struct pooled_file *tar_index = NULL;
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  size_t n, count;
  int found;

  if (!device_tag_to_uuid (slot->tag, uuid))
    return 0;
  for (n = 0; n < r->path.n_folders; ++n) {
    const struct uuid_index *index;
    const struct uuid_entry *aside;
    struct uuid_entry *entries;

    index = search_path_index (&r->path, n, r->pool, err);
    if (index == NULL)
      return -1;
    entries = uuid_index_find (index, uuid, &count, &aside);
    if (aside != NULL)
      tar_index = source_file_get (aside->source);
    if (entries == NULL)
      continue;
    found = choose_by_uuid (r, i, entries, count, slot, ret, &tar_index, err);
    uuid_index_set_aside (entries, count);
    if (found != 0)
      return found;
  }
  if (tar_index != NULL)
    return error_set (err, ENOENT, "%s%s has the tag as its UUID, but is a "
                      "tar index (an image with a device table of its own), "
                      "not the data: give the tar with blob=",
                      pooled_file_prefix (tar_index),
                      pooled_file_name (tar_index));
  return 0;
}

static int
not_found (const struct resolver *r, const struct device_slot *slot,
           struct error *err)
{
  char folders[ERROR_TEXT_MAX / 2], unreadable[64] = "";
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  size_t n = search_path_unreadable (&r->path);

  search_path_print (&r->path, folders, sizeof folders);
  if (n > 0)
    snprintf (unreadable, sizeof unreadable,
              " (%zu files there could not be read)", n);
  return error_set (err, ENOENT, "no file of that name%s in %s%s: give "
                    "blobdir= or blob=", device_tag_to_uuid (slot->tag, uuid)
                    ? ", and no image with that UUID," : "", folders,
                    unreadable);
}

static int
find_by_tag (struct resolver *r, uint32_t i, const struct device_slot *slot,
             struct blob *ret, struct error *err)
{
  int found;

  if (!device_tag_is_safe (slot->tag))
    return error_set (err, EINVAL, "the tag may not be looked up as a file's "
                      "name ([0-9A-Za-z._-]+ expected, without a leading "
                      "dot): give the data with blob=");
  found = find_by_name (r, i, slot, ret, err);
  if (found == 0 && r->rafs.image == NULL)
    found = find_by_uuid (r, i, slot, ret, err);
  if (found == 0)
    return not_found (r, slot, err);
  return found == 1 ? 0 : -1;
}

/* The file that a descriptor lists.  Of a layer that its tar is joined to,
 * mkfs.erofs writes the tag there.
 */
static int
find_listed (struct resolver *r, uint32_t i, const struct device_slot *slot,
             struct blob *ret, struct error *err)
{
  const struct vmdk_list *list = &r->context.primary->list;
  struct source *file = vmdk_list_open (list, i + 1, r->pool, err);
  bool is_index;
  int result;

  if (file == NULL) {
    if (err->errnum != ENOENT || slot->tag[0] == '\0' ||
        strcmp (vmdk_list_name (list, i + 1), slot->tag) != 0)
      return -1;
    return find_by_tag (r, i, slot, ret, err) == 0 ? 0
      : vmdk_list_prefix (list, i + 1, err);
  }
  if (r->rafs.image != NULL)
    result = rafs_resolver_take (&r->rafs, i, file, BLOB_LISTED, ret, err);
  else
    result = blob_take (r->context.blob, file, NULL, slot, BLOB_LISTED,
                        given_files_zinfo (&r->given, i), ret, &is_index, err);
  source_unref (file);
  return result == -1 ? vmdk_list_prefix (list, i + 1, err) : 0;
}

/* The only file of the blobdirs that can be the data of the only device. */
static int
find_by_size (struct resolver *r, const struct device_slot *slot,
              struct blob *ret, struct error *err)
{
  const struct primary *primary = r->context.primary;
  struct lone_file lone = {
    .context = r->context.blob,
    .zinfo = given_files_zinfo (&r->given, 0),
    .bootstrap = source_file_get (primary->file),
  };
  const struct lone_candidate *c;
  struct folder *folder;
  uint64_t start;
  bool is_index;
  size_t n;
  int result = -1;

  if (device_table_range (&primary->bootstrap.table, 0, &start,
                          &lone.declared, err) == -1)
    return -1;
  for (n = 0; n < r->path.n_folders; ++n) {
    folder = search_path_folder (&r->path, n, err);
    if (folder == NULL || lone_file_search (&lone, folder, err) == -1)
      goto out;
  }
  c = lone_file_get (&lone, err);
  if (c != NULL)
    result = blob_take (r->context.blob, c->file, NULL, slot, BLOB_BY_SIZE,
                        lone.zinfo, ret, &is_index, err);
 out:
  lone_file_clear (&lone);
  return result;
}

static int
find_untagged (struct resolver *r, const struct device_slot *slot,
               struct blob *ret, struct error *err)
{
  const struct primary *primary = r->context.primary;
  uint64_t offset;

  if (primary->bootstrap.table.count != 1)
    return error_set (err, EINVAL, "it has no tag, and the image has %" PRIu32
                      " devices: give the data of each with blob=",
                      primary->bootstrap.table.count);
  if (bootstrap_is_joined (&primary->bootstrap, primary->source->size,
                           &offset)) {
    *ret = (struct blob) {
      .origin = BLOB_IN_BOOTSTRAP,
      .source = source_ref (primary->source),
      .source_offset = offset,
    };
    return 0;
  }
  if (r->context.options->blobdir.len == 0)
    return error_set (err, ENOENT, "it has no tag: give its data with blob=, "
                      "or blobdir= with one file that can be it");
  return find_by_size (r, slot, ret, err);
}

/* A slot without a length takes its file as it lies, if the user does not say
 * what it is: what is compressed would be served as wrong data.
 */
static void
warn_if_compressed (const struct resolver *r, uint32_t i,
                    const struct blob *blob)
{
  const struct pooled_file *file = blob_file (blob);
  enum plain_form form;
  struct error err;

  if (r->context.blob->format != FORMAT_AUTO ||
      plain_head_form (blob->source, &form, &err) == -1 || form == PLAIN_RAW)
    return;
  log_warning (r->context.log, "%s: device slot %" PRIu32 ": %s%s: begins "
               "like what is compressed, but is served as it lies, as the "
               "device table does not say how long the data is (0 blocks): "
               "give %s", r->context.primary->path, i + 1,
               pooled_file_prefix (file), pooled_file_name (file),
               form == PLAIN_ZSTD ? "format=zstd-seekable, or format=raw" :
               "format=raw if that is right");
}

int
resolver_find (struct resolver *r, uint32_t i, struct blob *ret,
               struct error *err)
{
  const struct primary *primary = r->context.primary;
  const struct device_slot *slot = &primary->bootstrap.table.slots[i];
  const struct pooled_file *file;
  int result;

  if (primary->list.file != NULL && vmdk_list_n_blobs (&primary->list) > 0)
    result = find_listed (r, i, slot, ret, err);
  else if (r->context.options->blob.len > 0)
    result = find_given (r, i, slot, ret, err);
  else if (primary->has_rafs &&
           rafs_blob_is_own_file (&primary->rafs.rafs.blobs[i]))
    result = rafs_resolver_take_own (&r->rafs, i, ret, err);
  else if (slot->tag[0] != '\0')
    result = find_by_tag (r, i, slot, ret, err);
  else
    result = find_untagged (r, slot, ret, err);
  if (result == -1)
    return -1;

  file = blob_file (ret);
  log_debug (r->context.log, "device slot %" PRIu32 ": %s%s at byte %" PRIu64
             " (found by: %s)", i + 1, pooled_file_prefix (file),
             pooled_file_name (file), ret->source_offset,
             blob_origin_name (ret->origin));
  if (slot->blocks_blk == 0 && !primary->has_rafs)
    warn_if_compressed (r, i, ret);
  return 0;
}
