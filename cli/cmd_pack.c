/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "crew.h"
#include "file_pool.h"
#include "folder.h"
#include "output_file.h"
#include "progress.h"
#include "seek_writer.h"
#include "source_file.h"

/* The manual says why. */
#define DEFAULT_FRAME_SIZE (256 * 1024)
#define DEFAULT_LEVEL 3

struct settings {
  struct seek_writer_params params;
  unsigned threads;
};

struct packing {
  const struct arguments *args;
  struct settings settings;
  struct source *source;
  struct new_file file;

  pthread_mutex_t lock;         /* for the next two */
  struct progress progress;
  uint64_t done;
};

/* The number of an option, and 0 or -1. */
static int
parse_number (const char *name, const char *value, bool is_size, long min,
              long max, long *ret, struct error *err)
{
  char *end;
  long n, unit = 1;

  errno = 0;
  n = strtol (value, &end, 10);
  if (is_size && (*end == 'K' || *end == 'k'))
    unit = 1024;
  else if (is_size && (*end == 'M' || *end == 'm'))
    unit = 1024 * 1024;
  if (unit > 1)
    ++end;
  if (errno != 0 || end == value || *end != '\0' ||
      n < min / unit || n > max / unit || n * unit < min)
    return error_set (err, EINVAL, "--%s=%s: a number from %ld to %ld is "
                      "expected", name, value, min, max);
  *ret = n * unit;
  return 0;
}

static int
parse_settings (const struct arguments *args, struct settings *ret,
                struct error *err)
{
  long frame_size = DEFAULT_FRAME_SIZE, level = DEFAULT_LEVEL;
  long threads = (long) crew_default_size ();

  if (args->frame_size != NULL &&
      parse_number ("frame-size", args->frame_size, true,
                    SEEK_WRITER_FRAME_ALIGN, SEEK_WRITER_FRAME_MAX,
                    &frame_size, err) == -1)
    return -1;
  if (frame_size % SEEK_WRITER_FRAME_ALIGN != 0)
    return error_set (err, EINVAL, "--frame-size=%s: a multiple of %u is "
                      "expected", args->frame_size, SEEK_WRITER_FRAME_ALIGN);
  if (args->level != NULL &&
      parse_number ("level", args->level, false, seek_writer_min_level (),
                    seek_writer_max_level (), &level, err) == -1)
    return -1;
  if (args->threads != NULL &&
      parse_number ("threads", args->threads, false, 1, CREW_MAX, &threads,
                    err) == -1)
    return -1;
  ret->params.frame_size = (uint32_t) frame_size;
  ret->params.level = (int) level;
  ret->threads = (unsigned) threads;
  return 0;
}

static int
sink_write (void *opaque, const void *buf, size_t len, uint64_t offset,
            struct error *err)
{
  const struct packing *packing = opaque;

  return output_file_write (&packing->file, buf, len, offset, err);
}

static void
sink_progress (void *opaque, uint64_t len)
{
  struct packing *packing = opaque;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&packing->lock);

  packing->done += len;
  progress_update (&packing->progress, packing->done);
}

static void
work (void *opaque)
{
  seek_writer_work (opaque);
}

/* Is the file still what it was when it was opened? */
static int
check_unchanged (const struct packing *packing, struct error *err)
{
  struct pooled_file *file = source_file_get (packing->source);
  int fd = pooled_file_acquire (file, err);
  bool unchanged;

  if (fd == -1)
    return -1;
  unchanged = pooled_file_is_unchanged (file, fd);
  pooled_file_release (file);
  if (!unchanged)
    return error_set (err, EIO, "%s: has changed while it was read",
                      packing->args->file);
  return 0;
}

/* Write all of it into the new file. */
static int
write_frames (struct packing *packing, struct error *err)
{
  const struct seek_writer_sink sink = {
    .write = sink_write,
    .progress = sink_progress,
    .opaque = packing,
  };
  struct seek_writer *writer;
  int r;

  writer = seek_writer_new (packing->source, &packing->settings.params, &sink,
                            err);
  if (writer == NULL)
    return error_prefix (err, "%s", packing->args->file);
  packing->progress = progress_begin (packing->source->size,
                                      packing->args->quiet);
  crew_run (packing->settings.threads, work, writer);
  progress_end (&packing->progress);
  r = seek_writer_finish (writer, err);
  seek_writer_free (writer);
  return r == 0 ? check_unchanged (packing, err) : r;
}

static bool
is_input (const void *opaque, const struct stat *st)
{
  return pooled_file_is (source_file_get (opaque), st);
}

static int
pack_source (struct packing *packing, struct error *err)
{
  int r;

  if (output_file_check (packing->args->output, "the file to pack", is_input,
                         packing->source, err) == -1)
    return -1;
  r = new_file_begin (&packing->file, packing->args->output, err);
  if (r == 0)
    r = write_frames (packing, err);
  if (r == 0)
    r = new_file_commit (&packing->file, err);
  new_file_end (&packing->file);
  return r;
}

static int
pack (struct packing *packing, struct error *err)
{
  struct file_pool *pool = file_pool_new (1, err);
  struct folder *folder = pool ? folder_open_working (err) : NULL;
  int r = -1;

  if (folder != NULL)
    packing->source = source_file_open (pool, folder, packing->args->file,
                                        true, err);
  if (packing->source != NULL)
    r = pack_source (packing, err);
  source_unref (packing->source);
  folder_unref (folder);
  file_pool_free (pool);
  return r;
}

static int
run (const struct arguments *args)
{
  struct packing packing = { .args = args };
  struct error err;
  int r;

  if (parse_settings (args, &packing.settings, &err) == -1) {
    complain ("%s", err.text);
    return STATUS_USAGE;
  }
  pthread_mutex_init (&packing.lock, NULL);
  r = pack (&packing, &err);
  pthread_mutex_destroy (&packing.lock);
  if (r == 0)
    return STATUS_OK;
  complain ("%s", err.text);
  return STATUS_FAILED;
}

const struct command cmd_pack = {
  .name = "pack",
  .synopsis = "[OPTION]... -o OUT BLOB",
  .summary = "Compress a blob so that it can be served.",
  .takes = ARGUMENT_FILE | ARGUMENT_FRAME_SIZE | ARGUMENT_LEVEL |
    ARGUMENT_OUTPUT | ARGUMENT_QUIET | ARGUMENT_THREADS,
  .needs = ARGUMENT_OUTPUT,
  .run = run,
};
