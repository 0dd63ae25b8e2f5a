/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of a compressed source: a blob that is made at random, chunks
 * of all codecs with zeros between them, some of them together in batches.  It
 * is a file, so that it can be damaged and repaired under the source.
 */
#ifndef EROFSFLAT_CHUNKED_FIXTURE_H
#define EROFSFLAT_CHUNKED_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "chunk_service.h"
#include "chunk_table.h"
#include "error.h"
#include "source.h"

#define N_CHUNKS 60u
#define N_BATCHES 5u            /* of IN_BATCH chunks each, the last ones */
#define IN_BATCH 4u
#define N_ALONE (N_CHUNKS - N_BATCHES * IN_BATCH)
#define CHUNK_MAX 9000u
#define FLAT_MAX (N_CHUNKS * (CHUNK_MAX + 5000))

extern uint8_t flat[FLAT_MAX];  /* what the source should give */
extern struct chunk_table table;        /* that of the source */
extern struct source *stored, *source;
extern struct chunk_service *service;    /* of the source */
extern bool damaged[N_CHUNKS];  /* as the tests expect it */

/* Kinds of sums, and sizes of the cache: none, less than the largest chunk, a
 * few chunks, all.
 */
struct sum_kind {
  enum digest_kind kind;
  bool crcs;
};
extern const struct sum_kind sums[4];
extern const uint64_t caches[4];

/* Make the blob and open it, through `under' if that is not NULL: then its
 * size is set.
 */
extern void open_chunked (const struct sum_kind *kind, uint64_t cache,
                          bool verify, struct source *under);
extern void close_chunked (void);

/* Turn one bit of the file, in place; once more turns it back. */
extern void flip (uint64_t place);

/* Where to turn a bit so that just these chunks are damaged: from `first' on,
 * `n' of them.
 */
struct victim {
  uint32_t first, n;
  uint64_t place;
};

#define N_VICTIMS 8u

extern void choose_victims (struct victim *victims);
extern void flip_victim (const struct victim *victim);

/* -1 if the read fails; what is read has to be right. */
extern int read_it (uint64_t offset, size_t len, struct error *err);
extern void expect_right (uint64_t offset, size_t len);

extern bool touches_damage (uint64_t offset, size_t len);

/* Reads fail just if they touch a damaged chunk. */
extern void read_at_random (unsigned n);

/* Each chunk alone fails or not, and its message names it. */
extern void read_each (void);

#endif
