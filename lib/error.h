/* SPDX-License-Identifier: BSD-3-Clause */
/* struct error: one failure, as text for a person and an errno for a program.
 *
 * The text lives in a fixed buffer of the caller's, so that reporting an
 * error can not fail.  Control characters in it (from file names or tags of
 * a hostile image) are replaced by '?', so it is always one line.
 *
 * Convention of this library: functions return -1 or NULL on failure and
 * take a `struct error *' last.  The error is set once, where it is known;
 * callers propagate it, or put the name of their object in front of it.
 *
 * Thread-safety: none needed, a struct error belongs to one call.
 */
#ifndef EROFSFLAT_ERROR_H
#define EROFSFLAT_ERROR_H

/* Longest text, with its NUL.  Two paths of PATH_MAX do not fit; what does
 * not fit is cut and ends in "...".
 */
#define ERROR_TEXT_MAX 2048

struct error {
  int errnum;                   /* EINVAL: bad input; EIO: failed read; ... */
  char text[ERROR_TEXT_MAX];
};

/* Set the error.  Always returns -1, so that `return error_set (...)' is a
 * whole statement.
 */
extern int error_set (struct error *err, int errnum, const char *fmt, ...)
  __attribute__ ((__nonnull__ (1, 3), __format__ (__printf__, 3, 4)));

/* The same, with ": " and the system's text for errnum behind it. */
extern int error_set_errno (struct error *err, int errnum,
                            const char *fmt, ...)
  __attribute__ ((__nonnull__ (1, 3), __format__ (__printf__, 3, 4)));

/* Put a text behind an error already set.  Returns -1. */
extern int error_append (struct error *err, const char *fmt, ...)
  __attribute__ ((__nonnull__ (1, 2), __format__ (__printf__, 2, 3)));

/* Put "CONTEXT: " in front of an error already set.  Returns -1. */
extern int error_prefix (struct error *err, const char *fmt, ...)
  __attribute__ ((__nonnull__ (1, 2), __format__ (__printf__, 2, 3)));

#endif
