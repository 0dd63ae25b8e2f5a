/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of struct image: the file "image" of the test's folder, with
 * its blobs beside it.
 */
#ifndef EROFSFLAT_IMAGE_FIXTURE_H
#define EROFSFLAT_IMAGE_FIXTURE_H

#include "image.h"
#include "image_builder.h"

/* An image of one block with these slots. */
extern void put_slots (unsigned n, const struct slot_spec *slots);

/* Open it with blobdir=. and, if `given' is not NULL, blob=GIVEN. */
extern struct image *open_image (const char *given, unsigned flags,
                                 struct error *err);

/* The same, to be served; fails the test if it is refused. */
extern struct image *open_well (const char *given);

#endif
