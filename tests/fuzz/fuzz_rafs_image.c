/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole RAFS image is opened and read.  The input: the bootstrap's length and
 * the blob's (4 bytes each), the bootstrap, the blob's file, and the rest is
 * the file of its chunk information.  All blobs are that file.  If the
 * bootstrap's length is 0, the bootstrap is looked for in the blob's file.
 * Two bits of the blob's length say whether there is a cache, and whether
 * chunks are verified: what is not right is decoded too then.
 *
 * What was read must be the same when it is read again.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap.h"
#include "fuzz_target.h"
#include "rafs_image.h"
#include "rafs_tail.h"
#include "source_chunked.h"
#include "source_memory.h"

#define HEAD 8
#define READ_MAX (1u << 20)     /* bytes of a blob */
#define INFO_MAX (1u << 20)     /* bytes of chunk information */
#define BLOBS_MAX 4             /* that are opened */

static struct source *
new_source (struct bytes b)
{
  uint8_t *buf = malloc (b.len + 1);
  struct source *source;
  struct error err;

  must (buf != NULL);
  memcpy (buf, b.ptr, b.len);
  source = source_memory_new (buf, b.len, &err);
  must (source != NULL);
  return source;
}

/* Read the start of the plain blob in odd pieces.  Returns whether all could be
 * read.
 */
static bool
read_plain (struct source *plain, uint8_t *buf, size_t len)
{
  struct error err;
  size_t done, n;
  bool right = true;

  for (done = 0; done < len; done += n) {
    n = len - done < 60001 ? len - done : 60001;
    if (source_pread (plain, buf + done, n, done, &err) == -1) {
      must (err.errnum == EIO || err.errnum == ENOMEM);
      memset (buf + done, 0, n);
      right = false;
    }
  }
  return right;
}

static void
check_plain (struct source *plain)
{
  size_t len = plain->size < READ_MAX ? (size_t) plain->size : READ_MAX;
  uint8_t *a = malloc (len + 1), *b = malloc (len + 1);
  bool right;

  must (a != NULL && b != NULL);
  right = read_plain (plain, a, len);
  must (read_plain (plain, b, len) == right);
  must (memcmp (a, b, len) == 0);
  free (a);
  free (b);
}

static void
read_blob (struct rafs_image *image, uint32_t i, struct source *data,
           struct source *meta, const struct chunk_service *service)
{
  struct decoder *decoder;
  struct chunk_table table;
  struct source *plain;
  struct error err;
  bool is_raw;
  int r;

  if (image->rafs.blobs[i].ci_plain_len > INFO_MAX)
    return;
  decoder = decoder_take (service->decoders, &err);
  must (decoder != NULL);
  r = rafs_image_open_blob (image, i, data, meta, decoder, &is_raw, &table,
                            &err);
  decoder_give (service->decoders, decoder);
  if (r == -1 || is_raw)
    return;
  check_table (&table, data->size);
  plain = source_chunked_new (data, "blob", &table, service, &err);
  must (plain != NULL);
  check_plain (plain);
  source_unref (plain);
}

static void
read_image (struct source *boot, struct source *data, struct source *meta,
            const struct chunk_service *service)
{
  struct bootstrap bootstrap;
  struct rafs_image image;
  struct error err;
  uint32_t i;

  if (bootstrap_read (boot, &bootstrap, &err) == -1)
    return;
  if (rafs_is_rafs (&bootstrap.sb) &&
      rafs_image_read (boot, &bootstrap.sb, &bootstrap.table, &image,
                       &err) == 0) {
    for (i = 0; i < image.rafs.n_blobs && i < BLOBS_MAX; ++i)
      read_blob (&image, i, data, meta, service);
    rafs_image_clear (&image);
  }
  bootstrap_clear (&bootstrap);
}

static struct source *
find_inner (struct source *data, const struct chunk_service *service)
{
  struct source *boot = NULL;
  struct decoder *decoder;
  struct rafs_tail tail;
  struct error err;
  uint32_t i;

  if (rafs_tail_read (data, &tail, &err) == -1)
    return NULL;
  for (i = 0; i < tail.toc.n_entries; ++i)
    if (tail.toc.entries[i].plain_len > READ_MAX)
      return NULL;
  decoder = decoder_take (service->decoders, &err);
  must (decoder != NULL);
  if (rafs_tail_open_bootstrap (data, false, decoder, &boot, &err) == -1)
    must (boot == NULL);
  decoder_give (service->decoders, decoder);
  return boot;
}

int
LLVMFuzzerTestOneInput (const uint8_t *input, size_t size)
{
  const struct bytes all = { .ptr = input, .len = size };
  struct chunk_service service = { 0 };
  struct source *boot, *data, *meta;
  uint64_t boot_len, data_len;
  struct bytes b[3];
  struct error err;

  if (size < HEAD)
    return 0;
  boot_len = bytes_u32 (all, 0);
  data_len = bytes_u32 (all, 4);
  if (!bytes_slice (all, HEAD, boot_len, &b[0]) ||
      !bytes_slice (all, HEAD + boot_len, data_len, &b[1]) ||
      !bytes_slice (all, HEAD + boot_len + data_len,
                    size - HEAD - boot_len - data_len, &b[2]))
    return 0;
  must (chunk_service_start (&service, (data_len & 1) != 0 ? 0 : 100000, 1,
                             (data_len & 2) != 0, &err) == 0);
  data = new_source (b[1]);
  meta = new_source (b[2]);
  boot = boot_len > 0 ? new_source (b[0]) : find_inner (data, &service);
  if (boot != NULL)
    read_image (boot, data, meta, &service);
  source_unref (boot);
  source_unref (meta);
  source_unref (data);
  chunk_service_clear (&service);
  return 0;
}
