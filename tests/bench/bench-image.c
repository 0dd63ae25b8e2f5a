/* SPDX-License-Identifier: BSD-3-Clause */
/* Make the images that are measured.
 *
 *   bench-image MIB FOLDER
 *
 * FOLDER/raw is an image of 8 raw blobs, MIB in all, without gaps, and
 * FOLDER/flat its flattened copy.
 * FOLDER/rafs is a RAFS image of one blob with the same data in zstd chunks of
 * 1 MiB, each with a BLAKE3 digest and a CRC-32C; FOLDER/rafs/frames.zst is
 * that blob without the chunk information, as `zstd -d' takes it.
 *
 * The data is text of invented words, some more frequent than others, with a
 * little noise: zstd makes about a third of it.
 */
#include <config.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zstd.h>

#include "digest.h"
#include "image-model.h"

#define NR_BLOBS 8
#define CHUNK (1u << 20)
#define PIECE 65536u
#define MAX_WORD 12
#define NR_WORDS 4096

/* Where things are in the RAFS bootstrap. */
enum { SB = 1024, EXT = 1152, SLOTS = 1408, BLOBS = 4096, CHUNKS = 8192 };

struct word { uint8_t len; char text[MAX_WORD]; };

static struct word words[NR_WORDS];

static void
invent_words (void)
{
  struct word *w;
  unsigned i, j;

  for (i = 0; i < NR_WORDS; i++) {
    w = &words[i];
    w->len = (uint8_t) (3 + random_below (MAX_WORD - 3));
    for (j = 0; j + 1 < w->len; j++)
      w->text[j] = (char) ('a' + random_below (26));
    w->text[j] = random_below (8) ? ' ' : '\n';
  }
}

/* The product of two numbers below 64 is rather a small one. */
static void
write_text (uint8_t *p, size_t len)
{
  uint64_t bits;
  const struct word *w;
  size_t n;

  while (len > 0) {
    random_fill (&bits, sizeof bits);
    if (bits >> 59 == 0) {      /* noise, now and then */
      n = len < sizeof bits ? len : sizeof bits;
      memcpy (p, &bits, n);
    }
    else {
      w = &words[(bits & 63) * (bits >> 6 & 63)];
      n = len < w->len ? len : w->len;
      memcpy (p, w->text, n);
    }
    p += n;
    len -= n;
  }
}

static void
make_folder (const char *folder, const char *name)
{
  char path[4096];

  snprintf (path, sizeof path, "%s/%s", folder, name);
  if (mkdir (path, 0755) == -1)
    err (EXIT_FAILURE, "%s", path);
}

/* Write the slots' data to their files and to the flat copy, a little here and
 * a little there: so no file gets memory that is faster than another's.
 */
static void
write_data (const struct model *m, const char *folder)
{
  FILE *flat = create_file (folder, "flat"), *fp;
  const struct model_slot *s;
  char name[128];
  size_t pos;

  put_bytes (flat, m->bootstrap, m->bootstrap_len);
  for (s = m->slots; s < m->slots + m->nr_slots; s++) {
    snprintf (name, sizeof name, "raw/blobs/%s", s->file);
    fp = create_file (folder, name);
    for (pos = 0; pos < s->len; pos += PIECE) {
      put_bytes (fp, s->data + pos, PIECE);
      put_bytes (flat, s->data + pos, PIECE);
    }
    finish_file (fp);
  }
  finish_file (flat);
}

static void
write_lists (const struct model *m, const char *folder)
{
  FILE *order = create_file (folder, "raw/files");
  FILE *fp = create_file (folder, "raw/bootstrap");
  uint32_t i;

  put_bytes (fp, m->bootstrap, m->bootstrap_len);
  finish_file (fp);
  for (i = 0; i < m->nr_slots; i++)
    fprintf (order, "%s\n", m->slots[i].file);
  finish_file (order);
}

