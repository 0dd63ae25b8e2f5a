/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for the bytes of a unit, decoded or stored.
 *
 * Large blocks are mapped each on its own, so that what is freed goes back to
 * the system.  glibc's malloc, once it has seen a block of some size freed,
 * takes the next ones from arenas, and there are several for many threads; what
 * is freed in the midst of one stays resident.
 *
 * Thread-safe.
 */
#ifndef EROFSFLAT_UNIT_MEMORY_H
#define EROFSFLAT_UNIT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* What counts as large, in bytes, where blocks are few: a process may only have
 * some 65,000 mappings.  AddressSanitizer sees a step beyond the end only in
 * blocks of malloc.
 */
#ifdef __has_feature            /* clang */
#if __has_feature (address_sanitizer)
#define UNIT_MEMORY_ASAN 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined UNIT_MEMORY_ASAN
#define UNIT_MEMORY_MAPPED SIZE_MAX
#else
#define UNIT_MEMORY_MAPPED ((size_t) 128 * 1024)
#endif

/* A block that is mapped if it has `mapped_from' bytes or more; NULL if there
 * is no memory.  `len' may be 0.
 */
extern uint8_t *unit_memory_new (size_t len, size_t mapped_from)
  __attribute__ ((__warn_unused_result__));

extern void unit_memory_free (uint8_t *block);  /* NULL is fine */

#endif
