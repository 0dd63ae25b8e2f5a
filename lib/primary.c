/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "primary.h"
#include "rafs_tail.h"
#include "source_file.h"

/* If what was given is a descriptor, then its first file is the image. */
static int
read_list (struct primary *p, const struct options *options,
           struct file_pool *pool, struct error *err)
{
  bool is_list;

  if (vmdk_list_is_one (p->file, &is_list, err) == -1)
    return error_prefix (err, "%s", p->path);
  if (!is_list)
    return 0;
  if (vmdk_list_read (p->file, options, &p->list, err) == -1)
    return -1;
  source_unref (p->file);
  p->file = vmdk_list_open (&p->list, 0, pool, err);
  if (p->file == NULL)
    return -1;
  free (p->path);
  p->path = pooled_file_path (source_file_get (p->file));
  return p->path ? 0 : error_set_errno (err, ENOMEM, "path of a file");
}

/* A RAFS blob may have its bootstrap inside: then that is the image.  A blob
 * without data even begins with it, as it is or compressed.
 */
static int
find_inner_bootstrap (struct primary *p, struct decoder_pool *decoders,
                      struct error *err)
{
  struct source *inner = NULL;
  struct bootstrap_peek peek;
  struct decoder *decoder;
  int r;

  if (bootstrap_peek (p->file, &peek, err) == -1)
    return -1;
  decoder = decoder_take (decoders, err);
  if (decoder == NULL)
    return -1;
  r = rafs_tail_open_bootstrap (p->file,
                                peek.is_erofs && peek.form == PLAIN_RAW,
                                decoder, &inner, err);
  decoder_give (decoders, decoder);
  if (r == -1)
    return -1;
  p->source = inner != NULL ? inner : source_ref (p->file);
  return 0;
}

static int
read_bootstrap (struct primary *p, struct decoder_pool *decoders,
                struct error *err)
{
  if (find_inner_bootstrap (p, decoders, err) == -1 ||
      bootstrap_read (p->source, &p->bootstrap, err) == -1)
    return -1;
  if (!rafs_is_rafs (&p->bootstrap.sb))
    return 0;
  if (rafs_image_read (p->source, &p->bootstrap.sb, &p->bootstrap.table,
                       &p->rafs, err) == -1)
    return -1;
  p->has_rafs = true;
  return 0;
}

int
primary_open (const struct options *options, struct file_pool *pool,
              struct decoder_pool *decoders, struct primary *ret,
              struct error *err)
{
  const char *path = options->bootstrap.ptr[0], *name;

  memset (ret, 0, sizeof *ret);
  ret->path = strdup (path);
  if (ret->path == NULL)
    return error_set_errno (err, ENOMEM, "%s", path);
  ret->folder = folder_open_parent (ret->path, &name, err);
  if (ret->folder == NULL)
    return -1;
  ret->file = source_file_open (pool, ret->folder, name, true, err);
  if (ret->file == NULL || read_list (ret, options, pool, err) == -1)
    return -1;
  if (read_bootstrap (ret, decoders, err) == -1)
    return error_prefix (err, "%s", ret->path);
  return 0;
}

void
primary_clear (struct primary *p)
{
  primary_forget_rafs (p);
  bootstrap_clear (&p->bootstrap);
  source_unref (p->header);
  source_unref (p->source);
  source_unref (p->file);
  vmdk_list_clear (&p->list);
  folder_unref (p->folder);
  free (p->path);
}

int
primary_fill_table (struct primary *p, const uint64_t *sizes,
                    struct error *err)
{
  struct device_table *table = &p->bootstrap.table;

  if (p->has_rafs)              /* its slots are all set */
    return 0;
  if (device_table_fill (table, p->source->size, sizes, err) == -1)
    return error_prefix (err, "%s", p->path);
  if (!device_table_is_patched (table))
    return 0;
  p->header = bootstrap_patch (&p->bootstrap, p->source, err);
  return p->header ? 0 : error_prefix (err, "%s", p->path);
}

void
primary_forget_rafs (struct primary *p)
{
  rafs_image_clear (&p->rafs);
  p->has_rafs = false;
}

bool
primary_uses_file (const struct primary *p, const struct stat *st)
{
  return pooled_file_is (source_file_get (p->file), st) ||
    (p->list.file != NULL &&
     pooled_file_is (source_file_get (p->list.file), st));
}