static void
save_raw (uint8_t *data, uint64_t len, const char *folder)
{
  const struct shape shape = { .tags = "name" };
  struct model m = {
    .blkszbits = 12, .nr_slots = NR_BLOBS, .bootstrap_len = 4096
  };
  unsigned i;

  m.bootstrap = xcalloc (1, m.bootstrap_len);
  put_le (m.bootstrap + SB, 4, 0xe0f5e1e2);
  put_le (m.bootstrap + SB + 12, 1, m.blkszbits);
  put_le (m.bootstrap + SB + 80, 4, 4);         /* CHUNKED_FILE */
  m.slots = xcalloc (NR_BLOBS, sizeof *m.slots);
  for (i = 0; i < NR_BLOBS; i++) {
    m.slots[i].len = len / NR_BLOBS;
    m.slots[i].blocks = len / NR_BLOBS / 4096;
    m.slots[i].uniaddr = 1 + i * m.slots[i].blocks;
    m.slots[i].data = data + i * (len / NR_BLOBS);
  }
  model_name_slots (&m, &shape);
  model_write_table (&m, SLOTS);
  make_folder (folder, "raw");
  make_folder (folder, "raw/blobs");
  write_data (&m, folder);
  write_lists (&m, folder);
  free (m.slots);
  free (m.bootstrap);
}

/* The RAFS image while it is made. */
struct rafs {
  uint32_t nr_chunks;
  uint64_t plain_len, stored_len;
  uint8_t *bootstrap;
  uint8_t *rows;                /* of the chunk information, version 1 */
  FILE *blob, *frames;
};

static void
add_chunk (struct rafs *r, uint32_t i, const uint8_t *plain, size_t stored_len)
{
  uint8_t *row = r->bootstrap + CHUNKS + 80 * (size_t) i;
  uint64_t offset = (uint64_t) i * CHUNK, u = CHUNK - 1, c = stored_len - 1;

  if (digest_compute (DIGEST_BLAKE3, plain, CHUNK, row) == -1)
    errx (EXIT_FAILURE, "BLAKE3");
  put_le (row + 36, 4, 0x11);           /* compressed, has CRC-32C */
  put_le (row + 40, 4, stored_len);
  put_le (row + 44, 4, CHUNK);
  put_le (row + 48, 8, r->stored_len);
  put_le (row + 56, 8, offset);
  put_le (row + 64, 8, offset);
  put_le (row + 72, 4, i);
  put_le (row + 76, 4, digest_crc32c (plain, CHUNK));

  put_le (r->rows + 16 * (size_t) i, 8, u << 44 | offset);
  put_le (r->rows + 16 * (size_t) i + 8, 8, c << 44 | r->stored_len);
  r->stored_len += stored_len;
}

static void
write_chunks (struct rafs *r, const uint8_t *data)
{
  size_t bound = ZSTD_compressBound (CHUNK), n;
  ZSTD_CCtx *cctx = ZSTD_createCCtx ();
  uint8_t *buf = xcalloc (1, bound);
  const uint8_t *plain;
  uint32_t i;

  for (i = 0; i < r->nr_chunks; i++) {
    plain = data + (size_t) i * CHUNK;
    n = ZSTD_compressCCtx (cctx, buf, bound, plain, CHUNK, 3);
    if (ZSTD_isError (n) || n >= CHUNK)
      errx (EXIT_FAILURE, "zstd");
    add_chunk (r, i, plain, n);
    put_bytes (r->blob, buf, n);
    put_bytes (r->frames, buf, n);
  }
  free (buf);
  ZSTD_freeCCtx (cctx);
}

/* The chunk information and its header, behind the chunks. */
static void
write_chunk_info (struct rafs *r, uint32_t features)
{
  uint8_t header[4096] = { 0 };
  uint64_t len = 16 * (uint64_t) r->nr_chunks;

  put_bytes (r->blob, r->rows, len);
  put_le (header, 4, 0xb10bb10b);
  put_le (header + 4, 4, features);
  put_le (header + 12, 4, r->nr_chunks);
  put_le (header + 16, 8, r->stored_len);
  put_le (header + 24, 8, len);
  put_le (header + 32, 8, len);
  put_le (header + 4092, 4, 0xb10bb10b);
  put_bytes (r->blob, header, sizeof header);
}

