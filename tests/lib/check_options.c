/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>

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
  { "zinfo", "", "parameter zinfo= is empty" },
  { "stats", "", "parameter stats= is empty" },
  { "format", "", "parameter format= is empty" },
  { "format", "zstd", "format=zstd: auto, raw, zstd-seekable or gzip" },
  { "format", "Raw", "format=Raw: " },
  { "cache", "x", "cache=x: a size like 64M expected" },
  { "cache", "-1", "cache=-1: " },
  { "cache", " 1", "cache= 1: " },
  { "cache", "1MB", "cache=1MB: " },
  { "cache", "1m", "cache=1m: " },
  { "cache", "M", "cache=M: " },
  { "cache", "18446744073709551616", "cache=18446744073709551616: " },
  { "cache", "16777216T", "cache=16777216T: " },
  { "decodes", "0", "decodes=0: a number from 1 to 1024 expected" },
  { "decodes", "1025", "decodes=1025: " },
  { "decodes", "two", "decodes=two: " },
  { "verify", "yes", "verify=yes: on or off expected" },
  { "verify", "ON", "verify=ON: " },
  { "sandbox", "1", "sandbox=1: on or off expected" },
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
  ck_assert_uint_eq (options->zinfo.len, 0);
  ck_assert_uint_eq (options->format.len, 0);
  ck_assert_uint_eq (options->cache.len, 0);
  ck_assert_uint_eq (options->decodes.len, 0);
  ck_assert_uint_eq (options->verify.len, 0);
  ck_assert_uint_eq (options->stats.len, 0);
  ck_assert_uint_eq (options->sandbox.len, 0);
  options_free (options);
}
END_TEST

/* What may be given once only. */
START_TEST (twice)
{
  static const char *const rows[][2] = {
    { "format", "raw" }, { "cache", "0" }, { "decodes", "1" },
    { "verify", "on" }, { "stats", "a.prom" }, { "sandbox", "on" },
  };
  struct options *options = new_options ();
  struct error err;
  char part[64];

  ck_assert_int_eq (options_set (options, rows[_i][0], rows[_i][1], &err), 0);
  ck_assert_int_eq (options_set (options, rows[_i][0], rows[_i][1], &err),
                    -1);
  snprintf (part, sizeof part, "parameter %s= is given twice: '%s' and '%s'",
            rows[_i][0], rows[_i][1], rows[_i][1]);
  expect_error (&err, EINVAL, part);
  options_free (options);
}
END_TEST

START_TEST (defaults)
{
  struct options *options = new_options ();

  ck_assert_int_eq (options->values.format, FORMAT_AUTO);
  ck_assert_uint_eq (options->values.cache, 64 << 20);
  ck_assert_uint_ge (options->values.decodes, 3);
  ck_assert (options->values.verify);
  ck_assert (!options->values.sandbox);
  options_free (options);
}
END_TEST

static const struct {
  const char *value;
  uint64_t bytes;
} caches[] = {
  { "0", 0 }, { "1", 1 }, { "70000", 70000 }, { "4k", 4096 },
  { "4K", 4096 }, { "64M", 64 << 20 }, { "3G", UINT64_C (3) << 30 },
  { "2T", UINT64_C (2) << 40 }, { "16777215T", UINT64_C (16777215) << 40 },
  { "18446744073709551615", UINT64_MAX },
};

START_TEST (cache)
{
  struct options *options = new_options ();
  struct error err;

  ck_assert_msg (options_set (options, "cache", caches[_i].value, &err) == 0,
                 "%s", err.text);
  ck_assert_uint_eq (options->values.cache, caches[_i].bytes);
  options_free (options);
}
END_TEST

START_TEST (other_values)
{
  static const char *const formats[] = {
    "auto", "raw", "zstd-seekable", "gzip",
  };
  static const enum blob_format wanted[] = {
    FORMAT_AUTO, FORMAT_RAW, FORMAT_ZSTD_SEEKABLE, FORMAT_GZIP,
  };
  struct options *options = new_options ();
  struct error err;

  ck_assert_int_eq (options_set (options, "format", formats[_i], &err), 0);
  ck_assert_int_eq (options->values.format, wanted[_i]);
  ck_assert_int_eq (options_set (options, "decodes", "1024", &err), 0);
  ck_assert_uint_eq (options->values.decodes, 1024);
  ck_assert_int_eq (options_set (options, "verify", _i ? "on" : "off", &err),
                    0);
  ck_assert_int_eq (options->values.verify, _i > 0);
  ck_assert_int_eq (options_set (options, "sandbox", _i ? "on" : "off", &err),
                    0);
  ck_assert_int_eq (options->values.sandbox, _i > 0);
  ck_assert_int_eq (options_set (options, "zinfo", "a", &err), 0);
  ck_assert_int_eq (options_set (options, "zinfo", "b", &err), 0);
  ck_assert_uint_eq (options->zinfo.len, 2);
  options_free (options);
}
END_TEST

static const char *
right_value (const char *key)
{
  static const char *const values[][2] = {
    { "format", "gzip" }, { "cache", "1M" }, { "decodes", "3" },
    { "verify", "off" }, { "sandbox", "on" },
  };
  size_t i;

  for (i = 0; i < sizeof values / sizeof values[0]; ++i)
    if (strcmp (key, values[i][0]) == 0)
      return values[i][1];
  return "x";                   /* the others take any text */
}

START_TEST (every_row_can_be_set)
{
  struct options *options = new_options ();
  const struct option_row *row;
  bool magic = false;
  struct error err;

  for (row = option_rows; row->key; ++row) {
    ck_assert_msg (options_set (options, row->key, right_value (row->key),
                                &err) == 0, "%s", err.text);
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
  tcase_add_loop_test (t, twice, 0, 5);
  tcase_add_test (t, defaults);
  tcase_add_loop_test (t, cache, 0, sizeof caches / sizeof caches[0]);
  tcase_add_loop_test (t, other_values, 0, 4);
  tcase_add_test (t, every_row_can_be_set);
  return tests_run ();
}
