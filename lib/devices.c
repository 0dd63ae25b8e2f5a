/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening goes through the same steps whether the image is to be served or
 * only described; a problem of one slot ends it at once, or is kept and ends
 * it after all slots were looked at.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "devices.h"

static int
allocate (struct devices *d, uint32_t count, bool keep_problems,
          const char *path, struct error *err)
{
  size_t n = count + (size_t) 1;                /* calloc (0) may be NULL */

  d->count = count;
  d->blobs = calloc (n, sizeof *d->blobs);
  if (keep_problems)
    d->problems = calloc (n, sizeof *d->problems);
  if (d->blobs == NULL || (keep_problems && d->problems == NULL))
    return error_set_errno (err, ENOMEM, "%s", path);
  return 0;
}

/* Something is wrong with slot i: name the slot and the image in the error,
 * and keep it if it is to be kept (returns 0).
 */
static int
slot_problem (struct devices *d, const struct primary *primary, uint32_t i,
              struct error *err)
{
  const char *tag = primary->bootstrap.table.slots[i].tag;

  if (d->problems != NULL)
    d->problems[i] = strdup (err->text);
  if (tag[0] == '\0')
    error_prefix (err, "%s: device slot %" PRIu32, primary->path, i + 1);
  else
    error_prefix (err, "%s: device slot %" PRIu32 " (tag \"%s\")",
                  primary->path, i + 1, tag);
  if (d->problems == NULL)
    return -1;
  if (d->problem == NULL)
    d->problem = strdup (err->text);
  if (d->problems[i] == NULL || d->problem == NULL)
    return error_set_errno (err, ENOMEM, "%s", primary->path);
  return 0;
}

static int
find_all (struct devices *d, const struct resolver_context *context,
          struct error *err)
{
  struct primary *primary = context->primary;
  struct resolver *resolver;
  uint32_t i;
  int r = 0;

  if (primary->list.file != NULL &&
      vmdk_list_put_in_order (&primary->list, &primary->bootstrap, err) == -1)
    return -1;
  resolver = resolver_new (context, err);
  if (resolver == NULL)
    return error_prefix (err, "%s", primary->path);
  for (i = 0; r == 0 && i < d->count; ++i)
    if (resolver_find (resolver, i, &d->blobs[i], err) == -1)
      r = slot_problem (d, primary, i, err);
  resolver_free (resolver);
  return r;
}

static int
fill_table (const struct devices *d, struct primary *primary,
            struct error *err)
{
  CLEANUP_FREE uint64_t *sizes = calloc (d->count + (size_t) 1,
                                         sizeof *sizes);
  uint32_t i;

  if (sizes == NULL)
    return error_set_errno (err, ENOMEM, "%s", primary->path);
  for (i = 0; i < d->count; ++i)
    sizes[i] = blob_available (&d->blobs[i]);
  return primary_fill_table (primary, sizes, err);
}

static int
agree_sizes (struct devices *d, const struct primary *primary,
             struct error *err)
{
  const struct device_table *table = &primary->bootstrap.table;
  uint32_t i;

  for (i = 0; i < d->count; ++i) {
    struct blob *blob = &d->blobs[i];
    const struct pooled_file *file;

    if (blob_agree (blob, &table->slots[i], primary_block_size (primary),
                    err) == 0)
      continue;
    file = blob_file (blob);
    error_prefix (err, "%s%s", pooled_file_prefix (file),
                  pooled_file_name (file));
    if (slot_problem (d, primary, i, err) == -1)
      return -1;
  }
  return 0;
}

int
devices_open (const struct resolver_context *context, bool keep_problems,
              struct devices *ret, struct error *err)
{
  struct primary *primary = context->primary;

  memset (ret, 0, sizeof *ret);
  if (allocate (ret, primary->bootstrap.table.count, keep_problems,
                primary->path, err) == -1 ||
      find_all (ret, context, err) == -1)
    return -1;
  if (ret->problem != NULL)     /* sizes are missing, nothing can follow */
    return 0;
  if (fill_table (ret, primary, err) == -1)
    return -1;
  return agree_sizes (ret, primary, err);
}

void
devices_clear (struct devices *d)
{
  uint32_t i;

  for (i = 0; i < d->count; ++i) {
    if (d->blobs != NULL)
      blob_clear (&d->blobs[i]);
    if (d->problems != NULL)
      free (d->problems[i]);
  }
  free (d->blobs);
  free (d->problems);
  free (d->problem);
  memset (d, 0, sizeof *d);
}

int
devices_map (const struct devices *d, const struct device_table *table,
             struct address_map *map, struct error *err)
{
  uint32_t i;

  for (i = 0; i < d->count; ++i) {
    const struct blob *blob = &d->blobs[i];
    struct address_range range = {
      .data_len = blob->data_len,
      .source_offset = blob->source_offset,
      .source = blob->source,
      .owner = i + 1,
    };

    if (device_table_range (table, i, &range.start, &range.len, err) == -1)
      return error_prefix (err, "device slot %" PRIu32, i + 1);
    /* What lies in the bootstrap file is mapped with it. */
    if (blob->origin != BLOB_IN_BOOTSTRAP &&
        address_map_add (map, &range, err) == -1)
      return -1;
  }
  return 0;
}

bool
devices_have_chunks (const struct devices *d)
{
  uint32_t i;

  for (i = 0; i < d->count; ++i)
    if (d->blobs[i].source != NULL &&
        source_chunked_table (d->blobs[i].source) != NULL)
      return true;
  return false;
}

bool
devices_use_file (const struct devices *d, const struct stat *st)
{
  uint32_t i;

  for (i = 0; i < d->count; ++i) {
    const struct blob *blob = &d->blobs[i];

    if (blob->source != NULL && pooled_file_is (blob_file (blob), st))
      return true;
  }
  return false;
}
