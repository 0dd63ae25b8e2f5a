/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "image_builder.h"
#include "testing.h"

void
put_le (uint8_t *p, uint64_t value, size_t bytes)
{
  for (; bytes > 0; --bytes, value >>= 8)
    *p++ = (uint8_t) (value & 0xff);
}

uint64_t
get_le (const uint8_t *p, size_t bytes)
{
  uint64_t value = 0;

  while (bytes-- > 0)
    value = value << 8 | p[bytes];
  return value;
}

uint32_t
naive_crc32c (uint32_t crc, const uint8_t *p, size_t len)
{
  int i;

  for (; len > 0; --len) {
    crc ^= *p++;
    for (i = 0; i < 8; ++i)
      crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
  }
  return crc;
}

void
seal_image (uint8_t *image)
{
  size_t block = (size_t) 1 << image[AT_BLKSZBITS];
  size_t len = block > 1024 ? block - 1024 : block;

  put_le (image + AT_CHECKSUM, 0, 4);
  put_le (image + AT_CHECKSUM, naive_crc32c (~0u, image + 1024, len), 4);
}

static void
build_superblock (uint8_t *image, const struct image_spec *spec,
                  unsigned blkszbits, unsigned slotoff, size_t size)
{
  uint32_t compat = spec->compat | (spec->no_checksum ? 0 : 1);
  uint32_t incompat = spec->incompat | (spec->n_slots > 0 ? 0x8 : 0);

  memset (image + 1024, 0, 128 + 16u * spec->extslots);
  put_le (image + AT_MAGIC, 0xe0f5e1e2, 4);
  put_le (image + AT_COMPAT, compat, 4);
  put_le (image + AT_BLKSZBITS, blkszbits, 1);
  put_le (image + AT_EXTSLOTS, spec->extslots, 1);
  put_le (image + AT_INOS, 7, 8);
  put_le (image + AT_BLOCKS_LO, size >> blkszbits, 4);
  memset (image + AT_UUID, spec->uuid, 16);
  put_le (image + AT_INCOMPAT, incompat, 4);
  put_le (image + AT_EXTRA_DEVICES, spec->n_slots, 2);
  put_le (image + AT_DEVT_SLOTOFF, spec->n_slots > 0 ? slotoff : 0, 2);
}

static void
build_slot (uint8_t *p, const struct slot_spec *slot)
{
  memset (p, 0, 128);
  if (slot->tag != NULL)
    memcpy (p, slot->tag, strnlen (slot->tag, 64));
  put_le (p + 64, slot->blocks, 4);
  put_le (p + 68, slot->uniaddr, 4);
  put_le (p + 72, slot->blocks >> 32, 2);
  put_le (p + 74, slot->uniaddr >> 32, 2);
}

uint8_t *
build_image (const struct image_spec *spec, size_t *ret_len)
{
  unsigned blkszbits = spec->blkszbits ? spec->blkszbits : 12;
  unsigned slotoff = spec->slotoff ? spec->slotoff : 9u + spec->extslots;
  size_t block = (size_t) 1 << blkszbits;
  size_t end = spec->n_slots > 0 ? (slotoff + spec->n_slots) * 128 : 1536;
  size_t size;
  uint8_t *image;
  unsigned i;

  if (end < 2048)
    end = 2048;                 /* what is checksummed with small blocks */
  size = spec->size ? spec->size : (end + block - 1) / block * block;
  if (end < size)
    end = size;
  image = malloc (end);
  ck_assert_ptr_nonnull (image);
  pattern_fill (image, end, IMAGE_CONTENT_SEED, 0);
  build_superblock (image, spec, blkszbits, slotoff, size);
  for (i = 0; i < spec->n_slots; ++i)
    build_slot (image + (slotoff + i) * 128, &spec->slots[i]);
  if (!spec->no_checksum && end >= block)
    seal_image (image);
  *ret_len = size;
  return image;
}

void
put_image (const char *name, const struct image_spec *spec)
{
  size_t len;
  uint8_t *image = build_image (spec, &len);

  put_file (name, image, len);
  free (image);
}
