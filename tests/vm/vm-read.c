/* SPDX-License-Identifier: BSD-3-Clause */
/* Read in a virtual machine as programs do, and print how long it took, in
 * microseconds.  For bench-vm.sh.
 *
 *   vm-read sequential FILE    all, in order, 128 KiB at a time
 *   vm-read random FILE        4 KiB at each of 256 places
 *   vm-read mapped FILE        the same places of the file mapped into memory,
 *                              as programs and libraries are
 *   vm-read tree FOLDER        all files in it, one after the other
 */
#define _XOPEN_SOURCE 700
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NR_PLACES 256
#define PAGE 4096

static char buf[131072];
static volatile char seen;

static int
open_file (const char *path, off_t *ret_size)
{
  struct stat st;
  int fd = open (path, O_RDONLY);

  if (fd == -1 || fstat (fd, &st) == -1)
    err (EXIT_FAILURE, "%s", path);
  *ret_size = st.st_size;
  return fd;
}

static void
read_sequential (const char *path)
{
  off_t size;
  ssize_t r;
  int fd = open_file (path, &size);

  while ((r = read (fd, buf, sizeof buf)) > 0)
    size -= r;
  if (r == -1)
    err (EXIT_FAILURE, "%s", path);
  if (size != 0)
    errx (EXIT_FAILURE, "%s: it ends too early", path);
  close (fd);
}

/* The same places in every run. */
static off_t
next_place (off_t size)
{
  static uint64_t state = 1;

  state = state * 6364136223846793005u + 1442695040888963407u;
  return (off_t) ((state >> 33) % ((uint64_t) size / PAGE)) * PAGE;
}

static void
read_random (const char *path)
{
  off_t size;
  int i, fd = open_file (path, &size);

  for (i = 0; i < NR_PLACES; i++) {
    if (pread (fd, buf, PAGE, next_place (size)) != PAGE)
      err (EXIT_FAILURE, "%s", path);
  }
  close (fd);
}

static void
read_mapped (const char *path)
{
  off_t size;
  int i, fd = open_file (path, &size);
  const char *map = mmap (NULL, (size_t) size, PROT_READ, MAP_PRIVATE, fd, 0);

  if (map == MAP_FAILED)
    err (EXIT_FAILURE, "%s", path);
  for (i = 0; i < NR_PLACES; i++)
    seen = map[next_place (size)];
  close (fd);
}

static int
visit (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) st;
  (void) ftw;
  if (type == FTW_F)
    read_sequential (path);
  return 0;
}

static void
read_tree (const char *path)
{
  if (nftw (path, visit, 16, FTW_PHYS) == -1)
    err (EXIT_FAILURE, "%s", path);
}

static const struct {
  const char *name;
  void (*read) (const char *path);
} kinds[] = {
  { "sequential", read_sequential },
  { "random", read_random },
  { "mapped", read_mapped },
  { "tree", read_tree },
};

int
main (int argc, char *argv[])
{
  struct timespec start, end;
  size_t i;

  for (i = 0; argc == 3 && i < sizeof kinds / sizeof kinds[0]; i++) {
    if (strcmp (argv[1], kinds[i].name) != 0)
      continue;
    clock_gettime (CLOCK_MONOTONIC, &start);
    kinds[i].read (argv[2]);
    clock_gettime (CLOCK_MONOTONIC, &end);
    printf ("%lld\n", (long long) (end.tv_sec - start.tv_sec) * 1000000 +
            (end.tv_nsec - start.tv_nsec) / 1000);
    return EXIT_SUCCESS;
  }
  errx (EXIT_FAILURE, "usage: vm-read sequential|random|mapped|tree PATH");
}
