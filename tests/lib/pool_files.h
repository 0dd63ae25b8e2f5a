/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of file_pool: files "0", "1", ... whose number is the seed of
 * their pattern and says their size, 100 bytes and up.
 */
#ifndef EROFSFLAT_POOL_FILES_H
#define EROFSFLAT_POOL_FILES_H

#include "testing.h"

#define N_FILES 300             /* most that a test uses */

/* How many descriptors of this process are open. */
extern unsigned count_descriptors (void);

extern void make_files (unsigned n);
extern void add_files (struct file_pool *pool, struct folder *folder,
                       struct pooled_file **files, unsigned n);

/* Read file number `i' through the pool.  Fails as pooled_file_acquire; other
 * bytes than the right ones fail the test.
 */
extern int read_file (struct pooled_file *file, unsigned i,
                      struct error *err);
extern void read_file_well (struct pooled_file *file, unsigned i);

/* Eight threads, each with so many reads of random files.  Returns how many
 * reads went wrong.
 */
extern uintptr_t read_by_threads (struct pooled_file **files,
                                  unsigned n_files, unsigned reads);

#endif
