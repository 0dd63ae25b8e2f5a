/* SPDX-License-Identifier: BSD-3-Clause */
/* A crew: threads that do the same work, such as taking jobs from one list. */
#ifndef EROFSFLAT_CREW_H
#define EROFSFLAT_CREW_H

#define CREW_MAX 1024

/* As many as there are cores that this process may use. */
extern unsigned crew_default_size (void);

/* Call `work' in `n' threads, the caller's among them, and wait for all.  If
 * there can not be that many, fewer do it.
 */
extern void crew_run (unsigned n, void (*work) (void *opaque), void *opaque)
  __attribute__ ((__nonnull__ (2)));

#endif
