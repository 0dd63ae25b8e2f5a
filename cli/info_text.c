/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "info.h"
#include "text.h"

/* The column where values begin. */
static void
print_label (const char *label)
{
  printf ("%-18s ", label);
}

static void
print_number (const char *label, uint64_t value)
{
  print_label (label);
  printf ("%" PRIu64 "\n", value);
}

static void
print_string (const char *label, const char *value)
{
  print_label (label);
  text_print (value);
  putchar ('\n');
}

static void
print_features (const char *label, uint32_t bits,
                const char *(*name_of) (uint32_t bit))
{
  const char *name;
  uint32_t bit;

  print_label (label);
  printf ("0x%" PRIx32, bits);
  while (bits != 0) {
    bit = info_next_bit (&bits);
    name = name_of (bit);
    if (name != NULL)
      printf (" %s", name);
    else
      printf (" unknown:0x%" PRIx32, bit);
  }
  putchar ('\n');
}

static void
print_checksum (const struct superblock *sb)
{
  print_label ("checksum");
  if (sb->feature_compat & SUPERBLOCK_COMPAT_SB_CHKSUM)
    printf ("0x%08" PRIx32 " (right)\n", sb->checksum);
  else
    puts ("none");
}

static void
print_build_time (const struct superblock *sb)
{
  uint64_t seconds = info_build_time (sb);
  char text[INFO_TIME_LENGTH + 1];

  print_label ("build time");
  printf ("%" PRIu64, seconds);
  if (info_format_time (seconds, text))
    printf (" (%s)", text);
  putchar ('\n');
}

static void
print_superblock (const struct superblock *sb)
{
  char uuid[INFO_UUID_LENGTH + 1];

  info_format_uuid (sb->uuid, uuid);
  print_string ("uuid", uuid);
  print_string ("volume name",
                sb->volume_name[0] ? sb->volume_name : "(empty)");
  print_number ("block size", superblock_block_size (sb));
  print_number ("blocks", sb->blocks_blk);
  print_number ("inodes", sb->inos);
  print_build_time (sb);
  print_checksum (sb);
  print_features ("feature_compat", sb->feature_compat,
                  superblock_compat_name);
  print_features ("feature_incompat", sb->feature_incompat,
                  superblock_incompat_name);
}

static void
print_storage (const struct storage *storage, uint64_t offset)
{
  print_string ("  format", storage->format);
  if (storage->chunks == 0) {
    print_number ("  offset in file", offset);
    return;
  }
  print_label ("  compressor");
  printf ("%s%s\n", storage->compressor,
          storage->encrypted ? ", encrypted" : "");
  print_number ("  chunks", storage->chunks);
  print_number ("  stored size", storage->stored_size);
  print_number ("  plain size", storage->plain_size);
  print_string ("  digest", storage->digest);
  if (offset > 0)
    print_number ("  offset decoded", offset);
}

static void
print_device (const struct info_device *device)
{
  const struct device_slot *slot = device->slot;

  printf ("\ndevice slot %" PRIu32 "\n", device->number);
  print_string ("  tag", slot->tag[0] ? slot->tag : "(empty)");
  print_number ("  blocks", slot->blocks_blk);
  print_number ("  uniaddr", slot->uniaddr_blk);
  if (device->is_placed) {
    print_number ("  address", device->start);
    print_number ("  length", device->len);
  }
  if (slot->patched)
    print_string ("  note", "blocks or uniaddr was unset and is filled in");
  if (device->path != NULL) {
    print_string ("  file", device->path);
    print_string ("  found by", blob_origin_name (device->blob->origin));
    print_storage (&device->storage, device->blob->source_offset);
  }
  if (device->problem != NULL)
    print_string ("  problem", device->problem);
}

static int
print_devices (const struct image *image)
{
  uint32_t i, n = image_device_table (image)->count;
  struct info_device device;

  for (i = 0; i < n; ++i) {
    if (info_get_device (image, i, &device) == -1)
      return -1;
    print_device (&device);
    info_clear_device (&device);
  }
  return 0;
}

int
info_print_text (const struct image *image)
{
  const char *problem = image_problem (image);

  print_string ("image", image_bootstrap_path (image));
  print_number ("file size", image_bootstrap_size (image));
  print_superblock (image_superblock (image));
  print_number ("devices", image_device_table (image)->count);
  if (problem == NULL)
    print_number ("flat size", image_size (image));
  else
    print_string ("problem", problem);
  return print_devices (image);
}
