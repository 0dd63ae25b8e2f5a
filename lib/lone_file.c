/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lone_file.h"
#include "name_list.h"
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
 *
 * In a compressed file that takes decoding more than the first KiB, which is
 * all that is decoded elsewhere to choose a file: the chunk of the magic and,
 * if it is there, those of the end, which can be two more.  Only a file that
 * is longer by less than 11 KiB comes here, and without seeing that its end is
 * zeros it would be a guess.
 */
static int
is_longer_tar (struct source *plain, uint64_t declared, struct error *err)
{
  char end[TAR_END_MAX], magic[5];
  size_t len = (size_t) (plain->size - declared), i;

  if (plain->size < 257 + sizeof magic)
    return 0;
  if (source_pread (plain, magic, sizeof magic, 257, err) == -1)
    return -1;
  if (memcmp (magic, "ustar", sizeof magic) != 0)
    return 0;
  if (source_pread (plain, end, len, declared, err) == -1)
    return -1;
  for (i = 0; i < len; ++i)
    if (end[i] != 0)
      return 0;
  return 1;
}

/* Can data of this size be it?  If it is longer than declared, only a tar. */
static bool
size_fits (const struct lone_file *lone, uint64_t size)
{
  uint64_t declared = lone->declared;

  if (declared == 0)
    return true;
  if (size < declared)
    return declared - size < lone->context->block_size;
  return size - declared < TAR_END_MAX;
}

/* 1 if the plain data can be the device's, 0 if not, -1 on error. */
static int
fits (const struct lone_file *lone, struct source *plain, struct error *err)
{
  if (!size_fits (lone, plain->size))
    return 0;
  if (lone->declared == 0 || plain->size <= lone->declared)
    return 1;
  return is_longer_tar (plain, lone->declared, err);
}

/* Can a file of which only the size is known be it?  Raw, its size says so.
 * Compressed, any size can be right, not only a smaller one: zstd frames
 * without data may be as long as they like.
 */
static bool
may_be_it (const struct lone_file *lone, uint64_t file_size)
{
  enum blob_format format = lone->context->format;

  if (format != FORMAT_RAW && file_size >= PLAIN_MAGIC_SIZE)
    return true;
  return (format == FORMAT_RAW || format == FORMAT_AUTO) &&
    size_fits (lone, file_size);
}

/* A regular file that cannot be it; `err' says why. */
static void
pass_over (struct lone_file *lone, const struct error *err)
{
  lone->n_passed++;
  lone->passed = *err;
}

static int
wrong_size (const char *prefix, const char *name, uint64_t size,
            struct error *err)
{
  return error_set (err, EINVAL, "%s%s has %" PRIu64, prefix, name, size);
}

/* With a file that cannot be read, as `err' says, and may be it, not even the
 * only other one that can be it is more than a guess.
 */
static int
in_doubt (bool raw_helps, struct error *err)
{
  return error_prefix (err, "it has no tag: give its data with blob=%s, as it "
                       "may be a file that cannot be read", raw_helps
                       ? " (or format=raw, if it is not compressed)" : "");
}

/* The same of a regular file of this size, which may rule it out. */
static int
cannot_read (struct lone_file *lone, const char *prefix, const char *name,
             uint64_t file_size, struct error *err)
{
  if (err->errnum == ENOMEM)
    return -1;
  if (may_be_it (lone, file_size))
    return in_doubt (!size_fits (lone, file_size), err);
  wrong_size (prefix, name, file_size, err);
  pass_over (lone, err);
  return 0;
}

/* Can a file, raw or compressed, be it?  What is wrong with one that cannot be
 * it anyway is no error, but may be what the user has to know.
 */
static int
can_be_it (struct lone_file *lone, struct source *file, struct error *err)
{
  const struct pooled_file *pooled = source_file_get (file);
  const char *prefix = pooled_file_prefix (pooled);
  const char *name = pooled_file_name (pooled);
  struct source *plain;
  int r = 0;

  if (pooled_file_is_same (pooled, lone->bootstrap))
    return 0;
  plain = blob_open_plain (lone->context, file, NULL, lone->declared,
                           lone->zinfo, err);
  if (plain != NULL) {
    r = fits (lone, plain, err);
    if (r == 0)
      wrong_size (prefix, name, plain->size, err);
    source_unref (plain);
  }
  else if (err->errnum == EIO)
    r = -1;
  else if (err->errnum != EINVAL)
    return -1;                  /* its zinfo cannot be opened */
  if (r == -1)
    return cannot_read (lone, prefix, name, file->size, err);
  if (r == 0)
    pass_over (lone, err);
  return r;
}

/* An entry that could not be opened, as `err' says. */
static int
cannot_open (const struct searching *s, const char *name, struct error *err)
{
  struct stat st;

  switch (err->errnum) {
  case EINVAL: case EXDEV: case ELOOP: case ENOENT: case ENXIO:
    return 0;                   /* no regular file, or a link out of here */
  }
  if (folder_stat (s->folder, name, &st) == -1)
    return in_doubt (false, err);
  if (!S_ISREG (st.st_mode))
    return 0;
  return cannot_read (s->lone, folder_prefix (s->folder), name,
                      (uint64_t) st.st_size, err);
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
  if (candidate.file == NULL)
    return cannot_open (s, name, err);
  r = can_be_it (s->lone, candidate.file, err);
  if (r == 1) {
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

static const struct pooled_file *
file_of (const struct lone_candidate *candidate)
{
  return source_file_get (candidate->file);
}

static int
compare_paths (const void *a, const void *b)
{
  return pooled_file_compare_paths (file_of (a), file_of (b));
}

static int
compare_files (const void *a, const void *b)
{
  return pooled_file_compare (file_of (a), file_of (b));
}

/* Keep one name of each file, and list them by name. */
static void
drop_other_names (struct lone_candidates *c)
{
  size_t i, kept = 0;

  if (c->len == 0)
    return;
  qsort (c->ptr, c->len, sizeof *c->ptr, compare_files);
  for (i = 0; i < c->len; ++i)
    if (kept > 0 && pooled_file_is_same (file_of (&c->ptr[kept-1]),
                                         file_of (&c->ptr[i])))
      source_unref (c->ptr[i].file);
    else
      c->ptr[kept++] = c->ptr[i];
  c->len = kept;
  qsort (c->ptr, c->len, sizeof *c->ptr, compare_paths);
}

static int
too_many (const struct lone_candidates *c, struct error *err)
{
  struct name_list names = { .len = 0 };
  size_t i;

  for (i = 0; i < c->len; ++i) {
    const struct pooled_file *file = file_of (&c->ptr[i]);

    name_list_add (&names, pooled_file_prefix (file), pooled_file_name (file));
  }
  return error_set (err, EINVAL, "it has no tag, and %zu files can be its "
                    "data: %s: give the right one with blob=", c->len,
                    name_list_text (&names));
}

const struct lone_candidate *
lone_file_get (struct lone_file *lone, struct error *err)
{
  drop_other_names (&lone->candidates);
  if (lone->candidates.len == 1)
    return &lone->candidates.ptr[0];
  if (lone->candidates.len > 1)
    too_many (&lone->candidates, err);
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
