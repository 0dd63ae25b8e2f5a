/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "checked.h"
#include "gzip_check.h"
#include "gzip_reader.h"

struct gzip_chunk_sums {
  uint32_t served, read;        /* CRC-32 */
  bool is_served, is_read;      /* they are known */
  bool is_bad;                  /* a member that it touches is not right */
};

bool
gzip_check_is_for (const struct chunk_table *table)
{
  return strcmp (table->format, "gzip") == 0;
}

int
gzip_check_init (struct gzip_check *check, const struct chunk_loader *loader,
                 struct error *err)
{
  *check = (struct gzip_check) { .loader = loader };
  check->sums = calloc ((size_t) loader->table.n_chunks + 1,
                        sizeof *check->sums);
  if (check->sums == NULL)
    return error_set_errno (err, ENOMEM, "%s", loader->name);
  return 0;
}

void
gzip_check_clear (struct gzip_check *check)
{
  free (check->sums);
}

void
gzip_check_served (struct gzip_check *check, uint32_t i, const void *plain)
{
  check->sums[i].served =
    (uint32_t) crc32 (0, plain, check->loader->table.chunks[i].plain_len);
  check->sums[i].is_served = true;
}

/* What gzip_check_read is doing. */
struct reading {
  struct gzip_check *check;
  const struct gzip_check_told *told;
  bool lost;                    /* a member had another length than it should:
                                   where in the plain bytes the next ones
                                   belong is not known any more */
};

/* The chunks lie one behind the other, from the start on. */
static void
put (void *opaque, const uint8_t *plain, size_t len)
{
  struct reading *reading = opaque;
  struct gzip_check *check = reading->check;
  const struct chunk_table *table = &check->loader->table;
  uint64_t done = 0;
  uInt n;

  while (len > 0 && check->chunk < table->n_chunks) {
    const struct chunk *chunk = &table->chunks[check->chunk];
    struct gzip_chunk_sums *sums = &check->sums[check->chunk];

    n = (uInt) min_u64 (len, chunk->plain_len - check->chunk_len);
    sums->read = (uint32_t) crc32 (sums->read, plain, n);
    check->chunk_len += n;
    plain += n;
    len -= n;
    done += n;
    if (check->chunk_len == chunk->plain_len) {
      sums->is_read = true;
      check->chunk++;
      check->chunk_len = 0;
    }
  }
  reading->told->done (reading->told->opaque, done);
}

/* Chunks in [start, end), which may be beyond the plain bytes. */
static void
set_bad (struct gzip_check *check, uint64_t start, uint64_t end)
{
  const struct chunk_table *table = &check->loader->table;
  uint32_t i;

  if (start >= table->plain_size)
    return;
  for (i = chunk_table_find (table, start);
       i < table->n_chunks && table->chunks[i].plain_start < end; ++i)
    check->sums[i].is_bad = true;
}

/* Tell of a member, whose plain bytes should end at `end' and of which `err'
 * says what is wrong.
 */
static void
tell_member (struct reading *reading, const struct gzip_member *member,
             uint64_t end, struct error *err)
{
  const struct chunk_loader *loader = reading->check->loader;
  const uint64_t size = loader->table.plain_size;
  const uint64_t start = min_u64 (member->plain_start, size);

  set_bad (reading->check, start, reading->lost ? size : end);
  error_prefix (err, "%s: member at %" PRIu64 " (%" PRIu64 " bytes of the "
                "file)", loader->name, member->stored_start,
                member->stored_len);
  reading->told->fault (reading->told->opaque, start,
                        min_u64 (end, size) - start, err);
}

/* What of a member does not match its trailer: returns -1. */
static int
compare_member (const struct gzip_member *member, struct error *err)
{
  if ((uint32_t) member->plain_len != member->expected_len)
    return error_set (err, EIO, "gzip: length mismatch: found %" PRIu32
                      ", expected %" PRIu32, (uint32_t) member->plain_len,
                      member->expected_len);
  if (member->crc != member->expected_crc)
    return error_set (err, EIO, "gzip: CRC-32 mismatch: found 0x%08" PRIx32
                      ", expected 0x%08" PRIx32, member->crc,
                      member->expected_crc);
  return 0;
}

/* Nothing follows that could be read. */
static void
tell_end (struct reading *reading, uint64_t plain)
{
  const struct chunk_loader *loader = reading->check->loader;
  const uint64_t rest = loader->table.plain_size - plain;
  struct error err;

  error_set (&err, EIO, "%s: gzip: ends %" PRIu64 " bytes before the length "
             "expected", loader->name, rest);
  reading->told->fault (reading->told->opaque, plain, rest, &err);
}

static void
read_members (struct reading *reading, struct gzip_reader *reader)
{
  const uint64_t size = reading->check->loader->table.plain_size;
  struct gzip_member member;
  struct error err;
  int r;

  while (reading->lost || reader->plain < size) {
    r = gzip_reader_next (reader, put, reading, &member, &err);
    if (r == 0) {
      if (!reading->lost)
        tell_end (reading, reader->plain);
      return;
    }
    if (r == -1) {
      tell_member (reading, &member, size, &err);
      return;
    }
    if ((uint32_t) member.plain_len != member.expected_len)
      reading->lost = true;
    if (compare_member (&member, &err) == -1)
      tell_member (reading, &member, reader->plain, &err);
  }
}

void
gzip_check_read (struct gzip_check *check, const struct gzip_check_told *told)
{
  const struct chunk_loader *loader = check->loader;
  struct reading reading = { .check = check, .told = told };
  struct gzip_reader reader;
  struct error err;

  if (gzip_reader_init (&reader, loader->stored, &err) == -1) {
    error_prefix (&err, "%s", loader->name);
    told->fault (told->opaque, 0, loader->table.plain_size, &err);
    return;
  }
  read_members (&reading, &reader);
  told->done (told->opaque, loader->table.plain_size -
              min_u64 (reader.plain, loader->table.plain_size));
  gzip_reader_clear (&reader);
}

void
gzip_check_compare (const struct gzip_check *check,
                    const struct gzip_check_told *told)
{
  const struct chunk_table *table = &check->loader->table;
  struct error err;
  uint32_t i;

  for (i = 0; i < table->n_chunks; ++i) {
    const struct gzip_chunk_sums *sums = &check->sums[i];
    const struct chunk *chunk = &table->chunks[i];

    if (!sums->is_served || !sums->is_read || sums->is_bad ||
        sums->served == sums->read)
      continue;
    error_set (&err, EIO, "gzip: decodes to other bytes from its checkpoint "
               "than from the start of the file");
    chunk_loader_error (check->loader, i, &err);
    told->fault (told->opaque, chunk->plain_start, chunk->plain_len, &err);
  }
}
