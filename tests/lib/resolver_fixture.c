/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "image_builder.h"
#include "resolver_fixture.h"
#include "service_fixture.h"
#include "testing.h"

static struct file_pool *pool;
static struct blob_context *blob_context;
static struct primary primary;
static struct options *options;
struct resolver *resolver;
static char last_message[1024];

static __attribute__ ((__format__ (__printf__, 2, 0))) void
keep_message (void *opaque, const char *fmt, va_list args)
{
  (void) opaque;
  vsnprintf (last_message, sizeof last_message, fmt, args);
}

void
set (const char *key, const char *value)
{
  set_option (&options, key, value);
}

int
begin (const char *image, struct error *err)
{
  static const struct log log = { .debug = keep_message };
  struct resolver_context context = { .primary = &primary, .log = &log };

  set ("bootstrap", image);
  context.options = options;
  pool = new_pool (0);
  context.blob = blob_context = new_blob_context (pool, 4096);
  ck_assert_msg (primary_open (options, pool, blob_context->service->decoders,
                               &primary, err) == 0, "%s", err->text);
  blob_context->block_size = primary_block_size (&primary);
  resolver = resolver_new (&context, err);
  return resolver ? 0 : -1;
}

void
end (void)
{
  resolver_free (resolver);
  primary_clear (&primary);
  free_blob_context (blob_context);
  file_pool_free (pool);
  options_free (options);
  options = NULL;
}

void
expect (uint32_t i, const char *path, enum blob_origin origin)
{
  const struct pooled_file *file;
  struct blob blob;
  struct error err;
  char found[512];

  ck_assert_msg (resolver_find (resolver, i, &blob, &err) == 0, "%s",
                 err.text);
  file = blob_file (&blob);
  snprintf (found, sizeof found, "%s%s", pooled_file_prefix (file),
            pooled_file_name (file));
  ck_assert_str_eq (found, path);
  ck_assert_int_eq (blob.origin, origin);
  ck_assert_ptr_nonnull (strstr (last_message, path));
  blob_clear (&blob);
}

void
expect_none (uint32_t i, int errnum, const char *part)
{
  struct blob blob;
  struct error err;

  ck_assert_int_eq (resolver_find (resolver, i, &blob, &err), -1);
  expect_error (&err, errnum, part);
}

void
begin_well (const char *image)
{
  struct error err;

  ck_assert_msg (begin (image, &err) == 0, "%s", err.text);
}

void
put_tagged (const char *name, const char *tag)
{
  const struct slot_spec slots[] = { { tag, 1, 10 } };
  const struct image_spec spec = { .uuid = 9, .n_slots = 1, .slots = slots };

  put_image (name, &spec);
}

void
put_with_uuid (const char *name, uint8_t uuid)
{
  const struct image_spec spec = { .uuid = uuid };

  put_image (name, &spec);
}

void
put_index (const char *name, uint8_t uuid, bool joined)
{
  static const struct slot_spec slots[] = { { "", 4, 1 } };
  const struct image_spec spec = {
    .uuid = uuid, .n_slots = 1, .slots = slots, .size = joined ? 20480 : 0
  };

  put_image (name, &spec);
}
