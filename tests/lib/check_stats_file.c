/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service_fixture.h"
#include "stats_file.h"
#include "testing.h"

static struct error err;
static struct chunk_service *service;
static struct stats_subject subject;

/* What the log was told last. */
static atomic_uint messages;
static char message[ERROR_TEXT_MAX];

static __attribute__ ((__format__ (__printf__, 2, 0))) void
hear (void *opaque, const char *fmt, va_list args)
{
  (void) opaque;
  vsnprintf (message, sizeof message, fmt, args);
  atomic_fetch_add (&messages, 1);
}

static const struct log test_log = { .debug = hear };

static void
begin (void)
{
  messages = 0;                 /* tests may share a process */
  service = new_service (1 << 20, 2);
  subject = (struct stats_subject) {
    .image = "image", .size = 8192, .blobs = 3, .service = service,
    .log = &test_log,
  };
}

static struct stats_file *
open_well (const char *path)
{
  struct stats_file *file = stats_file_open (path, &subject, &err);

  ck_assert_msg (file != NULL, "%s", err.text);
  return file;
}

/* Is "erofsflat_METRIC{image="image",server="SERVER"} VALUE" in the file? */
static bool
has (const char *path, const char *metric, const char *server, unsigned value)
{
  static char text[65536];
  char line[256];
  FILE *fp = fopen (path, "r");
  size_t n;

  ck_assert_ptr_nonnull (fp);
  n = fread (text, 1, sizeof text - 1, fp);
  text[n] = '\0';
  fclose (fp);
  snprintf (line, sizeof line,
            "\nerofsflat_%s{image=\"image\",server=\"%s\"} %u\n", metric,
            server, value);
  return strstr (text, line) != NULL;
}

/* Up to ten seconds. */
static bool
wait_for (const char *path, const char *metric, unsigned value)
{
  int i;

  for (i = 0; i < 10000 && !has (path, metric, "a", value); ++i)
    usleep (1000);
  return i < 10000;
}

static void
expect_nothing_but (const char *name)
{
  int n = 0;
  DIR *dir = opendir (".");
  struct dirent *d;

  while ((d = readdir (dir)) != NULL)
    if (strcmp (d->d_name, ".") != 0 && strcmp (d->d_name, "..") != 0) {
      ck_assert_str_eq (d->d_name, name);
      n++;
    }
  closedir (dir);
  ck_assert_int_eq (n, 1);
}

/* At the start, every few moments, and at the end. */
START_TEST (written)
{
  struct stats_file *file;

  begin ();
  file = open_well ("a.prom");
  ck_assert (has ("a.prom", "blobs", "a", 3));
  ck_assert (has ("a.prom", "device_size_bytes", "a", 8192));
  ck_assert (has ("a.prom", "cache_limit_bytes", "a", 1 << 20));
  ck_assert (has ("a.prom", "read_errors_total", "a", 0));
  expect_nothing_but ("a.prom");

  stats_file_count_error (file);
  ck_assert_int_eq (stats_file_start (file, 10, &err), 0);
  ck_assert (has ("a.prom", "read_errors_total", "a", 1));
  stats_file_count_error (file);
  service->counters->verify_failures = 7;
  ck_assert (wait_for ("a.prom", "verify_failures_total", 7));
  ck_assert (has ("a.prom", "read_errors_total", "a", 2));
  stats_file_close (file);
  expect_nothing_but ("a.prom");
  ck_assert_uint_eq (messages, 0);
  free_service (service);
}
END_TEST

/* A long wait does not hold up the end. */
START_TEST (last_write)
{
  struct stats_file *file;

  begin ();
  file = open_well ("a.prom");
  if (_i)
    ck_assert_int_eq (stats_file_start (file, 1u << 30, &err), 0);
  service->counters->decoded_bytes = 1234;
  alarm (60);
  stats_file_close (file);
  alarm (0);
  ck_assert (has ("a.prom", "decoded_bytes_total", "a", 1234));
  free_service (service);
}
END_TEST

/* Anyone may read it, though the umask forbids that and what was there before
 * was private.  What a killed server left does not matter.
 */
START_TEST (mode)
{
  struct stat st;
  mode_t old = umask (0777);

  begin ();
  put_file ("a.prom", "old", 3);
  put_file (".erofsflat-a.prom.tmp", "old", 3);
  ck_assert_int_eq (chmod ("a.prom", 0600), 0);
  stats_file_close (open_well ("a.prom"));
  umask (old);
  ck_assert_int_eq (stat ("a.prom", &st), 0);
  ck_assert_uint_eq (st.st_mode, S_IFREG | 0644);
  ck_assert (has ("a.prom", "blobs", "a", 3));
  expect_nothing_but ("a.prom");
  free_service (service);
}
END_TEST

static const struct {
  const char *name, *server;
} servers[] = {
  { "a.prom", "a" }, { "a", "a" }, { "a.prom.prom", "a.prom" },
  { ".prom", ".prom" }, { "vm.7.txt", "vm.7.txt" }, { "a.PROM", "a.PROM" },
};

