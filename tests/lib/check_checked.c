/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "checked.h"
#include "testing.h"

#define MAX UINT64_MAX
#define HALF (UINT64_C (1) << 32)

typedef bool (*operation) (uint64_t a, uint64_t b, uint64_t *ret);

static bool
add (uint64_t a, uint64_t b, uint64_t *ret)
{
  return checked_add (a, b, ret);
}

static bool
mul (uint64_t a, uint64_t b, uint64_t *ret)
{
  return checked_mul (a, b, ret);
}

static bool
up (uint64_t a, uint64_t b, uint64_t *ret)
{
  return checked_round_up (a, b, ret);
}

static const struct {
  operation op;
  uint64_t a, b;
  bool fits;
  uint64_t result;
} rows[] = {
  { add, 1, 2, true, 3 },
  { add, MAX, 0, true, MAX },
  { add, MAX, 1, false, 0 },
  { add, 1, MAX, false, 0 },
  { add, MAX / 2 + 1, MAX / 2, true, MAX },
  { add, MAX / 2 + 1, MAX / 2 + 1, false, 0 },
  { mul, 3, 5, true, 15 },
  { mul, 0, MAX, true, 0 },
  { mul, MAX, 1, true, MAX },
  { mul, MAX, 2, false, 0 },
  { mul, HALF, HALF - 1, true, MAX - HALF + 1 },
  { mul, HALF, HALF, false, 0 },
  { mul, UINT64_C (1) << 48, 65536, false, 0 },
  { up, 0, 4096, true, 0 },
  { up, 1, 4096, true, 4096 },
  { up, 4096, 4096, true, 4096 },
  { up, 4097, 4096, true, 8192 },
  { up, 77, 1, true, 77 },
  { up, MAX - 4095, 4096, true, MAX - 4095 },
  { up, MAX - 4094, 4096, false, 0 },
  { up, MAX, 4096, false, 0 },
};

START_TEST (row)
{
  uint64_t result = 12345;
  bool fits = rows[_i].op (rows[_i].a, rows[_i].b, &result);

  ck_assert_int_eq (fits, rows[_i].fits);
  ck_assert_uint_eq (result, fits ? rows[_i].result : 12345);
}
END_TEST

START_TEST (min_max)
{
  ck_assert_uint_eq (min_u64 (1, MAX), 1);
  ck_assert_uint_eq (min_u64 (MAX, 1), 1);
  ck_assert_uint_eq (max_u64 (1, MAX), MAX);
  ck_assert_uint_eq (max_u64 (MAX, 1), MAX);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("checked");

  tcase_add_loop_test (t, row, 0, sizeof rows / sizeof rows[0]);
  tcase_add_test (t, min_max);
  return tests_run ();
}
