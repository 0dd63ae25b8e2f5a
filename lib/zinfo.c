/* SPDX-License-Identifier: BSD-3-Clause */
/* What input the output between two checkpoints needs: from the first one's
 * `in', or from the byte before it if some of its bits belong to the stream,
 * up to the second one's `in': the bits in front of the second checkpoint end
 * in the byte before its `in', if not earlier.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "zinfo.h"

#define HEAD_SIZE 12
#define WINDOW_SIZE CHUNK_DICTIONARY_MAX
#define CHECKPOINT_SIZE (8 + 8 + 1 + WINDOW_SIZE)

/* The shortest gzip header, which version 1 takes for granted. */
#define GZIP_HEADER_SIZE 10

struct checkpoint {
  uint64_t in, out;
  uint8_t bits;
  bool at_header;               /* version 1's first */
  struct bytes window;
};

/* The version, 1 or 2, or 0 if the length is wrong. */
static int
version_of (uint32_t count, uint64_t zinfo_size)
{
  if (count == 0)
    return 0;
  if (zinfo_size == HEAD_SIZE + (uint64_t) count * CHECKPOINT_SIZE)
    return 2;
  if (zinfo_size == HEAD_SIZE + (uint64_t) (count - 1) * CHECKPOINT_SIZE)
    return 1;
  return 0;
}

bool
zinfo_length_is_right (struct bytes head, uint64_t zinfo_size)
{
  return head.len >= HEAD_SIZE &&
    version_of (bytes_u32 (head, 0), zinfo_size) != 0;
}

static struct checkpoint
get (struct bytes zinfo, int version, uint32_t i)
{
  struct checkpoint c = {
    .in = GZIP_HEADER_SIZE, .at_header = version == 1 && i == 0,
  };
  struct bytes b;

  if (c.at_header ||
      !bytes_slice (zinfo,
                    HEAD_SIZE +
                    (uint64_t) (i - (version == 1)) * CHECKPOINT_SIZE,
                    CHECKPOINT_SIZE, &b))
    return c;
  c.in = bytes_u64 (b, 0);
  c.out = bytes_u64 (b, 8);
  c.bits = bytes_u8 (b, 16);
  c.window.ptr = b.ptr + 17;
  c.window.len = WINDOW_SIZE;
  return c;
}

/* Do these follow each other?  There is a checkpoint at the start of every
 * member, so one without data, or without data in its last blocks, makes two
 * with the same `out'.  The first of them stands for nothing; were an `out'
 * wrong, what its neighbours stand for would not end where it should.
 */
static bool
ascend (const struct checkpoint *a, const struct checkpoint *b)
{
  return b->in > a->in && b->out >= a->out;
}

static int
check (const struct checkpoint *c, const struct checkpoint *before,
       uint64_t gzip_size, struct error *err)
{
  if (c->bits > 7 || (c->bits > 0 && c->in == 0))
    return error_set (err, EINVAL, "%u bits before offset %" PRIu64,
                      c->bits, c->in);
  if (c->in >= gzip_size)
    return error_set (err, EINVAL, "offset %" PRIu64 " is beyond the end of "
                      "the gzip file, which has %" PRIu64 " bytes",
                      c->in, gzip_size);
  if (before == NULL && c->out != 0)
    return error_set (err, EINVAL, "the first is at %" PRIu64
                      " of the plain data, not at its start", c->out);
  if (before && !ascend (before, c))
    return error_set (err, EINVAL, "it is at %" PRIu64 " (plain %" PRIu64
                      "), not behind the one before, at %" PRIu64
                      " (plain %" PRIu64 ")", c->in, c->out,
                      before->in, before->out);
  return 0;
}

/* How much the checkpoint stands for: up to the next one or the end. */
static uint64_t
plain_len_of (const struct checkpoint *c, const struct checkpoint *next,
              uint64_t plain_size)
{
  uint64_t end = next ? min_u64 (next->out, plain_size) : plain_size;

  return end > c->out ? end - c->out : 0;
}

