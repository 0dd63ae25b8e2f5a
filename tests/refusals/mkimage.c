/* SPDX-License-Identifier: BSD-3-Clause */
/* Make the files of the tests of refusals, knowing nothing of lib/.
 *
 *   mkimage data OUT SIZE SEED      bytes that are never zero
 *   mkimage tar OUT SIZE SEED       the same, with tar's mark at byte 257
 *   mkimage image OUT [WORD...]     a superblock and a device table
 *
 * The words of an image.  Numbers are as in C; without any, it has one block
 * of 4096 bytes, a checksum and no device.
 *
 *   bs=BYTES        block size                 bits=N      its log2, any
 *   48bit           set the feature            nosum       no checksum
 *   compat=BITS     further compatible and     incompat=BITS
 *   uuid=HH         this byte, 16 times        ext=N       extension slots
 *   slot=TAG:BLOCKS:UNIADDR                    a device, all 48 bits written
 *   slots=N:BLOCKS:UNIADDR                     N devices, one behind the other
 *   at=N            the table's place, in units of 128 bytes
 *   count=N         the number of devices that is claimed
 *   size=BYTES      of the file                fill=SEED   of what is unused
 *   patch=AT:HEX    replace bytes, then make the checksum
 *   damage=AT:HEX   make the checksum, then replace bytes
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SLOTS = 65535, MAX_PATCHES = 16, SLOT = 128, SB = 1024 };

struct slot {
  char tag[64];
  uint64_t blocks, uniaddr;
};

struct patch {
  bool damage;
  uint64_t at;
  const char *hex;
};

static struct slot slots[MAX_SLOTS];
static struct patch patches[MAX_PATCHES];
static size_t n_slots, n_patches;
static uint64_t bits = 12, compat = 1, incompat, uuid = 0xaa, ext, at, count,
  size, fill = 1;
static bool has_at, has_count, has_size;

static uint64_t
number (const char *text, char end)
{
  char *p;
  uint64_t n = strtoull (text, &p, 0);

  if (p == text || *p != end)
    errx (EXIT_FAILURE, "not a number: %s", text);
  return n;
}

static void
put (uint8_t *p, uint64_t value, size_t len)
{
  for (; len > 0; --len, value >>= 8)
    *p++ = (uint8_t) value;
}

/* Byte `i' of the bytes of `seed': never zero, and no two blocks alike. */
static uint8_t
pattern (uint64_t seed, uint64_t i)
{
  uint64_t x = (seed << 40) + i / 8 + 1;

  x *= UINT64_C (0x9e3779b97f4a7c15);
  x ^= x >> 29;
  x *= UINT64_C (0xbf58476d1ce4e5b9);
  x ^= x >> 32;
  return (uint8_t) (1 + (x >> (i % 8 * 7)) % 255);
}

