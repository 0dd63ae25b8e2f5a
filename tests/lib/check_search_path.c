/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "image_builder.h"
#include "search_path.h"
#include "testing.h"

static struct options *
make_options (const char *bootstrap, const char *dir1, const char *dir2)
{
  struct error err;
  struct options *options = options_new (&err);

  ck_assert_ptr_nonnull (options);
  ck_assert_int_eq (options_set (options, "bootstrap", bootstrap, &err), 0);
  if (dir1)
    ck_assert_int_eq (options_set (options, "blobdir", dir1, &err), 0);
  if (dir2)
    ck_assert_int_eq (options_set (options, "blobdir", dir2, &err), 0);
  return options;
}

static const struct {
  const char *bootstrap, *dir1, *dir2, *printed;
} paths[] = {
  { "image", NULL, NULL, "." },
  { "./image", NULL, NULL, "." },
  { "a/b/image", NULL, NULL, "a/b" },
  { "/image", NULL, NULL, "/" },
  { "/a/image", NULL, NULL, "/a" },
  { "/a/image", "b", NULL, "b" },
  { "/a/image", "b", "/c/", "b, /c/" },
};

START_TEST (folders)
{
  struct options *options =
    make_options (paths[_i].bootstrap, paths[_i].dir1, paths[_i].dir2);
  struct search_path path;
  struct error err;
  char buf[100], small[4];

  ck_assert_int_eq (search_path_init (&path, options, &err), 0);
  options_free (options);       /* everything was copied */
  search_path_print (&path, buf, sizeof buf);
  ck_assert_str_eq (buf, paths[_i].printed);
  search_path_print (&path, small, sizeof small);       /* cut */
  ck_assert_int_eq (strncmp (small, buf, 3), 0);
  ck_assert_uint_eq (search_path_unreadable (&path), 0);
  search_path_clear (&path);
  ck_assert_uint_eq (path.n_folders, 0);
  search_path_clear (&path);
}
END_TEST

/* A folder is opened when it is asked for, once. */
START_TEST (late)
{
  static const uint8_t uuid[16] = { 1 }, other[16] = { 2 };
  struct options *options = make_options ("image", "none", "d");
  const struct image_spec spec = { .uuid = 1 };
  struct file_pool *pool = new_pool (0);
  const struct uuid_index *index;
  struct search_path path;
  struct folder *folder;
  struct error err;

  ck_assert_int_eq (search_path_init (&path, options, &err), 0);
  ck_assert_ptr_null (search_path_folder (&path, 0, &err));
  expect_error (&err, ENOENT, "looking for its data: none: No such file");
  ck_assert_ptr_null (search_path_index (&path, 0, pool, &err));
  expect_error (&err, ENOENT, "looking for its data: none: No such file");

  put_folder ("d");
  put_image ("d/image", &spec);
  put_pattern ("d/01000000000000000000000000000000", 1, 10);
  folder = search_path_folder (&path, 1, &err);
  ck_assert_ptr_nonnull (folder);
  ck_assert_ptr_eq (search_path_folder (&path, 1, &err), folder);
  ck_assert (!search_path_lacks_name (&path, 1, other));
  index = search_path_index (&path, 1, pool, &err);
  ck_assert_ptr_nonnull (index);
  ck_assert_uint_eq (index->entries.len, 1);
  ck_assert_ptr_eq (search_path_index (&path, 1, pool, &err), index);
  ck_assert (search_path_lacks_name (&path, 1, other));
  ck_assert (!search_path_lacks_name (&path, 1, uuid));
  search_path_clear (&path);
  options_free (options);
  file_pool_free (pool);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("search_path");

  tcase_add_loop_test (t, folders, 0, sizeof paths / sizeof paths[0]);
  tcase_add_test (t, late);
  return tests_run ();
}
