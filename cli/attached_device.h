/* SPDX-License-Identifier: BSD-3-Clause */
/* Which devices of this machine are ours, as the kernel knows it. */
#ifndef EROFSFLAT_ATTACHED_DEVICE_H
#define EROFSFLAT_ATTACHED_DEVICE_H

#include <stdbool.h>
#include <sys/types.h>

#include "server_id.h"

struct attached_device {
  char name[32];                /* "loop0" or "nbd0" */
  struct server_id server;
};

/* False if it is not ours, or not any more. */
extern bool attached_device_find (dev_t device, struct attached_device *ret)
  __attribute__ ((__nonnull__ (2)));

/* Let the kernel remove our nbd devices that have neither a user nor a
 * server.  There is none, unless the server was killed in the moment between
 * making the device and opening it.
 */
extern void attached_device_sweep (void);

#endif
