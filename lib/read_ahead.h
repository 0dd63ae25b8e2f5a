/* SPDX-License-Identifier: BSD-3-Clause */
/* struct read_ahead: threads that load what a sequential reader will ask for.
 *
 * A client with one request in flight keeps one core decoding.  When a source
 * sees that it is read in order, it pushes the next chunks here, and they are
 * in the cache when the client comes to them.  It is all a hint: a push into a
 * full queue is dropped, a load that fails is forgotten (the read will say
 * so).
 *
 * Thread-safety: push from any thread; the others by the owner only.
 */
#ifndef EROFSFLAT_READ_AHEAD_H
#define EROFSFLAT_READ_AHEAD_H

#include <stdint.h>

#include "error.h"
#include "source.h"

struct read_ahead;

/* So many chunks may wait. */
#define READ_AHEAD_QUEUE 256

/* Load chunk number `chunk' of the source. */
typedef void (*read_ahead_fn) (struct source *source, uint32_t chunk);

/* Does nothing until it is started.  Error: ENOMEM. */
extern struct read_ahead *read_ahead_new (struct error *err)
  __attribute__ ((__nonnull__ (1)));

/* Start the threads: after a fork, which they would not survive.  Error: that
 * of pthread_create.
 */
extern int read_ahead_start (struct read_ahead *ahead, unsigned threads,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

/* Stop the threads and drop what is queued, with the references to sources. */
extern void read_ahead_stop (struct read_ahead *ahead);
extern void read_ahead_free (struct read_ahead *ahead);         /* stops too */

/* Are there threads?  If not, pushing is no use. */
extern bool read_ahead_is_running (struct read_ahead *ahead);

/* Queue one chunk; takes a reference to the source until it is done. */
extern void read_ahead_push (struct read_ahead *ahead, struct source *source,
                             uint32_t chunk, read_ahead_fn load)
  __attribute__ ((__nonnull__ (1, 2, 4)));

#endif
