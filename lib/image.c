/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening goes through the same steps whether the image is to be served or
 * only described; a problem of one slot ends it at once, or is kept
 * (IMAGE_DESCRIBE_ONLY) and ends it after all slots were looked at.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bootstrap.h"
#include "cleanup.h"
#include "file_pool.h"
#include "image.h"
#include "rafs_image.h"
#include "rafs_tail.h"
#include "resolver.h"
#include "source_file.h"
#include "stats_file.h"
#include "vmdk_list.h"

/* How old the file of stats= may be.  Prometheus asks every 15 seconds, or
 * more seldom.
 */
#define STATS_PERIOD_MS 5000

struct image {
  char *path;                   /* of the bootstrap, as the user gave it */
  struct folder *folder;        /* that the bootstrap lies in */
  struct file_pool *pool;
  struct vmdk_list list;        /* if list.file, what names the files */
  struct chunk_service service;
  struct blob_context blob_context;
  struct source *file;          /* the bootstrap's */
  struct source *source;        /* its bytes: `file', or what lay in it */
  struct source *header;        /* its patched start, or NULL */
  struct bootstrap bootstrap;
  struct rafs_image rafs;       /* if has_rafs */
  bool has_rafs;
  uint32_t n_blobs;
  struct blob *blobs;           /* one for each slot */
  struct address_map map;
  struct stats_file *stats;     /* owned; or NULL */
  /* Of an image that is only described. */
  char **problems;              /* one for each slot, or NULL */
  char *problem;                /* the first of all */
};

/* Something is wrong with slot i: name the slot and the image in the error.
 * An image that is only described keeps it and goes on (returns 0).
 */
static int
slot_problem (struct image *image, uint32_t i, struct error *err)
{
  const char *tag = image->bootstrap.table.slots[i].tag;

  if (image->problems != NULL)
    image->problems[i] = strdup (err->text);
  if (tag[0] == '\0')
    error_prefix (err, "%s: device slot %" PRIu32, image->path, i + 1);
  else
    error_prefix (err, "%s: device slot %" PRIu32 " (tag \"%s\")",
                  image->path, i + 1, tag);
  if (image->problems == NULL)
    return -1;
  if (image->problem == NULL)
    image->problem = strdup (err->text);
  if (image->problems[i] == NULL || image->problem == NULL)
    return error_set_errno (err, ENOMEM, "%s", image->path);
  return 0;
}

/* A RAFS blob may have its bootstrap inside: then that is the image.  A blob
 * without data even begins with it, as it is or compressed.
 */
static int
find_inner_bootstrap (struct image *image, struct error *err)
{
  struct source *inner = NULL;
  struct bootstrap_peek peek;
  struct decoder *decoder;
  int r;

  if (bootstrap_peek (image->file, &peek, err) == -1)
    return -1;
  decoder = decoder_take (image->service.decoders, err);
  if (decoder == NULL)
    return -1;
  r = rafs_tail_open_bootstrap (image->file,
                                peek.is_erofs && peek.form == PLAIN_RAW,
                                decoder, &inner, err);
  decoder_give (image->service.decoders, decoder);
  if (r == -1)
    return -1;
  image->source = inner != NULL ? inner : source_ref (image->file);
  return 0;
}

static int
read_bootstrap (struct image *image, struct error *err)
{
  if (find_inner_bootstrap (image, err) == -1 ||
      bootstrap_read (image->source, &image->bootstrap, err) == -1)
    return -1;
  image->blob_context.block_size =
    superblock_block_size (&image->bootstrap.sb);
  if (!rafs_is_rafs (&image->bootstrap.sb))
    return 0;
  if (rafs_image_read (image->source, &image->bootstrap.sb,
                       &image->bootstrap.table, &image->rafs, err) == -1)
    return -1;
  image->has_rafs = true;
  return 0;
}

/* What opens and decodes the blobs. */
static int
start_service (struct image *image, const struct options *options,
               struct error *err)
{
  image->pool = file_pool_new (0, err);
  if (image->pool == NULL)
    return -1;
  image->blob_context = (struct blob_context) {
    .pool = image->pool,
    .service = &image->service,
    .format = options_format (options),
  };
  return chunk_service_start (&image->service, options_cache (options),
                              options_decodes (options),
                              options_verify (options), err);
}

/* If what was given is a descriptor, then its first file is the image. */
static int
read_list (struct image *image, const struct options *options,
           struct error *err)
{
  bool is_list;

  if (vmdk_list_is_one (image->file, &is_list, err) == -1)
    return error_prefix (err, "%s", image->path);
  if (!is_list)
    return 0;
  if (vmdk_list_read (image->file, options, &image->list, err) == -1)
    return -1;
  source_unref (image->file);
  image->file = vmdk_list_open (&image->list, 0, image->pool, err);
  if (image->file == NULL)
    return -1;
  free (image->path);
  image->path = pooled_file_path (source_file_get (image->file));
  return image->path ? 0 : error_set_errno (err, ENOMEM, "path of a file");
}

static int
open_bootstrap (struct image *image, const struct options *options,
                struct error *err)
{
  const char *name;

