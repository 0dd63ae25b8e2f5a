/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "folder.h"

struct folder {
  int fd;
  bool beneath;                 /* a search folder, not a user's */
  atomic_uint refs;
  char prefix[];                /* "path/" or "" */
};

/* The prefix is the first `prefix_len' bytes of `path' and, where that is
 * missing, a slash.
 */
static struct folder *
open_folder (const char *path, size_t prefix_len, bool beneath,
             struct error *err)
{
  struct folder *folder = malloc (sizeof *folder + prefix_len + 2);

  if (folder == NULL) {
    error_set_errno (err, ENOMEM, "%s", path);
    return NULL;
  }
  memcpy (folder->prefix, path, prefix_len);
  if (prefix_len > 0 && path[prefix_len - 1] != '/')
    folder->prefix[prefix_len++] = '/';
  folder->prefix[prefix_len] = '\0';
  folder->beneath = beneath;
  atomic_init (&folder->refs, 1);

  folder->fd = open (beneath ? path : prefix_len > 0 ? folder->prefix : ".",
                     O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder->fd == -1) {
    error_set_errno (err, errno, "%s", path);
    free (folder);
    return NULL;
  }
  return folder;
}

struct folder *
folder_open (const char *path, struct error *err)
{
  return open_folder (path, strlen (path), true, err);
}

struct folder *
folder_open_working (struct error *err)
{
  return open_folder (".", 0, false, err);
}

struct folder *
folder_open_parent (const char *path, const char **ret_name,
                    struct error *err)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash ? slash + 1 : path;
  struct folder *folder;

  if (name[0] == '\0')          /* "folder/": no file, as opening will tell */
    name = path;
  folder = open_folder (path, (size_t) (name - path), false, err);
  if (folder != NULL)
    *ret_name = name;
  return folder;
}

struct folder *
folder_ref (struct folder *folder)
{
  atomic_fetch_add_explicit (&folder->refs, 1, memory_order_relaxed);
  return folder;
}

void
folder_unref (struct folder *folder)
{
  if (folder == NULL ||
      atomic_fetch_sub_explicit (&folder->refs, 1, memory_order_acq_rel) > 1)
    return;
  close (folder->fd);
  free (folder);
}

const char *
folder_prefix (const struct folder *folder)
{
  return folder->prefix;
}

int
folder_fd (const struct folder *folder)
{
  return folder->fd;
}

/* Without openat2: no part of the name may be ".." or a symbolic link. */
static int
walk_to_file (int dir, const char *name, int flags)
{
  CLEANUP_CLOSE int owned = -1;
  CLEANUP_FREE char *copy = strdup (name);
  char *part = copy, *slash;
  int fd;

  if (copy == NULL)
    return -1;
  for (;;) {
    slash = strchr (part, '/');
    if (slash != NULL)
      *slash = '\0';
    if (part == slash || strcmp (part, "..") == 0) {
      errno = EXDEV;
      return -1;
    }
    if (slash == NULL)
      return openat (dir, part, flags | O_NOFOLLOW);
    fd = openat (dir, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1)
      return -1;
    if (owned != -1)
      close (owned);
    dir = owned = fd;
    part = slash + 1;
  }
}

#define MAX_TRIES 10

/* Returns a descriptor, or -1 with errno set. */
static int
open_with (const struct folder *folder, const char *name, int flags)
{
  struct open_how how = {
    .flags = (unsigned) flags,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
  };
  int tries = 0;
  long fd;

  if (!folder->beneath)
    return openat (folder->fd, name, flags);

  /* EAGAIN is a rename that raced with a link's "..", or a lease. */
  do
    fd = syscall (SYS_openat2, folder->fd, name, &how, sizeof how);
  while (fd == -1 &&
         (errno == EINTR || (errno == EAGAIN && ++tries < MAX_TRIES)));
  /* Linux before 5.6, or a container's system call filter that does not know
   * the call.
   */
  if (fd == -1 && (errno == ENOSYS || errno == EPERM))
    return walk_to_file (folder->fd, name, flags);
  return (int) fd;
}

int
folder_open_file (const struct folder *folder, const char *name)
{
  return open_with (folder, name,
                    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int
folder_stat (const struct folder *folder, const char *name, struct stat *ret)
{
  CLEANUP_CLOSE int fd = open_with (folder, name, O_PATH | O_CLOEXEC);

  return fd == -1 ? -1 : fstat (fd, ret);
}

int
folder_list (const struct folder *folder,
             int (*each) (void *opaque, const char *name, struct error *err),
             void *opaque, struct error *err)
{
  CLEANUP_CLOSE int fd = -1;
  CLEANUP_CLOSEDIR DIR *dir = NULL;
  const struct dirent *d;

  fd = openat (folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd == -1 || (dir = fdopendir (fd)) == NULL)
    return error_set_errno (err, errno, "%s", folder->prefix);
  steal_fd (&fd);               /* closedir closes it */

  while (errno = 0, (d = readdir (dir)) != NULL) {
    if (strcmp (d->d_name, ".") == 0 || strcmp (d->d_name, "..") == 0)
      continue;
    if (each (opaque, d->d_name, err) == -1)
      return -1;
  }
  if (errno != 0)
    return error_set_errno (err, errno, "%s", folder->prefix);
  return 0;
}
