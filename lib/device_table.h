/* SPDX-License-Identifier: BSD-3-Clause */
/* struct device_table: the slots of EROFS's device table.
 *
 * A slot of 128 bytes holds a tag (64 bytes), the device's length in blocks
 * and its unified address, the first block that it takes in the flat address
 * space (uniaddr; "mapped_blkaddr" in older headers).  The halves above 32
 * bits count under feature 48BIT and are ignored without it.
 *
 * mkfs.erofs before 1.9 leaves tag, blocks and uniaddr of its one device
 * unset; device_table_fill completes such slots, and device_table_patch
 * writes what was filled in to a copy of the table's bytes.
 *
 * Device slots are counted from 1 in every message, as device ids are in
 * EROFS's chunk indexes; arrays count from 0.
 *
 * Pure functions: no I/O, thread-safe on different tables.
 */
#ifndef EROFSFLAT_DEVICE_TABLE_H
#define EROFSFLAT_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "superblock.h"

#define DEVICE_SLOT_SIZE 128            /* bytes */
#define DEVICE_TAG_SIZE 64              /* bytes */

struct device_slot {
  uint64_t blocks_blk;                  /* 0: unset */
  uint64_t uniaddr_blk;                 /* 0: unset */
  const char *tag;                      /* what the image says: hostile */
  bool patched;                         /* blocks or uniaddr was filled in */
};

struct device_table {
  struct device_slot *slots;            /* owned, NULL if none */
  char *tags;                           /* owned, what the slots point to */
  uint32_t count;                       /* at most 65,535 */
  uint8_t blkszbits;
  bool is_48bit;
};

/* Where the table lies in the bootstrap, in bytes. */
static inline uint64_t
device_table_offset (const struct superblock *sb)
{
  return (uint64_t) sb->devt_slotoff * DEVICE_SLOT_SIZE;
}

static inline uint64_t
device_table_size (const struct superblock *sb)
{
  return (uint64_t) sb->extra_devices * DEVICE_SLOT_SIZE;
}

/* Check where the table lies, before its bytes are read.  Error: EINVAL. */
extern int device_table_check_place (const struct superblock *sb,
                                     uint64_t bootstrap_size,
                                     struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

/* Parse device_table_size bytes.  On success the caller releases the result
 * with device_table_clear.  Error: ENOMEM.
 */
extern int device_table_parse (struct bytes raw, const struct superblock *sb,
                               struct device_table *ret, struct error *err)
  __attribute__ ((__nonnull__ (2, 3, 4)));

extern void device_table_clear (struct device_table *table);

/* Release the tags, which then are empty: they are most of the memory. */
extern void device_table_forget_tags (struct device_table *table)
  __attribute__ ((__nonnull__ (1)));

/* Where slot `i' lies in the flat address space, in bytes.  Error: EINVAL if
 * its end is beyond what a file offset can say; the text does not name the
 * slot.
 */
extern int device_table_range (const struct device_table *table, uint32_t i,
                               uint64_t *ret_start, uint64_t *ret_len,
                               struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4, 5)));

/* Complete what is unset: a slot with blocks 0 takes the size in bytes that
 * `file_sizes' has for it; then, in slot order, a slot with uniaddr 0 is given
 * the first block after the bootstrap and everything placed so far.
 * Error: EINVAL where a value does not fit its field.
 */
extern int device_table_fill (struct device_table *table,
                              uint64_t bootstrap_size,
                              const uint64_t *file_sizes, struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4)));

/* Was anything filled in? */
extern bool device_table_is_patched (const struct device_table *table);

/* Write the patched slots to a copy of the table's bytes. */
extern void device_table_patch (const struct device_table *table,
                                uint8_t *raw)
  __attribute__ ((__nonnull__ (1, 2)));

/* A tag may be used for looking up a file: [0-9A-Za-z._-]+, no leading dot. */
extern bool device_tag_is_safe (const char *tag);

/* If the tag is a UUID as 32 hexadecimal digits, parse it. */
extern bool device_tag_to_uuid (const char *tag,
                                uint8_t ret[SUPERBLOCK_UUID_SIZE]);

#endif
