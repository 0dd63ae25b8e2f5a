/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "cleanup.h"
#include "rafs_resolver.h"
#include "source_file.h"

/* The file of the chunk information: a new reference, or NULL without an error
 * if it is the blob's own.
 */
static int
open_meta (struct rafs_resolver *r, const struct rafs_blob *blob,
           struct source **ret, struct error *err)
{
  char name[RAFS_ID_SIZE + 1];
  struct folder *folder;
  size_t n;

  *ret = NULL;
  if (!rafs_blob_is_separate (blob))
    return 0;
  if (!rafs_blob_meta_name (blob, name)) {
    if (r->own_file == NULL)
      return error_set (err, EINVAL, "the image does not name the file of its "
                        "chunk information");
    *ret = source_ref (r->own_file);
    return 0;
  }
  for (n = 0; n < r->path->n_folders; ++n) {
    folder = search_path_folder (r->path, n, err);
    if (folder == NULL)
      return -1;
    *ret = source_file_open (r->blob->pool, folder, name, false, err);
    if (*ret != NULL)
      return 0;
    if (err->errnum != ENOENT)
      return -1;
  }
  return error_set (err, ENOENT, "its chunk information, the file %s, is not "
                    "in the folders of blobdir=", name);
}

/* Make a source of what the blob's table says. */
static struct source *
open_plain (struct rafs_resolver *r, uint32_t i, struct source *data,
            struct source *meta, struct error *err)
{
  const struct chunk_service *service = r->blob->service;
  struct decoder *decoder = decoder_take (service->decoders, err);
  CLEANUP_FREE char *path = pooled_file_path (source_file_get (data));
  struct chunk_table table = { 0 };
  struct source *plain = NULL;
  bool is_raw = false;
  int result;

  if (decoder == NULL)
    return NULL;
  result = rafs_image_open_blob (r->image, i, data, meta, decoder, &is_raw,
                                 &table, err);
  decoder_give (service->decoders, decoder);
  if (result == -1)
    return NULL;
  if (is_raw)
    return source_ref (data);
  if (path == NULL)
    error_set_errno (err, ENOMEM, "path of the blob");
  else
    plain = source_chunked_new (data, path, &table, service, err);
  chunk_table_clear (&table);
  return plain;
}

int
rafs_resolver_take (struct rafs_resolver *r, uint32_t i, struct source *data,
                    enum blob_origin origin, struct blob *ret,
                    struct error *err)
{
  const struct pooled_file *file = source_file_get (data);
  struct source *meta, *plain = NULL;

  if (open_meta (r, &r->image->rafs.blobs[i], &meta, err) == 0)
    plain = open_plain (r, i, data, meta, err);
  source_unref (meta);
  if (plain == NULL)
    return error_prefix (err, "%s%s", pooled_file_prefix (file),
                         pooled_file_name (file));
  *ret = (struct blob) { .origin = origin, .source = plain };
  return 0;
}

int
rafs_resolver_take_own (struct rafs_resolver *r, uint32_t i,
                        struct blob *ret, struct error *err)
{
  if (r->own_file == NULL)
    return error_set (err, EINVAL, "the tag says that the data is the file "
                      "that this bootstrap was taken from: give it with "
                      "blob=");
  return rafs_resolver_take (r, i, r->own_file, BLOB_OWN_FILE, ret, err);
}
