/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole images by a descriptor, and its warnings, are in tests/refusals. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "source_file.h"
#include "testing.h"
#include "vmdk_list.h"

#define BEGIN "# Disk DescriptorFile\ncreateType=\"custom\"\n"

static struct file_pool *pool;
static struct options *options;
static struct vmdk_list list;

static void
set (const char *key, const char *value)
{
  set_option (&options, key, value);
}

/* A descriptor of one file, in `path', read. */
static int
read_one (const char *path, const char *name, struct error *err)
{
  struct folder *folder = folder_open_working (err);
  struct source *file;
  char text[1000];
  bool is_one;
  int r;

  snprintf (text, sizeof text, BEGIN "RW 1 FLAT \"%s\" 0\n", name);
  put_file (path, text, strlen (text));
  set ("bootstrap", path);
  pool = new_pool (4);
  file = source_file_open (pool, folder, path, true, err);
  ck_assert_ptr_nonnull (file);
  ck_assert_int_eq (vmdk_list_is_one (file, &is_one, err), 0);
  ck_assert (is_one);
  r = vmdk_list_read (file, options, &list, err);
  source_unref (file);
  folder_unref (folder);
  return r;
}

static void
end (void)
{
  vmdk_list_clear (&list);
  file_pool_free (pool);
  options_free (options);
  options = NULL;
}

static void
expect_opened (const char *path, const char *name, const char *where)
{
  struct error err = { .text = "" };
  const struct pooled_file *file;
  struct source *source;
  char *shown;

  ck_assert_msg (read_one (path, name, &err) == 0, "%s", err.text);
  source = vmdk_list_open (&list, 0, pool, &err);
  ck_assert_msg (source != NULL, "%s", err.text);
  file = source_file_get (source);
  shown = pooled_file_path (file);
  ck_assert_str_eq (shown, where);
  free (shown);
  source_unref (source);
  end ();
}

static void
expect_not_opened (const char *path, const char *name, int errnum,
                   const char *part)
{
  struct error err = { .text = "" };

  ck_assert_msg (read_one (path, name, &err) == 0, "%s", err.text);
  ck_assert_ptr_null (vmdk_list_open (&list, 0, pool, &err));
  expect_error (&err, errnum, part);
  end ();
}

/* Files in three folders and in none, and links. */
static void
put_tree (void)
{
  put_folder ("d");
  put_folder ("e");
  put_folder ("ee");
  put_pattern ("d/near", 1, 512);
  put_pattern ("e/far", 2, 512);
  put_pattern ("ee/near", 3, 512);
  put_pattern ("out", 4, 512);
  ck_assert_int_eq (symlink ("../out", "d/link"), 0);
  ck_assert_int_eq (symlink ("e", "to-e"), 0);
}

static const char *
full (const char *name)
{
  static char path[4096];

  snprintf (path, sizeof path, "%s/%s", temp_dir (), name);
  return path;
}

START_TEST (relative)
{
  put_tree ();
  expect_opened ("d/list", "near", "d/near");
  expect_not_opened ("d/list", "far", ENOENT, "d/list: line 3: d/far: No such");
  set ("blobdir", "e");
  expect_opened ("d/list", "far", "e/far");
  set ("blobdir", "ee");
  expect_opened ("d/list", "near", "d/near");   /* its own folder is first */
  expect_opened ("list", "out", "./out");
}
END_TEST

START_TEST (absolute)
{
  put_tree ();
  expect_opened ("d/list", full ("d/near"), "d/near");
  expect_opened ("list", full ("out"), "./out");
  expect_not_opened ("d/list", full ("e/far"), EINVAL, "e/far: it does not "
                     "lie beneath the descriptor's folder");
  set ("blobdir", "e");
  expect_opened ("d/list", full ("e/far"), "e/far");
  set ("blobdir", "e/");
  expect_opened ("d/list", full ("e/far"), "e/far");
  set ("blobdir", "./e");
  expect_opened ("d/list", full ("e/far"), "./e/far");
  set ("blobdir", full ("e"));
  expect_not_opened ("d/list", full ("ee/near"), EINVAL, "ee/near: it does "
                     "not lie beneath");
  set ("blobdir", "to-e");
  expect_opened ("d/list", full ("e/far"), "to-e/far");
  set ("blobdir", "to-e");
  expect_opened ("d/list", full ("to-e/far"), "to-e/far");
  set ("blobdir", full ("e"));
  expect_not_opened ("d/list", full ("e"), EINVAL, "it does not lie beneath");
  /* By another way than the folder was given. */
  set ("blobdir", "./e");
  expect_opened ("d/list", full ("to-e/far"), "./e/far");
  set ("blobdir", full ("ee"));
  expect_not_opened ("d/list", full ("to-e/far"), EINVAL, "to-e/far: it does "
                     "not lie beneath");
}
END_TEST

/* Beneath a folder, not only in it. */
START_TEST (deep)
{
  put_tree ();
  expect_opened ("list", "d/near", "./d/near");
  expect_opened ("list", full ("d/near"), "./d/near");
}
END_TEST

START_TEST (links_out)
{
  put_tree ();
  expect_not_opened ("d/list", "link", has_openat2 () ? EXDEV : ELOOP,
                     "d/list: line 3: d/link: is a symbolic link that");
  expect_not_opened ("d/list", full ("d/link"),
                     has_openat2 () ? EXDEV : ELOOP, "is a symbolic link");
}
END_TEST

START_TEST (not_read)
{
  struct error err;

  put_tree ();
  set ("blob", "x");
  ck_assert_int_eq (read_one ("d/list", "near", &err), -1);
  expect_error (&err, EINVAL, "d/list: is a VMDK descriptor, which lists the "
                "blobs: blob= can not be given with it");
  end ();
  set ("blobdir", "none");
  ck_assert_int_eq (read_one ("d/list", "near", &err), -1);
  expect_error (&err, ENOENT, "d/list: none: No such file");
  end ();
  ck_assert_int_eq (read_one ("d/list", "..", &err), -1);
  expect_error (&err, EINVAL, "d/list: line 3: '..', a path without");
  end ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("vmdk_list");

  tcase_add_test (t, relative);
  tcase_add_test (t, absolute);
  tcase_add_test (t, deep);
  tcase_add_test (t, links_out);
  tcase_add_test (t, not_read);
  return tests_run ();
}
