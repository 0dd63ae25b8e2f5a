/* SPDX-License-Identifier: BSD-3-Clause */
/* struct stats: what a server has counted, and that as text in the format of
 * Prometheus, which node_exporter's textfile collector reads.
 *
 * Thread-safety: pure functions.
 */
#ifndef EROFSFLAT_STATS_TEXT_H
#define EROFSFLAT_STATS_TEXT_H

#include <stdint.h>

#include "error.h"

struct stats {
  /* The labels, any bytes.  The collector refuses all files of its folder if
   * two of them have the same metric with the same labels: so `server' should
   * be another one in each.
   */
  const char *image, *server;

  uint64_t cache_hits, cache_misses, cache_evictions;
  uint64_t cache_bytes, cache_limit_bytes;      /* now, and at most */
  uint64_t decoded_bytes;
  uint64_t verify_failures, read_errors;
  uint64_t device_size_bytes;
  uint32_t blobs;
};

/* To be freed by the caller.  Error: ENOMEM. */
extern char *stats_text (const struct stats *stats, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

#endif
