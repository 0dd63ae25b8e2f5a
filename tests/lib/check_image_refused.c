/* SPDX-License-Identifier: BSD-3-Clause */
/* Images that are not served, and what is known of them all the same. */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "image_fixture.h"
#include "testing.h"

/* Two slots, "a" of 5000 bytes and "b" of 8192, and what is wrong. */
static const struct {
  struct slot_spec slots[2];
  const char *part;
  int errnum;
} wrong[] = {
  { { { "a", 2, 5 }, { "none", 2, 9 } },
    "image: device slot 2 (tag \"none\"): no file of that name in .", ENOENT },
  { { { "a", 2, 5 }, { "../b", 2, 9 } },
    "image: device slot 2 (tag \"../b\"): the tag may not be looked", EINVAL },
  { { { "a", 2, 5 }, { "", 2, 9 } }, "image: device slot 2: it has no tag",
    EINVAL },
  { { { "a", 3, 5 }, { "b", 2, 9 } },
    "image: device slot 1 (tag \"a\"): ./a: too short: the data has 5000 "
    "bytes, the device table says 12288", EINVAL },
  { { { "a", 2, 5 }, { "b", 2, 6 } },
    "image: device slot 2 (bytes 24576 to 32767) overlaps device slot 1 "
    "(bytes 20480 to 28671)", EINVAL },
  { { { "a", 2, 5 }, { "b", 2, 5 } }, "overlaps device slot 1", EINVAL },
  { { { "b", 1, 6 }, { "a", 2, 5 } }, "overlaps device slot 2", EINVAL },
  { { { "a", 2, 3 }, { "b", 2, 4 } }, "overlaps device slot 1", EINVAL },
};

START_TEST (refused)
{
  struct error err;
  struct image *image;

  put_slots (2, wrong[_i].slots);
  put_pattern ("a", 2, 5000);
  put_pattern ("b", 3, 8192);
  ck_assert_ptr_null (open_image (NULL, 0, &err));
  expect_error (&err, wrong[_i].errnum, wrong[_i].part);

  /* Described, it says the same and cannot be read. */
  image = open_image (NULL, IMAGE_DESCRIBE_ONLY, &err);
  ck_assert_msg (image != NULL, "%s", err.text);
  ck_assert_ptr_nonnull (image_problem (image));
  ck_assert_ptr_nonnull (strstr (image_problem (image), wrong[_i].part));
  ck_assert_ptr_null (image_map (image));
  ck_assert_uint_eq (image_device_table (image)->count, 2);
  image_close (image);
}
END_TEST

START_TEST (overlaps_bootstrap)
{
  static const struct slot_spec slots[] = { { "a", 2, 1 } };
  const struct image_spec spec = {
    .n_slots = 1, .slots = slots, .size = 8192
  };
  struct error err;

  put_image ("image", &spec);
  put_pattern ("a", 2, 8192);
  ck_assert_ptr_null (open_image (NULL, 0, &err));
  expect_error (&err, EINVAL, "image: device slot 1 (bytes 4096 to 12287) "
                "overlaps the bootstrap (bytes 0 to 8191)");
}
END_TEST

/* Where the end of a device does not fit, the slot is named, once. */
static const struct slot_spec beyond[] = {
  { "a", UINT64_C (0xffffffffffff), 5 },
  { "", UINT64_C (0xffffffffffff), 5 },
};

START_TEST (beyond_2_63)
{
  const struct image_spec spec = {
    .blkszbits = 16, .incompat = 0x80, .n_slots = 1, .slots = &beyond[_i]
  };
  struct error err;
  const char *slot;

  put_image ("image", &spec);
  put_pattern ("a", 2, 8192);
  ck_assert_ptr_null (open_image (NULL, 0, &err));
  expect_error (&err, EINVAL, "end beyond 2^63");
  slot = strstr (err.text, "device slot 1");
  ck_assert_msg (slot != NULL && strstr (slot + 1, "device slot") == NULL,
                 "%s", err.text);
}
END_TEST

static bool
starts_with (const char *text, const char *start)
{
  return strncmp (text, start, strlen (start)) == 0;
}

