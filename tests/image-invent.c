/* SPDX-License-Identifier: BSD-3-Clause */
/* Images with invented contents: what no tool makes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image-model.h"

#define SB 1024
#define SLOT 128

/* A superblock with a table somewhere behind it, and noise around both. */
static size_t
invent_bootstrap (struct model *m)
{
  size_t bs = (size_t) 1 << m->blkszbits, table, len;
  unsigned extslots = (unsigned) random_below (4);
  bool checksum = random_below (2);
  uint8_t *sb;

  table = (SB + 128 + 16 * extslots + SLOT - 1) / SLOT * SLOT;
  table += random_below (20) * SLOT;
  len = table + (size_t) m->nr_slots * SLOT + random_below (8192);
  /* The checksum covers the first block, and SB itself. */
  if (checksum && len < (bs > SB ? bs : SB + bs))
    len = bs > SB ? bs : SB + bs;

  m->bootstrap = xcalloc (1, len);
  m->bootstrap_len = len;
  random_fill (m->bootstrap, len);
  sb = m->bootstrap + SB;
  memset (sb, 0, 128);
  put_le (sb, 4, 0xe0f5e1e2);
  put_le (sb + 8, 4, checksum);
  put_le (sb + 12, 1, m->blkszbits);
  put_le (sb + 13, 1, extslots);
  random_fill (sb + 48, 16);
  put_le (sb + 80, 4, 4);       /* CHUNKED_FILE */
  return table;
}

/* The file is as long as declared, ends in the last block, or is longer. */
static void
invent_data (struct model *m, struct model_slot *s)
{
  size_t bs = (size_t) 1 << m->blkszbits;

  s->len = s->blocks * bs;
  switch (random_below (3)) {
  case 0:
    s->len -= random_below (bs);
    break;
  case 1:
    if (!s->blocks_unset)
      s->len += random_below (3 * bs);
    break;
  default:
    break;
  }
  s->data = xcalloc (1, s->len);
  random_fill (s->data, s->len);
}

void
model_invent (struct model *m, const struct shape *shape)
{
  struct model_slot *s;
  size_t table;
  uint32_t i;

  m->blkszbits = shape->blkszbits;
  m->is_48bit = shape->is_48bit;
  m->nr_slots = shape->nr_slots;
  m->slots = xcalloc (m->nr_slots, sizeof *m->slots);
  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[i];
    s->blocks = 1 + random_below (shape->max_blocks);
    s->blocks_unset = shape->unset && random_below (3) == 0;
    s->uniaddr_unset = shape->unset && random_below (3) == 0;
    invent_data (m, s);
  }
  model_name_slots (m, shape);
  table = invent_bootstrap (m);
  model_place_slots (m, shape);
  model_write_table (m, table);
}
