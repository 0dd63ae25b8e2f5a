/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "checked.h"
#include "rafs_toc.h"

/* Offsets of the fields within a tar header. */
enum {
  TAR_NAME = 0,
  TAR_SIZE = 124,
  TAR_CHECKSUM = 148,
  TAR_TYPE = 156,
  TAR_MAGIC = 257,
};

#define TAR_NAME_LEN 100
#define TAR_SIZE_LEN 12
#define TAR_CHECKSUM_LEN 8

/* Offsets of the fields within a row of the table of contents. */
enum {
  TOC_FLAGS = 0,
  TOC_NAME = 8,
  TOC_DIGEST = 24,
  TOC_OFFSET = 56,
  TOC_STORED_LEN = 64,
  TOC_PLAIN_LEN = 72,
};

/* A number as octal digits, with spaces in front and an end of NUL or space. */
static bool
parse_octal (struct bytes b, uint64_t *ret)
{
  uint64_t v = 0;
  size_t i = 0, digits = 0;

  while (i < b.len && b.ptr[i] == ' ')
    ++i;
  for (; i < b.len && b.ptr[i] >= '0' && b.ptr[i] <= '7'; ++i, ++digits)
    v = v << 3 | (uint64_t) (b.ptr[i] - '0');   /* up to 12 digits */
  if (digits == 0 || (i < b.len && b.ptr[i] != '\0' && b.ptr[i] != ' '))
    return false;
  *ret = v;
  return true;
}

/* Is this a tar header of a plain file?  *ret_size is the file's size. */
static bool
parse_tar_header (struct bytes b, char ret_name[TAR_NAME_LEN + 1],
                  uint64_t *ret_size)
{
  uint64_t checksum, sum = 0;
  struct bytes field;
  size_t i;

  if (memcmp (b.ptr + TAR_MAGIC, "ustar", 5) != 0 || b.ptr[TAR_TYPE] != '0' ||
      !bytes_slice (b, TAR_CHECKSUM, TAR_CHECKSUM_LEN, &field) ||
      !parse_octal (field, &checksum))
    return false;
  for (i = 0; i < b.len; ++i)
    sum += i >= TAR_CHECKSUM && i < TAR_CHECKSUM + TAR_CHECKSUM_LEN ?
      ' ' : b.ptr[i];
  if (sum != checksum || !bytes_slice (b, TAR_SIZE, TAR_SIZE_LEN, &field) ||
      !parse_octal (field, ret_size))
    return false;
  bytes_text (b, TAR_NAME, TAR_NAME_LEN, ret_name);
  return true;
}

/* `end' is where the table begins in the file: no part reaches beyond. */
static int
parse_row (struct bytes b, uint64_t end, struct rafs_toc_entry *entry,
           struct error *err)
{
  uint32_t flags = bytes_u32 (b, TOC_FLAGS) & 15;
  uint64_t part_end;

  bytes_text (b, TOC_NAME, sizeof entry->name - 1, entry->name);
  entry->offset = bytes_u64 (b, TOC_OFFSET);
  entry->stored_len = bytes_u64 (b, TOC_STORED_LEN);
  entry->plain_len = bytes_u64 (b, TOC_PLAIN_LEN);
  entry->has_digest = true;
  memcpy (entry->digest, b.ptr + TOC_DIGEST, sizeof entry->digest);
  switch (flags) {
  case 1: entry->codec = CHUNK_STORED; break;
  case 2: entry->codec = CHUNK_ZSTD; break;
  case 4: entry->codec = CHUNK_LZ4; break;
  default:
    return error_set (err, EINVAL,
                      "part \"%s\": compression 0x%" PRIx32
                      ", expected 1, 2 or 4", entry->name, flags);
  }
  if (!checked_add (entry->offset, entry->stored_len, &part_end) ||
      part_end > end)
    return error_set (err, EINVAL,
                      "part \"%s\": %" PRIu64 " bytes at byte %" PRIu64
                      " are not in front of the table at %" PRIu64,
                      entry->name, entry->stored_len, entry->offset, end);
  return 0;
}

static int
parse_table (struct bytes rows, uint64_t end, struct rafs_toc *toc,
             struct error *err)
{
  struct bytes b;
  uint32_t i;

  for (i = 0; bytes_slice (rows, (uint64_t) i * RAFS_TOC_ROW_SIZE,
                           RAFS_TOC_ROW_SIZE, &b); ++i) {
    if (parse_row (b, end, &toc->entries[i], err) == -1)
      return -1;
    if (rafs_toc_find (toc, toc->entries[i].name) != NULL)
      return error_set (err, EINVAL, "there are two parts \"%s\"",
                        toc->entries[i].name);
    toc->n_entries = i + 1;
  }
  return 0;
}

/* The bootstrap lies in front of its tar header, as it is. */
static int
parse_bootstrap (uint64_t file_size, uint64_t size, struct rafs_toc *toc,
                 struct error *err)
{
  struct rafs_toc_entry *entry = &toc->entries[0];

  if (size > file_size - RAFS_TAR_HEADER_SIZE)
    return error_set (err, EINVAL,
                      "the last tar header says that a bootstrap of %" PRIu64
                      " bytes is in front of it, but the file has %" PRIu64,
                      size, file_size);
  strcpy (entry->name, "image.boot");
  entry->offset = file_size - RAFS_TAR_HEADER_SIZE - size;
  entry->stored_len = entry->plain_len = size;
  entry->codec = CHUNK_STORED;
  toc->n_entries = 1;
  return 0;
}

int
rafs_toc_parse (struct bytes tail, uint64_t file_size, struct rafs_toc *ret,
                struct error *err)
{
  char name[TAR_NAME_LEN + 1];
  struct rafs_toc toc;
  struct bytes b;
  uint64_t size;

  memset (&toc, 0, sizeof toc);
  *ret = toc;
  if (tail.len < RAFS_TAR_HEADER_SIZE || tail.len > file_size ||
      !bytes_slice (tail, tail.len - RAFS_TAR_HEADER_SIZE,
                    RAFS_TAR_HEADER_SIZE, &b) ||
      !parse_tar_header (b, name, &size))
    return 0;

  if (strcmp (name, "image.boot") == 0) {
    if (parse_bootstrap (file_size, size, &toc, err) == -1)
      return -1;
  }
  else if (strcmp (name, "rafs.blob.toc") == 0) {
    if (size == 0 || size % RAFS_TOC_ROW_SIZE != 0 ||
        size > RAFS_TAIL_MAX - RAFS_TAR_HEADER_SIZE ||
        size > tail.len - RAFS_TAR_HEADER_SIZE ||
        !bytes_slice (tail, tail.len - RAFS_TAR_HEADER_SIZE - size, size, &b))
      return error_set (err, EINVAL,
                        "a table of contents of %" PRIu64 " bytes, expected "
                        "1 to %d rows of %d", size, RAFS_TOC_ROWS_MAX,
                        RAFS_TOC_ROW_SIZE);
    toc.len = size + RAFS_TAR_HEADER_SIZE;
    if (parse_table (b, file_size - toc.len, &toc, err) == -1)
      return error_prefix (err, "table of contents");
  }
  *ret = toc;
  return 0;
}

const struct rafs_toc_entry *
rafs_toc_find (const struct rafs_toc *toc, const char *name)
{
  uint32_t i;

  for (i = 0; i < toc->n_entries; ++i)
    if (strcmp (toc->entries[i].name, name) == 0)
      return &toc->entries[i];
  return NULL;
}
