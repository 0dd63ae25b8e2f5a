/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder "d" is searched for 8 blocks of 1000 bytes. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lone_file.h"
#include "service_fixture.h"
#include "source_file.h"
#include "testing.h"

#define DECLARED 8000
#define BLOCK 1000

static struct file_pool *pool;
static struct folder *folder, *working;
static struct blob_context *context;

static struct lone_file
begin (uint64_t declared)
{
  struct error err;

  put_pattern ("bootstrap", 1, DECLARED);
  pool = new_pool (0);
  context = new_blob_context (pool, BLOCK);
  working = open_temp_dir ();
  folder = folder_open (temp_path ("d"), &err);
  ck_assert_ptr_nonnull (folder);
  return (struct lone_file) {
    .declared = declared, .context = context,
    .bootstrap = add_file (pool, working, "bootstrap"),
  };
}

static void
end (struct lone_file *lone)
{
  lone_file_clear (lone);
  pooled_file_close ((struct pooled_file *) lone->bootstrap);
  folder_unref (folder);
  folder_unref (working);
  free_blob_context (context);
  file_pool_free (pool);
}

/* The name of what is found in "d", or of nothing: then *err says why. */
static const struct lone_candidate *
find (struct lone_file *lone, struct error *err)
{
  ck_assert_msg (lone_file_search (lone, folder, err) == 0, "%s", err->text);
  return lone_file_get (lone, err);
}

/* One file of some size, alone in the folder. */
static const struct {
  const char *name;
  uint64_t declared;
  size_t len, zeros;            /* a tar if there are zeros */
  bool found;
} sizes[] = {
  { "d/x", DECLARED, 8000, 0, true },
  { "d/x", DECLARED, 7999, 0, true },
  { "d/x", DECLARED, 7001, 0, true },
  { "d/x", DECLARED, 7000, 0, false },          /* short by a block */
  { "d/x", DECLARED, 0, 0, false },
  { "d/x", DECLARED, 8001, 0, false },
  { "d/x", DECLARED, 8000, 1, true },
  { "d/x", DECLARED, 8000, 512, true },
  { "d/x", DECLARED, 8000, 11263, true },
  { "d/x", DECLARED, 8000, 11264, false },      /* 11 KiB */
  { "d/x", DECLARED, 7990, 20, true },
  { "d/x", DECLARED, 8001, 511, false },        /* not all zeros */
  { "d/x", DECLARED, 7000, 0, false },
  { "d/x", 0, 0, 0, true },                     /* anything */
  { "d/x", 0, 12345, 0, true },
  { "d/.hidden", DECLARED, 8000, 0, true },
  { "d/x.zinfo", DECLARED, 8000, 0, false },
  { "d/.zinfo", DECLARED, 8000, 0, false },
  { "d/zinfo", DECLARED, 8000, 0, true },
  { "d/x.zinfo.gz", DECLARED, 8000, 0, true },
  { "d/x.zinfo", 0, 8000, 0, false },
};

START_TEST (size)
{
  struct lone_file lone;
  const struct lone_candidate *c;
  struct error err;

  put_folder ("d");
  if (sizes[_i].zeros > 0)
    put_tar (sizes[_i].name, 2, sizes[_i].len, sizes[_i].zeros);
  else
    put_pattern (sizes[_i].name, 2, sizes[_i].len);
  lone = begin (sizes[_i].declared);
  c = find (&lone, &err);
  if (sizes[_i].found) {
    ck_assert_msg (c != NULL, "%s", err.text);
    ck_assert_str_eq (pooled_file_name (source_file_get (c->file)),
                      sizes[_i].name + 2);
    ck_assert_ptr_eq (pooled_file_folder (source_file_get (c->file)), folder);
  }
  else {
    ck_assert_ptr_null (c);
    expect_error (&err, ENOENT, sizes[_i].declared
                  ? "has the declared size of 8000 bytes"
                  : "there is no file in blobdir=");
  }
  end (&lone);
}
END_TEST

