/* SPDX-License-Identifier: BSD-3-Clause */
/* Real images read at random by many threads, while the cache is far too
 * small, or not, and others decode ahead: the bytes are those of the flat
 * device.  Meant for ThreadSanitizer above all.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "testing.h"
#include "vector_fixture.h"

#define N_THREADS 8
#define MAX_READ 300000u

static const char *const caches[] = { "0", "70k", "1M", "64M" };

struct reading {
  const struct image *image;
  const uint8_t *flat;
  unsigned seed, n;
  atomic_uint *wrong;
};

static void *
read_much (void *opaque)
{
  struct reading *r = opaque;
  uint64_t size = image_size (r->image), offset = 0, len = 0;
  uint8_t *buf = malloc (MAX_READ);
  struct error err;
  unsigned i;

  for (i = 0; buf != NULL && i < r->n; ++i) {
    /* Some reads go on where the last one ended, which is decoded ahead. */
    offset = i % 8 < 3 && offset + len < size ? offset + len :
      (uint64_t) rand_r (&r->seed) % size;
    len = 1 + (uint64_t) rand_r (&r->seed) % (i % 4 == 0 ? MAX_READ : 9000);
    if (len > size - offset)
      len = size - offset;
    if (image_pread (r->image, buf, len, offset, &err) == -1 ||
        memcmp (buf, r->flat + offset, len) != 0)
      atomic_fetch_add (r->wrong, 1);
  }
  free (buf);
  return NULL;
}

START_TEST (at_random)
{
  const char *name = vector_names[_i / 4];
  struct reading r[N_THREADS];
  pthread_t ids[N_THREADS];
  atomic_uint wrong = 0;
  struct image *image;
  struct error err;
  uint8_t *flat;
  unsigned i;

  copy_vector (name);
  image = open_vector ("64M");
  flat = read_vector (image, name);
  image_close (image);
  image = open_vector (caches[_i % 4]);
  ck_assert_int_eq (image_start_threads (image, &err), 0);
  for (i = 0; i < N_THREADS; ++i) {
    r[i] = (struct reading) {
      image, flat, (unsigned) rnd (1 << 30), rounds (40), &wrong
    };
    ck_assert_int_eq (pthread_create (&ids[i], NULL, read_much, &r[i]), 0);
  }
  for (i = 0; i < N_THREADS; ++i)
    pthread_join (ids[i], NULL);
  ck_assert_uint_eq (wrong, 0);
  image_close (image);
  free (flat);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("vector_threads");

  tcase_add_loop_test (t, at_random, 0, 4 * N_VECTORS);
  return tests_run ();
}
