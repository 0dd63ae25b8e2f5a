/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "blob.h"
#include "given_files.h"

/* Blobs in more folders than this are found by their whole paths when they
 * have to be opened again: a folder costs a descriptor too.
 */
#define FOLDERS_MAX 64

/* None, or as many as there are devices. */
static int
check_count (const char *key, size_t given, uint32_t devices,
             struct error *err)
{
  if (given == 0 || given == devices)
    return 0;
  return error_set (err, EINVAL, "%zu %s= given, but the image has %" PRIu32
                    " device%s: give none, or one for each", given, key,
                    devices, devices == 1 ? "" : "s");
}

/* A descriptor lists no data only where the bootstrap file has it all. */
static int
check_list (const struct primary *primary, struct error *err)
{
  size_t listed = vmdk_list_n_blobs (&primary->list);
  uint32_t devices = primary->bootstrap.table.count;
  uint64_t offset;

  if (listed == devices ||
      (listed == 0 && bootstrap_is_joined (&primary->bootstrap,
                                           primary->source->size, &offset)))
    return 0;
  error_set (err, EINVAL, "the image has %" PRIu32 " device%s, but %s lists "
             "%zu file%s behind it", devices, devices == 1 ? "" : "s",
             primary->list.path, listed, listed == 1 ? "" : "s");
  return listed > devices ? vmdk_list_tell_cut (&primary->list, err) : -1;
}

int
given_files_init (const struct options *options, const struct primary *primary,
                  struct file_pool *pool, struct given_files *ret,
                  struct error *err)
{
  uint32_t devices = primary->bootstrap.table.count;
  int r;

  *ret = (struct given_files) { .options = options, .pool = pool };
  if (primary->list.file != NULL)
    r = check_list (primary, err);
  else
    r = check_count ("blob", options->blob.len, devices, err);
  if (r == -1 ||
      check_count ("zinfo", options->zinfo.len, devices, err) == -1)
    return -1;
  ret->working = folder_open_working (err);
  return ret->working ? 0 : -1;
}

void
given_files_clear (struct given_files *given)
{
  folder_unref (given->folder);
  folder_unref (given->working);
}

/* Does `path' lie in the folder that `prefix' shows? */
static bool
lies_in (const char *path, const char *prefix)
{
  size_t len = strlen (prefix);

  return strncmp (path, prefix, len) == 0 && strchr (path + len, '/') == NULL;
}

struct folder *
given_files_place (struct given_files *given, uint32_t i,
                   const char **ret_name, struct error *err)
{
  const char *path = given->options->blob.ptr[i];

  if (given->folder != NULL && lies_in (path, folder_prefix (given->folder))) {
    *ret_name = path + strlen (folder_prefix (given->folder));
    return given->folder;
  }
  if (given->n_folders == FOLDERS_MAX) {
    *ret_name = path;
    return given->working;
  }
  given->n_folders++;
  folder_unref (given->folder);
  given->folder = folder_open_parent (path, ret_name, err);
  return given->folder;
}

const char *
given_files_zinfo (const struct given_files *given, uint32_t i)
{
  const struct string_list *zinfo = &given->options->zinfo;

  return zinfo->len > 0 ? zinfo->ptr[i] : NULL;
}

void
given_files_suggest (const struct given_files *given, uint32_t i,
                     const struct device_slot *slot, struct error *err)
{
  const struct string_list *blobs = &given->options->blob;
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  size_t k;

  if (!device_tag_to_uuid (slot->tag, uuid))
    return;
  for (k = 0; k < blobs->len; ++k)
    if (k != i && blob_file_has_uuid (given->pool, given->working,
                                      blobs->ptr[k], uuid)) {
      error_append (err, "; %s, given for device slot %zu, has that UUID: is "
                    "the order of blob= wrong?", blobs->ptr[k], k + 1);
      return;
    }
}
