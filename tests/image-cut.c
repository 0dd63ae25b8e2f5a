/* SPDX-License-Identifier: BSD-3-Clause */
/* Cut the data file of a `mkfs.erofs --blobdev' image over several devices.
 *
 * All chunks of such an image lie in its one device.  The directory tree is
 * walked twice: first to learn where chunks begin and end, since a file may
 * be cut only between chunks; then to rewrite each chunk index for the device
 * that the chunk has come to lie in.  Half of the indexes keep device 0 and a
 * unified address, the other way to say the same.
 *
 * The image is trusted here: it was made by mkfs.erofs or is in tests/data.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image-cut.h"

#define SB 1024
#define SLOT 128

#define LAYOUT_FLAT_PLAIN 0
#define LAYOUT_FLAT_INLINE 2
#define LAYOUT_CHUNK_BASED 4

#define CHUNK_FORMAT_BLKBITS 0x1f
#define CHUNK_FORMAT_INDEXES 0x20
#define CHUNK_INDEX_SIZE 8
#define CHUNK_HOLE 0xffffffff

#define FILE_TYPE_DIR 2
#define DIRENT_SIZE 12

struct cut {
  struct model *m;
  const uint8_t *in;            /* the bootstrap as it was */
  size_t in_len;
  unsigned bits;                /* log2 of the block size */
  uint8_t *inside;              /* block i of the data is inside a chunk */
  uint64_t nr_blocks;           /* of the data */
  uint32_t *owner;              /* slot that data block i went to */
  uint64_t *first;              /* data block that slot i begins with */
};

typedef void (*index_fn) (struct cut *cut, size_t offset, uint64_t nr_blocks);

struct inode {
  size_t body;                  /* where inline data or chunk indexes are */
  unsigned layout, mode;
  uint64_t size;
  uint32_t u;                   /* first block, or chunk format */
};

static struct inode
read_inode (const struct cut *cut, uint64_t nid)
{
  size_t at = ((size_t) get_le (cut->in + SB + 40, 4) << cut->bits) + nid * 32;
  const uint8_t *p = cut->in + at;
  struct inode inode;
  size_t xattrs;

  if (at + 64 > cut->in_len)
    errx (EXIT_FAILURE, "inode %ju is beyond the bootstrap", (uintmax_t) nid);
  xattrs = get_le (p + 2, 2);
  inode.layout = (unsigned) get_le (p, 2) >> 1 & 7;
  inode.mode = (unsigned) get_le (p + 4, 2);
  inode.size = p[0] & 1 ? get_le (p + 8, 8) : get_le (p + 8, 4);
  inode.u = (uint32_t) get_le (p + 16, 4);
  inode.body = at + (p[0] & 1 ? 64 : 32);
  if (xattrs)
    inode.body += 12 + (xattrs - 1) * 4;
  return inode;
}

static void
walk_chunks (struct cut *cut, const struct inode *inode, index_fn fn)
{
  unsigned chunkbits = cut->bits + (inode->u & CHUNK_FORMAT_BLKBITS);
  size_t at = (inode->body + 7) / 8 * 8;
  uint64_t pos, len, bs = UINT64_C (1) << cut->bits;

  if (!(inode->u & CHUNK_FORMAT_INDEXES))
    errx (EXIT_FAILURE, "a file without chunk indexes");
  for (pos = 0; pos < inode->size; pos += len, at += CHUNK_INDEX_SIZE) {
    len = UINT64_C (1) << chunkbits;
    if (len > inode->size - pos)
      len = inode->size - pos;
    if (get_le (cut->in + at + 4, 4) != CHUNK_HOLE)
      fn (cut, at, (len + bs - 1) / bs);
  }
}

static void walk (struct cut *cut, uint64_t nid, index_fn fn);

static bool
is_dot (const uint8_t *name, size_t len)
{
  return (len == 1 || name[1] == '.' || name[1] == '\0') && name[0] == '.'
    && (len <= 2 || name[1] == '\0' || name[2] == '\0');
}

