/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files are taken for what. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "blob_format.h"
#include "image_builder.h"
#include "packing.h"
#include "rafs_builder.h"
#include "service_fixture.h"
#include "testing.h"

#define PLAIN 100000
#define BLOCK 4096

/* The files of the rows below, all of the same text. */
enum content {
  RAW,                          /* PLAIN bytes */
  RAW_SHORT,                    /* less than a block too few */
  RAW_LONG,
  SEEKABLE,
  SEEKABLE_EMPTY,               /* no frames */
  SEEKABLE_CUT,                 /* the last byte is missing */
  SEEKABLE_SUMS,                /* the sizes do not add up to the file's */
  ZSTD,                         /* no seek table */
  LIKE_ZSTD,                    /* PLAIN bytes that begin like zstd */
  LIKE_ZSTD_SHORT, LIKE_ZSTD_LONG,
  LIKE_GZIP, LIKE_GZIP_SHORT, LIKE_GZIP_LONG,
  GZIP,
  EMPTY,
};

enum { NO_ZINFO, RIGHT_ZINFO, CUT_ZINFO, LONG_ZINFO, OTHER_ZINFO };

static uint8_t text[2 * PLAIN];

static struct packed
copy_text (size_t len, const char *head)
{
  struct packed p = { calloc (1, len + 1), len };

  memcpy (p.ptr, text, len);
  memcpy (p.ptr, head, strlen (head));
  return p;
}

static struct packed
make_file (enum content content)
{
  static const char zstd[] = "\x28\xb5\x2f\xfd", gzip[] = "\x1f\x8b\x08";
  struct packed p;

  switch (content) {
  case RAW: return copy_text (PLAIN, "");
  case RAW_SHORT: return copy_text (PLAIN - BLOCK + 1, "");
  case RAW_LONG: return copy_text (PLAIN + 9, "");
  case SEEKABLE: return pack_seekable (text, PLAIN, 3000, true);
  case SEEKABLE_EMPTY: return pack_seekable (text, 0, 3000, true);
  case SEEKABLE_CUT:
    p = pack_seekable (text, PLAIN, 3000, true);
    p.len--;
    return p;
  case SEEKABLE_SUMS:
    p = pack_seekable (text, PLAIN, 3000, true);
    return join (pack_zstd (text, 5, false), p);
  case ZSTD: return pack_zstd (text, PLAIN, true);
  case LIKE_ZSTD: return copy_text (PLAIN, zstd);
  case LIKE_ZSTD_SHORT: return copy_text (PLAIN - BLOCK + 1, zstd);
  case LIKE_ZSTD_LONG: return copy_text (PLAIN + 1, zstd);
  case LIKE_GZIP: return copy_text (PLAIN, gzip);
  case LIKE_GZIP_SHORT: return copy_text (PLAIN - BLOCK + 1, gzip);
  case LIKE_GZIP_LONG: return copy_text (PLAIN + 1, gzip);
  case GZIP: return pack_gzip (text, PLAIN, 1, "layer.tar");
  case EMPTY: break;
  }
  return copy_text (0, "");
}

static struct packed
make_checkpoints (int kind)
{
  struct packed gzip = pack_gzip (text, kind == OTHER_ZINFO ? 2 * PLAIN :
                                  PLAIN, 1, "layer.tar");
  struct packed zinfo = make_zinfo (gzip.ptr, gzip.len, 10000, 2), longer;

  free (gzip.ptr);
  if (kind == CUT_ZINFO)
    zinfo.len--;
  if (kind == LONG_ZINFO) {
    longer = copy_text (1, "");
    zinfo = join (zinfo, longer);
  }
  return zinfo;
}

#define PACK_ADVICE ": use \"erofsflat pack\" on the plain blob"
#define ADVICE ": use \"erofsflat pack\" on the plain blob, or format=raw"
#define AGAIN ": get it again, or make its zinfo anew"
#define NO_CHECKPOINTS "is a gzip file without checkpoints (a zinfo file of " \
  "the same name with .zinfo behind it, or zinfo=)"

