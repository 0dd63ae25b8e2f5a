/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "device_table.h"

/* Offsets of the fields within a slot. */
enum {
  SLOT_TAG = 0,
  SLOT_BLOCKS_LO = 64,
  SLOT_UNIADDR_LO = 68,
  SLOT_BLOCKS_HI = 72,
  SLOT_UNIADDR_HI = 74,
};

int
device_table_check_place (const struct superblock *sb,
                          uint64_t bootstrap_size, struct error *err)
{
  uint64_t start = device_table_offset (sb);
  uint64_t end = start + device_table_size (sb);
  uint64_t sb_end =
    SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE + 16u * sb->sb_extslots;

  if (start < sb_end)
    return error_set (err, EINVAL,
                      "the device table at byte %" PRIu64 " overlaps the "
                      "superblock, which ends at byte %" PRIu64,
                      start, sb_end);
  if (end > bootstrap_size)
    return error_set (err, EINVAL,
                      "the device table of %u device%s ends at byte %" PRIu64
                      ", beyond the file's end at %" PRIu64,
                      sb->extra_devices, sb->extra_devices == 1 ? "" : "s",
                      end, bootstrap_size);
  return 0;
}

/* The tag is put at `tag'; returns where the next one goes. */
static char *
parse_slot (struct bytes b, bool is_48bit, char *tag, struct device_slot *slot)
{
  bytes_text (b, SLOT_TAG, DEVICE_TAG_SIZE, tag);
  slot->tag = tag;
  slot->blocks_blk = bytes_u32 (b, SLOT_BLOCKS_LO);
  slot->uniaddr_blk = bytes_u32 (b, SLOT_UNIADDR_LO);
  slot->patched = false;
  if (is_48bit) {
    slot->blocks_blk |= (uint64_t) bytes_u16 (b, SLOT_BLOCKS_HI) << 32;
    slot->uniaddr_blk |= (uint64_t) bytes_u16 (b, SLOT_UNIADDR_HI) << 32;
  }
  return tag + strlen (tag) + 1;
}

/* Space for tags is that of the longest ones; what they do not take is never
 * touched.
 */
static int
allocate (struct device_table *table, struct error *err)
{
  if (table->count == 0)
    return 0;
  table->slots = calloc (table->count, sizeof *table->slots);
  table->tags = malloc (table->count * (DEVICE_TAG_SIZE + (size_t) 1));
  if (table->slots != NULL && table->tags != NULL)
    return 0;
  device_table_clear (table);
  return error_set_errno (err, ENOMEM, "device table");
}

int
device_table_parse (struct bytes raw, const struct superblock *sb,
                    struct device_table *ret, struct error *err)
{
  struct device_table table = {
    .count = sb->extra_devices,
    .blkszbits = sb->blkszbits,
    .is_48bit = superblock_is_48bit (sb),
  };
  struct bytes b;
  uint32_t i;
  char *tag;

  if (allocate (&table, err) == -1)
    return -1;
  for (i = 0, tag = table.tags; i < table.count; ++i) {
    if (!bytes_slice (raw, (uint64_t) i * DEVICE_SLOT_SIZE, DEVICE_SLOT_SIZE,
                      &b)) {
      device_table_clear (&table);
      return error_set (err, EINVAL,
                        "the device table has %zu bytes, "
                        "but %" PRIu32 " devices", raw.len,
                        sb->extra_devices);
    }
    tag = parse_slot (b, table.is_48bit, tag, &table.slots[i]);
  }
  *ret = table;
  return 0;
}

void
device_table_clear (struct device_table *table)
{
  free (table->slots);
  free (table->tags);
  table->slots = NULL;
  table->tags = NULL;
  table->count = 0;
}

void
device_table_forget_tags (struct device_table *table)
{
  uint32_t i;

  for (i = 0; i < table->count; ++i)
    table->slots[i].tag = "";
  free (table->tags);
  table->tags = NULL;
}

int
device_table_range (const struct device_table *table, uint32_t i,
                    uint64_t *ret_start, uint64_t *ret_len, struct error *err)
{
  const struct device_slot *slot = &table->slots[i];
  uint64_t blksz = UINT64_C (1) << table->blkszbits;
  uint64_t start, len, end;

  /* A client speaks of offsets as signed, and the whole device is rounded up
   * to 4096 bytes.
   */
  if (!checked_mul (slot->uniaddr_blk, blksz, &start) ||
      !checked_mul (slot->blocks_blk, blksz, &len) ||
      !checked_add (start, len, &end) || end > INT64_MAX - 4095)
    return error_set (err, EINVAL, "uniaddr %" PRIu64 " and %" PRIu64
                      " blocks of %" PRIu64 " bytes end beyond 2^63",
                      slot->uniaddr_blk, slot->blocks_blk, blksz);
  *ret_start = start;
  *ret_len = len;
  return 0;
}

