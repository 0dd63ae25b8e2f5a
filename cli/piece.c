/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "file_pool.h"
#include "piece.h"
#include "source_chunked.h"

struct piece
piece_find (const struct address_map *map, uint64_t start)
{
  struct address_range range;
  struct piece piece;

  address_map_find (map, start, &range);
  piece = (struct piece) {
    .start = start,
    .len = range.len,
    .kind = PIECE_HOLE,
    .owner = range.owner,
  };
  if (range.source == NULL)
    return piece;
  if (range.data_len == 0) {
    piece.kind = PIECE_PAD;
    return piece;
  }
  piece.len = range.data_len;
  if (source_chunked_file (range.source) == NULL) {
    piece.kind = PIECE_PATCHED;
    return piece;
  }
  piece.kind =
    source_chunked_table (range.source) ? PIECE_DECODED : PIECE_DATA;
  piece.source = range.source;
  piece.offset = range.source_offset;
  return piece;
}

const char *
piece_what (const struct piece *piece)
{
  switch (piece->kind) {
  case PIECE_HOLE:
    return "hole";
  case PIECE_PAD:
    return "zero";
  default:
    return piece->owner == ADDRESS_MAP_BOOTSTRAP ? "bootstrap" : "device";
  }
}

char *
source_path (const struct source *source)
{
  return pooled_file_path (source_chunked_file (source));
}
