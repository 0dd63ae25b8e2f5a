/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <errno.h>
#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "devices.h"
#include "file_pool.h"
#include "image.h"
#include "primary.h"
#include "sandbox.h"
#include "stats_file.h"

/* How old the file of stats= may be.  Prometheus asks every 15 seconds, or
 * more seldom.
 */
#define STATS_PERIOD_MS 5000

struct image {
  struct file_pool *pool;
  struct chunk_service service;
  struct blob_context blob_context;
  struct primary primary;
  struct devices devices;
  struct address_map map;
  char *problem;                /* of one that is only described, or NULL */
  bool serve_only;              /* see IMAGE_SERVE_ONLY */
  struct stats_file *stats;     /* owned; or NULL */
  struct sandbox *sandbox;      /* owned; or NULL */
};

/* What opens and decodes the blobs. */
static int
start_service (struct image *image, const struct options *options,
               struct error *err)
{
  image->pool = file_pool_new (0, err);
  if (image->pool == NULL)
    return -1;
  /* Folders stay open, too. */
  file_pool_reserve (image->pool, options->blobdir.len);
  image->blob_context = (struct blob_context) {
    .pool = image->pool,
    .service = &image->service,
    .format = options->values.format,
  };
  return chunk_service_start (&image->service, options->values.cache,
                              options->values.decodes,
                              options->values.verify, err);
}

static int
open_primary (struct image *image, const struct options *options,
              struct error *err)
{
  if (primary_open (options, image->pool, image->service.decoders,
                    &image->primary, err) == -1)
    return -1;
  image->blob_context.block_size = primary_block_size (&image->primary);
  image->blob_context.table = &image->primary.bootstrap.table;
  return 0;
}

/* The bootstrap lies at 0; its start may have been patched. */
static int
map_bootstrap (struct image *image, struct error *err)
{
  struct source *source = image->primary.source;
  struct source *patched = image->primary.header;
  uint64_t len = patched ? patched->size : 0;
  const struct address_range header = {
    .len = len,
    .data_len = len,
    .source = patched,
    .owner = ADDRESS_MAP_BOOTSTRAP,
  };
  const struct address_range rest = {
    .start = len,
    .len = source->size - len,
    .data_len = source->size - len,
    .source_offset = len,
    .source = source,
    .owner = ADDRESS_MAP_BOOTSTRAP,
  };

  if (address_map_add (&image->map, &header, err) == -1)
    return -1;
  return address_map_add (&image->map, &rest, err);
}

static int
make_map (struct image *image, struct error *err)
{
  const struct primary *primary = &image->primary;

  if (map_bootstrap (image, err) == -1 ||
      devices_map (&image->devices, &primary->bootstrap.table, &image->map,
                   err) == -1 ||
      address_map_seal (&image->map, err) == -1)
    return error_prefix (err, "%s", primary->path);
  return 0;
}

/* Everything behind the bootstrap itself. */
static int
open_devices (struct image *image, const struct options *options,
              const struct log *log, unsigned flags, struct error *err)
{
  struct primary *primary = &image->primary;
  const struct resolver_context context = {
    .options = options,
    .blob = &image->blob_context,
    .primary = primary,
    .log = log,
  };

  if (devices_open (&context, (flags & IMAGE_DESCRIBE_ONLY) != 0,
                    &image->devices, err) == -1)
    return -1;
  image->problem = steal_ptr (image->devices.problem);
  if (image->problem != NULL)
    return 0;
  if (image->serve_only)
    device_table_forget_tags (&primary->bootstrap.table);
  if (make_map (image, err) == -1)
    return -1;
  if (primary->list.file != NULL)
    vmdk_list_compare (&primary->list, &primary->bootstrap,
                       primary->source->size, image->devices.blobs,
                       image->map.size, log);
  return 0;
}

static int
open_image (struct image *image, const struct options *options,
            const struct log *log, unsigned flags, struct error *err)
{
  if (options_check (options, err) == -1 ||
      start_service (image, options, err) == -1 ||
      open_primary (image, options, err) == -1)
    return -1;
  image->serve_only = flags & IMAGE_SERVE_ONLY;
  if (open_devices (image, options, log, flags, err) == 0) {
    primary_forget_rafs (&image->primary);
    if (image->serve_only)
      device_table_clear (&image->primary.bootstrap.table);
    return 0;
  }
  if (!(flags & IMAGE_DESCRIBE_ONLY) || err->errnum == ENOMEM)
    return -1;
  free (image->problem);
  image->problem = strdup (err->text);
  if (image->problem == NULL)
    return error_set_errno (err, ENOMEM, "%s", image->primary.path);
  return 0;
}

struct image *
image_open (const struct options *options, const struct log *log,
            unsigned flags, struct error *err)
{
  struct image *image = calloc (1, sizeof *image);

  if (image == NULL) {
    error_set_errno (err, ENOMEM, "image");
    return NULL;
  }
  if (open_image (image, options, log, flags, err) == -1) {
    image_close (image);
    return NULL;
  }
  return image;
}

static struct stats_subject
stats_subject (const struct image *image, const struct log *log)
{
  return (struct stats_subject) {
    .image = image->primary.path,
    .size = image->map.size,
    .blobs = image->devices.count,
    .service = &image->service,
    .log = log,
  };
}

/* *ret is NULL if stats= is not given. */
static int
find_stats_path (const struct image *image, const struct options *options,
                 const char **ret, struct error *err)
{
  struct stat st;

  *ret = options->stats.len > 0 ? options->stats.ptr[0] : NULL;
  if (*ret != NULL && stat (*ret, &st) == 0 && image_uses_file (image, &st))
    return error_set (err, EINVAL, "stats: %s: is a file of the image, and is "
                      "not overwritten", *ret);
  return 0;
}

