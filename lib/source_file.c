/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "checked.h"
#include "source_file.h"

struct source_file {
  struct source source;         /* first: the two are cast to each other */
  struct pooled_file *file;
};

static struct pooled_file *
get_file (struct source *source)
{
  return ((struct source_file *) source)->file;
}

static int
end_of_file (const struct pooled_file *file, int fd, uint64_t offset,
             struct error *err)
{
  struct stat st;

  if (fstat (fd, &st) == -1)
    st.st_size = 0;
  return error_set (err, EIO,
                    "%s%s: the file ends before byte %" PRIu64 ": "
                    "it had %" PRIu64 " bytes at start and has %" PRIu64
                    " now", pooled_file_prefix (file), pooled_file_name (file),
                    offset, pooled_file_size (file), (uint64_t) st.st_size);
}

static int
read_all (const struct pooled_file *file, int fd, uint8_t *buf, size_t len,
          uint64_t offset, struct error *err)
{
  ssize_t n;

  for (; len > 0; buf += n, len -= (size_t) n, offset += (uint64_t) n) {
    n = pread (fd, buf, len, (off_t) offset);
    if (n == 0)
      return end_of_file (file, fd, offset, err);
    if (n == -1) {
      if (errno != EINTR) {
        error_set_errno (err, errno, "%s%s: reading %zu bytes at byte %"
                         PRIu64, pooled_file_prefix (file),
                         pooled_file_name (file), len, offset);
        err->errnum = EIO;
        return -1;
      }
      n = 0;
    }
  }
  return 0;
}

static int
file_pread (struct source *source, void *buf, size_t len, uint64_t offset,
            struct error *err)
{
  struct pooled_file *file = get_file (source);
  int fd, r;

  fd = pooled_file_acquire (file, err);
  if (fd == -1)
    return -1;
  r = read_all (file, fd, buf, len, offset, err);
  pooled_file_release (file);
  return r;
}

/* The extent that begins at `offset', up to `end'.  Whatever is in doubt is
 * data.
 */
static void
next_extent (const struct pooled_file *file, int fd, uint64_t offset,
             uint64_t end, uint64_t *ret_end, bool *ret_zero)
{
  off_t data = lseek (fd, (off_t) offset, SEEK_DATA);

  *ret_zero = false;
  *ret_end = end;
  if (data == -1 && errno == ENXIO) /* a hole up to the end of the file */
    *ret_zero = true;
  else if (data != -1 && (uint64_t) data > offset) {
    *ret_zero = true;
    *ret_end = min_u64 ((uint64_t) data, end);
  }
  else if (data != -1) {
    off_t hole = lseek (fd, (off_t) offset, SEEK_HOLE);

    if (hole != -1 && (uint64_t) hole > offset)
      *ret_end = min_u64 ((uint64_t) hole, end);
  }

  /* What is beyond the current end of a file that has shrunk looks like a
   * hole, and the hole of a file being written to may be none any more.
   */
  if (*ret_zero && !pooled_file_is_unchanged (file, fd)) {
    *ret_zero = false;
    *ret_end = end;
  }
}

static int
file_extents (struct source *source, uint64_t offset, uint64_t len,
              extent_fn fn, void *opaque, struct error *err)
{
  struct pooled_file *file = get_file (source);
  uint64_t end = offset + len, extent_end;
  struct error open_err;
  bool zero;
  int fd, r = 0;

  fd = pooled_file_acquire (file, &open_err);
  if (fd == -1)                 /* the read will say so */
    return fn (opaque, offset, len, false, err);
  while (r == 0 && offset < end) {
    next_extent (file, fd, offset, end, &extent_end, &zero);
    r = fn (opaque, offset, extent_end - offset, zero, err);
    offset = extent_end;
  }
  pooled_file_release (file);
  return r;
}

static void
file_prefetch (struct source *source, uint64_t offset, uint64_t len)
{
  struct pooled_file *file = get_file (source);
  struct error err;
  int fd;

  fd = pooled_file_acquire (file, &err);
  if (fd == -1)
    return;
  posix_fadvise (fd, (off_t) offset, (off_t) len, POSIX_FADV_WILLNEED);
  pooled_file_release (file);
}

/* Stir a number into a hash. */
static uint64_t
mix (uint64_t hash, int64_t number)
{
  hash = (hash ^ (uint64_t) number) * UINT64_C (0x9e3779b97f4a7c15);
  return hash ^ hash >> 32;
}

/* A file system counts time in steps, of up to this: a second change in the
 * same step can not be seen.
 */
#define TIME_STEP_S 2

/* Would a change be seen from the file's times?  Those of a block device are
 * those of one of its names, and it may be written to by another.
 */
static bool
tells_changes (const struct stat *st)
{
  struct timespec now;

  return S_ISREG (st->st_mode) && clock_gettime (CLOCK_REALTIME, &now) == 0 &&
    st->st_ctim.tv_sec < now.tv_sec - TIME_STEP_S;
}

static uint64_t
file_stamp (struct source *source)
{
  struct pooled_file *file = get_file (source);
  struct error err;
  struct stat st;
  uint64_t stamp = SOURCE_STAMP_UNKNOWN;
  int fd;

  fd = pooled_file_acquire (file, &err);
  if (fd == -1)
    return SOURCE_STAMP_UNKNOWN;
  if (fstat (fd, &st) == 0 && tells_changes (&st))
    stamp = mix (mix (mix (mix (mix (1, st.st_size), st.st_mtim.tv_sec),
                           st.st_mtim.tv_nsec), st.st_ctim.tv_sec),
                 st.st_ctim.tv_nsec);
  pooled_file_release (file);
  return stamp;
}

static void
file_close (struct source *source)
{
  pooled_file_close (get_file (source));
  free (source);
}

static const struct source_ops file_ops = {
  .pread = file_pread,
  .extents = file_extents,
  .prefetch = file_prefetch,
  .stamp = file_stamp,
  .close = file_close,
};

struct source *
source_file_new (struct pooled_file *file, struct error *err)
{
  struct source_file *f = malloc (sizeof *f);

  if (f == NULL) {
    error_set_errno (err, ENOMEM, "%s%s", pooled_file_prefix (file),
                     pooled_file_name (file));
    return NULL;
  }
  source_init (&f->source, &file_ops, pooled_file_size (file));
  f->file = file;
  return &f->source;
}

struct source *
source_file_open (struct file_pool *pool, struct folder *folder,
                  const char *name, bool allow_block_device,
                  struct error *err)
{
  struct pooled_file *file;
  struct source *source;

  file = file_pool_add (pool, folder, name, allow_block_device, err);
  if (file == NULL)
    return NULL;
  source = source_file_new (file, err);
  if (source == NULL)
    pooled_file_close (file);
  return source;
}

struct pooled_file *
source_file_get (const struct source *source)
{
  if (source->ops != &file_ops)
    return NULL;
  return ((const struct source_file *) source)->file;
}
