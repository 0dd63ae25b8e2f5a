/* SPDX-License-Identifier: BSD-3-Clause */
/* Ask an NBD server one thing, and print the answer.
 *
 *   nbd-ask URI flags                 "KEY VALUE" lines
 *   nbd-ask URI read OFFSET LENGTH    the bytes
 *   nbd-ask URI cache OFFSET LENGTH   nothing
 *   nbd-ask URI extents OFFSET LENGTH [one]
 *                                     "START LENGTH TYPE" lines, of one request
 *   nbd-ask URI map [STEP]            the same of the whole device, asked for
 *                                     STEP bytes at a time, neighbours joined
 *
 * TYPE is data, zero (NBD's hole and zero together) or a number.  The extents
 * have to be inside the request, and to make progress.  Where the server
 * reports an error, its name (EIO) is printed on stderr; exit status 3.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnbd.h>

/* The longest that a block status request can ask for. */
#define MAX_STATUS UINT64_C (0xffffffff)

struct extents {
  uint64_t start, end;          /* of the request */
  uint64_t pos;                 /* told of so far */
  uint64_t run_start;           /* of the joined run, with its type */
  uint32_t run_type;
  bool join, has_run;
};

static void
fail (const char *what)
{
  int e = nbd_get_errno ();

  if (e == EIO)
    fprintf (stderr, "EIO\n");
  fprintf (stderr, "%s: %s\n", what, nbd_get_error ());
  exit (e == EIO ? 3 : EXIT_FAILURE);
}

static void
print_run (const struct extents *x)
{
  printf ("%ju %ju ", (uintmax_t) x->run_start,
          (uintmax_t) (x->pos - x->run_start));
  if (x->run_type == 0)
    printf ("data\n");
  else if (x->run_type == (LIBNBD_STATE_HOLE | LIBNBD_STATE_ZERO))
    printf ("zero\n");
  else
    printf ("%u\n", x->run_type);
}

static void
add_extent (struct extents *x, uint64_t len, uint32_t type)
{
  if (len == 0)
    errx (EXIT_FAILURE, "an extent of no bytes at %ju", (uintmax_t) x->pos);
  if (len > x->end - x->pos)
    errx (EXIT_FAILURE, "extent at %ju of %ju bytes is beyond the request",
          (uintmax_t) x->pos, (uintmax_t) len);
  if (x->has_run && (!x->join || x->run_type != type)) {
    print_run (x);
    x->has_run = false;
  }
  if (!x->has_run) {
    x->run_start = x->pos;
    x->run_type = type;
    x->has_run = true;
  }
  x->pos += len;
}

static int
status_callback (void *opaque, const char *context, uint64_t offset,
                 uint32_t *entries, size_t nr_entries, int *error)
{
  struct extents *x = opaque;
  size_t i;

  if (*error || strcmp (context, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0)
    return 0;
  if (offset != x->pos)
    errx (EXIT_FAILURE, "an answer for another offset");
  for (i = 0; i + 1 < nr_entries; i += 2)
    add_extent (x, entries[i], entries[i+1]);
  return 0;
}

static void
ask_extents (struct nbd_handle *nbd, struct extents *x, uint32_t flags)
{
  uint64_t before = x->pos;
  nbd_extent_callback cb = { .callback = status_callback, .user_data = x };

  if (nbd_block_status (nbd, x->end - x->pos, x->pos, cb, flags) == -1)
    fail ("block_status");
  if (x->pos == before)
    errx (EXIT_FAILURE, "no extent at %ju", (uintmax_t) before);
}

static uint64_t
device_size (struct nbd_handle *nbd)
{
  int64_t r = nbd_get_size (nbd);

  if (r == -1)
    fail ("get_size");
  return (uint64_t) r;
}

static void
print_map (struct nbd_handle *nbd, uint64_t step)
{
  struct extents x = { .join = true };
  uint64_t size = device_size (nbd);

  while (x.pos < size) {
    x.start = x.pos;
    x.end = size - x.pos < step ? size : x.pos + step;
    ask_extents (nbd, &x, 0);
  }
  print_run (&x);
}

static void
print_extents (struct nbd_handle *nbd, uint64_t offset, uint64_t len, bool one)
{
  struct extents x = { .start = offset, .pos = offset, .end = offset + len };

  ask_extents (nbd, &x, one ? LIBNBD_CMD_FLAG_REQ_ONE : 0);
  print_run (&x);
}

static void
print_flags (struct nbd_handle *nbd)
{
  printf ("size %ju\n", (uintmax_t) device_size (nbd));
  printf ("read-only %d\n", nbd_is_read_only (nbd));
  printf ("multi-conn %d\n", nbd_can_multi_conn (nbd));
  printf ("cache %d\n", nbd_can_cache (nbd));
  printf ("write-zeroes %d\n", nbd_can_zero (nbd));
  printf ("trim %d\n", nbd_can_trim (nbd));
  printf ("extents %d\n",
          nbd_can_meta_context (nbd, LIBNBD_CONTEXT_BASE_ALLOCATION));
  printf ("minimum %jd\n",
          (intmax_t) nbd_get_block_size (nbd, LIBNBD_SIZE_MINIMUM));
  printf ("preferred %jd\n",
          (intmax_t) nbd_get_block_size (nbd, LIBNBD_SIZE_PREFERRED));
  printf ("maximum %jd\n",
          (intmax_t) nbd_get_block_size (nbd, LIBNBD_SIZE_MAXIMUM));
}

static void
do_read (struct nbd_handle *nbd, uint64_t offset, size_t len)
{
  uint8_t *buf = malloc (len ? len : 1);

  if (buf == NULL)
    err (EXIT_FAILURE, "malloc");
  if (nbd_pread (nbd, buf, len, offset, 0) == -1)
    fail ("read");
  if (fwrite (buf, 1, len, stdout) != len)
    err (EXIT_FAILURE, "write");
  free (buf);
}

static uint64_t
number (const char *text)
{
  return strtoull (text, NULL, 0);
}

int
main (int argc, char *argv[])
{
  struct nbd_handle *nbd = nbd_create ();
  const char *op = argc > 2 ? argv[2] : "";

  if (nbd == NULL
      || nbd_add_meta_context (nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) == -1
      || (argc > 1 && nbd_connect_uri (nbd, argv[1]) == -1))
    fail ("connect");
  if (argc == 3 && strcmp (op, "flags") == 0)
    print_flags (nbd);
  else if (strcmp (op, "map") == 0)
    print_map (nbd, argc > 3 ? number (argv[3]) : MAX_STATUS);
  else if (argc >= 5 && strcmp (op, "extents") == 0)
    print_extents (nbd, number (argv[3]), number (argv[4]), argc > 5);
  else if (argc == 5 && strcmp (op, "read") == 0)
    do_read (nbd, number (argv[3]), number (argv[4]));
  else if (argc == 5 && strcmp (op, "cache") == 0) {
    if (nbd_cache (nbd, number (argv[4]), number (argv[3]), 0) == -1)
      fail ("cache");
  }
  else
    errx (EXIT_FAILURE, "usage: nbd-ask URI OPERATION...");
  if (nbd_shutdown (nbd, 0) == -1)
    fail ("shutdown");
  nbd_close (nbd);
  if (fflush (stdout) == EOF)
    err (EXIT_FAILURE, "write");
  exit (EXIT_SUCCESS);
}
