/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads all data of all blobs once, on several threads, and so verifies every
 * chunk that has a digest or checksum; and gzip files once more, see
 * gzip_check.h.
 */
#ifndef EROFSFLAT_DATA_CHECK_H
#define EROFSFLAT_DATA_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "image.h"

/* A part of a blob that can not be read, or is not what it should be. */
struct data_fault {
  uint32_t slot;                /* device slot, from 1 */
  uint64_t offset, len;         /* bytes of the blob, decoded */
  const struct error *err;
};

struct data_check {
  uint64_t bytes;               /* that were to be read */
  uint64_t chunks;              /* decoded chunks, not parts of raw files */
  uint64_t faults;
};

/* `tell' is called for each fault, by one thread at a time; faults of a blob
 * come in order but for what several threads overtake.  A bar shows the
 * progress.
 */
extern struct data_check data_check_run (const struct image *image, bool quiet,
                                         void (*tell)
                                           (void *opaque,
                                            const struct data_fault *fault),
                                         void *opaque)
  __attribute__ ((__nonnull__ (1, 3)));

#endif
