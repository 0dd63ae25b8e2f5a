/* SPDX-License-Identifier: BSD-3-Clause */
/* struct file_pool in a process that may not open many files. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "file_pool.h"
#include "pool_files.h"

/* The process has fewer descriptors than the budget. */
START_TEST (few_descriptors)
{
  struct file_pool *pool = new_pool (200);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *files[100];
  struct rlimit old, low;
  int fillers[64], n_fillers = 0;
  unsigned i;

  make_files (100);
  ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &old), 0);
  low = old;
  low.rlim_cur = count_descriptors () + 64;
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &low), 0);
  add_files (pool, folder, files, 100);
  ck_assert_uint_lt (file_pool_max_open (pool), 100);
  ck_assert_uint_ge (file_pool_max_open (pool), 8);
  for (i = 0; i < 100; ++i)
    read_file_well (files[i], i);
  ck_assert_uint_eq (read_by_threads (files, 100, rounds (1000)), 0);

  /* Someone else takes what eviction gave back. */
  pooled_file_close (files[99]);
  while (n_fillers < 64) {
    fillers[n_fillers] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fillers[n_fillers] == -1)
      break;
    n_fillers++;
  }
  ck_assert_int_eq (errno, EMFILE);
  for (i = 0; i < 99; ++i)
    read_file_well (files[i], i);
  while (n_fillers > 0)
    close (fillers[--n_fillers]);
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &old), 0);
  for (i = 0; i < 99; ++i)
    pooled_file_close (files[i]);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

/* Not one descriptor: an error, not a loop. */
START_TEST (no_descriptor)
{
  struct file_pool *pool = new_pool (5);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *file;
  struct rlimit old, low;
  struct error err;

  make_files (1);
  ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &old), 0);
  low = old;
  low.rlim_cur = 1;
  alarm (20);
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &low), 0);
  file = file_pool_add (pool, folder, "0", false, &err);
  ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &old), 0);
  alarm (0);
  ck_assert_ptr_null (file);
  expect_error (&err, EMFILE, "/0: Too many open files");
  file = add_file (pool, folder, "0");
  read_file_well (file, 0);
  pooled_file_close (file);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

START_TEST (default_budget)
{
  static const struct {
    rlim_t limit;
    size_t most, least;
  } rows[] = { { 64, 63, 8 }, { 256, 255, 64 }, { 1024, 900, 500 } };
  struct rlimit old, low;
  size_t i, n;

  ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &old), 0);
  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    struct file_pool *pool;

    low = old;
    low.rlim_cur = rows[i].limit;
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &low), 0);
    pool = new_pool (0);
    n = file_pool_max_open (pool);
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &old), 0);
    ck_assert_uint_le (n, rows[i].most);
    ck_assert_uint_ge (n, rows[i].least);
    file_pool_reserve (pool, 3);
    ck_assert_uint_eq (file_pool_max_open (pool), n - 3);
    file_pool_reserve (pool, n);
    ck_assert_uint_eq (file_pool_max_open (pool), 1);
    file_pool_free (pool);
  }
  file_pool_free (NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("file_pool_limits");

  tcase_add_test (t, few_descriptors);
  tcase_add_test (t, no_descriptor);
  tcase_add_test (t, default_budget);
  return tests_run ();
}
