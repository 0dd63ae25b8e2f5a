/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "lone_file.h"

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

/* Is this a tar of which only zeros lie behind `declared'?  Returns -1, with
 * errno set, if it cannot be read.
 */
static int
is_longer_tar (int fd, uint64_t size, uint64_t declared)
{
  char end[TAR_END_MAX], magic[5];
  size_t len = (size_t) (size - declared), i;
  ssize_t n;

  if (pread (fd, magic, sizeof magic, 257) != sizeof magic ||
      memcmp (magic, "ustar", sizeof magic) != 0)
    return 0;
  n = pread (fd, end, len, (off_t) declared);
  if (n == -1)
    return -1;
  if ((size_t) n != len)
    return 0;
  for (i = 0; i < len; ++i)
    if (end[i] != 0)
      return 0;
  return 1;
}

/* 1 if the file can be the device's data, 0 if not, -1 with errno set. */
static int
can_be_it (const struct lone_file *lone, int fd, const struct stat *st)
{
  uint64_t size = (uint64_t) st->st_size, declared = lone->declared;

  if (!S_ISREG (st->st_mode) || pooled_file_is (lone->bootstrap, st))
    return 0;
  if (declared == 0 || size == declared)
    return 1;
  if (size < declared)
    return declared - size < lone->block_size;
  if (size - declared >= TAR_END_MAX)
    return 0;
  return is_longer_tar (fd, size, declared);
}

static bool
is_known (const struct lone_file *lone, const struct stat *st)
{
  size_t i;

  for (i = 0; i < lone->candidates.len; ++i)
    if (lone->candidates.ptr[i].dev == st->st_dev &&
        lone->candidates.ptr[i].ino == st->st_ino)
      return true;
  return false;
}

static int
search_entry (void *opaque, const char *name, struct error *err)
{
  const struct searching *s = opaque;
  struct lone_candidate candidate = { .folder = s->folder };
  CLEANUP_CLOSE int fd = -1;
  struct stat st;
  int r;

  if (has_suffix (name, ".zinfo"))
    return 0;
  fd = folder_open_file (s->folder, name);
  if (fd == -1 && (errno == EXDEV || errno == ELOOP || errno == ENOENT ||
                   errno == ENXIO))
    return 0;                   /* a link out of the folder, a socket */
  if (fd == -1 || fstat (fd, &st) == -1 ||
      (r = can_be_it (s->lone, fd, &st)) == -1)
    return error_set_errno (err, errno, "%s%s", folder_prefix (s->folder),
                            name);
  if (r == 0 || is_known (s->lone, &st))
    return 0;

  candidate.dev = st.st_dev;
  candidate.ino = st.st_ino;
  candidate.name = strdup (name);
  if (candidate.name == NULL ||
      lone_candidates_append (&s->lone->candidates, candidate) == -1) {
    free (candidate.name);
    return error_set_errno (err, ENOMEM, "%s%s", folder_prefix (s->folder),
                            name);
  }
  return 0;
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
    const struct lone_candidate *c = &lone->candidates.ptr[i];

    len += (size_t) snprintf (names + len, sizeof names - len, "%s%s%s",
                              i > 0 ? ", " : "", folder_prefix (c->folder),
                              c->name);
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
               "declared size of %" PRIu64 " bytes: give its data with "
               "blob=", lone->declared);
  return NULL;
}

void
lone_file_clear (struct lone_file *lone)
{
  size_t i;

  for (i = 0; i < lone->candidates.len; ++i)
    free (lone->candidates.ptr[i].name);
  lone_candidates_reset (&lone->candidates);
}
