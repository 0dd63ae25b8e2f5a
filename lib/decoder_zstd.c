/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include <zstd.h>

#include "decoder_zstd.h"

/* Is this a frame of today's format, or a skippable one? */
static bool
is_known_frame (struct bytes b)
{
  uint32_t magic;

  if (b.len < 4)
    return false;
  magic = bytes_u32 (b, 0);
  return magic == ZSTD_MAGICNUMBER ||
    (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

#define CONTENT_CHECKSUM 4      /* a bit of the descriptor */

bool
zstd_frame_has_checksum (const uint8_t head[ZSTD_FRAME_HEAD])
{
  const struct bytes b = { .ptr = head, .len = ZSTD_FRAME_HEAD };

  return bytes_u32 (b, 0) == ZSTD_MAGICNUMBER && (head[4] & CONTENT_CHECKSUM);
}

/* Decode the first frame of *stored and move on behind it.  Returns how many
 * bytes it gave.
 */
static int
run_frame (struct decoder_zstd *zstd, struct bytes *stored, uint8_t *plain,
           size_t room, size_t *ret_len, struct error *err)
{
  struct bytes rest;
  size_t size, len;

  if (!is_known_frame (*stored))
    return error_set (err, EINVAL, "zstd: no frame where one should be, %zu "
                      "bytes before the end", stored->len);
  size = ZSTD_findFrameCompressedSize (stored->ptr, stored->len);
  if (ZSTD_isError (size) ||
      !bytes_slice (*stored, size, stored->len - size, &rest))
    return error_set (err, EINVAL, "zstd: %s", ZSTD_getErrorName (size));

  len = ZSTD_decompressDCtx (zstd->dctx, plain, room, stored->ptr, size);
  if (ZSTD_isError (len))
    return error_set (err, EINVAL, "zstd: %s", ZSTD_getErrorName (len));
  *stored = rest;
  *ret_len = len;
  return 0;
}

int
decoder_zstd_run (struct decoder_zstd *zstd, struct bytes stored,
                  uint8_t *plain, size_t plain_len, struct error *err)
{
  size_t done = 0, len = 0;

  if (zstd->dctx == NULL)
    zstd->dctx = ZSTD_createDCtx ();
  if (zstd->dctx == NULL)
    return error_set_errno (err, ENOMEM, "zstd");

  while (stored.len > 0) {
    if (run_frame (zstd, &stored, plain + done, plain_len - done, &len,
                   err) == -1)
      return -1;
    done += len;
  }
  if (done != plain_len)
    return error_set (err, EINVAL, "zstd: decodes to %zu bytes, %zu expected",
                      done, plain_len);
  return 0;
}

void
decoder_zstd_clear (struct decoder_zstd *zstd)
{
  ZSTD_freeDCtx (zstd->dctx);
  zstd->dctx = NULL;
}
