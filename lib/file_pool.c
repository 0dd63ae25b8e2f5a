/* SPDX-License-Identifier: BSD-3-Clause */
/* How a file changes state.
 *
 *   users == -1   closed: fd is meaningless
 *   users >= 0    open; that many threads have it acquired
 *
 * The step from 0 to -1 (eviction) and from -1 to 1 (opening) are made under
 * the pool's lock; the steps between 0 and n by anyone, with a compare and
 * swap or a decrement.  So a thread that moved users from n >= 0 to n + 1 may
 * use fd until it releases, and the one that moved it from 0 to -1 owns fd and
 * closes it.
 *
 * A thread that opens a file first takes one of the max_open places (n_open);
 * a thread that finds none, and nobody to evict, counts itself in `waiters'
 * and looks once more before it sleeps, so that a release that comes between
 * is either seen by it or sees it.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_identity.h"
#include "file_pool.h"

struct file_pool {
  /* Protects everything here, and of each file `opening' and `place'. */
  pthread_mutex_t lock;
  pthread_cond_t changed;       /* an opening ended, or a waiter was called */
  atomic_uint waiters;          /* threads that want a release to call them */
  size_t max_open;              /* shrinks if the process runs short */
  size_t n_open;                /* open or being opened, <= max_open */
  struct pooled_file **open;    /* those that are open, n_places of them */
  size_t n_places;
  size_t hand;                  /* of the clock, an index of `open' */
};

struct pooled_file {
  struct file_pool *pool;       /* not owned */
  struct folder *folder;        /* owned reference */
  struct file_identity identity;        /* as at start */
  atomic_int users;
  int fd;
  uint32_t place;               /* index of pool->open, while open */
  atomic_bool recent;           /* used since the clock's hand passed */
  bool opening;                 /* by some thread */
  bool allow_block_device;
  char name[];
};

/* What is left to connections and everything else in the process. */
#define RESERVED_DESCRIPTORS 256

/* However high the limit, more cannot be needed. */
#define MAX_DESCRIPTORS 65600

static size_t
default_max_open (void)
{
  struct rlimit limit;
  rlim_t n;

  if (getrlimit (RLIMIT_NOFILE, &limit) == -1)
    return 1;
  n = limit.rlim_cur;
  if (n >= MAX_DESCRIPTORS + RESERVED_DESCRIPTORS)
    return MAX_DESCRIPTORS;
  if (n >= 2 * RESERVED_DESCRIPTORS)
    return n - RESERVED_DESCRIPTORS;
  return n >= 2 ? n / 2 : 1;
}

struct file_pool *
file_pool_new (size_t max_open, struct error *err)
{
  struct file_pool *pool = calloc (1, sizeof *pool);

  if (pool == NULL) {
    error_set_errno (err, ENOMEM, "file pool");
    return NULL;
  }
  pool->max_open = max_open ? max_open : default_max_open ();
  pthread_mutex_init (&pool->lock, NULL);
  pthread_cond_init (&pool->changed, NULL);
  return pool;
}

void
file_pool_reserve (struct file_pool *pool, size_t n)
{
  pool->max_open = pool->max_open > n ? pool->max_open - n : 1;
}

void
file_pool_free (struct file_pool *pool)
{
  if (pool == NULL)
    return;
  assert (pool->n_places == 0);
  pthread_cond_destroy (&pool->changed);
  pthread_mutex_destroy (&pool->lock);
  free (pool->open);
  free (pool);
}

size_t
file_pool_max_open (const struct file_pool *pool)
{
  return pool->max_open;
}

/* Check and remember what a file is that was opened for the first time. */
static int
identify (struct pooled_file *file, int fd, struct error *err)
{
  struct stat st = { 0 };
  int r = file_identity_get (fd, &file->identity, &st);

  if (r == -1 && errno != ENOTSUP)
    return error_set_errno (err, errno, "%s%s",
                            pooled_file_prefix (file), file->name);
  if (r == -1 || (S_ISBLK (st.st_mode) && !file->allow_block_device))
    return error_set (err, EINVAL, "%s%s: is %s, expected a regular file%s",
                      pooled_file_prefix (file), file->name,
                      S_ISDIR (st.st_mode) ? "a folder" :
                      S_ISBLK (st.st_mode) ? "a block device" :
                      "a special file",
                      file->allow_block_device ? " or block device" : "");
  return 0;
}

/* Check that a file opened again is what it was. */
static int
recognise (struct pooled_file *file, int fd, struct error *err)
{
  if (pooled_file_is_unchanged (file, fd))
    return 0;
  return error_set (err, EIO, "%s%s: opened again, it is another file than at "
                    "start, or it was changed since",
                    pooled_file_prefix (file), file->name);
}

