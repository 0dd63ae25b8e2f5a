/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lone_file.h"
#include "rafs_resolver.h"
#include "resolver.h"
#include "search_path.h"
#include "source_file.h"

/* Blobs in more folders than this are found by their whole paths when they
 * have to be opened again: a folder costs a descriptor too.
 */
#define GIVEN_FOLDERS_MAX 64

struct resolver {
  struct resolver_context context;
  struct search_path path;
  struct rafs_resolver rafs;    /* if the image is RAFS */
  struct folder *working;       /* owned */
  /* Of blob=: the folder of the last one, which is mostly the next one's. */
  struct folder *given_folder;  /* owned, NULL at first */
  unsigned n_given_folders;
};

static int
check_zinfo_count (const struct resolver_context *context, struct error *err)
{
  size_t given = context->options->zinfo.len;
  uint32_t devices = context->bootstrap->table.count;

  if (given == 0 || given == devices)
    return 0;
  return error_set (err, EINVAL, "%zu zinfo= given, but the image has %" PRIu32
                    " device%s: give none, or one for each", given, devices,
                    devices == 1 ? "" : "s");
}

/* A descriptor lists no data only where the bootstrap file has it all. */
static int
check_list (const struct resolver_context *context, struct error *err)
{
  size_t listed = vmdk_list_n_blobs (context->list);
  uint32_t devices = context->bootstrap->table.count;
  uint64_t offset;

  if (listed == devices ||
      (listed == 0 && bootstrap_is_joined (context->bootstrap,
                                           context->source->size, &offset)))
    return check_zinfo_count (context, err);
  return error_set (err, EINVAL, "the image has %" PRIu32 " device%s, but %s "
                    "lists %zu file%s behind it", devices,
                    devices == 1 ? "" : "s", context->list->path, listed,
                    listed == 1 ? "" : "s");
}

static int
check_blob_count (const struct resolver_context *context, struct error *err)
{
  size_t given = context->options->blob.len;
  uint32_t devices = context->bootstrap->table.count;

  if (context->list != NULL)
    return check_list (context, err);
  if (given == 0 || given == devices)
    return check_zinfo_count (context, err);
  return error_set (err, EINVAL, "%zu blob= given, but the image has %" PRIu32
                    " device%s: give none, or one for each", given, devices,
                    devices == 1 ? "" : "s");
}

struct resolver *
resolver_new (const struct resolver_context *context, struct error *err)
{
  struct resolver *r;

  if (check_blob_count (context, err) == -1)
    return NULL;
  r = calloc (1, sizeof *r);
  if (r == NULL) {
    error_set_errno (err, ENOMEM, "looking for blobs");
    return NULL;
  }
  r->context = *context;
  r->working = folder_open_working (err);
  if (r->working == NULL ||
      search_path_init (&r->path, context->options, err) == -1) {
    resolver_free (r);
    return NULL;
  }
  r->rafs = (struct rafs_resolver) {
    .blob = context->blob,
    .image = context->rafs,
    .path = &r->path,
    .own_file = context->file == context->source ? NULL : context->file,
  };
  return r;
}

void
resolver_free (struct resolver *r)
{
  if (r == NULL)
    return;
  search_path_clear (&r->path);
  folder_unref (r->given_folder);
  folder_unref (r->working);
  free (r);
}

/* What zinfo= says for slot i. */
static const char *
get_zinfo (const struct resolver *r, uint32_t i)
{
  const struct string_list *zinfo = &r->context.options->zinfo;

  return zinfo->len > 0 ? zinfo->ptr[i] : NULL;
}

/* Open a file as the data of slot i, by whatever rules the image has. */
static int
open_blob (struct resolver *r, uint32_t i, struct folder *folder,
           const char *name, const struct device_slot *slot,
           enum blob_origin origin, struct blob *ret, struct error *err)
{
  struct source *data;
  int result;

