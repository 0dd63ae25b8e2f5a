/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "output_file.h"

int
output_file_check (const char *path, const char *input,
                   bool (*is_input) (const void *opaque,
                                     const struct stat *st),
                   const void *opaque, struct error *err)
{
  struct stat st;

  if (path[0] == '\0')
    return error_set (err, EINVAL, "the file to write has no name");
  if (strcmp (path, "-") == 0)
    return error_set (err, EINVAL, "cannot write to standard output: give a "
                      "file's name (./- for one that has that name)");
  if (stat (path, &st) == 0 && is_input (opaque, &st))
    return error_set (err, EINVAL, "%s: is %s itself, and is not "
                      "overwritten", path, input);
  if (lstat (path, &st) == -1)
    return errno == ENOENT ? 0 : error_set_errno (err, errno, "%s", path);
  if (!S_ISREG (st.st_mode))
    return error_set (err, EINVAL, "%s: exists and is no regular file", path);
  return 0;
}

int
output_file_write (const struct new_file *file, const void *buf, size_t len,
                   uint64_t offset, struct error *err)
{
  const char *p = buf;
  ssize_t n;

  for (; len > 0; p += n, len -= (size_t) n, offset += (uint64_t) n) {
    n = pwrite (file->fd, p, len, (off_t) offset);
    if (n == -1) {
      if (errno != EINTR)
        return error_set_errno (err, errno, "%s: write", file->path);
      n = 0;
    }
    if (new_file_is_stopped ())
      return error_set (err, EINTR, "%s: interrupted", file->path);
  }
  return 0;
}
