/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define BAR_WIDTH 50
#define INTERVAL 100            /* milliseconds */

struct progress
progress_begin (uint64_t total, bool quiet)
{
  return (struct progress) {
    .is_shown = !quiet && total > 0 && isatty (STDERR_FILENO),
    .total = total,
    .last = -INTERVAL,
  };
}

static int64_t
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_update (struct progress *progress, uint64_t done)
{
  static const char full[BAR_WIDTH + 1] =
    "==================================================";
  int64_t t;
  double part;
  int n;

  if (!progress->is_shown)
    return;
  t = now ();
  if (done < progress->total && t - progress->last < INTERVAL)
    return;
  progress->last = t;
  part = (double) done / (double) progress->total;
  n = (int) (part * BAR_WIDTH);
  fprintf (stderr, "\r%3d%% [%.*s%*s]", (int) (part * 100), n, full,
           BAR_WIDTH - n, "");
  fflush (stderr);
}

void
progress_pause (struct progress *progress)
{
  if (progress->is_shown)
    fprintf (stderr, "\r%*s\r", BAR_WIDTH + 8, "");
  progress->last = -INTERVAL;
}

void
progress_end (struct progress *progress)
{
  if (progress->is_shown)
    fputc ('\n', stderr);
  progress->is_shown = false;
}
