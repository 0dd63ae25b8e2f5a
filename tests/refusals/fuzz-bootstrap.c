/* SPDX-License-Identifier: BSD-3-Clause */
/* Damaged, cut and absurd bootstraps of real images are refused, or served
 * without a crash and without a byte that is not the image's.
 *
 * For each image of tests/data: every bit of what the superblock's checksum
 * covers (always an error), random bits elsewhere, every interesting length,
 * and numbers that mean trouble in the fields of superblock and device table,
 * with the checksum made right again.  The same cases in each run.
 */
#include <config.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz-model.h"
#include "options.h"

enum { SB = 1024, SB_END = SB + 128, SLOT = 128 };

static const char *const names[] = {
  "erofs-blobdev", "erofs-blobdev-1k", "erofs-blobdev-unset", "erofs-fsmerge",
  "erofs-fsmerge-48bit", "erofs-plain", "erofs-tarindex",
  "erofs-tarindex-joined", "erofs-tarindex-merged",
  "erofs-tarindex-merged-joined"
};

/* A folder of our own, where no other file can be taken for a blob. */
static char boot_dir[2048];
static char boot_path[2048 + 16];
static int boot_fd = -1;
static struct options *options;
static uint64_t effort = 1000;  /* cases of each random kind */
static uint64_t refused, served;

static void
remove_boot (void)
{
  if (boot_fd == -1)
    return;
  close (boot_fd);
  unlink (boot_path);
  rmdir (boot_dir);
}

static void
make_boot (void)
{
  const char *tmp = getenv ("TMPDIR");

  snprintf (boot_dir, sizeof boot_dir, "%s/erofsflat-fuzz.XXXXXX",
            tmp ? tmp : "/tmp");
  if (mkdtemp (boot_dir) == NULL)
    err (EXIT_FAILURE, "%s", boot_dir);
  snprintf (boot_path, sizeof boot_path, "%s/bootstrap", boot_dir);
  boot_fd = open (boot_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (boot_fd == -1)
    err (EXIT_FAILURE, "%s", boot_path);
  atexit (remove_boot);
}

static struct content
load (const char *path)
{
  struct content c;
  struct stat st;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1 || fstat (fd, &st) == -1)
    err (EXIT_FAILURE, "%s", path);
  c.len = (size_t) st.st_size;
  c.ptr = malloc (c.len + 1);
  if (c.ptr == NULL || read (fd, c.ptr, c.len) != st.st_size)
    err (EXIT_FAILURE, "%s", path);
  close (fd);
  return c;
}

static void
set_option (const char *key, const char *value)
{
  struct error e;

  if (options_set (options, key, value, &e) == -1)
    errx (EXIT_FAILURE, "%s", e.text);
}

/* blobs/ of the vector, in order of the names: as blob= where the tags do not
 * lead there.
 */
static void
load_blobs (const char *dir, struct vector *v)
{
  bool given = strcmp (v->name, "erofs-tarindex-merged") == 0;
  struct dirent **entries;
  char blobs[4096], path[4096 + 256];
  int n, i;

  snprintf (blobs, sizeof blobs, "%s/blobs", dir);
  n = scandir (blobs, &entries, NULL, alphasort);
  if (n == -1)                  /* it has none */
    return;
  if (!given)
    set_option ("blobdir", blobs);
  for (i = 0; i < n; ++i) {
    snprintf (path, sizeof path, "%s/%s", blobs, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.' && v->n_blobs < MAX_BLOBS) {
      v->blobs[v->n_blobs++] = load (path);
      if (given)
        set_option ("blob", path);
    }
    free (entries[i]);
  }
  free (entries);
}

static void
load_vector (const char *data, const char *name, struct vector *ret)
{
  char dir[4000], path[4096];
  struct error e;

  snprintf (dir, sizeof dir, "%s/%s", data, name);
  snprintf (path, sizeof path, "%s/bootstrap", dir);
  options = options_new (&e);
  if (options == NULL)
    errx (EXIT_FAILURE, "%s", e.text);
  set_option ("bootstrap", boot_path);
  memset (ret, 0, sizeof *ret);
  ret->name = name;
  ret->boot = load (path);
  load_blobs (dir, ret);
}

