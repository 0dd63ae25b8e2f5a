/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <syslog.h>

#include "serve.h"

int
serve_read (const struct image *image, void *buf, uint32_t len,
            uint64_t offset)
{
  struct error err;

  if (len == 0)
    return 0;
  if (image_pread (image, buf, len, offset, &err) == 0)
    return 0;
  syslog (LOG_ERR, "%s", err.text);
  return -1;
}