START_TEST (server)
{
  begin ();
  stats_file_close (open_well (servers[_i].name));
  ck_assert (has (servers[_i].name, "blobs", servers[_i].server, 3));
  free_service (service);
}
END_TEST

/* The folder is the one that was meant at the start. */
START_TEST (held_folder)
{
  struct stats_file *file;

  begin ();
  put_folder ("f");
  file = open_well ("f/a.prom");
  ck_assert_int_eq (rename ("f", "g"), 0);
  ck_assert_int_eq (chdir ("/"), 0);
  stats_file_count_error (file);
  ck_assert_int_eq (stats_file_start (file, 1u << 30, &err), 0);
  ck_assert (has (temp_path ("g/a.prom"), "read_errors_total", "a", 1));
  stats_file_close (file);
  ck_assert_uint_eq (messages, 0);
  free_service (service);
}
END_TEST

/* To check changes nothing, whether there is a file or not. */
START_TEST (checked)
{
  struct rlimit old, low;
  struct stat st;

  begin ();
  if (_i == 1)
    put_file ("a.prom", "x", 1);
  put_file ("other", "x", 1);
  ck_assert_int_eq (stats_file_check ("a.prom", &subject, &err), 0);

  /* A server is writing: nobody else touches its temporary file. */
  put_file (".erofsflat-a.prom.tmp", "x", 1);
  ck_assert_int_eq (stats_file_check ("a.prom", &subject, &err), 0);
  ck_assert_int_eq (unlink (".erofsflat-a.prom.tmp"), 0);

  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &old), 0);
  low = old;
  low.rlim_cur = 100;
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &low), 0);
  ck_assert_int_eq (stats_file_check ("a.prom", &subject, &err), -1);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &old), 0);
  expect_error (&err, EFBIG, "a.prom: write: File too large");

  if (_i == 1) {
    ck_assert_int_eq (stat ("a.prom", &st), 0);
    ck_assert_int_eq (st.st_size, 1);
    ck_assert_int_eq (unlink ("a.prom"), 0);
  }
  expect_nothing_but ("other");
  free_service (service);
}
END_TEST

/* Refused at the start; what is there stays. */
static const struct {
  const char *path, *part;
  int errnum;
} refused[] = {
  { "missing/a.prom", "missing/a.prom: No such file or directory", ENOENT },
  { "file/a.prom", "file/a.prom: Not a directory", ENOTDIR },
  { "folder", "folder: exists and is no regular file", EINVAL },
  { "folder/", "folder/: exists and is no regular file", EINVAL },
  { ".", ".: exists and is no regular file", EINVAL },
  { "link", "link: exists and is no regular file", EINVAL },
  { "folder/fifo", "folder/fifo: exists and is no regular file", EINVAL },
  { "blocked", "blocked: creating a file in its folder: File exists",
    EEXIST },
};

START_TEST (refusals)
{
  struct stat st;

  begin ();
  put_file ("file", "x", 1);
  put_folder ("folder");
  put_folder (".erofsflat-blocked.tmp");
  ck_assert_int_eq (symlink ("file", "link"), 0);
  ck_assert_int_eq (mkfifo ("folder/fifo", 0600), 0);
  ck_assert_int_eq (stats_file_check (refused[_i].path, &subject, &err), -1);
  expect_error (&err, refused[_i].errnum, refused[_i].part);
  ck_assert_ptr_null (stats_file_open (refused[_i].path, &subject, &err));
  expect_error (&err, refused[_i].errnum, refused[_i].part);
  ck_assert_int_eq (lstat ("link", &st), 0);
  ck_assert (S_ISLNK (st.st_mode));
  ck_assert_int_eq (stat ("file", &st), 0);
  ck_assert_int_eq (st.st_size, 1);
  ck_assert_int_eq (access ("blocked", F_OK), -1);
  ck_assert_uint_eq (messages, 0);
  free_service (service);
}
END_TEST

/* A name that leaves no room for that of the temporary file. */
START_TEST (long_name)
{
  char name[256];

  begin ();
  memset (name, 'n', 255);
  name[255] = '\0';
  ck_assert_int_eq (stats_file_check (name, &subject, &err), -1);
  ck_assert_int_eq (err.errnum, ENAMETOOLONG);
  ck_assert_ptr_null (stats_file_open (name, &subject, &err));
  ck_assert_int_eq (err.errnum, ENAMETOOLONG);
  name[238] = '\0';
  stats_file_close (open_well (name));
  ck_assert_uint_eq (messages, 0);
  free_service (service);
}
END_TEST

/* From the second write on by another user: still the start.  (A folder in the
 * place of the temporary file stops root, too.)
 */
START_TEST (fails_at_the_second_start)
{
  struct stats_file *file;

  begin ();
  file = open_well ("a.prom");
  put_folder (".erofsflat-a.prom.tmp");
  ck_assert_int_eq (stats_file_start (file, 10, &err), -1);
  expect_error (&err, EEXIST, "a.prom: creating a file in its folder: ");
  stats_file_close (file);
  ck_assert_uint_eq (messages, 1);
  ck_assert_str_eq (message, err.text);
  free_service (service);
}
END_TEST

