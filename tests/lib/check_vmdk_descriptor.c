/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "testing.h"
#include "vmdk_descriptor.h"

#define HEAD "# Disk DescriptorFile\n"
#define TYPE "createType=\"twoGbMaxExtentFlat\"\n"
#define BEGIN HEAD TYPE

static int
parse_bytes (const char *text, size_t len, struct vmdk_descriptor *ret,
             struct error *err)
{
  /* A copy of its own, so that reading behind it is seen. */
  uint8_t *copy = malloc (len > 0 ? len : 1);
  const struct bytes b = { .ptr = copy, .len = len };
  int r;

  memcpy (copy, text, len);
  r = vmdk_descriptor_parse (b, ret, err);
  free (copy);
  return r;
}

static void
parse_well (const char *text, struct vmdk_descriptor *ret)
{
  struct error err;

  ck_assert_msg (parse_bytes (text, strlen (text), ret, &err) == 0,
                 "%s: %s", text, err.text);
}

static void
expect_file (const struct vmdk_descriptor *d, size_t k, const char *name,
             unsigned line, uint64_t start, uint64_t len, uint64_t offset)
{
  const struct vmdk_file *f = &d->files.ptr[k];

  ck_assert_uint_lt (k, d->files.len);
  ck_assert_str_eq (f->name, name);
  ck_assert_uint_eq (f->line, line);
  ck_assert_uint_eq (f->start, start * 512);
  ck_assert_uint_eq (f->len, len * 512);
  ck_assert_uint_eq (f->offset, offset * 512);
}

/* As mkfs.erofs 1.9 writes it. */
START_TEST (of_mkfs)
{
  struct vmdk_descriptor d;

  parse_well (HEAD "version=1\nCID=87bd9367\nparentCID=ffffffff\n" TYPE
              "\n# Extent description\n"
              "RW 8 FLAT \"fsmeta.erofs\" 0\n"
              "RW 4194304 FLAT \"/x/l1.erofs\" 0\n"
              "RW 4194304 FLAT \"/x/l1.erofs\" 4194304\n"
              "RW 100 FLAT \"/x/l1.erofs\" 8388608\n"
              "RW 168 FLAT \"l2.erofs\" 0\n"
              "\n# The Disk Data Base\n#DDB\n\n"
              "ddb.virtualHWVersion = \"4\"\n"
              "ddb.geometry.cylinders = \"1\"\n"
              "ddb.adapterType = \"ide\"\n", &d);
  ck_assert_uint_eq (d.files.len, 3);
  expect_file (&d, 0, "fsmeta.erofs", 8, 0, 8, 0);
  expect_file (&d, 1, "/x/l1.erofs", 9, 8, 8388708, 0);
  expect_file (&d, 2, "l2.erofs", 12, 8388716, 168, 0);
  ck_assert_uint_eq (d.size, UINT64_C (8388884) * 512);
  vmdk_descriptor_clear (&d);
}
END_TEST

START_TEST (gaps)
{
  struct vmdk_descriptor d;

  parse_well (BEGIN "RW 8 FLAT \"a\" 0\nRW 5 FLAT \"/dev/zero\" 0\n"
              "RDONLY 1 FLAT \"b\" 3\nRW 2 ZERO\nNOACCESS 3 ZERO\n"
              "RW 7 FLAT \"b\" 4\nRW 1 FLAT \"//dev/./zero\"\n", &d);
  ck_assert_uint_eq (d.files.len, 3);
  expect_file (&d, 0, "a", 3, 0, 8, 0);
  expect_file (&d, 1, "b", 5, 13, 1, 3);
  /* Behind a gap it is another place, not the same again. */
  expect_file (&d, 2, "b", 8, 19, 7, 4);
  ck_assert_uint_eq (d.size, 27 * 512);
  vmdk_descriptor_clear (&d);
}
END_TEST

START_TEST (joined_only_where_it_goes_on)
{
  struct vmdk_descriptor d;

  parse_well (BEGIN "RW 2 FLAT \"a\" 0\nRW 2 FLAT \"./a\" 2\n"
              "RW 2 FLAT \"a\" 0\nRW 2 FLAT \"a\" 3\nRW 2 FLAT \"b\" 5\n", &d);
  ck_assert_uint_eq (d.files.len, 4);
  expect_file (&d, 0, "a", 3, 0, 4, 0);
  expect_file (&d, 1, "a", 5, 4, 2, 0);
  expect_file (&d, 2, "a", 6, 6, 2, 3);
  expect_file (&d, 3, "b", 7, 8, 2, 5);
  vmdk_descriptor_clear (&d);
}
END_TEST

