/* SPDX-License-Identifier: BSD-3-Clause */
/* struct progress: a bar on standard error, if that is a terminal. */
#ifndef EROFSFLAT_PROGRESS_H
#define EROFSFLAT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
  bool is_shown;
  uint64_t total;
  int64_t last;                 /* milliseconds, when it was drawn */
};

extern struct progress progress_begin (uint64_t total, bool quiet);
extern void progress_update (struct progress *progress, uint64_t done);

/* Clear the bar's line for a message; the next update draws it again. */
extern void progress_pause (struct progress *progress);

/* Leave the bar's line, so that a message can follow. */
extern void progress_end (struct progress *progress);

#endif
