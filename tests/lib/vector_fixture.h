/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests over the real images of tests/data whose blobs are compressed. */
#ifndef EROFSFLAT_VECTOR_FIXTURE_H
#define EROFSFLAT_VECTOR_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define N_VECTORS 11

extern const char *const vector_names[N_VECTORS];

/* Copy the image's files to the test's folder, which is empty. */
extern void copy_vector (const char *name);

/* Open the copy; `cache' is the parameter's value. */
extern struct image *open_vector (const char *cache);

/* All of the device, which has the SHA-256 that it should have; the caller
 * frees it.
 */
extern uint8_t *read_vector (const struct image *image, const char *name);

#endif