/* Each slot keeps its own problem. */
START_TEST (problems)
{
  static const struct slot_spec slots[] = {
    { "a", 2, 5 }, { "none", 2, 9 }, { "b", 2, 20 }, { "folder", 1, 30 },
  };
  struct image *image;
  struct error err;

  put_slots (4, slots);
  put_pattern ("a", 2, 5000);
  put_pattern ("b", 3, 8192);
  put_folder ("folder");
  image = open_image (NULL, IMAGE_DESCRIBE_ONLY, &err);
  ck_assert_ptr_nonnull (image);
  ck_assert_ptr_null (image_blob_problem (image, 0));
  ck_assert (starts_with (image_blob_problem (image, 1), "no file of that"));
  ck_assert_ptr_null (image_blob_problem (image, 2));
  ck_assert (starts_with (image_blob_problem (image, 3),
                          "./folder: is a folder"));
  ck_assert_int_eq (image_blob (image, 0)->origin, BLOB_BY_NAME);
  ck_assert_int_eq (image_blob (image, 1)->origin, BLOB_NOT_FOUND);
  ck_assert (starts_with (image_problem (image),
                          "image: device slot 2 (tag \"none\"): no file"));
  image_close (image);
}
END_TEST

/* Sizes are looked at for every slot, too. */
START_TEST (size_problems)
{
  static const struct slot_spec slots[] = {
    { "a", 99, 5 }, { "b", 2, 200 }, { "a", 98, 300 },
  };
  struct image *image;
  struct error err;

  put_slots (3, slots);
  put_pattern ("a", 2, 5000);
  put_pattern ("b", 3, 8192);
  image = open_image (NULL, IMAGE_DESCRIBE_ONLY, &err);
  ck_assert_ptr_nonnull (image);
  ck_assert_ptr_nonnull (strstr (image_blob_problem (image, 0), "99 blocks"));
  ck_assert_ptr_null (image_blob_problem (image, 1));
  ck_assert_ptr_nonnull (strstr (image_blob_problem (image, 2), "98 blocks"));
  ck_assert_ptr_nonnull (strstr (image_problem (image), "device slot 1 "));
  image_close (image);
}
END_TEST

START_TEST (bad_bootstrap)
{
  static const struct image_spec specs[] = {
    { .compat = 0x40000000, .no_checksum = true }, { .incompat = 0x400 },
  };
  struct options *options;
  struct error err;
  unsigned flags = _i % 2 ? IMAGE_DESCRIBE_ONLY : 0;

  ck_assert_ptr_null (open_image (NULL, flags, &err));
  expect_error (&err, ENOENT, "image: No such file");
  put_image ("image", &specs[0]);
  ck_assert_ptr_null (open_image (NULL, flags, &err));
  expect_error (&err, EINVAL, "image: RAFS");
  put_image ("image", &specs[1]);
  ck_assert_ptr_null (open_image (NULL, flags, &err));
  expect_error (&err, EINVAL, "image: unknown incompatible feature bits");
  put_pattern ("image", 1, 0);
  ck_assert_ptr_null (open_image (NULL, flags, &err));
  expect_error (&err, EINVAL, "image: not an EROFS image: it has 0 bytes");
  unlink ("image");
  put_folder ("image");
  ck_assert_ptr_null (open_image (NULL, flags, &err));
  expect_error (&err, EINVAL, "image: is a folder");

  options = options_new (&err);
  ck_assert_ptr_null (image_open (options, NULL, flags, &err));
  expect_error (&err, EINVAL, "no image is given");
  options_free (options);
  image_close (NULL);
}
END_TEST

/* A wrong number of blob= is kept as the image's problem. */
START_TEST (blob_count)
{
  static const struct slot_spec slots[] = { { "a", 2, 5 }, { "b", 2, 9 } };
  struct error err;
  struct image *image;

  put_slots (2, slots);
  put_pattern ("a", 2, 8192);
  ck_assert_ptr_null (open_image ("a", 0, &err));
  expect_error (&err, EINVAL, "image: 1 blob= given, but the image has 2");
  image = open_image ("a", IMAGE_DESCRIBE_ONLY, &err);
  ck_assert_ptr_nonnull (image);
  ck_assert_str_eq (image_problem (image), err.text);
  ck_assert_ptr_null (image_blob_problem (image, 0));
  image_close (image);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("image_refused");

  tcase_add_loop_test (t, refused, 0, sizeof wrong / sizeof wrong[0]);
  tcase_add_test (t, overlaps_bootstrap);
  tcase_add_loop_test (t, beyond_2_63, 0, 2);
  tcase_add_test (t, problems);
  tcase_add_test (t, size_problems);
  tcase_add_loop_test (t, bad_bootstrap, 0, 2);
  tcase_add_test (t, blob_count);
  return tests_run ();
}
