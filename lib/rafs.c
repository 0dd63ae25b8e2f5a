/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "rafs.h"
#include "rafs_blob.h"

/* Offsets within the superblock of what must be as Nydus writes it. */
enum {
  SB_UNION = 84,                /* available_compr_algs, lz4_max_distance */
  SB_XATTR_BLKADDR = 44,
  SB_DEVT_SLOTOFF = 88,
};

/* Offsets of the fields within the extended superblock. */
enum {
  EXT_FLAGS = SUPERBLOCK_SIZE + 0,
  EXT_BLOB_TABLE_OFFSET = SUPERBLOCK_SIZE + 8,
  EXT_BLOB_TABLE_SIZE = SUPERBLOCK_SIZE + 16,
  EXT_CHUNK_SIZE = SUPERBLOCK_SIZE + 20,
  EXT_CHUNK_TABLE_OFFSET = SUPERBLOCK_SIZE + 24,
  EXT_CHUNK_TABLE_SIZE = SUPERBLOCK_SIZE + 32,
  EXT_PREFETCH_OFFSET = SUPERBLOCK_SIZE + 40,
  EXT_PREFETCH_SIZE = SUPERBLOCK_SIZE + 48,
};

#define FLAGS_COMPRESSION 0xc3u         /* one of these is set */
#define FLAGS_HASH 0xcu                 /* and one of these */
#define FLAGS_KNOWN 0xff0003ffu         /* the top byte is compatible */

#define INCOMPAT 0xcu                   /* chunked_file, device_table */
#define DEVT_SLOTOFF 11

static bool
is_power_of_two (uint64_t v)
{
  return v != 0 && (v & (v - 1)) == 0;
}

/* What Nydus's own reader demands of EROFS's superblock. */
static int
check_superblock (struct bytes head, const struct superblock *sb,
                  uint64_t bootstrap_size, struct error *err)
{
  uint32_t blksz = superblock_block_size (sb);

  if (sb->blkszbits != 12 && sb->blkszbits != 9)
    return error_set (err, EINVAL,
                      "RAFS: block size is %" PRIu32 " bytes, "
                      "expected 4096 or 512", blksz);
  if (bootstrap_size < 4096 || bootstrap_size % blksz != 0)
    return error_set (err, EINVAL,
                      "RAFS: the bootstrap has %" PRIu64 " bytes, expected a "
                      "multiple of %" PRIu32 " that is at least 4096",
                      bootstrap_size, blksz);
  if (sb->feature_incompat != INCOMPAT)
    return error_set (err, EINVAL,
                      "RAFS: incompatible feature bits are 0x%" PRIx32
                      ", expected 0x%x", sb->feature_incompat, INCOMPAT);
  if (sb->checksum != 0 ||
      (sb->feature_compat & SUPERBLOCK_COMPAT_SB_CHKSUM) != 0)
    return error_set (err, EINVAL,
                      "RAFS: the superblock has a checksum, expected none");
  if (sb->sb_extslots != 0)
    return error_set (err, EINVAL,
                      "RAFS: the superblock has %u extension slots, "
                      "expected none", sb->sb_extslots);
  if (sb->inos == 0)
    return error_set (err, EINVAL, "RAFS: the superblock has no inodes");
  if (bytes_u16 (head, SB_UNION) != 0 ||
      bytes_u32 (head, SB_XATTR_BLKADDR) != 0)
    return error_set (err, EINVAL,
                      "RAFS: the superblock's bytes 44 to 47 or 84 to 85 are "
                      "not zero");
  if (bytes_u16 (head, SB_DEVT_SLOTOFF) != DEVT_SLOTOFF)
    return error_set (err, EINVAL,
                      "RAFS: the device table begins at slot %u, expected %d",
                      bytes_u16 (head, SB_DEVT_SLOTOFF), DEVT_SLOTOFF);
  if (sb->extra_devices > RAFS_BLOBS_MAX)
    return error_set (err, EINVAL,
                      "RAFS: %u devices, at most %d expected",
                      sb->extra_devices, RAFS_BLOBS_MAX);
  return 0;
}

