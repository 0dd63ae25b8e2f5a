/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds RAFS v6 bootstraps and chunk information in memory, independently of
 * what lib/ knows of them.
 *
 * The usual blob: 3 chunks of 5000, 4096 and 100 bytes, stored as they are
 * one after the other, then the chunk information (version 1) and its header.
 */
#ifndef EROFSFLAT_RAFS_BUILDER_H
#define EROFSFLAT_RAFS_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "source.h"

/* Where things are in the bootstrap. */
enum {
  AT_SB = 1024,
  AT_EXT = 1152,
  AT_SLOTS = 1408,
  AT_BLOBS = 4096,
  AT_CHUNKS = 8192,
  BOOTSTRAP_SIZE = 12288,
};

#define SLOT(i) (AT_SLOTS + 128 * (i))
#define BLOB(i) (AT_BLOBS + 256 * (i))
#define CHUNK(i) (AT_CHUNKS + 80 * (i))

#define USUAL_CHUNKS 3
#define USUAL_PLAIN 0x4000
#define USUAL_CI_OFFSET (5000 + 4096 + 100)
#define USUAL_FEATURES 0x40000001u      /* cap_tar_toc, aligned */

/* A value to put somewhere; `bytes' 0 ends a list. */
struct patch {
  size_t at;
  size_t bytes;
  uint64_t value;
};

extern void rafs_put (uint8_t *p, size_t bytes, uint64_t value);
extern void rafs_patch (uint8_t *p, const struct patch *patches);

/* BOOTSTRAP_SIZE bytes with `n' usual blobs, of ids "aaa...", "bbb...", and no
 * rows in the chunk table.  The caller frees them.
 */
extern uint8_t *build_bootstrap (unsigned n);

/* Make the first blob of a bootstrap a tar that is served as it is. */
extern void make_tarfs (uint8_t *bootstrap);

/* A row of the chunk table; `n' is how many there are then. */
extern void put_chunk_row (uint8_t *bootstrap, unsigned n, uint32_t blob,
                           uint32_t chunk, const uint8_t digest[32],
                           uint32_t crc);

/* Rows of the chunk information. */
extern void put_row_v1 (uint8_t *p, uint64_t plain_start, uint32_t plain_len,
                        uint64_t stored_start, uint32_t stored_len);
extern void put_row_v2 (uint8_t *p, uint32_t flags, uint64_t plain_start,
                        uint32_t plain_len, uint64_t stored_start,
                        uint32_t stored_len, uint32_t low, uint32_t high);

/* The 4096 bytes of the header. */
struct ci_spec {
  uint32_t features, compressor, entries;
  uint64_t offset, stored_len, plain_len;
  uint64_t contexts_offset, contexts_len;
  uint32_t contexts;
};
extern void put_ci_header (uint8_t *p, const struct ci_spec *spec);

/* The usual blob's file; the caller frees it.  Chunks are of the pattern
 * `seed', at their plain offsets.
 */
extern uint8_t *build_blob_file (unsigned seed, size_t *ret_len);

/* A tar header. */
extern void put_tar_header (uint8_t *p, const char *name, uint64_t size);

/* A table of contents with its tar header; returns its length. */
struct part {
  const char *name;
  uint32_t flags;
  uint64_t offset, stored_len;
  const uint8_t *plain;
  size_t plain_len;
};
extern size_t put_toc (uint8_t *p, const struct part *parts, unsigned n);

/* A memory source of a copy of these bytes. */
extern struct source *new_source (const void *buf, size_t len);

#endif
