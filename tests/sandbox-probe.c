/* SPDX-License-Identifier: BSD-3-Clause */
/* An nbdkit filter that tries, inside the server, what sandbox=on refuses.
 *
 *   nbdkit --filter=.../sandbox-probe.so erofsflat ... \
 *          probe-folder=DIR probe-port=PORT
 *
 * DIR and PORT are as struct attempt_place wants them.  A read at 0 makes all
 * attempts and gives, instead of the data, a line for each: "NAME done",
 * "NAME refused: WHY" or "NAME failed: WHY", then newlines.  The thread that
 * does it is one of those that serve clients.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbdkit-filter.h>

#include "attempts.h"

/* nbdkit gives a filter no other place for the state of all connections. */
static struct attempt_place place;

static int
probe_config (nbdkit_next_config *next, nbdkit_backend *backend,
              const char *key, const char *value)
{
  if (strcmp (key, "probe-folder") == 0) {
    place.folder = value;       /* nbdkit keeps it */
    return 0;
  }
  if (strcmp (key, "probe-port") == 0) {
    place.port = (uint16_t) strtoul (value, NULL, 10);
    return 0;
  }
  return next (backend, key, value);
}

static int
probe_get_ready (int thread_model)
{
  (void) thread_model;
  if (attempt_place_open (&place) == 0)
    return 0;
  nbdkit_error ("socket: %m");
  return -1;
}

static void
report_attempt (FILE *fp, const struct attempt *attempt)
{
  int errnum = attempt->make (&place);

  if (errnum == 0)
    fprintf (fp, "%s done\n", attempt->name);
  else
    fprintf (fp, "%s %s: %s\n", attempt->name,
             is_refusal (errnum) ? "refused" : "failed", strerror (errnum));
}

static int
probe_pread (nbdkit_next *next, void *handle, void *buf, uint32_t count,
             uint64_t offset, uint32_t flags, int *err)
{
  const struct attempt *attempt;
  char *text = NULL;
  size_t len = 0;
  FILE *fp;

  (void) handle;
  if (offset > 0)
    return next->pread (next, buf, count, offset, flags, err);
  fp = open_memstream (&text, &len);
  if (fp == NULL) {
    *err = errno;
    return -1;
  }
  for (attempt = attempts; attempt->name != NULL; ++attempt)
    report_attempt (fp, attempt);
  report_attempt (fp, &attempt_signal);
  fclose (fp);
  memset (buf, '\n', count);
  memcpy (buf, text, len < count ? len : count);
  free (text);
  return 0;
}

static struct nbdkit_filter filter = {
  .name = "sandbox-probe",
  .config = probe_config,
  .get_ready = probe_get_ready,
  .pread = probe_pread,
};

NBDKIT_REGISTER_FILTER (filter)
