/* SPDX-License-Identifier: BSD-3-Clause */
/* struct storage: how a blob's bytes are stored, for showing it. */
#ifndef EROFSFLAT_STORAGE_H
#define EROFSFLAT_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "json.h"

#define STORAGE_NAMES_MAX 40    /* all names of one kind, joined */

struct storage {
  const char *format;           /* "raw", "zstd-seekable", "gzip", "rafs" */
  char compressor[STORAGE_NAMES_MAX];   /* such as "zstd" or "none+zstd" */
  char digest[STORAGE_NAMES_MAX];       /* such as "blake3+crc32c", "none" */
  uint32_t chunks;              /* 0 of raw data */
  uint64_t stored_size;         /* bytes that the chunks take in the file */
  uint64_t plain_size;          /* bytes once decoded */
  bool encrypted;
};

/* A blob that was found. */
extern struct storage storage_of_blob (const struct blob *blob)
  __attribute__ ((__nonnull__ (1)));

/* The members of the object that is open. */
extern void storage_put_json (const struct storage *storage,
                              struct json *json)
  __attribute__ ((__nonnull__ (1, 2)));

#endif
