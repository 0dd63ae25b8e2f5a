/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "new_file.h"

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

#define N_STOP_SIGNALS (sizeof stop_signals / sizeof stop_signals[0])

/* The signal that asked us to stop, or 0.  A handler has no other way to tell
 * than a variable of the file's.
 */
static volatile sig_atomic_t stopped_by;

static void
stop (int sig)
{
  stopped_by = sig;
}

bool
new_file_is_stopped (void)
{
  return stopped_by != 0;
}

/* A signal that is ignored (nohup) stays so. */
static void
catch_signals (void)
{
  struct sigaction action = { .sa_handler = stop }, old;
  size_t i;

  sigemptyset (&action.sa_mask);
  stopped_by = 0;
  for (i = 0; i < N_STOP_SIGNALS; ++i)
    if (sigaction (stop_signals[i], NULL, &old) == 0 &&
        old.sa_handler != SIG_IGN)
      sigaction (stop_signals[i], &action, NULL);
  /* A write beyond the limit of a file's size shall fail, not kill. */
  signal (SIGXFSZ, SIG_IGN);
}

static void
release_signals (void)
{
  struct sigaction old;
  size_t i;

  for (i = 0; i < N_STOP_SIGNALS; ++i)
    if (sigaction (stop_signals[i], NULL, &old) == 0 &&
        old.sa_handler == stop)
      signal (stop_signals[i], SIG_DFL);
  if (stopped_by != 0)
    raise (stopped_by);
}

/* The length of the folder's part of a path, with the slash. */
static size_t
folder_length (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? (size_t) (slash - path) + 1 : 0;
}

/* mkstemp makes files private; give it the mode of any other new file. */
static int
set_mode (int fd)
{
  mode_t mask = umask (0);

  umask (mask);
  return fchmod (fd, 0666 & ~mask);
}

int
new_file_begin (struct new_file *file, const char *path, struct error *err)
{
  int len = (int) folder_length (path);

  *file = (struct new_file) { .fd = -1, .path = path };
  if (asprintf (&file->temporary, "%.*s.erofsflat-XXXXXX", len, path) == -1) {
    file->temporary = NULL;
    return error_set_errno (err, ENOMEM, "%s", path);
  }
  catch_signals ();
  file->fd = mkostemp (file->temporary, O_CLOEXEC);
  if (file->fd == -1) {
    error_set_errno (err, errno, "%s: creating a file in its folder", path);
    free (steal_ptr (file->temporary));
    return -1;
  }
  if (set_mode (file->fd) == -1)
    return error_set_errno (err, errno, "%s: fchmod", file->temporary);
  return 0;
}

/* The rename has to reach the disk, too; not every file system can. */
static void
sync_folder (const char *path)
{
  CLEANUP_FREE char *folder = strndup (path, folder_length (path));
  CLEANUP_CLOSE int fd = -1;

  if (folder == NULL)
    return;
  fd = open (folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0)
    fsync (fd);
}

int
new_file_commit (struct new_file *file, struct error *err)
{
  if (fsync (file->fd) == -1)
    return error_set_errno (err, errno, "%s: fsync", file->path);
  if (close (steal_fd (&file->fd)) == -1)
    return error_set_errno (err, errno, "%s: close", file->path);
  if (new_file_is_stopped ())
    return error_set (err, EINTR, "%s: interrupted", file->path);
  if (rename (file->temporary, file->path) == -1)
    return error_set_errno (err, errno, "%s: rename", file->path);
  free (steal_ptr (file->temporary));
  sync_folder (file->path);
  return 0;
}

void
new_file_end (struct new_file *file)
{
  cleanup_close (&file->fd);
  file->fd = -1;
  if (file->temporary != NULL) {
    unlink (file->temporary);
    free (steal_ptr (file->temporary));
  }
  release_signals ();
}
