/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "info.h"
#include "piece.h"

void
info_format_uuid (const uint8_t uuid[SUPERBLOCK_UUID_SIZE],
                  char ret[INFO_UUID_LENGTH + 1])
{
  size_t i;

  for (i = 0; i < SUPERBLOCK_UUID_SIZE; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      *ret++ = '-';
    snprintf (ret, 3, "%02x", (unsigned) uuid[i]);
    ret += 2;
  }
}

uint64_t
info_build_time (const struct superblock *sb)
{
  return superblock_is_48bit (sb) ? sb->epoch + sb->build_time : sb->epoch;
}

bool
info_format_time (uint64_t seconds, char ret[INFO_TIME_LENGTH + 1])
{
  const uint64_t year_10000 = UINT64_C (253402300800);
  time_t t = (time_t) seconds;
  struct tm tm;

  return seconds < year_10000 && (uint64_t) t == seconds &&
    gmtime_r (&t, &tm) != NULL &&
    strftime (ret, INFO_TIME_LENGTH + 1, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
}

uint32_t
info_next_bit (uint32_t *bits)
{
  uint32_t bit = *bits & (~*bits + 1);

  *bits &= ~bit;
  return bit;
}

int
info_get_device (const struct image *image, uint32_t i,
                 struct info_device *ret)
{
  const struct device_table *table = image_device_table (image);
  struct error err;

  *ret = (struct info_device) {
    .number = i + 1,
    .slot = &table->slots[i],
    .blob = image_blob (image, i),
    .problem = image_blob_problem (image, i),
  };
  ret->is_placed = ret->slot->uniaddr_blk != 0 && ret->slot->blocks_blk != 0 &&
    device_table_range (table, i, &ret->start, &ret->len, &err) == 0;
  if (ret->blob->source == NULL)
    return 0;
  ret->path = source_path (ret->blob->source);
  if (ret->path == NULL) {
    complain ("%s", strerror (ENOMEM));
    return -1;
  }
  ret->storage = storage_of_blob (ret->blob);
  return 0;
}

void
info_clear_device (struct info_device *device)
{
  free (device->path);
  device->path = NULL;
}
