/* SPDX-License-Identifier: BSD-3-Clause */
/* Making a block device of this kernel out of an image that we serve.
 *
 * Whatever happens, nothing of it outlives its last user, because the kernel
 * undoes it: a loop device detaches itself when nobody has it open any more
 * (LO_FLAGS_AUTOCLEAR), an nbd device disconnects and removes itself
 * (NBD_CFLAG_DISCONNECT_ON_CLOSE, NBD_CFLAG_DESTROY_ON_DISCONNECT), and then
 * the server hears that it is done.  There are no sockets with a name, no
 * folders, and the FUSE file system is nowhere mounted: only the loop device
 * has its file.
 */
#ifndef EROFSFLAT_ATTACH_H
#define EROFSFLAT_ATTACH_H

#include <pthread.h>

#include "error.h"
#include "image.h"
#include "serve.h"
#include "server_id.h"

#define DEVICE_PATH_MAX 40

struct attachment {
  struct serve serve;
  struct server_id id;
  void (*work) (void *opaque);  /* serve_fuse or serve_nbd */
  pthread_t threads[SERVE_THREADS];
  unsigned n_threads;           /* that run */
  unsigned block_size;          /* of the device, bytes */
  char device[DEVICE_PATH_MAX]; /* "/dev/..." */
  int device_fd;                /* keeps the device alive until it is closed */
};

enum attach_way { ATTACH_AUTO, ATTACH_NBD, ATTACH_FUSE };

/* Attach, and start to serve; ATTACH_AUTO by fuse where the kernel has no nbd,
 * and if that fails too, the error says why of both.  On failure the process
 * has to end: that undoes what was done.  `image' must live as long as the
 * process.
 */
extern int attach (struct attachment *a, const struct image *image,
                   enum attach_way way, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4), __warn_unused_result__));

/* The ways.  attach_nbd fails with ENOTSUP if the kernel has no nbd. */
extern int attach_fuse (struct attachment *a, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));
extern int attach_nbd (struct attachment *a, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

/* Start the threads, which do a->work. */
extern int attach_start_threads (struct attachment *a, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

/* Let go of the device, and serve until nobody has it any more. */
extern void attach_wait (struct attachment *a)
  __attribute__ ((__nonnull__ (1)));

#endif
