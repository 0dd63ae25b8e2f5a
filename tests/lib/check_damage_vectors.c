/* SPDX-License-Identifier: BSD-3-Clause */
/* Real images with one bit turned in what is stored of every chunk of every
 * blob.  A read that touches a turned bit fails, or gives the right bytes
 * nevertheless: a stream can have bits that do not count, and of a batch only
 * some chunks may be hit.  All other reads are right, and when the bits are
 * back all are.
 *
 * Of every third unit a bit is turned at once, so that the units beside a
 * damaged one are sound, and three passes turn one of each.  Places are the
 * same in every run, so that what is counted is too.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "testing.h"
#include "vector_fixture.h"

static const char *const caches[] = { "0", "70k", "64M" };

static const char *name;
static uint8_t *flat, *buf;     /* the device, and what is read of it */
static unsigned turned, unnoticed, not_summed, other_bytes;

/* What is stored of a unit, and where a bit of it is turned. */
struct stored {
  uint64_t start;
  uint32_t len;
  uint64_t place;
  bool chosen;                  /* the bit is turned in this pass */
  bool damaged;                 /* it has a byte that was changed */
  bool summed;                  /* by what is wrong in it will be known */
  bool failed;                  /* some read of it did */
};

/* One compressed blob, and all of its units that are read from the file: the
 * contexts and the chunks that have none.
 */
struct victim {
  const struct image *image;
  const struct chunk_table *table;
  uint64_t device_start;
  char *path;
  uint32_t n_units;
  struct stored *units;         /* len 0: nothing is stored of this one */
  unsigned round;
};

static uint8_t
change_byte (const struct victim *v, uint64_t place, uint8_t mask)
{
  int fd = open (v->path, O_RDWR);
  uint8_t byte;

  ck_assert_int_ne (fd, -1);
  ck_assert_int_eq (pread (fd, &byte, 1, (off_t) place), 1);
  byte ^= mask;
  if (mask != 0)
    ck_assert_int_eq (pwrite (fd, &byte, 1, (off_t) place), 1);
  close (fd);
  return byte;
}

/* A bit of unit u; turning it again turns it back. */
static void
turn (const struct victim *v, uint32_t u)
{
  change_byte (v, v->units[u].place,
               (uint8_t) (1 << pattern (v->round + 40, u) % 8));
}

static void
find_units (struct victim *v)
{
  const struct chunk_table *t = v->table;
  const struct chunk_context *context;
  const struct chunk *chunk;
  struct stored *unit;
  uint32_t u;

  v->n_units = t->n_chunks + t->n_contexts;
  v->units = calloc (v->n_units, sizeof *v->units);
  ck_assert_ptr_nonnull (v->units);
  for (u = 0; u < v->n_units; ++u) {
    unit = &v->units[u];
    if (u < t->n_chunks) {
      chunk = &t->chunks[u];
      if (chunk->context != CHUNK_NO_CONTEXT)
        continue;
      unit->start = chunk->stored_start;
      unit->len = chunk->stored_len;
      /* The flag "checksum" of a frame's header. */
      unit->summed = chunk->has_digest || chunk->has_crc ||
        (chunk->codec == CHUNK_ZSTD && !chunk->encrypted &&
         change_byte (v, unit->start + 4, 0) & 4);
    }
    else {
      context = &t->contexts[u - t->n_chunks];
      unit->start = context->stored_start;
      unit->len = context->stored_len;
      unit->summed = t->digests != NULL;
    }
  }
}

static void
expect_chunk_named (const struct victim *v, uint32_t i,
                    const struct error *err)
{
  char part[40];

  snprintf (part, sizeof part, ": chunk %" PRIu32 " (bytes ", i);
  expect_error (err, EIO, part);
  expect_error (err, EIO, v->path);
}

/* Read chunk i through the device. */
static void
read_chunk (struct victim *v, uint32_t i)
{
  const struct chunk *chunk = &v->table->chunks[i];
  uint64_t at = v->device_start + chunk->plain_start;
  uint32_t u = chunk->context == CHUNK_NO_CONTEXT ? i :
    v->table->n_chunks + chunk->context;
  struct stored *unit = &v->units[u];
  struct error err;

  memset (buf, 0xee, chunk->plain_len);
  if (image_pread (v->image, buf, chunk->plain_len, at, &err) == -1) {
    ck_assert_msg (unit->damaged, "%s: not damaged: %s", name, err.text);
    expect_chunk_named (v, i, &err);
    unit->failed = true;
    ck_assert_int_eq (image_pread (v->image, buf, 1, at, &err), -1);
  }
  else if (memcmp (buf, flat + at, chunk->plain_len) != 0) {
    /* Wrong, and there is nothing by which to know it. */
    ck_assert_msg (unit->damaged && !unit->summed && !chunk->has_digest &&
                   !chunk->has_crc, "%s: chunk %" PRIu32 " of %s is wrong",
                   name, i, v->path);
    other_bytes++;
  }
}