static void
free_vector (struct vector *v)
{
  while (v->n_blobs > 0)
    free (v->blobs[--v->n_blobs].ptr);
  free (v->boot.ptr);
  options_free (options);
}

/* Write [from, to) of the bootstrap to its file, which has the rest. */
static void
store (const struct vector *v, size_t from, size_t to)
{
  if (pwrite (boot_fd, v->boot.ptr + from, to - from, (off_t) from) !=
      (ssize_t) (to - from))
    err (EXIT_FAILURE, "%s", boot_path);
}

static void
resize (const struct vector *v)
{
  if (ftruncate (boot_fd, (off_t) v->boot.len) == -1)
    err (EXIT_FAILURE, "%s", boot_path);
}

/* Open what is stored.  Returns false if it was refused. */
static bool
try (const struct vector *v)
{
  struct error e;
  struct image *image;

  memset (&e, 0, sizeof e);
  image = image_open (options, NULL, 0, &e);
  if (image == NULL) {
    if (e.text[0] == '\0' || e.errnum == 0)
      errx (EXIT_FAILURE, "refused without a reason");
    refused++;
    return false;
  }
  check_image (v, image);
  image_close (image);
  served++;
  return true;
}

static void
flip (struct vector *v, uint64_t bit, bool must_fail)
{
  size_t at = (size_t) (bit / 8);
  uint8_t was = v->boot.ptr[at];

  v->boot.ptr[at] ^= (uint8_t) (1 << bit % 8);
  store (v, at, at + 1);
  if (try (v) && must_fail)
    errx (EXIT_FAILURE, "bit %" PRIu64 " of byte %zu was flipped, and it is "
          "served", bit % 8, at);
  v->boot.ptr[at] = was;
  store (v, at, at + 1);
}

/* All bits of the superblock, and one of each byte behind it. */
static void
flip_sealed (struct vector *v)
{
  size_t end = has_checksum (&v->boot) ? sealed_end (&v->boot) : SB, i;
  size_t step = effort < 1000 ? 13 : 1;

  for (i = SB * 8; i < end * 8; i += step)
    if (i < SB_END * 8 || i % 8 == i / 8 % 8 || step > 1)
      flip (v, i, true);
}

static void
flip_others (struct vector *v)
{
  uint64_t i, bit;

  for (i = 0; i < effort; ++i) {
    /* Half of them where a table without a checksum may be. */
    bit = rnd () % (8 * (i % 2 ? v->boot.len : SB + 4096));
    if (bit / 8 < v->boot.len)
      flip (v, bit, false);
  }
}

static void
cut (struct vector *v, uint64_t len)
{
  struct content whole = v->boot;
  bool is_sealed = has_checksum (&whole);

  if (len > whole.len)
    return;
  v->boot.len = (size_t) len;
  resize (v);
  if (try (v) && (len < SB_END || (is_sealed && len < sealed_end (&whole))))
    errx (EXIT_FAILURE, "cut to %" PRIu64 " bytes, and it is served", len);
  v->boot = whole;
  resize (v);
  store (v, (size_t) len, whole.len);
}

static void
cut_all (struct vector *v)
{
  uint64_t table = get (v->boot.ptr + SB + 88, 2) * SLOT;
  uint64_t table_end = table + get (v->boot.ptr + SB + 86, 2) * SLOT;
  const uint64_t ends[] = {
    sealed_end (&v->boot), table, table_end, v->boot.len, 65536
  };
  size_t i;
  uint64_t len;

  for (len = 0; len < SB_END + 300; len += effort < 1000 ? 37 : 3)
    cut (v, len);
  for (len = SB_END - 3; len < SB_END + 3; ++len)
    cut (v, len);
  for (i = 0; i < sizeof ends / sizeof ends[0]; ++i)
    for (len = ends[i] > 3 ? ends[i] - 3 : 0; len < ends[i] + 4; ++len)
      cut (v, len);
  for (len = 512; len < 16384; len += 512)
    cut (v, len);
}

/* A number for a field of `bytes' that means trouble, or is near to what is
 * there.
 */
