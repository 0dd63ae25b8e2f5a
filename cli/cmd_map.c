/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "json.h"
#include "piece.h"
#include "storage.h"
#include "text.h"

/* Behind the file: what is in it. */
static void
print_storage (const struct storage *storage)
{
  printf ("  (%s: %s%s, %" PRIu32 " chunk%s, %" PRIu64 " bytes stored as %"
          PRIu64 ", digest %s)", storage->format, storage->compressor,
          storage->encrypted ? ", encrypted" : "", storage->chunks,
          storage->chunks == 1 ? "" : "s", storage->plain_size,
          storage->stored_size, storage->digest);
}

/* `storage' is that of a device's data, else NULL, here and below. */
static void
print_text (const struct piece *piece, const char *path,
            const struct storage *storage)
{
  char what[24];

  if (piece->owner != ADDRESS_MAP_BOOTSTRAP)
    snprintf (what, sizeof what, "%s %" PRIu32, piece_what (piece),
              piece->owner);
  else
    snprintf (what, sizeof what, "%s", piece_what (piece));
  printf ("%15" PRIu64 " %15" PRIu64 "  ", piece->start, piece->len);
  if (piece->kind == PIECE_PATCHED)
    printf ("%-12s (patched header)", what);
  else if (path == NULL)
    fputs (what, stdout);
  else {
    printf ("%-12s %12" PRIu64 "  ", what, piece->offset);
    text_print (path);
    if (piece->kind == PIECE_DECODED)
      print_storage (storage);
  }
  putchar ('\n');
}

static void
print_json (struct json *json, const struct piece *piece, const char *path,
            const struct storage *storage)
{
  json_open (json, NULL, '{');
  json_u64 (json, "start", piece->start);
  json_u64 (json, "length", piece->len);
  json_string (json, "what", piece_what (piece));
  if (piece->owner != ADDRESS_MAP_BOOTSTRAP)
    json_u64 (json, "slot", piece->owner);
  if (path != NULL) {
    json_string (json, "file", path);
    json_u64 (json, "offset", piece->offset);
  }
  else
    json_null (json, "file");
  if (piece->kind == PIECE_PATCHED)
    json_string (json, "note", "patched header");
  if (storage != NULL)
    storage_put_json (storage, json);
  json_close (json);
}

/* One piece, as JSON if `json' is not NULL. */
static int
print_piece (const struct image *image, const struct piece *piece,
             struct json *json)
{
  const struct storage *shown = NULL;
  CLEANUP_FREE char *path = NULL;
  struct storage storage;

  if (piece->source != NULL) {
    path = source_path (piece->source);
    if (path == NULL) {
      complain ("%s", strerror (ENOMEM));
      return -1;
    }
  }
  if (path != NULL && piece->owner != ADDRESS_MAP_BOOTSTRAP) {
    storage = storage_of_blob (image_blob (image, piece->owner - 1));
    shown = &storage;
  }
  if (json != NULL)
    print_json (json, piece, path, shown);
  else
    print_text (piece, path, shown);
  return 0;
}

static int
print_pieces (const struct image *image, struct json *json)
{
  const struct address_map *map = image_map (image);
  struct piece piece;
  uint64_t start;

  for (start = 0; start < map->size; start += piece.len) {
    piece = piece_find (map, start);
    if (print_piece (image, &piece, json) == -1)
      return STATUS_FAILED;
  }
  return STATUS_OK;
}

static int
print_map_json (const struct image *image)
{
  struct json json = json_begin ();
  int status;

  json_open (&json, NULL, '{');
  json_string (&json, "image", image_bootstrap_path (image));
  json_u64 (&json, "size", image_size (image));
  json_open (&json, "ranges", '[');
  status = print_pieces (image, &json);
  json_close (&json);
  json_close (&json);
  json_end (&json);
  return status;
}

static int
run (const struct arguments *args)
{
  struct image *image = open_image (args, 0);
  int status;

  if (image == NULL)
    return STATUS_FAILED;
  if (args->json)
    status = print_map_json (image);
  else {
    printf ("%15s %15s  %-12s %12s  %s\n", "START", "LENGTH", "WHAT",
            "OFFSET", "FILE");
    status = print_pieces (image, NULL);
  }
  image_close (image);
  return status;
}

const struct command cmd_map = {
  .name = "map",
  .synopsis = "[--json]",
  .summary = "Show every range of the flat device, gaps included.",
  .takes = ARGUMENT_JSON,
  .run = run,
};
