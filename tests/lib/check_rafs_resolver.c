/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rafs_builder.h"
#include "rafs_resolver.h"
#include "service_fixture.h"
#include "source_file.h"
#include "testing.h"

/* The digest of a SEPARATE blob's chunk information, and its file's name. */
#define META_BYTE 0x5a
#define META_NAME \
  "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

#define SEPARATE (USUAL_FEATURES | 0x10)

static struct file_pool *pool;
static struct blob_context *blob_context;
static struct folder *folder;
static struct rafs_image image;
static struct search_path path;
static struct rafs_resolver resolver;

/* Read the image, which is freed; blobdir=one and blobdir=two. */
static void
begin (uint8_t *b)
{
  struct source *source = new_source (b, BOOTSTRAP_SIZE);
  struct bootstrap bootstrap;
  struct options *options;
  struct error err;

  ck_assert_int_eq (bootstrap_read (source, &bootstrap, &err), 0);
  ck_assert_msg (rafs_image_read (source, &bootstrap.sb, &bootstrap.table,
                                  &image, &err) == 0, "%s", err.text);
  bootstrap_clear (&bootstrap);
  source_unref (source);
  free (b);

  options = options_new (&err);
  ck_assert_int_eq (options_set (options, "bootstrap", "b", &err), 0);
  ck_assert_int_eq (options_set (options, "blobdir", temp_path ("one"), &err),
                    0);
  ck_assert_int_eq (options_set (options, "blobdir", temp_path ("two"), &err),
                    0);
  ck_assert_int_eq (search_path_init (&path, options, &err), 0);
  options_free (options);

  pool = new_pool (0);
  blob_context = new_blob_context (pool, 4096);
  folder = open_temp_dir ();
  resolver = (struct rafs_resolver) {
    .blob = blob_context, .image = &image, .path = &path,
  };
}

static void
end (void)
{
  source_unref (resolver.own_file);
  rafs_image_clear (&image);
  search_path_clear (&path);
  free_blob_context (blob_context);
  folder_unref (folder);
  file_pool_free (pool);
}

static struct source *
open_file (const char *name)
{
  struct error err;
  struct source *source = source_file_open (pool, folder, name, false, &err);

  ck_assert_msg (source != NULL, "%s", err.text);
  return source;
}

/* An image whose blob is SEPARATE, and its files: the data "data", and the
 * chunk information as `meta'.
 */
static uint8_t *
put_separate (const char *meta, bool is_named)
{
  uint8_t *b = build_bootstrap (1), *file;
  size_t len;

  file = build_blob_file (1, &len);
  rafs_put (b + BLOB (0) + 84, 4, SEPARATE);
  rafs_put (b + BLOB (0) + 112, 8, 0);
  if (is_named)
    memset (b + BLOB (0) + 168, META_BYTE, 32);
  rafs_put (file + USUAL_CI_OFFSET + 48 + 16, 8, 0);
  put_file ("data", file, USUAL_CI_OFFSET);
  put_file (meta, file + USUAL_CI_OFFSET, 48 + 4096);
  free (file);
  return b;
}

/* Blob 0 is right if it is taken from this file. */
static void
expect_taken (const char *name, enum blob_origin origin)
{
  struct source *data = open_file (name);
  uint8_t plain[USUAL_PLAIN];
  struct blob blob;
  struct error err;

  ck_assert_msg (rafs_resolver_take (&resolver, 0, data, origin, &blob,
                                     &err) == 0, "%s", err.text);
  source_unref (data);
  ck_assert_int_eq (blob.origin, origin);
  ck_assert_uint_eq (blob.source_offset, 0);
  ck_assert_uint_eq (blob.source->size, USUAL_PLAIN);
  ck_assert_str_eq (pooled_file_name (blob_file (&blob)), name);
  ck_assert_int_eq (source_pread (blob.source, plain, sizeof plain, 0, &err),
                    0);
  ck_assert (pattern_is (plain, 5000, 1, 0));
  ck_assert (pattern_is (plain + 0x2000, 4096, 1, 0x2000));
  ck_assert (pattern_is (plain + 0x3000, 100, 1, 0x3000));
  blob_clear (&blob);
}

static void
expect_untaken (const char *name, int errnum, const char *part)
{
  struct source *data = open_file (name);
  struct blob blob;
  struct error err;

  ck_assert_int_eq (rafs_resolver_take (&resolver, 0, data, BLOB_BY_NAME,
                                        &blob, &err), -1);
  expect_error (&err, errnum, part);
  source_unref (data);
}

static void
put_folders (void)
{
  put_folder ("one");
  put_folder ("two");
}

START_TEST (usual)
{
  size_t len;
  uint8_t *file = build_blob_file (1, &len);

  put_file ("blob", file, len);
  free (file);
  begin (build_bootstrap (1));
  expect_taken ("blob", BLOB_GIVEN);
  end ();
}
END_TEST

/* A tar is served as it is, by the source that was given. */
START_TEST (raw)
{
  uint8_t *b = build_bootstrap (1);
  struct source *data;
  struct blob blob;
  struct error err;

  make_tarfs (b);
  put_pattern ("tar", 3, USUAL_PLAIN);
  begin (b);
  data = open_file ("tar");
  ck_assert_int_eq (rafs_resolver_take (&resolver, 0, data, BLOB_BY_NAME,
                                        &blob, &err), 0);
  ck_assert_ptr_eq (blob.source, data);
  source_unref (data);
  blob_clear (&blob);
  end ();
}
END_TEST

