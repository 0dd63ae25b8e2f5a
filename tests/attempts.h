/* SPDX-License-Identifier: BSD-3-Clause */
/* What a confined process must not be able to do, as things to try.
 *
 * The unit tests try them in a process of their own, and the filter
 * sandbox-probe inside a running nbdkit.  Where nothing confines the process,
 * all of them succeed: only then does it mean something that they are refused.
 */
#ifndef EROFSFLAT_ATTEMPTS_H
#define EROFSFLAT_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

/* What the attempts need.  The folder has the files `one', `two' and `three',
 * nothing called `new*', and a listening socket called `socket'; each attempt
 * may be made once.
 */
struct attempt_place {
  const char *folder;
  uint16_t port;                /* of 127.0.0.1, where somebody listens */
  int tcp[2];                   /* open sockets, neither bound nor connected */
  int listener;                 /* one of TCP that listens */
};

struct attempt {
  const char *name;
  int (*make) (const struct attempt_place *place);      /* 0, or an errno */
};
extern const struct attempt attempts[];         /* ends in a NULL name */

/* Refused since ABI 6 of Landlock; the parent must not be confined. */
extern const struct attempt attempt_signal;

/* Is this the errno of something refused, not just failed? */
extern bool is_refusal (int errnum);

/* Open the sockets of a place.  Returns -1 with errno set if it cannot. */
extern int attempt_place_open (struct attempt_place *place);

#endif
