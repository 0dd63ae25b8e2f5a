/* SPDX-License-Identifier: BSD-3-Clause */
/* struct chunk_table: how a blob is cut into chunks.
 *
 * A chunk is a range of the plain blob.  Mostly it is also what is stored and
 * decoded as one.  Where several chunks are stored together (a batch), or a
 * chunk is a part of what a decoder gives from a checkpoint on, they share a
 * context, which then is what is read, decoded and cached.  What is decoded
 * as one is called a unit: units 0 to n_chunks-1 are the chunks, the contexts
 * follow.
 *
 * What lies between a chunk's end and the next one's start is zeros.
 *
 * Filled by the parser of a format (seek_table, rafs_meta, zinfo) and sealed
 * by chunk_table_seal, which checks every row, so that nothing behind it has
 * to trust the file; immutable and safe for any thread after that.  All
 * offsets and lengths are in bytes.
 */
#ifndef EROFSFLAT_CHUNK_TABLE_H
#define EROFSFLAT_CHUNK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum chunk_codec {
  CHUNK_STORED,                 /* as it is */
  CHUNK_ZSTD,                   /* one or more whole zstd frames */
  CHUNK_LZ4,                    /* one raw LZ4 block */
  CHUNK_GZIP,                   /* one gzip member; what follows is ignored,
                                   as old RAFS tables have only a bound of its
                                   length */
  CHUNK_INFLATE,                /* deflate from a checkpoint: chunk_resume */
};

/* No unit decodes to more: a limit on what one read may cost.  (RAFS chunks
 * and batches are at most 16 MiB, zstd frames of real writers a few.)
 */
#define CHUNK_UNIT_MAX (64u << 20)

/* Nor does what is stored of a blob's index have more bytes: a limit on the
 * memory that it may take, which is three to five times as much.  (Seek tables
 * of 5 TiB in 64 KiB frames, or zinfos of as much in spans of 4 MiB, are below
 * it.)
 */
#define CHUNK_INDEX_MAX (UINT64_C (1) << 30)

/* Nor is more read for one: what zstd, LZ4 and deflate add at most to data
 * that can not be compressed is far less.
 */
#define CHUNK_STORED_MAX (CHUNK_UNIT_MAX + CHUNK_UNIT_MAX / 16)

/* The XTS mode allows no longer data units (2^20 AES blocks). */
#define CHUNK_ENCRYPTED_MAX (16u << 20)

#define CHUNK_DICTIONARY_MAX 32768u

#define CHUNK_NO_CONTEXT UINT32_MAX

struct chunk {
  uint64_t plain_start;         /* in the blob */
  uint64_t stored_start;        /* in the stored file; 0 in a context */
  uint32_t plain_len;           /* at least 1 */
  uint32_t stored_len;          /* 0 in a context */
  uint32_t context;             /* or CHUNK_NO_CONTEXT */
  uint32_t context_offset;      /* of the chunk in its context's output */
  uint8_t codec;                /* enum chunk_codec; unused in a context */
  bool has_digest, has_crc;     /* digests[], crcs[] of this chunk count */
  bool encrypted;
};

/* Where the bits are that belong to the stream and come before its first whole
 * byte.
 */
enum chunk_resume_from {
  CHUNK_RESUME_GIVEN,           /* in `byte', the one before stored_start */
  CHUNK_RESUME_FIRST,           /* in the first of the stored bytes */
  CHUNK_RESUME_MEMBER,          /* there are none: the stored bytes begin with
                                   the header of a gzip member */
};

/* Where the stored bytes end. */
enum chunk_resume_end {
  CHUNK_RESUME_OPEN,            /* somewhere behind what is wanted */
  CHUNK_RESUME_AT_NEXT,         /* at the next checkpoint: where a block ends,
                                   or behind the header of a member, just when
                                   all is decoded */
  CHUNK_RESUME_LAST,            /* with the file, which may have more than is
                                   wanted */
};