/* The file of the chunk information is in either folder, and the first one
 * counts.
 */
START_TEST (separate)
{
  static const char *const places[] = { "one/" META_NAME, "two/" META_NAME };

  put_folders ();
  if (_i == 0)
    put_pattern (places[1], 9, 100);
  begin (put_separate (places[_i], true));
  expect_taken ("data", BLOB_BY_NAME);
  end ();
}
END_TEST

START_TEST (separate_missing)
{
  put_folders ();
  begin (put_separate ("elsewhere", true));
  expect_untaken ("data", ENOENT, "/data: its chunk information, the file "
                  META_NAME ", is not in the folders of blobdir=");
  end ();
}
END_TEST

/* What is there, but can not be read as it, is no reason to look on. */
START_TEST (separate_bad)
{
  put_folders ();
  switch (_i) {
  case 0:
    put_folder ("one/" META_NAME);
    break;
  case 1:
    put_pattern ("one/" META_NAME, 1, 48 + 4096);
    break;
  case 2:
    put_pattern ("one/" META_NAME, 1, 10);
    break;
  }
  begin (put_separate ("two/" META_NAME, true));
  switch (_i) {
  case 0:
    expect_untaken ("data", EINVAL, "one/" META_NAME ": ");
    break;
  case 1:
    expect_untaken ("data", EINVAL, "/data: the chunk information's header "
                    "has magic numbers 0x");
    break;
  case 2:
    expect_untaken ("data", EINVAL, "/data: the chunk information ends at "
                    "byte 4144, but the file has 10");
    break;
  }
  end ();
}
END_TEST

START_TEST (no_folder)
{
  begin (put_separate ("elsewhere", true));
  expect_untaken ("data", ENOENT, "/one: ");
  end ();
}
END_TEST

/* Without a name it is the file that the bootstrap was found in. */
START_TEST (unnamed)
{
  begin (put_separate ("own", false));
  expect_untaken ("data", EINVAL, "/data: the image does not name the file of "
                  "its chunk information");
  resolver.own_file = open_file ("own");
  expect_taken ("data", BLOB_BY_NAME);
  end ();
}
END_TEST

/* The blob itself is that file. */
START_TEST (own)
{
  uint8_t *b = build_bootstrap (1), *file;
  struct blob blob;
  struct error err;
  size_t len;

  file = build_blob_file (1, &len);
  put_file ("own", file, len);
  free (file);
  memset (b + SLOT (0), 'x', 64);
  memset (b + BLOB (0), 'x', 64);
  begin (b);
  ck_assert_int_eq (rafs_resolver_take_own (&resolver, 0, &blob, &err), -1);
  expect_error (&err, EINVAL, "the tag says that the data is the file that "
                "this bootstrap was taken from: give it with blob=");
  resolver.own_file = open_file ("own");
  ck_assert_msg (rafs_resolver_take_own (&resolver, 0, &blob, &err) == 0,
                 "%s", err.text);
  ck_assert_int_eq (blob.origin, BLOB_OWN_FILE);
  ck_assert_str_eq (pooled_file_name (blob_file (&blob)), "own");
  blob_clear (&blob);
  end ();
}
END_TEST

/* Damage of the blob's own file: the message names it. */
static const struct {
  struct patch patch;
  size_t len;                   /* 0: all */
  const char *part;
} bad[] = {
  { { 0, 1, 1 }, 1, "/blob: the chunk information ends at byte 13340, but the "
    "file has 1" },
  { { USUAL_CI_OFFSET + 48, 1, 1 }, 0, "/blob: the chunk information's header "
    "has magic numbers 0xb10bb101 and 0xb10bb10b, expected 0xb10bb10b" },
  { { USUAL_CI_OFFSET + 17, 1, 0x10 }, 0, "/blob: chunk 1: 4096 bytes at byte "
    "4096, expected at most 1048576 at 8192" },
  { { USUAL_CI_OFFSET + 44, 1, 0xff }, 0, "/blob: chunk 2: " },
};

START_TEST (damaged)
{
  const struct patch patches[] = { bad[_i].patch, { 0, 0, 0 } };
  size_t len;
  uint8_t *file = build_blob_file (1, &len);

  rafs_patch (file, patches);
  put_file ("blob", file, bad[_i].len > 0 ? bad[_i].len : len);
  free (file);
  begin (build_bootstrap (1));
  expect_untaken ("blob", EINVAL, bad[_i].part);
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_resolver");

  tcase_add_test (t, usual);
  tcase_add_test (t, raw);
  tcase_add_loop_test (t, separate, 0, 2);
  tcase_add_test (t, separate_missing);
  tcase_add_loop_test (t, separate_bad, 0, 3);
  tcase_add_test (t, no_folder);
  tcase_add_test (t, unnamed);
  tcase_add_test (t, own);
  tcase_add_loop_test (t, damaged, 0, sizeof bad / sizeof bad[0]);
  return tests_run ();
}
