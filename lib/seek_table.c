/* SPDX-License-Identifier: BSD-3-Clause */
/* The table: a skippable frame's header (8 bytes), an entry for each frame (8
 * bytes, or 12 with checksum), and the footer: number of frames, descriptor,
 * magic.  All sums are in 64 bits and can not overflow: there are less than
 * 2^28 frames of less than 2^32 bytes.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "seek_table.h"

#define DESCRIPTOR_RESERVED 0x7c

/* The limit of the reference writer. */
#define MAX_FRAMES 0x8000000u

struct footer {
  uint32_t n_frames;
  bool has_checksums;
  uint32_t entry_size;
};

static bool
read_footer (struct bytes b, struct footer *ret)
{
  uint8_t descriptor;

  if (b.len != SEEK_TABLE_FOOTER_SIZE ||
      bytes_u32 (b, 5) != SEEK_TABLE_FOOTER_MAGIC)
    return false;
  ret->n_frames = bytes_u32 (b, 0);
  descriptor = bytes_u8 (b, 4);
  ret->has_checksums = descriptor & SEEK_TABLE_HAS_CHECKSUMS;
  ret->entry_size = ret->has_checksums ? 12 : 8;
  return (descriptor & DESCRIPTOR_RESERVED) == 0 &&
    ret->n_frames <= MAX_FRAMES;
}

static uint64_t
table_size (const struct footer *footer)
{
  return SEEK_TABLE_EMPTY_SIZE +
    (uint64_t) footer->n_frames * footer->entry_size;
}

bool
seek_table_footer (struct bytes b, uint64_t *ret_size)
{
  struct footer footer;

  if (!read_footer (b, &footer))
    return false;
  *ret_size = table_size (&footer);
  return true;
}

/* Check all but the entries, of which *ret is the view. */
static int
check_frame (struct bytes table, uint64_t file_size, struct footer *footer,
             struct bytes *ret, struct error *err)
{
  struct bytes b;

  if (table.len < SEEK_TABLE_EMPTY_SIZE ||
      !bytes_slice (table, table.len - SEEK_TABLE_FOOTER_SIZE,
                    SEEK_TABLE_FOOTER_SIZE, &b) ||
      !read_footer (b, footer))
    return error_set (err, EINVAL, "seek table: no valid footer");
  if (table.len > file_size || table_size (footer) != table.len)
    return error_set (err, EINVAL, "seek table: %" PRIu32 " frames do not fit "
                      "the size of the table, %zu bytes, or of the file, %"
                      PRIu64, footer->n_frames, table.len, file_size);
  if (bytes_u32 (table, 0) != SEEK_TABLE_MAGIC)
    return error_set (err, EINVAL, "seek table: its frame begins with 0x%08"
                      PRIx32 ", expected 0x%08x", bytes_u32 (table, 0),
                      SEEK_TABLE_MAGIC);
  if (bytes_u32 (table, 4) != table.len - SEEK_TABLE_HEADER_SIZE)
    return error_set (err, EINVAL, "seek table: its frame has %" PRIu32
                      " bytes, expected %zu", bytes_u32 (table, 4),
                      table.len - SEEK_TABLE_HEADER_SIZE);
  if (!bytes_slice (table, SEEK_TABLE_HEADER_SIZE,
                    table.len - SEEK_TABLE_EMPTY_SIZE, ret))
    return error_set (err, EINVAL, "seek table: truncated");
  return 0;
}

struct entry {
  uint32_t stored_len, plain_len;
  struct bytes checksum;        /* empty if there is none */
};

static struct entry
get_entry (struct bytes entries, const struct footer *footer, uint32_t i)
{
  struct entry e = { .checksum = { .ptr = NULL, .len = 0 } };
  size_t off = (size_t) i * footer->entry_size;

  e.stored_len = bytes_u32 (entries, off);
  e.plain_len = bytes_u32 (entries, off + 4);
  if (footer->has_checksums &&
      !bytes_slice (entries, off + 8, 4, &e.checksum))
    e.checksum.len = 0;
  return e;
}

/* Check every entry and what they add up to, and count those with data. */
static int
check_entries (struct bytes entries, const struct footer *footer,
               uint64_t frames_size, uint32_t *ret_count, struct error *err)
{
  uint64_t stored = 0;
  uint32_t count = 0, i;

  for (i = 0; i < footer->n_frames; ++i) {
    const struct entry e = get_entry (entries, footer, i);

    if (e.plain_len > CHUNK_UNIT_MAX)
      return error_set (err, EINVAL, "seek table: frame %" PRIu32 " has %"
                        PRIu32 " plain bytes, more than the limit of %u",
                        i, e.plain_len, CHUNK_UNIT_MAX);
    stored += e.stored_len;
    count += e.plain_len > 0;
  }
  if (stored != frames_size)
    return error_set (err, EINVAL, "seek table: the frames have %" PRIu64
                      " bytes, the file has %" PRIu64 " before the table",
                      stored, frames_size);
  *ret_count = count;
  return 0;
}

static void
fill (struct chunk_table *table, struct bytes entries,
      const struct footer *footer)
{
  uint64_t stored = 0, plain = 0;
  uint32_t k = 0, i;

  for (i = 0; i < footer->n_frames; ++i) {
    const struct entry e = get_entry (entries, footer, i);

    if (e.plain_len > 0) {
      struct chunk *c = &table->chunks[k];

      c->plain_start = plain;
      c->plain_len = e.plain_len;
      c->stored_start = stored;
      c->stored_len = e.stored_len;
      c->context = CHUNK_NO_CONTEXT;
      c->codec = CHUNK_ZSTD;
      c->has_digest = footer->has_checksums;
      if (footer->has_checksums)
        memcpy (table->digests + (size_t) k * 4, e.checksum.ptr, 4);
      ++k;
    }
    stored += e.stored_len;
    plain += e.plain_len;
  }
  table->plain_size = plain;
}

int
seek_table_parse (struct bytes table, uint64_t file_size,
                  struct chunk_table *ret, struct error *err)
{
  struct chunk_table t;
  struct footer footer = { 0 };
  struct bytes entries;
  uint32_t count = 0;

  if (check_frame (table, file_size, &footer, &entries, err) == -1 ||
      check_entries (entries, &footer, file_size - table.len, &count,
                     err) == -1 ||
      chunk_table_init (&t, count, 0, err) == -1)
    return -1;

  t.format = "zstd-seekable";
  if (footer.has_checksums) {
    t.digest_kind = DIGEST_XXH64_LOW;
    t.digests = malloc ((size_t) count * 4 + 1);
    if (t.digests == NULL) {
      chunk_table_clear (&t);
      return error_set_errno (err, ENOMEM, "seek table");
    }
  }
  fill (&t, entries, &footer);
  if (chunk_table_seal (&t, file_size - table.len, err) == -1) {
    chunk_table_clear (&t);
    return error_prefix (err, "seek table");
  }
  *ret = t;
  return 0;
}
