/* SPDX-License-Identifier: BSD-3-Clause */
/* What hashing costs at the speed of its library.
 *
 *   hash-cost BYTES
 *
 * Prints the microseconds of CPU time for so many bytes in pieces of 1 MiB,
 * of BLAKE3 and of CRC-32C.  The piece is always the same one, so that it is
 * in the CPU's cache, as a chunk is that was decoded just now.
 */
#include <config.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "digest.h"
#include "image-model.h"

#define PIECE (1u << 20)

static double
cpu_us (void)
{
  struct timespec t;

  if (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t) == -1)
    err (EXIT_FAILURE, "clock_gettime");
  return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

int
main (int argc, char *argv[])
{
  uint64_t n = argc == 2 ? strtoull (argv[1], NULL, 10) / PIECE : 0, i;
  volatile uint32_t sum = 0;    /* or the calls might be left out */
  uint8_t digest[DIGEST_MAX], *piece = xcalloc (1, PIECE);
  double start, between;

  if (n == 0)
    errx (EXIT_FAILURE, "usage: hash-cost BYTES");
  random_fill (piece, PIECE);
  start = cpu_us ();
  for (i = 0; i < n; i++) {
    if (digest_compute (DIGEST_BLAKE3, piece, PIECE, digest) == -1)
      errx (EXIT_FAILURE, "BLAKE3");
    sum += digest[0];
  }
  between = cpu_us ();
  for (i = 0; i < n; i++)
    sum += digest_crc32c (piece, PIECE);
  printf ("%.0f %.0f\n", between - start, cpu_us () - between);
  (void) sum;
  free (piece);
  exit (EXIT_SUCCESS);
}
