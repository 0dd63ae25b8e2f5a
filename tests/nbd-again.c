/* SPDX-License-Identifier: BSD-3-Clause */
/* A client that goes on: reads an NBD device at random, compares every byte
 * with a file, and opens the device again whenever the connection is lost.
 *
 *   nbd-again [-1] URI FILE PROGRESS
 *
 *   -1         stay with the first connection: a read that fails is an error
 *   PROGRESS   a file that grows by a byte with every read
 *
 * Runs until SIGTERM, then prints what it did.  Exit status 1 at the first byte
 * that differs, or if a read fails although the connection is there.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libnbd.h>

#include "flat-file.h"
#include "image-model.h"

#define MAX_READ (256 * 1024)

/* Opening a server that is about to be started again: 20 ms apart. */
#define PAUSE_US 20000

static volatile sig_atomic_t ended;
static struct flat_file flat;
static uint64_t total;
static unsigned opened;
static int progress_fd;

static void
end (int sig)
{
  (void) sig;
  ended = 1;
}

/* Try until there is a server.  NULL when it is time to end. */
static struct nbd_handle *
open_device (const char *uri)
{
  struct nbd_handle *nbd;

  while (!ended) {
    nbd = nbd_create ();
    if (nbd == NULL)
      errx (EXIT_FAILURE, "%s", nbd_get_error ());
    if (nbd_connect_uri (nbd, uri) == 0) {
      if (nbd_get_size (nbd) != (int64_t) flat.size)
        errx (EXIT_FAILURE, "the device has %" PRIi64 " bytes, the file %"
              PRIu64, nbd_get_size (nbd), flat.size);
      opened++;
      return nbd;
    }
    nbd_close (nbd);
    usleep (PAUSE_US);
  }
  return NULL;
}

/* Read until the connection is lost (false) or it is time to end (true). */
static bool
read_much (struct nbd_handle *nbd)
{
  static uint8_t buf[MAX_READ];
  uint64_t offset;
  size_t len;

  while (!ended) {
    len = 1 + random_below (UINT64_C (1) << random_below (19));
    offset = random_below (flat.size);
    if (len > flat.size - offset)
      len = flat.size - offset;
    if (nbd_pread (nbd, buf, len, offset, 0) == -1) {
      if (nbd_aio_is_ready (nbd) == 1)
        errx (EXIT_FAILURE, "%s", nbd_get_error ());
      return false;
    }
    flat_file_compare (&flat, buf, len, offset);
    total += len;
    if (write (progress_fd, "+", 1) != 1)
      err (EXIT_FAILURE, "progress");
  }
  return true;
}

int
main (int argc, char *argv[])
{
  const struct sigaction action = { .sa_handler = end };
  bool only_once = argc == 5 && strcmp (argv[1], "-1") == 0;
  struct nbd_handle *nbd;

  argv += only_once;
  if (argc - only_once != 4)
    errx (EXIT_FAILURE, "usage: nbd-again [-1] URI FILE PROGRESS");
  sigaction (SIGTERM, &action, NULL);
  random_seed ((uint64_t) getpid ());
  flat = flat_file_map (argv[2]);
  progress_fd = open (argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                      0666);
  if (progress_fd == -1)
    err (EXIT_FAILURE, "%s", argv[3]);

  while ((nbd = open_device (argv[1])) != NULL) {
    if (!read_much (nbd) && only_once)
      errx (EXIT_FAILURE, "%s", nbd_get_error ());
    nbd_close (nbd);
  }
  printf ("%" PRIu64 " bytes are right, opened %u times\n", total, opened);
  exit (EXIT_SUCCESS);
}
