/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lone_file.h"
#include "source_file.h"

/* GNU tar ends in two zero blocks and pads to a record of 10 KiB; mkfs.erofs
 * counts some of that, or nothing, as part of the device.
 */
#define TAR_END_MAX (11 * 1024)

struct searching {
  struct lone_file *lone;
  struct folder *folder;
};

static bool
has_suffix (const char *name, const char *suffix)
{
  size_t n = strlen (name), m = strlen (suffix);

  return n >= m && strcmp (name + n - m, suffix) == 0;
}

/* Is this a tar of which only zeros lie behind `declared'?  1, 0, or -1 on
 * error.
 */
static int
is_longer_tar (struct source *plain, uint64_t declared, struct error *err)
{
  char end[TAR_END_MAX], magic[5];
  size_t len = (size_t) (plain->size - declared), i;

  if (plain->size < 257 + sizeof magic)
    return 0;
  if (source_pread (plain, magic, sizeof magic, 257, err) == -1 ||
      source_pread (plain, end, len, declared, err) == -1)
    return -1;
  if (memcmp (magic, "ustar", sizeof magic) != 0)
    return 0;
  for (i = 0; i < len; ++i)
    if (end[i] != 0)
      return 0;
  return 1;
}

/* 1 if plain data of this size can be the device's, 0 if not, -1 on error. */
static int
fits (const struct lone_file *lone, struct source *plain, struct error *err)
{
  uint64_t size = plain->size, declared = lone->declared;

  if (declared == 0 || size == declared)
    return 1;
  if (size < declared)
    return declared - size < lone->context->block_size;
  if (size - declared >= TAR_END_MAX)
    return 0;
  return is_longer_tar (plain, declared, err);
}

/* The same of a file, raw or compressed.  What is wrong with a file that
 * cannot be it anyway is no error, but may be what the user has to know.
 */
static int
can_be_it (struct lone_file *lone, struct source *file, struct error *err)
{
  const struct pooled_file *pooled = source_file_get (file);
  struct source *plain;
  int r = 0;

  if (pooled_file_is_same (pooled, lone->bootstrap))
    return 0;
  plain = blob_open_plain (lone->context, file, NULL, lone->declared,
                           lone->zinfo, err);
  if (plain != NULL) {
    r = fits (lone, plain, err);
    if (r == 0)
      error_set (err, EINVAL, "%s%s has %" PRIu64, pooled_file_prefix (pooled),
                 pooled_file_name (pooled), plain->size);
    source_unref (plain);
  }
  else if (err->errnum != EINVAL)
    return -1;
  if (r == 0) {
    lone->n_passed++;
    lone->passed = *err;
  }
  return r;
}

static bool
is_known (const struct lone_file *lone, const struct source *file)
{
  size_t i;

  for (i = 0; i < lone->candidates.len; ++i)
    if (pooled_file_is_same (source_file_get (lone->candidates.ptr[i].file),
                             source_file_get (file)))
      return true;
  return false;
}

static int
search_entry (void *opaque, const char *name, struct error *err)
{
  const struct searching *s = opaque;
  struct lone_candidate candidate;
  int r;

  if (has_suffix (name, ".zinfo"))
    return 0;
  candidate.file = source_file_open (s->lone->context->pool, s->folder, name,
                                     false, err);
  if (candidate.file == NULL)   /* no regular file, or a link out of here */
    return err->errnum == EINVAL || err->errnum == EXDEV ||
      err->errnum == ELOOP || err->errnum == ENOENT || err->errnum == ENXIO
      ? 0 : -1;
  r = can_be_it (s->lone, candidate.file, err);
  if (r == 1 && !is_known (s->lone, candidate.file)) {
    if (lone_candidates_append (&s->lone->candidates, candidate) == 0)
      return 0;
    r = error_set_errno (err, ENOMEM, "%s%s", folder_prefix (s->folder),
                         name);
  }
  source_unref (candidate.file);
  return r == -1 ? -1 : 0;
}

int
lone_file_search (struct lone_file *lone, struct folder *folder,
                  struct error *err)
{
  struct searching s = { .lone = lone, .folder = folder };

  return folder_list (folder, search_entry, &s, err);
}

/* All candidates in one message. */
static int
too_many (const struct lone_file *lone, struct error *err)
{
  char names[ERROR_TEXT_MAX / 2] = "";
  size_t i, len = 0;

  for (i = 0; i < lone->candidates.len && len < sizeof names; ++i) {
    const struct pooled_file *file =
      source_file_get (lone->candidates.ptr[i].file);

    len += (size_t) snprintf (names + len, sizeof names - len, "%s%s%s",
                              i > 0 ? ", " : "", pooled_file_prefix (file),
                              pooled_file_name (file));
  }
  return error_set (err, EINVAL, "it has no tag, and %zu files can be its "
                    "data: %s%s: give the right one with blob=",
                    lone->candidates.len, names,
                    len < sizeof names ? "" : "...");
}

const struct lone_candidate *
lone_file_get (const struct lone_file *lone, struct error *err)
{
  if (lone->candidates.len == 1)
    return &lone->candidates.ptr[0];
  if (lone->candidates.len > 1)
    too_many (lone, err);
  else if (lone->declared == 0)
    error_set (err, ENOENT, "it has no tag, and there is no file in blobdir= "
               "that can be its data: give it with blob=");
  else
    error_set (err, ENOENT, "it has no tag, and no file in blobdir= has the "
               "declared size of %" PRIu64 " bytes%s%s%s: give its data with "
               "blob=", lone->declared, lone->n_passed == 1 ? " (" : "",
               lone->n_passed == 1 ? lone->passed.text : "",
               lone->n_passed == 1 ? ")" : "");
  return NULL;
}

void
lone_file_clear (struct lone_file *lone)
{
  size_t i;

  for (i = 0; i < lone->candidates.len; ++i)
    source_unref (lone->candidates.ptr[i].file);
  lone_candidates_reset (&lone->candidates);
}
