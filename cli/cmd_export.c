/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checked.h"
#include "cleanup.h"
#include "cmd.h"
#include "new_file.h"
#include "progress.h"

#define BUFFER_SIZE (1024 * 1024)

struct export {
  const struct image *image;
  const char *path;
  int fd;
  void *buf;                    /* BUFFER_SIZE bytes */
  struct progress progress;
};

/* An existing file may be replaced if that harms nobody. */
static int
check_path (const struct image *image, const char *path, struct error *err)
{
  struct stat st;

  if (path[0] == '\0')
    return error_set (err, EINVAL, "the file to write has no name");
  if (stat (path, &st) == 0 && image_uses_file (image, &st))
    return error_set (err, EINVAL, "%s: is a part of the image itself, "
                      "and is not overwritten", path);
  if (lstat (path, &st) == -1)
    return errno == ENOENT ? 0 : error_set_errno (err, errno, "%s", path);
  if (!S_ISREG (st.st_mode))
    return error_set (err, EINVAL, "%s: exists and is no regular file", path);
  return 0;
}

static int
write_all (const struct export *export, size_t len, uint64_t offset,
           struct error *err)
{
  const char *p = export->buf;
  ssize_t n;

  for (; len > 0; p += n, len -= (size_t) n, offset += (uint64_t) n) {
    n = pwrite (export->fd, p, len, (off_t) offset);
    if (n == -1) {
      if (errno != EINTR)
        return error_set_errno (err, errno, "%s: write", export->path);
      n = 0;
    }
    if (new_file_is_stopped ())
      return error_set (err, EINTR, "%s: interrupted", export->path);
  }
  return 0;
}

static int
copy_data (struct export *export, uint64_t offset, uint64_t len,
           struct error *err)
{
  size_t n;

  for (; len > 0; len -= n, offset += n) {
    n = (size_t) min_u64 (len, BUFFER_SIZE);
    if (image_pread (export->image, export->buf, n, offset, err) == -1 ||
        write_all (export, n, offset, err) == -1)
      return -1;
    progress_update (&export->progress, offset + n);
  }
  return 0;
}

struct extent {
  uint64_t len;
  bool zero;
};

/* Keep the first extent and stop: it is read only after image_extents has
 * let go of the file.
 */
static int
take_extent (void *opaque, uint64_t offset, uint64_t len, bool zero,
             struct error *err)
{
  struct extent *extent = opaque;

  (void) offset;
  (void) err;
  extent->len = len;
  extent->zero = zero;
  return 1;
}

static int
copy_device (struct export *export, struct error *err)
{
  uint64_t offset, size = image_size (export->image);
  struct extent extent;

  /* First, so that a size that the file system can not do fails at once. */
  if (ftruncate (export->fd, (off_t) size) == -1)
    return error_set_errno (err, errno, "%s: making it %llu bytes long",
                            export->path, (unsigned long long) size);
  for (offset = 0; offset < size; offset += extent.len) {
    if (image_extents (export->image, offset, size - offset, take_extent,
                       &extent, err) == -1)
      return -1;
    if (!extent.zero && copy_data (export, offset, extent.len, err) == -1)
      return -1;
    if (new_file_is_stopped ())
      return error_set (err, EINTR, "%s: interrupted", export->path);
    progress_update (&export->progress, offset + extent.len);
  }
  return 0;
}

static int
export_image (const struct image *image, const struct arguments *args,
              struct error *err)
{
  CLEANUP_FREE void *buf = malloc (BUFFER_SIZE);
  struct export export = { .image = image, .path = args->output, .buf = buf };
  struct new_file file;
  int r;

  if (buf == NULL)
    return error_set_errno (err, ENOMEM, "%s", args->output);
  if (check_path (image, args->output, err) == -1)
    return -1;
  r = new_file_begin (&file, args->output, err);
  if (r == 0) {
    export.fd = file.fd;
    export.progress = progress_begin (image_size (image), args->quiet);
    r = copy_device (&export, err);
    progress_end (&export.progress);
  }
  if (r == 0)
    r = new_file_commit (&file, err);
  new_file_end (&file);
  return r;
}

static int
run (const struct arguments *args)
{
  struct image *image = open_image (args, 0);
  struct error err;
  int r;

  if (image == NULL)
    return STATUS_FAILED;
  r = export_image (image, args, &err);
  if (r == -1)
    complain ("%s", err.text);
  image_close (image);
  return r == 0 ? STATUS_OK : STATUS_FAILED;
}

const struct command cmd_export = {
  .name = "export",
  .synopsis = "[-q] -o OUT",
  .summary = "Write the flat device to a file, sparse.",
  .takes = ARGUMENT_OUTPUT | ARGUMENT_QUIET,
  .needs = ARGUMENT_OUTPUT,
  .run = run,
};