static const struct {
  const char *written, *name;
} names[] = {
  { "a", "a" }, { "/a", "/a" }, { "./a", "a" }, { "a//b/./c", "a/b/c" },
  { "//a///b", "/a/b" }, { "/./a", "/a" }, { "././/a", "a" },
  { "a b  c", "a b  c" }, { "\xc3\xa4\xe6\x97\xa5", "\xc3\xa4\xe6\x97\xa5" },
  { "..a", "..a" }, { "a..", "a.." }, { "...", "..." }, { ".a/b.", ".a/b." },
  { "a=b", "a=b" }, { "# a", "# a" }, { "\\", "\\" },
  { "RW 1 FLAT", "RW 1 FLAT" }, { "%s%n", "%s%n" },
};

START_TEST (names_as_written)
{
  struct vmdk_descriptor d;
  char text[200];

  snprintf (text, sizeof text, BEGIN "RW 1 FLAT \"%s\" 0\n",
            names[_i].written);
  parse_well (text, &d);
  expect_file (&d, 0, names[_i].name, 3, 0, 1, 0);
  vmdk_descriptor_clear (&d);
}
END_TEST

/* What may vary. */
static const char *const forms[] = {
  BEGIN "RW 1 FLAT \"a\" 0\n",
  BEGIN "RW 1 FLAT \"a\" 0",                    /* no last newline */
  BEGIN "RW 1 FLAT \"a\"\n",                    /* no offset */
  BEGIN "\t RW\t1  FLAT   \"a\"\t0 \t\n",
  HEAD "createType = \"monolithicFlat\" \nRW 1 FLAT \"a\" 0\n",
  HEAD "createType=\"custom\"\nRW 1 FLAT \"a\" 00\n",
  HEAD "RW 1 FLAT \"a\" 0\n" TYPE,
  "# Disk DescriptorFile\r\ncreateType=\"custom\"\r\nRW 1 FLAT \"a\" 0\r\n",
  "# Disk DescriptorFile \nparentCID=FFFFFFFF\n" TYPE "RW 1 FLAT \"a\" 0\n",
  BEGIN "RW 1 FLAT \"a\" 0\n\n\n   \n#\nencoding=\"UTF-8\"\nRW=1\n",
};

START_TEST (forms_that_may_be)
{
  struct vmdk_descriptor d;

  parse_well (forms[_i], &d);
  ck_assert_uint_eq (d.files.len, 1);
  ck_assert_str_eq (d.files.ptr[0].name, "a");
  ck_assert_uint_eq (d.size, 512);
  vmdk_descriptor_clear (&d);
}
END_TEST