  image->path = strdup (options->bootstrap.ptr[0]);
  if (image->path == NULL)
    return error_set_errno (err, ENOMEM, "%s", options->bootstrap.ptr[0]);
  image->folder = folder_open_parent (image->path, &name, err);
  if (image->folder == NULL)
    return -1;
  image->file = source_file_open (image->pool, image->folder, name, true,
                                  err);
  if (image->file == NULL || read_list (image, options, err) == -1)
    return -1;
  if (read_bootstrap (image, err) == -1)
    return error_prefix (err, "%s", image->path);
  return 0;
}

static int
find_blobs (struct image *image, const struct options *options,
            const struct log *log, struct error *err)
{
  const struct resolver_context context = {
    .options = options,
    .pool = image->pool,
    .blob = &image->blob_context,
    .file = image->file,
    .source = image->source,
    .bootstrap = &image->bootstrap,
    .rafs = image->has_rafs ? &image->rafs : NULL,
    .list = image->list.file ? &image->list : NULL,
    .log = log,
  };
  struct resolver *resolver;
  uint32_t i;
  int r = 0;

  if (image->list.file != NULL &&
      vmdk_list_put_in_order (&image->list, &image->bootstrap, err) == -1)
    return -1;
  resolver = resolver_new (&context, err);
  if (resolver == NULL)
    return error_prefix (err, "%s", image->path);
  for (i = 0; r == 0 && i < image->bootstrap.table.count; ++i)
    if (resolver_find (resolver, i, &image->blobs[i], err) == -1)
      r = slot_problem (image, i, err);
  resolver_free (resolver);
  return r;
}

/* Complete the device table from the sizes of the blobs. */
static int
fill_table (struct image *image, struct error *err)
{
  struct device_table *table = &image->bootstrap.table;
  CLEANUP_FREE uint64_t *sizes = calloc (table->count + 1u, sizeof *sizes);
  uint32_t i;

  if (sizes == NULL)
    return error_set_errno (err, ENOMEM, "sizes of the blobs");
  for (i = 0; i < table->count; ++i)
    sizes[i] = blob_available (&image->blobs[i]);
  if (image->has_rafs)          /* its slots are all set */
    return 0;
  if (device_table_fill (table, image->source->size, sizes, err) == -1)
    return -1;
  if (!device_table_is_patched (table))
    return 0;
  image->header = bootstrap_patch (&image->bootstrap, image->source, err);
  return image->header ? 0 : -1;
}

static int
agree_sizes (struct image *image, struct error *err)
{
  const struct device_table *table = &image->bootstrap.table;
  uint32_t block_size = superblock_block_size (&image->bootstrap.sb);
  uint32_t i;

  for (i = 0; i < table->count; ++i) {
    struct blob *blob = &image->blobs[i];
    const struct pooled_file *file;

    if (blob_agree (blob, &table->slots[i], block_size, err) == 0)
      continue;
    file = blob_file (blob);
    error_prefix (err, "%s%s", pooled_file_prefix (file),
                  pooled_file_name (file));
    if (slot_problem (image, i, err) == -1)
      return -1;
  }
  return 0;
}

/* The bootstrap lies at 0; its start may have been patched. */
static int
map_bootstrap (struct image *image, struct error *err)
{
  uint64_t patched = image->header ? image->header->size : 0;
  const struct address_range header = {
    .len = patched,
    .data_len = patched,
    .source = image->header,
    .owner = ADDRESS_MAP_BOOTSTRAP,
  };
  const struct address_range rest = {
    .start = patched,
    .len = image->source->size - patched,
    .data_len = image->source->size - patched,
    .source_offset = patched,
    .source = image->source,
    .owner = ADDRESS_MAP_BOOTSTRAP,
  };

  if (address_map_add (&image->map, &header, err) == -1)
    return -1;
  return address_map_add (&image->map, &rest, err);
}

static int
map_devices (struct image *image, struct error *err)
{
  const struct device_table *table = &image->bootstrap.table;
  uint32_t i;

  for (i = 0; i < table->count; ++i) {
    const struct blob *blob = &image->blobs[i];
    struct address_range range = {
      .data_len = blob->data_len,
      .source_offset = blob->source_offset,
      .source = blob->source,
      .owner = i + 1,
    };

    if (device_table_range (table, i, &range.start, &range.len, err) == -1)
      return error_prefix (err, "device slot %" PRIu32, i + 1);
    /* What lies in the bootstrap file is mapped with it. */
    if (blob->origin != BLOB_IN_BOOTSTRAP &&
        address_map_add (&image->map, &range, err) == -1)
      return -1;
  }
  return 0;
}

static int
make_map (struct image *image, struct error *err)
{
  if (map_bootstrap (image, err) == -1 || map_devices (image, err) == -1 ||
      address_map_seal (&image->map, err) == -1)
    return error_prefix (err, "%s", image->path);
  return 0;
}

