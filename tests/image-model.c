/* SPDX-License-Identifier: BSD-3-Clause */
/* The naive model: see image-model.h. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image-model.h"

#define SB 1024                         /* the superblock, in bytes */
#define SLOT 128

static uint64_t random_state;

void
random_seed (uint64_t seed)
{
  random_state = seed;
}

/* splitmix64 */
static uint64_t
random_u64 (void)
{
  uint64_t z = (random_state += UINT64_C (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

uint64_t
random_below (uint64_t n)
{
  return random_u64 () % n;
}

void
random_fill (void *buf, size_t len)
{
  uint8_t *p = buf;
  size_t i;

  /* Never 0: a zero on the flat device has to come from the server. */
  for (i = 0; i < len; i++)
    p[i] = (uint8_t) (1 + random_u64 () % 255);
}

void
put_le (uint8_t *p, unsigned nr_bytes, uint64_t v)
{
  unsigned i;

  for (i = 0; i < nr_bytes; i++)
    p[i] = (uint8_t) (v >> (8 * i));
}

uint64_t
get_le (const uint8_t *p, unsigned nr_bytes)
{
  uint64_t v = 0;
  unsigned i;

  for (i = 0; i < nr_bytes; i++)
    v |= (uint64_t) p[i] << (8 * i);
  return v;
}

void *
xcalloc (size_t n, size_t size)
{
  void *p = calloc (n ? n : 1, size ? size : 1);

  if (p == NULL)
    err (EXIT_FAILURE, "calloc");
  return p;
}

FILE *
create_file (const char *folder, const char *name)
{
  char path[4096];
  FILE *fp;

  snprintf (path, sizeof path, "%s/%s", folder, name);
  fp = fopen (path, "w");
  if (fp == NULL)
    err (EXIT_FAILURE, "%s", path);
  return fp;
}

void
finish_file (FILE *fp)
{
  if (ferror (fp) || fclose (fp) == EOF)
    err (EXIT_FAILURE, "writing");
}

void
put_bytes (FILE *fp, const void *buf, size_t len)
{
  if (fwrite (buf, 1, len, fp) != len)
    err (EXIT_FAILURE, "writing");
}

/* Text of `len' characters that is right in a tag and a file name. */
static void
random_text (char *p, size_t len, const char *alphabet)
{
  size_t i, n = strlen (alphabet);

  for (i = 0; i < len; i++)
    p[i] = alphabet[random_below (n)];
  p[len] = '\0';
}

static const char *const tag_kinds[] = {
  "hex", "uuid", "full", "name", "empty", "hostile", NULL
};

static void
name_slot (struct model_slot *s, uint32_t i, const char *kind)
{
  static const char hex[] = "0123456789abcdef";
  static const char any[] = "0123456789ABCxyz._-";

  if (strcmp (kind, "hex") == 0)
    random_text (s->tag, 64, hex);
  else if (strcmp (kind, "uuid") == 0)
    random_text (s->tag, 32, hex);
  else if (strcmp (kind, "full") == 0) {
    random_text (s->tag, 64, any);
    s->tag[0] = 'f';            /* no leading dot */
  }
  else if (strcmp (kind, "name") == 0)
    snprintf (s->tag, sizeof s->tag, "layer-%u.bin", i);
  else if (strcmp (kind, "hostile") == 0)
    snprintf (s->tag, sizeof s->tag, "../blobs/%u\n\x1b[31m", i);
  else
    s->tag[0] = '\0';
}

static bool
is_safe_kind (const char *kind)
{
  return strcmp (kind, "empty") != 0 && strcmp (kind, "hostile") != 0;
}

void
model_name_slots (struct model *m, const struct shape *shape)
{
  struct model_slot *s;
  const char *kind;
  uint32_t i;

  m->by_number = shape->tags ? !is_safe_kind (shape->tags)
    : random_below (3) == 0;
  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[i];
    kind = shape->tags ? shape->tags : tag_kinds[random_below (6)];
    if (!m->by_number && !is_safe_kind (kind))
      kind = "name";
    name_slot (s, i, kind);
    if (m->by_number)
      snprintf (s->file, sizeof s->file, "file%u", i);
    else
      snprintf (s->file, sizeof s->file, "%s", s->tag);
  }
}

static uint64_t
blocks_of (const struct model *m, uint64_t bytes)
{
  return (bytes + (UINT64_C (1) << m->blkszbits) - 1) >> m->blkszbits;
}

static uint64_t
random_gap (const struct shape *shape)
{
  if (shape->max_gap == 0 || random_below (2) == 0)
    return 0;
  return 1 + random_below (shape->max_gap);
}

static uint32_t *
random_order (uint32_t n)
{
  uint32_t *order = xcalloc (n, sizeof *order);
  uint32_t i, j, t;

  for (i = 0; i < n; i++)
    order[i] = i;
  for (i = n; i > 1; i--) {
    j = (uint32_t) random_below (i);
    t = order[i-1];
    order[i-1] = order[j];
    order[j] = t;
  }
  return order;
}

void
model_place_slots (struct model *m, const struct shape *shape)
{
  uint64_t next = blocks_of (m, m->bootstrap_len);
  uint32_t *order = random_order (m->nr_slots);
  struct model_slot *s;
  uint32_t i;

  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[order[i]];
    if (s->uniaddr_unset)
      continue;
    next += random_gap (shape);
    if (shape->far && i == m->nr_slots - 1)
      next = shape->far;
    s->uniaddr = next;
    next += s->blocks;
  }
  free (order);

  /* What is unset comes behind all that is placed, in slot order. */
  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[i];
    if (!s->uniaddr_unset)
      continue;
    s->uniaddr = next;
    next += s->blocks;
  }
}

