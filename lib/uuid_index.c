/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap.h"
#include "device_table.h"
#include "source_file.h"
#include "uuid_index.h"

struct reading {
  struct file_pool *pool;
  struct folder *folder;
  struct uuid_index *index;
};

/* Note the name if it is a UUID. */
static int
note_name (struct uuid_index *index, const char *name)
{
  struct uuid_name entry;

  return device_tag_to_uuid (name, entry.uuid) ?
    uuid_names_append (&index->names, entry) : 0;
}

/* Add the file if it is an EROFS image.  One that cannot be opened or read is
 * counted only: it may have nothing to do with the image.
 */
static int
read_entry (void *opaque, const char *name, struct error *err)
{
  const struct reading *r = opaque;
  struct uuid_entry entry = { 0 };

  if (note_name (r->index, name) == -1)
    return error_set_errno (err, ENOMEM, "%s%s", folder_prefix (r->folder),
                            name);
  entry.source = source_file_open (r->pool, r->folder, name, false, err);
  if (entry.source == NULL) {
    /* No regular file, or a link that leads out of the folder or nowhere. */
    if (err->errnum != EINVAL && err->errnum != EXDEV &&
        err->errnum != ELOOP && err->errnum != ENOENT && err->errnum != ENXIO)
      r->index->unreadable++;
    return 0;
  }
  if (bootstrap_peek (entry.source, &entry.peek, err) == -1)
    r->index->unreadable++;
  if (!entry.peek.is_erofs) {
    source_unref (entry.source);
    return 0;
  }
  if (uuid_entries_append (&r->index->entries, entry) == -1) {
    source_unref (entry.source);
    return error_set_errno (err, ENOMEM, "%s%s", folder_prefix (r->folder),
                            name);
  }
  return 0;
}

/* By UUID; several names of one file stand side by side, by name. */
static int
compare_entries (const void *va, const void *vb)
{
  const struct uuid_entry *a = va, *b = vb;
  int r = memcmp (a->peek.uuid, b->peek.uuid, sizeof a->peek.uuid);

  if (r == 0)
    r = pooled_file_compare (source_file_get (a->source),
                             source_file_get (b->source));
  return r;
}

static int
compare_names (const void *a, const void *b)
{
  return memcmp (a, b, SUPERBLOCK_UUID_SIZE);
}

static bool
is_same_file (const struct uuid_entry *a, const struct uuid_entry *b)
{
  return pooled_file_is_same (source_file_get (a->source),
                              source_file_get (b->source));
}

/* Keep one name of each file. */
static void
drop_other_names (struct uuid_entries *entries)
{
  size_t i, kept = 0;

  for (i = 0; i < entries->len; ++i)
    if (kept > 0 && is_same_file (&entries->ptr[kept-1], &entries->ptr[i]))
      source_unref (entries->ptr[i].source);
    else
      entries->ptr[kept++] = entries->ptr[i];
  entries->len = kept;
}

int
uuid_index_read (struct file_pool *pool, struct folder *folder,
                 struct uuid_index *ret, struct error *err)
{
  struct uuid_index index = { 0 };
  struct reading reading = { .pool = pool, .folder = folder, .index = &index };

  if (folder_list (folder, read_entry, &reading, err) == -1) {
    uuid_index_clear (&index);
    return -1;
  }
  if (index.entries.len > 0)
    qsort (index.entries.ptr, index.entries.len, sizeof *index.entries.ptr,
           compare_entries);
  drop_other_names (&index.entries);
  if (index.names.len > 0)
    qsort (index.names.ptr, index.names.len, sizeof *index.names.ptr,
           compare_names);
  *ret = index;
  return 0;
}

void
uuid_index_clear (struct uuid_index *index)
{
  size_t i;

  for (i = 0; i < index->entries.len; ++i)
    source_unref (index->entries.ptr[i].source);
  uuid_entries_reset (&index->entries);
  uuid_names_reset (&index->names);
}

/* The number of the first entry that does not come before those with this UUID
 * or, if `is_index', before those of them that are set aside.
 */
static size_t
lower_bound (const struct uuid_entries *entries,
             const uint8_t uuid[SUPERBLOCK_UUID_SIZE], bool is_index)
{
  size_t low = 0, high = entries->len, mid;
  int r;

  while (low < high) {
    mid = low + (high - low) / 2;
    r = memcmp (entries->ptr[mid].peek.uuid, uuid, SUPERBLOCK_UUID_SIZE);
    if (r < 0 || (r == 0 && is_index && !entries->ptr[mid].peek.is_index))
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

struct uuid_entry *
uuid_index_find (const struct uuid_index *index,
                 const uint8_t uuid[SUPERBLOCK_UUID_SIZE], size_t *ret_count,
                 const struct uuid_entry **ret_index)
{
  const struct uuid_entries *entries = &index->entries;
  size_t first = lower_bound (entries, uuid, false);
  size_t aside = lower_bound (entries, uuid, true);

  *ret_index = NULL;
  if (aside < entries->len &&
      memcmp (entries->ptr[aside].peek.uuid, uuid, SUPERBLOCK_UUID_SIZE) == 0)
    *ret_index = &entries->ptr[aside];
  *ret_count = aside - first;
  return aside > first ? entries->ptr + first : NULL;
}

void
uuid_index_set_aside (struct uuid_entry *entries, size_t count)
{
  struct uuid_entry entry;
  size_t i, kept = 0;

  for (i = 0; i < count; ++i)
    if (!entries[i].peek.is_index) {
      entry = entries[i];
      entries[i] = entries[kept];
      entries[kept++] = entry;
    }
}

bool
uuid_index_has_name (const struct uuid_index *index,
                     const uint8_t uuid[SUPERBLOCK_UUID_SIZE])
{
  return index->names.len > 0 &&
    bsearch (uuid, index->names.ptr, index->names.len,
             sizeof *index->names.ptr, compare_names) != NULL;
}
