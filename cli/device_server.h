/* SPDX-License-Identifier: BSD-3-Clause */
/* struct device_server: a process of its own that attaches an image to this
 * kernel, and serves it until nobody uses the device any more.
 *
 *   device_server_start (&server, image, way, &err);
 *   ... mount server.device ...
 *   device_server_release (&server);
 *
 * Until the release, or until the process that started it ends in whatever
 * way, the server keeps the device alive.  From then on only those do that
 * have the device open, such as a mount; with the last of them all is gone.
 */
#ifndef EROFSFLAT_DEVICE_SERVER_H
#define EROFSFLAT_DEVICE_SERVER_H

#include "attach.h"

struct device_server {
  pid_t pid;
  char device[DEVICE_PATH_MAX];
  int lifeline;                 /* our end; the server waits for its end */
};

/* To be called before there are other threads.  On failure nothing is left
 * behind.  Error: the errno of what failed.
 */
extern int device_server_start (struct device_server *ret,
                                struct image *image,
                                enum attach_way way, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 4), __warn_unused_result__));

extern void device_server_release (struct device_server *server)
  __attribute__ ((__nonnull__ (1)));

/* Release it, and wait until it has ended, as nobody uses the device. */
extern void device_server_stop (struct device_server *server)
  __attribute__ ((__nonnull__ (1)));

#endif
