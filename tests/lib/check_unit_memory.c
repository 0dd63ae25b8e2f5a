/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "testing.h"
#include "unit_memory.h"

#define LARGE ((size_t) 128 * 1024)     /* is mapped */
#define MIB ((size_t) 1 << 20)
#define N_BLOCKS 64u

static const size_t lens[] = {
  0, 1, 4096, LARGE - 1, LARGE, LARGE + 1, MIB - 64, MIB, 16 * MIB + 1
};

/* Blocks are apart, and all of each is there. */
START_TEST (blocks)
{
  enum { N = sizeof lens / sizeof lens[0] };
  uint8_t *p[N];
  unsigned i;

  for (i = 0; i < N; ++i) {
    p[i] = unit_memory_new (lens[i], LARGE);
    ck_assert_ptr_nonnull (p[i]);
    ck_assert_uint_eq ((uintptr_t) p[i] % 16, 0);
    memset (p[i], (int) i + 1, lens[i]);
  }
  for (i = 0; i < N; ++i)
    if (lens[i] > 0) {
      ck_assert_uint_eq (p[i][0], i + 1);
      ck_assert_uint_eq (p[i][lens[i] - 1], i + 1);
    }
  for (i = 0; i < N; ++i)
    unit_memory_free (p[i]);
  unit_memory_free (NULL);
}
END_TEST

START_TEST (too_large)
{
  static const size_t absurd[] = { SIZE_MAX, SIZE_MAX - 64, SIZE_MAX / 2 };

  ck_assert_ptr_null (unit_memory_new (absurd[_i], LARGE));
}
END_TEST

/* Pages of the process that are resident. */
static size_t
resident (void)
{
  FILE *fp = fopen ("/proc/self/statm", "r");
  size_t size, pages;

  ck_assert_ptr_nonnull (fp);
  ck_assert_int_eq (fscanf (fp, "%zu %zu", &size, &pages), 2);
  fclose (fp);
  return pages * (size_t) sysconf (_SC_PAGESIZE);
}

/* What is freed between blocks that are not is given back at once, also when
 * that size was freed before.
 */
START_TEST (given_back)
{
  uint8_t *p[N_BLOCKS];
  size_t before;
  unsigned i, round;

  if (run_by_valgrind ())       /* which keeps pages itself */
    return;
  for (round = 0; round < 3; ++round) {
    for (i = 0; i < N_BLOCKS; ++i) {
      p[i] = unit_memory_new (MIB, LARGE);
      ck_assert_ptr_nonnull (p[i]);
      memset (p[i], 1, MIB);
    }
    before = resident ();
    for (i = 0; i < N_BLOCKS; i += 2)
      unit_memory_free (p[i]);
    ck_assert_uint_le (resident (), before - (N_BLOCKS / 2 - 1) * MIB);
    for (i = 1; i < N_BLOCKS; i += 2)
      unit_memory_free (p[i]);
  }
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("unit_memory");

  tcase_add_test (t, blocks);
  tcase_add_loop_test (t, too_large, 0, 3);
  tcase_add_test (t, given_back);
  return tests_run ();
}
