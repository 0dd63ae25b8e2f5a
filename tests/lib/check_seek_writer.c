/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <zstd.h>

#include "seek_table.h"
#include "seek_writer.h"
#include "source_memory.h"
#include "testing.h"

#define OUTPUT_MAX (1024 * 1024)

/* What is written, in memory. */
struct output {
  uint8_t buf[OUTPUT_MAX];
  uint8_t written[OUTPUT_MAX];  /* how often each byte was */
  size_t len;
  uint64_t progress;
  unsigned calls, fail_at;      /* the call that fails; 0: none */
  pthread_mutex_t lock;
};

static int
sink_write (void *opaque, const void *buf, size_t len, uint64_t offset,
            struct error *err)
{
  struct output *out = opaque;
  size_t i;
  int r = 0;

  pthread_mutex_lock (&out->lock);
  if (++out->calls == out->fail_at)
    r = error_set (err, ENOSPC, "the test's disk is full");
  else {
    ck_assert_uint_le (offset + len, OUTPUT_MAX);
    memcpy (out->buf + offset, buf, len);
    for (i = 0; i < len; ++i)
      out->written[offset + i]++;
    if (out->len < offset + len)
      out->len = (size_t) offset + len;
  }
  pthread_mutex_unlock (&out->lock);
  return r;
}

static void
sink_progress (void *opaque, uint64_t len)
{
  struct output *out = opaque;

  pthread_mutex_lock (&out->lock);
  out->progress += len;
  pthread_mutex_unlock (&out->lock);
}

static struct output *
new_output (void)
{
  struct output *out = calloc (1, sizeof *out);

  ck_assert_ptr_nonnull (out);
  pthread_mutex_init (&out->lock, NULL);
  return out;
}

static void
free_output (struct output *out)
{
  pthread_mutex_destroy (&out->lock);
  free (out);
}

/* Half of it compresses well. */
static struct source *
new_source (size_t len)
{
  uint8_t *buf = calloc (1, len + 1);
  struct source *source;
  struct error err;

  ck_assert_ptr_nonnull (buf);
  pattern_fill (buf, len / 2, 3, 0);
  source = source_memory_new (buf, len, &err);
  ck_assert_ptr_nonnull (source);
  return source;
}

static void *
work (void *opaque)
{
  seek_writer_work (opaque);
  return NULL;
}

static int
run (struct source *source, uint32_t frame_size, unsigned n_threads,
     struct output *out, struct error *err)
{
  const struct seek_writer_params params = {
    .frame_size = frame_size, .level = 1,
  };
  const struct seek_writer_sink sink = {
    .write = sink_write, .progress = sink_progress, .opaque = out,
  };
  struct seek_writer *writer = seek_writer_new (source, &params, &sink, err);
  pthread_t threads[8];
  unsigned i;
  int r;

  if (writer == NULL)
    return -1;
  for (i = 0; i < n_threads; ++i)
    ck_assert_int_eq (pthread_create (&threads[i], NULL, work, writer), 0);
  for (i = 0; i < n_threads; ++i)
    pthread_join (threads[i], NULL);
  r = seek_writer_finish (writer, err);
  seek_writer_free (writer);
  return r;
}

/* The parser reads what was written, and each frame decodes to its part. */
static void
check_output (const struct output *out, struct source *source,
              uint32_t frame_size)
{
  size_t n = (source->size + frame_size - 1) / frame_size;
  size_t table_len = 8 + n * 12 + 9, i;
  struct bytes bytes = {
    .ptr = out->buf + out->len - table_len, .len = table_len,
  };
  uint8_t *want = malloc (frame_size), *got = malloc (frame_size);
  struct chunk_table table;
  struct error err;

  for (i = 0; i < out->len; ++i)
    ck_assert_uint_eq (out->written[i], 1);
  ck_assert_uint_eq (out->progress, source->size);
  ck_assert_msg (seek_table_parse (bytes, out->len, &table, &err) == 0, "%s",
                 err.text);
  ck_assert_uint_eq (table.n_chunks, n);
  ck_assert_uint_eq (table.plain_size, source->size);
  ck_assert_int_eq (table.digest_kind, DIGEST_XXH64_LOW);
  for (i = 0; i < n; ++i) {
    const struct chunk *chunk = &table.chunks[i];
    const uint8_t *stored = out->buf + chunk->stored_start;

    ck_assert_uint_eq (chunk->plain_start, i * frame_size);
    ck_assert_uint_eq (ZSTD_getFrameContentSize (stored, chunk->stored_len),
                       chunk->plain_len);
    ck_assert_uint_eq (ZSTD_decompress (got, frame_size, stored,
                                        chunk->stored_len),
                       chunk->plain_len);
    ck_assert_int_eq (source_pread (source, want, chunk->plain_len,
                                    chunk->plain_start, &err), 0);
    ck_assert_mem_eq (got, want, chunk->plain_len);
  }
  chunk_table_clear (&table);
  free (want);
  free (got);
}