static int
check_flags (const struct rafs *rafs, const struct superblock *sb,
             struct error *err)
{
  if ((rafs->flags & ~(uint64_t) FLAGS_KNOWN) != 0)
    return error_set (err, EINVAL, "RAFS: unknown flags 0x%" PRIx64,
                      rafs->flags & ~(uint64_t) FLAGS_KNOWN);
  if (!is_power_of_two (rafs->flags & FLAGS_COMPRESSION) ||
      !is_power_of_two (rafs->flags & FLAGS_HASH))
    return error_set (err, EINVAL,
                      "RAFS: flags 0x%" PRIx64 " name not exactly one "
                      "compressor and one digest", rafs->flags);
  if (sb->blkszbits == 9 && (rafs->flags & RAFS_FLAG_TARFS) == 0)
    return error_set (err, EINVAL,
                      "RAFS: blocks of 512 bytes without tarfs mode");
  if (!is_power_of_two (rafs->chunk_size) ||
      rafs->chunk_size < RAFS_ALIGN || rafs->chunk_size > RAFS_CHUNK_LEN_MAX)
    return error_set (err, EINVAL,
                      "RAFS: chunk size is %" PRIu32 " bytes, expected a "
                      "power of two from 4096 to 16777216", rafs->chunk_size);
  return 0;
}

struct part {
  const char *name;
  uint64_t offset, len, row;
};

/* Does the part lie behind the device table and inside the file?  `start' is
 * where the device table ends.
 */
static int
check_part (const struct part *part, uint64_t start, uint64_t align,
            uint64_t bootstrap_size, struct error *err)
{
  uint64_t end;

  if (part->len % part->row != 0)
    return error_set (err, EINVAL,
                      "RAFS: the %s has %" PRIu64 " bytes, expected a "
                      "multiple of %" PRIu64, part->name, part->len,
                      part->row);
  if (part->offset % align != 0 || part->offset < start)
    return error_set (err, EINVAL,
                      "RAFS: the %s is at byte %" PRIu64 ", expected a "
                      "multiple of %" PRIu64 " behind the device table, which "
                      "ends at %" PRIu64, part->name, part->offset, align,
                      start);
  if (!checked_add (part->offset, part->len, &end) || end > bootstrap_size)
    return error_set (err, EINVAL,
                      "RAFS: the %s at byte %" PRIu64 " has %" PRIu64
                      " bytes, beyond the file's end at %" PRIu64,
                      part->name, part->offset, part->len, bootstrap_size);
  return 0;
}

static int
check_apart (const struct part *a, const struct part *b, struct error *err)
{
  if (a->len > 0 && b->len > 0 && a->offset < b->offset + b->len &&
      b->offset < a->offset + a->len)
    return error_set (err, EINVAL,
                      "RAFS: the %s at byte %" PRIu64 " and the %s at byte %"
                      PRIu64 " overlap", a->name, a->offset, b->name,
                      b->offset);
  return 0;
}

/* Where the tables lie. */
static int
check_parts (struct bytes head, const struct rafs *rafs,
             const struct superblock *sb, uint64_t bootstrap_size,
             struct error *err)
{
  uint64_t start = DEVT_SLOTOFF * DEVICE_SLOT_SIZE + device_table_size (sb);
  const struct part blobs = {
    "blob table", rafs->blob_table_offset, rafs->blob_table_len,
    RAFS_BLOB_ROW_SIZE
  };
  const struct part chunks = {
    "chunk table", rafs->chunk_table_offset, rafs->chunk_table_len,
    RAFS_CHUNK_ROW_SIZE
  };
  struct part prefetch = {
    "prefetch table", bytes_u64 (head, EXT_PREFETCH_OFFSET),
    bytes_u32 (head, EXT_PREFETCH_SIZE), 4
  };

  if (blobs.len != (uint64_t) sb->extra_devices * RAFS_BLOB_ROW_SIZE)
    return error_set (err, EINVAL,
                      "RAFS: the blob table has %" PRIu64 " bytes, expected "
                      "%d for each of %u devices", blobs.len,
                      RAFS_BLOB_ROW_SIZE, sb->extra_devices);
  /* Old images of no files say a size, but no place. */
  if (prefetch.offset == 0)
    prefetch.len = 0;

  if (check_part (&blobs, start, RAFS_ALIGN, bootstrap_size, err) == -1 ||
      (chunks.len > 0 &&
       check_part (&chunks, start, RAFS_ALIGN, bootstrap_size, err) == -1) ||
      (prefetch.len > 0 &&
       check_part (&prefetch, start, 1, bootstrap_size, err) == -1))
    return -1;
  if (check_apart (&blobs, &chunks, err) == -1 ||
      check_apart (&blobs, &prefetch, err) == -1 ||
      check_apart (&chunks, &prefetch, err) == -1)
    return -1;
  return 0;
}