static const struct {
  const char *text, *part;
} wrong[] = {
  { "", "does not begin with \"# Disk DescriptorFile\"" },
  { "# Disk Descriptor", "does not begin with" },
  { "\n" BEGIN, "does not begin with" },
  { HEAD "RW 1 FLAT \"a\" 0\n", "it has no createType" },
  { BEGIN, "it lists no file" },
  { BEGIN "RW 1 ZERO\n", "it lists no file" },
  { BEGIN "RW 1 ZERO\nRW 1 FLAT \"a\" 0\n",
    "line 4: the first file is at byte 512, 0 expected" },
  { HEAD "createType=\"monolithicSparse\"\n",
    "line 2: '\"monolithicSparse\"', createType \"twoGbMaxExtentFlat\"" },
  { HEAD "createType=twoGbMaxExtentFlat\n", "line 2: 'twoGbMaxExtentFlat'" },
  { BEGIN "parentCID=12345678\n",
    "line 3: 'parentCID', a disk without a parent expected" },
  { BEGIN "parentFileNameHint=\"a\"\n", "line 3: 'parentFileNameHint'" },
  { BEGIN "hello\n", "line 3: 'hello', a comment, KEY=VALUE or an extent" },
  { BEGIN "RW\n", "line 3: 'RW'" },
  { BEGIN "rw 1 FLAT \"a\" 0\n", "line 3: 'rw 1 FLAT \"a\" 0'" },
  { BEGIN "RWX 1 FLAT \"a\" 0\n", "line 3: 'RWX" },
  { BEGIN "RW 0 FLAT \"a\" 0\n", "line 3: '0', a number of sectors from 1 to "
    "18014398509481983 expected" },
  { BEGIN "RW -1 FLAT \"a\" 0\n", "line 3: '-1', a number of sectors" },
  { BEGIN "RW +1 FLAT \"a\" 0\n", "line 3: '+1', a number of sectors" },
  { BEGIN "RW 0x1 FLAT \"a\" 0\n", "line 3: '0x1', a number of sectors" },
  { BEGIN "RW  \n", "line 3: '', a number of sectors" },
  { BEGIN "RW 18014398509481984 FLAT \"a\" 0\n", "line 3: '180143985094" },
  { BEGIN "RW 18446744073709551617 FLAT \"a\" 0\n", "line 3: '18446744073" },
  { BEGIN "RW 99999999999999999999999999999999999999999999 ZERO\n",
    "line 3: '9999999999999999999999999999999999999999'..., a number" },
  { BEGIN "RW 18014398509481983 ZERO\nRW 1 ZERO\n",
    "line 4: the disk has 2^63 - 512 bytes already, and can have no more" },
  { BEGIN "RW 18014398509481982 ZERO\nRW 2 ZERO\n",
    "line 4: '2', a number of sectors from 1 to 1 expected" },
  { BEGIN "RW 1\n", "line 3: '', an extent of type FLAT or ZERO expected" },
  { BEGIN "RW 1 SPARSE \"a\"\n", "line 3: 'SPARSE', an extent of type" },
  { BEGIN "RW 1 VMFS \"a\"\n", "line 3: 'VMFS', an extent of type" },
  { BEGIN "NOACCESS 1 FLAT \"a\" 0\n", "line 3: 'FLAT', an extent of type" },
  { BEGIN "RW 1 ZERO 0\n", "line 3: '0', the end of the line expected" },
  { BEGIN "RW 1 FLAT\n", "line 3: '', a name in quotes" },
  { BEGIN "RW 1 FLAT a 0\n", "line 3: 'a 0', a name in quotes" },
  { BEGIN "RW 1 FLAT \"a 0\n", "line 3: '\"a 0', a name in quotes" },
  { BEGIN "RW 1 FLAT \"a\"b\" 0\n", "line 3: '\"a\"b\" 0', a name in quotes" },
  { BEGIN "RW 1 FLAT \"a\nb\" 0\n", "line 3: '\"a', a name in quotes" },
  { BEGIN "RW 1 FLAT \"a\"0\n", "line 3: '\"a\"0', a name in quotes" },
  { BEGIN "RW 1 FLAT \"\" 0\n", "line 3: '', the path of a file expected" },
  { BEGIN "RW 1 FLAT \".\" 0\n", "line 3: '', the path of a file expected" },
  { BEGIN "RW 1 FLAT \"//\" 0\n", "line 3: '/', the path of a file" },
  { BEGIN "RW 1 FLAT \"a\tb\" 0\n", "line 3: 'a?b', a path of printable "
    "characters expected" },
  { BEGIN "RW 1 FLAT \"\302\233\" 0\n", "line 3: '?\?', a path of printable" },
  { BEGIN "RW 1 FLAT \"a\377\" 0\n", "line 3: 'a?', a path of printable" },
  { BEGIN "RW 1 FLAT \"..\" 0\n", "line 3: '..', a path without \"..\"" },
  { BEGIN "RW 1 FLAT \"../a\" 0\n", "line 3: '../a', a path without" },
  { BEGIN "RW 1 FLAT \"a/..\" 0\n", "line 3: 'a/..', a path without" },
  { BEGIN "RW 1 FLAT \"/a/../b\" 0\n", "line 3: '/a/../b', a path without" },
  { BEGIN "RW 1 FLAT \"a\" -1\n", "line 3: '-1', where in the file" },
  { BEGIN "RW 1 FLAT \"a\" x\n", "line 3: 'x', where in the file" },
  { BEGIN "RW 1 FLAT \"a\" 18014398509481983\n",
    "line 3: '18014398509481983', where in the file, in sectors from 0 to "
    "18014398509481982 expected" },
  { BEGIN "RW 1 FLAT \"a\" 36028797018963968\n", "line 3: '36028797018963968'" },
  { BEGIN "RW 1 FLAT \"a\" 0 0\n", "line 3: '0', the end of the line" },
  { BEGIN "RW 1 FLAT \"a\rb\" 0\n", "line 3: byte 0xd, text expected" },
  { BEGIN "RW 1 FLAT \"a\x1b[2J\" 0\n", "line 3: byte 0x1b, text expected" },
  { BEGIN "# \x7f\n", "line 3: byte 0x7f, text expected" },
  { BEGIN "\v\n", "line 3: byte 0xb, text expected" },
};

