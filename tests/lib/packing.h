/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes what the decoders decode, with the codecs' own compressors, and the
 * tables that tell where it lies, independently of what lib/ knows of them.
 * The caller frees what is returned; a failure ends the program.
 */
#ifndef EROFSFLAT_PACKING_H
#define EROFSFLAT_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packed {
  uint8_t *ptr;                 /* to be freed */
  size_t len;
};

/* Data that can be compressed, but not to nothing. */
extern void fill_text (uint8_t *buf, size_t len, unsigned seed);

extern struct packed pack_zstd (const uint8_t *buf, size_t len,
                                bool checksum);
extern struct packed pack_lz4 (const uint8_t *buf, size_t len);

/* One gzip member.  `name' may be NULL; with it come a comment, an extra field
 * and a checksum of the header too.  Level 1 makes blocks of 127 symbols.
 */
extern struct packed pack_gzip (const uint8_t *buf, size_t len, int level,
                                const char *name);

/* One as Go's compress/gzip writes it: its last blocks have no data. */
extern struct packed pack_gzip_as_go (const uint8_t *buf, size_t len);

/* A zstd seekable file; frames of `frame_len' bytes. */
extern struct packed pack_seekable (const uint8_t *buf, size_t len,
                                    size_t frame_len, bool checksums);

/* Checkpoints of a gzip file, at the start of every member and, as far as
 * there are ends of blocks, every `span' bytes.  `version' is 1 or 2.
 */
extern struct packed make_zinfo (const uint8_t *gzip, size_t len,
                                 uint64_t span, int version);

/* Encrypt, padding what is short. */
extern struct packed encrypt_xts (const uint8_t *buf, size_t len,
                                  const uint8_t key[32],
                                  const uint8_t iv[16]);

/* `a', then `b'; frees both. */
extern struct packed join (struct packed a, struct packed b);

extern struct packed read_whole (const char *path);

/* The path of a file of tests/data, until the next call. */
extern const char *test_data (const char *name);

#endif