START_TEST (is_read_by_the_parser)
{
  static const size_t sizes[] = { 1, 4095, 4096, 4097, 100000, 262144 };
  static const uint32_t frame_sizes[] = { 4096, 12288, 65536, 1048576 };
  struct error err;
  size_t i, k;

  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    struct source *source = new_source (sizes[i]);

    for (k = 0; k < sizeof frame_sizes / sizeof frame_sizes[0]; ++k) {
      struct output *out = new_output ();

      ck_assert_int_eq (run (source, frame_sizes[k], 1, out, &err), 0);
      check_output (out, source, frame_sizes[k]);
      free_output (out);
    }
    source_unref (source);
  }
}
END_TEST

START_TEST (threads_change_nothing)
{
  struct source *source = new_source (300000);
  struct output *one = new_output ();
  struct error err;
  unsigned n;

  ck_assert_int_eq (run (source, 4096, 1, one, &err), 0);
  for (n = 2; n <= 8; ++n) {
    struct output *out = new_output ();

    ck_assert_int_eq (run (source, 4096, n, out, &err), 0);
    check_output (out, source, 4096);
    ck_assert_uint_eq (out->len, one->len);
    ck_assert_mem_eq (out->buf, one->buf, one->len);
    free_output (out);
  }
  free_output (one);
  source_unref (source);
}
END_TEST

/* All threads return, whichever write fails. */
START_TEST (write_fails)
{
  struct source *source = new_source (100000);
  struct error err;
  unsigned at, n;

  for (at = 1; at <= 26; at += 5)
    for (n = 1; n <= 8; n += 7) {
      struct output *out = new_output ();

      out->fail_at = at;
      ck_assert_int_eq (run (source, 4096, n, out, &err), -1);
      expect_error (&err, ENOSPC, "disk is full");
      free_output (out);
    }
  source_unref (source);
}
END_TEST

static int
broken_pread (struct source *source, void *buf, size_t len, uint64_t offset,
              struct error *err)
{
  (void) source;
  memset (buf, 0, len);
  return offset >= 40960 ? error_set (err, EIO, "bad sector") : 0;
}

static void
broken_close (struct source *source)
{
  (void) source;
}

START_TEST (read_fails)
{
  static const struct source_ops ops = {
    .pread = broken_pread, .close = broken_close,
  };
  struct source source;
  struct output *out = new_output ();
  struct error err;

  source_init (&source, &ops, 100000);
  ck_assert_int_eq (run (&source, 4096, 4, out, &err), -1);
  expect_error (&err, EIO, "bad sector");
  source_unref (&source);
  free_output (out);
}
END_TEST

START_TEST (wrong_parameters)
{
  static const struct {
    uint32_t frame_size;
    int level;
    uint64_t size;
    const char *text;
  } rows[] = {
    { 0, 3, 100, "a frame of 0 bytes" },
    { 4095, 3, 100, "a frame of 4095 bytes" },
    { 5000, 3, 100, "a frame of 5000 bytes" },
    { (64u << 20) + 4096, 3, 100, "a frame of" },
    { 4096, 23, 100, "compression level 23" },
    { 4096, -200000, 100, "compression level -200000" },
    { 4096, 3, 0, "is empty" },
    { 4096, 3, UINT64_C (4096) * (((1u << 30) - 17) / 12) + 1,
      "use larger ones" },
    { 64u << 20, 3, UINT64_MAX, "use larger ones" },
  };
  static const struct source_ops ops = {
    .pread = broken_pread, .close = broken_close,
  };
  const struct seek_writer_sink sink = { .write = sink_write };
  struct error err;
  size_t i;

  for (i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    const struct seek_writer_params params = {
      .frame_size = rows[i].frame_size, .level = rows[i].level,
    };
    struct source source;

    source_init (&source, &ops, rows[i].size);
    ck_assert_ptr_null (seek_writer_new (&source, &params, &sink, &err));
    expect_error (&err, EINVAL, rows[i].text);
    source_unref (&source);
  }
  seek_writer_free (NULL);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("seek_writer");

  tcase_add_test (t, is_read_by_the_parser);
  tcase_add_test (t, threads_change_nothing);
  tcase_add_test (t, write_fails);
  tcase_add_test (t, read_fails);
  tcase_add_test (t, wrong_parameters);
  return tests_run ();
}
