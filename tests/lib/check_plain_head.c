/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "image_builder.h"
#include "packing.h"
#include "plain_head.h"
#include "rafs_builder.h"
#include "testing.h"

#define LEN 500000
#define HEAD 1152

/* A source that counts how much is read of it. */
struct counting {
  struct source source;
  struct source *under;
  uint64_t bytes;
  bool fail;
};

static int
counting_pread (struct source *source, void *buf, size_t len, uint64_t offset,
                struct error *err)
{
  struct counting *c = (struct counting *) source;

  c->bytes += len;
  if (c->fail)
    return error_set (err, EIO, "the disk is bad");
  return source_pread (c->under, buf, len, offset, err);
}

static const struct source_ops counting_ops = { .pread = counting_pread };

/* Bytes of a test; the frame is freed by finish. */
static struct counting counting;
static uint8_t *text;

static struct source *
begin (struct packed file)
{
  counting = (struct counting) { .under = new_source (file.ptr, file.len) };
  source_init (&counting.source, &counting_ops, file.len);
  free (file.ptr);
  return &counting.source;
}

static void
finish (void)
{
  source_unref (counting.under);
  free (text);
  text = NULL;
}

static struct packed
copy_of (const void *buf, size_t len)
{
  struct packed p = { malloc (len + 1), len };

  memcpy (p.ptr, buf, len);
  return p;
}

enum {
  RAW, ZSTD, ZSTD_SEEKABLE, ZSTD_SKIPPABLE, GZIP, GZIP_NAMED, GZIP_STORED,
  GZIP_MEMBERS, N_FORMS
};

/* A skippable frame of `len' bytes, and then the other one. */
static struct packed
behind_skippable (size_t len, struct packed frame)
{
  struct packed p = { calloc (1, 8 + len), 8 + len };

  put_le (p.ptr, 0x184d2a51, 4);
  put_le (p.ptr + 4, len, 4);
  return join (p, frame);
}

/* An empty member, a short one, and the rest. */
static struct packed
pack_members (const uint8_t *plain, size_t len)
{
  return join (pack_gzip (plain, 0, 6, NULL),
               join (pack_gzip (plain, 3, 6, "a name"),
                     pack_gzip (plain + 3, len - 3, 6, NULL)));
}

static struct packed
make (int form, size_t len)
{
  text = malloc (LEN);
  fill_text (text, LEN, 5);
  switch (form) {
  case ZSTD: return pack_zstd (text, len, true);
  case ZSTD_SEEKABLE: return pack_seekable (text, len, 700, true);
  case ZSTD_SKIPPABLE:
    return behind_skippable (0x9003, pack_zstd (text, len, true));
  case GZIP: return pack_gzip (text, len, 6, NULL);
  case GZIP_NAMED: return pack_gzip (text, len, 9, "a name");
  case GZIP_STORED: return pack_gzip (text, len, 0, NULL);
  case GZIP_MEMBERS: return pack_members (text, len);
  default: return copy_of (text, len);
  }
}

static int
read_head (struct source *file, uint8_t buf[HEAD], size_t *ret_got,
           struct error *err)
{
  enum plain_form form;

  return plain_head_read (file, buf, HEAD, HEAD, ret_got, &form, err);
}

/* The plain head of every form, however long the file is. */
START_TEST (head)
{
  static const size_t lens[] = { LEN, 2000, HEAD, HEAD - 1, 300, 4 };
  int form = _i % N_FORMS;
  size_t len = lens[_i / N_FORMS], got = 0;
  struct source *file = begin (make (form, len));
  uint8_t buf[HEAD];
  struct error err;

  memset (buf, 0, sizeof buf);
  ck_assert_int_eq (read_head (file, buf, &got, &err), 0);
  ck_assert_uint_eq (got, len < HEAD ? len : HEAD);
  ck_assert_mem_eq (buf, text, got);
  finish ();
}
END_TEST