static uint64_t
trouble (uint64_t was, size_t bytes)
{
  static const uint64_t values[] = {
    0, 1, 2, 9, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
    0xfffffffe, 0xffffffff
  };
  uint64_t r = rnd ();

  switch (r % 4) {
  case 0: return values[r / 4 % (sizeof values / sizeof values[0])];
  case 1: return was + r / 4 % 33 - 16;
  case 2: return UINT64_C (1) << r / 4 % (8 * bytes);
  default: return r >> 7;
  }
}

/* Where a field is: mostly one that is looked at. */
static size_t
choose_field (const struct vector *v, size_t *ret_bytes)
{
  static const struct { uint8_t at, bytes; } fields[] = {
    { 8, 4 }, { 12, 1 }, { 13, 1 }, { 14, 2 }, { 36, 4 }, { 80, 4 },
    { 86, 2 }, { 88, 2 }, { 112, 4 },
  };
  static const struct { uint8_t at, bytes; } slot_fields[] = {
    { 0, 1 }, { 64, 4 }, { 68, 4 }, { 72, 2 }, { 74, 2 }, { 31, 1 },
  };
  uint64_t table = get (v->boot.ptr + SB + 88, 2) * SLOT;
  uint64_t count = get (v->boot.ptr + SB + 86, 2), r = rnd ();
  size_t i;

  *ret_bytes = 4;
  if (r % 8 == 0)
    return SB + 4 * (size_t) (r / 8 % 32);
  if (r % 8 < 4 || count == 0 || table + count * SLOT > v->boot.len) {
    i = r / 8 % (sizeof fields / sizeof fields[0]);
    *ret_bytes = fields[i].bytes;
    return SB + fields[i].at;
  }
  i = r / 8 % (sizeof slot_fields / sizeof slot_fields[0]);
  *ret_bytes = slot_fields[i].bytes;
  return (size_t) (table + r / 64 % count * SLOT + slot_fields[i].at);
}

/* One to three fields at once. */
static void
change_fields (struct vector *v)
{
  uint8_t *old = malloc (v->boot.len);
  size_t at, bytes;
  uint64_t i, n;

  if (old == NULL)
    err (EXIT_FAILURE, "malloc");
  memcpy (old, v->boot.ptr, v->boot.len);
  for (i = 0; i < 2 * effort; ++i) {
    for (n = 1 + rnd () % 3; n > 0; --n) {
      at = choose_field (v, &bytes);
      put (v->boot.ptr + at, trouble (get (v->boot.ptr + at, bytes), bytes),
           bytes);
    }
    seal (&v->boot);
    store (v, 0, v->boot.len);
    try (v);
    memcpy (v->boot.ptr, old, v->boot.len);
  }
  store (v, 0, v->boot.len);
  free (old);
}

static void
fuzz (const char *data, const char *name)
{
  struct vector v;

  load_vector (data, name, &v);
  resize (&v);
  store (&v, 0, v.boot.len);
  if (!try (&v))
    errx (EXIT_FAILURE, "%s: the image itself is refused", name);
  refused = served = 0;
  flip_sealed (&v);
  flip_others (&v);
  cut_all (&v);
  change_fields (&v);
  printf ("%s: %" PRIu64 " refused, %" PRIu64 " served\n", name, refused,
          served);
  if (refused == 0 || served == 0)
    errx (EXIT_FAILURE, "%s: nothing was proven", name);
  free_vector (&v);
}

int
main (void)
{
  const char *top = getenv ("abs_top_srcdir");
  const char *valgrind = getenv ("EROFSFLAT_VALGRIND");
  char data[2048];
  size_t i;

  snprintf (data, sizeof data, "%s/tests/data", top ? top : "../..");
  if (access (data, R_OK) == -1) {
    printf ("skipped: %s: %s\n", data, strerror (errno));
    return 77;
  }
  if (valgrind != NULL && valgrind[0] != '\0')
    effort = 30;
  setvbuf (stdout, NULL, _IOLBF, 0);
  make_boot ();
  for (i = 0; i < sizeof names / sizeof names[0]; ++i)
    fuzz (data, names[i]);
  return EXIT_SUCCESS;
}