static void
read_chunks (struct victim *v)
{
  uint32_t i;

  for (i = 0; i < v->table->n_chunks; ++i)
    read_chunk (v, i);
}

/* Choose every third unit from `first' on, and a place in it.  Units may share
 * bytes, those at the ends of parts of a deflate stream: then one bit damages
 * more than one.
 */
static void
choose (struct victim *v, uint32_t first)
{
  uint32_t u, k, n = 0;
  struct stored *unit;
  uint64_t random;

  for (u = 0; u < v->n_units; ++u)
    v->units[u].chosen = v->units[u].damaged = v->units[u].failed = false;
  for (u = 0; u < v->n_units; ++u) {
    unit = &v->units[u];
    if (unit->len == 0 || n++ % 3 != first)
      continue;
    random = (uint64_t) pattern (v->round, u) << 8 |
      pattern (v->round + 20, u);
    unit->chosen = true;
    unit->place = unit->start + random * unit->len / 65536;
    for (k = 0; k < v->n_units; ++k)
      if (unit->place >= v->units[k].start &&
          unit->place - v->units[k].start < v->units[k].len)
        v->units[k].damaged = true;
  }
}

static void
turn_chosen (const struct victim *v)
{
  uint32_t u;

  for (u = 0; u < v->n_units; ++u)
    if (v->units[u].chosen)
      turn (v, u);
}

static void
count (const struct victim *v)
{
  uint32_t u;

  for (u = 0; u < v->n_units; ++u)
    if (v->units[u].chosen) {
      turned++;
      if (!v->units[u].summed)
        not_summed++;
      else if (!v->units[u].failed)
        unnoticed++;
    }
}

static void
damage_third (struct victim *v, uint32_t first)
{
  uint32_t u;

  choose (v, first);
  turn_chosen (v);
  read_chunks (v);
  count (v);
  turn_chosen (v);
  /* Wrong bytes that could not be known stay in a cache. */
  for (u = 0; u < v->n_units; ++u)
    v->units[u].damaged &= !v->units[u].summed;
  read_chunks (v);
}

/* What opening the image read may be in its cache: so it is opened for each
 * pass.  Returns false if blob i is not compressed, or there is none.
 */
static bool
damage_blob (const char *cache, uint32_t i, unsigned round, uint32_t first)
{
  struct image *image = open_vector (cache);
  struct victim v = { .image = image, .round = round };
  const struct blob *blob;
  struct error err;
  uint64_t len;
  bool more = i < image_device_table (image)->count;

  if (more) {
    blob = image_blob (image, i);
    v.table = source_chunked_table (blob->source);
    v.path = pooled_file_path (blob_file (blob));
    ck_assert_int_eq (device_table_range (image_device_table (image), i,
                                          &v.device_start, &len, &err), 0);
    if (v.table != NULL) {
      ck_assert_uint_eq (blob->source_offset, 0);
      ck_assert_uint_le (v.table->plain_size, len);
      find_units (&v);
      damage_third (&v, first);
      free (v.units);
    }
    free (v.path);
  }
  image_close (image);
  return more;
}

START_TEST (every_chunk)
{
  const char *cache = caches[_i % 3];
  struct image *image;
  unsigned round;
  uint32_t i;

  name = vector_names[_i / 3];
  copy_vector (name);
  image = open_vector (cache);
  flat = read_vector (image, name);
  buf = malloc (image_size (image));
  image_close (image);
  turned = unnoticed = not_summed = other_bytes = 0;
  for (round = 0; round < rounds (2); ++round)
    for (i = 0; damage_blob (cache, i, round, 0); ++i) {
      damage_blob (cache, i, round, 1);
      damage_blob (cache, i, round, 2);
    }
  printf ("%s, cache=%s: %u bits turned; %u unnoticed, as the bytes are right; "
          "%u without any sum, %u chunks wrong\n", name, cache, turned,
          unnoticed, not_summed, other_bytes);
  ck_assert_uint_gt (turned, 0);
  ck_assert_uint_le (unnoticed * 20, turned + 20);
  free (buf);
  free (flat);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("damage_vectors");

  tcase_add_loop_test (t, every_chunk, 0, 3 * N_VECTORS);
  return tests_run ();
}
