/* SPDX-License-Identifier: BSD-3-Clause */
/* struct sandbox: takes from a process, for good, what a server of open files
 * does not need.  Afterwards it can open again, for reading, the files that
 * were allowed, and nothing else; what is open already stays usable.  It can
 * create, remove and rename nothing, list no folder, make no connection, run
 * no program (see call_filter.h for more).
 *
 * Opening is refused by Landlock (EACCES), the rest by a filter of system
 * calls.  Landlock is a thread's own and goes over to the threads that it
 * starts: so the process must have one thread only when it enters.
 *
 * Thread-safety: none.
 */
#ifndef EROFSFLAT_SANDBOX_H
#define EROFSFLAT_SANDBOX_H

#include "error.h"

struct sandbox;

/* Find out whether this build and this kernel have all of it; changes nothing
 * yet.  Error: ENOSYS, or the errno of trying it; the text says what is
 * lacking.
 */
extern struct sandbox *sandbox_new (struct error *err)
  __attribute__ ((__nonnull__ (1), __warn_unused_result__));
extern void sandbox_free (struct sandbox *sandbox);     /* NULL is fine */

/* The same as if the kernel's Landlock were not newer than this: for tests. */
extern struct sandbox *sandbox_new_abi (int abi, struct error *err)
  __attribute__ ((__nonnull__ (2), __warn_unused_result__));

/* What is used: "landlock-7,seccomp".  Valid as long as the sandbox. */
extern const char *sandbox_name (const struct sandbox *sandbox)
  __attribute__ ((__nonnull__ (1)));

/* The file behind this descriptor may be opened again for reading. */
extern int sandbox_allow_file (struct sandbox *sandbox, int fd,
                               struct error *err)
  __attribute__ ((__nonnull__ (1, 3), __warn_unused_result__));

/* From now on, nothing else.  After an error the process may be confined in
 * part, and should end.  Error: EBUSY if there are other threads, else the
 * errno of what failed.
 */
extern int sandbox_enter (struct sandbox *sandbox, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

#endif
