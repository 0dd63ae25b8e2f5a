/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checked.h"
#include "cleanup.h"
#include "source_file.h"
#include "vmdk_list.h"

int
vmdk_list_is_one (struct source *file, bool *ret, struct error *err)
{
  uint8_t buf[VMDK_DESCRIPTOR_MAGIC_LEN];
  const struct bytes head = {
    .ptr = buf,
    .len = (size_t) min_u64 (file->size, sizeof buf),
  };

  if (source_pread (file, buf, head.len, 0, err) == -1)
    return -1;
  *ret = vmdk_descriptor_is_one (head);
  return 0;
}

static int
read_descriptor (struct vmdk_list *list, struct error *err)
{
  CLEANUP_FREE uint8_t *buf = NULL;
  struct bytes text;

  if (list->file->size > VMDK_DESCRIPTOR_MAX)
    return error_set (err, EINVAL, "the descriptor has %" PRIu64 " bytes, "
                      "at most %d expected", list->file->size,
                      VMDK_DESCRIPTOR_MAX);
  text.len = (size_t) list->file->size;
  text.ptr = buf = malloc (text.len + 1);
  if (buf == NULL)
    return error_set_errno (err, ENOMEM, "descriptor");
  if (source_pread (list->file, buf, text.len, 0, err) == -1)
    return -1;
  return vmdk_descriptor_parse (text, &list->descriptor, err);
}

/* The absolute form of a path, as far as that needs no looking. */
static char *
absolute (const char *path)
{
  CLEANUP_FREE char *cwd = NULL;
  char *ret;

  if (path[0] == '/')
    return strdup (path);
  cwd = getcwd (NULL, 0);
  if (cwd == NULL)
    return NULL;
  while (strncmp (path, "./", 2) == 0)
    path += 2;
  if (path[0] == '\0' || strcmp (path, ".") == 0)
    return steal_ptr (cwd);
  return asprintf (&ret, "%s/%s", cwd, path) == -1 ? NULL : ret;
}

static int
add_folder (struct vmdk_list *list, const char *path, struct error *err)
{
  struct vmdk_folder *f = &list->folders[list->n_folders];

  f->folder = folder_open (path, err);
  if (f->folder == NULL)
    return -1;
  list->n_folders++;
  f->path = absolute (path);
  f->real = realpath (path, NULL);
  if (f->path == NULL || f->real == NULL)
    return error_set_errno (err, errno, "%s", path);
  return 0;
}

static int
open_folders (struct vmdk_list *list, const struct options *options,
              struct error *err)
{
  const char *slash = strrchr (list->path, '/');
  CLEANUP_FREE char *own = slash == NULL ? strdup (".")
    : strndup (list->path, (size_t) (slash - list->path) + 1);
  size_t i;

  list->folders = calloc (options->blobdir.len + 1, sizeof *list->folders);
  if (own == NULL || list->folders == NULL)
    return error_set_errno (err, ENOMEM, "folders");
  if (add_folder (list, own, err) == -1)
    return -1;
  for (i = 0; i < options->blobdir.len; ++i)
    if (add_folder (list, options->blobdir.ptr[i], err) == -1)
      return -1;
  return 0;
}

int
vmdk_list_read (struct source *file, const struct options *options,
                struct vmdk_list *ret, struct error *err)
{
  ret->path = options->bootstrap.ptr[0];
  ret->file = source_ref (file);
  if (options->blob.len > 0)
    return error_set (err, EINVAL, "%s: is a VMDK descriptor, which lists the "
                      "blobs: blob= can not be given with it", ret->path);
  if (read_descriptor (ret, err) == -1 ||
      open_folders (ret, options, err) == -1)
    return error_prefix (err, "%s", ret->path);
  return 0;
}

/* The file behind the bootstrap that lies at `start', or NULL. */
static struct vmdk_file *
file_at (const struct vmdk_list *list, uint64_t start)
{
  struct vmdk_file *files = list->descriptor.files.ptr;
  size_t low = 1, high = list->descriptor.files.len, mid;

  while (low < high) {
    mid = low + (high - low) / 2;
    if (files[mid].start < start)
      low = mid + 1;
    else
      high = mid;
  }
  return low < list->descriptor.files.len && files[low].start == start
    ? &files[low] : NULL;
}

int
vmdk_list_put_in_order (struct vmdk_list *list,
                        const struct bootstrap *bootstrap, struct error *err)
{
  const struct device_table *table = &bootstrap->table;
  struct vmdk_file *files = list->descriptor.files.ptr, *file;
  CLEANUP_FREE struct vmdk_file *ordered = NULL;
  CLEANUP_FREE bool *taken = NULL;
  uint64_t start, len;
  struct error ignored;
  uint32_t i;

  if (vmdk_list_n_blobs (list) != table->count)
    return 0;
  ordered = calloc (table->count + 1u, sizeof *ordered);
  taken = calloc (table->count + 1u, sizeof *taken);
  if (ordered == NULL || taken == NULL)
    return error_set_errno (err, ENOMEM, "%s", list->path);
  for (i = 0; i < table->count; ++i) {
    if (device_table_range (table, i, &start, &len, &ignored) == -1)
      return 0;
    file = file_at (list, start);
    if (file == NULL || taken[file - files])
      return 0;
    taken[file - files] = true;
    ordered[i] = *file;
  }
  memcpy (files + 1, ordered, table->count * sizeof *ordered);
  return 0;
}

void
vmdk_list_clear (struct vmdk_list *list)
{
  size_t i;

  for (i = 0; i < list->n_folders; ++i) {
    folder_unref (list->folders[i].folder);
    free (list->folders[i].path);
    free (list->folders[i].real);
  }
  free (list->folders);
  vmdk_descriptor_clear (&list->descriptor);
  source_unref (list->file);
  *list = (struct vmdk_list) { .path = NULL };
}