static uint32_t
crc32c_naive (const uint8_t *p, size_t len)
{
  uint32_t crc = 0xffffffff;
  size_t i;
  int bit;

  for (i = 0; i < len; i++) {
    crc ^= p[i];
    for (bit = 0; bit < 8; bit++)
      crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
  }
  return crc;
}

static void
write_checksum (uint8_t *bootstrap, unsigned blkszbits)
{
  size_t bs = (size_t) 1 << blkszbits;

  if (!(get_le (bootstrap + SB + 8, 4) & 1))
    return;
  put_le (bootstrap + SB + 4, 4, 0);
  put_le (bootstrap + SB + 4, 4,
          crc32c_naive (bootstrap + SB, bs > SB ? bs - SB : bs));
}

void
model_write_places (const struct model *m, uint8_t *bootstrap, bool served)
{
  uint8_t *p = bootstrap + get_le (bootstrap + SB + 88, 2) * SLOT;
  const struct model_slot *s;
  uint64_t blocks, uniaddr;
  uint32_t i;

  for (i = 0; i < m->nr_slots; i++, p += SLOT) {
    s = &m->slots[i];
    blocks = s->blocks_unset && !served ? 0 : s->blocks;
    uniaddr = s->uniaddr_unset && !served ? 0 : s->uniaddr;
    put_le (p + 64, 4, blocks & 0xffffffff);
    put_le (p + 68, 4, uniaddr & 0xffffffff);
    if (m->is_48bit) {
      put_le (p + 72, 2, blocks >> 32);
      put_le (p + 74, 2, uniaddr >> 32);
    }
  }
  write_checksum (bootstrap, m->blkszbits);
}

void
model_write_table (struct model *m, size_t table)
{
  uint8_t *b = m->bootstrap, *p = b + table;
  uint32_t i;

  put_le (b + SB + 80, 4, get_le (b + SB + 80, 4) | 8
          | (m->is_48bit ? 0x80 : 0));
  put_le (b + SB + 86, 2, m->nr_slots);
  put_le (b + SB + 88, 2, table / SLOT);
  for (i = 0; i < m->nr_slots; i++, p += SLOT) {
    memset (p, 0, SLOT);
    memcpy (p, m->slots[i].tag, strlen (m->slots[i].tag));
    /* Without 48BIT the high halves mean nothing, whatever is in them. */
    if (!m->slots[i].blocks_unset && !m->slots[i].uniaddr_unset)
      random_fill (p + 72, SLOT - 72);
  }
  model_write_places (m, b, false);
}