/* Zeros behind a file that is no tar. */
START_TEST (zeros_but_no_tar)
{
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_tar ("d/x", 2, DECLARED, 512);
  lone = begin (DECLARED);
  ck_assert_ptr_nonnull (find (&lone, &err));
  end (&lone);

  put_pattern ("d/x", 2, DECLARED);
  ck_assert_int_eq (truncate ("d/x", DECLARED + 512), 0);
  lone = begin (DECLARED);
  ck_assert_ptr_null (find (&lone, &err));
  end (&lone);
}
END_TEST

START_TEST (non_zero_byte)
{
  struct lone_file lone;
  struct error err;
  FILE *fp;

  put_folder ("d");
  put_tar ("d/x", 2, DECLARED, 600);
  fp = fopen ("d/x", "r+");
  fseek (fp, _i == 0 ? DECLARED : -1, _i == 0 ? SEEK_SET : SEEK_END);
  fputc (1, fp);
  fclose (fp);
  lone = begin (DECLARED);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, ENOENT, "it has no tag");
  end (&lone);
}
END_TEST

/* What is never it: the bootstrap by any name, folders, FIFOs, links that
 * lead out of the folder or nowhere, sockets.
 */
START_TEST (passed_over)
{
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_folder ("d/folder");
  put_pattern ("outside", 3, DECLARED);
  ck_assert_int_eq (mkfifo ("d/fifo", 0666), 0);
  ck_assert_int_eq (symlink ("../outside", "d/out"), 0);
  ck_assert_int_eq (symlink ("none", "d/dangling"), 0);
  lone = begin (_i == 0 ? DECLARED : 0);
  ck_assert_int_eq (link ("bootstrap", "d/bootstrap-too"), 0);
  alarm (20);
  ck_assert_ptr_null (find (&lone, &err));
  alarm (0);
  ck_assert_int_eq (err.errnum, ENOENT);
  end (&lone);
}
END_TEST

/* Files that cannot be read, beside one that is right. */
static const struct {
  const char *name;
  enum blob_format format;
  uint64_t declared;
  size_t len;
  const char *text;             /* NULL: it is passed over */
} unreadables[] = {
  { "d/x", FORMAT_RAW, DECLARED, 8000, "with blob=, as it may be" },
  { "d/x", FORMAT_RAW, DECLARED, 7001, "with blob=, as it may be" },
  { "d/x", FORMAT_RAW, DECLARED, 19263, "with blob=, as it may be" },
  { "d/x", FORMAT_RAW, DECLARED, 7000, NULL },
  { "d/x", FORMAT_RAW, DECLARED, 19264, NULL },
  { "d/x", FORMAT_RAW, DECLARED, 0, NULL },
  { "d/x", FORMAT_RAW, 0, 0, "with blob=, as it may be" },
  { "d/x", FORMAT_AUTO, DECLARED, 8000, "with blob=, as it may be" },
  { "d/x", FORMAT_AUTO, DECLARED, 7000, "with blob= (or format=raw, if" },
  { "d/x", FORMAT_AUTO, DECLARED, 99999, "with blob= (or format=raw, if" },
  { "d/x", FORMAT_AUTO, DECLARED, 4, "with blob= (or format=raw, if" },
  { "d/x", FORMAT_AUTO, DECLARED, 3, NULL },
  { "d/x", FORMAT_AUTO, DECLARED, 0, NULL },
  { "d/x", FORMAT_AUTO, 0, 0, "with blob=, as it may be" },
  { "d/x.zinfo", FORMAT_RAW, DECLARED, 8000, NULL },
};

START_TEST (unreadable)
{
  const char *text = unreadables[_i].text;
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_pattern (unreadables[_i].name, 2, unreadables[_i].len);
  ck_assert_int_eq (chmod (unreadables[_i].name, 0), 0);
  if (unreadables[_i].declared > 0)
    put_pattern ("d/right", 3, DECLARED);
  lone = begin (unreadables[_i].declared);
  context->format = unreadables[_i].format;
  if (!heed_modes ())
    puts ("skipped: root reads everything");
  else if (text == NULL)
    ck_assert_msg (find (&lone, &err) != NULL, "%s", err.text);
  else {
    ck_assert_int_eq (lone_file_search (&lone, folder, &err), -1);
    expect_error (&err, EACCES, "it has no tag: give its data ");
    expect_error (&err, EACCES, text);
    expect_error (&err, EACCES, "may be a file that cannot be read: ");
    expect_error (&err, EACCES, temp_path ("d/x: Permission denied"));
  }
  end (&lone);
}
END_TEST

