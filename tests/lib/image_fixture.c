/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "image_fixture.h"
#include "testing.h"

void
put_slots (unsigned n, const struct slot_spec *slots)
{
  const struct image_spec spec = { .uuid = 1, .n_slots = n, .slots = slots };

  put_image ("image", &spec);
}

struct image *
open_image (const char *given, unsigned flags, struct error *err)
{
  struct options *options = options_new (err);
  struct image *image;

  ck_assert_int_eq (options_set (options, "bootstrap", "image", err), 0);
  ck_assert_int_eq (options_set (options, "blobdir", ".", err), 0);
  if (given)
    ck_assert_int_eq (options_set (options, "blob", given, err), 0);
  image = image_open (options, NULL, flags, err);
  options_free (options);
  return image;
}

struct image *
open_well (const char *given)
{
  struct error err;
  struct image *image = open_image (given, 0, &err);

  ck_assert_msg (image != NULL, "%s", err.text);
  ck_assert_ptr_null (image_problem (image));
  ck_assert_ptr_nonnull (image_map (image));
  return image;
}