/* Add an open file to pool->open, or take it out.  The lock is held. */
static int
enter (struct file_pool *pool, struct pooled_file *file)
{
  struct pooled_file **p;

  /* Grows by doubling: n_places is a power of two where it is full. */
  if ((pool->n_places & (pool->n_places - 1)) == 0) {
    size_t n = pool->n_places ? 2 * pool->n_places : 1;

    p = reallocarray (pool->open, n, sizeof *p);
    if (p == NULL)
      return -1;
    pool->open = p;
  }
  file->place = (uint32_t) pool->n_places;
  pool->open[pool->n_places++] = file;
  return 0;
}

static void
leave (struct file_pool *pool, struct pooled_file *file)
{
  struct pooled_file *last = pool->open[--pool->n_places];

  pool->open[file->place] = last;
  last->place = file->place;
}

/* Evict an open file that nobody uses.  The lock is held.  Returns its
 * descriptor, now the caller's, or -1 if all are in use.
 */
static int
evict (struct file_pool *pool)
{
  size_t i;

  /* Twice round: the first time may only find files used recently. */
  for (i = 0; i < 2 * pool->n_places; ++i) {
    struct pooled_file *file;
    int unused = 0;

    if (pool->hand >= pool->n_places)
      pool->hand = 0;
    file = pool->open[pool->hand++];
    if (atomic_exchange (&file->recent, false))
      continue;
    if (atomic_compare_exchange_strong (&file->users, &unused, -1)) {
      leave (pool, file);
      return file->fd;
    }
  }
  return -1;
}

/* If the file is open, use it. */
static bool
join (struct pooled_file *file)
{
  int users = atomic_load (&file->users);

  while (users >= 0)
    if (atomic_compare_exchange_weak (&file->users, &users, users + 1)) {
      if (!atomic_load_explicit (&file->recent, memory_order_relaxed))
        atomic_store_explicit (&file->recent, true, memory_order_relaxed);
      return true;
    }
  return false;
}

/* Under the lock, wait until the file is open and joined (returns true), or
 * it is for this thread to open it (returns false): then `opening' is set, a
 * place is taken, and *ret_evicted is a descriptor to close, or -1.
 */
static bool
join_or_reserve (struct pooled_file *file, int *ret_evicted)
{
  struct file_pool *pool = file->pool;
  bool waiting = false, joined;

  *ret_evicted = -1;
  for (;;) {
    joined = join (file);
    if (joined)
      break;
    if (!file->opening) {
      if (pool->n_open < pool->max_open) {
        pool->n_open++;
        break;
      }
      *ret_evicted = evict (pool);
      if (*ret_evicted != -1)
        break;                  /* its place is ours */
      if (!waiting) {           /* look again, see the head comment */
        waiting = true;
        atomic_fetch_add (&pool->waiters, 1);
        continue;
      }
    }
    pthread_cond_wait (&pool->changed, &pool->lock);
  }
  if (waiting)
    atomic_fetch_sub (&pool->waiters, 1);
  if (!joined)
    file->opening = true;
  return joined;
}

/* The other end of join_or_reserve: the file was opened as `fd', or not (-1).
 * Returns -1 if there was no memory to enter it.
 */
static int
finish_opening (struct pooled_file *file, int fd)
{
  struct file_pool *pool = file->pool;
  int r = 0;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);

  assert (file->opening && atomic_load (&file->users) == -1);
  file->opening = false;
  if (fd != -1)
    r = enter (pool, file);
  if (fd != -1 && r == 0) {
    file->fd = fd;
    atomic_store (&file->recent, true);
    atomic_store (&file->users, 1);
  }
  else
    pool->n_open--;
  pthread_cond_broadcast (&pool->changed);
  return r;
}

/* The process has no descriptor left although the budget does: make do with
 * what is open now.  Returns false if that is nothing.
 */
static bool
shrink_budget (struct file_pool *pool)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);

  if (pool->n_open == 0)
    return false;
  if (pool->n_open < pool->max_open)
    pool->max_open = pool->n_open;
  return true;
}

static int
open_error (const struct pooled_file *file, int errnum, struct error *err)
{
  const char *prefix = pooled_file_prefix (file);

  if (errnum == EXDEV)
    return error_set (err, errnum, "%s%s: is a symbolic link that leads out "
                      "of the folder, or an absolute one", prefix, file->name);
  if (errnum == ELOOP)
    return error_set (err, errnum, "%s%s: is a symbolic link that may not be "
                      "followed or leads nowhere", prefix, file->name);
  if (errnum == ENXIO)
    return error_set (err, errnum, "%s%s: is a socket, or a device that is "
                      "not there, expected a regular file%s", prefix,
                      file->name,
                      file->allow_block_device ? " or block device" : "");
  return error_set_errno (err, errnum, "%s%s", prefix, file->name);
}

