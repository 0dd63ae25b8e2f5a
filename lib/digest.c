/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>

#include <blake3.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include "bytes.h"
#include "crc32c.h"
#include "digest.h"

size_t
digest_size (enum digest_kind kind)
{
  switch (kind) {
  case DIGEST_NONE: return 0;
  case DIGEST_XXH64_LOW: return 4;
  case DIGEST_BLAKE3:
  case DIGEST_SHA256: return 32;
  }
  assert (0);
  return 0;
}

static void
blake3 (const void *buf, size_t len, uint8_t *ret)
{
  blake3_hasher hasher;

  blake3_hasher_init (&hasher);
  blake3_hasher_update (&hasher, buf, len);
  blake3_hasher_finalize (&hasher, ret, BLAKE3_OUT_LEN);
}

/* At its first use, BLAKE3's library looks at what the CPU can do and notes it
 * without a lock.  Let this be while there is one thread.
 */
static __attribute__ ((__constructor__)) void
prepare_blake3 (void)
{
  uint8_t digest[BLAKE3_OUT_LEN];

  blake3 ("", 0, digest);
}

int
digest_compute (enum digest_kind kind, const void *buf, size_t len,
                uint8_t ret[DIGEST_MAX])
{
  switch (kind) {
  case DIGEST_NONE:
    return 0;
  case DIGEST_XXH64_LOW:
    put_u32 (ret, (uint32_t) (XXH64 (buf, len, 0) & UINT32_MAX));
    return 0;
  case DIGEST_BLAKE3:
    blake3 (buf, len, ret);
    return 0;
  case DIGEST_SHA256:
    return EVP_Digest (buf, len, ret, NULL, EVP_sha256 (), NULL) == 1 ? 0 : -1;
  }
  return -1;
}

const char *
digest_name (enum digest_kind kind)
{
  switch (kind) {
  case DIGEST_NONE: return "none";
  case DIGEST_XXH64_LOW: return "xxh64";
  case DIGEST_BLAKE3: return "blake3";
  case DIGEST_SHA256: return "sha256";
  }
  return "unknown";
}

uint32_t
digest_crc32c (const void *buf, size_t len)
{
  return ~crc32c (UINT32_MAX, len > 0 ? buf : "", len);
}
