/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>

#include "log.h"

void
log_debug (const struct log *log, const char *fmt, ...)
{
  va_list args;

  if (log == NULL || log->debug == NULL)
    return;
  va_start (args, fmt);
  log->debug (log->opaque, fmt, args);
  va_end (args);
}

void
log_warning (const struct log *log, const char *fmt, ...)
{
  va_list args;

  if (log == NULL || log->warning == NULL)
    return;
  va_start (args, fmt);
  log->warning (log->opaque, fmt, args);
  va_end (args);
}