  if (r->context.rafs == NULL)
    return blob_open (r->context.blob, folder, name, slot, origin,
                      get_zinfo (r, i), ret, err);
  data = source_file_open (r->context.pool, folder, name,
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

/* A blob= disagreed with its slot's tag.  If another one would be right, say
 * so: layers in the wrong order are the usual mistake.
 */
static void
suggest_other (const struct resolver *r, uint32_t i,
               const struct device_slot *slot, struct error *err)
{
  const struct string_list *given = &r->context.options->blob;
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  char old[ERROR_TEXT_MAX];
  size_t k;

  if (!device_tag_to_uuid (slot->tag, uuid))
    return;
  for (k = 0; k < given->len; ++k)
    if (k != i && blob_file_has_uuid (r->context.pool, r->working,
                                      given->ptr[k], uuid)) {
      memcpy (old, err->text, sizeof old);
      error_set (err, err->errnum, "%s; %s, given for device slot %zu, has "
                 "that UUID: is the order of blob= wrong?", old,
                 given->ptr[k], k + 1);
      return;
    }
}

/* Does `path' lie in the folder that `prefix' shows? */
static bool
lies_in (const char *path, const char *prefix)
{
  size_t len = strlen (prefix);

  return strncmp (path, prefix, len) == 0 && strchr (path + len, '/') == NULL;
}

/* The folder to open a user's file in, and its name there.  The result is not
 * the caller's.
 */
static struct folder *
get_given_folder (struct resolver *r, const char *path, const char **ret_name,
                  struct error *err)
{
  if (r->given_folder != NULL &&
      lies_in (path, folder_prefix (r->given_folder))) {
    *ret_name = path + strlen (folder_prefix (r->given_folder));
    return r->given_folder;
  }
  if (r->n_given_folders == GIVEN_FOLDERS_MAX) {
    *ret_name = path;
    return r->working;
  }
  r->n_given_folders++;
  folder_unref (r->given_folder);
  r->given_folder = folder_open_parent (path, ret_name, err);
  return r->given_folder;
}

static int
find_given (struct resolver *r, uint32_t i, const struct device_slot *slot,
            struct blob *ret, struct error *err)
{
  const char *path = r->context.options->blob.ptr[i], *name;
  struct folder *folder = get_given_folder (r, path, &name, err);

  if (folder == NULL)
    return -1;
  if (open_blob (r, i, folder, name, slot, BLOB_GIVEN, ret, err) == 0)
    return 0;
  suggest_other (r, i, slot, err);
  return -1;
}

/* The next file of the descriptor. */
static int
find_listed (struct resolver *r, uint32_t i, const struct device_slot *slot,
             struct blob *ret, struct error *err)
{
  const struct resolver_context *c = &r->context;
  struct source *file = vmdk_list_open (c->list, i + 1, c->pool, err);
  bool is_index;
  int result;

  if (file == NULL)
    return -1;
  if (c->rafs != NULL)
    result = rafs_resolver_take (&r->rafs, i, file, BLOB_LISTED, ret, err);
  else
    result = blob_take (c->blob, file, NULL, slot, BLOB_LISTED,
                        get_zinfo (r, i), ret, &is_index, err);
  source_unref (file);
  return result == -1 ? vmdk_list_prefix (c->list, i + 1, err) : 0;
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
 * was passed over, or as it was.
 */
static int
choose_by_uuid (struct resolver *r, uint32_t slot_index,
                const struct uuid_entry *entries, size_t n,
                const struct device_slot *slot, struct blob *ret,
                const struct pooled_file **ret_index, struct error *err)
{
  const struct pooled_file *chosen = NULL, *file;
  struct blob blob;
  bool is_index;
  size_t i;

  for (i = 0; i < n; ++i) {
    file = source_file_get (entries[i].source);
    if (pooled_file_is_same (file, source_file_get (r->context.file)))
      continue;
    if (blob_take (r->context.blob, entries[i].source, &entries[i].peek, slot,
                   BLOB_BY_UUID, get_zinfo (r, slot_index), &blob, &is_index,
                   err) == 0) {
      if (chosen == NULL) {
        chosen = file;
        *ret = blob;
        continue;
      }
      blob_clear (&blob);
      error_set (err, EINVAL, "two images have the tag as their UUID, %s%s "
                 "and %s%s: give the right one with blob=",
                 pooled_file_prefix (chosen), pooled_file_name (chosen),
                 pooled_file_prefix (file), pooled_file_name (file));
    }
    else if (is_index) {
      *ret_index = file;
      continue;
    }
    if (chosen != NULL)
      blob_clear (ret);
    return -1;
  }
  return chosen != NULL;
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
    const struct uuid_entry *entries;
    const struct uuid_index *index;

    index = search_path_index (&r->path, n, r->context.pool, err);
    if (index == NULL)
      return -1;
    entries = uuid_index_find (index, uuid, &count);
    found = choose_by_uuid (r, i, entries, count, slot, ret, &tar_index, err);
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
  if (found == 0 && r->context.rafs == NULL)
    found = find_by_uuid (r, i, slot, ret, err);
  if (found == 0)
    return not_found (r, slot, err);
  return found == 1 ? 0 : -1;
}

/* The only file of the blobdirs that can be the data of the only device. */
static int
find_by_size (struct resolver *r, const struct device_slot *slot,
              struct blob *ret, struct error *err)
{
  const struct resolver_context *context = &r->context;
  struct lone_file lone = {
    .context = context->blob,
    .zinfo = get_zinfo (r, 0),
    .bootstrap = source_file_get (context->file),
  };
  const struct lone_candidate *c;
  struct folder *folder;
  uint64_t start;
  bool is_index;
  size_t n;
  int result = -1;

  if (device_table_range (&context->bootstrap->table, 0, &start,
                          &lone.declared, err) == -1)
    return -1;
  for (n = 0; n < r->path.n_folders; ++n) {
    folder = search_path_folder (&r->path, n, err);
    if (folder == NULL || lone_file_search (&lone, folder, err) == -1)
      goto out;
  }
  c = lone_file_get (&lone, err);
  if (c != NULL)
    result = blob_take (context->blob, c->file, NULL, slot, BLOB_BY_SIZE,
                        lone.zinfo, ret, &is_index, err);
 out:
  lone_file_clear (&lone);
  return result;
}

static int
find_untagged (struct resolver *r, const struct device_slot *slot,
               struct blob *ret, struct error *err)
{
  const struct resolver_context *c = &r->context;
  uint64_t offset;

  if (c->bootstrap->table.count != 1)
    return error_set (err, EINVAL, "it has no tag, and the image has %" PRIu32
                      " devices: give the data of each with blob=",
                      c->bootstrap->table.count);
  if (bootstrap_is_joined (c->bootstrap, c->source->size, &offset)) {
    *ret = (struct blob) {
      .origin = BLOB_IN_BOOTSTRAP,
      .source = source_ref (c->source),
      .source_offset = offset,
    };
    return 0;
  }
  if (c->options->blobdir.len == 0)
    return error_set (err, ENOENT, "it has no tag: give its data with blob=, "
                      "or blobdir= with one file that can be it");
  return find_by_size (r, slot, ret, err);
}

int
resolver_find (struct resolver *r, uint32_t i, struct blob *ret,
               struct error *err)
{
  const struct resolver_context *c = &r->context;
  const struct device_slot *slot = &c->bootstrap->table.slots[i];
  const struct pooled_file *file;
  int result;

  if (c->list != NULL && vmdk_list_n_blobs (c->list) > 0)
    result = find_listed (r, i, slot, ret, err);
  else if (c->options->blob.len > 0)
    result = find_given (r, i, slot, ret, err);
  else if (c->rafs != NULL && rafs_blob_is_own_file (&c->rafs->rafs.blobs[i]))
    result = rafs_resolver_take_own (&r->rafs, i, ret, err);
  else if (slot->tag[0] != '\0')
    result = find_by_tag (r, i, slot, ret, err);
  else
    result = find_untagged (r, slot, ret, err);
  if (result == -1)
    return -1;

  file = blob_file (ret);
  log_debug (c->log, "device slot %" PRIu32 ": %s%s at byte %" PRIu64
             " (found by: %s)", i + 1, pooled_file_prefix (file),
             pooled_file_name (file), ret->source_offset,
             blob_origin_name (ret->origin));
  return 0;
}