static void
fill_bootstrap (struct rafs *r, const char *id, size_t len, uint32_t features)
{
  uint8_t *sb = r->bootstrap + SB, *ext = r->bootstrap + EXT;
  uint8_t *slot = r->bootstrap + SLOTS, *blob = r->bootstrap + BLOBS;

  put_le (sb, 4, 0xe0f5e1e2);
  put_le (sb + 8, 4, 0x40000000);
  put_le (sb + 12, 1, 12);
  put_le (sb + 16, 8, 1);
  put_le (sb + 80, 4, 0xc);
  put_le (sb + 86, 2, 1);
  put_le (sb + 88, 2, SLOTS / 128);
  put_le (ext, 8, 0x01000000 | 0x80 | 0x4);     /* zstd, BLAKE3 */
  put_le (ext + 8, 8, BLOBS);
  put_le (ext + 16, 4, 256);
  put_le (ext + 20, 4, CHUNK);
  put_le (ext + 24, 8, CHUNKS);
  put_le (ext + 32, 8, 80 * (uint64_t) r->nr_chunks);

  memcpy (slot, id, 64);
  put_le (slot + 64, 4, r->plain_len / 4096);
  put_le (slot + 68, 4, (len + 0x7ffff) / 0x80000 * 128);

  memcpy (blob, id, 64);
  put_le (blob + 68, 4, CHUNK);
  put_le (blob + 72, 4, r->nr_chunks);
  put_le (blob + 76, 4, 3);
  put_le (blob + 84, 4, features);
  put_le (blob + 88, 8, r->stored_len + 16 * (uint64_t) r->nr_chunks + 4096);
  put_le (blob + 96, 8, r->plain_len);
  put_le (blob + 112, 8, r->stored_len);
  put_le (blob + 120, 8, 16 * (uint64_t) r->nr_chunks);
  put_le (blob + 128, 8, 16 * (uint64_t) r->nr_chunks);
}

static void
save_rafs (const uint8_t *data, uint64_t len, const char *folder)
{
  static const char name[] =
    "rafs/blobs/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
  const uint32_t features = 0x40000001; /* cap_tar_toc, aligned */
  struct rafs r = { .nr_chunks = (uint32_t) (len / CHUNK), .plain_len = len };
  size_t size = (CHUNKS + 80 * (size_t) r.nr_chunks + 4095) / 4096 * 4096;
  FILE *fp;

  make_folder (folder, "rafs");
  make_folder (folder, "rafs/blobs");
  r.bootstrap = xcalloc (1, size);
  r.rows = xcalloc (r.nr_chunks, 16);
  r.blob = create_file (folder, name);
  r.frames = create_file (folder, "rafs/frames.zst");
  write_chunks (&r, data);
  write_chunk_info (&r, features);
  finish_file (r.blob);
  finish_file (r.frames);
  fill_bootstrap (&r, strrchr (name, '/') + 1, size, features);
  fp = create_file (folder, "rafs/bootstrap");
  put_bytes (fp, r.bootstrap, size);
  finish_file (fp);
  free (r.bootstrap);
  free (r.rows);
}

int
main (int argc, char *argv[])
{
  uint64_t len = argc == 3 ? strtoull (argv[1], NULL, 10) << 20 : 0;
  uint8_t *data;

  if (len == 0 || len % (NR_BLOBS * CHUNK) != 0 || len > 1 << 30)
    errx (EXIT_FAILURE, "usage: bench-image MIB FOLDER, MIB being a multiple "
          "of %u up to 1024", NR_BLOBS);
  random_seed (1);
  invent_words ();
  data = xcalloc (1, len);
  write_text (data, len);
  save_raw (data, len, argv[2]);
  save_rafs (data, len, argv[2]);
  free (data);
  exit (EXIT_SUCCESS);
}
