/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "info.h"
#include "json.h"

static void
put_hex (struct json *json, const char *key, uint32_t value)
{
  char text[16];

  snprintf (text, sizeof text, "0x%" PRIx32, value);
  json_string (json, key, text);
}

/* Bits without a name are hexadecimal numbers. */
static void
put_features (struct json *json, const char *key, uint32_t bits,
              const char *(*name_of) (uint32_t bit))
{
  const char *name;
  uint32_t bit;

  json_open (json, key, '[');
  while (bits != 0) {
    bit = info_next_bit (&bits);
    name = name_of (bit);
    if (name != NULL)
      json_string (json, NULL, name);
    else
      put_hex (json, NULL, bit);
  }
  json_close (json);
}

static void
put_superblock (struct json *json, const struct superblock *sb)
{
  char uuid[INFO_UUID_LENGTH + 1];

  info_format_uuid (sb->uuid, uuid);
  json_open (json, "superblock", '{');
  json_string (json, "uuid", uuid);
  json_string (json, "volume_name", sb->volume_name);
  json_u64 (json, "block_size", superblock_block_size (sb));
  json_u64 (json, "blocks", sb->blocks_blk);
  json_u64 (json, "inodes", sb->inos);
  json_u64 (json, "build_time", info_build_time (sb));
  if (sb->feature_compat & SUPERBLOCK_COMPAT_SB_CHKSUM)
    put_hex (json, "checksum", sb->checksum);
  else
    json_null (json, "checksum");
  put_features (json, "feature_compat", sb->feature_compat,
                superblock_compat_name);
  put_features (json, "feature_incompat", sb->feature_incompat,
                superblock_incompat_name);
  json_close (json);
}

static void
put_device (struct json *json, const struct info_device *device)
{
  const struct device_slot *slot = device->slot;

  json_open (json, NULL, '{');
  json_u64 (json, "slot", device->number);
  json_string (json, "tag", slot->tag);
  json_u64 (json, "blocks", slot->blocks_blk);
  json_u64 (json, "uniaddr", slot->uniaddr_blk);
  if (device->is_placed) {
    json_u64 (json, "address", device->start);
    json_u64 (json, "length", device->len);
  }
  else {
    json_null (json, "address");
    json_null (json, "length");
  }
  json_bool (json, "patched", slot->patched);
  json_string (json, "file", device->path);
  json_string (json, "found_by", blob_origin_name (device->blob->origin));
  if (device->path != NULL) {
    json_u64 (json, "offset", device->blob->source_offset);
    storage_put_json (&device->storage, json);
  }
  else {
    json_null (json, "offset");
    json_null (json, "format");
  }
  json_string (json, "problem", device->problem);
  json_close (json);
}

static int
put_devices (struct json *json, const struct image *image)
{
  uint32_t i, n = image_device_table (image)->count;
  struct info_device device;

  json_open (json, "devices", '[');
  for (i = 0; i < n; ++i) {
    if (info_get_device (image, i, &device) == -1)
      return -1;
    put_device (json, &device);
    info_clear_device (&device);
  }
  json_close (json);
  return 0;
}

int
info_print_json (const struct image *image)
{
  struct json json = json_begin ();

  json_open (&json, NULL, '{');
  json_string (&json, "image", image_bootstrap_path (image));
  json_u64 (&json, "file_size", image_bootstrap_size (image));
  if (image_problem (image) == NULL)
    json_u64 (&json, "flat_size", image_size (image));
  else
    json_null (&json, "flat_size");
  json_string (&json, "problem", image_problem (image));
  put_superblock (&json, image_superblock (image));
  if (put_devices (&json, image) == -1)
    return -1;
  json_close (&json);
  json_end (&json);
  return 0;
}
