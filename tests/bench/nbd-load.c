/* SPDX-License-Identifier: BSD-3-Clause */
/* Load NBD servers one after the other, and compare what it cost.
 *
 *   nbd-load [OPTION...] NAME PID URI [NAME PID URI]...
 *
 *   -c N      connections, each with a thread (1)
 *   -d N      requests in flight on each (1)
 *   -s BYTES  of a request (262144)
 *   -S BYTES  instead: of any length from 1 to that, at any place
 *   -r        in random order
 *   -w BYTES  keep to the first so many bytes of the device (0: all)
 *   -n BYTES  of one run (0: as many as -w)
 *   -R N      rounds: a round is a run of each server, forwards and backwards
 *             by turns (1)
 *   -o N      rounds before those, which are not counted (0)
 *
 * A sequential run goes on where the server's run before it ended.  Servers
 * are at different places, as some of them serve the same files, and the one
 * that comes second would find them in the CPU's cache.
 *
 * For each server it prints NAME, the median over the rounds of a run's wall
 * time and of the server's CPU time (user and system), both in microseconds;
 * and for all but the first, the medians over the rounds of the first server's
 * wall and CPU time divided by this one's.  PID 0: no CPU time.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libnbd.h>

#define MAX_CONNS 64
#define MAX_DEPTH 64
#define MAX_SERVERS 8
#define MAX_ROUNDS 1000

struct conn {
  struct nbd_handle *nbd;
  pthread_t thread;
  uint8_t *bufs[MAX_DEPTH];
  bool busy[MAX_DEPTH];
  uint64_t next, step, left;    /* of the run, in bytes */
  uint64_t random;              /* state */
};

struct server {
  const char *name;
  pid_t pid;
  struct conn conns[MAX_CONNS];
  uint64_t size, next;
  double wall[MAX_ROUNDS], cpu[MAX_ROUNDS];     /* microseconds */
};

static struct server servers[MAX_SERVERS];
static unsigned nr_servers, nr_conns = 1, depth = 1, rounds = 1, warmups;
static size_t request = 256 * 1024;
static uint64_t within, per_run;
static bool in_random_order, any_length;

static void
fail (const char *what)
{
  errx (EXIT_FAILURE, "%s: %s", what, nbd_get_error ());
}

