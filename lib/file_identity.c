/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "file_identity.h"

static int64_t
nanoseconds (struct timespec t)
{
  /* Wraps in 2262; only compared for being equal. */
  return (int64_t) ((uint64_t) t.tv_sec * UINT64_C (1000000000) +
                    (uint64_t) t.tv_nsec);
}

int
file_identity_get (int fd, struct file_identity *ret, struct stat *ret_st)
{
  struct file_identity id = { 0 };
  struct stat st;
  off_t size;

  if (fstat (fd, &st) == -1)
    return -1;
  if (ret_st != NULL)
    *ret_st = st;
  id.dev = st.st_dev;
  id.ino = st.st_ino;
  if (S_ISREG (st.st_mode)) {
    id.size = (uint64_t) st.st_size;
    id.mtime = nanoseconds (st.st_mtim);
    id.ctime = nanoseconds (st.st_ctim);
  }
  else if (S_ISBLK (st.st_mode)) {
    size = lseek (fd, 0, SEEK_END);
    if (size == -1)
      return -1;
    id.size = (uint64_t) size;
  }
  else {
    errno = ENOTSUP;
    return -1;
  }
  *ret = id;
  return 0;
}

bool
file_identity_equal (const struct file_identity *a,
                     const struct file_identity *b)
{
  return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
    a->mtime == b->mtime && a->ctime == b->ctime;
}

bool
file_identity_is (const struct file_identity *id, const struct stat *st)
{
  return st->st_dev == id->dev && st->st_ino == id->ino;
}
