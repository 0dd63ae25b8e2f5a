/* SPDX-License-Identifier: BSD-3-Clause */
/* Layers that are named by UUID, and blob= that disagrees with it. */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "image_builder.h"
#include "resolver_fixture.h"
#include "testing.h"

START_TEST (two_of_one_uuid)
{
  put_folder ("d");
  put_tagged ("image", TAG_1);
  put_with_uuid ("d/x", 1);
  set ("blobdir", "d");
  if (_i == 0)
    put_with_uuid ("d/y", 1);
  else if (_i == 1)
    ck_assert_int_eq (link ("d/x", "d/y"), 0);
  else
    put_index ("d/y", 1, _i == 3);
  begin_well ("image");
  if (_i == 1) {
    struct blob blob;
    struct error err;

    ck_assert_int_eq (resolver_find (resolver, 0, &blob, &err), 0);
    blob_clear (&blob);
  }
  else if (_i == 2)             /* a tar index is no candidate */
    expect (0, "d/x", BLOB_BY_UUID);
  else {
    expect_none (0, EINVAL, "2 images have the tag as their UUID: d/");
    expect_none (0, EINVAL, "d/x");
    expect_none (0, EINVAL, "d/y");
  }
  end ();
}
END_TEST

/* A tar index is looked into once, not for each slot: for the second one it
 * could not even be read.  What is said of it is the same.
 */
START_TEST (index_known)
{
  static const struct slot_spec slots[] = { { TAG_1, 1, 9 }, { TAG_1, 1, 20 } };
  const struct image_spec spec = { .uuid = 9, .n_slots = 2, .slots = slots };

  put_folder ("d");
  put_image ("image", &spec);
  put_index ("d/index", 1, false);
  if (_i == 0)
    put_with_uuid ("d/x", 1);
  set ("blobdir", "d");
  begin_well ("image");
  if (_i == 0)
    expect (0, "d/x", BLOB_BY_UUID);
  else
    expect_none (0, ENOENT, "d/index has the tag as its UUID, but is a tar");
  ck_assert_int_eq (truncate (temp_path ("d/index"), 0), 0);
  if (_i == 0)
    expect (1, "d/x", BLOB_BY_UUID);
  else
    expect_none (1, ENOENT, "d/index has the tag as its UUID, but is a tar");
  end ();
}
END_TEST

/* A name wins, also once the UUIDs of the folder are known. */
START_TEST (name_before_uuid)
{
  static const struct slot_spec slots[] = { { TAG_1, 1, 9 }, { TAG_2, 1, 20 } };
  const struct image_spec spec = { .uuid = 9, .n_slots = 2, .slots = slots };

  put_folder ("d");
  put_folder ("e");
  put_image ("image", &spec);
  put_with_uuid ("d/x", 1);
  put_with_uuid ("d/y", 2);
  put_with_uuid (_i == 0 ? "d/" TAG_2 : "e/" TAG_2, 2);
  set ("blobdir", "d");
  set ("blobdir", "e");
  begin_well ("image");
  expect (0, "d/x", BLOB_BY_UUID);
  expect (1, _i == 0 ? "d/" TAG_2 : "e/" TAG_2, BLOB_BY_NAME);
  end ();
}
END_TEST

/* The bootstrap has the UUID of its own tag: it is not its own layer. */
START_TEST (bootstrap_is_no_candidate)
{
  put_tagged ("image", "09090909090909090909090909090909");
  begin_well ("image");
  expect_none (0, ENOENT, "no image with that UUID, in .");
  end ();
}
END_TEST

START_TEST (tar_index)
{
  struct blob blob;
  struct error err;

  put_folder ("d");
  put_tagged ("image", TAG_1);
  put_index ("d/x", 1, _i == 1);
  set ("blobdir", "d");
  begin_well ("image");
  if (_i == 0)
    expect_none (0, ENOENT, "d/x has the tag as its UUID, but is a tar index "
                 "(an image with a device table of its own), not the data: "
                 "give the tar with blob=");
  else {
    ck_assert_int_eq (resolver_find (resolver, 0, &blob, &err), 0);
    ck_assert_uint_eq (blob.source_offset, 4096);
    ck_assert_uint_eq (blob_available (&blob), 4 * 4096);
    blob_clear (&blob);
  }
  end ();
}
END_TEST

/* Given in the wrong order: both are named. */
START_TEST (swapped)
{
  static const struct slot_spec slots[] = { { TAG_1, 1, 9 }, { TAG_2, 1, 20 } };
  const struct image_spec spec = { .uuid = 9, .n_slots = 2, .slots = slots };

  put_image ("image", &spec);
  put_with_uuid ("x", 1);
  put_with_uuid ("y", 2);
  set ("blob", "y");
  set ("blob", "x");
  begin_well ("image");
  expect_none (0, EINVAL, "y: is an EROFS image with UUID " TAG_2
               ", but the tag says " TAG_1 "; x, given for device slot 2, "
               "has that UUID: is the order of blob= wrong?");
  expect_none (1, EINVAL, "y, given for device slot 1, has that UUID");
  end ();

  set ("blob", "x");
  set ("blob", "y");
  begin_well ("image");
  expect (0, "x", BLOB_GIVEN);
  expect (1, "y", BLOB_GIVEN);
  end ();
}
END_TEST

START_TEST (blob_count)
{
  struct error err;

  put_tagged ("image", "blob");
  put_pattern ("x", 1, 4096);
  set ("blob", "x");
  set ("blob", "x");
  ck_assert_int_eq (begin ("image", &err), -1);
  expect_error (&err, EINVAL, "2 blob= given, but the image has 1 device: "
                "give none, or one for each");
  end ();
  put_with_uuid ("image", 1);
  set ("blob", "x");
  ck_assert_int_eq (begin ("image", &err), -1);
  expect_error (&err, EINVAL, "1 blob= given, but the image has 0 devices");
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("resolver_uuid");

  tcase_add_loop_test (t, two_of_one_uuid, 0, 4);
  tcase_add_loop_test (t, index_known, 0, 2);
  tcase_add_loop_test (t, name_before_uuid, 0, 2);
  tcase_add_test (t, bootstrap_is_no_candidate);
  tcase_add_loop_test (t, tar_index, 0, 2);
  tcase_add_test (t, swapped);
  tcase_add_test (t, blob_count);
  return tests_run ();
}
