/* SPDX-License-Identifier: BSD-3-Clause */
/* struct superblock: what a block server needs of EROFS's superblock.
 *
 * The layout is Linux's fs/erofs/erofs_fs.h.  How files are encoded is no
 * concern of a server of blocks, so the only features that change anything
 * here are SB_CHKSUM, DEVICE_TABLE and 48BIT; incompatible features beyond
 * those known are refused, since they may change what the device table means.
 *
 * Pure functions: no I/O, thread-safe.
 */
#ifndef EROFSFLAT_SUPERBLOCK_H
#define EROFSFLAT_SUPERBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"

#define SUPERBLOCK_OFFSET 1024          /* bytes from the start of the image */
#define SUPERBLOCK_SIZE 128             /* bytes, without extension slots */
#define SUPERBLOCK_MAGIC 0xe0f5e1e2u

/* Linux takes blocks from 512 bytes up to its page size, 64 KiB at most. */
#define SUPERBLOCK_MIN_BLKSZBITS 9
#define SUPERBLOCK_MAX_BLKSZBITS 16

/* So many bytes from the start of an image are all that superblock_parse ever
 * looks at: the checksum covers the rest of the first block.
 */
#define SUPERBLOCK_HEADER_MAX (1u << SUPERBLOCK_MAX_BLKSZBITS)

#define SUPERBLOCK_COMPAT_SB_CHKSUM 0x1u
#define SUPERBLOCK_COMPAT_RAFS_V6 0x40000000u
#define SUPERBLOCK_INCOMPAT_DEVICE_TABLE 0x8u   /* also COMPR_HEAD2 */
#define SUPERBLOCK_INCOMPAT_48BIT 0x80u
#define SUPERBLOCK_INCOMPAT_KNOWN 0x1ffu

#define SUPERBLOCK_UUID_SIZE 16

struct superblock {
  uint32_t checksum;
  uint32_t feature_compat;
  uint32_t feature_incompat;
  uint8_t blkszbits;            /* log2 of the block size */
  uint8_t sb_extslots;          /* extension slots of 16 bytes */
  uint16_t extra_devices;       /* 0 where the image has no device table */
  uint16_t devt_slotoff;        /* its place, in 128 bytes; 0 if there is none */
  uint32_t build_time;          /* seconds, relative to epoch where 48BIT */
  uint64_t epoch;               /* seconds since 1970 */
  uint64_t inos;                /* number of inodes */
  uint64_t blocks_blk;          /* of the primary device, as it says itself */
  uint8_t uuid[SUPERBLOCK_UUID_SIZE];
  char volume_name[16 + 1];
};

/* Is there the magic number of EROFS?  `header' is the start of a file. */
extern bool superblock_is_erofs (struct bytes header);

/* The UUID of what superblock_is_erofs says is EROFS, nothing verified. */
extern void superblock_peek_uuid (struct bytes header,
                                  uint8_t ret[SUPERBLOCK_UUID_SIZE]);

/* Whether it has a device table, nothing verified. */
extern bool superblock_peek_has_table (struct bytes header);

/* How much of the start superblock_parse wants to see of what
 * superblock_is_erofs says is EROFS; nothing is verified.
 */
extern uint64_t superblock_peek_header_len (struct bytes header);

/* Parse and verify.  `header' is the start of the image, as much of it as
 * there is up to SUPERBLOCK_HEADER_MAX bytes.  Error: EINVAL.
 */
extern int superblock_parse (struct bytes header, struct superblock *ret,
                             struct error *err)
  __attribute__ ((__nonnull__ (2, 3)));

/* The bytes [SUPERBLOCK_OFFSET, superblock_checksum_end) are checksummed. */
extern uint64_t superblock_checksum_end (const struct superblock *sb);

/* After a change of the header's bytes, make the checksum right again, where
 * the image has one.  `header' holds superblock_checksum_end bytes.
 */
extern void superblock_reseal (const struct superblock *sb, uint8_t *header);

static inline uint32_t
superblock_block_size (const struct superblock *sb)
{
  return 1u << sb->blkszbits;
}

static inline bool
superblock_is_48bit (const struct superblock *sb)
{
  return sb->feature_incompat & SUPERBLOCK_INCOMPAT_48BIT;
}

/* The name of one feature bit, or NULL if it has none. */
extern const char *superblock_compat_name (uint32_t bit);
extern const char *superblock_incompat_name (uint32_t bit);

#endif
