/* SPDX-License-Identifier: BSD-3-Clause */
/* Behind a checkpoint the stream is raw deflate up to the end of its member;
 * then come the trailer's 8 bytes, and whole members, which zlib parses and
 * verifies.
 *
 * Whether the first member began at the checkpoint, nothing says but its
 * trailer: then it has the length of what was decoded.  Damage that changes
 * this length does not go unseen: then what is stored does not end where the
 * output does.  That is why inflate stops at the end of each block here.
 *
 * The time is bounded by the input: every member that gives no output takes at
 * least 20 bytes of it.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "checked.h"
#include "decoder_inflate.h"

#define RAW_DEFLATE (-15)
#define GZIP_MEMBER (15 + 16)

#define TRAILER_SIZE 8          /* CRC-32 and length of the plain data */

/* In data_type: a block or a header has ended, and it was the last block. */
#define AT_BLOCK 128
#define LAST_BLOCK 64

#define BEHIND_PIECE (16 * 1024)

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

/* What is decoded from a checkpoint on. */
struct decoding {
  z_stream *s;
  const struct chunk_resume *resume;
  const uint8_t *plain;
  size_t plain_len;
  bool is_raw;                  /* in the member that the checkpoint is in */
  uLong behind;                 /* CRC-32 of what came behind `plain' */
};

/* The member that the checkpoint is in has ended: verify it if it began
 * there.
 */
static int
verify_raw (const struct decoding *d, struct error *err)
{
  const struct bytes trailer = { .ptr = d->s->next_in,
                                 .len = d->s->avail_in };
  const uint64_t before = d->resume->before, found = d->s->total_out;
  const size_t n = min_u64 (found, d->plain_len);
  uint32_t len, crc;

  /* Lengths are modulo 2^32: from 4 GiB on they do not tell enough. */
  if (d->resume->end == CHUNK_RESUME_OPEN || trailer.len < TRAILER_SIZE ||
      before > UINT32_MAX || before + found > UINT32_MAX)
    return 0;
  len = bytes_u32 (trailer, 4);
  if (len < found || len - found > before)
    return error_set (err, EINVAL, "gzip: length mismatch: found %" PRIu64
                      ", expected %" PRIu32, found, len);
  if (len > found)
    return 0;
  crc = (uint32_t) crc32_combine (crc32 (0, d->plain, (uInt) n), d->behind,
                                  (z_off_t) (found - n));
  if (crc != bytes_u32 (trailer, 0))
    return error_set (err, EINVAL, "gzip: CRC-32 mismatch: found 0x%08" PRIx32
                      ", expected 0x%08" PRIx32, crc, bytes_u32 (trailer, 0));
  return 0;
}

/* A member has ended before all is there: begin with the next one. */
static int
next_member (struct decoding *d, struct error *err)
{
  z_stream *s = d->s;

  if (d->is_raw) {
    if (s->avail_in < TRAILER_SIZE)
      return refuse (s, Z_BUF_ERROR, err);
    if (verify_raw (d, err) == -1)
      return -1;
    s->next_in += TRAILER_SIZE;
    s->avail_in -= TRAILER_SIZE;
    d->is_raw = false;
  }
  if (inflateReset2 (s, GZIP_MEMBER) != Z_OK)
    return error_set (err, EINVAL, "gzip: zlib can not begin");
  return 0;
}

/* Decode what is behind the output, up to the end of the member.  Returns what
 * inflate did: Z_OK if that end is too far away.
 */
static int
pass_behind (struct decoding *d)
{
  uint8_t piece[BEHIND_PIECE];
  uint64_t n = 0;
  int r;

  do {
    d->s->next_out = piece;
    d->s->avail_out = sizeof piece;
    r = inflate (d->s, Z_SYNC_FLUSH);
    n += sizeof piece - d->s->avail_out;
    d->behind = crc32 (d->behind, piece, (uInt) sizeof piece -
                       d->s->avail_out);
  } while (r == Z_OK && d->s->avail_out == 0 && n < CHUNK_UNIT_MAX);
  return r;
}

/* All that is wanted is there, and the file may have more, such as the zeros
 * that tar puts at its end: look for the end of the member, to verify it.  `r'
 * is what inflate returned.
 */
static int
look_behind (struct decoding *d, int r, struct error *err)
{
  z_stream *s = d->s;

  if (r != Z_STREAM_END) {
    r = pass_behind (d);
    if (r == Z_OK && s->avail_out == 0)
      return 0;
  }
  if (r == Z_OK || r == Z_BUF_ERROR ||
      (r == Z_STREAM_END && d->is_raw && s->avail_in < TRAILER_SIZE))
    return error_set (err, EINVAL, "gzip: the end of the file is missing");
  if (r != Z_STREAM_END)
    return refuse (s, r, err);
  return d->is_raw ? verify_raw (d, err) : 0;
}

static int
decode_all (struct decoding *d, struct error *err)
{
  const enum chunk_resume_end end = d->resume->end;
  z_stream *s = d->s;
  int r;

  for (;;) {
    r = inflate (s, end == CHUNK_RESUME_OPEN ? Z_SYNC_FLUSH : Z_BLOCK);
    if (s->avail_out == 0 && end != CHUNK_RESUME_AT_NEXT &&
        (r == Z_OK || r == Z_BUF_ERROR || r == Z_STREAM_END))
      return end == CHUNK_RESUME_LAST ? look_behind (d, r, err) : 0;
    if (r == Z_STREAM_END) {
      if (next_member (d, err) == -1)
        return -1;
    }
    else if (r != Z_OK || !(s->data_type & AT_BLOCK))
      return refuse (s, r, err);
    else if (s->avail_out == 0 && s->avail_in == 0 &&
             !(s->data_type & LAST_BLOCK))
      return 0;
  }
}

/* Decode from a checkpoint on or, if not `is_raw', from the beginning of a
 * member.
 */
static int
decode_on (struct decoder_inflate *inf, const struct chunk_resume *resume,
           bool is_raw, const uint8_t *dictionary, struct bytes stored,
           uint8_t *plain, size_t plain_len, struct error *err)
{
  struct decoding d = {
    .resume = resume, .plain = plain, .plain_len = plain_len,
    .is_raw = is_raw,
  };

  if (begin (inf, is_raw ? RAW_DEFLATE : GZIP_MEMBER, stored, plain,
             plain_len, err) == -1)
    return -1;
  d.s = inf->stream;
  if (is_raw && restore (d.s, resume, dictionary, err) == -1)
    return -1;
  return decode_all (&d, err);
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
    return decode_on (inf, resume, false, NULL, stored, plain, plain_len,
                      err);
  if (decode_on (inf, resume, true, dictionary, stored, plain, plain_len,
                 err) == 0)
    return 0;

  /* Where a chunk begins with a member, nydus-image takes the end of the one
   * before for a checkpoint.
   */
  if (err->errnum == EINVAL && resume->from == CHUNK_RESUME_GIVEN &&
      begins_with_trailer (stored) &&
      bytes_slice (stored, TRAILER_SIZE, stored.len - TRAILER_SIZE, &member))
    return decode_on (inf, resume, false, NULL, member, plain, plain_len,
                      &ignored);
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
