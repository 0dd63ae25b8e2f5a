/* SPDX-License-Identifier: BSD-3-Clause */
/* SOCI's zinfo: checkpoints of a gzip file, as mkfs.erofs --gzinfo writes
 * them.  Pure functions: bytes in, chunk table out.
 *
 * The output between two checkpoints is one unit (a context of one chunk).
 * What the gzip file has beyond the size declared is left out.
 *
 * Version 1 does not store its first checkpoint, which is the start of the
 * data behind a gzip header of 10 bytes; as headers may be longer, that unit
 * begins at the header itself, which the decoder parses.
 */
#ifndef EROFSFLAT_ZINFO_H
#define EROFSFLAT_ZINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "chunk_table.h"
#include "error.h"

/* Does the length of the file fit its count of checkpoints (v1 or v2)?
 * `head' is the first 12 bytes.
 */
extern bool zinfo_length_is_right (struct bytes head, uint64_t zinfo_size);

/* Parse.  `gzip_size' is the size of the compressed file, `plain_size' that
 * of what it decodes to, as the device table declares it: the last unit ends
 * there.  Error: EINVAL, ENOMEM.
 */
extern int zinfo_parse (struct bytes zinfo, uint64_t gzip_size,
                        uint64_t plain_size, struct chunk_table *ret,
                        struct error *err)
  __attribute__ ((__nonnull__ (4, 5), __warn_unused_result__));

#endif
