/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the first inputs of the fuzz targets, from files of tests/data and
 * data of its own.
 *
 *   make-seeds FOLDER       makes FOLDER/seek_table, FOLDER/zinfo,
 *                           FOLDER/decoder, FOLDER/plain_head,
 *                           FOLDER/gzip_reader
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "decoder.h"
#include "image_builder.h"
#include "packing.h"
#include "seek_table.h"

static const char *folder;

/* `head', then `body', as the n-th input of a target. */
static void
put (const char *target, unsigned n, const uint8_t *head, size_t head_len,
     const uint8_t *body, size_t len)
{
  char *path;
  FILE *fp;

  if (asprintf (&path, "%s/%s", folder, target) == -1)
    exit (EXIT_FAILURE);
  mkdir (path, 0777);
  free (path);
  if (asprintf (&path, "%s/%s/seed-%02u", folder, target, n) == -1)
    exit (EXIT_FAILURE);
  fp = fopen (path, "w");
  if (fp == NULL || fwrite (head, 1, head_len, fp) != head_len ||
      fwrite (body, 1, len, fp) != len || fclose (fp) == EOF) {
    perror (path);
    exit (EXIT_FAILURE);
  }
  free (path);
}

static void
seek_table_seed (unsigned n, struct packed file)
{
  struct bytes footer = {
    .ptr = file.ptr + file.len - SEEK_TABLE_FOOTER_SIZE,
    .len = SEEK_TABLE_FOOTER_SIZE,
  };
  uint8_t head[8];
  uint64_t size;

  put_le (head, file.len, 8);
  if (seek_table_footer (footer, &size))
    put ("seek_table", n, head, 8, file.ptr + file.len - size, size);
  free (file.ptr);
}

static void
seek_table_seeds (const uint8_t *text, size_t len)
{
  static const int layers[] = { 0, 1, 2, 4 };
  char name[100];
  unsigned i;

  for (i = 0; i < 4; ++i) {
    snprintf (name, sizeof name,
              "erofs-fsmerge-zstd/blobs/layer%d.erofs.zst", layers[i]);
    seek_table_seed (i, read_whole (test_data (name)));
  }
  seek_table_seed (4, pack_seekable (text, len, 1000, true));
  seek_table_seed (5, pack_seekable (text, 1, 1, true));
  seek_table_seed (6, pack_seekable (text, 0, 1, false));
}

static void
zinfo_seed (unsigned n, struct packed gzip, struct packed zinfo,
            uint64_t plain_size)
{
  uint8_t head[16];

  put_le (head, gzip.len, 8);
  put_le (head + 8, plain_size, 8);
  put ("zinfo", n, head, 16, zinfo.ptr, zinfo.len);
  free (zinfo.ptr);
}

static void
zinfo_seeds (const uint8_t *text, size_t len)
{
  static const char *dir = "erofs-tarindex-gz/blobs/";
  char name[100];
  struct packed gzip, zinfo;

  snprintf (name, sizeof name, "%slayer.tar.gz.zinfo", dir);
  zinfo = read_whole (test_data (name));
  snprintf (name, sizeof name, "%slayer.tar.gz", dir);
  gzip = read_whole (test_data (name));
  zinfo_seed (0, gzip, zinfo, 491520);
  free (gzip.ptr);
  gzip = join (pack_gzip (text, len, 6, "name"), pack_gzip (text, 9, 6, NULL));
  zinfo_seed (1, gzip, make_zinfo (gzip.ptr, gzip.len, 40000, 1), len + 9);
  zinfo_seed (2, gzip, make_zinfo (gzip.ptr, gzip.len, 40000, 2), len + 9);
  free (gzip.ptr);
}

static void
decoder_seed (unsigned n, unsigned codec, unsigned resume,
              struct packed stored, size_t plain_len)
{
  uint8_t head[12] = {
    (uint8_t) codec, (uint8_t) resume, 0, (uint8_t) (resume >> 8)
  };

  put_le (head + 4, plain_len - 1, 4);
  put ("decoder", n, head, sizeof head, stored.ptr, stored.len);
  free (stored.ptr);
}

/* A gzip member as from a checkpoint at its start, and `more' bytes of the
 * next one.
 */
static struct packed
without_header (const uint8_t *text, size_t len, size_t more)
{
  struct packed p = pack_gzip (text, len, 6, NULL), next;

  memmove (p.ptr, p.ptr + 10, p.len - 10);
  p.len -= 10;
  next = pack_gzip (text, len, 6, NULL);
  next.len = more;
  return join (p, next);
}

