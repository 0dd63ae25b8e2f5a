/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "file_pool.h"
#include "pool_files.h"

/* Budgets that make every thread wait for the others all the time, with many
 * files and with two that all threads want.
 */
static const struct {
  size_t budget;
  unsigned n_files;
} loads[] = {
  { 1, N_FILES }, { 2, N_FILES }, { 3, N_FILES }, { 16, N_FILES },
  { N_FILES, N_FILES }, { 1, 2 }, { 2, 3 },
};

START_TEST (many_threads)
{
  struct file_pool *pool = new_pool (loads[_i].budget);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *files[N_FILES];
  unsigned before, i, n = loads[_i].n_files;

  make_files (n);
  before = count_descriptors ();
  add_files (pool, folder, files, n);
  ck_assert_uint_eq (count_descriptors () - before, loads[_i].budget);
  ck_assert_uint_eq (read_by_threads (files, n, rounds (4000)), 0);
  ck_assert_uint_eq (count_descriptors () - before, loads[_i].budget);
  for (i = 0; i < n; ++i)
    pooled_file_close (files[i]);
  ck_assert_uint_eq (count_descriptors (), before);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

/* A descriptor stays the same while somebody has it, and is shared. */
START_TEST (acquired_stays)
{
  struct file_pool *pool = new_pool (2);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *files[20];
  struct error err;
  uint8_t buf[100];
  unsigned i, round;
  int fd;

  make_files (20);
  add_files (pool, folder, files, 20);
  fd = pooled_file_acquire (files[0], &err);
  ck_assert_int_ge (fd, 0);
  for (round = 0; round < 3; ++round)
    for (i = 1; i < 20; ++i)
      read_file_well (files[i], i);
  ck_assert_int_eq (pooled_file_acquire (files[0], &err), fd);
  pooled_file_release (files[0]);
  ck_assert_int_eq (pread (fd, buf, sizeof buf, 0), 100);
  ck_assert (pattern_is (buf, sizeof buf, 0, 0));
  pooled_file_release (files[0]);
  for (i = 0; i < 20; ++i)
    pooled_file_close (files[i]);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

static void *
acquire (void *opaque)
{
  struct error err;

  return pooled_file_acquire (opaque, &err) == -1 ? NULL : opaque;
}

/* A thread that waits for a descriptor gets it when it is released. */
START_TEST (release_wakes)
{
  struct file_pool *pool = new_pool (1);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *files[2];
  pthread_t thread;
  struct error err;
  void *r;

  make_files (2);
  add_files (pool, folder, files, 2);
  ck_assert_int_ge (pooled_file_acquire (files[0], &err), 0);
  ck_assert_int_eq (pthread_create (&thread, NULL, acquire, files[1]), 0);
  usleep (100000);              /* most likely it waits by now */
  pooled_file_release (files[0]);
  alarm (30);
  ck_assert_int_eq (pthread_join (thread, &r), 0);
  alarm (0);
  ck_assert_ptr_eq (r, files[1]);
  pooled_file_release (files[1]);
  pooled_file_close (files[0]);
  pooled_file_close (files[1]);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

/* Closing gives back a place of the budget, whether the file is open or was
 * evicted.
 */
START_TEST (closing)
{
  struct file_pool *pool = new_pool (2);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *files[6];
  unsigned before, i, round;

  make_files (6);
  before = count_descriptors ();
  for (round = 0; round < 5; ++round) {
    add_files (pool, folder, files, 6);
    ck_assert_uint_eq (count_descriptors () - before, 2);
    for (i = 0; i < 6; ++i)
      read_file_well (files[i], i);
    for (i = 0; i < 6; ++i)
      pooled_file_close (files[(i + round) % 6]);
    ck_assert_uint_eq (count_descriptors (), before);
  }
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

/* What is done to a file that is closed at the moment. */
static void
replace (void)
{
  put_pattern ("new", 0, 100);
  ck_assert_int_eq (rename ("new", "0"), 0);
}

static void
rewrite (void)
{
  const struct timespec times[2] = {
    { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1, .tv_nsec = 2 },
  };

  put_pattern ("0", 77, 100);
  ck_assert_int_eq (utimensat (AT_FDCWD, "0", times, 0), 0);
}

static void
truncate_it (void)
{
  ck_assert_int_eq (truncate ("0", 99), 0);
}

static void
unlink_it (void)
{
  ck_assert_int_eq (unlink ("0"), 0);
}

static void
make_fifo (void)
{
  unlink_it ();
  ck_assert_int_eq (mkfifo ("0", 0666), 0);
}

static const struct {
  void (*change) (void);
  const char *part;
} changes[] = {
  { replace, "it is another file than at start" },
  { rewrite, "or it was changed since" },
  { truncate_it, "it is another file than at start" },
  { unlink_it, "No such file or directory" },
  { make_fifo, "it is another file than at start" },
};

START_TEST (changed)
{
  struct file_pool *pool = new_pool (1);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *files[2];
  struct error err;

  make_files (2);
  add_files (pool, folder, files, 2);   /* which closes the first */
  alarm (20);
  changes[_i].change ();
  ck_assert_int_eq (read_file (files[0], 0, &err), -1);
  expect_error (&err, EIO, changes[_i].part);
  expect_error (&err, EIO, "/0: ");
  ck_assert_int_eq (read_file (files[0], 0, &err), -1); /* for good */
  ck_assert_int_eq (err.errnum, EIO);
  read_file_well (files[1], 1);                 /* the other is not hurt */
  alarm (0);
  pooled_file_close (files[0]);
  pooled_file_close (files[1]);
  folder_unref (folder);
  file_pool_free (pool);
}
END_TEST

static const struct {
  const char *name;
  bool allow_block_device;
  int errnum;
  const char *part;
} refusals[] = {
  { "none", false, ENOENT, "none: No such file or directory" },
  { "folder", false, EINVAL, "folder: is a folder, expected a regular file" },
  { "folder", true, EINVAL, "is a folder, expected a regular file or block" },
  { "fifo", true, EINVAL, "fifo: is a special file, expected" },
  { "socket", false, ENXIO, "socket: is a socket, or a device that is not "
    "there, expected a regular file" },
  { "/dev/null", true, EINVAL, "/dev/null: is a special file" },
};

static void
put_socket (const char *name)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);

  ck_assert_int_ne (fd, -1);
  strcpy (address.sun_path, name);
  ck_assert_int_eq (bind (fd, (struct sockaddr *) &address, sizeof address),
                    0);
  close (fd);
}

START_TEST (refused)
{
  struct file_pool *pool = new_pool (1);
  struct error err;
  struct folder *working = folder_open_working (&err);

  put_folder ("folder");
  ck_assert_int_eq (mkfifo ("fifo", 0666), 0);
  put_socket ("socket");
  ck_assert_ptr_null (file_pool_add (pool, working, refusals[_i].name,
                                     refusals[_i].allow_block_device, &err));
  expect_error (&err, refusals[_i].errnum, refusals[_i].part);
  folder_unref (working);
  file_pool_free (pool);
}
END_TEST

/* A block device that this machine lets us read, if there is one. */
static bool
find_block_device (char name[32])
{
  unsigned i;
  int fd;

  for (i = 0; i < 8; ++i) {
    snprintf (name, 32, i < 4 ? "/dev/ram%u" : "/dev/loop%u", i % 4);
    fd = open (name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
      close (fd);
      return true;
    }
  }
  return mknod ("device", S_IFBLK | 0600, 7 << 8) == 0 &&
    (fd = open ("device", O_RDONLY | O_CLOEXEC)) >= 0 && close (fd) == 0 &&
    snprintf (name, 32, "device") > 0;
}

START_TEST (block_device)
{
  struct file_pool *pool = new_pool (1);
  struct error err;
  struct folder *working = folder_open_working (&err);
  struct pooled_file *file;
  char name[32];

  if (!find_block_device (name))
    puts ("skipped: no block device that can be read");
  else {
    ck_assert_ptr_null (file_pool_add (pool, working, name, false, &err));
    expect_error (&err, EINVAL, ": is a block device, expected a regular");
    file = file_pool_add (pool, working, name, true, &err);
    ck_assert_msg (file != NULL, "%s", err.text);
    pooled_file_close (file);
  }
  folder_unref (working);
  file_pool_free (pool);
}
END_TEST

START_TEST (names)
{
  struct file_pool *pool = new_pool (1);
  struct folder *folder = open_temp_dir ();
  struct pooled_file *file;
  char path[512];
  struct stat st;

  make_files (2);
  file = add_file (pool, folder, "0");
  snprintf (path, sizeof path, "%s%s", pooled_file_prefix (file),
            pooled_file_name (file));
  ck_assert_str_eq (path, temp_path ("0"));
  ck_assert_uint_eq (pooled_file_size (file), 100);
  ck_assert_int_eq (stat ("0", &st), 0);
  ck_assert (pooled_file_is (file, &st));
  ck_assert_int_eq (stat ("1", &st), 0);
  ck_assert (!pooled_file_is (file, &st));
  folder_unref (folder);        /* the file has its own reference */
  read_file_well (file, 0);
  pooled_file_close (file);
  pooled_file_close (NULL);
  file_pool_free (pool);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("file_pool");

  tcase_add_loop_test (t, many_threads, 0, sizeof loads / sizeof loads[0]);
  tcase_add_test (t, acquired_stays);
  tcase_add_test (t, release_wakes);
  tcase_add_test (t, closing);
  tcase_add_loop_test (t, changed, 0, sizeof changes / sizeof changes[0]);
  tcase_add_loop_test (t, refused, 0, sizeof refusals / sizeof refusals[0]);
  tcase_add_test (t, block_device);
  tcase_add_test (t, names);
  return tests_run ();
}
