/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "bytes.h"
#include "checked.h"
#include "plain_head.h"

/* No more stored bytes than this are looked at: zstd and deflate give the
 * first KiB out of one block, which is at most 128 KiB.
 */
#define STORED_MAX (256 * 1024)

#define STEP 4096

/* zstd refuses to allocate a larger window for a head. */
#define WINDOW_LOG_MAX 27

/* A frame's descriptor, behind its magic number, and in its next byte the
 * logarithm of its window, unless this is the length of what is in it.
 */
#define FRAME_DESCRIPTOR 4
#define FRAME_WINDOW 5
#define FRAME_IS_ONE_SEGMENT 0x20
#define FRAME_WINDOW_MAX ((WINDOW_LOG_MAX - 10) << 3)

/* What bytes at the start of a file say of its form. */
static enum plain_form
form_of (struct bytes b)
{
  uint32_t magic;

  if (b.len < PLAIN_MAGIC_SIZE)
    return PLAIN_RAW;
  magic = bytes_u32 (b, 0);
  if (magic == ZSTD_MAGICNUMBER ||
      (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START)
    return PLAIN_ZSTD;
  if (b.ptr[0] == 0x1f && b.ptr[1] == 0x8b && b.ptr[2] == 8)
    return PLAIN_GZIP;
  return PLAIN_RAW;
}

int
plain_head_form (struct source *file, enum plain_form *ret, struct error *err)
{
  uint8_t buf[PLAIN_MAGIC_SIZE];
  struct bytes b = { buf, (size_t) min_u64 (file->size, sizeof buf) };

  if (source_pread (file, buf, b.len, 0, err) == -1)
    return -1;
  *ret = form_of (b);
  return 0;
}

/* Decode a step's worth.  Returns false when there is nothing more to get. */
typedef bool (*step_fn) (void *state, const uint8_t *in, size_t in_len);

struct zstd_state {
  ZSTD_DStream *stream;
  ZSTD_outBuffer out;
  uint8_t start[FRAME_WINDOW + 1];      /* of the frame: no header is shorter */
  size_t start_len;             /* how much of it was seen */
};

/* Nothing in a head refers to what is further back than its own start, so it
 * needs no larger window than may be allocated, whatever the frame asks for.
 */
static void
narrow_window (uint8_t start[FRAME_WINDOW + 1])
{
  const struct bytes b = { start, FRAME_WINDOW + 1 };

  if (bytes_u32 (b, 0) == ZSTD_MAGICNUMBER &&
      !(start[FRAME_DESCRIPTOR] & FRAME_IS_ONE_SEGMENT) &&
      start[FRAME_WINDOW] > FRAME_WINDOW_MAX)
    start[FRAME_WINDOW] = FRAME_WINDOW_MAX;
}

/* The start of a frame is here: give it to zstd, which would decode frames of
 * its former formats too, by decoders that it no longer looks after.  No blob
 * has those.
 */
static bool
zstd_begin_frame (struct zstd_state *s)
{
  ZSTD_inBuffer input = { s->start, sizeof s->start, 0 };

  if (form_of ((struct bytes) { s->start, sizeof s->start }) != PLAIN_ZSTD)
    return false;
  narrow_window (s->start);
  return !ZSTD_isError (ZSTD_decompressStream (s->stream, &s->out, &input));
}

static bool
zstd_step (void *opaque, const uint8_t *in, size_t in_len)
{
  struct zstd_state *s = opaque;
  ZSTD_inBuffer input = { in, in_len, 0 };
  size_t r;

  while (input.pos < input.size && s->out.pos < s->out.size) {
    if (s->start_len < sizeof s->start) {
      s->start[s->start_len++] = in[input.pos++];
      if (s->start_len == sizeof s->start && !zstd_begin_frame (s))
        return false;
      continue;
    }
    r = ZSTD_decompressStream (s->stream, &s->out, &input);
    if (ZSTD_isError (r))
      return false;
    if (r == 0)                 /* the frame ends here */
      s->start_len = 0;
  }
  return s->out.pos < s->out.size;
}

static bool
gzip_step (void *opaque, const uint8_t *in, size_t in_len)
{
  z_stream *z = opaque;
  int r;

  z->next_in = (uint8_t *) in;
  z->avail_in = (uInt) in_len;
  while (z->avail_in > 0 && z->avail_out > 0) {
    r = inflate (z, Z_NO_FLUSH);
    if (r == Z_STREAM_END)      /* of a member: another one may follow */
      r = inflateReset (z);
    if (r != Z_OK)
      return false;
  }
  return z->avail_out > 0;
}

/* Feed the file to `step' until that has enough. */
static int
feed (struct source *file, step_fn step, void *state, struct error *err)
{
  uint64_t end = min_u64 (file->size, STORED_MAX), offset, n;
  uint8_t in[STEP];

  for (offset = 0; offset < end; offset += n) {
    n = min_u64 (end - offset, sizeof in);
    if (source_pread (file, in, (size_t) n, offset, err) == -1)
      return -1;
    if (!step (state, in, (size_t) n))
      break;
  }
  return 0;
}

static int
read_zstd (struct source *file, uint8_t *buf, size_t len, size_t *ret_len,
           struct error *err)
{
  struct zstd_state state = {
    .stream = ZSTD_createDStream (),
    .out = { buf, len, 0 },
  };
  int r;

  if (state.stream == NULL)
    return error_set_errno (err, ENOMEM, "zstd");
  ZSTD_DCtx_setParameter (state.stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
  r = feed (file, zstd_step, &state, err);
  ZSTD_freeDStream (state.stream);
  *ret_len = state.out.pos;
  return r;
}

static int
read_gzip (struct source *file, uint8_t *buf, size_t len, size_t *ret_len,
           struct error *err)
{
  z_stream z = { .next_out = buf, .avail_out = (uInt) len };
  int r;

  if (inflateInit2 (&z, 15 + 16) != Z_OK)
    return error_set_errno (err, ENOMEM, "zlib");
  r = feed (file, gzip_step, &z, err);
  inflateEnd (&z);
  *ret_len = len - z.avail_out;
  return r;
}

int
plain_head_read (struct source *file, uint8_t *buf, size_t size,
                 size_t decode_max, size_t *ret_len,
                 enum plain_form *ret_form, struct error *err)
{
  size_t n = (size_t) min_u64 (file->size, size);

  /* Most files are raw: then this was it. */
  if (source_pread (file, buf, n, 0, err) == -1)
    return -1;
  *ret_form = form_of ((struct bytes) { buf, n });
  switch (*ret_form) {
  case PLAIN_ZSTD:
    return read_zstd (file, buf, decode_max, ret_len, err);
  case PLAIN_GZIP:
    return read_gzip (file, buf, decode_max, ret_len, err);
  case PLAIN_RAW:
    break;
  }
  *ret_len = n;
  return 0;
}
