/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>

#include "options.h"
#include "testing.h"

static struct options *
new_options (void)
{
  struct error err;
  struct options *options = options_new (&err);

  ck_assert_ptr_nonnull (options);
  return options;
}

START_TEST (set)
{
  struct options *options = new_options ();
  char value[] = "image.erofs";
  struct error err;

  ck_assert_int_eq (options_check (options, &err), -1);
  expect_error (&err, EINVAL, "no image is given");
  ck_assert_int_eq (options_set (options, "bootstrap", value, &err), 0);
  value[0] = 'X';               /* it was copied */
  ck_assert_int_eq (options_set (options, "blobdir", "a", &err), 0);
  ck_assert_int_eq (options_set (options, "blob", "1", &err), 0);
  ck_assert_int_eq (options_set (options, "blobdir", "b", &err), 0);
  ck_assert_int_eq (options_set (options, "blob", "1", &err), 0);
  ck_assert_int_eq (options_check (options, &err), 0);

  ck_assert_uint_eq (options->bootstrap.len, 1);
  ck_assert_str_eq (options->bootstrap.ptr[0], "image.erofs");
  ck_assert_uint_eq (options->blobdir.len, 2);
  ck_assert_str_eq (options->blobdir.ptr[0], "a");
  ck_assert_str_eq (options->blobdir.ptr[1], "b");
  ck_assert_uint_eq (options->blob.len, 2);
  options_free (options);
}
END_TEST

static const struct {
  const char *key, *value, *part;
} bad[] = {
  { "blobs", "x", "unknown parameter 'blobs'" },
  { "Blob", "x", "unknown parameter 'Blob'" },
  { "", "x", "unknown parameter ''" },
  { "blob", "", "parameter blob= is empty" },
  { "blobdir", "", "parameter blobdir= is empty" },
  { "bootstrap", "", "parameter bootstrap= is empty" },
  { "bootstrap", "second", "given twice: 'first' and 'second'" },
};

START_TEST (refused)
{
  struct options *options = new_options ();
  struct error err;

  ck_assert_int_eq (options_set (options, "bootstrap", "first", &err), 0);
  ck_assert_int_eq (options_set (options, bad[_i].key, bad[_i].value, &err),
                    -1);
  expect_error (&err, EINVAL, bad[_i].part);
  ck_assert_uint_eq (options->bootstrap.len, 1);
  ck_assert_uint_eq (options->blob.len, 0);
  ck_assert_uint_eq (options->blobdir.len, 0);
  options_free (options);
}
END_TEST

START_TEST (every_row_can_be_set)
{
  struct options *options = new_options ();
  const struct option_row *row;
  bool magic = false;
  struct error err;

  for (row = option_rows; row->key; ++row) {
    ck_assert_int_eq (options_set (options, row->key, "x", &err), 0);
    ck_assert_uint_gt (strlen (row->argument), 0);
    ck_assert_uint_gt (strlen (row->help), 0);
    if (strcmp (row->key, OPTIONS_MAGIC_KEY) == 0)
      magic = true;
  }
  ck_assert (magic);
  options_free (options);
  options_free (NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("options");

  tcase_add_test (t, set);
  tcase_add_loop_test (t, refused, 0, sizeof bad / sizeof bad[0]);
  tcase_add_test (t, every_row_can_be_set);
  return tests_run ();
}