int
rafs_parse_head (struct bytes head, const struct superblock *sb,
                 uint64_t bootstrap_size, struct rafs *ret, struct error *err)
{
  struct rafs rafs;

  if (head.len < RAFS_HEAD_SIZE)
    return error_set (err, EINVAL,
                      "RAFS: the superblocks have %zu bytes, expected %d",
                      head.len, RAFS_HEAD_SIZE);
  if (check_superblock (head, sb, bootstrap_size, err) == -1)
    return -1;

  memset (&rafs, 0, sizeof rafs);
  rafs.flags = bytes_u64 (head, EXT_FLAGS);
  rafs.chunk_size = bytes_u32 (head, EXT_CHUNK_SIZE);
  rafs.blob_table_offset = bytes_u64 (head, EXT_BLOB_TABLE_OFFSET);
  rafs.blob_table_len = bytes_u32 (head, EXT_BLOB_TABLE_SIZE);
  rafs.chunk_table_offset = bytes_u64 (head, EXT_CHUNK_TABLE_OFFSET);
  rafs.chunk_table_len = bytes_u64 (head, EXT_CHUNK_TABLE_SIZE);
  if (check_flags (&rafs, sb, err) == -1 ||
      check_parts (head, &rafs, sb, bootstrap_size, err) == -1)
    return -1;
  *ret = rafs;
  return 0;
}

/* The slot and the blob must describe the same data. */
static int
check_slot (const struct rafs_blob *blob, const struct device_slot *slot,
            uint8_t blkszbits, struct error *err)
{
  uint64_t blocks = blob->plain_size >> blkszbits;

  if (strcmp (slot->tag, blob->id) != 0)
    return error_set (err, EINVAL,
                      "the tag is \"%s\", but the blob's id \"%s\"",
                      slot->tag, blob->id);
  if (slot->blocks_blk == 0 || slot->blocks_blk != blocks)
    return error_set (err, EINVAL,
                      "%" PRIu64 " blocks, but the blob of %" PRIu64
                      " bytes has %" PRIu64, slot->blocks_blk,
                      blob->plain_size, blocks);
  if (slot->uniaddr_blk == 0)
    return error_set (err, EINVAL,
                      "there is no unified address, which nydus-image before "
                      "2.3 does not write: make the image again");
  if (slot->uniaddr_blk + slot->blocks_blk > UINT64_C (1) << 32)
    return error_set (err, EINVAL,
                      "%" PRIu64 " blocks at %" PRIu64 " end beyond 2^32",
                      slot->blocks_blk, slot->uniaddr_blk);
  return 0;
}

/* Two blobs of one id would be the same data twice. */
static int
check_unique (const struct rafs *rafs, uint32_t i, struct error *err)
{
  uint32_t k;

  for (k = 0; k < i; ++k)
    if (strcmp (rafs->blobs[k].id, rafs->blobs[i].id) == 0)
      return error_set (err, EINVAL,
                        "blob id \"%s\" is that of device slot %" PRIu32
                        " too", rafs->blobs[i].id, k + 1);
  return 0;
}

int
rafs_parse_blobs (struct bytes raw, const struct device_table *table,
                  struct rafs *rafs, struct error *err)
{
  struct bytes row;
  uint32_t i;

  rafs->n_blobs = (uint32_t) (rafs->blob_table_len / RAFS_BLOB_ROW_SIZE);
  rafs->blobs = NULL;
  if (raw.len < rafs->blob_table_len || table->count != rafs->n_blobs)
    return error_set (err, EINVAL,
                      "RAFS: the blob table has %zu bytes for %" PRIu32
                      " blobs and %" PRIu32 " devices", raw.len,
                      rafs->n_blobs, table->count);
  if (rafs->n_blobs == 0)
    return 0;

  rafs->blobs = calloc (rafs->n_blobs, sizeof *rafs->blobs);
  if (rafs->blobs == NULL)
    return error_set_errno (err, ENOMEM, "blob table");
  for (i = 0; i < rafs->n_blobs; ++i) {
    if (!bytes_slice (raw, (uint64_t) i * RAFS_BLOB_ROW_SIZE,
                      RAFS_BLOB_ROW_SIZE, &row) ||
        rafs_blob_parse (row, rafs, i, &rafs->blobs[i], err) == -1 ||
        check_slot (&rafs->blobs[i], &table->slots[i], table->blkszbits,
                    err) == -1 ||
        check_unique (rafs, i, err) == -1) {
      rafs_clear (rafs);
      return error_prefix (err, "device slot %" PRIu32, i + 1);
    }
  }
  return 0;
}

void
rafs_clear (struct rafs *rafs)
{
  free (rafs->blobs);
  rafs->blobs = NULL;
  rafs->n_blobs = 0;
}