int
image_keep_stats (struct image *image, const struct options *options,
                  const struct log *log, struct error *err)
{
  const struct stats_subject subject = stats_subject (image, log);
  const char *path;

  if (find_stats_path (image, options, &path, err) == -1)
    return -1;
  if (path == NULL)
    return 0;
  image->stats = stats_file_open (path, &subject, err);
  return image->stats != NULL ? 0 : error_prefix (err, "stats");
}

int
image_check_stats (const struct image *image, const struct options *options,
                   struct error *err)
{
  const struct stats_subject subject = stats_subject (image, NULL);
  const char *path;

  if (find_stats_path (image, options, &path, err) == -1)
    return -1;
  if (path == NULL || stats_file_check (path, &subject, err) == 0)
    return 0;
  return error_prefix (err, "stats");
}

/* The file that the source's bytes come from, if any, may be opened again. */
static int
allow_file (struct image *image, const struct source *source,
            struct error *err)
{
  struct pooled_file *file = source_chunked_file (source);
  int fd, r;

  if (file == NULL)
    return 0;
  fd = pooled_file_acquire (file, err);
  if (fd == -1)
    return -1;
  r = sandbox_allow_file (image->sandbox, fd, err);
  pooled_file_release (file);
  return r;
}

int
image_prepare_sandbox (struct image *image, const struct options *options,
                       struct error *err)
{
  uint32_t i;

  if (!options->values.sandbox)
    return 0;
  image->sandbox = sandbox_new (err);
  if (image->sandbox == NULL ||
      allow_file (image, image->primary.file, err) == -1)
    return error_prefix (err, "sandbox=on");
  for (i = 0; i < image->devices.count; ++i)
    if (allow_file (image, image->devices.blobs[i].source, err) == -1)
      return error_prefix (err, "sandbox=on");
  return 0;
}

const char *
image_sandbox_name (const struct image *image)
{
  return image->sandbox ? sandbox_name (image->sandbox) : NULL;
}

static int
enter_sandbox (struct image *image, struct error *err)
{
  if (image->sandbox == NULL)
    return 0;
  if (image->stats != NULL && stats_file_hold (image->stats, err) == -1)
    return error_prefix (err, "stats");
  if (sandbox_enter (image->sandbox, err) == -1)
    return error_prefix (err, "sandbox=on");
  return 0;
}

/* The map has all that is read from.  What starting took lies between what is
 * kept, and most malloc()s do not give that back.
 */
static void
forget_devices (struct image *image)
{
  devices_clear (&image->devices);
#ifdef HAVE_MALLOC_TRIM
  malloc_trim (0);
#endif
}

int
image_start_threads (struct image *image, struct error *err)
{
  bool have_chunks = devices_have_chunks (&image->devices);

  if (image->serve_only)
    forget_devices (image);
  if (enter_sandbox (image, err) == -1)
    return -1;
  if (image->stats != NULL &&
      stats_file_start (image->stats, STATS_PERIOD_MS, err) == -1)
    return error_prefix (err, "stats");
  if (!have_chunks)
    return 0;
  return chunk_service_start_threads (&image->service, err);
}

void
image_close (struct image *image)
{
  if (image == NULL)
    return;
  chunk_service_stop_threads (&image->service);
  stats_file_close (image->stats);
  address_map_clear (&image->map);
  devices_clear (&image->devices);
  free (image->problem);
  primary_clear (&image->primary);
  chunk_service_clear (&image->service);
  file_pool_free (image->pool);
  sandbox_free (image->sandbox);
  free (image);
}

uint64_t
image_size (const struct image *image)
{
  return image->map.size;
}

int
image_pread (const struct image *image, void *buf, size_t len,
             uint64_t offset, struct error *err)
{
  if (address_map_pread (&image->map, buf, len, offset, err) == -1) {
    stats_file_count_error (image->stats);
    return -1;
  }
  return 0;
}

int
image_extents (const struct image *image, uint64_t offset, uint64_t len,
               extent_fn fn, void *opaque, struct error *err)
{
  return address_map_extents (&image->map, offset, len, fn, opaque, err);
}

void
image_prefetch (const struct image *image, uint64_t offset, uint64_t len)
{
  address_map_prefetch (&image->map, offset, len);
}

const struct superblock *
image_superblock (const struct image *image)
{
  return &image->primary.bootstrap.sb;
}

uint64_t
image_bootstrap_size (const struct image *image)
{
  return image->primary.source->size;
}

const char *
image_bootstrap_path (const struct image *image)
{
  return image->primary.path;
}

const struct device_table *
image_device_table (const struct image *image)
{
  return &image->primary.bootstrap.table;
}

const struct blob *
image_blob (const struct image *image, uint32_t i)
{
  assert (i < image->devices.count);
  return &image->devices.blobs[i];
}

const char *
image_blob_problem (const struct image *image, uint32_t i)
{
  assert (i < image->devices.count);
  return image->devices.problems ? image->devices.problems[i] : NULL;
}

const char *
image_problem (const struct image *image)
{
  return image->problem;
}

const struct address_map *
image_map (const struct image *image)
{
  return image->problem ? NULL : &image->map;
}

bool
image_uses_file (const struct image *image, const struct stat *st)
{
  return primary_uses_file (&image->primary, st) ||
    devices_use_file (&image->devices, st);
}
