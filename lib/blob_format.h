/* SPDX-License-Identifier: BSD-3-Clause */
/* What a blob's file is, raw or compressed, and the source of its plain bytes.
 *
 * A file is recognised by its content, never by its name, and only in full: a
 * file that begins like zstd but has no seek table whose sizes add up is not
 * zstd seekable.  What is not recognised is raw, if it has the declared size;
 * what begins like zstd or gzip and is longer than that is refused, as it is
 * more likely compressed than raw.
 *
 * Pure of state; used at start only.
 */
#ifndef EROFSFLAT_BLOB_FORMAT_H
#define EROFSFLAT_BLOB_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "plain_head.h"
#include "source.h"
#include "source_chunked.h"

enum blob_format {
  FORMAT_AUTO,
  FORMAT_RAW,
  FORMAT_ZSTD_SEEKABLE,
  FORMAT_GZIP,
};

/* "auto", "raw", "zstd-seekable", "gzip".  Returns false for another word. */
extern bool blob_format_parse (const char *word, enum blob_format *ret);

/* What is asked of the file. */
struct blob_request {
  enum blob_format format;      /* FORMAT_AUTO: look */
  uint64_t declared;            /* bytes; 0: not declared */
  uint32_t block_size;          /* bytes */
  struct source *zinfo;         /* checkpoints of a gzip file, or NULL */
  const enum plain_form *form;  /* how the file begins; NULL: not known yet */
  const char *name;             /* of the file, for messages at read time */
  const struct chunk_service *service;
};

/* The source of the plain bytes: a new reference, to `file' itself if it is
 * raw.  Error: EINVAL, EIO, ENOMEM; the text does not name the file.
 */
extern struct source *blob_format_open (struct source *file,
                                        const struct blob_request *request,
                                        struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3)));

#endif
