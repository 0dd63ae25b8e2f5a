/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "folder.h"
#include "stats_file.h"
#include "stats_text.h"

struct stats_file {
  struct stats_subject subject;
  struct folder *folder;        /* owned reference */
  char *name, *temporary;       /* in the folder; owned */
  char *server;                 /* for the label; owned */
  int fd;                       /* held: what is written in place; or -1 */
  size_t len;                   /* of what is in the held file */
  atomic_uint_least64_t read_errors;

  bool has_thread;
  pthread_t thread;
  unsigned period_ms;
  pthread_mutex_t lock;         /* protects `stop' */
  pthread_cond_t stopped;
  bool stop;
};

/* Returns -1, for errno. */
static int
file_error (const struct stats_file *file, const char *what,
            struct error *err)
{
  return error_set_errno (err, errno, "%s%s: %s", folder_prefix (file->folder),
                          file->name, what);
}

static char *
get_text (struct stats_file *file, struct error *err)
{
  struct chunk_service_stats counted;
  struct stats stats = {
    .image = file->subject.image,
    .server = file->server,
    .device_size_bytes = file->subject.size,
    .blobs = file->subject.blobs,
    .read_errors = atomic_load (&file->read_errors),
  };

  chunk_service_get_stats (file->subject.service, &counted);
  stats.cache_hits = counted.cache.hits;
  stats.cache_misses = counted.cache.misses;
  stats.cache_evictions = counted.cache.evictions;
  stats.cache_bytes = counted.cache.bytes;
  stats.cache_limit_bytes = counted.cache.limit;
  stats.decoded_bytes = counted.decoded_bytes;
  stats.verify_failures = counted.verify_failures;
  return stats_text (&stats, err);
}

static int
write_all (int fd, const char *p, size_t len)
{
  off_t offset = 0;
  ssize_t n;

  for (; len > 0; p += n, offset += n, len -= (size_t) n) {
    n = pwrite (fd, p, len, offset);
    if (n == -1) {
      if (errno != EINTR)
        return -1;
      n = 0;
    }
  }
  return 0;
}

/* Write the text to a temporary file, which is made anew.  It is not synced:
 * after a crash of the machine the numbers begin anew anyway.  Returns the
 * descriptor, which the caller closes, or -1.
 */
static int
write_temporary (const struct stats_file *file, const char *name,
                 const char *text, struct error *err)
{
  CLEANUP_CLOSE int fd = -1;
  int folder = folder_fd (file->folder);

  unlinkat (folder, name, 0);   /* left by a process that was killed */
  fd = openat (folder, name,
               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd == -1)
    return file_error (file, "creating a file in its folder", err);
  /* The collector is another user, whatever the umask. */
  if (fchmod (fd, 0644) == -1)
    return file_error (file, "fchmod", err);
  if (write_all (fd, text, strlen (text)) == -1)
    return file_error (file, "write", err);
  return steal_fd (&fd);
}

/* Put a new file with the text in place of the old one.  Returns its
 * descriptor, which the caller closes, or -1.
 */
static int
replace_file (const struct stats_file *file, const char *text,
              struct error *err)
{
  CLEANUP_CLOSE int fd = write_temporary (file, file->temporary, text, err);
  int folder = folder_fd (file->folder);

  if (fd != -1 &&
      renameat (folder, file->temporary, folder, file->name) == 0)
    return steal_fd (&fd);
  if (fd != -1)
    file_error (file, "rename", err);
  unlinkat (folder, file->temporary, 0);
  return -1;
}

/* In one write.  Where the text was longer, empty lines follow. */
static int
write_in_place (struct stats_file *file, const char *text, struct error *err)
{
  size_t len = strlen (text), padded = len > file->len ? len : file->len;
  CLEANUP_FREE char *lines = malloc (padded + 1);

  if (lines == NULL)
    return error_set_errno (err, ENOMEM, "stats");
  memcpy (lines, text, len);
  memset (lines + len, '\n', padded - len);
  if (write_all (file->fd, lines, padded) == -1)
    return file_error (file, "write", err);
  file->len = padded;
  return 0;
}

static int
write_file (struct stats_file *file, struct error *err)
{
  CLEANUP_FREE char *text = get_text (file, err);
  int fd;

  if (text == NULL)
    return -1;
  if (file->fd != -1)
    return write_in_place (file, text, err);
  fd = replace_file (file, text, err);
  if (fd == -1)
    return -1;
  return close (fd) == -1 ? file_error (file, "close", err) : 0;
}

/* Later than at the start. */
static void
try_to_write (struct stats_file *file)
{
  struct error err;

  if (write_file (file, &err) == -1)
    log_debug (file->subject.log, "%s", err.text);
}

/* Wait for the next time.  Returns false at the end. */
static bool
wait_period (struct stats_file *file)
{
  struct timespec until;
  int r = 0;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&file->lock);

  clock_gettime (CLOCK_MONOTONIC, &until);
  until.tv_sec += (time_t) (file->period_ms / 1000);
  until.tv_nsec += (long) (file->period_ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  while (!file->stop && r == 0)
    r = pthread_cond_timedwait (&file->stopped, &file->lock, &until);
  return !file->stop;
}

static void *
work (void *opaque)
{
  struct stats_file *file = opaque;

  while (wait_period (file))
    try_to_write (file);
  return NULL;
}

