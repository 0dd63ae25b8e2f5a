/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <limits.h>

#include <lz4.h>

#include "decoder_lz4.h"

int
decoder_lz4_run (struct bytes stored, uint8_t *plain, size_t plain_len,
                 struct error *err)
{
  int len;

  if (stored.len > INT_MAX || plain_len > INT_MAX)
    return error_set (err, EINVAL, "lz4: %zu bytes are too many",
                      stored.len > INT_MAX ? stored.len : plain_len);
  len = LZ4_decompress_safe ((const char *) stored.ptr, (char *) plain,
                             (int) stored.len, (int) plain_len);
  if (len < 0)
    return error_set (err, EINVAL, "lz4: malformed, or decodes to more than "
                      "%zu bytes", plain_len);
  if ((size_t) len != plain_len)
    return error_set (err, EINVAL, "lz4: decodes to %d bytes, %zu expected",
                      len, plain_len);
  return 0;
}
