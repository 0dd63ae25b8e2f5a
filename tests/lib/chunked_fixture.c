/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chunked_fixture.h"
#include "decoding.h"
#include "digest.h"
#include "packing.h"
#include "service_fixture.h"
#include "source_chunked.h"
#include "source_file.h"
#include "testing.h"

uint8_t flat[FLAT_MAX];
struct chunk_table table;
struct source *stored, *source;
struct chunk_service *service;
bool damaged[N_CHUNKS];
static struct file_pool *files;
static struct folder *folder;
static uint64_t stored_size;

const struct sum_kind sums[4] = {
  { DIGEST_SHA256, false }, { DIGEST_BLAKE3, true },
  { DIGEST_XXH64_LOW, false }, { DIGEST_NONE, true },
};
const uint64_t caches[4] = { 0, 5000, 50000, 64 << 20 };

/* Lay out chunk i of the flat bytes, behind a hole now and then. */
static void
lay_out (uint32_t i)
{
  struct chunk *chunk = &table.chunks[i];
  uint64_t start = table.plain_size + (i % 3 == 1 ? rnd (5000) : 0);
  size_t size = digest_size (table.digest_kind);
  uint8_t *plain = flat + start;

  chunk->plain_start = start;
  chunk->plain_len = 1 + (uint32_t) rnd (CHUNK_MAX);
  fill_text (plain, chunk->plain_len, i);
  chunk->has_digest = size > 0;
  if (size > 0)
    ck_assert_int_eq (digest_compute (table.digest_kind, plain,
                                      chunk->plain_len,
                                      table.digests + i * size), 0);
  chunk->has_crc = table.crcs != NULL;
  if (chunk->has_crc)
    table.crcs[i] = digest_crc32c (plain, chunk->plain_len);
  table.plain_size = start + chunk->plain_len;
}

static void
put_stored (FILE *fp, struct packed p)
{
  ck_assert_uint_eq (fwrite (p.ptr, 1, p.len, fp), p.len);
  free (p.ptr);
  stored_size += p.len;
}

static void
put_alone (FILE *fp, uint32_t i)
{
  static const enum chunk_codec codecs[] = {
    CHUNK_ZSTD, CHUNK_STORED, CHUNK_LZ4, CHUNK_STORED, CHUNK_GZIP,
  };
  struct chunk *chunk = &table.chunks[i];
  struct packed p;

  chunk->context = CHUNK_NO_CONTEXT;
  chunk->codec = (uint8_t) codecs[i % 5];
  /* The codec's own checksum is not what is tested here. */
  p = chunk->codec == CHUNK_ZSTD ?
    pack_zstd (flat + chunk->plain_start, chunk->plain_len, false) :
    pack_codec (codecs[i % 5], flat + chunk->plain_start, chunk->plain_len);
  chunk->stored_start = stored_size;
  chunk->stored_len = (uint32_t) p.len;
  put_stored (fp, p);
}

/* Batch k as one unit.  Its chunks' bytes stand in it one by one. */
static void
put_batch (FILE *fp, uint32_t k)
{
  static uint8_t all[IN_BATCH * CHUNK_MAX];
  struct chunk_context *context = &table.contexts[k];
  uint32_t i, first = N_ALONE + k * IN_BATCH;
  struct packed p;

  for (i = first; i < first + IN_BATCH; ++i) {
    struct chunk *chunk = &table.chunks[i];

    chunk->context = k;
    chunk->context_offset = context->plain_len;
    memcpy (all + context->plain_len, flat + chunk->plain_start,
            chunk->plain_len);
    context->plain_len += chunk->plain_len;
  }
  /* The first is not compressed: then damage hits one chunk only. */
  context->codec = k % 2 ? CHUNK_LZ4 : CHUNK_ZSTD;
  p = pack_codec (k == 0 ? CHUNK_STORED : (enum chunk_codec) context->codec,
                  all, context->plain_len);
  context->stored_start = stored_size;
  context->stored_len = (uint32_t) p.len;
  put_stored (fp, p);
}

static void
make_blob (enum digest_kind kind, bool crcs)
{
  struct error err;
  uint32_t i;
  FILE *fp = fopen (temp_path ("blob"), "w");

  ck_assert_ptr_nonnull (fp);
  ck_assert_int_eq (chunk_table_init (&table, N_CHUNKS, N_BATCHES, &err), 0);
  table.digest_kind = kind;
  table.digests = malloc (N_CHUNKS * (digest_size (kind) + 1));
  table.crcs = crcs ? malloc (N_CHUNKS * sizeof table.crcs[0]) : NULL;
  table.format = "test";
  for (i = 0; i < N_CHUNKS; ++i)
    lay_out (i);
  for (i = 0; i < N_ALONE; ++i)
    put_alone (fp, i);
  for (i = 0; i < N_BATCHES; ++i)
    put_batch (fp, i);
  table.plain_size += rnd (5000);       /* a hole at the end */
  ck_assert_int_eq (fclose (fp), 0);
  ck_assert_msg (chunk_table_seal (&table, stored_size, &err) == 0, "%s",
                 err.text);
}

