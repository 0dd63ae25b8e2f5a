/* SPDX-License-Identifier: BSD-3-Clause */
/* The table is made in memory, so that nothing of it is printed when it has to
 * be refused.
 *
 * What qemu's vmdk driver (block/vmdk.c) does with a descriptor:
 *
 *   - It reads the first 1 MiB less one byte and never misses the rest.
 *   - Lines that it does not take for extents are left out without a word, and
 *     what follows moves down.  It takes "RW" only, so a gap can be neither
 *     "NOACCESS" nor of type ZERO.  A FLAT extent of /dev/zero works: it reads
 *     as zeros and is known to be zeros.
 *   - A file's name is cut off at 511 bytes, and can have no quote.
 *   - "parentFileNameHint", wherever it stands, names a backing file.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cmd.h"
#include "piece.h"

#define SECTOR 512

#define VMDK_MAX_SIZE (1024 * 1024 - 2)
#define VMDK_MAX_PATH 511

#define DM_MAX_PATH 2048        /* dmsetup reads lines of 4096 bytes */

struct format {
  const char *name;
  const char *head;             /* what stands before all lines */
  uint64_t max_size;            /* of the table, in bytes; 0: any */
  const char *note;             /* for the user; NULL: none */
  void (*print) (FILE *out, const struct piece *piece, const char *path);
  /* Why the format can not have this path, or NULL. */
  const char *(*refuse) (const char *path);
};

/* `path' is NULL for zeros, here and below. */
static void
vmdk_print (FILE *out, const struct piece *piece, const char *path)
{
  fprintf (out, "RW %" PRIu64 " FLAT \"%s\" %" PRIu64 "\n",
           piece->len / SECTOR, path ? path : "/dev/zero",
           path ? piece->offset / SECTOR : 0);
}

static const char *
vmdk_refuse (const char *path)
{
  if (strpbrk (path, "\"\r\n") != NULL)
    return "a path in this format can have no quote and no line break";
  if (strlen (path) > VMDK_MAX_PATH)
    return "a path in this format can have 511 bytes at most";
  if (strstr (path, "parentFileNameHint") != NULL)
    return "qemu would take a part of this path for a backing file";
  return NULL;
}

static void
dm_print (FILE *out, const struct piece *piece, const char *path)
{
  fprintf (out, "%" PRIu64 " %" PRIu64, piece->start / SECTOR,
           piece->len / SECTOR);
  if (path != NULL)
    fprintf (out, " linear %s %" PRIu64 "\n", path, piece->offset / SECTOR);
  else
    fputs (" zero\n", out);
}

static const char *
dm_refuse (const char *path)
{
  const char *p;

  for (p = path; *p; ++p)
    if ((unsigned char) *p <= ' ' || *p == 0x7f || *p == '\\')
      return "a path in this format can have no space, control character "
        "or backslash";
  if (strlen (path) > DM_MAX_PATH)
    return "a path in this format can have 2048 bytes at most";
  return NULL;
}

static const struct format formats[] = {
  {
    .name = "vmdk",
    .head = "# Disk DescriptorFile\n"
            "version=1\n"
            "CID=fffffffe\n"
            "parentCID=ffffffff\n"
            "createType=\"twoGbMaxExtentFlat\"\n"
            "\n"
            "# Extent description\n",
    .max_size = VMDK_MAX_SIZE,
    .print = vmdk_print,
    .refuse = vmdk_refuse,
  },
  {
    .name = "dm",
    .head = "",
    .note = "note: dmsetup needs block devices: replace each path by one, "
            "such as a loop device of that file",
    .print = dm_print,
    .refuse = dm_refuse,
  },
};

static const struct format *
find_format (const char *name)
{
  size_t i;

  for (i = 0; i < sizeof formats / sizeof formats[0]; ++i)
    if (strcmp (formats[i].name, name) == 0)
      return &formats[i];
  return NULL;
}

/* The absolute path of a file, symbolic links left alone: the name of a block
 * device is lasting, what it leads to is not.
 */
static char *
absolute_path (const struct source *source, struct error *err)
{
  CLEANUP_FREE char *path = source_path (source), *cwd = NULL;
  char *ret;

  if (path == NULL) {
    error_set_errno (err, ENOMEM, "path of a file");
    return NULL;
  }
  if (path[0] == '/')
    return steal_ptr (path);
  cwd = getcwd (NULL, 0);
  if (cwd == NULL) {
    error_set_errno (err, errno, "the working folder");
    return NULL;
  }
  if (asprintf (&ret, "%s/%s", strcmp (cwd, "/") == 0 ? "" : cwd,
                path) == -1) {
    error_set_errno (err, ENOMEM, "path of a file");
    return NULL;
  }
  return ret;
}