/* Later the log is told, the file stays as it was, and it goes on when it can
 * be written again.
 */
START_TEST (fails_later)
{
  struct stats_file *file;
  unsigned i;

  begin ();
  file = open_well ("a.prom");
  ck_assert_int_eq (stats_file_start (file, 10, &err), 0);
  while (mkdir (".erofsflat-a.prom.tmp", 0700) == -1)
    ;                           /* it is just being written */
  service->counters->decoded_bytes = 1;
  for (i = 0; i < 10000 && messages < 3; ++i)
    usleep (1000);
  ck_assert_uint_ge (messages, 3);
  ck_assert (has ("a.prom", "decoded_bytes_total", "a", 0));
  ck_assert_int_eq (rmdir (".erofsflat-a.prom.tmp"), 0);
  ck_assert (wait_for ("a.prom", "decoded_bytes_total", 1));
  stats_file_close (file);
  ck_assert_str_eq (message, "a.prom: creating a file in its folder: "
                    "File exists");
  free_service (service);
}
END_TEST

/* A write that fails leaves nothing behind, and what was there as it was. */
START_TEST (full_disk)
{
  struct stats_file *file;
  struct rlimit old, low;

  begin ();
  file = open_well ("a.prom");
  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &old), 0);
  low = old;
  low.rlim_cur = 100;
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &low), 0);
  stats_file_count_error (file);
  stats_file_close (file);
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &old), 0);
  ck_assert_uint_eq (messages, 1);
  ck_assert_str_eq (message, "a.prom: write: File too large");
  ck_assert (has ("a.prom", "read_errors_total", "a", 0));
  expect_nothing_but ("a.prom");
  free_service (service);
}
END_TEST

/* Whoever opens it sees the first metric and the last. */
START_TEST (never_a_part)
{
  struct stats_file *file;
  unsigned i;

  begin ();
  file = open_well ("a.prom");
  ck_assert_int_eq (stats_file_start (file, 1, &err), 0);
  for (i = 0; i < rounds (20000); ++i) {
    ck_assert (has ("a.prom", "cache_hits_total", "a", 0));
    ck_assert (has ("a.prom", "blobs", "a", 3));
  }
  stats_file_close (file);
  ck_assert_uint_eq (messages, 0);
  free_service (service);
}
END_TEST

/* Once it is held, no other file is made, renamed or removed; and where the
 * text is shorter than it was, nothing is left of the old one.
 */
START_TEST (held)
{
  struct stats_file *file;
  struct stat st, now;

  begin ();
  file = open_well ("a.prom");
  service->counters->decoded_bytes = 123456789;
  ck_assert_int_eq (stats_file_hold (file, &err), 0);
  ck_assert (has ("a.prom", "decoded_bytes_total", "a", 123456789));
  ck_assert_int_eq (stat ("a.prom", &st), 0);
  ck_assert_uint_eq (st.st_mode, S_IFREG | 0644);
  put_folder (".erofsflat-a.prom.tmp");         /* stops whoever makes one */
  service->counters->decoded_bytes = 5;
  ck_assert_int_eq (stats_file_start (file, 1, &err), 0);
  ck_assert (has ("a.prom", "decoded_bytes_total", "a", 5));
  ck_assert_int_eq (stat ("a.prom", &now), 0);
  ck_assert_uint_eq (now.st_ino, st.st_ino);
  ck_assert_int_eq (now.st_size, st.st_size);
  service->counters->decoded_bytes = 12345678901;
  stats_file_close (file);
  ck_assert_int_eq (stat ("a.prom", &now), 0);
  ck_assert_int_eq (now.st_size, st.st_size + 2);
  ck_assert_uint_eq (messages, 0);
  free_service (service);
}
END_TEST

/* The second time another user's. */
START_TEST (cannot_be_held)
{
  struct stats_file *file;

  begin ();
  file = open_well ("a.prom");
  put_folder (".erofsflat-a.prom.tmp");
  ck_assert_int_eq (stats_file_hold (file, &err), -1);
  expect_error (&err, EEXIST, "a.prom: creating a file in its folder: ");
  stats_file_close (file);
  ck_assert_uint_eq (messages, 1);
  free_service (service);
}
END_TEST

START_TEST (none)
{
  stats_file_count_error (NULL);
  stats_file_close (NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("stats_file");

  tcase_add_test (t, written);
  tcase_add_loop_test (t, last_write, 0, 2);
  tcase_add_test (t, mode);
  tcase_add_loop_test (t, server, 0, sizeof servers / sizeof servers[0]);
  tcase_add_test (t, held_folder);
  tcase_add_loop_test (t, checked, 0, 2);
  tcase_add_loop_test (t, refusals, 0, sizeof refused / sizeof refused[0]);
  tcase_add_test (t, long_name);
  tcase_add_test (t, fails_at_the_second_start);
  tcase_add_test (t, fails_later);
  tcase_add_test (t, full_disk);
  tcase_add_test (t, never_a_part);
  tcase_add_test (t, held);
  tcase_add_test (t, cannot_be_held);
  tcase_add_test (t, none);
  return tests_run ();
}
