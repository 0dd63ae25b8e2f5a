/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>

#include "service_fixture.h"
#include "testing.h"

struct chunk_service *
new_service (uint64_t cache, unsigned decodes)
{
  struct chunk_service *service = calloc (1, sizeof *service);
  struct error err;

  ck_assert_ptr_nonnull (service);
  ck_assert_int_eq (chunk_service_start (service, cache, decodes, true, &err),
                    0);
  return service;
}

void
free_service (struct chunk_service *service)
{
  chunk_service_clear (service);
  free (service);
}

struct blob_context *
new_blob_context (struct file_pool *pool, uint32_t block_size)
{
  struct blob_context *context = calloc (1, sizeof *context);

  ck_assert_ptr_nonnull (context);
  context->pool = pool;
  context->service = new_service (1 << 20, 2);
  context->block_size = block_size;
  return context;
}

void
free_blob_context (struct blob_context *context)
{
  free_service ((struct chunk_service *) context->service);
  free (context);
}
