/* SPDX-License-Identifier: BSD-3-Clause */
/* struct file_identity: which file it was, to know it again.
 *
 * Of a regular file: device, inode, size, mtime and ctime.  Of a block device:
 * device and inode of its node, and its size.
 */
#ifndef EROFSFLAT_FILE_IDENTITY_H
#define EROFSFLAT_FILE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_identity {
  dev_t dev;
  ino_t ino;
  uint64_t size;                /* bytes */
  int64_t mtime, ctime;         /* nanoseconds; 0 of a block device */
};

/* Of an open file, which is regular or a block device.  Returns -1 with errno
 * set; ENOTSUP for another kind of file.  *ret_st, which may be NULL, is set
 * in that case too.
 */
extern int file_identity_get (int fd, struct file_identity *ret,
                              struct stat *ret_st)
  __attribute__ ((__nonnull__ (2)));

/* The same file, not changed? */
extern bool file_identity_equal (const struct file_identity *a,
                                 const struct file_identity *b);

/* Was `st' taken of this file, changed or not? */
extern bool file_identity_is (const struct file_identity *id,
                              const struct stat *st);

#endif
