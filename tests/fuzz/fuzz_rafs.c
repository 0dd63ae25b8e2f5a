/* SPDX-License-Identifier: BSD-3-Clause */
/* The input is a bootstrap: superblock, device table, extended superblock,
 * blob table and chunk table are parsed; or, if it is no EROFS, the end of a
 * blob's file.
 */
#include <config.h>

#include <stdlib.h>

#include "rafs.h"
#include "rafs_digests.h"
#include "rafs_toc.h"

extern int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
parse_chunk_table (struct bytes all, const struct rafs *rafs)
{
  struct rafs_digests digests;
  struct chunk_table table;
  struct error err;
  struct bytes b;
  uint32_t i;
  int r;

  if (!bytes_slice (all, rafs->chunk_table_offset, rafs->chunk_table_len, &b)
      || rafs_digests_init (&digests, rafs, &err) == -1)
    return;
  r = rafs_digests_add (&digests, b, &err);
  for (i = 0; r == 0 && i < rafs->n_blobs; ++i) {
    /* A blob's own information comes from its file, which there is not. */
    if (rafs->blobs[i].chunk_count > 100000 ||
        chunk_table_init (&table, rafs->blobs[i].chunk_count, 0, &err) == -1)
      continue;
    r = rafs_digests_take (&digests, i, &table, &err);
    chunk_table_clear (&table);
  }
  rafs_digests_clear (&digests);
}

static void
parse_tail (struct bytes tail, uint64_t size)
{
  struct rafs_toc toc;
  struct error err;
  uint32_t i;

  if (rafs_toc_parse (tail, size, &toc, &err) == -1)
    return;
  for (i = 0; i < toc.n_entries; ++i)
    if (toc.entries[i].offset > size ||
        toc.entries[i].stored_len > size - toc.entries[i].offset)
      abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes all = { .ptr = data, .len = size };
  struct device_table table;
  struct superblock sb;
  struct bytes b = all;
  struct rafs rafs;
  struct error err;

  if (!superblock_is_erofs (all)) {
    if (b.len > RAFS_TAIL_MAX) {
      b.ptr += b.len - RAFS_TAIL_MAX;
      b.len = RAFS_TAIL_MAX;
    }
    parse_tail (b, size);
    return 0;
  }
  if (superblock_parse (all, &sb, &err) == -1 ||
      device_table_check_place (&sb, size, &err) == -1 ||
      !bytes_slice (all, device_table_offset (&sb), device_table_size (&sb),
                    &b) ||
      device_table_parse (b, &sb, &table, &err) == -1)
    return 0;
  if (bytes_slice (all, RAFS_HEAD_OFFSET, RAFS_HEAD_SIZE, &b) &&
      rafs_parse_head (b, &sb, size, &rafs, &err) == 0) {
    /* What the head's parser let pass lies inside the file. */
    if (!bytes_slice (all, rafs.blob_table_offset, rafs.blob_table_len, &b))
      abort ();
    if (rafs_parse_blobs (b, &table, &rafs, &err) == 0) {
      parse_chunk_table (all, &rafs);
      rafs_clear (&rafs);
    }
  }
  device_table_clear (&table);
  return 0;
}
