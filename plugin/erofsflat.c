/* SPDX-License-Identifier: BSD-3-Clause */
/* The nbdkit plugin: nbdkit's callbacks over struct image.
 *
 * Everything that knows about images is in lib/.  Here is only what nbdkit
 * wants: parameters, one error bridge, and the mapping of callbacks.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "image.h"
#include "options.h"
#include "sandbox.h"

/* nbdkit gives callbacks no other place for one plugin's state.  Both are
 * set before the first connection and read-only after that.
 */
static struct options *options;
static struct image *image;

/* Report an error and set the errno that the client gets.  nbdkit turns any
 * errno that is not in NBD's list into EINVAL, which a client may take for its
 * own mistake: a failed read is EIO.
 */
static int
report (const struct error *err)
{
  nbdkit_error ("%s", err->text);
  errno = err->errnum == ENOMEM ? ENOMEM : EIO;
  return -1;
}

static void
erofsflat_debug (void *opaque, const char *fmt, va_list args)
{
  (void) opaque;
  nbdkit_vdebug (fmt, args);
}

/* nbdkit's log knows only errors and debugging. */
static void
erofsflat_warning (void *opaque, const char *fmt, va_list args)
{
  char *text;

  (void) opaque;
  if (vasprintf (&text, fmt, args) == -1)
    return;
  nbdkit_error ("warning: %s", text);
  free (text);
}

static const struct log nbdkit_log = {
  .debug = erofsflat_debug,
  .warning = erofsflat_warning,
};

static void
erofsflat_load (void)
{
  struct error err;

  options = options_new (&err);
  if (options == NULL)
    nbdkit_error ("%s", err.text);
}

static void
erofsflat_unload (void)
{
  image_close (image);
  options_free (options);
}

static int
erofsflat_config (const char *key, const char *value)
{
  struct error err;

  if (options == NULL || options_set (options, key, value, &err) == -1) {
    nbdkit_error ("%s", options ? err.text : "out of memory");
    return -1;
  }
  return 0;
}

static int
erofsflat_config_complete (void)
{
  struct error err;

  return options_check (options, &err) == -1 ? report (&err) : 0;
}

/* Open and check everything while errors still reach the terminal and the
 * working folder is the user's.
 */
static int
erofsflat_get_ready (void)
{
  struct error err;

  image = image_open (options, &nbdkit_log, IMAGE_SERVE_ONLY, &err);
  if (image == NULL)
    return report (&err);
  if (!options->values.verify)
    log_warning (&nbdkit_log, "verify=off: digests and checksums of chunks "
                 "are not verified");
  if (image_keep_stats (image, options, &nbdkit_log, &err) == -1 ||
      image_prepare_sandbox (image, options, &err) == -1)
    return report (&err);
  return 0;
}

/* What nbdkit's errors need if they go to the system's log, which is opened
 * when the first comes: too late for a process that is confined.
 */
static void
open_system_log (void)
{
  openlog (NULL, LOG_PID | LOG_NDELAY, 0);
  tzset ();
}

/* Say what is active.  nbdkit's log knows only errors and debugging, and who
 * starts a server that is to be confined wants to see it without these: in the
 * foreground on standard error, otherwise in the system's log.
 */
static void
say_confined (const char *sandbox)
{
  fprintf (stderr, "nbdkit: erofsflat: sandbox=on: active: %s\n", sandbox);
  syslog (LOG_INFO, "erofsflat: sandbox=on: active: %s", sandbox);
}

static int
erofsflat_after_fork (void)
{
  const char *sandbox = image_sandbox_name (image);
  struct error err;

  if (sandbox != NULL)
    open_system_log ();
  if (image_start_threads (image, &err) == -1)
    return report (&err);
  if (sandbox != NULL)
    say_confined (sandbox);
  return 0;
}

/* Could sandbox=on be had here? */
static void
dump_sandbox (void)
{
  struct error err;
  struct sandbox *sandbox = sandbox_new (&err);

  if (sandbox != NULL)
    printf ("erofsflat_sandbox=%s\n", sandbox_name (sandbox));
  else
    printf ("erofsflat_sandbox=none: %s\n", err.text);
  sandbox_free (sandbox);
}

