/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz-model.h"

enum { SB = 1024, SLOT = 128, WINDOW = 16384 };

/* A device, and the file that its data was found to be in. */
struct range {
  uint64_t start, len;
  const struct content *file;
  uint64_t base;                /* in the file */
};

struct model {
  struct content header;        /* the bootstrap as it must be served */
  struct range *ranges;
  size_t n;
  uint64_t size;
};

uint64_t
get (const uint8_t *p, size_t bytes)
{
  uint64_t value = 0;

  while (bytes-- > 0)
    value = value << 8 | p[bytes];
  return value;
}

void
put (uint8_t *p, uint64_t value, size_t bytes)
{
  for (; bytes > 0; --bytes, value >>= 8)
    *p++ = (uint8_t) value;
}

uint64_t
rnd (void)
{
  static uint64_t x = 20261122;

  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return x;
}

bool
has_checksum (const struct content *boot)
{
  return boot->ptr[SB + 8] & 1;
}

static uint64_t
block_size (const struct content *boot)
{
  return UINT64_C (1) << (boot->ptr[SB + 12] & 31);
}

size_t
sealed_end (const struct content *boot)
{
  uint64_t bs = block_size (boot);

  return (size_t) (bs > SB ? bs : SB + bs);
}

void
seal (struct content *boot)
{
  uint32_t crc = ~0u;
  size_t i, end = sealed_end (boot);
  int bit;

  if (!has_checksum (boot) || end > boot->len)
    return;
  put (boot->ptr + SB + 4, 0, 4);
  for (i = SB; i < end; ++i) {
    crc ^= boot->ptr[i];
    for (bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  put (boot->ptr + SB + 4, crc, 4);
}

/* A slot's number of 48 bits or 32; `at' is where the lower half is. */
static uint64_t
slot_number (const struct content *boot, const uint8_t *slot, size_t at)
{
  uint64_t n = get (slot + at, 4);

  if (boot->ptr[SB + 80] & 0x80)
    n |= get (slot + 72 + (at - 64) / 2, 2) << 32;
  return n;
}

static void
put_slot_number (const struct content *boot, uint8_t *slot, size_t at,
                 uint64_t n)
{
  put (slot + at, n, 4);
  if (boot->ptr[SB + 80] & 0x80)
    put (slot + 72 + (at - 64) / 2, n >> 32, 2);
}

/* The number in the image's own table is the bootstrap's; or that has none,
 * and it was filled in.
 */
static void
agree (const struct content *boot, uint8_t *slot, size_t at, uint64_t n)
{
  if (slot_number (boot, slot, at) == 0)
    put_slot_number (boot, slot, at, n);
  if (slot_number (boot, slot, at) != n)
    errx (EXIT_FAILURE, "a slot's number is %" PRIu64 ", %" PRIu64
          " is expected", n, slot_number (boot, slot, at));
}

/* Is this part of this file all that the device has, and are its first bytes
 * the device's?
 */
static bool
fits (const struct content *file, uint64_t base, const struct range *range,
      uint64_t bs, const uint8_t *first, size_t len)
{
  uint64_t available;
  size_t i, n;

  if (base > file->len)
    return false;
  available = file->len - base;
  if (available < range->len && range->len - available >= bs)
    return false;
  n = available < len ? (size_t) available : len;
  for (i = n; i < len; ++i)
    if (first[i] != 0)
      return false;
  return n == 0 || memcmp (first, file->ptr + base, n) == 0;
}

/* Where a layer's data can begin: at the file's start, or where its own device
 * table says that its only device is.
 */
static uint64_t
own_address (const struct content *file)
{
  uint64_t table;

  if (file->len < SB + 128 || get (file->ptr + SB, 4) != 0xe0f5e1e2 ||
      get (file->ptr + SB + 86, 2) != 1)
    return 0;
  table = get (file->ptr + SB + 88, 2) * SLOT;
  if (table + SLOT > file->len)
    return 0;
  return slot_number (file, file->ptr + table, 68) * block_size (file);
}

static void
find_file (const struct vector *v, const struct image *image,
           struct range *range, uint32_t slot)
{
  size_t len = range->len < WINDOW ? (size_t) range->len : WINDOW, i;
  uint64_t bs = block_size (&v->boot);
  uint8_t *first = malloc (len + 1);
  struct error e;

  if (first == NULL ||
      image_pread (image, first, len, range->start, &e) == -1)
    errx (EXIT_FAILURE, "the start of device slot %u cannot be read", slot);
  for (i = 0; i < v->n_blobs && range->file == NULL; ++i) {
    uint64_t own = own_address (&v->blobs[i]);

    if (fits (&v->blobs[i], own, range, bs, first, len)) {
      range->file = &v->blobs[i];
      range->base = own;
    }
  }
  if (range->file == NULL)
    errx (EXIT_FAILURE, "device slot %u is no part of any blob", slot);
  free (first);
}

static void
make_model (const struct vector *v, const struct image *image,
            struct model *ret)
{
  const struct device_table *table = image_device_table (image);
  uint64_t bs = block_size (&v->boot), end = v->boot.len;
  uint64_t place = get (v->boot.ptr + SB + 88, 2) * SLOT;
  struct model m = { .n = 0 };
  bool filled = false;
  uint32_t i;

  m.header.len = v->boot.len;
  m.header.ptr = malloc (v->boot.len);
  m.ranges = calloc (table->count + 1u, sizeof *m.ranges);
  if (m.header.ptr == NULL || m.ranges == NULL)
    err (EXIT_FAILURE, "malloc");
  memcpy (m.header.ptr, v->boot.ptr, v->boot.len);
  if (table->count > 0 && place + table->count * SLOT > v->boot.len)
    errx (EXIT_FAILURE, "the device table is beyond the file");

  for (i = 0; i < table->count; ++i) {
    uint8_t *slot = m.header.ptr + place + i * SLOT;
    struct range *range = &m.ranges[m.n];

    filled = filled || table->slots[i].patched;
    agree (&m.header, slot, 64, table->slots[i].blocks_blk);
    agree (&m.header, slot, 68, table->slots[i].uniaddr_blk);
    range->start = table->slots[i].uniaddr_blk * bs;
    range->len = table->slots[i].blocks_blk * bs;
    if (range->start == 0)
      errx (EXIT_FAILURE, "a device is at the bootstrap's place");
    if (range->len == 0 || (table->count == 1 && slot[0] == '\0' &&
                            range->start + range->len <= v->boot.len))
      continue;                 /* nothing, or in the bootstrap's file */
    find_file (v, image, range, i + 1);
    if (range->start + range->len > end)
      end = range->start + range->len;
    m.n++;
  }
  if (filled)
    seal (&m.header);
  m.size = (end + 4095) / 4096 * 4096;
  *ret = m;
}

/* Copy to [offset, offset+len) of the device what of [at, at+n) falls in it. */
static void
overlay (uint8_t *buf, uint64_t offset, size_t len, uint64_t at,
         const uint8_t *data, uint64_t n)
{
  uint64_t skip = offset > at ? offset - at : 0;
  uint64_t to = at > offset ? at - offset : 0;

  if (skip >= n || to >= len)
    return;
  n -= skip;
  memcpy (buf + to, data + skip, (size_t) (n < len - to ? n : len - to));
}

static void
model_read (const struct model *m, uint8_t *buf, uint64_t offset, size_t len)
{
  uint64_t available;
  size_t i;

  memset (buf, 0, len);
  overlay (buf, offset, len, 0, m->header.ptr, m->header.len);
  for (i = 0; i < m->n; ++i) {
    const struct range *r = &m->ranges[i];

    available = r->file->len - r->base;
    overlay (buf, offset, len, r->start, r->file->ptr + r->base,
             available < r->len ? available : r->len);
  }
}

/* Compare what is around an address.  The buffer is exactly as long as the
 * read, so that a byte too much is noticed.
 */
static void
check_around (const struct model *m, const struct image *image, uint64_t addr)
{
  uint64_t start = addr > WINDOW / 2 ? addr - WINDOW / 2 : 0;
  size_t len = 1 + (size_t) (rnd () % WINDOW);
  uint8_t *buf, *expected;
  struct error e;

  if (start >= m->size)
    start = m->size - 1;
  if (len > m->size - start)
    len = (size_t) (m->size - start);
  buf = malloc (len);
  expected = malloc (len);
  if (buf == NULL || expected == NULL)
    err (EXIT_FAILURE, "malloc");
  if (image_pread (image, buf, len, start, &e) == -1)
    errx (EXIT_FAILURE, "read: %s", e.text);
  model_read (m, expected, start, len);
  if (memcmp (buf, expected, len) != 0)
    errx (EXIT_FAILURE, "wrong bytes in %zu from byte %" PRIu64, len, start);
  free (buf);
  free (expected);
}

struct walk {
  const struct model *m;
  uint64_t pos;
};

/* Extents are adjacent, and what is told to be zero is. */
static int
check_extent (void *opaque, uint64_t offset, uint64_t len, bool zero,
              struct error *e)
{
  struct walk *w = opaque;
  uint8_t edges[128];
  size_t n = len < 64 ? (size_t) len : 64, i;

  if (offset != w->pos || len == 0 || len > w->m->size - offset)
    return error_set (e, EINVAL, "extent %" PRIu64 "+%" PRIu64
                      " where %" PRIu64 " is next", offset, len, w->pos);
  w->pos += len;
  if (!zero)
    return 0;
  memset (edges, 0, sizeof edges);
  model_read (w->m, edges, offset, n);
  model_read (w->m, edges + 64, offset + len - n, n);
  for (i = 0; i < sizeof edges; ++i)
    if (edges[i] != 0)
      return error_set (e, EINVAL, "data at %" PRIu64 " is told to be zero",
                        offset);
  return 0;
}

void
check_image (const struct vector *v, const struct image *image)
{
  struct model m;
  struct walk w = { .m = &m };
  struct error e;
  size_t i;

  make_model (v, image, &m);
  if (image_size (image) != m.size)
    errx (EXIT_FAILURE, "size is %" PRIu64 ", %" PRIu64 " is expected",
          image_size (image), m.size);
  for (i = 0; i < m.n; ++i) {
    check_around (&m, image, m.ranges[i].start);
    check_around (&m, image, m.ranges[i].start + m.ranges[i].len);
  }
  check_around (&m, image, SB);
  check_around (&m, image, m.header.len);
  check_around (&m, image, m.size);
  for (i = 0; i < 4; ++i)
    check_around (&m, image, rnd () % m.size);
  if (image_extents (image, 0, m.size, check_extent, &w, &e) == -1)
    errx (EXIT_FAILURE, "%s", e.text);
  if (w.pos != m.size)
    errx (EXIT_FAILURE, "extents end at %" PRIu64, w.pos);
  free (m.header.ptr);
  free (m.ranges);
}
