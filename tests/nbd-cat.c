/* SPDX-License-Identifier: BSD-3-Clause */
/* Write a whole NBD device to stdout.
 *
 *   nbd-cat [-s REQUEST-SIZE] [-c CONNECTIONS] [-n IN-FLIGHT] URI
 *
 * Request i goes to connection i % CONNECTIONS; so many as are in flight are
 * all sent before the first answer is waited for.
 */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libnbd.h>

static struct nbd_handle *conns[16];
static unsigned nr_conns = 1;

static void
fail (const char *what)
{
  errx (EXIT_FAILURE, "%s: %s", what, nbd_get_error ());
}

static void
connect_all (const char *uri)
{
  unsigned i;

  for (i = 0; i < nr_conns; i++) {
    conns[i] = nbd_create ();
    if (conns[i] == NULL || nbd_connect_uri (conns[i], uri) == -1)
      fail (uri);
    if (i > 0 && nbd_can_multi_conn (conns[i]) != 1)
      errx (EXIT_FAILURE, "multi-conn is not announced");
  }
}

/* Wait until connection i has the answer to `cookie'. */
static void
wait_for (struct nbd_handle *nbd, int64_t cookie)
{
  int r;

  while ((r = nbd_aio_command_completed (nbd, (uint64_t) cookie)) == 0) {
    if (nbd_poll (nbd, -1) == -1)
      fail ("poll");
  }
  if (r == -1)
    fail ("read");
}

/* Read [offset, offset+len) in requests of `step' bytes, all at once. */
static void
read_window (uint8_t *buf, uint64_t offset, size_t len, size_t step)
{
  int64_t cookies[1024];
  size_t pos, n = 0, i, size;

  for (pos = 0; pos < len; pos += step, n++) {
    assert (n < sizeof cookies / sizeof cookies[0]);
    size = len - pos < step ? len - pos : step;
    cookies[n] = nbd_aio_pread (conns[n % nr_conns], buf + pos, size,
                                offset + pos, NBD_NULL_COMPLETION, 0);
    if (cookies[n] == -1)
      fail ("aio_pread");
  }
  for (i = 0; i < n; i++)
    wait_for (conns[i % nr_conns], cookies[i]);
}

int
main (int argc, char *argv[])
{
  size_t step = 65536, in_flight = 1, window;
  uint64_t offset, size;
  uint8_t *buf;
  int64_t r;
  unsigned i;
  int c;

  while ((c = getopt (argc, argv, "s:c:n:")) != -1) {
    switch (c) {
    case 's': step = strtoul (optarg, NULL, 10); break;
    case 'c': nr_conns = (unsigned) strtoul (optarg, NULL, 10); break;
    case 'n': in_flight = strtoul (optarg, NULL, 10); break;
    default: exit (EXIT_FAILURE);
    }
  }
  if (optind != argc - 1 || step == 0 || nr_conns < 1 || nr_conns > 16
      || in_flight < 1 || in_flight > 1024)
    errx (EXIT_FAILURE, "usage: nbd-cat [-s SIZE] [-c CONNS] [-n N] URI");

  connect_all (argv[optind]);
  r = nbd_get_size (conns[0]);
  if (r == -1)
    fail ("get_size");
  size = (uint64_t) r;
  buf = malloc (step * in_flight);
  if (buf == NULL)
    err (EXIT_FAILURE, "malloc");

  for (offset = 0; offset < size; offset += window) {
    window = step * in_flight;
    if (window > size - offset)
      window = size - offset;
    read_window (buf, offset, window, step);
    if (fwrite (buf, 1, window, stdout) != window)
      err (EXIT_FAILURE, "write");
  }
  if (fflush (stdout) == EOF)
    err (EXIT_FAILURE, "write");
  for (i = 0; i < nr_conns; i++) {
    if (nbd_shutdown (conns[i], 0) == -1)
      fail ("shutdown");
    nbd_close (conns[i]);
  }
  free (buf);
  exit (EXIT_SUCCESS);
}