/* `table' stays as it was, for the tests to look at: the source has it. */
void
open_chunked (const struct sum_kind *kind, uint64_t cache, bool verify,
              struct source *under)
{
  struct chunk_table moved;
  struct error err;

  stored_size = 0;
  table = (struct chunk_table) { 0 };
  memset (flat, 0, sizeof flat);
  memset (damaged, 0, sizeof damaged);
  make_blob (kind->kind, kind->crcs);
  moved = table;
  files = new_pool (0);
  folder = open_temp_dir ();
  service = new_service (cache, 2);
  service->verify = verify;
  stored = source_file_open (files, folder, "blob", false, &err);
  ck_assert_msg (stored != NULL, "%s", err.text);
  if (under != NULL)
    under->size = stored->size;
  source = source_chunked_new (under != NULL ? under : stored, "a/blob",
                               &moved, service, &err);
  ck_assert_msg (source != NULL, "%s", err.text);
  ck_assert_ptr_null (moved.chunks);
  ck_assert_uint_eq (source->size, table.plain_size);
}

void
close_chunked (void)
{
  source_unref (source);
  source_unref (stored);
  free_service (service);
  folder_unref (folder);
  file_pool_free (files);
}

void
flip (uint64_t place)
{
  int fd = open (temp_path ("blob"), O_RDWR | O_CLOEXEC);
  uint8_t byte;

  ck_assert_int_eq (pread (fd, &byte, 1, (off_t) place), 1);
  byte ^= 0x10;
  usleep (10000);               /* file systems count time in such steps */
  ck_assert_int_eq (pwrite (fd, &byte, 1, (off_t) place), 1);
  close (fd);
}

void
choose_victims (struct victim *victims)
{
  static const uint32_t alone[] = { 0, 1, 2, 4, N_ALONE - 5, N_ALONE - 1 };
  const struct chunk *chunk;
  size_t i;

  for (i = 0; i < 6; ++i) {
    chunk = &table.chunks[alone[i]];
    /* The first byte of a compressed chunk counts for sure; further on there
     * may be two ways to say the same, such as a match from another place.
     */
    victims[i] = (struct victim) { alone[i], 1, chunk->stored_start };
    if (chunk->codec == CHUNK_STORED)
      victims[i].place += chunk->stored_len / 2;
  }
  /* One chunk of a batch that is not compressed; all of one that is. */
  chunk = &table.chunks[N_ALONE + 1];
  victims[6] = (struct victim) {
    N_ALONE + 1, 1,
    table.contexts[0].stored_start + chunk->context_offset +
    chunk->plain_len / 2
  };
  victims[7] = (struct victim) {
    N_ALONE + IN_BATCH, IN_BATCH, table.contexts[1].stored_start
  };
}

void
flip_victim (const struct victim *victim)
{
  uint32_t i;

  flip (victim->place);
  for (i = victim->first; i < victim->first + victim->n; ++i)
    damaged[i] = !damaged[i];
}

int
read_it (uint64_t offset, size_t len, struct error *err)
{
  uint8_t *buf = malloc (len + 1);
  int r = source_pread (source, buf, len, offset, err);

  if (r == 0 && memcmp (buf, flat + offset, len) != 0)
    ck_abort_msg ("%zu bytes at %ju are wrong", len, (uintmax_t) offset);
  free (buf);
  return r;
}

void
expect_right (uint64_t offset, size_t len)
{
  struct error err;

  if (read_it (offset, len, &err) == -1)
    ck_abort_msg ("%zu bytes at %ju: %s", len, (uintmax_t) offset, err.text);
}

bool
touches_damage (uint64_t offset, size_t len)
{
  uint32_t i;

  for (i = 0; i < N_CHUNKS && len > 0; ++i)
    if (damaged[i] && table.chunks[i].plain_start < offset + len &&
        offset < table.chunks[i].plain_start + table.chunks[i].plain_len)
      return true;
  return false;
}

void
read_at_random (unsigned n)
{
  struct error err;
  uint64_t offset;
  unsigned i;
  size_t len;

  for (i = 0; i < n; ++i) {
    offset = rnd (source->size + 1);
    len = rnd (i % 4 == 0 ? 50000 : 5000);
    if (len > source->size - offset)
      len = source->size - offset;
    if (!touches_damage (offset, len))
      expect_right (offset, len);
    else {
      if (read_it (offset, len, &err) == 0)
        ck_abort_msg ("%zu bytes at %ju are read", len, (uintmax_t) offset);
      if (err.errnum != EIO)
        ck_abort_msg ("errno %d: %s", err.errnum, err.text);
    }
  }
}

void
read_each (void)
{
  struct error err;
  char part[128];
  uint32_t i;

  for (i = 0; i < N_CHUNKS; ++i) {
    const struct chunk *chunk = &table.chunks[i];

    if (!damaged[i]) {
      expect_right (chunk->plain_start, chunk->plain_len);
      continue;
    }
    ck_assert_int_eq (read_it (chunk->plain_start, 1, &err), -1);
    snprintf (part, sizeof part, "a/blob: chunk %u (bytes %ju to %ju): ", i,
              (uintmax_t) chunk->plain_start,
              (uintmax_t) (chunk->plain_start + chunk->plain_len - 1));
    expect_error (&err, EIO, part);
  }
}
