/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "pool_files.h"

#define N_THREADS 8

/* How many descriptors of this process are open. */
unsigned
count_descriptors (void)
{
  unsigned n = 0;
  int fd;

  for (fd = 0; fd < 2048; ++fd)
    n += fcntl (fd, F_GETFD) != -1;
  return n;
}

void
make_files (unsigned n)
{
  char name[32];
  unsigned i;

  for (i = 0; i < n; ++i) {
    snprintf (name, sizeof name, "%u", i);
    put_pattern (name, i, 100 + i);
  }
}

void
add_files (struct file_pool *pool, struct folder *folder,
           struct pooled_file **files, unsigned n)
{
  char name[32];
  unsigned i;

  for (i = 0; i < n; ++i) {
    snprintf (name, sizeof name, "%u", i);
    files[i] = add_file (pool, folder, name);
  }
}

/* Read file number `i' through the pool.  Fails as pooled_file_acquire. */
int
read_file (struct pooled_file *file, unsigned i, struct error *err)
{
  int fd = pooled_file_acquire (file, err);
  uint8_t buf[1024];
  ssize_t n;

  if (fd == -1)
    return -1;
  n = pread (fd, buf, sizeof buf, 0);
  pooled_file_release (file);
  if (n != (ssize_t) (100 + i) || !pattern_is (buf, (size_t) n, i, 0))
    ck_abort_msg ("other bytes, file %u", i);
  return 0;
}

void
read_file_well (struct pooled_file *file, unsigned i)
{
  struct error err;

  ck_assert_msg (read_file (file, i, &err) == 0, "%s", err.text);
}

struct job {
  struct pooled_file **files;
  unsigned n_files, reads;
  uint64_t random;
};

/* check's assertions may not be used in a thread of a test that does not
 * fork; a wrong byte or error is counted instead.
 */
static void *
read_at_random (void *opaque)
{
  struct job *job = opaque;
  uint64_t x = job->random | 1;
  uintptr_t wrong = 0;
  struct error err;
  uint8_t buf[512];
  unsigned n;

  for (n = 0; n < job->reads; ++n) {
    unsigned i;
    ssize_t r;
    int fd;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    i = (unsigned) (x % job->n_files);
    fd = pooled_file_acquire (job->files[i], &err);
    if (fd == -1) {
      wrong++;
      continue;
    }
    r = pread (fd, buf, sizeof buf, 0);
    if (r != (ssize_t) (100 + i) || !pattern_is (buf, (size_t) r, i, 0))
      wrong++;
    pooled_file_release (job->files[i]);
  }
  return (void *) wrong;
}

/* Returns how many reads went wrong. */
uintptr_t
read_by_threads (struct pooled_file **files, unsigned n_files, unsigned reads)
{
  struct job jobs[N_THREADS];
  pthread_t threads[N_THREADS];
  uintptr_t wrong = 0;
  unsigned i;
  void *r;

  alarm (60);                  /* a deadlock ends here */
  for (i = 0; i < N_THREADS; ++i) {
    jobs[i] = (struct job) {
      .files = files, .n_files = n_files, .reads = reads, .random = rnd (0)
    };
    ck_assert_int_eq (pthread_create (&threads[i], NULL, read_at_random,
                                      &jobs[i]), 0);
  }
  for (i = 0; i < N_THREADS; ++i) {
    ck_assert_int_eq (pthread_join (threads[i], &r), 0);
    wrong += (uintptr_t) r;
  }
  alarm (0);
  return wrong;
}
