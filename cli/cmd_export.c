/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "checked.h"
#include "cleanup.h"
#include "cmd.h"
#include "extent.h"
#include "output_file.h"
#include "progress.h"

#define BUFFER_SIZE (1024 * 1024)

struct export {
  const struct image *image;
  struct new_file file;
  void *buf;                    /* BUFFER_SIZE bytes */
  struct progress progress;
};

static bool
is_input (const void *opaque, const struct stat *st)
{
  return image_uses_file (opaque, st);
}

static int
copy_data (struct export *export, uint64_t offset, uint64_t len,
           struct error *err)
{
  size_t n;

  for (; len > 0; len -= n, offset += n) {
    n = (size_t) min_u64 (len, BUFFER_SIZE);
    if (image_pread (export->image, export->buf, n, offset, err) == -1 ||
        output_file_write (&export->file, export->buf, n, offset, err) == -1)
      return -1;
    progress_update (&export->progress, offset + n);
  }
  return 0;
}

static int
copy_device (struct export *export, struct error *err)
{
  uint64_t offset, size = image_size (export->image);
  struct extent extent;

  /* First, so that a size that the file system can not do fails at once. */
  if (ftruncate (export->file.fd, (off_t) size) == -1)
    return error_set_errno (err, errno, "%s: making it %llu bytes long",
                            export->file.path, (unsigned long long) size);
  for (offset = 0; offset < size; offset += extent.len) {
    if (image_extents (export->image, offset, size - offset,
                       extent_keep_first, &extent, err) == -1)
      return -1;
    if (!extent.zero && copy_data (export, offset, extent.len, err) == -1)
      return -1;
    if (new_file_is_stopped ())
      return error_set (err, EINTR, "%s: interrupted",
                        export->file.path);
    progress_update (&export->progress, offset + extent.len);
  }
  return 0;
}

static int
export_image (const struct image *image, const struct arguments *args,
              struct error *err)
{
  CLEANUP_FREE void *buf = malloc (BUFFER_SIZE);
  struct export export = { .image = image, .buf = buf };
  int r;

  if (buf == NULL)
    return error_set_errno (err, ENOMEM, "%s", args->output);
  if (output_file_check (args->output, "a part of the image", is_input, image,
                         err) == -1)
    return -1;
  r = new_file_begin (&export.file, args->output, err);
  if (r == 0) {
    export.progress = progress_begin (image_size (image), args->quiet);
    r = copy_device (&export, err);
    progress_end (&export.progress);
  }
  if (r == 0)
    r = new_file_commit (&export.file, err);
  new_file_end (&export.file);
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
