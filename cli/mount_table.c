/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "mount_table.h"

#define TABLE "/proc/self/mountinfo"

/* The table writes blanks, tabs, newlines and backslashes as \NNN, octal. */
static bool
is_octal (const char *p)
{
  return p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
         p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
}

static void
unescape (char *text)
{
  char *out = text;
  const char *in;

  for (in = text; *in != '\0'; ++in) {
    if (is_octal (in)) {
      *out++ = (char) ((in[1] - '0') << 6 | (in[2] - '0') << 3 |
                       (in[3] - '0'));
      in += 3;
    }
    else
      *out++ = *in;
  }
  *out = '\0';
}

/* A line begins with: id, parent's id, device, root, path. */
static bool
parse_line (char *line, dev_t *ret_device, char **ret_path)
{
  unsigned major_number, minor_number;
  char *end;
  int at = -1;

  if (sscanf (line, "%*d %*d %u:%u %*s %n", &major_number, &minor_number,
              &at) != 2 || at == -1)
    return false;
  *ret_path = line + at;
  end = strchr (*ret_path, ' ');
  if (end == NULL)
    return false;
  *end = '\0';
  unescape (*ret_path);
  *ret_device = makedev (major_number, minor_number);
  return true;
}

/* One way through the table: find the path, or count the device. */
static int
read_table (const char *path, struct mount_place *place, struct error *err)
{
  CLEANUP_FREE char *line = NULL;
  FILE *file = fopen (TABLE, "re");
  size_t size = 0;
  dev_t device;
  char *at;

  if (file == NULL)
    return error_set_errno (err, errno, TABLE);
  while (getline (&line, &size, file) != -1) {
    if (!parse_line (line, &device, &at))
      continue;
    if (path == NULL)
      place->count += place->found && device == place->device;
    else if (strcmp (at, path) == 0) {
      place->found = true;
      place->device = device;
    }
  }
  fclose (file);
  return 0;
}

int
mount_table_find (const char *path, struct mount_place *ret,
                  struct error *err)
{
  memset (ret, 0, sizeof *ret);
  if (read_table (path, ret, err) == -1)
    return -1;
  return read_table (NULL, ret, err);
}
