/* SPDX-License-Identifier: BSD-3-Clause */
/* struct log: where debugging messages and warnings go.
 *
 * The library never prints.  A caller that wants to hear what it does gives
 * callbacks; NULL anywhere means silence.  They must be safe to call from any
 * thread.
 */
#ifndef EROFSFLAT_LOG_H
#define EROFSFLAT_LOG_H

#include <stdarg.h>

struct log {
  /* One line, without a newline.  The caller formats, so that nothing is
   * formatted for a log that is off.
   */
  void (*debug) (void *opaque, const char *fmt, va_list args)
    __attribute__ ((__format__ (__printf__, 2, 0)));
  /* The same, of what the user should know though it is no error. */
  void (*warning) (void *opaque, const char *fmt, va_list args)
    __attribute__ ((__format__ (__printf__, 2, 0)));
  void *opaque;
};

extern void log_debug (const struct log *log, const char *fmt, ...)
  __attribute__ ((__nonnull__ (2), __format__ (__printf__, 2, 3)));
extern void log_warning (const struct log *log, const char *fmt, ...)
  __attribute__ ((__nonnull__ (2), __format__ (__printf__, 2, 3)));

#endif
