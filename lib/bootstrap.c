/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "checked.h"
#include "cleanup.h"
#include "plain_head.h"
#include "source_memory.h"

/* Nearly all images have blocks of at most this size: one read does. */
#define USUAL_HEADER 4096

/* Read [offset, offset+len) to a new buffer. */
static uint8_t *
read_part (struct source *source, uint64_t offset, uint64_t len,
           struct error *err)
{
  CLEANUP_FREE uint8_t *buf = malloc (len > 0 ? (size_t) len : 1);

  if (buf == NULL) {
    error_set_errno (err, ENOMEM, "%" PRIu64 " bytes", len);
    return NULL;
  }
  if (source_pread (source, buf, (size_t) len, offset, err) == -1)
    return NULL;
  return steal_ptr (buf);
}

static int
read_superblock (struct source *source, struct superblock *ret,
                 struct error *err)
{
  CLEANUP_FREE uint8_t *buf = NULL;
  struct bytes header;

  header.len = (size_t) min_u64 (source->size, USUAL_HEADER);
  header.ptr = buf = read_part (source, 0, header.len, err);
  if (buf != NULL && superblock_is_erofs (header) &&
      superblock_peek_header_len (header) > header.len) {
    free (buf);
    header.len = (size_t) min_u64 (source->size, SUPERBLOCK_HEADER_MAX);
    header.ptr = buf = read_part (source, 0, header.len, err);
  }
  if (buf == NULL)
    return -1;
  return superblock_parse (header, ret, err);
}

int
bootstrap_read (struct source *source, struct bootstrap *ret,
                struct error *err)
{
  CLEANUP_FREE uint8_t *buf = NULL;
  struct superblock sb;
  struct bytes raw;

  if (read_superblock (source, &sb, err) == -1)
    return -1;
  raw.len = (size_t) device_table_size (&sb);
  if (sb.extra_devices > 0 &&
      device_table_check_place (&sb, source->size, err) == -1)
    return -1;
  raw.ptr = buf = read_part (source, device_table_offset (&sb), raw.len, err);
  if (buf == NULL || device_table_parse (raw, &sb, &ret->table, err) == -1)
    return -1;
  ret->sb = sb;
  return 0;
}

void
bootstrap_clear (struct bootstrap *bootstrap)
{
  device_table_clear (&bootstrap->table);
}

/* Is all of the superblock's block here, and right? */
static bool
is_right (struct bytes header)
{
  struct superblock sb;
  struct error ignored;

  return superblock_peek_header_len (header) <= header.len &&
    superblock_parse (header, &sb, &ignored) == 0;
}

int
bootstrap_peek (struct source *file, struct bootstrap_peek *ret,
                struct error *err)
{
  uint8_t buf[USUAL_HEADER];
  struct bootstrap_peek peek = { 0 };
  struct bytes header = { .ptr = buf };

  if (plain_head_read (file, buf, sizeof buf,
                       SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE, &header.len,
                       &peek.form, err) == -1)
    return -1;
  peek.is_erofs = superblock_is_erofs (header);
  if (peek.is_erofs) {
    peek.has_table = superblock_peek_has_table (header);
    superblock_peek_uuid (header, peek.uuid);
    peek.is_layer = peek.form == PLAIN_RAW && !peek.has_table &&
      is_right (header);
  }
  *ret = peek;
  return 0;
}

bool
bootstrap_is_joined (const struct bootstrap *bootstrap, uint64_t size,
                     uint64_t *ret_offset)
{
  const struct device_table *table = &bootstrap->table;
  uint64_t start, len;
  struct error ignored;

  if (table->count != 1 || table->slots[0].tag[0] != '\0' ||
      table->slots[0].blocks_blk == 0 || table->slots[0].uniaddr_blk == 0 ||
      device_table_range (table, 0, &start, &len, &ignored) == -1 ||
      start + len > size)
    return false;
  *ret_offset = start;
  return true;
}

struct source *
bootstrap_patch (const struct bootstrap *bootstrap, struct source *source,
                 struct error *err)
{
  uint64_t table_offset = device_table_offset (&bootstrap->sb);
  uint64_t end = max_u64 (superblock_checksum_end (&bootstrap->sb),
                          table_offset + device_table_size (&bootstrap->sb));
  CLEANUP_FREE uint8_t *buf = NULL;
  struct source *header;

  /* An image without a checksum may end within its first block. */
  end = min_u64 (end, source->size);
  buf = read_part (source, 0, end, err);
  if (buf == NULL)
    return NULL;
  device_table_patch (&bootstrap->table, buf + table_offset);
  superblock_reseal (&bootstrap->sb, buf);
  header = source_memory_new (buf, (size_t) end, err);
  if (header != NULL)
    steal_ptr (buf);
  return header;
}