/* One block, or the rest, of a directory. */
static void
walk_dirents (struct cut *cut, const uint8_t *p, size_t len, index_fn fn)
{
  size_t n = get_le (p + 8, 2) / DIRENT_SIZE, i, name, end;

  for (i = 0; i < n; i++) {
    name = get_le (p + i * DIRENT_SIZE + 8, 2);
    end = i + 1 < n ? get_le (p + (i + 1) * DIRENT_SIZE + 8, 2) : len;
    if (!is_dot (p + name, end - name))
      walk (cut, get_le (p + i * DIRENT_SIZE, 8), fn);
  }
}

static void
walk_dir (struct cut *cut, const struct inode *inode, index_fn fn)
{
  size_t bs = (size_t) 1 << cut->bits, pos, len, at;

  for (pos = 0; pos < inode->size; pos += len) {
    len = inode->size - pos < bs ? inode->size - pos : bs;
    at = ((size_t) inode->u << cut->bits) + pos;
    /* The last, partial block lies behind the inode. */
    if (inode->layout == LAYOUT_FLAT_INLINE && inode->size - pos <= bs)
      at = inode->body;
    if (at + len > cut->in_len)
      errx (EXIT_FAILURE, "a directory is beyond the bootstrap");
    walk_dirents (cut, cut->in + at, len, fn);
  }
}

static void
walk (struct cut *cut, uint64_t nid, index_fn fn)
{
  struct inode inode = read_inode (cut, nid);

  if (S_ISDIR (inode.mode))
    walk_dir (cut, &inode, fn);
  else if (S_ISREG (inode.mode) && inode.layout == LAYOUT_CHUNK_BASED)
    walk_chunks (cut, &inode, fn);
}

/* First walk: what lies inside a chunk. */
static void
mark_chunk (struct cut *cut, size_t offset, uint64_t nr_blocks)
{
  uint64_t b = get_le (cut->in + offset + 4, 4), i;

  if (b + nr_blocks > cut->nr_blocks)
    errx (EXIT_FAILURE, "a chunk is beyond the data file");
  for (i = 1; i < nr_blocks; i++)
    cut->inside[b + i] = 1;
}

/* Second walk.  The walk reads the old bootstrap and this writes the new one,
 * so that a file with several names comes out right.
 */
static void
rewrite_index (struct cut *cut, size_t offset, uint64_t nr_blocks)
{
  uint64_t b = get_le (cut->in + offset + 4, 4);
  uint32_t slot = cut->owner[b];
  uint64_t block = b - cut->first[slot];
  uint8_t *p = cut->m->bootstrap + offset;
  uint32_t id = slot + 1, mask = 1;

  (void) nr_blocks;
  if (random_below (2)) {
    id = 0;
    block += cut->m->slots[slot].uniaddr;
  }
  /* Bits of the id above those that can be a device mean nothing. */
  while (mask < cut->m->nr_slots + 1)
    mask *= 2;
  id |= (uint32_t) random_below (65536) & ~(mask - 1);
  put_le (p, 2, 0);
  put_le (p + 2, 2, id & 0xffff);
  put_le (p + 4, 4, block);
}

static uint8_t *
load_file (const char *path, size_t *ret_len)
{
  struct stat st;
  uint8_t *buf;
  FILE *fp;

  fp = fopen (path, "r");
  if (fp == NULL || fstat (fileno (fp), &st) == -1)
    err (EXIT_FAILURE, "%s", path);
  *ret_len = (size_t) st.st_size;
  buf = xcalloc (1, *ret_len + 64);
  if (fread (buf, 1, *ret_len, fp) != *ret_len)
    err (EXIT_FAILURE, "%s", path);
  fclose (fp);
  return buf;
}

/* Choose up to shape->nr_slots-1 places to cut at. */
static void
choose_pieces (struct cut *cut, uint32_t nr_slots)
{
  uint8_t *here = xcalloc (cut->nr_blocks + 1, 1);
  uint64_t b, tries;
  uint32_t slot = 0, left = nr_slots - 1;

  for (tries = 20 * (uint64_t) nr_slots; tries > 0 && left > 0; tries--) {
    b = random_below (cut->nr_blocks);
    if (b > 0 && !cut->inside[b] && !here[b]) {
      here[b] = 1;
      left--;
    }
  }
  for (b = 0; b < cut->nr_blocks; b++) {
    if (here[b])
      slot++;
    if (here[b] || b == 0)
      cut->first[slot] = b;
    cut->owner[b] = slot;
  }
  cut->m->nr_slots = slot + 1;
  free (here);
}

