/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "testing.h"

static Suite *suite;
static uint64_t rnd_state;
static char dir[128];
static int old_working_folder = -1;

static int
remove_entry (const char *path, const struct stat *st, int type,
              struct FTW *ftw)
{
  (void) st;
  (void) type;
  (void) ftw;
  return remove (path);
}

static void
make_folder (void)
{
  const char *tmp = getenv ("TMPDIR");

  snprintf (dir, sizeof dir, "%.100s/erofsflat-XXXXXX", tmp ? tmp : "/tmp");
  ck_assert_ptr_nonnull (mkdtemp (dir));
  old_working_folder = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ck_assert_int_ge (old_working_folder, 0);
  ck_assert_int_eq (chdir (dir), 0);
}

static void
remove_folder (void)
{
  ck_assert_int_eq (fchdir (old_working_folder), 0);
  close (old_working_folder);
  nftw (dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

TCase *
tests_begin (const char *name)
{
  const char *seed = getenv ("EROFSFLAT_SEED");
  TCase *t = tcase_create (name);

  if (seed)
    rnd_state = strtoull (seed, NULL, 0);
  else
    rnd_state = (uint64_t) time (NULL) << 16 ^ (uint64_t) getpid ();
  printf ("%s: random tests can be repeated with EROFSFLAT_SEED=%llu\n",
          name, (unsigned long long) rnd_state);
  fflush (stdout);

  suite = suite_create (name);
  tcase_add_checked_fixture (t, make_folder, remove_folder);
  tcase_set_timeout (t, 120);
  suite_add_tcase (suite, t);
  return t;
}

int
tests_run (void)
{
  SRunner *runner = srunner_create (suite);
  int failed;

  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
skipped (const char *why)
{
  printf ("skipped: %s\n", why);
  return 77;
}

static bool
is_set (const char *variable)
{
  const char *value = getenv (variable);

  return value != NULL && value[0] != '\0';
}

bool
run_by_valgrind (void)
{
  return is_set ("EROFSFLAT_VALGRIND");
}

static size_t peak_start;

/* A line of /proc/self/status in bytes, or 0. */
static size_t
status_bytes (const char *name)
{
  FILE *fp = fopen ("/proc/self/status", "r");
  size_t len = strlen (name), kib = 0;
  char line[200];

  while (fp && kib == 0 && fgets (line, sizeof line, fp))
    if (strncmp (line, name, len) == 0)
      kib = strtoul (line + len, NULL, 10);
  if (fp)
    fclose (fp);
  return kib * 1024;
}

void
peak_begin (void)
{
  int fd = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

  /* What was freed goes back to the system; then the peak is forgotten. */
  malloc_trim (0);
  peak_start = fd >= 0 && write (fd, "5", 1) == 1 ? status_bytes ("VmRSS:") : 0;
  close (fd);
}

bool
peak_end (size_t *ret)
{
  size_t peak = status_bytes ("VmHWM:");

#ifdef SANITIZED
  return false;
#endif
  if (run_by_valgrind () || peak_start == 0 || peak == 0)
    return false;
  *ret = peak > peak_start ? peak - peak_start : 0;
  return true;
}

bool
has_openat2 (void)
{
  return syscall (SYS_openat2, -1, "", NULL, 0) == -1 && errno != ENOSYS &&
    errno != EPERM;
}

static uint32_t
bit_of (int capability)
{
  return UINT32_C (1) << capability;
}

bool
heed_modes (void)
{
  struct __user_cap_header_struct header = {
    .version = _LINUX_CAPABILITY_VERSION_3,
  };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

  if (syscall (SYS_capget, &header, data) == -1)
    return false;
  data[0].effective &= ~(bit_of (CAP_DAC_OVERRIDE) |
                         bit_of (CAP_DAC_READ_SEARCH));
  return syscall (SYS_capset, &header, data) == 0;
}

unsigned
rounds (unsigned n)
{
  if (run_by_valgrind ())
    return n / 20 + 1;
  return is_set ("EROFSFLAT_SLOW") ? n * 20 : n;
}

/* splitmix64 */
uint64_t
rnd (uint64_t below)
{
  uint64_t z = rnd_state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  z ^= z >> 31;
  return below > 0 ? z % below : z;
}

void
pattern_fill (void *buf, size_t len, unsigned seed, uint64_t offset)
{
  uint8_t *p = buf;
  size_t i;

  for (i = 0; i < len; ++i)
    p[i] = pattern (seed, offset + i);
}

bool
pattern_is (const void *buf, size_t len, unsigned seed, uint64_t offset)
{
  const uint8_t *p = buf;
  size_t i;

  for (i = 0; i < len; ++i)
    if (p[i] != pattern (seed, offset + i))
      return false;
  return true;
}

bool
is_zeros (const void *buf, size_t len)
{
  const uint8_t *p = buf;
  size_t i;

  for (i = 0; i < len; ++i)
    if (p[i] != 0)
      return false;
  return true;
}

const char *
temp_dir (void)
{
  return dir;
}

const char *
temp_path (const char *name)
{
  static char paths[8][512];
  static unsigned next;
  char *path = paths[next++ % 8];

  snprintf (path, sizeof paths[0], "%s/%s", dir, name);
  return path;
}

void
put_file (const char *name, const void *buf, size_t len)
{
  FILE *fp = fopen (temp_path (name), "w");

  ck_assert_ptr_nonnull (fp);
  ck_assert_uint_eq (fwrite (buf, 1, len, fp), len);
  ck_assert_int_eq (fclose (fp), 0);
}

void
put_pattern (const char *name, unsigned seed, size_t len)
{
  uint8_t *buf = malloc (len + 1);

  ck_assert_ptr_nonnull (buf);
  pattern_fill (buf, len, seed, 0);
  put_file (name, buf, len);
  free (buf);
}

void
put_tar (const char *name, unsigned seed, size_t len, size_t zeros)
{
  uint8_t *buf = calloc (1, len + zeros + 1);

  ck_assert_ptr_nonnull (buf);
  pattern_fill (buf, len, seed, 0);
  memcpy (buf + 257, "ustar", 5);
  put_file (name, buf, len + zeros);
  free (buf);
}

void
put_folder (const char *name)
{
  ck_assert_int_eq (mkdir (temp_path (name), 0777), 0);
}

void
set_option (struct options **options, const char *key, const char *value)
{
  struct error err;

  if (*options == NULL)
    *options = options_new (&err);
  ck_assert_ptr_nonnull (*options);
  ck_assert_msg (options_set (*options, key, value, &err) == 0, "%s",
                 err.text);
}

struct file_pool *
new_pool (size_t max_open)
{
  struct error err;
  struct file_pool *pool = file_pool_new (max_open, &err);

  ck_assert_msg (pool != NULL, "%s", err.text);
  return pool;
}

struct folder *
open_temp_dir (void)
{
  struct error err;
  struct folder *folder = folder_open (dir, &err);

  ck_assert_msg (folder != NULL, "%s", err.text);
  return folder;
}

struct pooled_file *
add_file (struct file_pool *pool, struct folder *folder, const char *name)
{
  struct error err;
  struct pooled_file *file = file_pool_add (pool, folder, name, false, &err);

  ck_assert_msg (file != NULL, "%s", err.text);
  return file;
}
