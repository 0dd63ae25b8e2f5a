/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: u64 size of the file, then the table. */
#include <config.h>

#include "fuzz_target.h"
#include "seek_table.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes input = { .ptr = data, .len = size };
  struct bytes table, footer;
  uint64_t file_size, table_size;
  struct chunk_table t;
  struct error err;

  if (size < 8 || !bytes_slice (input, 8, size - 8, &table))
    return 0;
  file_size = bytes_u64 (input, 0);
  if (seek_table_parse (table, file_size, &t, &err) == -1)
    return 0;

  must (bytes_slice (table, table.len - SEEK_TABLE_FOOTER_SIZE,
                     SEEK_TABLE_FOOTER_SIZE, &footer));
  must (seek_table_footer (footer, &table_size) && table_size == table.len);
  check_table (&t, file_size - table.len);
  chunk_table_clear (&t);
  return 0;
}
