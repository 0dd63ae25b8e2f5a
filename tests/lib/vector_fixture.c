/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"
#include "digest.h"
#include "packing.h"
#include "testing.h"
#include "vector_fixture.h"

const char *const vector_names[N_VECTORS] = {
  "erofs-fsmerge-zstd", "erofs-tarindex-gz", "rafs-batch", "rafs-enc",
  "rafs-lz4", "rafs-merged", "rafs-none", "rafs-targz-ref", "rafs-toc",
  "rafs-zstd", "rafs-zstd-4k",
};

static void
copy (const char *folder, const char *name)
{
  char from[2000];
  struct packed p;

  snprintf (from, sizeof from, "%s/%s", folder, name);
  p = read_whole (from);
  put_file (name, p.ptr, p.len);
  free (p.ptr);
}

void
copy_vector (const char *name)
{
  char folder[1000], file[512];
  struct dirent *entry;
  DIR *dir;

  snprintf (folder, sizeof folder, "%s", test_data (name));
  copy (folder, "bootstrap");
  put_folder ("blobs");
  snprintf (file, sizeof file, "%s/blobs", name);
  dir = opendir (test_data (file));
  ck_assert_ptr_nonnull (dir);
  while ((entry = readdir (dir)) != NULL)
    if (entry->d_name[0] != '.') {
      snprintf (file, sizeof file, "blobs/%s", entry->d_name);
      copy (folder, file);
    }
  closedir (dir);
}

struct image *
open_vector (const char *cache)
{
  struct error err;
  struct options *options = options_new (&err);
  struct image *image;

  ck_assert_int_eq (options_set (options, "bootstrap", "bootstrap", &err), 0);
  ck_assert_int_eq (options_set (options, "blobdir", "blobs", &err), 0);
  ck_assert_int_eq (options_set (options, "cache", cache, &err), 0);
  image = image_open (options, NULL, 0, &err);
  ck_assert_msg (image != NULL, "%s", err.text);
  options_free (options);
  return image;
}

uint8_t *
read_vector (const struct image *image, const char *name)
{
  uint64_t size = image_size (image), wanted_size;
  uint8_t *flat = malloc (size), digest[DIGEST_MAX];
  char path[100], wanted[65], hex[65];
  struct error err;
  FILE *fp;

  ck_assert_ptr_nonnull (flat);
  ck_assert_msg (image_pread (image, flat, size, 0, &err) == 0, "%s",
                 err.text);
  snprintf (path, sizeof path, "%s/flat.sha256", name);
  fp = fopen (test_data (path), "r");
  ck_assert_ptr_nonnull (fp);
  ck_assert_int_eq (fscanf (fp, "%64s %" SCNu64, wanted, &wanted_size), 2);
  fclose (fp);
  ck_assert_uint_eq (size, wanted_size);
  ck_assert_int_eq (digest_compute (DIGEST_SHA256, flat, size, digest), 0);
  bytes_hex ((struct bytes) { digest, 32 }, hex);
  ck_assert_str_eq (hex, wanted);
  return flat;
}