/* The rest of an absolute name behind a folder's path, or NULL. */
static const char *
skip_folder (const char *name, const char *folder)
{
  size_t len = strlen (folder);

  while (len > 0 && folder[len - 1] == '/')
    --len;
  if (strncmp (name, folder, len) != 0 || name[len] != '/')
    return NULL;
  return name + len + 1;
}

/* The name of a file in a folder, or NULL. */
static const char *
name_in (const struct vmdk_folder *folder, const char *name)
{
  const char *rest;

  if (name[0] != '/')
    return name;
  rest = skip_folder (name, folder->path);
  return rest ? rest : skip_folder (name, folder->real);
}

static bool
is_in_any (const struct vmdk_list *list, const char *name)
{
  size_t n;

  for (n = 0; n < list->n_folders; ++n)
    if (name_in (&list->folders[n], name) != NULL)
      return true;
  return false;
}

int
vmdk_list_prefix (const struct vmdk_list *list, size_t k, struct error *err)
{
  return error_prefix (err, "%s: line %u", list->path,
                       list->descriptor.files.ptr[k].line);
}

struct source *
vmdk_list_open (const struct vmdk_list *list, size_t k,
                struct file_pool *pool, struct error *err)
{
  const char *name = list->descriptor.files.ptr[k].name, *rest;
  CLEANUP_FREE char *real = NULL;
  struct source *file;
  size_t n;

  error_set (err, EINVAL, "%s: it does not lie beneath the descriptor's "
             "folder: give one that it lies beneath with blobdir=", name);
  /* A third name of a folder, as by a symbolic link above it. */
  if (!is_in_any (list, name))
    real = realpath (name, NULL);
  if (real != NULL)
    name = real;
  for (n = 0; n < list->n_folders; ++n) {
    rest = name_in (&list->folders[n], name);
    if (rest == NULL)
      continue;
    file = source_file_open (pool, list->folders[n].folder, rest, false, err);
    if (file != NULL)
      return file;
    if (err->errnum != ENOENT)
      break;
  }
  vmdk_list_prefix (list, k, err);
  return NULL;
}

int
vmdk_list_tell_cut (const struct vmdk_list *list, struct error *err)
{
  const struct vmdk_files *files = &list->descriptor.files;
  size_t k;

  for (k = 1; k < files->len; ++k) {
    const struct vmdk_file *last = &files->ptr[k - 1], *f = &files->ptr[k];

    if (strcmp (last->name, f->name) != 0)
      continue;
    return error_append (err, " (line %u: %s begins at byte %" PRIu64 " of "
                         "the file and at %" PRIu64 " of the disk; line %u "
                         "goes on at %" PRIu64 " and %" PRIu64 ")", f->line,
                         f->name, f->offset, f->start, last->line,
                         last->offset + last->len, last->start + last->len);
  }
  return -1;
}

/* What the k-th file is expected to be. */
struct place {
  uint64_t start, offset;
  uint64_t len;                 /* as it is declared */
  uint64_t data_len;            /* as much as there is */
};

static void
get_place (const struct bootstrap *bootstrap, uint64_t size,
           const struct blob *blobs, size_t k, struct place *ret)
{
  const struct device_table *table = &bootstrap->table;
  struct error ignored;

  *ret = (struct place) { .len = size, .data_len = size };
  if (k == 0) {
    if (!checked_mul (bootstrap->sb.blocks_blk,
                      superblock_block_size (&bootstrap->sb), &ret->len))
      ret->len = size;
    return;
  }
  if (blobs[k - 1].origin == BLOB_LISTED)
    ret->offset = blobs[k - 1].source_offset;
  ret->data_len = blobs[k - 1].data_len;
  if (device_table_range (table, (uint32_t) k - 1, &ret->start, &ret->len,
                          &ignored) == -1)
    ret->len = ret->data_len;
}

static bool
warn_of (const struct vmdk_list *list, size_t k, const struct place *place,
         const struct log *log)
{
  const struct vmdk_file *f = &list->descriptor.files.ptr[k];
  uint64_t found, expected, sectors;
  const char *what;

  if (!checked_round_up (place->data_len, VMDK_SECTOR, &sectors))
    sectors = place->data_len;
  if (f->start != place->start) {
    what = "lies at byte";
    found = f->start;
    expected = place->start;
  }
  else if (f->offset != place->offset) {
    what = "begins in the file at byte";
    found = f->offset;
    expected = place->offset;
  }
  else if (f->len != place->len && f->len != sectors) {
    what = "has a size in bytes of";
    found = f->len;
    expected = k == 0 ? sectors : place->len;
  }
  else
    return false;
  log_warning (log, "%s: line %u: %s %s %" PRIu64 " by the descriptor, but "
               "%" PRIu64 " by the image: it is served as the image says",
               list->path, f->line, f->name, what, found, expected);
  return true;
}

void
vmdk_list_compare (const struct vmdk_list *list,
                   const struct bootstrap *bootstrap, uint64_t size,
                   const struct blob *blobs, uint64_t device_size,
                   const struct log *log)
{
  struct place place;
  size_t k;

  for (k = 0; k < list->descriptor.files.len; ++k) {
    get_place (bootstrap, size, blobs, k, &place);
    if (warn_of (list, k, &place, log))
      return;
  }
  if (list->descriptor.size > device_size)
    log_warning (log, "%s: the disk has a size in bytes of %" PRIu64 " by the "
                 "descriptor, but %" PRIu64 " by the image: it is served as "
                 "the image says", list->path, list->descriptor.size,
                 device_size);
}