static void
decoder_seeds (const uint8_t *text)
{
  static const struct chunk_cipher cipher = {
    .key = "sixteen bytes..,and sixteen more", .iv = "this is a tweak",
  };
  enum { LEN = 3000 };
  struct packed p;

  decoder_seed (0, CHUNK_ZSTD, 0, pack_zstd (text, LEN, true), LEN);
  decoder_seed (1, CHUNK_ZSTD, 0, join (pack_zstd (text, LEN, false),
                                        pack_zstd (text, 5, false)), LEN + 5);
  decoder_seed (2, CHUNK_LZ4, 0, pack_lz4 (text, LEN), LEN);
  decoder_seed (3, CHUNK_GZIP, 0, pack_gzip (text, LEN, 6, "name"), LEN);
  decoder_seed (4, CHUNK_INFLATE, CHUNK_RESUME_MEMBER << 3,
                join (pack_gzip (text, LEN, 6, "name"),
                      pack_gzip (text, LEN, 0, NULL)), 2 * LEN);
  p = pack_zstd (text, LEN, true);
  decoder_seed (5, CHUNK_ZSTD | 0x80, 0,
                encrypt_xts (p.ptr, p.len, cipher.key, cipher.iv), LEN);
  decoder_seed (6, CHUNK_ZSTD | 0xc0, 0,
                encrypt_xts (text, 5, cipher.key, cipher.iv), 5);
  decoder_seed (7, CHUNK_STORED, 0, p, p.len);
  decoder_seed (8, CHUNK_INFLATE, CHUNK_RESUME_FIRST << 3 |
                CHUNK_RESUME_AT_NEXT << 8, without_header (text, LEN, 10),
                LEN);
  decoder_seed (9, CHUNK_INFLATE, CHUNK_RESUME_FIRST << 3 |
                CHUNK_RESUME_LAST << 8, without_header (text, LEN, 0),
                LEN - 500);
}

/* A file as input of plain_head: its first `len' bytes, the last of which is
 * changed by `damage'.
 */
static void
plain_head_seed (unsigned n, struct packed file, size_t len, uint8_t damage)
{
  if (len > file.len)
    len = file.len;
  if (len > 0)
    file.ptr[len - 1] ^= damage;
  put ("plain_head", n, file.ptr, 0, file.ptr, len);
  free (file.ptr);
}

static struct packed
copy_of (const void *buf, size_t len)
{
  struct packed p = { .ptr = malloc (len + 1), .len = len };

  if (p.ptr == NULL)
    exit (EXIT_FAILURE);
  memcpy (p.ptr, buf, len);
  return p;
}

/* `file' behind a skippable frame of `len' bytes. */
static struct packed
behind_skippable (uint32_t magic, size_t len, struct packed file)
{
  struct packed p = { .ptr = calloc (1, 8 + len), .len = 8 + len };

  if (p.ptr == NULL)
    exit (EXIT_FAILURE);
  put_le (p.ptr, magic, 4);
  put_le (p.ptr + 4, len, 4);
  return join (p, file);
}

/* A zstd frame of one raw block, with a window of a size of choice. */
static struct packed
with_window (uint8_t window, const uint8_t *buf, size_t len)
{
  uint8_t head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, window, 0, 0, 0 };

  put_le (head + 6, len << 3 | 1, 3);
  return join (copy_of (head, sizeof head), copy_of (buf, len));
}

static void
plain_head_zstd_seeds (unsigned n, const uint8_t *image, const uint8_t *text)
{
  enum { LEN = 4096, HEAD = 1152, ALL = 1 << 20 };

  plain_head_seed (n++, pack_zstd (image, LEN, true), ALL, 0);
  plain_head_seed (n++, pack_zstd (image, LEN, false), ALL, 0);
  plain_head_seed (n++, pack_zstd (image, HEAD, true), ALL, 1);
  plain_head_seed (n++, pack_zstd (text, LEN, true), 500, 0);
  plain_head_seed (n++, pack_seekable (image, LEN, 300, true), ALL, 0);
  plain_head_seed (n++, behind_skippable (0x184d2a50, 3,
                                          pack_zstd (image, LEN, true)),
                   ALL, 0);
  plain_head_seed (n++, behind_skippable
                   (0x184d2a5f, 0,
                    behind_skippable (0x184d2a5e, 4090,
                                      pack_zstd (text, LEN, true))), ALL, 0);
  plain_head_seed (n++, behind_skippable (0x184d2a50, 9, copy_of ("", 0)),
                   12, 0);
  plain_head_seed (n++, with_window (0x88, image, HEAD), ALL, 0);
  plain_head_seed (n++, with_window (0x89, image, HEAD), ALL, 0);
  plain_head_seed (n++, with_window (0xff, image, HEAD), ALL, 0);
}

