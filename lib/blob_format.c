/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blob_format.h"
#include "bytes.h"
#include "checked.h"
#include "cleanup.h"
#include "plain_head.h"
#include "seek_table.h"
#include "source_file.h"
#include "zinfo.h"

bool
blob_format_parse (const char *word, enum blob_format *ret)
{
  static const char *const words[] = {
    [FORMAT_AUTO] = "auto",
    [FORMAT_RAW] = "raw",
    [FORMAT_ZSTD_SEEKABLE] = "zstd-seekable",
    [FORMAT_GZIP] = "gzip",
  };
  size_t i;

  for (i = 0; i < sizeof words / sizeof words[0]; ++i)
    if (strcmp (word, words[i]) == 0) {
      *ret = (enum blob_format) i;
      return true;
    }
  return false;
}

static uint8_t *
read_index (struct source *source, uint64_t offset, uint64_t len,
            struct error *err)
{
  CLEANUP_FREE uint8_t *buf = NULL;

  if (len > CHUNK_INDEX_MAX) {
    error_set (err, EINVAL, "the index has %" PRIu64 " bytes, at most %" PRIu64
               " expected", len, CHUNK_INDEX_MAX);
    return NULL;
  }
  buf = malloc ((size_t) len);
  if (buf == NULL) {
    error_set_errno (err, ENOMEM, "index of %" PRIu64 " bytes", len);
    return NULL;
  }
  if (source_pread (source, buf, (size_t) len, offset, err) == -1)
    return NULL;
  return steal_ptr (buf);
}

/* Make a source of a sealed table. */
static struct source *
make_source (struct source *file, const struct blob_request *request,
             struct chunk_table *table, struct error *err)
{
  struct source *source = NULL;

  if (chunk_table_seal (table, file->size, err) == 0)
    source = source_chunked_new (file, request->name, table, request->service,
                                 err);
  chunk_table_clear (table);
  return source;
}

/* NULL without an error in `err' (errnum 0) if there is no seek table. */
static struct source *
open_zstd_seekable (struct source *file, const struct blob_request *request,
                    struct error *err)
{
  uint8_t footer[SEEK_TABLE_FOOTER_SIZE];
  struct chunk_table table = { 0 };
  CLEANUP_FREE uint8_t *buf = NULL;
  uint64_t size;

  err->errnum = 0;
  if (file->size < sizeof footer)
    return NULL;
  if (source_pread (file, footer, sizeof footer, file->size - sizeof footer,
                    err) == -1)
    return NULL;
  if (!seek_table_footer ((struct bytes) { footer, sizeof footer }, &size) ||
      size > file->size)
    return NULL;
  buf = read_index (file, file->size - size, size, err);
  if (buf == NULL ||
      seek_table_parse ((struct bytes) { buf, (size_t) size }, file->size,
                        &table, err) == -1)
    return NULL;
  return make_source (file, request, &table, err);
}

static bool
fits (uint64_t size, const struct blob_request *request)
{
  return size >= request->declared ||
    request->declared - size < request->block_size;
}

/* Add what the user can do.  As raw bytes the file may be too short. */
static void
advise (const char *what, const struct source *file,
        const struct blob_request *request, struct error *err)
{
  error_append (err, ": %s%s", what,
                fits (file->size, request) ? ", or format=raw" : "");
}

/* Does the gzip file decode as far as the table says? */
static bool
reaches_end (struct source *source, struct error *err)
{
  uint8_t last;

  if (source->size == 0 ||
      source_pread (source, &last, 1, source->size - 1, err) == 0)
    return true;
  if (err->errnum != ENOMEM) {
    err->errnum = EINVAL;
    error_prefix (err, "is a gzip file that does not decode up to the "
                  "declared %" PRIu64 " bytes by its zinfo", source->size);
  }
  return false;
}

/* In front of an error of what is in it. */
static void
name_file (struct source *source, struct error *err)
{
  const struct pooled_file *file = source_file_get (source);

  if (file != NULL && err->errnum == EINVAL)
    error_prefix (err, "%s%s", pooled_file_prefix (file),
                  pooled_file_name (file));
}

/* With checkpoints that fit the file (*ret_is_gzip) it is that and nothing else,
 * even if it is damaged.
 */
