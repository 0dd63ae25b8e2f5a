/* SPDX-License-Identifier: BSD-3-Clause */
/* The image "image" has two slots, "a" of 5000 bytes and "b" of 8192. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "devices.h"
#include "image_builder.h"
#include "packing.h"
#include "service_fixture.h"
#include "testing.h"

static struct options *options;
static struct file_pool *pool;
static struct blob_context *blob_context;
static struct primary primary;
static struct devices devices;

static int
begin (const struct slot_spec *slots, bool keep_problems, struct error *err)
{
  const struct image_spec spec = { .uuid = 1, .n_slots = 2, .slots = slots };
  struct resolver_context context = { .primary = &primary };

  put_image ("image", &spec);
  options = NULL;
  set_option (&options, "bootstrap", "image");
  pool = new_pool (0);
  blob_context = new_blob_context (pool, 4096);
  context.options = options;
  context.blob = blob_context;
  ck_assert_msg (primary_open (options, pool, blob_context->service->decoders,
                               &primary, err) == 0, "%s", err->text);
  return devices_open (&context, keep_problems, &devices, err);
}

static void
end (void)
{
  devices_clear (&devices);
  primary_clear (&primary);
  free_blob_context (blob_context);
  file_pool_free (pool);
  options_free (options);
}

static void
put_blobs (void)
{
  put_pattern ("a", 2, 5000);
  put_pattern ("b", 3, 8192);
}

static bool
uses (const char *name)
{
  struct stat st;

  ck_assert_int_eq (stat (name, &st), 0);
  return devices_use_file (&devices, &st);
}

static const struct slot_spec good[] = { { "b", 2, 20 }, { "a", 2, 10 } };

START_TEST (opens)
{
  struct address_map map = { 0 };
  struct address_range range;
  struct error err;

  put_blobs ();
  ck_assert_msg (begin (good, false, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (devices.count, 2);
  ck_assert_uint_eq (devices.blobs[0].data_len, 8192);
  ck_assert_uint_eq (devices.blobs[1].data_len, 5000);
  ck_assert_ptr_null (devices.problem);
  ck_assert (!devices_have_chunks (&devices));
  ck_assert (uses ("a"));
  ck_assert (uses ("b"));
  ck_assert (!uses ("image"));

  ck_assert_int_eq (devices_map (&devices, &primary.bootstrap.table, &map,
                                 &err), 0);
  ck_assert_int_eq (address_map_seal (&map, &err), 0);
  ck_assert_uint_eq (map.size, 22 * 4096);
  address_map_find (&map, 11 * 4096, &range);
  ck_assert_uint_eq (range.owner, 2);
  ck_assert_uint_eq (range.len, 4096);
  address_map_find (&map, 12 * 4096, &range);
  ck_assert_ptr_null (range.source);
  ck_assert_uint_eq (range.len, 8 * 4096);
  address_map_clear (&map);
  end ();
}
END_TEST

/* A slot that is not set takes the size of its data, behind all others. */
START_TEST (fills)
{
  static const struct slot_spec slots[] = { { "a", 0, 0 }, { "b", 2, 10 } };
  struct error err;

  put_blobs ();
  ck_assert_msg (begin (slots, false, &err) == 0, "%s", err.text);
  ck_assert_uint_eq (primary.bootstrap.table.slots[0].blocks_blk, 2);
  ck_assert_uint_eq (primary.bootstrap.table.slots[0].uniaddr_blk, 12);
  ck_assert_ptr_nonnull (primary.header);
  end ();
}
END_TEST

START_TEST (compressed)
{
  uint8_t plain[8192];
  struct packed packed;
  struct error err;

  put_pattern ("a", 2, 5000);
  fill_text (plain, sizeof plain, 3);
  packed = pack_seekable (plain, sizeof plain, 4096, true);
  put_file ("b", packed.ptr, packed.len);
  free (packed.ptr);
  ck_assert_msg (begin (good, false, &err) == 0, "%s", err.text);
  ck_assert (devices_have_chunks (&devices));
  end ();
}
END_TEST

/* The problems of two slots that are not right. */
static const struct {
  struct slot_spec slots[2];
  int errnum;
  const char *first, *parts[2]; /* NULL: no problem */
} wrong[] = {
  { { { "x", 2, 10 }, { "y", 2, 20 } }, ENOENT,
    "image: device slot 1 (tag \"x\"): no file of that name",
    { "no file of that name", "no file of that name" } },
  { { { "a", 2, 10 }, { "", 2, 20 } }, EINVAL,
    "image: device slot 2: it has no tag", { NULL, "it has no tag" } },
  { { { "a", 4, 10 }, { "b", 3, 20 } }, EINVAL,
    "image: device slot 1 (tag \"a\"): ./a: too short: the data has 5000 "
    "bytes, the device table says 16384",
    { "./a: too short", "./b: too short" } },
};

START_TEST (refused)
{
  struct error err;

  put_blobs ();
  ck_assert_int_eq (begin (wrong[_i].slots, false, &err), -1);
  expect_error (&err, wrong[_i].errnum, wrong[_i].first);
  ck_assert_ptr_null (devices.problems);
  end ();
}
END_TEST

START_TEST (described)
{
  struct error err;
  unsigned k;

  put_blobs ();
  ck_assert_msg (begin (wrong[_i].slots, true, &err) == 0, "%s", err.text);
  ck_assert_ptr_nonnull (devices.problem);
  ck_assert_ptr_nonnull (strstr (devices.problem, wrong[_i].first));
  for (k = 0; k < 2; ++k) {
    if (wrong[_i].parts[k] == NULL)
      ck_assert_ptr_null (devices.problems[k]);
    else
      ck_assert_ptr_nonnull (strstr (devices.problems[k],
                                     wrong[_i].parts[k]));
  }
  end ();
}
END_TEST

/* What is wrong with the whole is no problem of a slot. */
START_TEST (table_beyond)
{
  static const struct slot_spec slots[] = {
    { "a", UINT64_C (0xffffffff), UINT64_C (0xffffffff) }, { "b", 2, 20 }
  };
  struct error err;

  put_blobs ();
  ck_assert_int_eq (begin (slots, true, &err), 0);
  ck_assert_ptr_nonnull (strstr (devices.problem, "./a: too short"));
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("devices");

  tcase_add_test (t, opens);
  tcase_add_test (t, fills);
  tcase_add_test (t, compressed);
  tcase_add_loop_test (t, refused, 0, sizeof wrong / sizeof wrong[0]);
  tcase_add_loop_test (t, described, 0, sizeof wrong / sizeof wrong[0]);
  tcase_add_test (t, table_beyond);
  return tests_run ();
}
