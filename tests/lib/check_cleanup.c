/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that CLEANUP_FREE would forget shows under valgrind and ASan. */
#include <config.h>

#include <fcntl.h>

#include "cleanup.h"
#include "testing.h"

static bool
is_open (int fd)
{
  return fcntl (fd, F_GETFD) != -1;
}

START_TEST (close_at_the_end)
{
  int kept, kept2;

  {
    CLEANUP_CLOSE int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
    CLEANUP_CLOSE int none = -1;

    kept = fd;
    ck_assert (is_open (kept));
    (void) none;
    errno = ENOENT;
  }
  ck_assert_int_eq (errno, ENOENT);
  ck_assert (!is_open (kept));

  {
    CLEANUP_CLOSE int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

    kept = fd;
    kept2 = steal_fd (&fd);
    ck_assert_int_eq (fd, -1);
  }
  ck_assert_int_eq (kept, kept2);
  ck_assert (is_open (kept));
  close (kept);
}
END_TEST

static char *
stolen (bool steal)
{
  CLEANUP_FREE char *p = strdup ("kept");

  return steal ? steal_ptr (p) : NULL;
}

START_TEST (free_at_the_end)
{
  char *p = stolen (true);

  ck_assert_str_eq (p, "kept");
  free (p);
  ck_assert_ptr_null (stolen (false));
}
END_TEST

START_TEST (closedir_at_the_end)
{
  int kept;

  {
    CLEANUP_CLOSEDIR DIR *dir = opendir (".");
    CLEANUP_CLOSEDIR DIR *none = NULL;

    ck_assert_ptr_nonnull (dir);
    (void) none;
    kept = dirfd (dir);
  }
  ck_assert (!is_open (kept));
}
END_TEST

START_TEST (unlock_at_the_end)
{
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&lock);

    ck_assert_int_eq (pthread_mutex_trylock (&lock), EBUSY);
  }
  ck_assert_int_eq (pthread_mutex_trylock (&lock), 0);
  pthread_mutex_unlock (&lock);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("cleanup");

  tcase_add_test (t, close_at_the_end);
  tcase_add_test (t, free_at_the_end);
  tcase_add_test (t, closedir_at_the_end);
  tcase_add_test (t, unlock_at_the_end);
  return tests_run ();
}