static struct source *
open_gzip (struct source *file, const struct blob_request *request,
           bool *ret_is_gzip, struct error *err)
{
  CLEANUP_FREE uint8_t *buf = NULL;
  struct chunk_table table = { 0 };
  struct source *source;

  *ret_is_gzip = false;
  if (request->zinfo == NULL) {
    error_set (err, EINVAL, "is a gzip file without checkpoints (a zinfo file "
               "of the same name with .zinfo behind it, or zinfo=)");
    return NULL;
  }
  buf = read_index (request->zinfo, 0, request->zinfo->size, err);
  if (buf == NULL ||
      zinfo_parse ((struct bytes) { buf, (size_t) request->zinfo->size },
                   file->size, request->declared, &table, err) == -1) {
    name_file (request->zinfo, err);
    return NULL;
  }
  *ret_is_gzip = true;
  source = make_source (file, request, &table, err);
  if (source != NULL && !reaches_end (source, err)) {
    if (err->errnum == EINVAL)
      advise ("get it again, or make its zinfo anew", file, request, err);
    source_unref (source);
    return NULL;
  }
  return source;
}

/* What the file is if it is recognised in full.  NULL: it is not, and `err'
 * says why; with *ret_is_gzip it is not raw either.
 */
static struct source *
recognise (struct source *file, enum plain_form form,
           const struct blob_request *request, bool *ret_is_gzip,
           struct error *err)
{
  struct source *source;

  *ret_is_gzip = false;
  if (form == PLAIN_GZIP) {
    source = open_gzip (file, request, ret_is_gzip, err);
    if (source == NULL && *ret_is_gzip)
      return NULL;              /* damaged */
  }
  else
    source = open_zstd_seekable (file, request, err);
  if (source != NULL && fits (source->size, request))
    return source;
  if (source != NULL)
    error_set (err, EINVAL, "is zstd seekable and has %" PRIu64 " plain bytes, "
               "the device table says %" PRIu64, source->size,
               request->declared);
  else if (err->errnum == 0)
    error_set (err, EINVAL, "is a zstd file without a seek table");
  if (err->errnum == EINVAL)
    advise ("use \"erofsflat pack\" on the plain blob", file, request, err);
  source_unref (source);
  return NULL;
}

/* Look at the content. */
static struct source *
open_any (struct source *file, const struct blob_request *request,
          struct error *err)
{
  enum plain_form form;
  struct source *source;
  bool is_gzip;

  if (request->declared == 0)
    return source_ref (file);
  if (request->form != NULL)
    form = *request->form;
  else if (plain_head_form (file, &form, err) == -1)
    return NULL;
  if (form == PLAIN_RAW)
    return source_ref (file);
  source = recognise (file, form, request, &is_gzip, err);
  if (source != NULL || is_gzip || err->errnum == EIO ||
      err->errnum == ENOMEM)
    return source;
  /* Then it is raw, if its size is right; a longer one is more likely
   * compressed in a way that cannot be read.
   */
  if (file->size <= request->declared && fits (file->size, request))
    return source_ref (file);
  return NULL;
}

/* format=: it has to begin like that. */
static int
check_form (struct source *file, const struct blob_request *request,
            enum plain_form wanted, const char *name, struct error *err)
{
  enum plain_form form;

  if (request->form != NULL)
    form = *request->form;
  else if (plain_head_form (file, &form, err) == -1)
    return -1;
  if (form != wanted)
    return error_set (err, EINVAL, "is not a %s file: it does not begin like "
                      "one", name);
  return 0;
}

struct source *
blob_format_open (struct source *file, const struct blob_request *request,
                  struct error *err)
{
  struct source *source;
  bool is_gzip;

  switch (request->format) {
  case FORMAT_AUTO:
    break;
  case FORMAT_RAW:
    return source_ref (file);
  case FORMAT_ZSTD_SEEKABLE:
    if (check_form (file, request, PLAIN_ZSTD, "zstd", err) == -1)
      return NULL;
    source = open_zstd_seekable (file, request, err);
    if (source == NULL && err->errnum == 0)
      error_set (err, EINVAL, "is not zstd seekable: it has no seek table");
    if (source != NULL && source->size == 0) {
      error_set (err, EINVAL, "is zstd seekable and has no data");
      source_unref (source);
      return NULL;
    }
    return source;
  case FORMAT_GZIP:
    if (check_form (file, request, PLAIN_GZIP, "gzip", err) == -1)
      return NULL;
    if (request->declared == 0) {
      error_set (err, EINVAL, "format=gzip: the device table does not say how "
                 "long the data is (0 blocks), and a zinfo does not either");
      return NULL;
    }
    return open_gzip (file, request, &is_gzip, err);
  }
  return open_any (file, request, err);
}
