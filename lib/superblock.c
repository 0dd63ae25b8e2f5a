/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "crc32c.h"
#include "superblock.h"

/* Offsets of the fields within the superblock. */
enum {
  SB_MAGIC = 0,
  SB_CHECKSUM = 4,
  SB_FEATURE_COMPAT = 8,
  SB_BLKSZBITS = 12,
  SB_EXTSLOTS = 13,
  SB_BLOCKS_HI = 14,            /* root_nid without 48BIT */
  SB_INOS = 16,
  SB_EPOCH = 24,
  SB_BLOCKS_LO = 36,
  SB_UUID = 48,
  SB_VOLUME_NAME = 64,
  SB_FEATURE_INCOMPAT = 80,
  SB_EXTRA_DEVICES = 86,
  SB_DEVT_SLOTOFF = 88,
  SB_BUILD_TIME = 108,
  SB_ROOTNID_8B = 112,
};

bool
superblock_is_erofs (struct bytes header)
{
  struct bytes b;

  return bytes_slice (header, SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE, &b) &&
    bytes_u32 (b, SB_MAGIC) == SUPERBLOCK_MAGIC;
}

void
superblock_peek_uuid (struct bytes header, uint8_t ret[SUPERBLOCK_UUID_SIZE])
{
  memcpy (ret, header.ptr + SUPERBLOCK_OFFSET + SB_UUID, SUPERBLOCK_UUID_SIZE);
}

/* Linux checksums the rest of the first block, or where the superblock is at
 * a block's start, that block.
 */
static uint64_t
checksum_end (uint8_t blkszbits)
{
  uint64_t blksz = UINT64_C (1) << blkszbits;

  return blksz > SUPERBLOCK_OFFSET ? blksz : SUPERBLOCK_OFFSET + blksz;
}

uint64_t
superblock_checksum_end (const struct superblock *sb)
{
  return checksum_end (sb->blkszbits);
}

static bool
blkszbits_is_valid (uint8_t blkszbits)
{
  return blkszbits >= SUPERBLOCK_MIN_BLKSZBITS &&
    blkszbits <= SUPERBLOCK_MAX_BLKSZBITS;
}

bool
superblock_peek_has_table (struct bytes header)
{
  struct bytes b = { header.ptr + SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE };

  return bytes_u16 (b, SB_EXTRA_DEVICES) > 0 &&
    (bytes_u32 (b, SB_FEATURE_INCOMPAT) & SUPERBLOCK_INCOMPAT_DEVICE_TABLE);
}

uint64_t
superblock_peek_header_len (struct bytes header)
{
  uint8_t blkszbits = bytes_u8 (header, SUPERBLOCK_OFFSET + SB_BLKSZBITS);

  if (!blkszbits_is_valid (blkszbits))
    return SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE;
  return checksum_end (blkszbits);
}

/* The checksum of [SUPERBLOCK_OFFSET, end), its own field taken as zero and
 * the feature bit SB_CHKSUM as set.
 */
static uint32_t
compute_checksum (const uint8_t *header, uint64_t end)
{
  uint8_t start[SB_FEATURE_COMPAT + 4];
  uint32_t crc;

  memcpy (start, header + SUPERBLOCK_OFFSET, sizeof start);
  put_u32 (start + SB_CHECKSUM, 0);
  start[SB_FEATURE_COMPAT] |= SUPERBLOCK_COMPAT_SB_CHKSUM;
  crc = crc32c (~0u, start, sizeof start);
  return crc32c (crc, header + SUPERBLOCK_OFFSET + sizeof start,
                 (size_t) (end - SUPERBLOCK_OFFSET - sizeof start));
}

static int
verify_checksum (struct bytes header, const struct superblock *sb,
                 struct error *err)
{
  bool present = sb->feature_compat & SUPERBLOCK_COMPAT_SB_CHKSUM;
  uint64_t end = superblock_checksum_end (sb);
  uint32_t crc;

  if (header.len < end) {
    if (!present)
      return 0;
    return error_set (err, EINVAL,
                      "the superblock's checksum covers %" PRIu64 " bytes, "
                      "but the file has only %zu", end, header.len);
  }

  crc = compute_checksum (header.ptr, end);
  if (present && crc != sb->checksum)
    return error_set (err, EINVAL,
                      "superblock checksum mismatch: found 0x%08" PRIx32
                      ", expected 0x%08" PRIx32, sb->checksum, crc);
  /* Damage to the bit that says that there is a checksum must not turn the
   * check off.
   */
  if (!present && crc == sb->checksum)
    return error_set (err, EINVAL,
                      "the superblock has a right checksum, 0x%08" PRIx32
                      ", but feature bit sb_chksum is not set: "
                      "the superblock is damaged", crc);
  return 0;
}

static int
check_features (const struct superblock *sb, struct error *err)
{
  uint32_t unknown = sb->feature_incompat & ~SUPERBLOCK_INCOMPAT_KNOWN;

  if (unknown)
    return error_set (err, EINVAL,
                      "unknown incompatible feature bits 0x%" PRIx32
                      " (known are 0x%" PRIx32 ")",
                      unknown, SUPERBLOCK_INCOMPAT_KNOWN);
  return 0;
}

