/* SPDX-License-Identifier: BSD-3-Clause */
/* Write checkpoints of a gzip file, at least SPAN plain bytes from each other,
 * where mkfs.erofs puts them only every 4 MiB.
 *
 *   gzip-zinfo GZIP SPAN ZINFO
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "image-model.h"

#define WINDOW 32768u

/* What zlib says of where it stopped: behind a block or a header, and behind
 * the last block.
 */
#define AT_BLOCK 128
#define LAST_BLOCK 64

struct output {
  FILE *zinfo;
  uint64_t in, out, last;       /* bytes, and `out' of the last checkpoint */
  uint32_t count;
  uint8_t window[WINDOW];       /* the last bytes of the output */
};

static void
put_checkpoint (struct output *o, const z_stream *s)
{
  uint8_t head[17];

  put_le (head, 8, o->in - s->avail_in);
  put_le (head + 8, 8, o->out);
  head[16] = s->data_type & 7;
  put_bytes (o->zinfo, head, sizeof head);
  put_bytes (o->zinfo, o->window, WINDOW);
  o->last = o->out;
  o->count++;
}

static void
add_to_window (struct output *o, const uint8_t *plain, size_t n)
{
  memmove (o->window, o->window + n, WINDOW - n);
  memcpy (o->window + WINDOW - n, plain, n);
  o->out += n;
}

/* One byte of input at a time: then nothing is left to look after. */
static void
read_gzip (FILE *gzip, uint64_t span, struct output *o)
{
  z_stream s = { .avail_in = 0 };
  uint8_t plain[WINDOW], byte;
  int r = Z_OK;

  if (inflateInit2 (&s, 15 + 16) != Z_OK)
    errx (1, "inflateInit2");
  while (s.avail_in > 0 || fread (&byte, 1, 1, gzip) == 1) {
    if (s.avail_in == 0)
      o->in++;
    s.next_in = &byte;
    s.avail_in = 1;
    if (r == Z_STREAM_END)
      inflateReset (&s);
    s.next_out = plain;
    s.avail_out = WINDOW;
    r = inflate (&s, Z_BLOCK);
    if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
      errx (1, "inflate: %d", r);
    add_to_window (o, plain, WINDOW - s.avail_out);
    if (r == Z_OK && (s.data_type & (AT_BLOCK | LAST_BLOCK)) == AT_BLOCK &&
        (o->count == 0 || o->out - o->last >= span))
      put_checkpoint (o, &s);
  }
  inflateEnd (&s);
}

int
main (int argc, char **argv)
{
  struct output *o = xcalloc (1, sizeof *o);
  uint8_t head[12];
  FILE *gzip;

  if (argc != 4)
    errx (1, "usage: gzip-zinfo GZIP SPAN ZINFO");
  gzip = fopen (argv[1], "r");
  if (gzip == NULL)
    err (1, "%s", argv[1]);
  o->zinfo = fopen (argv[3], "w");
  if (o->zinfo == NULL)
    err (1, "%s", argv[3]);
  memset (head, 0, sizeof head);
  put_bytes (o->zinfo, head, sizeof head);
  read_gzip (gzip, strtoull (argv[2], NULL, 10), o);
  put_le (head, 4, o->count);
  put_le (head + 4, 8, strtoull (argv[2], NULL, 10));
  rewind (o->zinfo);
  put_bytes (o->zinfo, head, sizeof head);
  finish_file (o->zinfo);
  fclose (gzip);
  free (o);
  return EXIT_SUCCESS;
}
