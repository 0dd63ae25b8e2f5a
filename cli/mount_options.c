/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "cleanup.h"
#include "mount_options.h"

static const struct row {
  const char *name;
  uint64_t clear, set;          /* MOUNT_ATTR_x */
} rows[] = {
  { "atime", MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME },
  { "defaults", 0, 0 },
  { "dev", MOUNT_ATTR_NODEV, 0 },
  { "diratime", MOUNT_ATTR_NODIRATIME, 0 },
  { "exec", MOUNT_ATTR_NOEXEC, 0 },
  { "noatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME },
  { "nodev", 0, MOUNT_ATTR_NODEV },
  { "nodiratime", 0, MOUNT_ATTR_NODIRATIME },
  { "noexec", 0, MOUNT_ATTR_NOEXEC },
  { "nosuid", 0, MOUNT_ATTR_NOSUID },
  { "nosymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW },
  { "relatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME },
  { "ro", 0, MOUNT_ATTR_RDONLY },
  { "strictatime", MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME },
  { "suid", MOUNT_ATTR_NOSUID, 0 },
  { "symfollow", MOUNT_ATTR_NOSYMFOLLOW, 0 },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static const struct row *
find_row (const char *word)
{
  size_t i;

  for (i = 0; i < N_ROWS; ++i)
    if (strcmp (rows[i].name, word) == 0)
      return &rows[i];
  return NULL;
}

/* These would not do what they say. */
static bool
is_refused (const char *word)
{
  static const char *const names[] = { "rw", "loop", "remount", "bind" };
  size_t i;

  for (i = 0; i < sizeof names / sizeof names[0]; ++i)
    if (strcmp (names[i], word) == 0)
      return true;
  return strncmp (word, "device=", 7) == 0;
}

/* Keep it in ret->text, behind what is there. */
static void
add_word (struct mount_options *ret, const char *word)
{
  if (ret->text[0] != '\0')
    strcat (ret->text, ",");
  strcat (ret->text, word);
}

int
mount_options_parse (const char *text, struct mount_options *ret,
                     struct error *err)
{
  CLEANUP_FREE char *copy = strdup (text ? text : "");
  const struct row *row;
  char *word, *next;

  ret->attributes = MOUNT_ATTR_RDONLY;
  ret->text = calloc (1, strlen (text ? text : "") + 1);
  if (copy == NULL || ret->text == NULL)
    return error_set_errno (err, ENOMEM, "-o");
  for (word = strtok_r (copy, ",", &next); word != NULL;
       word = strtok_r (NULL, ",", &next)) {
    row = find_row (word);
    if (row != NULL)
      ret->attributes = (ret->attributes & ~row->clear) | row->set;
    else if (is_refused (word))
      return error_set (err, EINVAL, "-o %s: not possible here", word);
    else
      add_word (ret, word);
  }
  return 0;
}

void
mount_options_clear (struct mount_options *options)
{
  free (options->text);
  options->text = NULL;
}

static int
apply_word (int fs, char *word, struct error *err)
{
  char *value = strchr (word, '=');
  int r;

  if (value != NULL)
    *value = '\0';
  r = value == NULL
    ? fsconfig (fs, FSCONFIG_SET_FLAG, word, NULL, 0)
    : fsconfig (fs, FSCONFIG_SET_STRING, word, value + 1, 0);
  if (r == -1)
    return error_set_errno (err, errno, "-o %s%s%s", word, value ? "=" : "",
                            value ? value + 1 : "");
  return 0;
}

int
mount_options_apply (const struct mount_options *options, int fs,
                     struct error *err)
{
  CLEANUP_FREE char *copy = strdup (options->text);
  char *word, *next;

  if (copy == NULL)
    return error_set_errno (err, ENOMEM, "-o");
  for (word = strtok_r (copy, ",", &next); word != NULL;
       word = strtok_r (NULL, ",", &next))
    if (apply_word (fs, word, err) == -1)
      return -1;
  return 0;
}
