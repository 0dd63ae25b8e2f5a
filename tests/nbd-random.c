/* SPDX-License-Identifier: BSD-3-Clause */
/* Read an NBD device in random order and compare it with a file.
 *
 *   nbd-random [OPTION...] URI FILE
 *
 *   -c N      connections (4)
 *   -n N      requests in flight on each connection (8)
 *   -r N      so many reads of any offset and length (2000)
 *   -e EDGES  a file of offsets: half of the reads begin or end near one
 *   -b SIZE   instead: read each block of that size, in random order ...
 *   -p N      ... N times (1)
 *   -s SEED
 *
 * Prints how many bytes it compared.  Exit status 1 at the first difference.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libnbd.h>

#include "flat-file.h"
#include "image-model.h"

#define MAX_CONNS 16
#define MAX_READ (256 * 1024)

struct request { uint64_t offset; size_t len; };

/* A read that is under way. */
struct flight {
  bool busy;
  struct request request;
  int64_t cookie;
  uint8_t *buf;
};

struct conn {
  struct nbd_handle *nbd;
  struct flight *flights;
};

static struct conn conns[MAX_CONNS];
static unsigned nr_conns = 4, nr_flights = 8;
static struct flat_file flat;
static uint64_t *edges;
static size_t nr_edges;
static uint64_t compared;

static void
fail (const char *what)
{
  errx (EXIT_FAILURE, "%s: %s", what, nbd_get_error ());
}

static void
load_edges (const char *path)
{
  FILE *fp = fopen (path, "r");
  uintmax_t v;

  edges = xcalloc (1 << 20, sizeof *edges);
  if (fp == NULL)
    err (EXIT_FAILURE, "%s", path);
  while (nr_edges < 1 << 20 && fscanf (fp, "%ju", &v) == 1)
    edges[nr_edges++] = v;
  fclose (fp);
}

static void
connect_all (const char *uri)
{
  unsigned i, j;

  for (i = 0; i < nr_conns; i++) {
    conns[i].nbd = nbd_create ();
    if (conns[i].nbd == NULL || nbd_connect_uri (conns[i].nbd, uri) == -1)
      fail (uri);
    if (nbd_get_size (conns[i].nbd) != (int64_t) flat.size)
      errx (EXIT_FAILURE, "the device has %jd bytes, the file %ju",
            (intmax_t) nbd_get_size (conns[i].nbd), (uintmax_t) flat.size);
    conns[i].flights = xcalloc (nr_flights, sizeof *conns[i].flights);
    for (j = 0; j < nr_flights; j++)
      conns[i].flights[j].buf = xcalloc (1, MAX_READ);
  }
}

/* Any length from 1, short ones as likely as long ones. */
static struct request
random_request (void)
{
  struct request r;
  uint64_t back;

  r.len = 1 + random_below (UINT64_C (1) << random_below (19));
  r.offset = random_below (flat.size);
  if (nr_edges > 0 && random_below (2)) {
    r.offset = edges[random_below (nr_edges)];
    back = random_below (2) ? random_below (r.len + 1) : random_below (3);
    r.offset = r.offset > back ? r.offset - back : 0;
    if (r.offset >= flat.size)
      r.offset = flat.size - 1;
  }
  if (r.len > flat.size - r.offset)
    r.len = flat.size - r.offset;
  return r;
}

/* The requests of all passes over the blocks of the device. */
static struct request *
block_requests (size_t block, unsigned passes, size_t *ret_n)
{
  size_t n = (flat.size + block - 1) / block, i, j, k = 0;
  struct request *v = xcalloc (n * passes, sizeof *v), t;
  unsigned pass;

  for (pass = 0; pass < passes; pass++) {
    for (i = 0; i < n; i++, k++) {
      v[k].offset = i * block;
      v[k].len = flat.size - i * block < block ? flat.size - i * block : block;
    }
    for (i = n; i > 1; i--) {
      j = pass * n + random_below (i);
      t = v[pass * n + i - 1];
      v[pass * n + i - 1] = v[j];
      v[j] = t;
    }
  }
  *ret_n = n * passes;
  return v;
}

static void
start (struct conn *conn, struct flight *f, struct request r)
{
  f->request = r;
  memset (f->buf, 0xa5, r.len);
  f->cookie = nbd_aio_pread (conn->nbd, f->buf, r.len, r.offset,
                             NBD_NULL_COMPLETION, 0);
  if (f->cookie == -1)
    fail ("aio_pread");
  f->busy = true;
}

