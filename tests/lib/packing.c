/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lz4.h>
#include <openssl/evp.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "image_builder.h"
#include "packing.h"
#include "testing.h"

#define WINDOW 32768u
#define CHECKPOINT (17 + WINDOW)

/* Not those of check: this is used outside of tests too. */
#define must(condition)                                         \
  do {                                                          \
    if (!(condition)) {                                         \
      fprintf (stderr, "packing.c: not so: %s\n", #condition);  \
      abort ();                                                 \
    }                                                           \
  } while (0)

static struct packed
room (size_t len)
{
  struct packed p = { .ptr = calloc (1, len + 1), .len = len };

  must (p.ptr != NULL);
  return p;
}

void
fill_text (uint8_t *buf, size_t len, unsigned seed)
{
  size_t i;

  for (i = 0; i < len; ++i)
    buf[i] = (uint8_t) ("abcdefghijklmnop"[pattern (seed, i / 3) % 16] +
                        (i % 3 == 0 ? pattern (seed, i) % 3 : 0));
}

struct packed
pack_zstd (const uint8_t *buf, size_t len, bool checksum)
{
  struct packed p = room (ZSTD_compressBound (len));
  ZSTD_CCtx *cctx = ZSTD_createCCtx ();

  ZSTD_CCtx_setParameter (cctx, ZSTD_c_checksumFlag, checksum);
  p.len = ZSTD_compress2 (cctx, p.ptr, p.len, buf, len);
  must (!ZSTD_isError (p.len));
  ZSTD_freeCCtx (cctx);
  return p;
}

struct packed
pack_lz4 (const uint8_t *buf, size_t len)
{
  struct packed p = room ((size_t) LZ4_compressBound ((int) len));
  int n = LZ4_compress_default ((const char *) buf, (char *) p.ptr, (int) len,
                                (int) p.len);

  must (n > 0);
  p.len = (size_t) n;
  return p;
}

static struct packed
pack_member (const uint8_t *buf, size_t len, int level, const char *name,
             bool flush)
{
  static char comment[] = "no comment";
  static uint8_t extra[] = "XY\2\0ab";
  struct packed p = room (len + len / 10 + 1000);
  z_stream s = { .avail_in = (uInt) len };
  gz_header header = { .os = 3 };

  s.next_in = (uint8_t *) (uintptr_t) buf;
  s.next_out = p.ptr;
  s.avail_out = (uInt) p.len;
  must (deflateInit2 (&s, level, Z_DEFLATED, 15 + 16,
                      level == 1 ? 1 : 8,
                      Z_DEFAULT_STRATEGY) == Z_OK);
  if (name) {
    header.name = (uint8_t *) (uintptr_t) name;
    header.comment = (uint8_t *) comment;
    header.extra = extra;
    header.extra_len = 6;
    header.hcrc = 1;
    must (deflateSetHeader (&s, &header) == Z_OK);
  }
  if (flush)
    must (deflate (&s, Z_SYNC_FLUSH) == Z_OK);
  must (deflate (&s, Z_FINISH) == Z_STREAM_END);
  p.len = s.total_out;
  deflateEnd (&s);
  return p;
}

struct packed
pack_gzip (const uint8_t *buf, size_t len, int level, const char *name)
{
  return pack_member (buf, len, level, name, false);
}

struct packed
pack_gzip_as_go (const uint8_t *buf, size_t len)
{
  return pack_member (buf, len, 6, NULL, true);
}

struct packed
pack_seekable (const uint8_t *buf, size_t len, size_t frame_len,
               bool checksums)
{
  size_t entry = checksums ? 12 : 8, n = (len + frame_len - 1) / frame_len, i;
  struct packed table = room (8 + n * entry + 9), file = room (0), frame;
  uint8_t *p = table.ptr;

  put_le (p, 0x184d2a5e, 4);
  put_le (p + 4, table.len - 8, 4);
  for (i = 0, p += 8; i < n; ++i, p += entry) {
    size_t m = i + 1 < n ? frame_len : len - i * frame_len;

    frame = pack_zstd (buf + i * frame_len, m, false);
    put_le (p, frame.len, 4);
    put_le (p + 4, m, 4);
    if (checksums)
      put_le (p + 8, XXH64 (buf + i * frame_len, m, 0) & 0xffffffff, 4);
    file = join (file, frame);
  }
  put_le (p, n, 4);
  p[4] = checksums ? 0x80 : 0;
  put_le (p + 5, 0x8f92eab1, 4);
  return join (file, table);
}

/* Append a checkpoint: the window is the last 32 KiB of the plain data. */
static struct packed
add_checkpoint (struct packed zinfo, uint64_t in, uint64_t out, unsigned bits,
                const uint8_t *plain)
{
  struct packed c = room (CHECKPOINT);
  size_t n = out < WINDOW ? (size_t) out : WINDOW;

  put_le (c.ptr, in, 8);
  put_le (c.ptr + 8, out, 8);
  c.ptr[16] = (uint8_t) bits;
  memcpy (c.ptr + CHECKPOINT - n, plain + out - n, n);
  return join (zinfo, c);
}

struct packed
make_zinfo (const uint8_t *gzip, size_t len, uint64_t span, int version)
{
  size_t plain_max = 64 << 20;
  struct packed zinfo = room (12), plain = room (plain_max);
  uint64_t in = 0, out = 0, last = 0;
  bool at_start = true;
  uint32_t count = 0;
  z_stream s = { .avail_in = (uInt) len };

  s.next_in = (uint8_t *) (uintptr_t) gzip;
  must (inflateInit2 (&s, 15 + 16) == Z_OK);
  while (s.avail_in > 0) {
    int r;

    s.next_out = plain.ptr + out;
    s.avail_out = (uInt) (plain_max - out);
    r = inflate (&s, Z_BLOCK);
    must (r == Z_OK || r == Z_STREAM_END);
    in = (uint64_t) (s.next_in - gzip);
    out = (uint64_t) (s.next_out - plain.ptr);
    if (r == Z_STREAM_END) {
      inflateReset (&s);
      at_start = true;
    }
    else if ((s.data_type & 0xc0) == 0x80 &&
             (at_start || out - last >= span)) {
      if (version == 2 || count > 0)
        zinfo = add_checkpoint (zinfo, in, out, s.data_type & 7, plain.ptr);
      ++count;
      at_start = false;
      last = out;
    }
  }
  inflateEnd (&s);
  free (plain.ptr);
  put_le (zinfo.ptr, count, 4);
  put_le (zinfo.ptr + 4, span, 8);
  return zinfo;
}

struct packed
encrypt_xts (const uint8_t *buf, size_t len, const uint8_t key[32],
             const uint8_t iv[16])
{
  struct packed p = room (len < 16 ? 18 : len);
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  int n;

  memcpy (p.ptr, buf, len);
  if (len < 16) {
    memset (p.ptr + len, (int) (16 - len), 16 - len);
    p.ptr[16] = 0x78;
    p.ptr[17] = 0x90;
  }
  must (EVP_EncryptInit_ex (ctx, EVP_aes_128_xts (), NULL, key,
                            iv) == 1);
  must (EVP_EncryptUpdate (ctx, p.ptr, &n, p.ptr, (int) p.len) == 1);
  must (n == (int) p.len);
  EVP_CIPHER_CTX_free (ctx);
  return p;
}

struct packed
join (struct packed a, struct packed b)
{
  struct packed p = room (a.len + b.len);

  memcpy (p.ptr, a.ptr, a.len);
  memcpy (p.ptr + a.len, b.ptr, b.len);
  free (a.ptr);
  free (b.ptr);
  return p;
}

struct packed
read_whole (const char *path)
{
  FILE *fp = fopen (path, "r");
  struct packed p;
  struct stat st;

  must (fp != NULL);
  must (fstat (fileno (fp), &st) == 0);
  p = room ((size_t) st.st_size);
  must (fread (p.ptr, 1, p.len, fp) == p.len);
  fclose (fp);
  return p;
}

const char *
test_data (const char *name)
{
  static char path[1000];

  snprintf (path, sizeof path, "%s/%s", TEST_DATA, name);
  must (access (path, R_OK) == 0);
  return path;
}
