/* SPDX-License-Identifier: BSD-3-Clause */
/* The client of NBD in this kernel, told by netlink what to do. */
#ifndef EROFSFLAT_NBD_NETLINK_H
#define EROFSFLAT_NBD_NETLINK_H

#include <stdint.h>

#include "error.h"

struct nbd_netlink {
  int fd;
  uint16_t family;
};

struct nbd_device {
  uint32_t index;               /* N of /dev/nbdN */
  uint64_t size, block_size;    /* bytes */
  const char *backend;          /* what its sysfs file `backend' shows */
  const int *sockets;           /* connections, past their handshake */
  unsigned n_sockets;
};

/* Error: ENOTSUP if the kernel has no NBD, or not now. */
extern int nbd_netlink_open (struct nbd_netlink *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

extern void nbd_netlink_close (struct nbd_netlink *netlink);

/* Make a read-only device, which disconnects when its last user closes it,
 * and is removed then.  Error: EBUSY if there is a device of this index.
 */
extern int nbd_netlink_connect (const struct nbd_netlink *netlink,
                                const struct nbd_device *device,
                                struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Undo it at once, whoever uses it. */
extern int nbd_netlink_disconnect (const struct nbd_netlink *netlink,
                                   uint32_t index, struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

#endif