/* Name the piece and what is wrong with it. */
static int
refuse (const struct format *format, const struct piece *piece,
        const char *path, const char *reason, struct error *err)
{
  char owner[32] = "the bootstrap";

  if (piece->owner != ADDRESS_MAP_BOOTSTRAP)
    snprintf (owner, sizeof owner, "device slot %" PRIu32, piece->owner);
  return error_set (err, EINVAL, "no %s table of this image: %s (%s): %s",
                    format->name, owner, path, reason);
}

static bool
is_in_sectors (const struct piece *piece)
{
  return piece->start % SECTOR == 0 && piece->len % SECTOR == 0 &&
    piece->offset % SECTOR == 0;
}

static int
print_piece (FILE *out, const struct format *format,
             const struct piece *piece, struct error *err)
{
  CLEANUP_FREE char *path = NULL;
  const char *reason;

  /* Else the table says zeros for it. */
  if (piece->kind == PIECE_PATCHED)
    return error_set (err, EINVAL, "no %s table of this image: its metadata "
                      "is taken out of a blob, and no file has it as it is "
                      "served", format->name);
  /* Zeros begin and end inside a sector only where data does. */
  if (piece->source == NULL) {
    format->print (out, piece, NULL);
    return 0;
  }
  path = absolute_path (piece->source, err);
  if (path == NULL)
    return -1;
  reason = format->refuse (path);
  if (piece->kind == PIECE_DECODED)
    reason = "its data is compressed, and a table can only point to raw data";
  if (reason == NULL && !is_in_sectors (piece))
    reason = "its data begins or ends inside a sector of 512 bytes";
  if (reason != NULL)
    return refuse (format, piece, path, reason, err);
  format->print (out, piece, path);
  return 0;
}

static int
print_table (FILE *out, const struct format *format,
             const struct image *image, struct error *err)
{
  const struct address_map *map = image_map (image);
  struct piece piece;
  uint64_t start;

  if (device_table_is_patched (image_device_table (image)))
    return error_set (err, EINVAL, "no %s table of this image: %s: its device "
                      "table has unset slots, which are filled in only in "
                      "what erofsflat serves and exports", format->name,
                      image_bootstrap_path (image));
  fputs (format->head, out);
  for (start = 0; start < map->size; start += piece.len) {
    piece = piece_find (map, start);
    if (print_piece (out, format, &piece, err) == -1)
      return -1;
    if (format->max_size != 0 &&
        (uint64_t) ftello (out) > format->max_size)
      return error_set (err, EINVAL, "no %s table of this image: it would be "
                        "longer than the %" PRIu64 " bytes that qemu reads",
                        format->name, format->max_size);
  }
  return 0;
}

/* The table as a string that the caller frees. */
static char *
make_table (const struct format *format, const struct image *image,
            struct error *err)
{
  char *text = NULL;
  size_t len;
  FILE *out = open_memstream (&text, &len);
  int r;

  if (out == NULL) {
    error_set_errno (err, errno, "table");
    return NULL;
  }
  r = print_table (out, format, image, err);
  if (r == 0 && ferror (out))
    r = error_set_errno (err, ENOMEM, "table");
  if (fclose (out) == EOF && r == 0)
    r = error_set_errno (err, ENOMEM, "table");
  if (r == 0)
    return text;
  free (text);
  return NULL;
}

static int
run (const struct arguments *args)
{
  const struct format *format = find_format (args->format);
  CLEANUP_FREE char *text = NULL;
  struct image *image;
  struct error err;

  if (format == NULL) {
    complain ("unknown format '%s': use --format=vmdk or --format=dm",
              args->format);
    return STATUS_USAGE;
  }
  image = open_image (args, 0);
  if (image == NULL)
    return STATUS_FAILED;
  text = make_table (format, image, &err);
  image_close (image);
  if (text == NULL) {
    complain ("%s", err.text);
    return STATUS_FAILED;
  }
  fputs (text, stdout);
  if (format->note != NULL)
    complain ("%s", format->note);
  return STATUS_OK;
}

const struct command cmd_table = {
  .name = "table",
  .synopsis = "--format=vmdk|dm",
  .summary = "Print the map as a descriptor for qemu or dmsetup.",
  .takes = ARGUMENT_FORMAT,
  .needs = ARGUMENT_FORMAT,
  .run = run,
};
