/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "crc32c.h"
#include "image_builder.h"
#include "testing.h"

/* The test patterns of RFC 3720, B.4, inverted as it wants. */
START_TEST (known_answers)
{
  uint8_t buf[32];
  size_t i;

  ck_assert_uint_eq (~crc32c (~0u, "123456789", 9), 0xe3069283u);
  memset (buf, 0, sizeof buf);
  ck_assert_uint_eq (~crc32c (~0u, buf, sizeof buf), 0x8a9136aau);
  memset (buf, 0xff, sizeof buf);
  ck_assert_uint_eq (~crc32c (~0u, buf, sizeof buf), 0x62a8ab43u);
  for (i = 0; i < sizeof buf; ++i)
    buf[i] = (uint8_t) i;
  ck_assert_uint_eq (~crc32c (~0u, buf, sizeof buf), 0x46dd794eu);
  for (i = 0; i < sizeof buf; ++i)
    buf[i] = (uint8_t) (31 - i);
  ck_assert_uint_eq (~crc32c (~0u, buf, sizeof buf), 0x113fdb5cu);
}
END_TEST

START_TEST (raw_register)
{
  ck_assert_uint_eq (crc32c (0x12345678, "", 0), 0x12345678);
  ck_assert_uint_eq (crc32c (0, "\0\0\0\0", 4), 0);
}
END_TEST

START_TEST (in_pieces)
{
  uint8_t buf[100];
  uint32_t whole;
  size_t i;

  pattern_fill (buf, sizeof buf, 0, 0);
  whole = crc32c (~0u, buf, sizeof buf);
  for (i = 0; i <= sizeof buf; ++i)
    ck_assert_uint_eq (crc32c (crc32c (~0u, buf, i), buf + i,
                               sizeof buf - i), whole);
}
END_TEST

START_TEST (every_byte_value)
{
  unsigned i, k;
  uint8_t byte;

  for (k = 0; k < 4; ++k)
    for (i = 0; i < 256; ++i) {
      uint32_t crc = (uint32_t) rnd (0);

      byte = (uint8_t) i;
      ck_assert_uint_eq (crc32c (crc, &byte, 1),
                         naive_crc32c (crc, &byte, 1));
    }
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("crc32c");

  tcase_add_test (t, known_answers);
  tcase_add_test (t, raw_register);
  tcase_add_test (t, in_pieces);
  tcase_add_test (t, every_byte_value);
  return tests_run ();
}
