/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search_path.h"

/* The path of the folder that `path' lies in.  The caller frees it. */
static char *
folder_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  if (slash == NULL)
    return strdup (".");
  if (slash == path)
    return strdup ("/");
  return strndup (path, (size_t) (slash - path));
}

int
search_path_init (struct search_path *path, const struct options *options,
                  struct error *err)
{
  const struct string_list *blobdir = &options->blobdir;
  size_t n = blobdir->len > 0 ? blobdir->len : 1, i;

  path->n_folders = 0;
  path->folders = calloc (n, sizeof *path->folders);
  for (i = 0; path->folders != NULL && i < n; ++i) {
    char *copy = blobdir->len > 0 ? strdup (blobdir->ptr[i])
      : folder_of (options->bootstrap.ptr[0]);

    if (copy == NULL)
      break;
    path->folders[i].path = copy;
    path->n_folders++;
  }
  if (path->n_folders == n)
    return 0;
  search_path_clear (path);
  return error_set_errno (err, ENOMEM, "looking for blobs");
}

void
search_path_clear (struct search_path *path)
{
  size_t i;

  for (i = 0; i < path->n_folders; ++i) {
    struct search_folder *f = &path->folders[i];

    if (f->index != NULL)
      uuid_index_clear (f->index);
    free (f->index);
    folder_unref (f->folder);
    free (f->path);
  }
  free (path->folders);
  path->folders = NULL;
  path->n_folders = 0;
}

struct folder *
search_path_folder (struct search_path *path, size_t n, struct error *err)
{
  struct search_folder *f = &path->folders[n];

  if (f->folder == NULL) {
    f->folder = folder_open (f->path, err);
    if (f->folder == NULL)
      error_prefix (err, "looking for its data");
  }
  return f->folder;
}

const struct uuid_index *
search_path_index (struct search_path *path, size_t n,
                   struct file_pool *pool, struct error *err)
{
  struct search_folder *f = &path->folders[n];
  struct uuid_index *index;

  if (search_path_folder (path, n, err) == NULL)
    return NULL;
  if (f->index != NULL)
    return f->index;
  index = calloc (1, sizeof *index);
  if (index == NULL) {
    error_set_errno (err, ENOMEM, "%s", f->path);
    return NULL;
  }
  if (uuid_index_read (pool, f->folder, index, err) == -1) {
    free (index);
    return NULL;
  }
  f->index = index;
  return index;
}

bool
search_path_lacks_name (const struct search_path *path, size_t n,
                        const uint8_t uuid[SUPERBLOCK_UUID_SIZE])
{
  const struct uuid_index *index = path->folders[n].index;

  return index != NULL && !uuid_index_has_name (index, uuid);
}

void
search_path_print (const struct search_path *path, char *buf, size_t size)
{
  size_t i, len = 0;

  buf[0] = '\0';
  for (i = 0; i < path->n_folders && len < size; ++i)
    len += (size_t) snprintf (buf + len, size - len, "%s%s",
                              i > 0 ? ", " : "", path->folders[i].path);
}

size_t
search_path_unreadable (const struct search_path *path)
{
  size_t i, n = 0;

  for (i = 0; i < path->n_folders; ++i)
    if (path->folders[i].index != NULL)
      n += path->folders[i].index->unreadable;
  return n;
}