static void
compare (const struct flight *f)
{
  flat_file_compare (&flat, f->buf, f->request.len, f->request.offset);
  compared += f->request.len;
}

/* Compare what has been answered; true if something is under way still. */
static bool
collect (struct conn *conn)
{
  bool busy = false;
  unsigned i;
  int r;

  for (i = 0; i < nr_flights; i++) {
    struct flight *f = &conn->flights[i];

    if (!f->busy)
      continue;
    r = nbd_aio_command_completed (conn->nbd, (uint64_t) f->cookie);
    if (r == -1)
      fail ("read");
    if (r == 0)
      busy = true;
    else {
      compare (f);
      f->busy = false;
    }
  }
  return busy;
}

static void
wait_for_any (void)
{
  struct pollfd fds[MAX_CONNS];
  unsigned i, dir;

  for (i = 0; i < nr_conns; i++) {
    dir = nbd_aio_get_direction (conns[i].nbd);
    fds[i].fd = nbd_aio_get_fd (conns[i].nbd);
    fds[i].events = (short) ((dir & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0)
                             | (dir & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT
                                : 0));
    fds[i].revents = 0;
  }
  if (poll (fds, nr_conns, -1) == -1)
    err (EXIT_FAILURE, "poll");
  for (i = 0; i < nr_conns; i++) {
    dir = nbd_aio_get_direction (conns[i].nbd);
    if (fds[i].revents & (POLLIN | POLLHUP)
        && dir & LIBNBD_AIO_DIRECTION_READ) {
      if (nbd_aio_notify_read (conns[i].nbd) == -1)
        fail ("notify_read");
    }
    else if (fds[i].revents & POLLOUT && dir & LIBNBD_AIO_DIRECTION_WRITE) {
      if (nbd_aio_notify_write (conns[i].nbd) == -1)
        fail ("notify_write");
    }
  }
}

/* Keep every connection full; `list' may be NULL for random requests. */
static void
run (const struct request *list, size_t n)
{
  size_t next = 0;
  unsigned i, j;
  bool busy;

  for (;;) {
    busy = false;
    for (i = 0; i < nr_conns; i++) {
      collect (&conns[i]);
      for (j = 0; j < nr_flights && next < n; j++) {
        if (!conns[i].flights[j].busy)
          start (&conns[i], &conns[i].flights[j],
                 list ? list[next] : random_request ()), next++;
      }
      busy = collect (&conns[i]) || busy;
    }
    if (busy)
      wait_for_any ();
    else if (next == n)
      return;
  }
}

static void
close_all (void)
{
  unsigned i, j;

  for (i = 0; i < nr_conns; i++) {
    if (nbd_shutdown (conns[i].nbd, 0) == -1)
      fail ("shutdown");
    nbd_close (conns[i].nbd);
    for (j = 0; j < nr_flights; j++)
      free (conns[i].flights[j].buf);
    free (conns[i].flights);
  }
  free (edges);
}

int
main (int argc, char *argv[])
{
  struct request *list = NULL;
  size_t n = 2000, block = 0;
  unsigned passes = 1;
  int c;

  while ((c = getopt (argc, argv, "c:n:r:e:b:p:s:")) != -1) {
    switch (c) {
    case 'c': nr_conns = (unsigned) strtoul (optarg, NULL, 10); break;
    case 'n': nr_flights = (unsigned) strtoul (optarg, NULL, 10); break;
    case 'r': n = strtoul (optarg, NULL, 10); break;
    case 'e': load_edges (optarg); break;
    case 'b': block = strtoul (optarg, NULL, 10); break;
    case 'p': passes = (unsigned) strtoul (optarg, NULL, 10); break;
    case 's': random_seed (strtoul (optarg, NULL, 10)); break;
    default: exit (EXIT_FAILURE);
    }
  }
  if (optind != argc - 2 || nr_conns < 1 || nr_conns > MAX_CONNS
      || nr_flights < 1 || block > MAX_READ)
    errx (EXIT_FAILURE, "usage: nbd-random [OPTION...] URI FILE");

  flat = flat_file_map (argv[optind + 1]);
  connect_all (argv[optind]);
  if (block)
    list = block_requests (block, passes, &n);
  run (list, n);
  free (list);
  close_all ();
  printf ("%ju bytes in %zu reads are right\n", (uintmax_t) compared, n);
  exit (EXIT_SUCCESS);
}
