/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include <zstd.h>

#include "rafs_builder.h"
#include "rafs_tail.h"
#include "testing.h"

static struct source *
find_inside (const uint8_t *file, size_t len, bool is_image,
             struct error *err)
{
  struct decoder_pool *pool = decoder_pool_new (err);
  struct decoder *decoder = decoder_take (pool, err);
  struct source *source = new_source (file, len), *found = NULL;

  err->text[0] = '\0';
  if (rafs_tail_open_bootstrap (source, is_image, decoder, &found, err) == -1)
    ck_assert_ptr_null (found);
  source_unref (source);
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
  return found;
}

static struct source *
find_bootstrap (const uint8_t *file, size_t len, struct error *err)
{
  return find_inside (file, len, false, err);
}

static void
expect_bootstrap (struct source *found, const uint8_t *b)
{
  uint8_t *buf = malloc (BOOTSTRAP_SIZE);
  struct error err;

  ck_assert_ptr_nonnull (found);
  ck_assert_uint_eq (found->size, BOOTSTRAP_SIZE);
  ck_assert_int_eq (source_pread (found, buf, BOOTSTRAP_SIZE, 0, &err), 0);
  ck_assert_mem_eq (buf, b, BOOTSTRAP_SIZE);
  free (buf);
  source_unref (found);
}

START_TEST (inline_raw)
{
  uint8_t *b = build_bootstrap (1), *file = malloc (20000);
  struct error err;

  pattern_fill (file, 1000, 1, 0);
  memcpy (file + 1000, b, BOOTSTRAP_SIZE);
  put_tar_header (file + 1000 + BOOTSTRAP_SIZE, "image.boot", BOOTSTRAP_SIZE);
  expect_bootstrap (find_bootstrap (file, 1512 + BOOTSTRAP_SIZE, &err), b);

  /* not at the end, another name, a wrong checksum: none is there */
  ck_assert_ptr_null (find_bootstrap (file, 1513 + BOOTSTRAP_SIZE, &err));
  ck_assert_str_eq (err.text, "");
  file[1000 + BOOTSTRAP_SIZE + 200] = 1;
  ck_assert_ptr_null (find_bootstrap (file, 1512 + BOOTSTRAP_SIZE, &err));
  ck_assert_str_eq (err.text, "");
  put_tar_header (file + 1000 + BOOTSTRAP_SIZE, "image.blob", BOOTSTRAP_SIZE);
  ck_assert_ptr_null (find_bootstrap (file, 1512 + BOOTSTRAP_SIZE, &err));
  ck_assert_str_eq (err.text, "");
  ck_assert_ptr_null (find_bootstrap (file, 100, &err));
  ck_assert_str_eq (err.text, "");
  ck_assert_ptr_null (find_bootstrap (file, 0, &err));
  ck_assert_str_eq (err.text, "");

  put_tar_header (file + 1000 + BOOTSTRAP_SIZE, "image.boot",
                  1001 + BOOTSTRAP_SIZE);
  ck_assert_ptr_null (find_bootstrap (file, 1512 + BOOTSTRAP_SIZE, &err));
  expect_error (&err, EINVAL, "a bootstrap of 13289 bytes is in front of it");
  free (file);
  free (b);
}
END_TEST

/* An image without data: the blob's file begins with the bootstrap.  What the
 * file of another image ends in is its own matter.
 */
START_TEST (inline_only)
{
  uint8_t *b = build_bootstrap (1), *file = malloc (20000);
  struct error err;

  memcpy (file, b, BOOTSTRAP_SIZE);
  put_tar_header (file + BOOTSTRAP_SIZE, "image.boot", BOOTSTRAP_SIZE);
  expect_bootstrap (find_inside (file, BOOTSTRAP_SIZE + 512, true, &err), b);

  put_tar_header (file + BOOTSTRAP_SIZE, "image.boot", BOOTSTRAP_SIZE - 1);
  ck_assert_ptr_null (find_inside (file, BOOTSTRAP_SIZE + 512, true, &err));
  ck_assert_str_eq (err.text, "");
  put_tar_header (file + BOOTSTRAP_SIZE, "image.boot", BOOTSTRAP_SIZE + 1);
  ck_assert_ptr_null (find_inside (file, BOOTSTRAP_SIZE + 512, true, &err));
  ck_assert_ptr_null (find_bootstrap (file, BOOTSTRAP_SIZE + 512, &err));
  expect_error (&err, EINVAL, "is in front of it");
  free (file);
  free (b);
}
END_TEST

