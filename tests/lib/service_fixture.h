/* SPDX-License-Identifier: BSD-3-Clause */
/* What opening a blob takes besides its file. */
#ifndef EROFSFLAT_SERVICE_FIXTURE_H
#define EROFSFLAT_SERVICE_FIXTURE_H

#include <stdint.h>

#include "blob.h"
#include "chunk_service.h"
#include "file_pool.h"

/* A cache of so many bytes, decoders, and verifying on. */
extern struct chunk_service *new_service (uint64_t cache, unsigned decodes);
extern void free_service (struct chunk_service *service);

/* format=auto; it has a service of its own. */
extern struct blob_context *new_blob_context (struct file_pool *pool,
                                              uint32_t block_size);
extern void free_blob_context (struct blob_context *context);

#endif
