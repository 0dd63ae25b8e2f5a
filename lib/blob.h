/* SPDX-License-Identifier: BSD-3-Clause */
/* struct blob: the data that was found for a device slot.
 *
 * Thread-safety: read-only once opened and agreed.
 */
#ifndef EROFSFLAT_BLOB_H
#define EROFSFLAT_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "blob_format.h"
#include "bootstrap.h"
#include "device_table.h"
#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "source.h"
#include "source_chunked.h"

/* How a blob was found. */
enum blob_origin {
  BLOB_NOT_FOUND,
  BLOB_GIVEN,                   /* blob=FILE */
  BLOB_BY_NAME,                 /* the tag is a file's name */
  BLOB_BY_UUID,                 /* the tag is the UUID of an image */
  BLOB_IN_BOOTSTRAP,            /* the bootstrap file has it already */
  BLOB_BY_SIZE,                 /* the only file that can be it */
  BLOB_LISTED,                  /* by a VMDK descriptor */
  BLOB_OWN_FILE,                /* RAFS: the bootstrap was found in it */
};

struct blob {
  enum blob_origin origin;
  struct source *source;        /* owned reference; NULL if not found */
  uint64_t source_offset;       /* bytes: where the device begins in it */
  uint64_t data_len;            /* bytes of the source that are served */
};

/* What opening any blob of an image takes; all of it outlives the blobs. */
struct blob_context {
  struct file_pool *pool;
  const struct chunk_service *service;
  enum blob_format format;
  uint32_t block_size;          /* bytes */
  const struct device_table *table;     /* of the image, for its tags; or NULL */
};

/* The source of a file's plain bytes, for a device of `declared' bytes (0: not
 * declared).  `zinfo' is the file of its checkpoints, as the user named it, or
 * NULL; then it is NAME.zinfo beside the file, if that exists.  `peek' is what
 * bootstrap_peek said of the file, or NULL if that was not asked.  Error:
 * EINVAL, EIO, ENOMEM; the text names the file.
 */
extern struct source *blob_open_plain (const struct blob_context *context,
                                       struct source *file,
                                       const struct bootstrap_peek *peek,
                                       uint64_t declared, const char *zinfo,
                                       struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 6)));

/* Take a file's source as the data of the device that `slot' describes.
 *
 * Where the tag is a UUID and the (plain) data is an EROFS image, they must
 * agree.  If the image has a device table of its own it is a tar index: then
 * the data is the tar joined to it, and if there is none, that is an error and
 * *ret_is_index is set.  Of a file that the user named for the slot the UUID
 * may be another one if it has a device table, no tar is joined to it, and no
 * slot's tag is its UUID: then it is served as it lies, as mount(8) does with
 * device=.
 *
 * On success *ret has a reference of its own, which the caller blob_clears;
 * data_len is not set yet.  Error: EINVAL, or what reading gave; the text
 * names the file.
 */
extern int blob_take (const struct blob_context *context,
                      struct source *file, const struct bootstrap_peek *peek,
                      const struct device_slot *slot,
                      enum blob_origin origin, const char *zinfo,
                      struct blob *ret, bool *ret_is_index, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4, 7, 8, 9), __warn_unused_result__));

/* The same with the file `name' in `folder'.  A block device is taken only
 * where the user named it (BLOB_GIVEN).
 */
extern int blob_open (const struct blob_context *context,
                      struct folder *folder, const char *name,
                      const struct device_slot *slot,
                      enum blob_origin origin, const char *zinfo,
                      struct blob *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4, 7, 8), __warn_unused_result__));

/* The file that a found blob's bytes come from. */
static inline const struct pooled_file *
blob_file (const struct blob *blob)
{
  return source_chunked_file (blob->source);
}

/* The bytes that the source has for the device. */
static inline uint64_t
blob_available (const struct blob *blob)
{
  return blob->source->size - blob->source_offset;
}

/* Agree the source's size with the slot's blocks: sets data_len.  A longer
 * source is served as far as declared, one that is short by less than a block
 * up to its end (zeros follow).  Error: EINVAL; the text names neither the
 * slot nor the file.
 */
extern int blob_agree (struct blob *blob, const struct device_slot *slot,
                       uint32_t block_size, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4), __warn_unused_result__));

/* Is this file an EROFS image with this UUID, raw or compressed? */
extern bool blob_file_has_uuid (struct file_pool *pool, struct folder *folder,
                                const char *name,
                                const uint8_t uuid[SUPERBLOCK_UUID_SIZE])
  __attribute__ ((__nonnull__ (1, 2, 3)));

extern void blob_clear (struct blob *blob);

/* One word: "given", "name", "uuid", "bootstrap", "size",
 * "listed", "own", "none". */
extern const char *blob_origin_name (enum blob_origin origin);

#endif