static void
plain_head_gzip_seeds (unsigned n, const uint8_t *image, const uint8_t *text)
{
  enum { LEN = 4096, HEAD = 1152, ALL = 1 << 20 };

  plain_head_seed (n++, pack_gzip (image, LEN, 6, NULL), ALL, 0);
  plain_head_seed (n++, pack_gzip (image, LEN, 6, "name"), ALL, 0);
  plain_head_seed (n++, pack_gzip (image, LEN, 6, "name"), 15, 0);
  plain_head_seed (n++, pack_gzip (image, HEAD, 0, NULL), ALL, 0);
  plain_head_seed (n++, pack_gzip (image, 900, 6, NULL), ALL, 1);
  plain_head_seed (n++, pack_gzip (text, LEN, 1, NULL), 500, 0);
  plain_head_seed (n++, join (pack_gzip (text, 0, 6, NULL),
                              join (pack_gzip (image, 500, 6, "name"),
                                    pack_gzip (image + 500, LEN - 500, 6,
                                               NULL))), ALL, 0);
}

static void
plain_head_seeds (const uint8_t *text)
{
  struct packed image = read_whole
    (test_data ("erofs-fsmerge-zstd/blobs/layer3.erofs"));
  struct packed merged = read_whole
    (test_data ("erofs-fsmerge-zstd/bootstrap"));
  struct packed tar = read_whole (test_data ("erofs-tarindex/blobs/layer.tar"));

  plain_head_seed (0, copy_of (image.ptr, 4096), 4096, 0);
  plain_head_seed (1, pack_zstd (merged.ptr, 4096, true), 4096, 0);
  plain_head_seed (2, pack_gzip (tar.ptr, 4096, 6, "name"), 4096, 0);
  plain_head_seed (3, tar, 512, 0);
  plain_head_seed (4, copy_of ("", 0), 0, 0);
  plain_head_zstd_seeds (5, image.ptr, text);
  plain_head_gzip_seeds (16, image.ptr, text);
  free (image.ptr);
  free (merged.ptr);
}

/* Members behind a name of `name_len' bytes. */
static void
gzip_reader_seed (unsigned n, uint64_t name_len, struct packed members)
{
  uint8_t head[2];

  put_le (head, name_len, 2);
  put ("gzip_reader", n, head, 2, members.ptr, members.len);
  free (members.ptr);
}

/* Three members: the second has all that a header can have. */
static struct packed
three_members (const uint8_t *text)
{
  return join (pack_gzip (text, 900, 1, NULL),
               join (pack_gzip (text + 900, 1000, 6, "name"),
                     pack_gzip_as_go (text, 100)));
}

/* More than a buffer of plain bytes, of which some refer far back. */
static struct packed
long_member (const uint8_t *text)
{
  enum { LEN = 150000, STEP = 20000 };
  static uint8_t buf[LEN];
  size_t i;

  for (i = 0; i < LEN; i += STEP)
    memcpy (buf + i, text, 500);
  return pack_gzip (buf, LEN, 6, NULL);
}

static void
gzip_reader_seeds (const uint8_t *text)
{
  /* The reader has buffers of 64 KiB, and what is not the name are 21. */
  enum { LEN = 3000, BEFORE = 65536 - 21 };
  struct packed p;

  gzip_reader_seed (0, 0, pack_gzip (text, LEN, 6, NULL));
  gzip_reader_seed (1, 9, three_members (text));
  gzip_reader_seed (2, BEFORE - 20, three_members (text));
  gzip_reader_seed (3, BEFORE - 4, pack_gzip (text, LEN, 0, "name"));
  p = pack_gzip (text, LEN, 6, NULL);
  p.ptr[p.len - 5] ^= 1;                /* its checksum */
  gzip_reader_seed (4, 0, join (p, pack_gzip (text, 9, 6, NULL)));
  p = pack_gzip (text, LEN, 6, NULL);
  p.ptr[p.len - 1] ^= 1;                /* its length */
  gzip_reader_seed (5, BEFORE - (p.len - 5),
                    join (p, join (pack_gzip (text, 0, 6, NULL),
                                   copy_of ("\0\0\x1f", 3))));
  gzip_reader_seed (6, 0, copy_of ("\x1f\x8b\x08\xff", 4));
  gzip_reader_seed (7, BEFORE - 300, long_member (text));
}

int
main (int argc, char **argv)
{
  enum { LEN = 200000 };
  uint8_t *text = malloc (LEN);

  if (argc != 2 || text == NULL) {
    fprintf (stderr, "usage: make-seeds FOLDER\n");
    return EXIT_FAILURE;
  }
  folder = argv[1];
  mkdir (folder, 0777);
  fill_text (text, LEN, 1);
  seek_table_seeds (text, LEN);
  zinfo_seeds (text, LEN);
  decoder_seeds (text);
  plain_head_seeds (text);
  gzip_reader_seeds (text);
  free (text);
  return EXIT_SUCCESS;
}