/* Check all, and count those that stand for something. */
static int
check_all (struct bytes zinfo, int version, uint32_t n, uint64_t gzip_size,
           uint64_t plain_size, uint32_t *ret_count, struct error *err)
{
  struct checkpoint c, before = { .bits = 0 };
  uint32_t count = 0, i;
  uint64_t len;

  /* The last round is for the one before the end. */
  for (i = 0; i <= n; ++i) {
    if (i < n) {
      c = get (zinfo, version, i);
      if (check (&c, i > 0 ? &before : NULL, gzip_size, err) == -1)
        return error_prefix (err, "zinfo: checkpoint %" PRIu32, i);
    }
    if (i > 0) {
      len = plain_len_of (&before, i < n ? &c : NULL, plain_size);
      if (len > CHUNK_UNIT_MAX)
        return error_set (err, EINVAL, "zinfo: checkpoint %" PRIu32 ": %"
                          PRIu64 " bytes up to the next one, more than the "
                          "limit of %u", i - 1, len, CHUNK_UNIT_MAX);
      count += len > 0;
    }
    if (i < n)
      before = c;
  }
  *ret_count = count;
  return 0;
}

/* Row k of the table.  `next' is NULL for the last checkpoint. */
static void
add (struct chunk_table *table, uint32_t k, const struct checkpoint *c,
     const struct checkpoint *next, uint64_t gzip_size, uint32_t plain_len)
{
  uint64_t end = next ? next->in : gzip_size;
  struct chunk_context *context = &table->contexts[k];
  struct chunk_resume *resume = &context->resume;
  struct chunk *chunk = &table->chunks[k];

  chunk->plain_start = c->out;
  chunk->plain_len = plain_len;
  chunk->context = k;

  context->codec = CHUNK_INFLATE;
  context->plain_len = plain_len;
  context->stored_start = c->at_header ? 0 : c->in - (c->bits > 0);
  context->stored_len =
    (uint32_t) min_u64 (end - context->stored_start, CHUNK_STORED_MAX);

  resume->from = c->at_header ? CHUNK_RESUME_MEMBER : CHUNK_RESUME_FIRST;
  resume->bits = c->bits;
  resume->before = c->out;
  if (end - context->stored_start > CHUNK_STORED_MAX ||
      (next && next->out > table->plain_size))
    resume->end = CHUNK_RESUME_OPEN;
  else
    resume->end = next ? CHUNK_RESUME_AT_NEXT : CHUNK_RESUME_LAST;
  /* Of the window, what is really in front of here: the rest is filler. */
  resume->dict_len = (uint32_t) min_u64 (c->out, c->window.len);
  resume->dict_offset = table->dictionaries_len;
  if (resume->dict_len > 0)
    memcpy (table->dictionaries + table->dictionaries_len,
            c->window.ptr + c->window.len - resume->dict_len,
            resume->dict_len);
  table->dictionaries_len += resume->dict_len;
}

static void
fill (struct chunk_table *table, struct bytes zinfo, int version, uint32_t n,
      uint64_t gzip_size)
{
  struct checkpoint c = get (zinfo, version, 0), next = c;
  uint32_t k = 0, i;
  uint64_t len;

  for (i = 0; i < n; ++i) {
    if (i + 1 < n)
      next = get (zinfo, version, i + 1);
    len = plain_len_of (&c, i + 1 < n ? &next : NULL, table->plain_size);
    if (len > 0)
      add (table, k++, &c, i + 1 < n ? &next : NULL, gzip_size,
           (uint32_t) len);
    c = next;
  }
}

int
zinfo_parse (struct bytes zinfo, uint64_t gzip_size, uint64_t plain_size,
             struct chunk_table *ret, struct error *err)
{
  struct chunk_table t;
  uint32_t n, count = 0;
  int version;

  if (zinfo.len < HEAD_SIZE)
    return error_set (err, EINVAL, "zinfo: it has %zu bytes, and should have "
                      "%d or more", zinfo.len, HEAD_SIZE);
  n = bytes_u32 (zinfo, 0);
  version = version_of (n, zinfo.len);
  if (version == 0)
    return error_set (err, EINVAL, "zinfo: its size, %zu bytes, does not fit "
                      "its number of checkpoints, %" PRIu32, zinfo.len, n);
  if (check_all (zinfo, version, n, gzip_size, plain_size, &count,
                 err) == -1 ||
      chunk_table_init (&t, count, count, err) == -1)
    return -1;

  t.format = "gzip";
  t.plain_size = plain_size;
  t.dictionaries = malloc ((size_t) count * WINDOW_SIZE + 1);
  if (t.dictionaries == NULL) {
    chunk_table_clear (&t);
    return error_set_errno (err, ENOMEM, "zinfo");
  }
  fill (&t, zinfo, version, n, gzip_size);
  if (chunk_table_seal (&t, gzip_size, err) == -1) {
    chunk_table_clear (&t);
    return error_prefix (err, "zinfo");
  }
  *ret = t;
  return 0;
}
