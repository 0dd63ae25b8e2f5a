/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "chunk_service.h"

int
chunk_service_start (struct chunk_service *service, uint64_t cache_bytes,
                     unsigned decodes, bool verify, struct error *err)
{
  service->verify = verify;
  service->cache = chunk_cache_new (cache_bytes, decodes, err);
  if (service->cache == NULL)
    return -1;
  service->decoders = decoder_pool_new (err);
  if (service->decoders == NULL)
    return -1;
  service->ahead = read_ahead_new (err);
  if (service->ahead == NULL)
    return -1;
  service->counters = calloc (1, sizeof *service->counters);
  if (service->counters == NULL)
    return error_set_errno (err, ENOMEM, "chunk counters");
  /* A quarter: what is loaded ahead must not be evicted before it is read. */
  service->ahead_bytes = cache_bytes / 4;
  service->decodes = decodes;
  return 0;
}

int
chunk_service_start_threads (struct chunk_service *service,
                             struct error *err)
{
  return read_ahead_start (service->ahead, service->decodes, err);
}

void
chunk_service_stop_threads (struct chunk_service *service)
{
  read_ahead_stop (service->ahead);
}

void
chunk_service_clear (struct chunk_service *service)
{
  read_ahead_free (service->ahead);
  decoder_pool_free (service->decoders);
  chunk_cache_free (service->cache);
  free (service->counters);
  service->counters = NULL;
  service->ahead = NULL;
  service->decoders = NULL;
  service->cache = NULL;
}

void
chunk_service_get_stats (const struct chunk_service *service,
                         struct chunk_service_stats *ret)
{
  chunk_cache_get_stats (service->cache, &ret->cache);
  ret->decoded_bytes = atomic_load (&service->counters->decoded_bytes);
  ret->verify_failures = atomic_load (&service->counters->verify_failures);
}