/* A head does not cost reading the file. */
START_TEST (reads_little)
{
  struct source *file = begin (make (_i, LEN));
  uint8_t buf[HEAD];
  struct error err;
  size_t got;

  ck_assert_int_eq (read_head (file, buf, &got, &err), 0);
  ck_assert_uint_le (counting.bytes, _i == RAW ? HEAD : 256 * 1024 + HEAD);
  finish ();
}
END_TEST

/* What need not be decoded may be longer. */
START_TEST (raw_is_longer)
{
  struct source *file = begin (make (_i, LEN));
  uint8_t buf[2 * HEAD];
  enum plain_form form;
  struct error err;
  size_t got = 0;

  ck_assert_int_eq (plain_head_read (file, buf, sizeof buf, HEAD, &got, &form,
                                     &err), 0);
  ck_assert_int_eq (form == PLAIN_RAW, _i == RAW);
  ck_assert_uint_eq (got, _i == RAW ? sizeof buf : HEAD);
  ck_assert_mem_eq (buf, text, got);
  finish ();
}
END_TEST

START_TEST (form_of_file)
{
  static const enum plain_form forms[N_FORMS] = {
    PLAIN_RAW, PLAIN_ZSTD, PLAIN_ZSTD, PLAIN_ZSTD, PLAIN_GZIP, PLAIN_GZIP,
    PLAIN_GZIP, PLAIN_GZIP,
  };
  struct source *file = begin (make (_i, LEN));
  enum plain_form form;
  struct error err;

  ck_assert_int_eq (plain_head_form (file, &form, &err), 0);
  ck_assert_int_eq (form, forms[_i]);
  finish ();
}
END_TEST

/* What begins nearly like it. */
static const struct {
  uint8_t bytes[6];
  size_t len;
  enum plain_form form;
} heads[] = {
  { { 0 }, 0, PLAIN_RAW },
  { { 0x28, 0xb5, 0x2f }, 3, PLAIN_RAW },
  { { 0x28, 0xb5, 0x2f, 0xfd }, 4, PLAIN_ZSTD },
  { { 0xfd, 0x2f, 0xb5, 0x28 }, 4, PLAIN_RAW },
  { { 0x28, 0xb5, 0x2f, 0xfc }, 4, PLAIN_RAW },
  { { 0x1f, 0x8b, 8 }, 3, PLAIN_RAW },
  { { 0x1f, 0x8b, 8, 0 }, 4, PLAIN_GZIP },
  { { 0x1f, 0x8b, 7, 0 }, 4, PLAIN_RAW },
  { { 0x1f, 0x8a, 8, 0 }, 4, PLAIN_RAW },
  { { 0x50, 0x2a, 0x4d, 0x18, 0, 0 }, 6, PLAIN_ZSTD },  /* skippable */
  { { 0x5f, 0x2a, 0x4d, 0x18 }, 4, PLAIN_ZSTD },
  { { 0x4f, 0x2a, 0x4d, 0x18 }, 4, PLAIN_RAW },
  { { 0x60, 0x2a, 0x4d, 0x18 }, 4, PLAIN_RAW },
};

#define N(array) ((int) (sizeof (array) / sizeof (array)[0]))

START_TEST (form_of_bytes)
{
  struct source *file = begin (copy_of (heads[_i].bytes, heads[_i].len));
  uint8_t buf[HEAD];
  enum plain_form form;
  struct error err;
  size_t got = 99;

  ck_assert_int_eq (plain_head_form (file, &form, &err), 0);
  ck_assert_int_eq (form, heads[_i].form);
  /* Raw bytes are their own head; a cut frame has none. */
  ck_assert_int_eq (read_head (file, buf, &got, &err), 0);
  ck_assert_uint_eq (got, form == PLAIN_RAW ? heads[_i].len : 0);
  finish ();
}
END_TEST

