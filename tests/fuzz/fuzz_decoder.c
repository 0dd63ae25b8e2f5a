/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: u8 codec (low 3 bits), 0x80 encrypted, 0x40 maybe stored; u8 bits (low
 * 3 bits) and where they come from (next 2); u8 byte; u8 where the stored bytes
 * end (low 2 bits) and what comes before, in units of 128 MiB; u32 plain length
 * (cut to 256 KiB); u32 length of the dictionary (cut); then the dictionary
 * and the stored bytes.
 *
 * Both buffers have just their size, so that ASan sees a step beyond.
 */
#include <config.h>

#include <string.h>

#include "decoder.h"
#include "fuzz_target.h"

#define HEAD 12
#define PLAIN_MAX (256u << 10)

static const struct chunk_cipher cipher = {
  .key = "sixteen bytes..,and sixteen more", .iv = "this is a tweak",
};

static uint8_t *
copy (struct bytes b)
{
  uint8_t *p = malloc (b.len > 0 ? b.len : 1);

  must (p != NULL);
  if (b.len > 0)
    memcpy (p, b.ptr, b.len);
  return p;
}

static void
run (struct decode_job *job, struct bytes stored)
{
  struct error err;
  struct decoder_pool *pool = decoder_pool_new (&err);
  struct decoder *decoder = decoder_take (pool, &err);
  int r1, r2;

  /* Twice: the result may not depend on what a decoder did before. */
  job->stored_len = stored.len;
  job->plain = malloc (job->plain_len);
  must (job->plain != NULL);
  job->stored = copy (stored);
  r1 = decoder_run (decoder, job, &err);
  free (job->stored);
  job->stored = copy (stored);
  r2 = decoder_run (decoder, job, &err);
  free (job->stored);
  must (r1 == r2);
  free (job->plain);
  decoder_give (pool, decoder);
  decoder_pool_free (pool);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes input = { .ptr = data, .len = size };
  struct chunk_resume resume = { .dict_offset = 0 };
  struct decode_job job = { .resume = &resume };
  struct bytes dictionary, stored;
  uint8_t *window;

  if (size < HEAD || (data[0] & 7) > CHUNK_INFLATE ||
      (data[1] >> 3 & 3) > CHUNK_RESUME_MEMBER ||
      (data[3] & 3) > CHUNK_RESUME_LAST)
    return 0;
  job.codec = (enum chunk_codec) (data[0] & 7);
  job.cipher = data[0] & 0x80 ? &cipher : NULL;
  job.maybe_stored = data[0] & 0x40;
  resume.bits = data[1] & 7;
  resume.from = data[1] >> 3 & 3;
  resume.byte = data[2];
  resume.end = data[3] & 3;
  resume.before = (uint64_t) (data[3] >> 2) << 27;
  job.plain_len = bytes_u32 (input, 4) % PLAIN_MAX + 1;
  resume.dict_len = bytes_u32 (input, 8) % (CHUNK_DICTIONARY_MAX + 1);
  if (!bytes_slice (input, HEAD, resume.dict_len, &dictionary) ||
      !bytes_slice (input, HEAD + resume.dict_len,
                    size - HEAD - resume.dict_len, &stored))
    return 0;
  window = copy (dictionary);
  job.dictionary = window;
  run (&job, stored);
  free (window);
  return 0;
}
