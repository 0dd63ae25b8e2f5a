/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "rafs_builder.h"
#include "source_memory.h"
#include "testing.h"

void
rafs_put (uint8_t *p, size_t bytes, uint64_t value)
{
  size_t i;

  for (i = 0; i < bytes; ++i)
    p[i] = (uint8_t) (value >> 8 * (i < 8 ? i : 7));
}

void
rafs_patch (uint8_t *p, const struct patch *patches)
{
  for (; patches->bytes > 0; ++patches)
    rafs_put (p + patches->at, patches->bytes, patches->value);
}

static void
put_blob (uint8_t *b, unsigned i)
{
  uint8_t *slot = b + SLOT (i), *blob = b + BLOB (i);

  memset (slot, 'a' + (int) i, 64);
  rafs_put (slot + 64, 4, USUAL_PLAIN / 4096);
  rafs_put (slot + 68, 4, 128 * (i + 1));

  memset (blob, 'a' + (int) i, 64);
  rafs_put (blob + 64, 4, i);
  rafs_put (blob + 68, 4, 0x100000);
  rafs_put (blob + 72, 4, USUAL_CHUNKS);
  rafs_put (blob + 76, 4, 0);
  rafs_put (blob + 80, 4, 1);
  rafs_put (blob + 84, 4, USUAL_FEATURES);
  rafs_put (blob + 88, 8, USUAL_CI_OFFSET + 48 + 4096);
  rafs_put (blob + 96, 8, USUAL_PLAIN);
  rafs_put (blob + 112, 8, USUAL_CI_OFFSET);
  rafs_put (blob + 120, 8, 48);
  rafs_put (blob + 128, 8, 48);
}

uint8_t *
build_bootstrap (unsigned n)
{
  uint8_t *b = calloc (1, BOOTSTRAP_SIZE);
  const struct patch patches[] = {
    { AT_SB, 4, 0xe0f5e1e2 }, { AT_SB + 8, 4, 0x40000000 },
    { AT_SB + 12, 1, 12 }, { AT_SB + 16, 8, 5 },
    { AT_SB + 80, 4, 0xc }, { AT_SB + 86, 2, n }, { AT_SB + 88, 2, 11 },
    { AT_EXT, 8, 0x01000000 | 0x8 | 0x1 },
    { AT_EXT + 8, 8, AT_BLOBS }, { AT_EXT + 16, 4, 256 * n },
    { AT_EXT + 20, 4, 0x100000 }, { AT_EXT + 24, 8, AT_CHUNKS },
    { 0, 0, 0 }
  };
  unsigned i;

  ck_assert_ptr_nonnull (b);
  rafs_patch (b, patches);
  for (i = 0; i < n; ++i)
    put_blob (b, i);
  return b;
}

void
make_tarfs (uint8_t *bootstrap)
{
  static const struct patch patches[] = {
    { AT_EXT, 8, 0x209 }, { BLOB (0) + 84, 4, 0x40000040 },
    { BLOB (0) + 88, 8, USUAL_PLAIN }, { BLOB (0) + 112, 24, 0 }, { 0, 0, 0 }
  };

  rafs_patch (bootstrap, patches);
}

void
put_chunk_row (uint8_t *bootstrap, unsigned n, uint32_t blob, uint32_t chunk,
               const uint8_t digest[32], uint32_t crc)
{
  uint8_t *p = bootstrap + CHUNK (n - 1);

  memcpy (p, digest, 32);
  rafs_put (p + 32, 4, blob);
  rafs_put (p + 36, 4, 0x10);
  rafs_put (p + 72, 4, chunk);
  rafs_put (p + 76, 4, crc);
  rafs_put (bootstrap + AT_EXT + 32, 8, 80 * n);
}

void
put_row_v1 (uint8_t *p, uint64_t plain_start, uint32_t plain_len,
            uint64_t stored_start, uint32_t stored_len)
{
  uint64_t u = plain_len - 1, c = stored_len - 1;

  rafs_put (p, 8, (u & 0xfffff) << 44 | (u >> 20 & 15) << 8 | plain_start);
  rafs_put (p + 8, 8, (c & 0xfffff) << 44 | (c >> 20 & 15) << 40 |
            stored_start);
}

