/* SPDX-License-Identifier: BSD-3-Clause */
/* One row of RAFS's blob table: parsing and all checks of the row alone.
 * Others than rafs.c use rafs.h, which has the functions on rows.
 */
#ifndef EROFSFLAT_RAFS_BLOB_H
#define EROFSFLAT_RAFS_BLOB_H

#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"

#define RAFS_ALIGN 4096                 /* of parts and of plain chunks */
#define RAFS_CHUNK_ROW_SIZE 80          /* of the bootstrap's chunk table */
#define RAFS_BLOB_ROW_SIZE 256          /* of the blob table */
#define RAFS_BLOBS_MAX 254              /* device ids have 8 bits */
#define RAFS_CHUNKS_MAX (1u << 24)      /* of a blob */
#define RAFS_CHUNK_LEN_MAX (1u << 24)   /* bytes, of a chunk or a batch */
#define RAFS_DICT_LEN_MAX 32768         /* bytes, of one zran context */
#define RAFS_CONTEXT_SIZE 40

/* The largest plain chunk information that is taken, in bytes. */
#define RAFS_CI_MAX (UINT64_C (1) << 30)

#define RAFS_ID_SIZE 64

/* Features of a blob. */
#define RAFS_ALIGNED 0x1u
#define RAFS_INLINED_FS_META 0x2u
#define RAFS_CHUNK_INFO_V2 0x4u
#define RAFS_ZRAN 0x8u
#define RAFS_SEPARATE 0x10u
#define RAFS_INLINED_CHUNK_DIGEST 0x20u
#define RAFS_TARFS 0x40u
#define RAFS_BATCH 0x80u
#define RAFS_ENCRYPTED 0x100u
#define RAFS_IS_CHUNKDICT_GENERATED 0x200u
#define RAFS_SEPARATED_WITH_PREFETCH_FILES 0x400u
#define RAFS_EXTERNAL 0x800u
#define RAFS_HAS_TAR_HEADER 0x10000000u
#define RAFS_HAS_TOC 0x20000000u
#define RAFS_CAP_TAR_TOC 0x40000000u

/* As in the blob table. */
enum rafs_compressor {
  RAFS_NONE,
  RAFS_LZ4_BLOCK,
  RAFS_GZIP,
  RAFS_ZSTD,
};

struct rafs_blob {
  char id[RAFS_ID_SIZE + 1];    /* what the image says: hostile */
  uint32_t features;
  uint32_t chunk_size;          /* bytes, no chunk is longer */
  uint32_t chunk_count;
  enum rafs_compressor compressor;
  enum digest_kind digest_kind;
  uint64_t stored_size;         /* a hint: often not the file's size */
  uint64_t plain_size;          /* the blob's extent in the flat device */

  /* The chunk information: in the blob's file, or in another if SEPARATE.
   * All zero if TARFS.
   */
  enum rafs_compressor ci_compressor;
  uint64_t ci_offset;
  uint64_t ci_stored_len;
  uint64_t ci_plain_len;

  uint32_t toc_len;             /* with its tar header; 0: not known */
  uint8_t toc_digest[32];       /* SHA-256; zeros: not known */
  uint8_t meta_digest[32];      /* of SEPARATE; zeros: not known */
  struct chunk_cipher cipher;   /* of ENCRYPTED */
};

struct rafs {
  uint64_t flags;
  uint32_t chunk_size;
  uint64_t blob_table_offset, blob_table_len;
  uint64_t chunk_table_offset, chunk_table_len;
  uint32_t n_blobs;
  struct rafs_blob *blobs;      /* owned, NULL if none */
};

#define RAFS_FLAG_TARFS 0x200u          /* of struct rafs.flags */

/* Parse row i, which is RAFS_BLOB_ROW_SIZE bytes.  Error: EINVAL; the text
 * does not name the blob.
 */
extern int rafs_blob_parse (struct bytes row, const struct rafs *rafs,
                            uint32_t i, struct rafs_blob *ret,
                            struct error *err)
  __attribute__ ((__nonnull__ (2, 4, 5), __warn_unused_result__));

#endif