/* The largest value of a slot's blocks or uniaddr. */
static uint64_t
field_max (const struct device_table *table)
{
  return table->is_48bit ? (UINT64_C (1) << 48) - 1 : UINT32_MAX;
}

static int
fill_blocks (struct device_table *table, const uint64_t *file_sizes,
             struct error *err)
{
  uint64_t blksz = UINT64_C (1) << table->blkszbits;
  uint64_t blocks;
  uint32_t i;

  for (i = 0; i < table->count; ++i) {
    struct device_slot *slot = &table->slots[i];

    if (slot->blocks_blk != 0 || file_sizes[i] == 0)
      continue;
    blocks = file_sizes[i] / blksz + (file_sizes[i] % blksz != 0);
    if (blocks > field_max (table))
      return error_set (err, EINVAL,
                        "device slot %" PRIu32 ": %" PRIu64 " blocks do not "
                        "fit the device table, whose largest number is %"
                        PRIu64, i + 1, blocks, field_max (table));
    slot->blocks_blk = blocks;
    slot->patched = true;
  }
  return 0;
}

/* The first block after the bootstrap and all devices that have a place. */
static int
first_free_block (const struct device_table *table, uint64_t bootstrap_size,
                  uint64_t *ret, struct error *err)
{
  uint64_t blksz = UINT64_C (1) << table->blkszbits;
  uint64_t end = bootstrap_size, start = 0, len = 0;
  uint32_t i;

  for (i = 0; i < table->count; ++i) {
    if (table->slots[i].uniaddr_blk == 0)
      continue;
    if (device_table_range (table, i, &start, &len, err) == -1) {
      error_prefix (err, "device slot %" PRIu32, i + 1);
      return -1;
    }
    end = max_u64 (end, start + len);
  }
  *ret = end / blksz + (end % blksz != 0);
  return 0;
}

int
device_table_fill (struct device_table *table, uint64_t bootstrap_size,
                   const uint64_t *file_sizes, struct error *err)
{
  uint64_t next_blk;
  uint32_t i;

  if (fill_blocks (table, file_sizes, err) == -1 ||
      first_free_block (table, bootstrap_size, &next_blk, err) == -1)
    return -1;

  for (i = 0; i < table->count; ++i) {
    struct device_slot *slot = &table->slots[i];

    if (slot->uniaddr_blk != 0)
      continue;
    if (next_blk > field_max (table))
      return error_set (err, EINVAL,
                        "device slot %" PRIu32 " has no unified address, and "
                        "the first free block, %" PRIu64 ", does not fit the "
                        "device table, whose largest number is %" PRIu64,
                        i + 1, next_blk, field_max (table));
    slot->uniaddr_blk = next_blk;
    slot->patched = true;
    next_blk += slot->blocks_blk;       /* both are below 2^63 / 512 */
  }
  return 0;
}

bool
device_table_is_patched (const struct device_table *table)
{
  uint32_t i;

  for (i = 0; i < table->count; ++i)
    if (table->slots[i].patched)
      return true;
  return false;
}

void
device_table_patch (const struct device_table *table, uint8_t *raw)
{
  uint32_t i;

  for (i = 0; i < table->count; ++i, raw += DEVICE_SLOT_SIZE) {
    const struct device_slot *slot = &table->slots[i];

    if (!slot->patched)
      continue;
    put_u32 (raw + SLOT_BLOCKS_LO, (uint32_t) slot->blocks_blk);
    put_u32 (raw + SLOT_UNIADDR_LO, (uint32_t) slot->uniaddr_blk);
    if (table->is_48bit) {
      put_u16 (raw + SLOT_BLOCKS_HI, (uint16_t) (slot->blocks_blk >> 32));
      put_u16 (raw + SLOT_UNIADDR_HI, (uint16_t) (slot->uniaddr_blk >> 32));
    }
  }
}

bool
device_tag_is_safe (const char *tag)
{
  static const char allowed[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-";

  return tag[0] != '\0' && tag[0] != '.' &&
    tag[strspn (tag, allowed)] == '\0';
}

bool
device_tag_to_uuid (const char *tag, uint8_t ret[SUPERBLOCK_UUID_SIZE])
{
  static const char digits[] = "0123456789abcdef";
  uint8_t uuid[SUPERBLOCK_UUID_SIZE] = { 0 };
  const char *digit;
  size_t i;

  if (strlen (tag) != 2 * SUPERBLOCK_UUID_SIZE)
    return false;
  for (i = 0; tag[i]; ++i) {
    digit = strchr (digits, tolower ((unsigned char) tag[i]));
    if (digit == NULL)
      return false;
    uuid[i / 2] = (uint8_t) (uuid[i / 2] << 4 | (digit - digits));
  }
  memcpy (ret, uuid, sizeof uuid);
  return true;
}