/* Open a file that has no descriptor, or join it if another thread does. */
static int
open_file (struct pooled_file *file, bool first_time, struct error *err)
{
  struct file_pool *pool = file->pool;
  int evicted, fd, errnum;
  bool joined;

 again:
  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);
    joined = join_or_reserve (file, &evicted);
  }
  if (joined)
    return file->fd;
  if (evicted != -1)
    close (evicted);

  fd = folder_open_file (file->folder, file->name);
  errnum = errno;
  if (fd == -1) {
    finish_opening (file, -1);
    if ((errnum == EMFILE || errnum == ENFILE) && shrink_budget (pool))
      goto again;
    return open_error (file, errnum, err);
  }
  if ((first_time ? identify : recognise) (file, fd, err) == -1) {
    finish_opening (file, -1);
    close (fd);
    return -1;
  }
  if (finish_opening (file, fd) == -1) {
    close (fd);
    return error_set_errno (err, ENOMEM, "%s%s",
                            pooled_file_prefix (file), file->name);
  }
  return fd;
}

struct pooled_file *
file_pool_add (struct file_pool *pool, struct folder *folder,
               const char *name, bool allow_block_device, struct error *err)
{
  size_t len = strlen (name);
  /* Not sizeof: with names of 64 characters that is 16 bytes more for malloc,
   * and there may be many.
   */
  struct pooled_file *file = malloc (offsetof (struct pooled_file, name) +
                                     len + 1);

  if (file == NULL) {
    error_set_errno (err, ENOMEM, "%s%s", folder_prefix (folder), name);
    return NULL;
  }
  memset (file, 0, sizeof *file);
  memcpy (file->name, name, len + 1);
  file->pool = pool;
  file->folder = folder_ref (folder);
  file->allow_block_device = allow_block_device;
  atomic_init (&file->users, -1);
  atomic_init (&file->recent, false);

  if (open_file (file, true, err) == -1) {
    pooled_file_close (file);
    return NULL;
  }
  pooled_file_release (file);
  return file;
}

void
pooled_file_close (struct pooled_file *file)
{
  struct file_pool *pool;

  if (file == NULL)
    return;
  pool = file->pool;
  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);

    assert (!file->opening && atomic_load (&file->users) <= 0);
    if (atomic_load (&file->users) == 0) {
      leave (pool, file);
      pool->n_open--;
      close (file->fd);
    }
  }
  folder_unref (file->folder);
  free (file);
}

int
pooled_file_acquire (struct pooled_file *file, struct error *err)
{
  int fd;

  if (join (file))
    return file->fd;
  fd = open_file (file, false, err);
  if (fd == -1 && err->errnum != ENOMEM)
    err->errnum = EIO;
  return fd;
}

void
pooled_file_release (struct pooled_file *file)
{
  struct file_pool *pool = file->pool;

  if (atomic_fetch_sub (&file->users, 1) == 1 &&
      atomic_load (&pool->waiters) > 0) {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&pool->lock);
    pthread_cond_broadcast (&pool->changed);
  }
}

uint64_t
pooled_file_size (const struct pooled_file *file)
{
  return file->identity.size;
}

bool
pooled_file_is (const struct pooled_file *file, const struct stat *st)
{
  return file_identity_is (&file->identity, st);
}

bool
pooled_file_is_same (const struct pooled_file *a, const struct pooled_file *b)
{
  return a->identity.dev == b->identity.dev &&
    a->identity.ino == b->identity.ino;
}

int
pooled_file_compare (const struct pooled_file *a, const struct pooled_file *b)
{
  if (a->identity.dev != b->identity.dev)
    return a->identity.dev < b->identity.dev ? -1 : 1;
  if (a->identity.ino != b->identity.ino)
    return a->identity.ino < b->identity.ino ? -1 : 1;
  return pooled_file_compare_paths (a, b);
}

int
pooled_file_compare_paths (const struct pooled_file *a,
                           const struct pooled_file *b)
{
  int r = strcmp (pooled_file_prefix (a), pooled_file_prefix (b));

  return r != 0 ? r : strcmp (a->name, b->name);
}

bool
pooled_file_is_unchanged (const struct pooled_file *file, int fd)
{
  struct file_identity now;

  return file_identity_get (fd, &now, NULL) == 0 &&
    file_identity_equal (&now, &file->identity);
}

struct folder *
pooled_file_folder (const struct pooled_file *file)
{
  return file->folder;
}

const char *
pooled_file_prefix (const struct pooled_file *file)
{
  return folder_prefix (file->folder);
}

const char *
pooled_file_name (const struct pooled_file *file)
{
  return file->name;
}

char *
pooled_file_path (const struct pooled_file *file)
{
  char *path;

  return asprintf (&path, "%s%s", pooled_file_prefix (file),
                   file->name) == -1 ? NULL : path;
}