static uint64_t
parse_blocks (struct bytes b, const struct superblock *sb)
{
  uint64_t blocks = bytes_u32 (b, SB_BLOCKS_LO);

  /* Bits 32..47 take the place of root_nid once the root's 64-bit number is
   * in use.
   */
  if (superblock_is_48bit (sb) && bytes_u64 (b, SB_ROOTNID_8B) != 0)
    blocks |= (uint64_t) bytes_u16 (b, SB_BLOCKS_HI) << 32;
  return blocks;
}

int
superblock_parse (struct bytes header, struct superblock *ret,
                  struct error *err)
{
  struct superblock sb;
  struct bytes b;

  if (!bytes_slice (header, SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE, &b))
    return error_set (err, EINVAL,
                      "not an EROFS image: it has %zu bytes, "
                      "at least %u expected", header.len,
                      SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE);
  if (bytes_u32 (b, SB_MAGIC) != SUPERBLOCK_MAGIC)
    return error_set (err, EINVAL,
                      "not an EROFS image: magic number at byte %d is "
                      "0x%08" PRIx32 ", expected 0x%08x", SUPERBLOCK_OFFSET,
                      bytes_u32 (b, SB_MAGIC), SUPERBLOCK_MAGIC);

  memset (&sb, 0, sizeof sb);
  sb.checksum = bytes_u32 (b, SB_CHECKSUM);
  sb.feature_compat = bytes_u32 (b, SB_FEATURE_COMPAT);
  sb.feature_incompat = bytes_u32 (b, SB_FEATURE_INCOMPAT);
  sb.blkszbits = bytes_u8 (b, SB_BLKSZBITS);
  sb.sb_extslots = bytes_u8 (b, SB_EXTSLOTS);
  sb.inos = bytes_u64 (b, SB_INOS);
  sb.epoch = bytes_u64 (b, SB_EPOCH);
  sb.build_time = bytes_u32 (b, SB_BUILD_TIME);
  sb.blocks_blk = parse_blocks (b, &sb);
  superblock_peek_uuid (header, sb.uuid);
  bytes_text (b, SB_VOLUME_NAME, sizeof sb.volume_name - 1, sb.volume_name);

  /* DEVICE_TABLE shares its bit with COMPR_HEAD2: a table also needs slots. */
  if (sb.feature_incompat & SUPERBLOCK_INCOMPAT_DEVICE_TABLE) {
    sb.extra_devices = bytes_u16 (b, SB_EXTRA_DEVICES);
    if (sb.extra_devices > 0)
      sb.devt_slotoff = bytes_u16 (b, SB_DEVT_SLOTOFF);
  }

  /* The checksum comes first, but to know how much it covers takes the block
   * size.
   */
  if (!blkszbits_is_valid (sb.blkszbits))
    return error_set (err, EINVAL,
                      "block size is 2^%u bytes, expected 2^%d to 2^%d",
                      sb.blkszbits, SUPERBLOCK_MIN_BLKSZBITS,
                      SUPERBLOCK_MAX_BLKSZBITS);
  if (verify_checksum (header, &sb, err) == -1 ||
      check_features (&sb, err) == -1)
    return -1;

  *ret = sb;
  return 0;
}

void
superblock_reseal (const struct superblock *sb, uint8_t *header)
{
  if (sb->feature_compat & SUPERBLOCK_COMPAT_SB_CHKSUM)
    put_u32 (header + SUPERBLOCK_OFFSET + SB_CHECKSUM,
             compute_checksum (header, superblock_checksum_end (sb)));
}

struct feature {
  uint32_t bit;
  const char *name;
};

static const struct feature compat_features[] = {
  { SUPERBLOCK_COMPAT_SB_CHKSUM, "sb_chksum" },
  { 0x2, "mtime" },
  { 0x4, "xattr_filter" },
  { 0x8, "shared_ea_in_metabox" },
  { 0x10, "plain_xattr_pfx" },
  { 0x20, "ishare_xattrs" },
  { SUPERBLOCK_COMPAT_RAFS_V6, "rafs_v6" },
  { 0, NULL }
};

static const struct feature incompat_features[] = {
  { 0x1, "lz4_0padding" },
  { 0x2, "compr_cfgs/big_pcluster" },
  { 0x4, "chunked_file" },
  { SUPERBLOCK_INCOMPAT_DEVICE_TABLE, "device_table/compr_head2" },
  { 0x10, "ztailpacking" },
  { 0x20, "fragments/dedupe" },
  { 0x40, "xattr_prefixes" },
  { SUPERBLOCK_INCOMPAT_48BIT, "48bit" },
  { 0x100, "metabox" },
  { 0, NULL }
};

static const char *
feature_name (const struct feature *f, uint32_t bit)
{
  for (; f->name; ++f)
    if (f->bit == bit)
      return f->name;
  return NULL;
}

const char *
superblock_compat_name (uint32_t bit)
{
  return feature_name (compat_features, bit);
}

const char *
superblock_incompat_name (uint32_t bit)
{
  return feature_name (incompat_features, bit);
}