/* Nor can these be opened: lost+found is one. */
START_TEST (unreadable_others)
{
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_folder ("d/lost+found");
  ck_assert_int_eq (chmod ("d/lost+found", 0), 0);
  ck_assert_int_eq (mkfifo ("d/fifo", 0), 0);
  put_pattern ("d/right", 3, DECLARED);
  lone = begin (_i == 0 ? DECLARED : 0);
  if (!heed_modes ())
    puts ("skipped: root reads everything");
  ck_assert_msg (find (&lone, &err) != NULL, "%s", err.text);
  end (&lone);
  ck_assert_int_eq (chmod ("d/lost+found", 0700), 0);
}
END_TEST

/* Not even its size can be known. */
START_TEST (unreadable_link)
{
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_folder ("d/private");
  put_pattern ("d/right", 3, DECLARED);
  ck_assert_int_eq (symlink ("private/x", "d/link"), 0);
  ck_assert_int_eq (chmod ("d/private", 0), 0);
  lone = begin (DECLARED);
  context->format = FORMAT_RAW;
  if (!has_openat2 ())
    puts ("skipped: links are not followed");
  else if (!heed_modes ())
    puts ("skipped: root reads everything");
  else {
    ck_assert_int_eq (lone_file_search (&lone, folder, &err), -1);
    expect_error (&err, EACCES, "it has no tag: give its data with blob=, as");
    expect_error (&err, EACCES, temp_path ("d/link: Permission denied"));
  }
  end (&lone);
  ck_assert_int_eq (chmod ("d/private", 0700), 0);
}
END_TEST

/* The only file that was passed over is told, and why; of several, none. */
START_TEST (why)
{
  static const uint8_t gzip[9000] = { 0x1f, 0x8b, 8 };
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_pattern ("d/longer", 2, 9000);
  put_pattern ("d/x.zinfo", 2, 10);
  lone = begin (DECLARED);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, ENOENT, "declared size of 8000 bytes (");
  expect_error (&err, ENOENT, "d/longer has 9000): give its data");
  end (&lone);

  put_file ("d/second", gzip, sizeof gzip);
  lone = begin (DECLARED);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, ENOENT, "declared size of 8000 bytes: give its data");
  end (&lone);

  ck_assert_int_eq (unlink ("d/longer"), 0);
  lone = begin (DECLARED);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, ENOENT, "d/second: is a gzip file without checkpoints");
  end (&lone);
}
END_TEST

START_TEST (several)
{
  char names[1600];
  struct lone_file lone;
  struct error err;

  put_folder ("d");
  put_pattern ("d/one", 2, 8000);
  put_tar ("d/two", 3, 8000, 512);
  put_pattern ("d/three", 4, 7500);
  put_pattern ("d/other", 4, 500);
  lone = begin (DECLARED);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, EINVAL, "3 files can be its data");
  snprintf (names, sizeof names, ": %s, %s, %s: give", temp_path ("d/one"),
            temp_path ("d/three"), temp_path ("d/two"));
  expect_error (&err, EINVAL, names);
  expect_error (&err, EINVAL, "give the right one with blob=");
  ck_assert_ptr_null (strstr (err.text, "other"));
  end (&lone);
}
END_TEST

/* So many that they do not fit the message: it ends in a whole name, and says
 * how many are left out.
 */
