/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic on quantities from outside: every function returns false, and
 * leaves the result alone, where the true result does not fit.
 */
#ifndef EROFSFLAT_CHECKED_H
#define EROFSFLAT_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline __attribute__ ((__warn_unused_result__)) bool
checked_add (uint64_t a, uint64_t b, uint64_t *ret)
{
  uint64_t r;

  if (__builtin_add_overflow (a, b, &r))
    return false;
  *ret = r;
  return true;
}

static inline __attribute__ ((__warn_unused_result__)) bool
checked_mul (uint64_t a, uint64_t b, uint64_t *ret)
{
  uint64_t r;

  if (__builtin_mul_overflow (a, b, &r))
    return false;
  *ret = r;
  return true;
}

/* Round up to a multiple of `align', which is a power of two. */
static inline __attribute__ ((__warn_unused_result__)) bool
checked_round_up (uint64_t a, uint64_t align, uint64_t *ret)
{
  if (!checked_add (a, align - 1, &a))
    return false;
  *ret = a & ~(align - 1);
  return true;
}

static inline uint64_t
min_u64 (uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

static inline uint64_t
max_u64 (uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

#endif
