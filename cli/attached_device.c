/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attached_device.h"
#include "cleanup.h"

#define NAME_MAX_LEN (sizeof ((struct attached_device *) 0)->name)

/* The name of a device: what its link in /sys ends in. */
static bool
get_name (dev_t device, char ret[NAME_MAX_LEN])
{
  char path[60], target[1024], *slash;
  ssize_t n;

  snprintf (path, sizeof path, "/sys/dev/block/%u:%u", major (device),
            minor (device));
  n = readlink (path, target, sizeof target - 1);
  if (n == -1)
    return false;
  target[n] = '\0';
  slash = strrchr (target, '/');
  if (slash == NULL || strlen (slash + 1) >= NAME_MAX_LEN)
    return false;
  strcpy (ret, slash + 1);
  return true;
}

static int
open_device (const char *name)
{
  char path[NAME_MAX_LEN + 8];

  if (snprintf (path, sizeof path, "/dev/%s", name) >= (int) sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return open (path, O_RDONLY | O_CLOEXEC);
}

static bool
find_loop (struct attached_device *device)
{
  CLEANUP_CLOSE int fd = open_device (device->name);
  struct loop_info64 info;

  return fd != -1 && ioctl (fd, LOOP_GET_STATUS64, &info) == 0 &&
         server_id_parse ((const char *) info.lo_file_name, &device->server);
}

static bool
find_nbd (struct attached_device *device)
{
  char path[NAME_MAX_LEN + 24], text[SERVER_ID_TEXT_MAX + 1];
  CLEANUP_CLOSE int fd = -1;
  ssize_t n;

  snprintf (path, sizeof path, "/sys/block/%s/backend", device->name);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  n = fd == -1 ? -1 : read (fd, text, sizeof text - 1);
  if (n <= 0)
    return false;
  text[n] = '\0';
  text[strcspn (text, "\n")] = '\0';
  return server_id_parse (text, &device->server);
}

static bool
is_kind (const char *name, const char *kind)
{
  return strncmp (name, kind, strlen (kind)) == 0;
}

bool
attached_device_find (dev_t device, struct attached_device *ret)
{
  if (!get_name (device, ret->name))
    return false;
  return is_kind (ret->name, "loop") ? find_loop (ret) :
         is_kind (ret->name, "nbd") && find_nbd (ret);
}

/* When the last user closes an nbd device of ours, the kernel removes it: so
 * we become the last user.  It does no harm if there is another one.
 */
static void
sweep_one (const char *name)
{
  struct attached_device device;
  int fd;

  if (!is_kind (name, "nbd") || strlen (name) >= NAME_MAX_LEN)
    return;
  strcpy (device.name, name);
  if (!find_nbd (&device) || !server_id_wait (&device.server, 0))
    return;
  fd = open_device (name);
  if (fd != -1)
    close (fd);
}

void
attached_device_sweep (void)
{
  CLEANUP_CLOSEDIR DIR *dir = opendir ("/sys/block");
  const struct dirent *entry;

  if (dir == NULL)
    return;
  while ((entry = readdir (dir)) != NULL)
    sweep_one (entry->d_name);
}
