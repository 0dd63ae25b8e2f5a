/* SPDX-License-Identifier: BSD-3-Clause */
/* Read a device in a virtual machine while its server is killed again and
 * again.  For test-kill-nbd-client.sh.
 *
 *   vm-compare DEVICE RIGHT NAME
 *
 * DEVICE is read at random places, past the page cache, until NAME.stop is
 * there.  What comes must be what the device RIGHT has there.  NAME.counts has
 * the numbers of reads that were right, of wrong ones, and of failed ones;
 * NAME.log tells of the wrong ones, and NAME.got and NAME.right have the bytes
 * of the first; NAME.end is there at the end.  The exit status is not 0, and
 * there is no NAME.end, if RIGHT can not be read.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define SECTOR 512
#define MOST 65536

static uint8_t got[MOST] __attribute__ ((__aligned__ (4096)));
static uint8_t right[MOST];
static const char *name;
static unsigned long n_right, n_wrong, n_failed;

/* NAME.WHAT, until the next call. */
static const char *
path_of (const char *what)
{
  static char path[256];

  snprintf (path, sizeof path, "%s.%s", name, what);
  return path;
}

static FILE *
open_file (const char *what, const char *mode)
{
  FILE *fp = fopen (path_of (what), mode);

  if (fp == NULL)
    err (EXIT_FAILURE, "%s", path_of (what));
  return fp;
}

static void
close_file (FILE *fp)
{
  if (fclose (fp) == EOF)
    err (EXIT_FAILURE, "%s", name);
}

static void
put_file (const char *what, const void *buf, size_t len)
{
  FILE *fp = open_file (what, "w");

  fwrite (buf, 1, len, fp);
  close_file (fp);
}

/* All at once, for whoever reads it meanwhile. */
static void
put_counts (void)
{
  char counts[256];
  FILE *fp = open_file ("new", "w");

  fprintf (fp, "%lu %lu %lu\n", n_right, n_wrong, n_failed);
  close_file (fp);
  snprintf (counts, sizeof counts, "%s", path_of ("counts"));
  if (rename (path_of ("new"), counts) == -1)
    err (EXIT_FAILURE, "%s", counts);
}

static void
tell_wrong (size_t len, off_t offset, size_t asked)
{
  FILE *fp = open_file ("log", "a");
  size_t i, first = len, last = 0, n = 0;
  struct timeval now;

  for (i = 0; i < len; i++) {
    if (got[i] == right[i])
      continue;
    if (first == len)
      first = i;
    last = i;
    n++;
  }
  gettimeofday (&now, NULL);
  fprintf (fp, "%lld.%06ld: %zu bytes of %zu at %lld: %zu are wrong, from "
           "%zu to %zu\n", (long long) now.tv_sec, (long) now.tv_usec, len,
           asked, (long long) offset, n, first, last);
  close_file (fp);
  if (n_wrong > 0)
    return;
  put_file ("got", got, len);
  put_file ("right", right, len);
}

/* Returns how many bytes came; 0 or -1 if none did.  The device is open as long
 * as it gives bytes: it can not be attached again before it has been closed.
 */
static ssize_t
read_device (const char *device, size_t len, off_t offset)
{
  static int fd = -1;
  ssize_t r;

  if (fd == -1)
    fd = open (device, O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (fd == -1)
    return -1;
  /* Not what the last read left. */
  memset (got, 0xa5, sizeof got);
  r = pread (fd, got, len, offset);
  if (r <= 0) {
    close (fd);
    fd = -1;
  }
  return r;
}

static void
read_and_compare (const char *device, int right_fd, uint64_t size)
{
  const size_t len = SECTOR * (1 + (size_t) rand () % (MOST / SECTOR));
  const uint64_t sectors = (size - len) / SECTOR + 1;
  const off_t offset = (off_t) ((uint64_t) rand () % sectors * SECTOR);
  const ssize_t r = read_device (device, len, offset);

  /* A device that is not attached is empty. */
  if (r <= 0) {
    n_failed++;
    usleep (1000);
    return;
  }
  if (pread (right_fd, right, (size_t) r, offset) != r)
    err (EXIT_FAILURE, "what is right can not be read");
  if (memcmp (got, right, (size_t) r) == 0) {
    n_right++;
    return;
  }
  tell_wrong ((size_t) r, offset, len);
  n_wrong++;
}

int
main (int argc, char *argv[])
{
  off_t size;
  int fd;

  if (argc != 4)
    errx (EXIT_FAILURE, "usage: vm-compare DEVICE RIGHT NAME");
  name = argv[3];
  fd = open (argv[2], O_RDONLY | O_CLOEXEC);
  if (fd == -1)
    err (EXIT_FAILURE, "%s", argv[2]);
  size = lseek (fd, 0, SEEK_END);
  if (size < MOST)
    errx (EXIT_FAILURE, "%s: too short", argv[2]);
  srand ((unsigned) getpid ());
  while (access (path_of ("stop"), F_OK) == -1) {
    read_and_compare (argv[1], fd, (uint64_t) size);
    put_counts ();
  }
  put_file ("end", "", 0);
  return EXIT_SUCCESS;
}
