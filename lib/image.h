/* SPDX-License-Identifier: BSD-3-Clause */
/* struct image: a multi-blob EROFS image as one flat device.
 *
 *   struct image *image = image_open (options, NULL, 0, &err);
 *   image_pread (image, buf, len, offset, &err);
 *   image_close (image);
 *
 * Once open it is immutable: any thread may call any function on it.
 * All offsets and lengths are in bytes.
 */
#ifndef EROFSFLAT_IMAGE_H
#define EROFSFLAT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "address_map.h"
#include "blob.h"
#include "device_table.h"
#include "error.h"
#include "log.h"
#include "options.h"
#include "source.h"
#include "superblock.h"

struct image;

/* Go on when a blob is missing or wrong, or the devices overlap: for `info'.
 * Such an image can be described, not read: image_map returns NULL for it.
 */
#define IMAGE_DESCRIBE_ONLY 1

/* Keep nothing that only describing needs: image_device_table has no slots
 * then, and image_blob may not be called; nor may image_uses_file, once the
 * threads were started.  A server of 65,535 devices is a third smaller for it.
 */
#define IMAGE_SERVE_ONLY 2

/* Open and check everything.  Relative paths count from the working folder
 * at this moment, which may change later.  `log' may be NULL and must live as
 * long as the image.  Error: EINVAL for bad input, else the errno of what
 * failed.
 */
extern struct image *image_open (const struct options *options,
                                 const struct log *log, unsigned flags,
                                 struct error *err)
  __attribute__ ((__nonnull__ (1, 4), __warn_unused_result__));

/* Keep what is counted in the file of stats=, if that is given: it is written
 * now, and when the image is closed.  Call it once, before there are readers.
 * `log' is as above.  Error: see stats_file_open.
 */
extern int image_keep_stats (struct image *image,
                             const struct options *options,
                             const struct log *log, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4), __warn_unused_result__));

/* Would image_keep_stats do it?  No file is left.  Error: that of it. */
extern int image_check_stats (const struct image *image,
                              const struct options *options,
                              struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* With sandbox=on, find out whether it can be had here, and prepare it for the
 * files of the image.  Call it once.  Error: see sandbox_new.
 */
extern int image_prepare_sandbox (struct image *image,
                                  const struct options *options,
                                  struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* What of the system confines the process since image_start_threads, or will
 * from then on: see sandbox_name.  NULL if it does not.
 */
extern const char *image_sandbox_name (const struct image *image);

/* Enter the sandbox, if it was prepared.  Then start the threads that decode
 * ahead of sequential readers, if any blob is compressed, and the one that
 * writes the file of stats= every few seconds.  They do not survive a fork: a
 * server calls this after its last one.  Without it all else works.  Error:
 * that of pthread_create, of writing the file, or see sandbox_enter.
 */
extern int image_start_threads (struct image *image, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

extern void image_close (struct image *image);          /* NULL is fine */

/* The size of the flat device, a multiple of 4096. */
extern uint64_t image_size (const struct image *image);

/* Read all of [offset, offset+len), which lies inside the size: right bytes
 * or an error.  Error: EIO, ENOMEM.
 */
extern int image_pread (const struct image *image, void *buf, size_t len,
                        uint64_t offset, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 5), __warn_unused_result__));

/* Tell `fn' the extents of [offset, offset+len), in order, adjacent, clipped
 * to it.  Returns what `fn' returned last, or -1.
 */
extern int image_extents (const struct image *image, uint64_t offset,
                          uint64_t len, extent_fn fn, void *opaque,
                          struct error *err)
  __attribute__ ((__nonnull__ (1, 4, 6), __warn_unused_result__));

/* Begin to load [offset, offset+len).  A hint. */
extern void image_prefetch (const struct image *image, uint64_t offset,
                            uint64_t len)
  __attribute__ ((__nonnull__ (1)));

/* What the image is.  All results are valid as long as the image. */
extern const struct superblock *image_superblock (const struct image *image);
extern uint64_t image_bootstrap_size (const struct image *image);
extern const char *image_bootstrap_path (const struct image *image);

/* The device table as it is served, with unset slots filled in. */
extern const struct device_table *image_device_table (const struct image *);

/* The data of device slot i (from 0). */
extern const struct blob *image_blob (const struct image *image, uint32_t i);

/* With IMAGE_DESCRIBE_ONLY: why slot i (from 0) has no data or may not have
 * it, or NULL if it is right.
 */
extern const char *image_blob_problem (const struct image *image, uint32_t i);

/* With IMAGE_DESCRIBE_ONLY: the first reason why the image cannot be served,
 * the same text image_open would fail with, or NULL.
 */
extern const char *image_problem (const struct image *image);

/* The map of the flat device; NULL if the image has a problem. */
extern const struct address_map *image_map (const struct image *image);

/* Is this one of the files that the image is made of? */
struct stat;
extern bool image_uses_file (const struct image *image, const struct stat *st);

#endif
