/* SPDX-License-Identifier: BSD-3-Clause */
/* Rewrite a RAFS v6 image of one blob with gzip chunks, which no tool makes any
 * more: Nydus had them until 2.1, and other tools may still.
 *
 *   rafs-gzip [-1] BOOTSTRAP BLOB FLAT FOLDER
 *
 * FLAT is the image's flat device.  FOLDER/bootstrap and FOLDER/blobs/NAME are
 * written, NAME as that of BLOB.  With -1 the chunk information is of version
 * 1, where a stored length is no more than a bound: what follows the gzip
 * member is ignored.
 */
#include <err.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>
#include <zstd.h>

#include "image-model.h"

#define FEATURE_V2 0x4u
#define HEADER 4096
#define MAGIC 0xb10bb10bu

struct buffer {
  uint8_t *ptr;
  size_t len;
};

struct chunk {
  uint64_t plain;               /* offset in the blob, decoded */
  size_t len;
  uint64_t stored;              /* where its gzip member begins */
};

static struct buffer bootstrap, blob, flat, out, table;
static uint8_t *entry;          /* of the blob, in the bootstrap */
static struct chunk *chunks;
static size_t n_chunks;

static struct buffer
room (size_t len)
{
  return (struct buffer) { xcalloc (1, len), len };
}

static struct buffer
read_file (const char *path)
{
  FILE *fp = fopen (path, "r");
  struct buffer b;
  struct stat st;

  if (fp == NULL || stat (path, &st) == -1)
    err (EXIT_FAILURE, "%s", path);
  b = room ((size_t) st.st_size);
  if (fread (b.ptr, 1, b.len, fp) != b.len)
    err (EXIT_FAILURE, "%s", path);
  fclose (fp);
  return b;
}

static void
write_file (const char *folder, const char *name, const struct buffer *b)
{
  FILE *fp = create_file (folder, name);

  put_bytes (fp, b->ptr, b->len);
  finish_file (fp);
}

/* The chunk information, decoded. */
static void
read_table (void)
{
  uint64_t offset = get_le (entry + 112, 8), stored_len = get_le (entry + 120, 8);
  size_t n;

  table = room (get_le (entry + 128, 8));
  if (offset > blob.len || stored_len > blob.len - offset)
    errx (EXIT_FAILURE, "the chunk information is not in the blob");
  if (get_le (entry + 108, 4) == 3) {
    n = ZSTD_decompress (table.ptr, table.len, blob.ptr + offset, stored_len);
    if (n != table.len)
      errx (EXIT_FAILURE, "the chunk information does not decode");
  }
  else
    memcpy (table.ptr, blob.ptr + offset, table.len);
}

static void
read_chunks (void)
{
  bool v2 = get_le (entry + 84, 4) & FEATURE_V2;
  struct chunk *c;
  uint64_t u;
  size_t i;

  n_chunks = get_le (entry + 72, 4);
  chunks = xcalloc (n_chunks + 1, sizeof *chunks);
  for (i = 0; i < n_chunks; i++) {
    u = get_le (table.ptr + i * (v2 ? 24 : 16), 8);
    c = &chunks[i];
    c->plain = v2 ? (u & 0xffffffff) << 12 : u & UINT64_C (0xffffffff000);
    c->len = 1 + (v2 ? u >> 32 & 0xffffff
                  : (u >> 8 & 0xf) << 20 | u >> 44);
  }
}