/* A file with a compressed bootstrap and a table of contents. */
struct toc_file {
  uint8_t *bootstrap, *file;
  size_t len, toc;              /* where the table begins */
};

static void
build_toc_file (struct toc_file *f)
{
  struct part parts[2] = {
    { .name = "image.blob", .flags = 1, .stored_len = 1000 },
    { .name = "image.boot", .flags = 2, .offset = 1000,
      .plain_len = BOOTSTRAP_SIZE },
  };
  size_t n;

  f->bootstrap = build_bootstrap (1);
  f->file = malloc (60000);
  pattern_fill (f->file, 1000, 1, 0);
  n = ZSTD_compress (f->file + 1000, 50000, f->bootstrap, BOOTSTRAP_SIZE, 3);
  ck_assert (!ZSTD_isError (n));
  parts[0].plain = parts[1].plain = f->bootstrap;
  parts[1].stored_len = n;
  f->toc = 1000 + n;
  f->len = f->toc + put_toc (f->file + f->toc, parts, 2);
}

START_TEST (inline_toc)
{
  struct toc_file f;
  struct error err;

  build_toc_file (&f);
  expect_bootstrap (find_bootstrap (f.file, f.len, &err), f.bootstrap);
  f.file[1004] ^= 1;
  ck_assert_ptr_null (find_bootstrap (f.file, f.len, &err));
  expect_error (&err, EINVAL, "\"image.boot\"");
  free (f.file);
  free (f.bootstrap);
}
END_TEST

/* Behind the table's start; the second row is the bootstrap's. */
static const struct {
  struct patch patches[2];
  const char *part;
} toc_lies[] = {
  { { { 128 + 24, 8, 0 } }, "\"image.boot\" at byte 1000: digest mismatch" },
  { { { 128 + 72, 8, UINT64_C (1) << 40 } }, "1099511627776 bytes stored in" },
  { { { 128 + 72, 8, BOOTSTRAP_SIZE + 1 } }, "\"image.boot\"" },
  { { { 128 + 72, 8, BOOTSTRAP_SIZE - 1 } }, "\"image.boot\"" },
  { { { 128 + 72, 8, 0 } }, "\"image.boot\"" },
  { { { 128 + 56, 8, 60000 } }, "are not in front of the table" },
  { { { 128 + 56, 8, UINT64_MAX - 3 } }, "are not in front of the table" },
  { { { 128 + 64, 8, 50000 } }, "are not in front of the table" },
  { { { 128, 4, 3 } }, "compression 0x3" },
  { { { 128, 4, 0 } }, "compression 0x0" },
  { { { 128 + 14, 4, 0x626f6c62 } }, "two parts \"image.blob\"" },
};

START_TEST (wrong_toc)
{
  struct toc_file f;
  struct error err;

  build_toc_file (&f);
  rafs_patch (f.file + f.toc, toc_lies[_i].patches);
  ck_assert_ptr_null (find_bootstrap (f.file, f.len, &err));
  expect_error (&err, EINVAL, toc_lies[_i].part);
  free (f.file);
  free (f.bootstrap);
}
END_TEST

START_TEST (wrong_toc_size)
{
  struct toc_file f;
  struct error err;

  build_toc_file (&f);
  put_tar_header (f.file + f.toc + 256, "rafs.blob.toc", 255);
  ck_assert_ptr_null (find_bootstrap (f.file, f.len, &err));
  expect_error (&err, EINVAL, "a table of contents of 255 bytes");
  put_tar_header (f.file + f.toc + 256, "rafs.blob.toc", 9 * 128);
  ck_assert_ptr_null (find_bootstrap (f.file, f.len, &err));
  expect_error (&err, EINVAL, "a table of contents of 1152 bytes");
  put_tar_header (f.file + f.toc + 256, "rafs.blob.toc", 0);
  ck_assert_ptr_null (find_bootstrap (f.file, f.len, &err));
  expect_error (&err, EINVAL, "a table of contents of 0 bytes");
  put_tar_header (f.file, "rafs.blob.toc", 128);
  ck_assert_ptr_null (find_bootstrap (f.file, 512, &err));
  expect_error (&err, EINVAL, "a table of contents of 128 bytes");
  free (f.file);
  free (f.bootstrap);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("rafs_tail");

  tcase_add_test (t, inline_raw);
  tcase_add_test (t, inline_only);
  tcase_add_test (t, inline_toc);
  tcase_add_loop_test (t, wrong_toc, 0, sizeof toc_lies / sizeof toc_lies[0]);
  tcase_add_test (t, wrong_toc_size);
  return tests_run ();
}