/* Exchange the numbers of the slots, so that their order is any. */
static void
shuffle_slots (struct cut *cut)
{
  uint32_t n = cut->m->nr_slots, *to = xcalloc (n, sizeof *to), i, j, t;
  uint64_t *first = xcalloc (n, sizeof *first), b;

  for (i = 0; i < n; i++)
    to[i] = i;
  for (i = n; i > 1; i--) {
    j = (uint32_t) random_below (i);
    t = to[i-1];
    to[i-1] = to[j];
    to[j] = t;
  }
  for (i = 0; i < n; i++)
    first[to[i]] = cut->first[i];
  memcpy (cut->first, first, n * sizeof *first);
  for (b = 0; b < cut->nr_blocks; b++)
    cut->owner[b] = to[cut->owner[b]];
  free (first);
  free (to);
}

static void
fill_slots (struct cut *cut, const struct shape *shape, const uint8_t *data,
            size_t data_len)
{
  struct model *m = cut->m;
  struct model_slot *s;
  uint64_t b;
  uint32_t i;
  size_t bs = (size_t) 1 << cut->bits, at;

  m->slots = xcalloc (m->nr_slots, sizeof *m->slots);
  for (b = 0; b < cut->nr_blocks; b++)
    m->slots[cut->owner[b]].blocks++;
  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[i];
    s->blocks_unset = shape->unset && random_below (3) == 0;
    s->uniaddr_unset = shape->unset && random_below (3) == 0;
    at = cut->first[i] * bs;
    s->len = s->blocks * bs;
    if (s->len > data_len - at)
      s->len = data_len - at;
    s->data = xcalloc (1, s->len + bs);
    memcpy (s->data, data + at, s->len);
    /* Some are longer than declared, some lack zeros of the last block. */
    if (!s->blocks_unset && random_below (3) == 0) {
      random_fill (s->data + s->len, bs);
      s->len += random_below (bs);
    }
    else if (random_below (2))
      while (s->len > (s->blocks - 1) * bs + 1 && s->data[s->len - 1] == 0)
        s->len--;
  }
}

/* A new table behind the old bootstrap, which keeps its length in whole
 * blocks or not.
 */
static size_t
extend_bootstrap (struct cut *cut)
{
  struct model *m = cut->m;
  size_t table = (cut->in_len + SLOT - 1) / SLOT * SLOT;

  if (table / SLOT > 0xffff)
    errx (EXIT_FAILURE, "the bootstrap is too long for a table behind it");
  m->bootstrap_len = table + (size_t) m->nr_slots * SLOT + random_below (9000);
  m->bootstrap = xcalloc (1, m->bootstrap_len);
  memcpy (m->bootstrap, cut->in, cut->in_len);
  return table;
}

void
model_cut (struct model *m, const struct shape *shape, const char *bootstrap,
           const char *data_file)
{
  struct cut cut = { .m = m };
  size_t data_len, table;
  uint8_t *in = load_file (bootstrap, &cut.in_len);
  uint8_t *data = load_file (data_file, &data_len);
  uint64_t root;

  cut.in = in;
  cut.bits = m->blkszbits = in[SB + 12];
  m->is_48bit = false;
  root = get_le (in + SB + 14, 2);
  cut.nr_blocks = (data_len + (UINT64_C (1) << cut.bits) - 1) >> cut.bits;
  cut.inside = xcalloc (cut.nr_blocks, 1);
  cut.owner = xcalloc (cut.nr_blocks, sizeof *cut.owner);
  cut.first = xcalloc (shape->nr_slots, sizeof *cut.first);

  walk (&cut, root, mark_chunk);
  choose_pieces (&cut, shape->nr_slots);
  shuffle_slots (&cut);
  fill_slots (&cut, shape, data, data_len);
  model_name_slots (m, shape);
  table = extend_bootstrap (&cut);
  model_place_slots (m, shape);
  walk (&cut, root, rewrite_index);
  model_write_table (m, table);

  free (cut.inside);
  free (cut.owner);
  free (cut.first);
  free (data);
  free (in);
}