/* Everything behind the bootstrap itself. */
static int
open_devices (struct image *image, const struct options *options,
              const struct log *log, struct error *err)
{
  if (find_blobs (image, options, log, err) == -1)
    return -1;
  if (image->problem != NULL)   /* sizes are missing, nothing can follow */
    return 0;
  if (fill_table (image, err) == -1)
    return error_prefix (err, "%s", image->path);
  if (agree_sizes (image, err) == -1)
    return -1;
  if (image->problem != NULL)
    return 0;
  if (image->list.file != NULL)
    vmdk_list_compare (&image->list, &image->bootstrap, image->source->size,
                       image->blobs, log);
  return make_map (image, err);
}

static int
open_image (struct image *image, const struct options *options,
            const struct log *log, unsigned flags, struct error *err)
{
  size_t n;

  if (options_check (options, err) == -1 ||
      start_service (image, options, err) == -1 ||
      open_bootstrap (image, options, err) == -1)
    return -1;

  image->n_blobs = image->bootstrap.table.count;
  n = image->n_blobs + (size_t) 1;              /* calloc (0) may be NULL */
  image->blobs = calloc (n, sizeof *image->blobs);
  if (flags & IMAGE_DESCRIBE_ONLY)
    image->problems = calloc (n, sizeof *image->problems);
  if (image->blobs == NULL ||
      (image->problems == NULL && (flags & IMAGE_DESCRIBE_ONLY)))
    return error_set_errno (err, ENOMEM, "%s", image->path);

  if (open_devices (image, options, log, err) == 0) {
    rafs_image_clear (&image->rafs);
    image->has_rafs = false;
    if (flags & IMAGE_SERVE_ONLY)
      device_table_clear (&image->bootstrap.table);
    return 0;
  }
  if (image->problems == NULL || err->errnum == ENOMEM)
    return -1;
  image->problem = strdup (err->text);
  return image->problem ? 0 : -1;
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

static bool
has_compressed_blob (const struct image *image)
{
  uint32_t i;

  for (i = 0; i < image->n_blobs; ++i)
    if (image->blobs[i].source != NULL &&
        source_chunked_table (image->blobs[i].source) != NULL)
      return true;
  return false;
}

int
image_keep_stats (struct image *image, const struct options *options,
                  const struct log *log, struct error *err)
{
  const struct stats_subject subject = {
    .image = image->path,
    .size = image->map.size,
    .blobs = image->n_blobs,
    .service = &image->service,
    .log = log,
  };
  const char *path;
  struct stat st;

  if (options->stats.len == 0)
    return 0;
  path = options->stats.ptr[0];
  if (stat (path, &st) == 0 && image_uses_file (image, &st))
    return error_set (err, EINVAL, "stats: %s: is a file of the image, and is "
                      "not overwritten", path);
  image->stats = stats_file_open (path, &subject, err);
  if (image->stats == NULL)
    return error_prefix (err, "stats");
  return 0;
}

int
image_start_threads (struct image *image, struct error *err)
{
  if (image->stats != NULL &&
      stats_file_start (image->stats, STATS_PERIOD_MS, err) == -1)
    return error_prefix (err, "stats");
  if (!has_compressed_blob (image))
    return 0;
  return chunk_service_start_threads (&image->service, err);
}

void
image_close (struct image *image)
{
  uint32_t i;

  if (image == NULL)
    return;
  chunk_service_stop_threads (&image->service);
  stats_file_close (image->stats);
  address_map_clear (&image->map);
  for (i = 0; i < image->n_blobs; ++i) {
    if (image->blobs != NULL)
      blob_clear (&image->blobs[i]);
    if (image->problems != NULL)
      free (image->problems[i]);
  }
  free (image->blobs);
  free (image->problems);
  free (image->problem);
  bootstrap_clear (&image->bootstrap);
  source_unref (image->header);
  source_unref (image->source);
  source_unref (image->file);
  vmdk_list_clear (&image->list);
  rafs_image_clear (&image->rafs);
  chunk_service_clear (&image->service);
  file_pool_free (image->pool);
  folder_unref (image->folder);
  free (image->path);
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
  return &image->bootstrap.sb;
}

uint64_t
image_bootstrap_size (const struct image *image)
{
  return image->source->size;
}

const char *
image_bootstrap_path (const struct image *image)
{
  return image->path;
}

const struct device_table *
image_device_table (const struct image *image)
{
  return &image->bootstrap.table;
}

const struct blob *
image_blob (const struct image *image, uint32_t i)
{
  assert (i < image->n_blobs);
  return &image->blobs[i];
}

const char *
image_blob_problem (const struct image *image, uint32_t i)
{
  assert (i < image->n_blobs);
  return image->problems ? image->problems[i] : NULL;
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
  uint32_t i;

  if (image->file != NULL &&
      pooled_file_is (source_file_get (image->file), st))
    return true;
  if (image->list.file != NULL &&
      pooled_file_is (source_file_get (image->list.file), st))
    return true;
  for (i = 0; i < image->n_blobs; ++i) {
    const struct blob *blob = &image->blobs[i];

    if (blob->source != NULL && pooled_file_is (blob_file (blob), st))
      return true;
  }
  return false;
}
