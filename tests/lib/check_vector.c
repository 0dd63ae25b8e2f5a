/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "testing.h"
#include "vector.h"

DEFINE_VECTOR (numbers, uint32_t)

static void
append_many (struct numbers *v, uint32_t n)
{
  uint32_t i;

  for (i = 0; i < n; ++i)
    ck_assert_int_eq (numbers_append (v, i * 3), 0);
  ck_assert_uint_eq (v->len, n);
  ck_assert_uint_ge (v->cap, n);
}

START_TEST (append)
{
  struct numbers v = empty_vector;
  uint32_t i;

  append_many (&v, 1000);
  for (i = 0; i < 1000; ++i)
    ck_assert_uint_eq (v.ptr[i], i * 3);
  numbers_reset (&v);
  ck_assert_ptr_null (v.ptr);
  ck_assert_uint_eq (v.len, 0);
  ck_assert_uint_eq (v.cap, 0);
  append_many (&v, 3);
  numbers_reset (&v);
  numbers_reset (&v);
}
END_TEST

START_TEST (shrink)
{
  struct numbers v = empty_vector;

  numbers_shrink (&v);
  ck_assert_ptr_null (v.ptr);
  append_many (&v, 100);
  numbers_shrink (&v);
  ck_assert_uint_eq (v.cap, 100);
  ck_assert_uint_eq (v.ptr[99], 297);
  ck_assert_int_eq (numbers_append (&v, 7), 0);
  ck_assert_uint_eq (v.ptr[100], 7);
  numbers_reset (&v);
}
END_TEST

START_TEST (no_wrap)
{
  size_t cap = SIZE_MAX - 4;
  void *old = malloc (1), *ptr = old;

  ck_assert_int_eq (vector_grow (&ptr, &cap, 1), -1);
  ck_assert_ptr_eq (ptr, old);
  ck_assert_uint_eq (cap, SIZE_MAX - 4);
  free (old);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__    /* which takes it for a mistake */
START_TEST (no_memory)
{
  volatile size_t large = SIZE_MAX / 64;        /* unknown to gcc */
  size_t cap = large;
  void *ptr = NULL;

  ck_assert_int_eq (vector_grow (&ptr, &cap, 128), -1);
  ck_assert_ptr_null (ptr);
  ck_assert_uint_eq (cap, SIZE_MAX / 64);
}
END_TEST
#endif

int
main (void)
{
  TCase *t = tests_begin ("vector");

  tcase_add_test (t, append);
  tcase_add_test (t, shrink);
  tcase_add_test (t, no_wrap);
#ifndef __SANITIZE_ADDRESS__
  tcase_add_test (t, no_memory);
#endif
  return tests_run ();
}