static uint64_t
random_number (uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static double
clock_us (clockid_t clock)
{
  struct timespec t;

  if (clock_gettime (clock, &t) == -1)
    err (EXIT_FAILURE, "clock_gettime");
  return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static double
cpu_us (pid_t pid)
{
  clockid_t clock;

  if (pid == 0)
    return 0;
  if (clock_getcpuclockid (pid, &clock) != 0)
    errx (EXIT_FAILURE, "no CPU time of process %d", (int) pid);
  return clock_us (clock);
}

static void
connect_server (struct server *s, const char *uri)
{
  unsigned i, j;

  for (i = 0; i < nr_conns; i++) {
    struct conn *c = &s->conns[i];

    c->nbd = nbd_create ();
    if (c->nbd == NULL || nbd_connect_uri (c->nbd, uri) == -1)
      fail (uri);
    c->random = 88172645463325252 + 1000 * (uint64_t) (s - servers) + i;
    for (j = 0; j < depth; j++) {
      c->bufs[j] = malloc (request);
      if (c->bufs[j] == NULL)
        err (EXIT_FAILURE, "malloc");
    }
  }
  s->size = (uint64_t) nbd_get_size (s->conns[0].nbd);
  if (within > 0 && within < s->size)
    s->size = within;
}

static int
completed (void *opaque, int *error)
{
  bool *busy = opaque;

  if (*error)
    errx (EXIT_FAILURE, "read: %s", strerror (*error));
  *busy = false;
  return 1;                     /* forget the command */
}

/* Send one request; the run has less left then. */
static void
start (const struct server *s, struct conn *c, unsigned j)
{
  size_t len = request < c->left ? request : c->left;
  uint64_t offset;

  if (any_length)
    len = 1 + random_number (&c->random) % len;
  if (any_length)
    offset = random_number (&c->random) % (s->size - len + 1);
  else if (in_random_order)
    offset = random_number (&c->random) % (s->size / request) * request;
  else {
    offset = c->next % s->size;
    c->next += c->step;
    if (len > s->size - offset)
      len = s->size - offset;
  }
  c->busy[j] = true;
  c->left -= len;
  if (nbd_aio_pread (c->nbd, c->bufs[j], len, offset,
                     (nbd_completion_callback) { .callback = completed,
                                                 .user_data = &c->busy[j] },
                     0) == -1)
    fail ("aio_pread");
}

struct work { struct server *server; struct conn *conn; };

static void *
run_conn (void *opaque)
{
  struct work *work = opaque;
  struct conn *c = work->conn;
  bool busy = true;
  unsigned j;

  while (busy) {
    busy = false;
    for (j = 0; j < depth; j++) {
      if (!c->busy[j] && c->left > 0)
        start (work->server, c, j);
      busy |= c->busy[j];
    }
    if (busy && nbd_poll (c->nbd, -1) == -1)
      fail ("poll");
  }
  return NULL;
}

/* Requests of a sequential run go to the connections by turns. */
static void
run (struct server *s, unsigned round)
{
  uint64_t bytes = per_run ? per_run : s->size;
  struct work work[MAX_CONNS];
  double wall, cpu = cpu_us (s->pid);
  unsigned i;

  wall = clock_us (CLOCK_MONOTONIC);
  for (i = 0; i < nr_conns; i++) {
    struct conn *c = &s->conns[i];

    c->left = bytes / nr_conns;
    c->next = s->next + i * request;
    c->step = nr_conns * request;
    work[i] = (struct work) { s, c };
    errno = pthread_create (&c->thread, NULL, run_conn, &work[i]);
    if (errno != 0)
      err (EXIT_FAILURE, "pthread_create");
  }
  for (i = 0; i < nr_conns; i++)
    pthread_join (s->conns[i].thread, NULL);
  s->next = (s->next + bytes) % s->size;
  s->wall[round] = clock_us (CLOCK_MONOTONIC) - wall;
  s->cpu[round] = cpu_us (s->pid) - cpu;
}

static void
run_rounds (unsigned n)
{
  unsigned round, i;

  for (round = 0; round < n; round++)
    for (i = 0; i < nr_servers; i++)
      run (&servers[round % 2 == 0 ? i : nr_servers - 1 - i], round);
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The median of v, or of v / w where w is not NULL. */
static double
median (const double *v, const double *w)
{
  double sorted[MAX_ROUNDS];
  unsigned i;

  for (i = 0; i < rounds; i++)
    sorted[i] = w ? v[i] / (w[i] > 0 ? w[i] : 1) : v[i];
  qsort (sorted, rounds, sizeof *sorted, compare);
  return (sorted[(rounds - 1) / 2] + sorted[rounds / 2]) / 2;
}

static void
print_results (void)
{
  const struct server *first = &servers[0], *s;

  for (s = first; s < first + nr_servers; s++) {
    printf ("%s %.0f %.0f", s->name, median (s->wall, NULL),
            median (s->cpu, NULL));
    if (s != first)
      printf (" %.3f %.3f", median (first->wall, s->wall),
              median (first->cpu, s->cpu));
    printf ("\n");
  }
}

static void
close_server (struct server *s)
{
  unsigned i, j;

  for (i = 0; i < nr_conns; i++) {
    if (nbd_shutdown (s->conns[i].nbd, 0) == -1)
      fail ("shutdown");
    nbd_close (s->conns[i].nbd);
    for (j = 0; j < depth; j++)
      free (s->conns[i].bufs[j]);
  }
}

static uint64_t
number (const char *text, uint64_t max)
{
  char *end;
  uint64_t v;

  errno = 0;
  v = strtoull (text, &end, 10);
  if (errno || end == text || *end || v > max)
    errx (EXIT_FAILURE, "%s: expected a number up to %ju", text,
          (uintmax_t) max);
  return v;
}

static void
parse_options (int argc, char *argv[])
{
  int c;

  while ((c = getopt (argc, argv, "c:d:s:S:rw:n:R:o:")) != -1) {
    switch (c) {
    case 'c': nr_conns = (unsigned) number (optarg, MAX_CONNS); break;
    case 'd': depth = (unsigned) number (optarg, MAX_DEPTH); break;
    case 'S': any_length = true; /* fallthrough */
    case 's': request = number (optarg, 32 << 20); break;
    case 'r': in_random_order = true; break;
    case 'w': within = number (optarg, INT64_MAX); break;
    case 'n': per_run = number (optarg, INT64_MAX); break;
    case 'R': rounds = (unsigned) number (optarg, MAX_ROUNDS); break;
    case 'o': warmups = (unsigned) number (optarg, MAX_ROUNDS); break;
    default: exit (EXIT_FAILURE);
    }
  }
  if (nr_conns < 1 || depth < 1 || request < 1 || rounds < 1 ||
      optind == argc || (argc - optind) % 3 != 0 ||
      argc - optind > 3 * MAX_SERVERS)
    errx (EXIT_FAILURE, "usage: nbd-load [OPTION...] NAME PID URI...");
}

int
main (int argc, char *argv[])
{
  unsigned i;

  parse_options (argc, argv);
  for (i = (unsigned) optind; i < (unsigned) argc; i += 3) {
    struct server *s = &servers[nr_servers++];

    s->name = argv[i];
    s->pid = (pid_t) number (argv[i + 1], INT32_MAX);
    connect_server (s, argv[i + 2]);
  }
  run_rounds (warmups);
  for (i = 0; i < nr_servers; i++)
    servers[i].next = servers[i].size / nr_servers * i / request * request;
  run_rounds (rounds);
  print_results ();
  for (i = 0; i < nr_servers; i++)
    close_server (&servers[i]);
  exit (EXIT_SUCCESS);
}