void
put_row_v2 (uint8_t *p, uint32_t flags, uint64_t plain_start,
            uint32_t plain_len, uint64_t stored_start, uint32_t stored_len,
            uint32_t low, uint32_t high)
{
  rafs_put (p, 4, plain_start >> 12);
  rafs_put (p + 4, 3, plain_len - 1);
  rafs_put (p + 7, 1, flags);
  rafs_put (p + 8, 5, stored_start);
  rafs_put (p + 13, 3, stored_len);
  rafs_put (p + 16, 4, low);
  rafs_put (p + 20, 4, high);
}

void
put_ci_header (uint8_t *p, const struct ci_spec *spec)
{
  memset (p, 0, 4096);
  rafs_put (p, 4, 0xb10bb10b);
  rafs_put (p + 4, 4, spec->features);
  rafs_put (p + 8, 4, spec->compressor);
  rafs_put (p + 12, 4, spec->entries);
  rafs_put (p + 16, 8, spec->offset);
  rafs_put (p + 24, 8, spec->stored_len);
  rafs_put (p + 32, 8, spec->plain_len);
  rafs_put (p + 40, 8, spec->contexts_offset);
  rafs_put (p + 48, 8, spec->contexts_len);
  rafs_put (p + 56, 4, spec->contexts);
  rafs_put (p + 4092, 4, 0xb10bb10b);
}

uint8_t *
build_blob_file (unsigned seed, size_t *ret_len)
{
  const struct ci_spec spec = {
    .features = USUAL_FEATURES, .entries = USUAL_CHUNKS,
    .offset = USUAL_CI_OFFSET, .stored_len = 48, .plain_len = 48,
  };
  uint8_t *b;

  *ret_len = USUAL_CI_OFFSET + 48 + 4096;
  b = calloc (1, *ret_len);
  ck_assert_ptr_nonnull (b);
  pattern_fill (b, 5000, seed, 0);
  pattern_fill (b + 5000, 4096, seed, 0x2000);
  pattern_fill (b + 9096, 100, seed, 0x3000);
  put_row_v1 (b + USUAL_CI_OFFSET, 0, 5000, 0, 5000);
  put_row_v1 (b + USUAL_CI_OFFSET + 16, 0x2000, 4096, 5000, 4096);
  put_row_v1 (b + USUAL_CI_OFFSET + 32, 0x3000, 100, 9096, 100);
  put_ci_header (b + USUAL_CI_OFFSET + 48, &spec);
  return b;
}

void
put_tar_header (uint8_t *p, const char *name, uint64_t size)
{
  unsigned sum = 0;
  size_t i;

  memset (p, 0, 512);
  snprintf ((char *) p, 100, "%s", name);
  snprintf ((char *) p + 124, 12, "%011llo", (unsigned long long) size);
  memset (p + 148, ' ', 8);
  p[156] = '0';
  memcpy (p + 257, "ustar  ", 7);
  for (i = 0; i < 512; ++i)
    sum += p[i];
  snprintf ((char *) p + 148, 8, "%06o", sum);
}

size_t
put_toc (uint8_t *p, const struct part *parts, unsigned n)
{
  unsigned i;

  memset (p, 0, 128 * n);
  for (i = 0; i < n; ++i) {
    uint8_t *row = p + 128 * i;

    rafs_put (row, 4, parts[i].flags);
    memcpy (row + 8, parts[i].name, strlen (parts[i].name));
    ck_assert_int_eq (digest_compute (DIGEST_SHA256, parts[i].plain,
                                      parts[i].plain_len, row + 24), 0);
    rafs_put (row + 56, 8, parts[i].offset);
    rafs_put (row + 64, 8, parts[i].stored_len);
    rafs_put (row + 72, 8, parts[i].plain_len);
  }
  put_tar_header (p + 128 * n, "rafs.blob.toc", 128 * n);
  return 128 * n + 512;
}

struct source *
new_source (const void *buf, size_t len)
{
  struct error err;
  uint8_t *copy = malloc (len + 1);
  struct source *source;

  ck_assert_ptr_nonnull (copy);
  memcpy (copy, buf, len);
  source = source_memory_new (copy, len, &err);
  ck_assert_ptr_nonnull (source);
  return source;
}