static uint32_t
crc32c (uint32_t crc, const uint8_t *p, size_t len)
{
  int i;

  for (; len > 0; --len) {
    crc ^= *p++;
    for (i = 0; i < 8; ++i)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return crc;
}

static void
save (const char *path, const uint8_t *buf, size_t len)
{
  FILE *fp = fopen (path, "w");

  if (fp == NULL || fwrite (buf, 1, len, fp) != len || fclose (fp) == EOF)
    err (EXIT_FAILURE, "%s", path);
}

static uint8_t *
make_data (size_t len, uint64_t seed)
{
  uint8_t *buf = malloc (len + 1);
  size_t i;

  if (buf == NULL)
    err (EXIT_FAILURE, "malloc");
  for (i = 0; i < len; ++i)
    buf[i] = pattern (seed, i);
  return buf;
}

/* TAG:BLOCKS:UNIADDR, where the tag may have colons too. */
static void
add_slot (const char *value)
{
  const char *uniaddr = strrchr (value, ':'), *blocks = uniaddr;
  struct slot *slot = &slots[n_slots++];
  size_t len;

  while (blocks > value && *--blocks != ':')
    ;
  if (uniaddr == NULL || *blocks != ':' || n_slots >= MAX_SLOTS)
    errx (EXIT_FAILURE, "not a slot: %s", value);
  len = (size_t) (blocks - value);
  if (len > sizeof slot->tag)
    errx (EXIT_FAILURE, "the tag is too long: %s", value);
  memcpy (slot->tag, value, len);
  slot->blocks = number (blocks + 1, ':');
  slot->uniaddr = number (uniaddr + 1, '\0');
}

/* N:BLOCKS:UNIADDR, devices without a tag. */
static void
add_slots (const char *value)
{
  const char *blocks = strchr (value, ':');
  const char *uniaddr = blocks ? strchr (blocks + 1, ':') : NULL;
  uint64_t n, i;

  if (uniaddr == NULL || (n = number (value, ':')) + n_slots > MAX_SLOTS)
    errx (EXIT_FAILURE, "not a number of slots: %s", value);
  for (i = 0; i < n; ++i, ++n_slots) {
    slots[n_slots].blocks = number (blocks + 1, ':');
    slots[n_slots].uniaddr =
      number (uniaddr + 1, '\0') + i * slots[n_slots].blocks;
  }
}

static void
add_patch (const char *value, bool damage)
{
  const char *colon = strchr (value, ':');

  if (colon == NULL || n_patches == MAX_PATCHES)
    errx (EXIT_FAILURE, "not a patch: %s", value);
  patches[n_patches++] = (struct patch) {
    .damage = damage,
    .at = number (value, ':'),
    .hex = colon + 1,
  };
}

static void
set_block_size (uint64_t bytes)
{
  for (bits = 0; UINT64_C (1) << bits < bytes; ++bits)
    ;
}

static bool
starts_with (const char *word, const char *key, const char **ret_value)
{
  size_t len = strlen (key);

  *ret_value = word + len;
  return strncmp (word, key, len) == 0;
}

static void
parse_word (const char *word)
{
  const char *v;

  if (strcmp (word, "48bit") == 0) incompat |= 0x80;
  else if (strcmp (word, "nosum") == 0) compat &= ~UINT64_C (1);
  else if (starts_with (word, "bs=", &v)) set_block_size (number (v, 0));
  else if (starts_with (word, "bits=", &v)) bits = number (v, 0);
  else if (starts_with (word, "compat=", &v)) compat |= number (v, 0);
  else if (starts_with (word, "incompat=", &v)) incompat |= number (v, 0);
  else if (starts_with (word, "uuid=", &v)) uuid = strtoull (v, NULL, 16);
  else if (starts_with (word, "ext=", &v)) ext = number (v, 0);
  else if (starts_with (word, "slot=", &v)) add_slot (v);
  else if (starts_with (word, "slots=", &v)) add_slots (v);
  else if (starts_with (word, "fill=", &v)) fill = number (v, 0);
  else if (starts_with (word, "patch=", &v)) add_patch (v, false);
  else if (starts_with (word, "damage=", &v)) add_patch (v, true);
  else if (starts_with (word, "at=", &v)) {
    at = number (v, 0);
    has_at = true;
  }
  else if (starts_with (word, "count=", &v)) {
    count = number (v, 0);
    has_count = true;
  }
  else if (starts_with (word, "size=", &v)) {
    size = number (v, 0);
    has_size = true;
  }
  else
    errx (EXIT_FAILURE, "unknown word: %s", word);
}

static uint64_t
block_size (void)
{
  return UINT64_C (1) << (bits >= 9 && bits <= 16 ? bits : 12);
}

/* The end of what the checksum covers. */
static uint64_t
sealed_end (void)
{
  return block_size () > SB ? block_size () : SB + block_size ();
}

/* What was not given follows from the rest. */
static void
complete (void)
{
  uint64_t end;

  if (!has_at)
    at = (SB + 128 + 16 * ext + SLOT - 1) / SLOT;
  if (!has_count)
    count = n_slots;
  if (has_size)
    return;
  size = sealed_end ();
  end = at * SLOT + n_slots * SLOT;
  if (n_slots > 0 && end > size)
    size = end;
  size = (size + block_size () - 1) / block_size () * block_size ();
}

static void
put_superblock (uint8_t *sb)
{
  memset (sb, 0, 128 + 16 * (size_t) ext);
  put (sb, 0xe0f5e1e2, 4);
  put (sb + 8, compat, 4);
  put (sb + 12, bits, 1);
  put (sb + 13, ext, 1);
  put (sb + 36, size / block_size (), 4);
  memset (sb + 48, (int) uuid, 16);
  put (sb + 80, incompat | (n_slots > 0 ? 8 : 0), 4);
  put (sb + 86, count, 2);
  put (sb + 88, at, 2);
}

static void
put_slots (uint8_t *table)
{
  size_t i;

  for (i = 0; i < n_slots; ++i, table += SLOT) {
    memset (table, 0, SLOT);
    memcpy (table, slots[i].tag, sizeof slots[i].tag);
    put (table + 64, slots[i].blocks, 4);
    put (table + 68, slots[i].uniaddr, 4);
    put (table + 72, slots[i].blocks >> 32, 2);
    put (table + 74, slots[i].uniaddr >> 32, 2);
  }
}

static void
apply (uint8_t *buf, size_t room, bool damage)
{
  size_t i, j, len;
  unsigned byte;

  for (i = 0; i < n_patches; ++i) {
    if (patches[i].damage != damage)
      continue;
    len = strlen (patches[i].hex) / 2;
    if (patches[i].at + len > room)
      errx (EXIT_FAILURE, "a patch is out of the file");
    for (j = 0; j < len; ++j) {
      if (sscanf (patches[i].hex + 2 * j, "%2x", &byte) != 1)
        errx (EXIT_FAILURE, "not hexadecimal: %s", patches[i].hex);
      buf[patches[i].at + j] = (uint8_t) byte;
    }
  }
}

static void
seal (uint8_t *buf)
{
  put (buf + SB + 4, 0, 4);
  put (buf + SB + 4,
       crc32c (~0u, buf + SB, (size_t) (sealed_end () - SB)), 4);
}

/* There is always room for everything in memory; the file is as long as asked,
 * so that it may be cut anywhere.
 */
static void
make_image (const char *path)
{
  const size_t room = 2 * 65536 + 2 * MAX_SLOTS * SLOT;
  size_t len;
  uint8_t *buf;

  complete ();
  len = (size_t) (size > room ? size : room);
  buf = make_data (len, fill);
  put_superblock (buf + SB);
  put_slots (buf + at * SLOT);
  apply (buf, len, false);
  if (compat & 1)
    seal (buf);
  apply (buf, len, true);
  save (path, buf, (size_t) size);
  free (buf);
}

static void
make_file (const char *path, const char *len_text, const char *seed, bool tar)
{
  size_t len = (size_t) number (len_text, '\0');
  uint8_t *buf = make_data (len, number (seed, '\0'));

  if (tar && len >= 512)
    memcpy (buf + 257, "ustar", 6);
  save (path, buf, len);
  free (buf);
}

int
main (int argc, char *argv[])
{
  int i;

  if (argc == 5 && strcmp (argv[1], "data") == 0)
    make_file (argv[2], argv[3], argv[4], false);
  else if (argc == 5 && strcmp (argv[1], "tar") == 0)
    make_file (argv[2], argv[3], argv[4], true);
  else if (argc >= 3 && strcmp (argv[1], "image") == 0) {
    for (i = 3; i < argc; ++i)
      parse_word (argv[i]);
    make_image (argv[2]);
  }
  else
    errx (EXIT_FAILURE, "usage: see the source");
  return EXIT_SUCCESS;
}