static void
erofsflat_dump_plugin (void)
{
  printf ("erofsflat_version=%s\n", PACKAGE_VERSION);
  printf ("erofsflat_blob_formats=raw,zstd-seekable,gzip,rafs-v6\n");
  printf ("erofsflat_max_devices=%d\n", UINT16_MAX);
  printf ("erofsflat_block_sizes=%d-%d\n", 1 << SUPERBLOCK_MIN_BLKSZBITS,
          1 << SUPERBLOCK_MAX_BLKSZBITS);
  dump_sandbox ();
}

static void *
erofsflat_open (int readonly)
{
  (void) readonly;              /* there is no other way */
  return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t
erofsflat_get_size (void *handle)
{
  (void) handle;
  return (int64_t) image_size (image);
}

/* A kernel refuses a file system of 512-byte blocks on a device of larger
 * sectors, and some clients make the preferred size their sector size.
 */
static int
erofsflat_block_size (void *handle, uint32_t *minimum, uint32_t *preferred,
                      uint32_t *maximum)
{
  uint32_t block_size = superblock_block_size (image_superblock (image));

  (void) handle;
  *minimum = 1;
  *preferred = block_size < 4096 ? block_size : 4096;
  *maximum = 0xffffffff;
  return 0;
}

/* Nothing ever changes, so all connections see the same. */
static int
erofsflat_can_multi_conn (void *handle)
{
  (void) handle;
  return 1;
}

static int
erofsflat_can_cache (void *handle)
{
  (void) handle;
  return NBDKIT_CACHE_NATIVE;
}

static int
erofsflat_pread (void *handle, void *buf, uint32_t count, uint64_t offset,
                 uint32_t flags)
{
  struct error err;

  (void) handle;
  (void) flags;
  if (image_pread (image, buf, count, offset, &err) == -1)
    return report (&err);
  return 0;
}

struct adding {
  struct nbdkit_extents *extents;
  int stop;                     /* after the first extent */
};

static int
add_extent (void *opaque, uint64_t offset, uint64_t len, bool zero,
            struct error *err)
{
  const struct adding *adding = opaque;
  uint32_t type = zero ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0;

  if (nbdkit_add_extent (adding->extents, offset, len, type) == -1)
    return error_set_errno (err, errno, "extents");
  return adding->stop;
}

static int
erofsflat_extents (void *handle, uint32_t count, uint64_t offset,
                   uint32_t flags, struct nbdkit_extents *extents)
{
  struct adding adding = {
    .extents = extents,
    .stop = (flags & NBDKIT_FLAG_REQ_ONE) != 0,
  };
  struct error err;

  (void) handle;
  if (image_extents (image, offset, count, add_extent, &adding, &err) == -1)
    return report (&err);
  return 0;
}

static int
erofsflat_cache (void *handle, uint32_t count, uint64_t offset,
                 uint32_t flags)
{
  (void) handle;
  (void) flags;
  image_prefetch (image, offset, count);
  return 0;
}

static const char config_help[] =
#define OPTION(key, argument, help) #key "=<" argument ">\n  " help "\n"
#include "options.def"
#undef OPTION
  ;

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

static struct nbdkit_plugin plugin = {
  .name              = "erofsflat",
  .version           = PACKAGE_VERSION,
  .longname          = "nbdkit erofsflat plugin",
  .description       = "Serve a multi-blob EROFS image as one flat device",
  .load              = erofsflat_load,
  .unload            = erofsflat_unload,
  .config            = erofsflat_config,
  .config_complete   = erofsflat_config_complete,
  .config_help       = config_help,
  .magic_config_key  = OPTIONS_MAGIC_KEY,
  .dump_plugin       = erofsflat_dump_plugin,
  .get_ready         = erofsflat_get_ready,
  .after_fork        = erofsflat_after_fork,
  .open              = erofsflat_open,
  .get_size          = erofsflat_get_size,
  .block_size        = erofsflat_block_size,
  .can_multi_conn    = erofsflat_can_multi_conn,
  .can_cache         = erofsflat_can_cache,
  .pread             = erofsflat_pread,
  .extents           = erofsflat_extents,
  .cache             = erofsflat_cache,
  .errno_is_preserved = 1,
};

NBDKIT_REGISTER_PLUGIN (plugin)
