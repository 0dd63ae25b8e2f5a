/* SPDX-License-Identifier: BSD-3-Clause */
/* Serving an image to the kernel of this machine, as `erofsflat mount' does:
 * a file by FUSE, or a device by NBD.
 *
 * serve_fuse and serve_nbd are the work of one thread; up to SERVE_THREADS do
 * it at once, with the same struct serve.  They return when the kernel wants
 * no more.
 *
 * A read that fails is EIO to the kernel, and a line in the system's log.
 */
#ifndef EROFSFLAT_SERVE_H
#define EROFSFLAT_SERVE_H

#include <pthread.h>
#include <stdint.h>

#include "image.h"

/* How many threads serve. */
#define SERVE_THREADS 16

/* The largest read that is taken, in bytes. */
#define SERVE_MAX_READ (1024 * 1024)

/* NBD connections. */
#define SERVE_LINKS 4

struct serve {
  const struct image *image;
  char *data;                   /* SERVE_MAX_READ bytes for each thread */
  unsigned next_thread;         /* atomic: from 0 */
  int fuse_fd;                  /* /dev/fuse */
  struct serve_link {
    int fd;                     /* our end of a pair of sockets */
    pthread_mutex_t receiving, sending; /* one thread at a time does */
  } links[SERVE_LINKS];         /* of NBD */
};

/* A FUSE file system whose root is a regular file, the flat device. */
extern void serve_fuse (void *opaque);

/* NBD connections, past their handshake. */
extern void serve_nbd (void *opaque);

/* Returns 0, or -1 after it wrote to the log. */
extern int serve_read (const struct image *image, void *buf, uint32_t len,
                       uint64_t offset);

/* The number of the calling thread; called once by each. */
static inline unsigned
serve_take_number (struct serve *serve)
{
  return __atomic_fetch_add (&serve->next_thread, 1, __ATOMIC_RELAXED);
}

#endif
