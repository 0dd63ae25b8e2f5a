/* SPDX-License-Identifier: BSD-3-Clause */
/* struct file_pool: many files, few descriptors.
 *
 * An image may have 65,535 blobs and a process 1,024 descriptors.  A file of
 * the pool is opened once at start, when its identity (device, inode, size,
 * mtime, ctime; of a block device the first three) is remembered, and stays
 * open while the budget allows.  Over the budget the file not used for
 * longest, roughly (CLOCK), is closed; when it is opened again and is
 * another one by then, that is an error, never other bytes.
 *
 * To use a file, acquire it: its descriptor stays open and the same until it
 * is released.  Hold one at a time, and not for long: a thread that finds
 * every descriptor of the budget acquired waits.
 *
 * Thread-safety: acquire and release from any thread.  A file that is open
 * costs two atomic operations; opening and closing happen outside the pool's
 * lock.
 */
#ifndef EROFSFLAT_FILE_POOL_H
#define EROFSFLAT_FILE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "error.h"
#include "folder.h"

struct file_pool;
struct pooled_file;

/* A pool that keeps up to `max_open' (at least 1) files open; 0 takes what
 * the process's limit leaves after a reserve for connections.
 */
extern struct file_pool *file_pool_new (size_t max_open, struct error *err)
  __attribute__ ((__nonnull__ (2)));
extern void file_pool_free (struct file_pool *pool);    /* after its files */

/* Keep fewer open, as the process needs `n' descriptors for something else.
 * Before any file is added.
 */
extern void file_pool_reserve (struct file_pool *pool, size_t n)
  __attribute__ ((__nonnull__ (1)));
extern size_t file_pool_max_open (const struct file_pool *pool);

/* Add the regular file (or block device, if allowed) `name' in `folder' and
 * remember what it is.  Takes a reference to the folder.  Error: EINVAL for
 * another kind of file, else the errno of open; the text names the file.
 */
extern struct pooled_file *file_pool_add (struct file_pool *pool,
                                          struct folder *folder,
                                          const char *name,
                                          bool allow_block_device,
                                          struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 5)));
extern void pooled_file_close (struct pooled_file *file); /* not acquired */

/* The descriptor, or -1.  Error: EIO; the text names the file. */
extern int pooled_file_acquire (struct pooled_file *file, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));
extern void pooled_file_release (struct pooled_file *file)
  __attribute__ ((__nonnull__ (1)));

/* Bytes, as at start. */
extern uint64_t pooled_file_size (const struct pooled_file *file);

/* Is the file behind this descriptor still the file as it was at start? */
extern bool pooled_file_is_unchanged (const struct pooled_file *file, int fd);

/* Was `st' taken of this file, whatever has become of it since? */
extern bool pooled_file_is (const struct pooled_file *file,
                            const struct stat *st);

extern bool pooled_file_is_same (const struct pooled_file *a,
                                 const struct pooled_file *b);

/* An order of files in which the same file's names are neighbours, by path. */
extern int pooled_file_compare (const struct pooled_file *a,
                                const struct pooled_file *b);

/* The order of their paths. */
extern int pooled_file_compare_paths (const struct pooled_file *a,
                                      const struct pooled_file *b);

/* The folder it was found in; not a reference of the caller's. */
extern struct folder *pooled_file_folder (const struct pooled_file *file);

/* For showing, and for opening it elsewhere: prefix and name, one behind the
 * other, are its path as the user would write it.  Valid as long as the file.
 */
extern const char *pooled_file_prefix (const struct pooled_file *file);
extern const char *pooled_file_name (const struct pooled_file *file);

/* Both together, to be freed; NULL if there is no memory. */
extern char *pooled_file_path (const struct pooled_file *file);

#endif