static const struct {
  enum content content;
  enum blob_format format;
  uint64_t declared;
  int zinfo;
  const char *part;             /* of the message; NULL: it is taken */
  const char *table;            /* the format that it is taken for; NULL: raw */
} rows[] = {
  /* Raw: the size does not matter here. */
  { RAW, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { RAW_SHORT, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { RAW_LONG, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { RAW, FORMAT_AUTO, 2 * PLAIN, NO_ZINFO, NULL, NULL },
  { RAW, FORMAT_AUTO, PLAIN, RIGHT_ZINFO, NULL, NULL },
  { EMPTY, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { EMPTY, FORMAT_AUTO, 0, NO_ZINFO, NULL, NULL },

  /* zstd seekable, if the plain size fits. */
  { SEEKABLE, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, "zstd-seekable" },
  { SEEKABLE, FORMAT_AUTO, PLAIN - 1, NO_ZINFO, NULL, "zstd-seekable" },
  { SEEKABLE, FORMAT_AUTO, 1, NO_ZINFO, NULL, "zstd-seekable" },
  { SEEKABLE, FORMAT_AUTO, PLAIN + BLOCK - 1, NO_ZINFO, NULL,
    "zstd-seekable" },
  { SEEKABLE, FORMAT_AUTO, PLAIN + BLOCK, NO_ZINFO,
    "is zstd seekable and has 100000 plain bytes, the device table says "
    "104096" PACK_ADVICE, NULL },
  { SEEKABLE, FORMAT_AUTO, UINT64_MAX, NO_ZINFO, "is zstd seekable and has",
    NULL },

  /* Without a seek table that adds up it is not that. */
  { ZSTD, FORMAT_AUTO, PLAIN / 100, NO_ZINFO,
    "is a zstd file without a seek table" ADVICE, NULL },
  { SEEKABLE_CUT, FORMAT_AUTO, PLAIN / 100, NO_ZINFO,
    "is a zstd file without a seek table" ADVICE, NULL },
  { SEEKABLE_SUMS, FORMAT_AUTO, PLAIN / 100, NO_ZINFO,
    "before the table" ADVICE, NULL },

  /* What has the declared size is raw, however it begins. */
  { LIKE_ZSTD, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { LIKE_ZSTD_SHORT, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { LIKE_ZSTD_LONG, FORMAT_AUTO, PLAIN, NO_ZINFO,
    "is a zstd file without a seek table" ADVICE, NULL },
  { LIKE_ZSTD, FORMAT_AUTO, PLAIN + BLOCK, NO_ZINFO,
    "is a zstd file without", NULL },
  { LIKE_GZIP, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { LIKE_GZIP_SHORT, FORMAT_AUTO, PLAIN, NO_ZINFO, NULL, NULL },
  { LIKE_GZIP_LONG, FORMAT_AUTO, PLAIN, NO_ZINFO, NO_CHECKPOINTS ADVICE,
    NULL },
  { LIKE_GZIP, FORMAT_AUTO, PLAIN, CUT_ZINFO, NULL, NULL },
  { LIKE_GZIP_LONG, FORMAT_AUTO, PLAIN, CUT_ZINFO, "zinfo: ", NULL },

  /* gzip takes checkpoints. */
  { GZIP, FORMAT_AUTO, PLAIN, RIGHT_ZINFO, NULL, "gzip" },
  { GZIP, FORMAT_AUTO, PLAIN - 5000, RIGHT_ZINFO, NULL, "gzip" },
  { GZIP, FORMAT_AUTO, PLAIN + 1, RIGHT_ZINFO,
    "is a gzip file that does not decode up to the declared", NULL },
  { GZIP, FORMAT_AUTO, PLAIN, NO_ZINFO, NO_CHECKPOINTS PACK_ADVICE, NULL },
  { GZIP, FORMAT_AUTO, PLAIN, CUT_ZINFO, "zinfo: ", NULL },
  { GZIP, FORMAT_AUTO, PLAIN, LONG_ZINFO, "zinfo: ", NULL },
  { GZIP, FORMAT_AUTO, PLAIN, OTHER_ZINFO,
    "is beyond the end of the gzip file", NULL },

  /* A size that is not declared says nothing: raw. */
  { SEEKABLE, FORMAT_AUTO, 0, NO_ZINFO, NULL, NULL },
  { ZSTD, FORMAT_AUTO, 0, NO_ZINFO, NULL, NULL },
  { GZIP, FORMAT_AUTO, 0, NO_ZINFO, NULL, NULL },

  /* Told otherwise. */
  { SEEKABLE, FORMAT_RAW, PLAIN, NO_ZINFO, NULL, NULL },
  { LIKE_ZSTD_LONG, FORMAT_RAW, PLAIN, NO_ZINFO, NULL, NULL },
  { GZIP, FORMAT_RAW, PLAIN, RIGHT_ZINFO, NULL, NULL },
  { SEEKABLE, FORMAT_ZSTD_SEEKABLE, PLAIN, NO_ZINFO, NULL, "zstd-seekable" },
  { SEEKABLE, FORMAT_ZSTD_SEEKABLE, 0, NO_ZINFO, NULL, "zstd-seekable" },
  { SEEKABLE_EMPTY, FORMAT_ZSTD_SEEKABLE, 0, NO_ZINFO,
    "is zstd seekable and has no data", NULL },
  { RAW, FORMAT_ZSTD_SEEKABLE, PLAIN, NO_ZINFO, "is not a zstd file", NULL },
  { EMPTY, FORMAT_ZSTD_SEEKABLE, PLAIN, NO_ZINFO, "is not a zstd file", NULL },
  { LIKE_ZSTD, FORMAT_ZSTD_SEEKABLE, PLAIN, NO_ZINFO,
    "is not zstd seekable: it has no seek table", NULL },
  { SEEKABLE_SUMS, FORMAT_ZSTD_SEEKABLE, PLAIN, NO_ZINFO, "seek table: ",
    NULL },
  { GZIP, FORMAT_GZIP, PLAIN, RIGHT_ZINFO, NULL, "gzip" },
  { GZIP, FORMAT_GZIP, PLAIN, NO_ZINFO, NO_CHECKPOINTS, NULL },
  { GZIP, FORMAT_GZIP, 0, RIGHT_ZINFO, "format=gzip: the device table does not "
    "say how long the data is (0 blocks), and a zinfo does not either", NULL },
  { LIKE_GZIP, FORMAT_GZIP, PLAIN, CUT_ZINFO, "zinfo: ", NULL },
  { RAW, FORMAT_GZIP, PLAIN, RIGHT_ZINFO,
    "is not a gzip file: it does not begin like one", NULL },
};

/* All that is plain is the text. */
static void
expect_text (struct source *source, uint64_t len)
{
  uint8_t *buf = malloc (len + 1);
  struct error err;

  ck_assert_uint_le (len, source->size);
  ck_assert_msg (source_pread (source, buf, len, 0, &err) == 0, "%s",
                 err.text);
  ck_assert (memcmp (buf, text, len) == 0);
  free (buf);
}

START_TEST (recognised)
{
  struct packed file, zinfo;
  struct chunk_service *service = new_service (1 << 20, 2);
  struct blob_request request = {
    .format = rows[_i].format, .declared = rows[_i].declared,
    .block_size = BLOCK, .name = "the blob", .service = service,
  };
  const struct chunk_table *table;
  struct source *stored, *source;
  struct error err = { .text = "none" };

  fill_text (text, sizeof text, 3);
  file = make_file (rows[_i].content);
  stored = new_source (file.ptr, file.len);
  if (rows[_i].zinfo != NO_ZINFO) {
    zinfo = make_checkpoints (rows[_i].zinfo);
    request.zinfo = new_source (zinfo.ptr, zinfo.len);
    free (zinfo.ptr);
  }
  source = blob_format_open (stored, &request, &err);
  if (rows[_i].part != NULL) {
    ck_assert_ptr_null (source);
    expect_error (&err, EINVAL, rows[_i].part);
    /* No advice to take it for raw bytes, of which there are too few. */
    if (file.len + BLOCK <= rows[_i].declared)
      ck_assert_ptr_null (strstr (err.text, "format=raw"));
  }
  else {
    ck_assert_msg (source != NULL, "%s", err.text);
    table = source_chunked_table (source);
    ck_assert_int_eq (table != NULL, rows[_i].table != NULL);
    if (table == NULL)
      ck_assert_ptr_eq (source, stored);
    else {
      ck_assert_str_eq (table->format, rows[_i].table);
      expect_text (source, rows[_i].declared > 0 && rows[_i].declared < PLAIN
                   ? rows[_i].declared : PLAIN);
    }
  }
  source_unref (source);
  source_unref (request.zinfo);
  source_unref (stored);
  free_service (service);
  free (file.ptr);
}
END_TEST

/* A file of the declared size that is zstd seekable all the same: if the plain
 * size fits too, that is what it is.
 */
START_TEST (full_recognition_wins)
{
  struct chunk_service *service = new_service (1 << 20, 2);
  struct blob_request request = {
    .block_size = BLOCK, .name = "the blob", .service = service,
  };
  struct source *stored, *source;
  struct packed file;
  struct error err;

  pattern_fill (text, sizeof text, 3, 0);       /* grows by packing */
  file = pack_seekable (text, 5000, 2500, true);
  ck_assert_uint_gt (file.len, 5000);
  ck_assert_uint_lt (file.len, 5000 + BLOCK);
  request.declared = file.len;
  stored = new_source (file.ptr, file.len);
  source = blob_format_open (stored, &request, &err);
  ck_assert_msg (source != NULL, "%s", err.text);
  ck_assert_ptr_nonnull (source_chunked_table (source));
  expect_text (source, 5000);
  source_unref (source);

  /* The plain bytes are a block too few: raw. */
  request.block_size = (uint32_t) (file.len - 5000);
  source = blob_format_open (stored, &request, &err);
  ck_assert_ptr_eq (source, stored);
  source_unref (source);
  source_unref (stored);
  free_service (service);
  free (file.ptr);
}
END_TEST

/* A seek table that begins with another frame's bytes, is larger than the
 * file, or counts more than there is.
 */
START_TEST (bad_tables)
{
  struct chunk_service *service = new_service (1 << 20, 2);
  struct blob_request request = {
    .declared = PLAIN, .block_size = BLOCK, .name = "the blob",
    .service = service,
  };
  struct source *stored;
  struct packed file;
  struct error err;

  fill_text (text, sizeof text, 3);
  file = pack_seekable (text, PLAIN, 3000, true);
  if (_i == 0)                  /* number of frames */
    put_le (file.ptr + file.len - 9, 0xffffffff, 4);
  else if (_i == 1)
    put_le (file.ptr + file.len - 9, 5000, 4);
  else if (_i == 2)             /* reserved bits */
    file.ptr[file.len - 5] |= 0x04;
  else                          /* the first frame's plain size */
    put_le (file.ptr + file.len - 9 - 34 * 12 + 4, 0xffffffff, 4);
  stored = new_source (file.ptr, file.len);
  ck_assert_ptr_null (blob_format_open (stored, &request, &err));
  ck_assert_int_eq (err.errnum, EINVAL);
  request.format = FORMAT_ZSTD_SEEKABLE;
  ck_assert_ptr_null (blob_format_open (stored, &request, &err));
  ck_assert_int_eq (err.errnum, EINVAL);
  source_unref (stored);
  free_service (service);
  free (file.ptr);
}
END_TEST

/* Three gzip members, a checkpoint at each. */
static struct source *
open_members (struct packed gzip, struct packed zinfo, uint32_t block_size,
              struct chunk_service *service, struct error *err)
{
  struct source *stored = new_source (gzip.ptr, gzip.len), *source;
  const struct blob_request request = {
    .declared = 9000, .block_size = block_size, .name = "the blob",
    .zinfo = new_source (zinfo.ptr, zinfo.len), .service = service,
  };

  source = blob_format_open (stored, &request, err);
  source_unref (request.zinfo);
  source_unref (stored);
  return source;
}

/* Only the trailer of a member tells that it is damaged. */
START_TEST (damaged_member)
{
  struct chunk_service *service = new_service (0, 2);
  struct packed gzip = { .ptr = calloc (1, 1), .len = 0 }, zinfo;
  struct source *source;
  struct error err;
  size_t end[3];
  uint8_t byte;
  int i;

  fill_text (text, sizeof text, 3);
  for (i = 0; i < 3; ++i) {
    gzip = join (gzip, pack_gzip (text + i * 3000, 3000, 6, NULL));
    end[i] = gzip.len;
  }
  zinfo = make_zinfo (gzip.ptr, gzip.len, 1 << 20, 2);
  gzip.ptr[end[1] - 8] ^= 1;
  source = open_members (gzip, zinfo, BLOCK, service, &err);
  ck_assert_msg (source != NULL, "%s", err.text);
  expect_text (source, 3000);
  ck_assert_int_eq (source_pread (source, &byte, 1, 4000, &err), -1);
  expect_error (&err, EIO, "the blob: chunk 1 (bytes 3000 to 5999): gzip: "
                "CRC-32 mismatch: found 0x");
  ck_assert_int_eq (source_pread (source, &byte, 1, 6000, &err), 0);
  ck_assert_uint_eq (byte, text[6000]);
  ck_assert_uint_eq (atomic_load (&service->counters->verify_failures), 1);
  source_unref (source);

  /* The last one is read at the start. */
  gzip.ptr[end[2] - 8] ^= 1;
  source = open_members (gzip, zinfo, BLOCK, service, &err);
  ck_assert_ptr_null (source);
  expect_error (&err, EINVAL, "does not decode up to the declared 9000 bytes "
                "by its zinfo: the blob: chunk 2 (bytes 6000 to 8999): gzip: "
                "CRC-32 mismatch: found 0x");
  expect_error (&err, EINVAL, AGAIN);

  /* It is not raw, although it might be by its size. */
  source = open_members (gzip, zinfo, 16384, service, &err);
  ck_assert_ptr_null (source);
  expect_error (&err, EINVAL, "CRC-32 mismatch: found 0x");
  expect_error (&err, EINVAL, AGAIN ", or format=raw");
  gzip.ptr[end[2] - 8] ^= 1;
  gzip.len--;
  source = open_members (gzip, zinfo, 16384, service, &err);
  ck_assert_ptr_null (source);
  expect_error (&err, EINVAL, "the end of the file is missing");
  free_service (service);
  free (gzip.ptr);
  free (zinfo.ptr);
}
END_TEST

START_TEST (words)
{
  static const char *const right[] = {
    [FORMAT_AUTO] = "auto", [FORMAT_RAW] = "raw",
    [FORMAT_ZSTD_SEEKABLE] = "zstd-seekable", [FORMAT_GZIP] = "gzip",
  };
  static const char *const wrong[] = { "", "zstd", "RAW", "raw ", "gz" };
  enum blob_format format = FORMAT_GZIP;
  size_t i;

  for (i = 0; i < 4; ++i) {
    ck_assert (blob_format_parse (right[i], &format));
    ck_assert_uint_eq (format, i);
  }
  for (i = 0; i < 5; ++i)
    ck_assert (!blob_format_parse (wrong[i], &format));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("blob_format");

  tcase_add_loop_test (t, recognised, 0, sizeof rows / sizeof rows[0]);
  tcase_add_test (t, full_recognition_wins);
  tcase_add_loop_test (t, bad_tables, 0, 4);
  tcase_add_test (t, damaged_member);
  tcase_add_test (t, words);
  return tests_run ();
}
