/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_builder.h"
#include "resolver_fixture.h"
#include "testing.h"

/* blob= goes before a file of that name, and that before a UUID. */
START_TEST (order)
{
  put_tagged ("image", TAG_1);
  put_folder ("d");
  put_with_uuid ("d/by-uuid", 1);
  set ("blobdir", "d");
  if (_i >= 1)
    put_pattern ("d/" TAG_1, 1, 4096);
  if (_i >= 2) {
    put_pattern ("given", 1, 4096);
    set ("blob", "given");
  }
  begin_well ("image");
  if (_i == 0)
    expect (0, "d/by-uuid", BLOB_BY_UUID);
  else if (_i == 1)
    expect (0, "d/" TAG_1, BLOB_BY_NAME);
  else
    expect (0, "given", BLOB_GIVEN);
  end ();
}
END_TEST

/* The first folder that has it wins; by name before by UUID even then. */
START_TEST (first_folder)
{
  put_tagged ("image", TAG_1);
  put_folder ("d");
  put_folder ("e");
  put_with_uuid ("e/x", 1);
  if (_i >= 1)
    put_with_uuid ("d/y", 1);
  if (_i >= 2)
    put_with_uuid ("e/" TAG_1, 1);
  if (_i >= 3)
    put_with_uuid ("d/" TAG_1, 1);
  set ("blobdir", "d");
  set ("blobdir", "e");
  begin_well ("image");
  if (_i == 0)
    expect (0, "e/x", BLOB_BY_UUID);
  else if (_i == 1)
    expect (0, "d/y", BLOB_BY_UUID);
  else
    expect (0, _i == 2 ? "e/" TAG_1 : "d/" TAG_1, BLOB_BY_NAME);
  end ();
}
END_TEST

/* Without blobdir= it is the folder of the bootstrap. */
START_TEST (default_folder)
{
  put_folder ("d");
  put_tagged ("d/image", "sha256-blob");
  put_pattern ("d/sha256-blob", 1, 4096);
  put_pattern ("sha256-blob", 1, 4096);
  begin_well ("d/image");
  expect (0, "d/sha256-blob", BLOB_BY_NAME);
  end ();
}
END_TEST

static const char *const unsafe[] = {
  "../secret", "..", ".", ".hidden", "/etc/passwd", "a/b", "a b", "a\nb",
};

START_TEST (unsafe_tag)
{
  put_folder ("d");
  put_pattern ("secret", 1, 4096);
  put_pattern ("d/.hidden", 1, 4096);
  put_pattern ("d/a b", 1, 4096);
  put_tagged ("image", unsafe[_i]);
  set ("blobdir", "d");
  begin_well ("image");
  expect_none (0, EINVAL, "the tag may not be looked up as a file's name");
  end ();

  /* With blob= it is not looked up. */
  set ("blob", "secret");
  begin_well ("image");
  expect (0, "secret", BLOB_GIVEN);
  end ();
}
END_TEST

/* What has the right name but is not to be opened. */
START_TEST (wrong_by_name)
{
  put_folder ("d");
  put_pattern ("secret", 1, 4096);
  put_tagged ("image", "blob");
  set ("blobdir", "d");
  if (_i == 0)
    ck_assert_int_eq (symlink ("../secret", "d/blob"), 0);
  else if (_i == 1)
    ck_assert_int_eq (mkfifo ("d/blob", 0666), 0);
  else
    put_folder ("d/blob");
  begin_well ("image");
  alarm (20);
  expect_none (0, _i > 0 ? EINVAL : has_openat2 () ? EXDEV : ELOOP,
               "d/blob: ");
  alarm (0);
  end ();
}
END_TEST

START_TEST (missing)
{
  put_folder ("d");
  put_folder ("e");
  put_tagged ("image", _i == 0 ? "blob" : TAG_1);
  set ("blobdir", "d");
  set ("blobdir", "e");
  begin_well ("image");
  expect_none (0, ENOENT, _i == 0
               ? "no file of that name in d, e: give blobdir= or blob="
               : "no file of that name, and no image with that UUID, in d, e");
  end ();
}
END_TEST

/* A blobdir that does not exist matters only when a blob is looked for. */
START_TEST (no_such_folder)
{
  put_folder ("d");
  put_tagged ("image", "blob");
  if (_i == 0)
    put_pattern ("d/blob", 1, 4096);
  set ("blobdir", "d");
  set ("blobdir", "none");
  begin_well ("image");
  if (_i == 0)
    expect (0, "d/blob", BLOB_BY_NAME);
  else
    expect_none (0, ENOENT, "looking for its data: none: No such file");
  end ();
}
END_TEST

/* Without a tag. */
START_TEST (untagged)
{
  put_folder ("d");
  put_pattern ("d/x", 1, 4096);
  put_tagged ("d/image", "");
  if (_i == 1)
    set ("blobdir", "d");
  begin_well ("d/image");
  if (_i == 0)                  /* a blobdir= must be given */
    expect_none (0, ENOENT, "it has no tag: give its data with blob=, or "
                 "blobdir= with one file that can be it");
  else
    expect (0, "d/x", BLOB_BY_SIZE);
  end ();
}
END_TEST

START_TEST (untagged_joined)
{
  struct blob blob;
  struct error err;

  put_index ("image", 1, true);
  put_folder ("d");
  put_pattern ("d/x", 1, 4 * 4096);     /* is not looked at */
  set ("blobdir", "d");
  begin_well ("image");
  ck_assert_int_eq (resolver_find (resolver, 0, &blob, &err), 0);
  ck_assert_int_eq (blob.origin, BLOB_IN_BOOTSTRAP);
  ck_assert_uint_eq (blob.source_offset, 4096);
  blob_clear (&blob);
  end ();
}
END_TEST

START_TEST (untagged_of_two)
{
  static const struct slot_spec slots[] = { { "", 1, 9 }, { "x", 1, 20 } };
  const struct image_spec spec = { .uuid = 9, .n_slots = 2, .slots = slots };

  put_image ("image", &spec);
  put_pattern ("x", 1, 4096);
  set ("blobdir", ".");
  begin_well ("image");
  expect_none (0, EINVAL, "it has no tag, and the image has 2 devices");
  expect (1, "./x", BLOB_BY_NAME);
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("resolver");

  tcase_add_loop_test (t, order, 0, 3);
  tcase_add_loop_test (t, first_folder, 0, 4);
  tcase_add_test (t, default_folder);
  tcase_add_loop_test (t, unsafe_tag, 0, sizeof unsafe / sizeof unsafe[0]);
  tcase_add_loop_test (t, wrong_by_name, 0, 3);
  tcase_add_loop_test (t, missing, 0, 2);
  tcase_add_loop_test (t, no_such_folder, 0, 2);
  tcase_add_loop_test (t, untagged, 0, 2);
  tcase_add_test (t, untagged_joined);
  tcase_add_test (t, untagged_of_two);
  return tests_run ();
}