/* Where in a deflate stream to begin: the state that inflate needs. */
struct chunk_resume {
  uint64_t dict_offset;         /* in chunk_table.dictionaries */
  uint64_t before;              /* what the file decodes to in front of here;
                                   not of CHUNK_RESUME_OPEN */
  uint32_t dict_len;            /* up to CHUNK_DICTIONARY_MAX */
  uint8_t bits;                 /* high bits of the byte that belong to the
                                   stream, 0 to 7 */
  uint8_t byte;                 /* of CHUNK_RESUME_GIVEN */
  uint8_t from;                 /* enum chunk_resume_from */
  uint8_t end;                  /* enum chunk_resume_end */
};

struct chunk_context {
  uint64_t stored_start;
  uint32_t stored_len;
  uint32_t plain_len;           /* what it decodes to, exactly */
  struct chunk_resume resume;   /* of CHUNK_INFLATE */
  uint8_t codec;                /* other than CHUNK_INFLATE it is a batch: see
                                   decode_job.maybe_stored */
  bool encrypted;
};

enum digest_kind {
  DIGEST_NONE,
  DIGEST_XXH64_LOW,             /* low 32 bits of XXH64, seed 0: 4 bytes */
  DIGEST_BLAKE3,                /* 32 bytes */
  DIGEST_SHA256,                /* 32 bytes */
};

/* AES-128-XTS; the same tweak for every unit. */
struct chunk_cipher {
  uint8_t key[32];
  uint8_t iv[16];
};

struct chunk_table {
  uint64_t plain_size;          /* of the whole blob */
  uint32_t n_chunks, n_contexts;
  struct chunk *chunks;         /* owned, ascending */
  struct chunk_context *contexts;       /* owned */
  uint8_t *dictionaries;        /* owned, or NULL */
  size_t dictionaries_len;
  enum digest_kind digest_kind;
  uint8_t *digests;             /* owned: one of digest_size for each chunk,
                                   or NULL */
  uint32_t *crcs;               /* owned: the usual CRC-32C of each plain
                                   chunk, or NULL */
  struct chunk_cipher cipher;   /* if any chunk or context is encrypted */
  const char *format;           /* static: "zstd-seekable", "rafs", "gzip" */
};

/* Allocate rows of zeros; the parser fills them in, of each chunk the context
 * too.  Rows that are not written yet take no memory, so that a table that is
 * refused costs no more than what of it was right.  Error: ENOMEM, EINVAL: too
 * many units.
 */
extern int chunk_table_init (struct chunk_table *table, uint32_t n_chunks,
                             uint32_t n_contexts, struct error *err)
  __attribute__ ((__nonnull__ (1, 4), __warn_unused_result__));
extern void chunk_table_clear (struct chunk_table *table);

/* Check that chunks ascend, do not overlap and end within plain_size; that
 * stored ranges lie inside the `stored_size' bytes of the file; that contexts,
 * offsets in them and dictionaries are in range; that lengths are at least 1
 * and units at most CHUNK_UNIT_MAX; that a stored chunk's two lengths agree;
 * that what is encrypted can be decrypted.
 * Error: EINVAL; the text names the chunk.
 */
extern int chunk_table_seal (struct chunk_table *table, uint64_t stored_size,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

/* The first chunk that ends behind `plain', which is less than plain_size:
 * it holds that byte, or the byte lies in the zeros in front of it.  n_chunks
 * if only zeros follow.  O(log n).
 */
extern uint32_t chunk_table_find (const struct chunk_table *table,
                                  uint64_t plain)
  __attribute__ ((__nonnull__ (1)));

/* The largest unit's plain length, and stored length. */
extern void chunk_table_largest (const struct chunk_table *table,
                                 uint32_t *ret_plain, uint32_t *ret_stored)
  __attribute__ ((__nonnull__ (1, 2, 3)));

#endif
