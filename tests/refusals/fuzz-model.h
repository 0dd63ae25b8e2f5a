/* SPDX-License-Identifier: BSD-3-Clause */
/* A naive model of what an image's flat device must be, for images that were
 * damaged on purpose: it knows the vector's files, but not how blobs are found.
 */
#ifndef EROFSFLAT_FUZZ_MODEL_H
#define EROFSFLAT_FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

struct content {
  uint8_t *ptr;
  size_t len;
};

#define MAX_BLOBS 8

/* The files of a folder of tests/data. */
struct vector {
  const char *name;
  struct content boot;          /* the bootstrap as it is now */
  struct content blobs[MAX_BLOBS];
  size_t n_blobs;
};

extern uint64_t get (const uint8_t *p, size_t bytes);
extern void put (uint8_t *p, uint64_t value, size_t bytes);

/* A number that is not zero; the same ones in each run. */
extern uint64_t rnd (void);

/* Of a bootstrap that is at least a superblock: does it have a checksum, where
 * does what that covers end, and make it right.
 */
extern bool has_checksum (const struct content *boot);
extern size_t sealed_end (const struct content *boot);
extern void seal (struct content *boot);

/* Abort unless `image', which was opened from the vector's files, is what it
 * must be: every byte is in range, and is the bootstrap's, a blob's or zero.
 */
extern void check_image (const struct vector *v, const struct image *image);

#endif
