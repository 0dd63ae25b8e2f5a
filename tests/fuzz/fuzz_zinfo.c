/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: u64 size of the gzip file, u64 plain size, then the zinfo. */
#include <config.h>

#include "fuzz_target.h"
#include "zinfo.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes input = { .ptr = data, .len = size };
  uint64_t gzip_size, plain_size;
  struct chunk_table t;
  struct bytes zinfo;
  struct error err;

  if (size < 16 || !bytes_slice (input, 16, size - 16, &zinfo))
    return 0;
  gzip_size = bytes_u64 (input, 0);
  plain_size = bytes_u64 (input, 8);
  if (zinfo_parse (zinfo, gzip_size, plain_size, &t, &err) == -1)
    return 0;
  must (zinfo_length_is_right (zinfo, zinfo.len));
  must (t.plain_size == plain_size);
  check_table (&t, gzip_size);
  chunk_table_clear (&t);
  return 0;
}
