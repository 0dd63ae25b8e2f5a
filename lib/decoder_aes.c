/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#include "decoder_aes.h"

#define BLOCK 16
#define PADDED 18               /* a block, and two bytes that say so */

static int
check (const struct chunk_cipher *cipher, size_t len, struct error *err)
{
  if (len < BLOCK || len > CHUNK_ENCRYPTED_MAX)
    return error_set (err, EINVAL, "aes: a unit of %zu bytes", len);
  /* Not all versions of OpenSSL refuse that when they decrypt. */
  if (memcmp (cipher->key, cipher->key + 16, 16) == 0)
    return error_set (err, EINVAL, "aes: both halves of the key are the same");
  return 0;
}

int
decoder_aes_run (struct decoder_aes *aes, const struct chunk_cipher *cipher,
                 uint8_t *buf, size_t len, struct error *err)
{
  int n;

  if (check (cipher, len, err) == -1)
    return -1;
  if (aes->ctx == NULL)
    aes->ctx = EVP_CIPHER_CTX_new ();
  if (aes->ctx == NULL)
    return error_set_errno (err, ENOMEM, "aes");

  if (EVP_DecryptInit_ex (aes->ctx, EVP_aes_128_xts (), NULL,
                          cipher->key, cipher->iv) != 1 ||
      EVP_DecryptUpdate (aes->ctx, buf, &n, buf, (int) len) != 1 ||
      n != (int) len)
    return error_set (err, EINVAL, "aes: can not be decrypted");
  return 0;
}

size_t
decoder_aes_unpadded (const uint8_t *buf, size_t len, size_t known_len)
{
  size_t pad, i;

  if (len != PADDED || known_len == PADDED ||
      buf[BLOCK] != 0x78 || buf[BLOCK + 1] != 0x90)
    return len;
  pad = buf[BLOCK - 1];
  if (pad < 1 || pad >= BLOCK)
    return len;
  for (i = BLOCK - pad; i < BLOCK; ++i)
    if (buf[i] != pad)
      return len;
  return BLOCK - pad;
}

void
decoder_aes_clear (struct decoder_aes *aes)
{
  EVP_CIPHER_CTX_free (aes->ctx);
  aes->ctx = NULL;
}
