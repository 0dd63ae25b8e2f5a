/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "stats_text.h"
#include "utf8.h"

/* The value of a label: in a name of a file anything may stand, but one byte
 * that is not UTF-8 would make the reader refuse the whole file.  Returns NULL
 * if there is no memory.
 */
static char *
escape (const char *s)
{
  char *text = calloc (strlen (s) + 1, 2), *p = text;
  size_t n;

  if (text == NULL)
    return NULL;
  for (; *s; s += n) {
    n = utf8_length (s);
    if (n == 0) {
      *p++ = '?';
      n = 1;
    }
    else if (*s == '\n') {
      *p++ = '\\';
      *p++ = 'n';
    }
    else {
      if (*s == '\\' || *s == '"')
        *p++ = '\\';
      memcpy (p, s, n);
      p += n;
    }
  }
  return text;
}

#define METRIC(type, name, help)                \
  "# HELP erofsflat_" name " " help "\n"        \
  "# TYPE erofsflat_" name " " type "\n"        \
  "erofsflat_" name "%s %" PRIu64 "\n"
#define COUNTER(name, help) METRIC ("counter", name "_total", help)
#define GAUGE(name, help) METRIC ("gauge", name, help)

/* Each takes the labels and a number. */
static const char format[] =
  COUNTER ("cache_hits", "Chunks that were found in the cache.")
  COUNTER ("cache_misses", "Chunks that had to be loaded.")
  COUNTER ("cache_evictions", "Chunks that had to make room for others.")
  GAUGE ("cache_bytes", "Decoded chunks in the cache now.")
  GAUGE ("cache_limit_bytes", "Decoded chunks in the cache at most.")
  COUNTER ("decoded_bytes", "Bytes that chunks were decoded to.")
  COUNTER ("verify_failures", "Chunks that were loaded and found damaged.")
  COUNTER ("read_errors", "Reads of clients that failed.")
  GAUGE ("device_size_bytes", "The size of the flat device.")
  GAUGE ("blobs", "Device slots of the image.");

char *
stats_text (const struct stats *stats, struct error *err)
{
  CLEANUP_FREE char *image = escape (stats->image);
  CLEANUP_FREE char *server = escape (stats->server);
  CLEANUP_FREE char *labels = NULL;
  char *text;

  if (image == NULL || server == NULL ||
      asprintf (&labels, "{image=\"%s\",server=\"%s\"}", image,
                server) == -1) {
    labels = NULL;
    error_set_errno (err, ENOMEM, "statistics");
    return NULL;
  }
  if (asprintf (&text, format,
                labels, stats->cache_hits,
                labels, stats->cache_misses,
                labels, stats->cache_evictions,
                labels, stats->cache_bytes,
                labels, stats->cache_limit_bytes,
                labels, stats->decoded_bytes,
                labels, stats->verify_failures,
                labels, stats->read_errors,
                labels, stats->device_size_bytes,
                labels, (uint64_t) stats->blobs) == -1) {
    error_set_errno (err, ENOMEM, "statistics");
    return NULL;
  }
  return text;
}
