/* SPDX-License-Identifier: BSD-3-Clause */
/* Behind a checkpoint the stream is raw deflate up to the end of its member;
 * then come the trailer's 8 bytes, and whole members, which zlib parses and
 * verifies.
 *
 * The time is bounded by the input: every member that gives no output takes at
 * least 20 bytes of it.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "decoder_inflate.h"

#define RAW_DEFLATE (-15)
#define GZIP_MEMBER (15 + 16)

#define TRAILER_SIZE 8          /* CRC-32 and length of the plain data */

static int
make_stream (struct decoder_inflate *inf, struct error *err)
{
  inf->stream = calloc (1, sizeof *inf->stream);
  if (inf->stream == NULL ||
      inflateInit2 (inf->stream, RAW_DEFLATE) != Z_OK) {
    free (inf->stream);
    inf->stream = NULL;
    return error_set_errno (err, ENOMEM, "gzip");
  }
  return 0;
}

static int
begin (struct decoder_inflate *inf, int window_bits, struct bytes stored,
       uint8_t *plain, size_t plain_len, struct error *err)
{
  if (inf->stream == NULL && make_stream (inf, err) == -1)
    return -1;
  if (stored.len > UINT32_MAX || plain_len > UINT32_MAX)
    return error_set (err, EINVAL, "gzip: too long");
  if (inflateReset2 (inf->stream, window_bits) != Z_OK)
    return error_set (err, EINVAL, "gzip: zlib can not begin");

  inf->stream->next_in = stored.ptr;
  inf->stream->avail_in = (uInt) stored.len;
  inf->stream->next_out = plain;
  inf->stream->avail_out = (uInt) plain_len;
  return 0;
}

/* Why inflate did not come to its end. */
static int
refuse (const z_stream *s, int r, struct error *err)
{
  switch (r) {
  case Z_MEM_ERROR:
    return error_set_errno (err, ENOMEM, "gzip");
  case Z_OK:
  case Z_BUF_ERROR:
    if (s->avail_out > 0)
      return error_set (err, EINVAL, "gzip: ends %u bytes before the length "
                        "expected", s->avail_out);
    return error_set (err, EINVAL, "gzip: decodes to more than expected, or "
                      "its end is missing");
  default:
    return error_set (err, EINVAL, "gzip: %s",
                      s->msg ? s->msg : "malformed");
  }
}

int
decoder_inflate_member (struct decoder_inflate *inf, struct bytes stored,
                        uint8_t *plain, size_t plain_len, struct error *err)
{
  int r;

  if (begin (inf, GZIP_MEMBER, stored, plain, plain_len, err) == -1)
    return -1;
  r = inflate (inf->stream, Z_FINISH);
  if (r != Z_STREAM_END)
    return refuse (inf->stream, r, err);
  if (inf->stream->avail_out > 0)
    return error_set (err, EINVAL, "gzip: decodes to %zu bytes, %zu expected",
                      plain_len - inf->stream->avail_out, plain_len);
  return 0;
}

/* Give zlib the bits in front of the first whole byte, and the window. */
static int
restore (z_stream *s, const struct chunk_resume *resume,
         const uint8_t *dictionary, struct error *err)
{
  unsigned byte = resume->byte;

  if (resume->bits > 0 && resume->from == CHUNK_RESUME_FIRST) {
    if (s->avail_in == 0)
      return error_set (err, EINVAL, "gzip: nothing is stored");
    byte = *s->next_in++;
    s->avail_in--;
  }
  if (resume->bits > 7 ||
      (resume->bits > 0 &&
       inflatePrime (s, resume->bits,
                     (int) (byte >> (8 - resume->bits))) != Z_OK) ||
      (resume->dict_len > 0 &&
       inflateSetDictionary (s, dictionary, resume->dict_len) != Z_OK))
    return error_set (err, EINVAL, "gzip: no valid checkpoint");
  return 0;
}

/* A member has ended before all is there: begin with the next one. */
static int
next_member (z_stream *s, bool skip_trailer, struct error *err)
{
  if (skip_trailer) {
    if (s->avail_in < TRAILER_SIZE)
      return refuse (s, Z_BUF_ERROR, err);
    s->next_in += TRAILER_SIZE;
    s->avail_in -= TRAILER_SIZE;
  }
  if (inflateReset2 (s, GZIP_MEMBER) != Z_OK)
    return error_set (err, EINVAL, "gzip: zlib can not begin");
  return 0;
}

/* Decode from a checkpoint on or, if `resume' is NULL, from the beginning of a
 * member.
 */
static int
decode_on (struct decoder_inflate *inf, const struct chunk_resume *resume,
           const uint8_t *dictionary, struct bytes stored, uint8_t *plain,
           size_t plain_len, struct error *err)
{
  bool is_raw = resume != NULL;
  int r;

  if (begin (inf, is_raw ? RAW_DEFLATE : GZIP_MEMBER, stored, plain,
             plain_len, err) == -1)
    return -1;
  if (is_raw && restore (inf->stream, resume, dictionary, err) == -1)
    return -1;

  while (inf->stream->avail_out > 0) {
    r = inflate (inf->stream, Z_SYNC_FLUSH);
    if (inf->stream->avail_out == 0 &&
        (r == Z_OK || r == Z_BUF_ERROR || r == Z_STREAM_END))
      return 0;
    if (r != Z_STREAM_END)
      return refuse (inf->stream, r, err);
    if (next_member (inf->stream, is_raw, err) == -1)
      return -1;
    is_raw = false;
  }
  return 0;
}

/* Is this a member's trailer and the next one's header? */
static bool
begins_with_trailer (struct bytes stored)
{
  return stored.len > TRAILER_SIZE + 2 &&
    bytes_u8 (stored, TRAILER_SIZE) == 0x1f &&
    bytes_u8 (stored, TRAILER_SIZE + 1) == 0x8b &&
    bytes_u8 (stored, TRAILER_SIZE + 2) == Z_DEFLATED;
}

int
decoder_inflate_resume (struct decoder_inflate *inf,
                        const struct chunk_resume *resume,
                        const uint8_t *dictionary, struct bytes stored,
                        uint8_t *plain, size_t plain_len, struct error *err)
{
  struct bytes member;
  struct error ignored;

  if (resume->from == CHUNK_RESUME_MEMBER)
    return decode_on (inf, NULL, NULL, stored, plain, plain_len, err);
  if (decode_on (inf, resume, dictionary, stored, plain, plain_len, err) == 0)
    return 0;

  /* Where a chunk begins with a member, nydus-image takes the end of the one
   * before for a checkpoint.
   */
  if (err->errnum == EINVAL && resume->from == CHUNK_RESUME_GIVEN &&
      begins_with_trailer (stored) &&
      bytes_slice (stored, TRAILER_SIZE, stored.len - TRAILER_SIZE, &member))
    return decode_on (inf, NULL, NULL, member, plain, plain_len, &ignored);
  return -1;
}

void
decoder_inflate_clear (struct decoder_inflate *inf)
{
  if (inf->stream)
    inflateEnd (inf->stream);
  free (inf->stream);
  inf->stream = NULL;
}
