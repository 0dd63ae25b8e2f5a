/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "bytes.h"
#include "checked.h"
#include "gzip_reader.h"

#define RAW_DEFLATE (-15)
#define GZIP_MEMBER (15 + 16)
#define BUF_SIZE (64u * 1024)

#define HEADER_SIZE 10          /* of which there are always so many */
#define TRAILER_SIZE 8

/* In data_type: the header has ended. */
#define AT_BLOCK 128

int
gzip_reader_init (struct gzip_reader *reader, struct source *stored,
                  struct error *err)
{
  *reader = (struct gzip_reader) {
    .stored = stored,
    .stream = calloc (1, sizeof *reader->stream),
    .buf = malloc (BUF_SIZE),
    .out = malloc (BUF_SIZE),
  };
  if (reader->stream != NULL &&
      inflateInit2 (reader->stream, RAW_DEFLATE) != Z_OK) {
    free (reader->stream);
    reader->stream = NULL;
  }
  if (reader->stream == NULL || reader->buf == NULL || reader->out == NULL) {
    gzip_reader_clear (reader);
    return error_set_errno (err, ENOMEM, "gzip");
  }
  return 0;
}

void
gzip_reader_clear (struct gzip_reader *reader)
{
  if (reader->stream != NULL)
    inflateEnd (reader->stream);
  free (reader->stream);
  free (reader->buf);
  free (reader->out);
}

/* Where the next byte is in the file. */
static uint64_t
position (const struct gzip_reader *reader)
{
  return reader->read - reader->stream->avail_in;
}

/* Have input.  Returns 1, 0 at the end of the file, or -1. */
static int
fill (struct gzip_reader *reader, struct error *err)
{
  uint64_t n = min_u64 (reader->stored->size - reader->read, BUF_SIZE);

  if (reader->stream->avail_in > 0)
    return 1;
  if (n == 0)
    return 0;
  if (source_pread (reader->stored, reader->buf, (size_t) n, reader->read,
                    err) == -1)
    return -1;
  reader->read += n;
  reader->stream->next_in = reader->buf;
  reader->stream->avail_in = (uInt) n;
  return 1;
}

/* The same in the middle of a member: the end is an error, too. */
static int
need (struct gzip_reader *reader, struct error *err)
{
  int r = fill (reader, err);

  if (r == 0)
    return error_set (err, EINVAL, "gzip: the end of the file is missing");
  return r == 1 ? 0 : -1;
}

static int
get (struct gzip_reader *reader, uint8_t *ret, size_t n, struct error *err)
{
  size_t i;

  for (i = 0; i < n; ++i) {
    if (need (reader, err) == -1)
      return -1;
    ret[i] = *reader->stream->next_in++;
    reader->stream->avail_in--;
  }
  return 0;
}

/* Have zlib read a header, whose first bytes are `head'. */
static int
pass_header (struct gzip_reader *reader, const uint8_t head[HEADER_SIZE],
             struct error *err)
{
  z_stream *s = reader->stream;
  const uint8_t *next_in = s->next_in;
  uInt avail_in = s->avail_in;
  int r = inflateReset2 (s, GZIP_MEMBER);

  s->next_in = head;
  s->avail_in = HEADER_SIZE;
  s->next_out = reader->out;
  s->avail_out = BUF_SIZE;
  if (r == Z_OK)
    r = inflate (s, Z_BLOCK);
  s->next_in = next_in;
  s->avail_in = avail_in;
  while (r == Z_OK && !(s->data_type & AT_BLOCK)) {
    if (need (reader, err) == -1)
      return -1;
    r = inflate (s, Z_BLOCK);
  }
  if (r != Z_OK)
    return error_set (err, EINVAL, "gzip: the header of a member is not one "
                      "that is known");
  return 0;
}

/* Returns 1, 0 if there is no member, or -1. */
static int
read_header (struct gzip_reader *reader, struct error *err)
{
  uint8_t head[HEADER_SIZE];
  int r = fill (reader, err);

  if (r != 1)
    return r;
  if (get (reader, head, 1, err) == -1)
    return -1;
  if (head[0] != 0x1f)
    return 0;
  if (get (reader, head + 1, HEADER_SIZE - 1, err) == -1)
    return -1;
  if (head[1] != 0x8b)
    return 0;
  return pass_header (reader, head, err) == 0 ? 1 : -1;
}

static int
read_data (struct gzip_reader *reader, gzip_reader_fn put, void *opaque,
           struct gzip_member *member, struct error *err)
{
  z_stream *s = reader->stream;
  bool more = false;            /* zlib may have output without input */
  size_t n;
  int r;

  if (inflateReset2 (s, RAW_DEFLATE) != Z_OK)
    return error_set (err, EINVAL, "gzip: zlib can not begin");
  do {
    if (!more && need (reader, err) == -1)
      return -1;
    s->next_out = reader->out;
    s->avail_out = BUF_SIZE;
    r = inflate (s, Z_NO_FLUSH);
    if (r == Z_MEM_ERROR)
      return error_set_errno (err, ENOMEM, "gzip");
    n = BUF_SIZE - s->avail_out;
    member->crc = (uint32_t) crc32 (member->crc, reader->out, (uInt) n);
    member->plain_len += n;
    put (opaque, reader->out, n);
    more = s->avail_out == 0;
    /* Z_BUF_ERROR: there was no more. */
    if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
      return error_set (err, EINVAL, "gzip: %s", s->msg ? s->msg :
                        "malformed");
  } while (r != Z_STREAM_END);
  return 0;
}

int
gzip_reader_next (struct gzip_reader *reader, gzip_reader_fn put,
                  void *opaque, struct gzip_member *ret, struct error *err)
{
  uint8_t trailer[TRAILER_SIZE];
  const struct bytes b = { .ptr = trailer, .len = sizeof trailer };
  struct gzip_member member = {
    .stored_start = position (reader), .plain_start = reader->plain,
  };
  int r = read_header (reader, err);

  if (r == 0)
    return 0;
  if (r == 1 && (read_data (reader, put, opaque, &member, err) == -1 ||
                 get (reader, trailer, sizeof trailer, err) == -1))
    r = -1;
  member.stored_len = position (reader) - member.stored_start;
  reader->plain += member.plain_len;
  if (r == 1) {
    member.expected_crc = bytes_u32 (b, 0);
    member.expected_len = bytes_u32 (b, 4);
  }
  *ret = member;
  return r;
}
