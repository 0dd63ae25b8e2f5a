/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: the file.
 *
 * Its head is compared with what the codecs give for the same bytes one at a
 * time, and what is said of an image with what is said of it when it is raw.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "bootstrap.h"
#include "checked.h"
#include "fuzz_target.h"
#include "plain_head.h"
#include "source_memory.h"

#define HEAD (SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE)
#define RAW_HEAD 4096

static struct source *
new_source (struct bytes b)
{
  uint8_t *buf = malloc (b.len > 0 ? b.len : 1);
  struct source *source;
  struct error err;

  must (buf != NULL);
  if (b.len > 0)
    memcpy (buf, b.ptr, b.len);
  source = source_memory_new (buf, b.len, &err);
  must (source != NULL);
  return source;
}

struct head {
  uint8_t *ptr;                 /* to be freed */
  size_t len;
  enum plain_form form;
};

/* The buffer has just `size' bytes, so that ASan sees a step beyond. */
static struct head
read_head (struct source *file, size_t size, size_t decode_max)
{
  struct head h = { .ptr = malloc (size) };
  struct error err;

  must (h.ptr != NULL);
  must (plain_head_read (file, h.ptr, size, decode_max, &h.len, &h.form,
                         &err) == 0);
  must (h.len <= (h.form == PLAIN_RAW ? size : decode_max));
  return h;
}

static enum plain_form
form_of (struct bytes file)
{
  uint32_t magic = file.len < 4 ? 0 : bytes_u32 (file, 0);

  if (magic == 0xfd2fb528 || magic >> 4 == 0x184d2a5)
    return PLAIN_ZSTD;
  return (magic & 0xffffff) == 0x088b1f ? PLAIN_GZIP : PLAIN_RAW;
}

/* The codecs' answer: a byte more than the head, so that a checksum right
 * behind it is seen too.
 */
#define ROOM (HEAD + 1)

enum verdict {
  RIGHT,
  DAMAGED,
  REFUSED,                      /* for its window, which a head does not need */
};

static enum verdict
zstd_head (struct bytes file, uint8_t buf[ROOM], size_t *ret_len)
{
  ZSTD_DStream *stream = ZSTD_createDStream ();
  ZSTD_outBuffer out = { buf, ROOM, 0 };
  size_t r = 0, i;

  must (stream != NULL);
  for (i = 0; !ZSTD_isError (r) && i < file.len && out.pos < ROOM; ++i) {
    ZSTD_inBuffer in = { file.ptr + i, 1, 0 };

    r = ZSTD_decompressStream (stream, &out, &in);
    must (ZSTD_isError (r) || in.pos == 1 || out.pos == ROOM);
  }
  ZSTD_freeDStream (stream);
  *ret_len = out.pos;
  if (!ZSTD_isError (r))
    return RIGHT;
  return ZSTD_getErrorCode (r) == ZSTD_error_frameParameter_windowTooLarge ?
    REFUSED : DAMAGED;
}

static enum verdict
gzip_head (struct bytes file, uint8_t buf[ROOM], size_t *ret_len)
{
  z_stream z = { .next_out = buf, .avail_out = ROOM };
  int r = Z_OK;
  size_t i;

  must (inflateInit2 (&z, 15 + 16) == Z_OK);
  for (i = 0; r == Z_OK && i < file.len && z.avail_out > 0; ++i) {
    z.next_in = (uint8_t *) (uintptr_t) (file.ptr + i);
    z.avail_in = 1;
    r = inflate (&z, Z_NO_FLUSH);
    if (r == Z_STREAM_END)
      r = inflateReset (&z);
  }
  inflateEnd (&z);
  *ret_len = ROOM - z.avail_out;
  return r == Z_OK ? RIGHT : DAMAGED;
}

/* Returns whether the file has no damage as far as its head goes. */
static bool
check_head (struct bytes file, const struct head *head)
{
  uint8_t buf[ROOM];
  enum verdict verdict;
  size_t len;

  must (head->form == form_of (file));
  if (head->form == PLAIN_RAW) {
    must (head->len == min_u64 (file.len, RAW_HEAD));
    must (memcmp (head->ptr, file.ptr, head->len) == 0);
    return true;
  }
  verdict = head->form == PLAIN_ZSTD ? zstd_head (file, buf, &len) :
    gzip_head (file, buf, &len);
  len = (size_t) min_u64 (len, HEAD);
  /* Damage may be found before what precedes it is given. */
  must (head->len == len || verdict == REFUSED ||
        (verdict == DAMAGED && head->len < len));
  must (memcmp (head->ptr, buf, (size_t) min_u64 (len, head->len)) == 0);
  return verdict == RIGHT;
}

/* Asked again, asked for less, and asked for the form only. */
static void
check_again (struct source *file, const struct head *head, bool right)
{
  static const size_t sizes[] = { RAW_HEAD, HEAD, 100, 4 };
  enum plain_form form;
  struct error err;
  size_t i, len;

  must (plain_head_form (file, &form, &err) == 0 && form == head->form);
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    struct head h = read_head (file, sizes[i],
                               (size_t) min_u64 (sizes[i], HEAD));

    len = (size_t) min_u64 (head->len, sizes[i]);
    must (h.form == head->form);
    must (h.len == len || (!right && sizes[i] < HEAD));
    must (memcmp (h.ptr, head->ptr, (size_t) min_u64 (h.len, len)) == 0);
    free (h.ptr);
  }
}

static void
check_peek (struct source *file, const struct head *head)
{
  const struct bytes plain = { .ptr = head->ptr, .len = head->len };
  struct source *raw = new_source (plain);
  struct bootstrap_peek peek, raw_peek;
  struct error err;

  must (bootstrap_peek (file, &peek, &err) == 0);
  must (bootstrap_peek (raw, &raw_peek, &err) == 0);
  source_unref (raw);
  must (peek.form == head->form);
  must (peek.is_erofs == superblock_is_erofs (plain));
  must (!peek.is_layer ||
        (peek.form == PLAIN_RAW && peek.is_erofs && !peek.has_table));
  /* What is decoded may begin like what is compressed itself. */
  if (!peek.is_erofs || raw_peek.form != PLAIN_RAW)
    return;
  must (raw_peek.is_erofs && raw_peek.has_table == peek.has_table);
  must (memcmp (raw_peek.uuid, peek.uuid, sizeof peek.uuid) == 0);
  must (peek.form != PLAIN_RAW || raw_peek.is_layer == peek.is_layer);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes input = { .ptr = data, .len = size };
  struct source *file = new_source (input);
  struct head head = read_head (file, RAW_HEAD, HEAD);

  check_again (file, &head, check_head (input, &head));
  check_peek (file, &head);
  free (head.ptr);
  source_unref (file);
  return 0;
}
