/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of struct resolver: images with a tag or a UUID, and what is
 * found for their slots.
 */
#ifndef EROFSFLAT_RESOLVER_FIXTURE_H
#define EROFSFLAT_RESOLVER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "error.h"
#include "resolver.h"

/* The UUIDs 1 and 2 as tags. */
#define TAG_1 "01010101010101010101010101010101"
#define TAG_2 "02020202020202020202020202020202"

/* An image whose one device has this tag; its own UUID is 9. */
extern void put_tagged (const char *name, const char *tag);

/* A layer without a device table. */
extern void put_with_uuid (const char *name, uint8_t uuid);

/* A tar index, or one joined to its tar of 4 blocks. */
extern void put_index (const char *name, uint8_t uuid, bool joined);

/* Set a parameter, then open the image with all of them and make a resolver
 * for it, or return -1.  After that, end has to be called.
 */
extern void set (const char *key, const char *value);
extern int begin (const char *image, struct error *err);
extern void begin_well (const char *image);
extern void end (void);
extern struct resolver *resolver;

/* Slot i (from 0) is found in this file in this way, or is not found for this
 * reason.
 */
extern void expect (uint32_t i, const char *path, enum blob_origin origin);
extern void expect_none (uint32_t i, int errnum, const char *part);

#endif
