/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: u16 length of a name, then members of a gzip file.
 *
 * What is said of each is compared with zlib, which reads the same member as a
 * whole and verifies it.  They lie behind a member of our own that has that
 * name, so that any place of them may be where the reader's buffer ends.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "fuzz_target.h"
#include "gzip_reader.h"
#include "source_memory.h"

/* What plain bytes came. */
struct seen {
  uint64_t len;
  uLong adler, crc;
};

static void
see (void *opaque, const uint8_t *plain, size_t len)
{
  struct seen *seen = opaque;

  seen->len += len;
  seen->adler = adler32_z (seen->adler, plain, len);
  seen->crc = crc32_z (seen->crc, plain, len);
}

static const struct seen nothing = { .adler = 1 };

enum verdict {
  RIGHT,
  WRONG_CRC,
  WRONG_LEN,
  MALFORMED,
};

static enum verdict
zlib_verdict (const z_stream *z, int r)
{
  if (r == Z_STREAM_END)
    return RIGHT;
  /* zlib says so before it asks for the length. */
  if (z->msg != NULL && strcmp (z->msg, "incorrect data check") == 0)
    return z->avail_in < 4 ? MALFORMED : WRONG_CRC;
  if (z->msg != NULL && strcmp (z->msg, "incorrect length check") == 0)
    return WRONG_LEN;
  return MALFORMED;
}

/* zlib's answer for the member that `rest' begins with. */
static enum verdict
zlib_member (struct bytes rest, uint64_t *ret_len, struct seen *seen)
{
  static uint8_t out[20000];
  z_stream z = { .next_in = (uint8_t *) (uintptr_t) rest.ptr,
                 .avail_in = (uInt) rest.len };
  enum verdict verdict;
  int r = inflateInit2 (&z, 15 + 16);

  must (r == Z_OK);
  while (r == Z_OK) {
    z.next_out = out;
    z.avail_out = sizeof out;
    r = inflate (&z, Z_NO_FLUSH);
    see (seen, out, sizeof out - z.avail_out);
  }
  verdict = zlib_verdict (&z, r);
  *ret_len = rest.len - z.avail_in;
  inflateEnd (&z);
  return verdict;
}

/* What is shorter than a header may be one that was cut. */
static bool
begins_member (struct bytes rest)
{
  return rest.len > 0 && rest.ptr[0] == 0x1f &&
    (rest.len < 10 || rest.ptr[1] == 0x8b);
}

static void
check_trailer (const struct gzip_member *m, enum verdict verdict)
{
  bool crc_is_right = m->crc == m->expected_crc;
  bool len_is_right = (uint32_t) m->plain_len == m->expected_len;

  must (crc_is_right == (verdict != WRONG_CRC));
  must (!crc_is_right || len_is_right == (verdict != WRONG_LEN));
}

/* The one at `at', which becomes its end.  Returns whether another one may
 * follow.
 */
static bool
check_member (struct gzip_reader *reader, struct bytes file, uint64_t *at)
{
  const struct bytes rest = { file.ptr + *at, file.len - *at };
  const uint64_t plain = reader->plain;
  struct seen seen = nothing, expected = nothing;
  enum verdict verdict;
  struct gzip_member m;
  struct error err;
  uint64_t len;
  int r = gzip_reader_next (reader, see, &seen, &m, &err);

  must ((r == 0) == !begins_member (rest));
  if (r == 0)
    return false;
  must (m.stored_start == *at && m.stored_len <= rest.len);
  must (m.plain_start == plain && m.plain_len == seen.len);
  must (m.crc == seen.crc && reader->plain == plain + seen.len);
  verdict = zlib_member (rest, &len, &expected);
  must (seen.len == expected.len && seen.adler == expected.adler);
  must ((r == -1) == (verdict == MALFORMED));
  if (r == -1)
    return false;
  check_trailer (&m, verdict);
  must (verdict != RIGHT || m.stored_len == len);
  *at += m.stored_len;
  return true;
}

/* Ours: the header, a name, and an empty block. */
static struct bytes
file_of (struct bytes members, size_t name_len)
{
  static const uint8_t header[10] = { 0x1f, 0x8b, 8, 8 };
  const size_t own = sizeof header + name_len + 1 + 2 + 8;
  uint8_t *buf = calloc (1, own + members.len);

  must (buf != NULL);
  memcpy (buf, header, sizeof header);
  memset (buf + sizeof header, 'n', name_len);
  buf[sizeof header + name_len + 1] = 3;
  memcpy (buf + own, members.ptr, members.len);
  return (struct bytes) { .ptr = buf, .len = own + members.len };
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes input = { .ptr = data, .len = size };
  struct gzip_reader reader;
  struct source *source;
  struct bytes members, file;
  struct error err;
  uint64_t at = 0;

  if (size < 2 || !bytes_slice (input, 2, size - 2, &members))
    return 0;
  file = file_of (members, bytes_u16 (input, 0));
  source = source_memory_new ((uint8_t *) (uintptr_t) file.ptr, file.len,
                              &err);
  must (source != NULL);
  must (gzip_reader_init (&reader, source, &err) == 0);
  while (check_member (&reader, file, &at))
    continue;
  gzip_reader_clear (&reader);
  source_unref (source);
  return 0;
}