/* Append one gzip member to the new blob. */
static void
append_gzip (const uint8_t *p, size_t len)
{
  z_stream z = {
    .next_in = (uint8_t *) (uintptr_t) p,
    .avail_in = (uInt) len,
    .next_out = out.ptr + out.len,
    .avail_out = (uInt) (len + len / 100 + 1000),
  };

  if (deflateInit2 (&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK
      || deflate (&z, Z_FINISH) != Z_STREAM_END)
    errx (EXIT_FAILURE, "deflate");
  out.len += z.total_out;
  deflateEnd (&z);
}

/* Where the data of the blob begins on the flat device. */
static uint64_t
get_address (void)
{
  return get_le (bootstrap.ptr + 1408 + 68, 4) << bootstrap.ptr[1024 + 12];
}

static void
write_chunks (void)
{
  size_t i;

  for (i = 0; i < n_chunks; i++) {
    chunks[i].stored = out.len;
    append_gzip (flat.ptr + get_address () + chunks[i].plain, chunks[i].len);
  }
  chunks[n_chunks].stored = out.len;
}

static void
make_table_v2 (void)
{
  const struct chunk *c;
  uint8_t *row;
  size_t i;

  table = room (24 * n_chunks);
  for (i = 0; i < n_chunks; i++) {
    c = &chunks[i];
    row = table.ptr + 24 * i;
    put_le (row, 8, c->plain >> 12 | (uint64_t) (c->len - 1) << 32 |
         UINT64_C (1) << 56);   /* compressed */
    put_le (row + 8, 8, c->stored | (c[1].stored - c->stored) << 40);
  }
}

/* Lengths less one are cut in two parts, of 4 and of 20 bits. */
static uint64_t
length_v1 (uint64_t len, unsigned high_bit)
{
  return (len - 1) >> 20 << high_bit | ((len - 1) & 0xfffff) << 44;
}

static void
make_table_v1 (void)
{
  const struct chunk *c;
  uint64_t bound;
  size_t i;

  table = room (16 * n_chunks);
  for (i = 0; i < n_chunks; i++) {
    c = &chunks[i];
    bound = c->len + 10 + 8 + 5 + c->len / 16384 * 5 + 128;
    if (bound > chunks[n_chunks].stored - c->stored)
      bound = chunks[n_chunks].stored - c->stored;
    put_le (table.ptr + 16 * i, 8, c->plain | length_v1 (c->len, 8));
    put_le (table.ptr + 16 * i + 8, 8, c->stored | length_v1 (bound, 40));
  }
}

/* Behind the chunks: the chunk information as it is, and its header. */
static void
finish_blob (void)
{
  uint64_t flags = get_le (bootstrap.ptr + 1152, 8);
  uint64_t offset = out.len;
  uint8_t *header;

  memcpy (out.ptr + out.len, table.ptr, table.len);
  out.len += table.len;
  header = out.ptr + out.len;
  out.len += HEADER;
  put_le (header, 4, MAGIC);
  put_le (header + 4, 4, get_le (entry + 84, 4));
  put_le (header + 12, 4, n_chunks);
  put_le (header + 16, 8, offset);
  put_le (header + 24, 8, table.len);
  put_le (header + 32, 8, table.len);
  put_le (header + HEADER - 4, 4, MAGIC);

  put_le (bootstrap.ptr + 1152, 8, (flags & ~UINT64_C (0xc3)) | 0x40);
  put_le (entry + 76, 4, 2);       /* gzip */
  put_le (entry + 88, 8, out.len);
  put_le (entry + 108, 4, 0);
  put_le (entry + 112, 8, offset);
  put_le (entry + 120, 8, table.len);
  put_le (entry + 128, 8, table.len);
}

int
main (int argc, char *argv[])
{
  bool v1 = argc == 6 && strcmp (argv[1], "-1") == 0;
  uint64_t features;
  char path[4096];

  argv += v1;
  if (argc - v1 != 5)
    errx (EXIT_FAILURE, "usage: rafs-gzip [-1] BOOTSTRAP BLOB FLAT FOLDER");
  bootstrap = read_file (argv[1]);
  blob = read_file (argv[2]);
  flat = read_file (argv[3]);
  entry = bootstrap.ptr + get_le (bootstrap.ptr + 1152 + 8, 8);
  read_table ();
  read_chunks ();
  free (table.ptr);
  out = room (2 * flat.len + n_chunks * 2000 + HEADER);
  out.len = 0;
  write_chunks ();
  features = get_le (entry + 84, 4) & ~(uint64_t) FEATURE_V2;
  put_le (entry + 84, 4, v1 ? features : features | FEATURE_V2);
  if (v1)
    make_table_v1 ();
  else
    make_table_v2 ();
  finish_blob ();

  snprintf (path, sizeof path, "%s/blobs", argv[4]);
  if (mkdir (argv[4], 0777) == -1 || mkdir (path, 0777) == -1)
    err (EXIT_FAILURE, "%s", path);
  write_file (argv[4], "bootstrap", &bootstrap);
  write_file (path, basename (argv[2]), &out);
  exit (EXIT_SUCCESS);
}