/* Nothing but a regular file is replaced: neither a folder, nor /dev/stdout. */
static int
check_what_is_there (const struct stats_file *file, struct error *err)
{
  struct stat st;

  if (fstatat (folder_fd (file->folder), file->name, &st,
               AT_SYMLINK_NOFOLLOW) == -1)
    return errno == ENOENT ? 0 : file_error (file, "stat", err);
  if (!S_ISREG (st.st_mode))
    return error_set (err, EINVAL, "%s%s: exists and is no regular file",
                      folder_prefix (file->folder), file->name);
  return 0;
}

/* The name without ".prom" is the server's. */
static int
set_names (struct stats_file *file, const char *name)
{
  size_t len = strlen (name);

  if (len > 5 && strcmp (name + len - 5, ".prom") == 0)
    len -= 5;
  file->name = strdup (name);
  file->server = strndup (name, len);
  if (asprintf (&file->temporary, ".erofsflat-%s.tmp", name) == -1)
    file->temporary = NULL;
  return file->name && file->server && file->temporary ? 0 : -1;
}

static void
free_file (struct stats_file *file)
{
  pthread_cond_destroy (&file->stopped);
  pthread_mutex_destroy (&file->lock);
  folder_unref (file->folder);
  if (file->fd != -1)
    close (file->fd);
  free (file->name);
  free (file->temporary);
  free (file->server);
  free (file);
}

/* Where it will be written. */
static int
set_place (struct stats_file *file, const char *path, struct error *err)
{
  const char *name;

  file->folder = folder_open_parent (path, &name, err);
  if (file->folder == NULL)
    return -1;
  if (set_names (file, name) == -1)
    return error_set_errno (err, ENOMEM, "%s", path);
  return check_what_is_there (file, err);
}

static struct stats_file *
new_file (const char *path, const struct stats_subject *subject,
          struct error *err)
{
  struct stats_file *file = calloc (1, sizeof *file);
  pthread_condattr_t attr;

  if (file == NULL) {
    error_set_errno (err, ENOMEM, "%s", path);
    return NULL;
  }
  file->subject = *subject;
  file->fd = -1;
  pthread_mutex_init (&file->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&file->stopped, &attr);
  pthread_condattr_destroy (&attr);
  if (set_place (file, path, err) == -1) {
    free_file (file);
    return NULL;
  }
  return file;
}

struct stats_file *
stats_file_open (const char *path, const struct stats_subject *subject,
                 struct error *err)
{
  struct stats_file *file = new_file (path, subject, err);

  if (file != NULL && write_file (file, err) == -1) {
    free_file (file);
    return NULL;
  }
  return file;
}

/* Can the server's temporary file be where it has to be?  It is only looked at:
 * a server may be at work.
 */
static int
check_temporary (const struct stats_file *file, struct error *err)
{
  struct stat st;
  int r = fstatat (folder_fd (file->folder), file->temporary, &st,
                   AT_SYMLINK_NOFOLLOW);

  if (r == 0 && S_ISDIR (st.st_mode))
    errno = EEXIST;
  else if (r == 0 || errno == ENOENT)
    return 0;
  return file_error (file, "creating a file in its folder", err);
}

/* All that write_file does, with a temporary file of another name, but for
 * renaming.  In a sticky folder that may be forbidden alone: so is removing
 * then, and what is removed as if it were a folder, while it is a file, stays.
 */
static int
try_writing (struct stats_file *file, struct error *err)
{
  CLEANUP_FREE char *text = get_text (file, err);
  CLEANUP_CLOSE int fd = -1;
  int folder = folder_fd (file->folder);
  char name[64];

  if (text == NULL || check_temporary (file, err) == -1)
    return -1;
  snprintf (name, sizeof name, ".erofsflat-check-%ld.tmp", (long) getpid ());
  fd = write_temporary (file, name, text, err);
  unlinkat (folder, name, 0);
  if (fd == -1)
    return -1;
  if (unlinkat (folder, file->name, AT_REMOVEDIR) == -1 &&
      (errno == EPERM || errno == EACCES))
    return file_error (file, "rename", err);
  return 0;
}

int
stats_file_check (const char *path, const struct stats_subject *subject,
                  struct error *err)
{
  struct stats_file *file = new_file (path, subject, err);
  int r;

  if (file == NULL)
    return -1;
  r = try_writing (file, err);
  free_file (file);
  return r;
}

int
stats_file_hold (struct stats_file *file, struct error *err)
{
  CLEANUP_FREE char *text = get_text (file, err);

  if (text == NULL)
    return -1;
  file->fd = replace_file (file, text, err);
  file->len = strlen (text);
  return file->fd == -1 ? -1 : 0;
}

int
stats_file_start (struct stats_file *file, unsigned period_ms,
                  struct error *err)
{
  int r;

  if (write_file (file, err) == -1)
    return -1;
  file->period_ms = period_ms;
  r = pthread_create (&file->thread, NULL, work, file);
  if (r != 0)
    return error_set_errno (err, r, "thread for %s%s",
                            folder_prefix (file->folder), file->name);
  file->has_thread = true;
  return 0;
}

void
stats_file_count_error (struct stats_file *file)
{
  if (file != NULL)
    atomic_fetch_add_explicit (&file->read_errors, 1, memory_order_relaxed);
}

void
stats_file_close (struct stats_file *file)
{
  if (file == NULL)
    return;
  if (file->has_thread) {
    {
      ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&file->lock);

      file->stop = true;
      pthread_cond_signal (&file->stopped);
    }
    pthread_join (file->thread, NULL);
  }
  try_to_write (file);
  free_file (file);
}
