/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls that a confined process may not make (seccomp).
 *
 * Refused are calls that make or name a connection, run a program, change what
 * a file is called, owned or allowed, reach into other processes, or change
 * the system; calls that would go round the others (io_uring, descriptors that
 * somebody passes); and all that Linux has got since this list was written.
 * Opening and writing files is for Landlock to refuse, see sandbox.h.
 *
 * A refused call fails with EPERM; ioctl with ENOTTY and a newer call with
 * ENOSYS, as where they do not exist.  A call in another architecture's way
 * (32 bits, x32) ends the process.
 */
#ifndef EROFSFLAT_CALL_FILTER_H
#define EROFSFLAT_CALL_FILTER_H

#include <stdbool.h>

#include "error.h"

/* Can it be had in this build and on this kernel?  Error: ENOSYS. */
extern int call_filter_check (struct error *err)
  __attribute__ ((__nonnull__ (1), __warn_unused_result__));

/* Refuse them from now on, in all threads.  There is no way back.
 * `without_openat2' refuses that call too (ENOSYS), whose flags no filter can
 * see: for a Landlock that does not know truncation.  Error: the errno of what
 * failed.
 */
extern int call_filter_enter (bool without_openat2, struct error *err)
  __attribute__ ((__nonnull__ (2), __warn_unused_result__));

#endif
