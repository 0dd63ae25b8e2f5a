/* SPDX-License-Identifier: BSD-3-Clause */
/* Cleanup attributes for locals, scoped locks, and the transfer of ownership.
 *
 * A local marked CLEANUP_x is released when its scope ends; `steal_ptr' and
 * `steal_fd' take the value out of it at the one place where ownership moves.
 */
#ifndef EROFSFLAT_CLEANUP_H
#define EROFSFLAT_CLEANUP_H

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_free (void *ptr)
{
  free (*(void **) ptr);
}

static inline void
cleanup_close (int *fd)
{
  int saved_errno = errno;

  if (*fd >= 0)
    close (*fd);
  errno = saved_errno;
}

static inline void
cleanup_closedir (DIR **dir)
{
  if (*dir)
    closedir (*dir);
}

static inline void
cleanup_unlock (pthread_mutex_t **lock)
{
  int r = pthread_mutex_unlock (*lock);

  assert (r == 0);
  (void) r;
}

static inline pthread_mutex_t *
lock_mutex (pthread_mutex_t *lock)
{
  int r = pthread_mutex_lock (lock);

  assert (r == 0);
  (void) r;
  return lock;
}

#define CLEANUP_FREE __attribute__ ((__cleanup__ (cleanup_free)))
#define CLEANUP_CLOSE __attribute__ ((__cleanup__ (cleanup_close)))
#define CLEANUP_CLOSEDIR __attribute__ ((__cleanup__ (cleanup_closedir)))

/* Hold a mutex until the end of the scope. */
#define ACQUIRE_LOCK_FOR_CURRENT_SCOPE(mutex)                   \
  __attribute__ ((__cleanup__ (cleanup_unlock), __unused__))    \
  pthread_mutex_t *scope_lock_ = lock_mutex (mutex)

/* Take the pointer out of a CLEANUP_FREE variable. */
#define steal_ptr(var)                          \
  (__extension__ ({                             \
      __typeof__ (var) stolen_ = (var);         \
      (var) = NULL;                             \
      stolen_;                                  \
    }))

static inline int
steal_fd (int *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

#endif
