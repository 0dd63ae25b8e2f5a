/* SPDX-License-Identifier: BSD-3-Clause */
/* struct server_id: the process that serves a device.
 *
 * The kernel keeps it, as a text, beside the device (the name of a loop
 * device's file, the backend of an nbd device), so that no file of ours can
 * be left behind or be out of date.  The time when the process started tells
 * it from a later one that got the same number.
 */
#ifndef EROFSFLAT_SERVER_ID_H
#define EROFSFLAT_SERVER_ID_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* With its NUL.  A loop device has room for 64. */
#define SERVER_ID_TEXT_MAX 64

struct server_id {
  pid_t pid;
  unsigned long long start;     /* clock ticks since the machine started */
};

/* This process.  Error: that of reading /proc. */
extern int server_id_self (struct server_id *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

extern void server_id_print (const struct server_id *id,
                             char ret[SERVER_ID_TEXT_MAX]);

/* False if it is no text of server_id_print. */
extern bool server_id_parse (const char *text, struct server_id *ret);

/* Wait until the process has ended, at most so long; false if it has not. */
extern bool server_id_wait (const struct server_id *id, int milliseconds);

#endif