START_TEST (refused)
{
  struct vmdk_descriptor d;
  struct error err = { .text = "no error" };

  ck_assert_int_eq (parse_bytes (wrong[_i].text, strlen (wrong[_i].text), &d,
                                 &err), -1);
  expect_error (&err, EINVAL, wrong[_i].part);
}
END_TEST

START_TEST (nul_bytes)
{
  static const char text[] = BEGIN "RW 1 FLAT \"a\" 0\n#";
  char with_nul[sizeof text];
  struct vmdk_descriptor d;
  struct error err;
  size_t i;

  for (i = strlen (HEAD); i < sizeof text - 1; ++i) {
    memcpy (with_nul, text, sizeof text);
    with_nul[i] = '\0';
    ck_assert_int_eq (parse_bytes (with_nul, sizeof text - 1, &d, &err), -1);
    expect_error (&err, EINVAL, "byte 0, text expected");
  }
}
END_TEST

START_TEST (size_limit)
{
  static const char text[] = BEGIN "RW 1 FLAT \"a\" 0\n#";
  char *big = malloc (VMDK_DESCRIPTOR_MAX + 1);
  struct vmdk_descriptor d;
  struct error err;

  memset (big, 'x', VMDK_DESCRIPTOR_MAX + 1);
  memcpy (big, text, strlen (text));
  ck_assert_int_eq (parse_bytes (big, VMDK_DESCRIPTOR_MAX, &d, &err), 0);
  vmdk_descriptor_clear (&d);
  ck_assert_int_eq (parse_bytes (big, VMDK_DESCRIPTOR_MAX + 1, &d, &err), -1);
  expect_error (&err, EINVAL, "it has 1048577 bytes, at most 1048576");
  free (big);
}
END_TEST

/* Cut anywhere it is taken or refused, but never read beyond its end. */
START_TEST (truncated)
{
  static const char text[] =
    BEGIN "RW 8 FLAT \"a/b\" 0\r\nRW 5 FLAT \"/dev/zero\" 0\nRW 2 ZERO\n";
  struct vmdk_descriptor d;
  struct error err;
  size_t len;

  for (len = 0; len < sizeof text; ++len)
    if (parse_bytes (text, len, &d, &err) == 0)
      vmdk_descriptor_clear (&d);
}
END_TEST

START_TEST (known_by_its_head)
{
  struct bytes b = { .ptr = (const uint8_t *) HEAD, .len = 21 };

  ck_assert (vmdk_descriptor_is_one (b));
  b.len = 20;
  ck_assert (!vmdk_descriptor_is_one (b));
  b = (struct bytes) { .ptr = (const uint8_t *) "# disk descriptorfile",
                       .len = 21 };
  ck_assert (!vmdk_descriptor_is_one (b));
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("vmdk_descriptor");

  tcase_add_test (t, of_mkfs);
  tcase_add_test (t, gaps);
  tcase_add_test (t, joined_only_where_it_goes_on);
  tcase_add_loop_test (t, names_as_written, 0,
                       sizeof names / sizeof names[0]);
  tcase_add_loop_test (t, forms_that_may_be, 0,
                       sizeof forms / sizeof forms[0]);
  tcase_add_loop_test (t, refused, 0, sizeof wrong / sizeof wrong[0]);
  tcase_add_test (t, nul_bytes);
  tcase_add_test (t, size_limit);
  tcase_add_test (t, truncated);
  tcase_add_test (t, known_by_its_head);
  return tests_run ();
}
