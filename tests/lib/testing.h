/* SPDX-License-Identifier: BSD-3-Clause */
/* What every unit test needs: running a suite, a folder of its own for files,
 * and data that can be told from zeros and from other files' data.
 *
 * Environment: EROFSFLAT_SEED repeats a run of the random tests,
 * EROFSFLAT_VALGRIND makes them shorter, EROFSFLAT_SLOW longer.
 */
#ifndef EROFSFLAT_TESTING_H
#define EROFSFLAT_TESTING_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "options.h"

/* Are we built with a sanitizer?  It needs a lot of memory and address space
 * itself.
 */
#ifdef __has_feature            /* clang */
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#endif

/*   TCase *t = tests_begin ("address_map");
 *   tcase_add_test (t, finds_the_range);
 *   return tests_run ();
 *
 * Each test has an empty folder, which is its working folder too.
 */
extern TCase *tests_begin (const char *name);
extern int tests_run (void);

/* The exit status of a suite whose main part cannot run here; says why. */
extern int skipped (const char *why);

/* Check both, errno and a part of the text. */
#define expect_error(err, num, part)                            \
  do {                                                          \
    ck_assert_msg (strstr ((err)->text, (part)) != NULL,        \
                   "\"%s\" is not in \"%s\"", (part), (err)->text);     \
    ck_assert_int_eq ((err)->errnum, (num));                    \
  } while (0)

/* How often to repeat something random. */
extern unsigned rounds (unsigned n);
extern uint64_t rnd (uint64_t below);
extern bool run_by_valgrind (void);

/* The most memory that was resident since peak_begin, in bytes, above what was
 * then; false if that can not be known here: a sanitizer or valgrind has more
 * of its own, and an old kernel does not tell.
 */
extern void peak_begin (void);
extern bool peak_end (size_t *ret);

/* Linux before 5.6, valgrind and some containers do not have the call. */
extern bool has_openat2 (void);

/* The byte at `offset' of the data number `seed': never zero. */
static inline uint8_t
pattern (unsigned seed, uint64_t offset)
{
  uint64_t x = (offset + 1) * UINT64_C (0x9e3779b97f4a7c15) +
    seed * UINT64_C (0xd1342543de82ef95);

  x ^= x >> 29;
  return (uint8_t) (x % 255 + 1);
}

extern void pattern_fill (void *buf, size_t len, unsigned seed,
                          uint64_t offset);
extern bool pattern_is (const void *buf, size_t len, unsigned seed,
                        uint64_t offset);
extern bool is_zeros (const void *buf, size_t len);

/* Files in the test's folder. */
extern const char *temp_dir (void);
extern const char *temp_path (const char *name);        /* of the last 8 */
extern void put_file (const char *name, const void *buf, size_t len);
extern void put_pattern (const char *name, unsigned seed, size_t len);
extern void put_folder (const char *name);

/* A tar is a file with "ustar" at 257; here `zeros' more bytes follow. */
extern void put_tar (const char *name, unsigned seed, size_t len,
                     size_t zeros);

/* From now on the modes of files count, though root runs the test.  Returns
 * false if that cannot be had.
 */
extern bool heed_modes (void);

/* These succeed or fail the test.  *options is made if it is NULL. */
extern void set_option (struct options **options, const char *key,
                        const char *value);
extern struct file_pool *new_pool (size_t max_open);
extern struct folder *open_temp_dir (void);
extern struct pooled_file *add_file (struct file_pool *pool,
                                     struct folder *folder,
                                     const char *name);

#endif