/* Damage gives fewer bytes or others, never an error and never more. */
START_TEST (damaged)
{
  struct packed p = make (_i, 3000);
  size_t bytes = p.len, got;
  uint8_t *damaged_bytes = malloc (bytes);
  uint8_t buf[HEAD + 16];
  struct error err;
  unsigned i;

  memcpy (damaged_bytes, p.ptr, bytes);
  free (p.ptr);
  for (i = 0; i < rounds (500); ++i) {
    struct packed copy = copy_of (damaged_bytes, bytes);
    struct source *file;

    copy.ptr[rnd (bytes)] ^= (uint8_t) (1 + rnd (255));
    if (i % 4 == 0)
      copy.len = rnd (bytes);
    file = begin (copy);
    memset (buf, 0xa5, sizeof buf);
    if (read_head (file, buf, &got, &err) == -1 || got > HEAD ||
        buf[HEAD] != 0xa5)
      ck_abort_msg ("round %u: %s", i, err.text);
    source_unref (counting.under);
  }
  free (damaged_bytes);
  free (text);
  text = NULL;
}
END_TEST

/* A frame that wants a window of up to 4 GiB has its head, but not the window,
 * wherever between two reads it lies.
 */
START_TEST (huge_window)
{
  static const uint8_t windows[] = { 0x88, 0x89, 0x90, 0xa8, 0xaf };
  uint8_t frame[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0, windows[_i % 5], 0x19, 0, 0, 'a', 'b', 'c',
  };
  struct packed p = copy_of (frame, sizeof frame);
  struct source *file = begin (_i < 5 ? p :
                               behind_skippable (4078 + (size_t) _i / 5, p));
  uint8_t buf[HEAD];
  struct error err;
  size_t got = 99;

#ifndef SANITIZED
  const struct rlimit limit = { .rlim_cur = 1 << 30, .rlim_max = 1 << 30 };

  if (!run_by_valgrind ())
    ck_assert_int_eq (setrlimit (RLIMIT_AS, &limit), 0);
#endif
  memset (buf, 0, sizeof buf);
  ck_assert_int_eq (read_head (file, buf, &got, &err), 0);
  ck_assert_uint_eq (got, 3);
  ck_assert_mem_eq (buf, "abc", 3);
  finish ();
}
END_TEST

/* A frame of zstd 0.5 has no head, wherever between two reads it lies: libzstd
 * may have been built with decoders of former formats.
 */
START_TEST (former_format)
{
  static const uint8_t former[] = {
    0x25, 0xb5, 0x2f, 0xfd, 1, 0x40, 0, 3, 'a', 'b', 'c', 0xc0, 0, 0,
  };
  struct source *file = begin (behind_skippable
                               (4080 + (size_t) _i,
                                copy_of (former, sizeof former)));
  uint8_t buf[HEAD];
  struct error err;
  size_t got = 99;

  ck_assert_int_eq (read_head (file, buf, &got, &err), 0);
  ck_assert_uint_eq (got, 0);
  finish ();
}
END_TEST

START_TEST (cannot_be_read)
{
  struct source *file = begin (make (_i, LEN));
  uint8_t buf[HEAD];
  enum plain_form form;
  struct error err;
  size_t got;

  counting.fail = true;
  ck_assert_int_eq (plain_head_form (file, &form, &err), -1);
  expect_error (&err, EIO, "the disk is bad");
  ck_assert_int_eq (read_head (file, buf, &got, &err), -1);
  expect_error (&err, EIO, "the disk is bad");
  finish ();
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("plain_head");

  tcase_add_loop_test (t, head, 0, 6 * N_FORMS);
  tcase_add_loop_test (t, reads_little, 0, N_FORMS);
  tcase_add_loop_test (t, raw_is_longer, 0, N_FORMS);
  tcase_add_loop_test (t, form_of_file, 0, N_FORMS);
  tcase_add_loop_test (t, form_of_bytes, 0, N (heads));
  tcase_add_loop_test (t, damaged, 0, N_FORMS);
  tcase_add_loop_test (t, huge_window, 0, 5 * 11);
  tcase_add_loop_test (t, former_format, 0, 10);
  tcase_add_loop_test (t, cannot_be_read, 0, N_FORMS);
  return tests_run ();
}
