/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "given_files.h"
#include "image_builder.h"
#include "testing.h"

#define TAG_1 "01010101010101010101010101010101"

static struct options *options;
static struct file_pool *pool;
static struct primary primary;
static struct given_files given;

static void
set (const char *key, const char *value)
{
  set_option (&options, key, value);
}

/* An image of so many devices. */
static int
begin (uint32_t devices, struct error *err)
{
  set ("bootstrap", "image");
  pool = new_pool (0);
  primary.bootstrap.table.count = devices;
  return given_files_init (options, &primary, pool, &given, err);
}

static void
begin_well (uint32_t devices)
{
  struct error err;

  ck_assert_msg (begin (devices, &err) == 0, "%s", err.text);
}

static void
end (void)
{
  given_files_clear (&given);
  file_pool_free (pool);
  options_free (options);
  options = NULL;
}

/* How often a key is given for how many devices. */
static const struct {
  const char *key;
  unsigned given;
  uint32_t devices;
  const char *part;             /* NULL: right */
} counts[] = {
  { "blob", 0, 3, NULL },
  { "blob", 3, 3, NULL },
  { "blob", 1, 1, NULL },
  { "blob", 2, 3, "2 blob= given, but the image has 3 devices: give none, or "
    "one for each" },
  { "blob", 4, 3, "4 blob= given, but the image has 3 devices:" },
  { "blob", 2, 1, "2 blob= given, but the image has 1 device:" },
  { "blob", 1, 0, "1 blob= given, but the image has 0 devices:" },
  { "zinfo", 3, 3, NULL },
  { "zinfo", 2, 3, "2 zinfo= given, but the image has 3 devices: give none, "
    "or one for each" },
};

START_TEST (count)
{
  struct error err;
  unsigned n;
  int r;

  for (n = 0; n < counts[_i].given; ++n)
    set (counts[_i].key, "x");
  r = begin (counts[_i].devices, &err);
  ck_assert_int_eq (r, counts[_i].part ? -1 : 0);
  if (counts[_i].part)
    expect_error (&err, EINVAL, counts[_i].part);
  end ();
}
END_TEST

START_TEST (zinfo)
{
  begin_well (2);
  ck_assert_ptr_null (given_files_zinfo (&given, 0));
  set ("zinfo", "a");
  set ("zinfo", "b");
  ck_assert_str_eq (given_files_zinfo (&given, 0), "a");
  ck_assert_str_eq (given_files_zinfo (&given, 1), "b");
  end ();
}
END_TEST

/* Neighbours share a folder. */
START_TEST (places)
{
  struct folder *a, *b;
  const char *name;
  struct error err;

  put_folder ("d");
  put_folder ("d/e");
  set ("blob", "d/x");
  set ("blob", "d/y");
  set ("blob", "d/e/x");
  set ("blob", "z");
  set ("blob", "none/x");
  begin_well (5);

  a = folder_ref (given_files_place (&given, 0, &name, &err));
  ck_assert_str_eq (name, "x");
  ck_assert_str_eq (folder_prefix (a), "d/");
  b = given_files_place (&given, 1, &name, &err);
  ck_assert_str_eq (name, "y");
  ck_assert_ptr_eq (a, b);
  folder_unref (a);
  b = given_files_place (&given, 2, &name, &err);
  ck_assert_str_eq (name, "x");
  ck_assert_str_eq (folder_prefix (b), "d/e/");
  b = given_files_place (&given, 3, &name, &err);
  ck_assert_str_eq (name, "z");
  ck_assert_str_eq (folder_prefix (b), "");
  ck_assert_ptr_null (given_files_place (&given, 4, &name, &err));
  expect_error (&err, ENOENT, "none");
  end ();
}
END_TEST

/* Of very many folders only the first cost a descriptor. */
START_TEST (many_folders)
{
  struct folder *folder;
  const char *name;
  struct error err;
  char path[32];
  uint32_t i;

  for (i = 0; i < 100; ++i) {
    snprintf (path, sizeof path, "d%" PRIu32, i);
    put_folder (path);
    snprintf (path, sizeof path, "d%" PRIu32 "/x", i);
    put_pattern (path, i, 10);
    set ("blob", path);
  }
  begin_well (100);
  for (i = 0; i < 100; ++i) {
    int fd;

    folder = given_files_place (&given, i, &name, &err);
    ck_assert_ptr_nonnull (folder);
    ck_assert_str_eq (name, i < 64 ? "x" : options->blob.ptr[i]);
    fd = folder_open_file (folder, name);
    ck_assert_int_ge (fd, 0);
    close (fd);
  }
  end ();
}
END_TEST

/* What another blob= is, and whether it is suggested for slot 1. */
static const struct {
  const char *tag, *other, *text;
} suggestions[] = {
  { TAG_1, "layer1", "no; layer1, given for device slot 2, has that UUID: is "
    "the order of blob= wrong?" },
  { TAG_1, "layer2", "no" },
  { TAG_1, "none", "no" },
  { "layer", "layer1", "no" },
};

START_TEST (suggest)
{
  const struct image_spec layer1 = { .uuid = 1 }, layer2 = { .uuid = 2 };
  const struct device_slot slot = {
    .blocks_blk = 1,
    .tag = suggestions[_i].tag,
  };
  struct error err;

  put_image ("layer1", &layer1);
  put_image ("layer2", &layer2);
  set ("blob", "layer1");       /* the slot's own is not suggested */
  set ("blob", suggestions[_i].other);
  begin_well (2);
  error_set (&err, EINVAL, "no");
  given_files_suggest (&given, 0, &slot, &err);
  ck_assert_str_eq (err.text, suggestions[_i].text);
  ck_assert_int_eq (err.errnum, EINVAL);
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("given_files");

  tcase_add_loop_test (t, count, 0, sizeof counts / sizeof counts[0]);
  tcase_add_test (t, zinfo);
  tcase_add_test (t, places);
  tcase_add_test (t, many_folders);
  tcase_add_loop_test (t, suggest, 0,
                       sizeof suggestions / sizeof suggestions[0]);
  return tests_run ();
}