START_TEST (very_many)
{
  struct lone_file lone;
  struct error err;
  unsigned long left;
  size_t i, shown = 1;
  char name[32];
  const char *list, *more, *p;

  put_folder ("d");
  for (i = 0; i < 500; ++i) {
    snprintf (name, sizeof name, "d/name-%03zu", i);
    put_pattern (name, 2, 1);
  }
  lone = begin (0);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, EINVAL, "500 files can be its data: ");
  expect_error (&err, EINVAL, " more: give the right one with blob=");
  expect_error (&err, EINVAL, temp_path ("d/name-000, "));
  list = strstr (err.text, "data: ");
  more = strstr (list, " and ");
  ck_assert_ptr_nonnull (more);
  left = strtoul (more + 5, NULL, 10);
  for (p = list; p < more; ++p)
    shown += *p == ',';
  ck_assert_uint_gt (shown, 10);
  ck_assert_uint_eq (shown + left, 500);
  snprintf (name, sizeof name, "name-%03zu", shown - 1);
  ck_assert_int_eq (strncmp (more - strlen (name), name, strlen (name)), 0);
  end (&lone);
}
END_TEST

/* Not even the first name fits. */
START_TEST (long_names)
{
  struct lone_file lone;
  struct folder *deep;
  char path[5 * 251 + 2], name[sizeof path + 1];
  struct error err;
  size_t i;

  put_folder ("d");
  memset (path, 'f', sizeof path);
  for (i = 0; i < 5; ++i) {
    path[i * 251 + 250] = '\0';
    ck_assert_int_eq (mkdir (path, 0777), 0);
    path[i * 251 + 250] = '/';
  }
  path[5 * 251] = '\0';
  for (i = 0; i < 2; ++i) {
    snprintf (name, sizeof name, "%s%zu", path, i);
    fclose (fopen (name, "w"));
  }
  lone = begin (0);
  deep = folder_open (path, &err);
  ck_assert_int_eq (lone_file_search (&lone, deep, &err), 0);
  ck_assert_ptr_null (lone_file_get (&lone, &err));
  expect_error (&err, EINVAL,
                "2 files can be its data: 2 with long names: give the right");
  end (&lone);
  folder_unref (deep);
}
END_TEST

/* A file with two names, or in a folder searched twice, is one file. */
START_TEST (counted_once)
{
  struct lone_file lone;
  const struct lone_candidate *c;
  struct error err;

  put_folder ("d");
  put_pattern ("d/x", 2, 8000);
  ck_assert_int_eq (link ("d/x", "d/y"), 0);
  ck_assert_int_eq (symlink ("x", "d/z"), 0);
  lone = begin (DECLARED);
  ck_assert_int_eq (lone_file_search (&lone, folder, &err), 0);
  c = find (&lone, &err);
  ck_assert_msg (c != NULL, "%s", err.text);
  end (&lone);
}
END_TEST

/* Two folders: one candidate in each is two. */
START_TEST (two_folders)
{
  struct lone_file lone;
  struct folder *second;
  struct error err;

  put_folder ("d");
  put_folder ("e");
  put_pattern ("d/x", 2, 8000);
  put_pattern ("e/x", 2, 8000);
  lone = begin (DECLARED);
  second = folder_open (temp_path ("e"), &err);
  ck_assert_int_eq (lone_file_search (&lone, second, &err), 0);
  ck_assert_ptr_null (find (&lone, &err));
  expect_error (&err, EINVAL, temp_path ("e/x"));
  expect_error (&err, EINVAL, temp_path ("d/x"));
  end (&lone);
  folder_unref (second);
}
END_TEST

#define N(array) ((int) (sizeof (array) / sizeof (array)[0]))

int
main (void)
{
  TCase *t = tests_begin ("lone_file");

  tcase_add_loop_test (t, size, 0, N (sizes));
  tcase_add_test (t, zeros_but_no_tar);
  tcase_add_loop_test (t, non_zero_byte, 0, 2);
  tcase_add_loop_test (t, passed_over, 0, 2);
  tcase_add_loop_test (t, unreadable, 0, N (unreadables));
  tcase_add_loop_test (t, unreadable_others, 0, 2);
  tcase_add_test (t, unreadable_link);
  tcase_add_test (t, why);
  tcase_add_test (t, several);
  tcase_add_test (t, very_many);
  tcase_add_test (t, long_names);
  tcase_add_test (t, counted_once);
  tcase_add_test (t, two_folders);
  return tests_run ();
}
