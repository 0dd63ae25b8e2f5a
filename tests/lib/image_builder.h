/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds superblocks and device tables in memory, independently of what lib/
 * knows of them.  What is not set in an image_spec is usual: 4 KiB blocks, a
 * checksum, the device table right behind the superblock, as many blocks as
 * are needed.
 */
#ifndef EROFSFLAT_IMAGE_BUILDER_H
#define EROFSFLAT_IMAGE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where things are, counted from the start of the image. */
enum {
  AT_MAGIC = 1024,
  AT_CHECKSUM = 1024 + 4,
  AT_COMPAT = 1024 + 8,
  AT_BLKSZBITS = 1024 + 12,
  AT_EXTSLOTS = 1024 + 13,
  AT_BLOCKS_HI = 1024 + 14,
  AT_INOS = 1024 + 16,
  AT_EPOCH = 1024 + 24,
  AT_BLOCKS_LO = 1024 + 36,
  AT_UUID = 1024 + 48,
  AT_VOLUME_NAME = 1024 + 64,
  AT_INCOMPAT = 1024 + 80,
  AT_EXTRA_DEVICES = 1024 + 86,
  AT_DEVT_SLOTOFF = 1024 + 88,
  AT_BUILD_TIME = 1024 + 108,
  AT_ROOTNID_8B = 1024 + 112,
  AT_TABLE = 1024 + 128,        /* the usual place of the device table */
};

#define IMAGE_CONTENT_SEED 1    /* the bytes behind superblock and table */

struct slot_spec {
  const char *tag;
  uint64_t blocks, uniaddr;     /* all 48 bits are written */
};

struct image_spec {
  unsigned blkszbits;           /* 0: 12 */
  bool no_checksum;
  uint32_t compat, incompat;    /* further feature bits */
  uint8_t extslots;
  uint8_t uuid;                 /* this byte, 16 times */
  unsigned slotoff;             /* 0: 9 */
  size_t size;                  /* of the file; 0: as needed */
  unsigned n_slots;
  const struct slot_spec *slots;
};

extern void put_le (uint8_t *p, uint64_t value, size_t bytes);
extern uint64_t get_le (const uint8_t *p, size_t bytes);

/* The CRC-32C register after these bytes, computed bit by bit. */
extern uint32_t naive_crc32c (uint32_t crc, const uint8_t *p, size_t len);

/* The caller frees the result. */
extern uint8_t *build_image (const struct image_spec *spec, size_t *ret_len);
extern void seal_image (uint8_t *image);

/* Build it as a file of the test's folder. */
extern void put_image (const char *name, const struct image_spec *spec);

#endif
