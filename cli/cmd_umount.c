/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "attached_device.h"
#include "cmd.h"
#include "mount_table.h"

/* How long the kernel and the server may take to end.  Reads that are under
 * way are waited for.
 */
#define PATIENCE_MS 30000
#define STEP_MS 20

/* What is mounted on the folder; *ret_path is canonical. */
static int
find_mount (const char *dir, char ret_path[PATH_MAX],
            struct mount_place *place, struct attached_device *device,
            struct error *err)
{
  if (realpath (dir, ret_path) == NULL)
    return error_set_errno (err, errno, "%s", dir);
  if (mount_table_find (ret_path, place, err) == -1)
    return -1;
  if (!place->found)
    return error_set (err, EINVAL, "%s: nothing is mounted there", dir);
  if (!attached_device_find (place->device, device))
    return error_set (err, EINVAL, "%s: was not mounted by erofsflat: use "
                      "umount", dir);
  return 0;
}

static int
detach_mount (const char *path, int flags, struct error *err)
{
  if (umount2 (path, flags | UMOUNT_NOFOLLOW) == 0)
    return 0;
  if (errno == EBUSY)
    return error_set (err, EBUSY, "%s: is in use (an open file, a process's "
                      "working folder, or another mount in it), and stays "
                      "mounted", path);
  return error_set_errno (err, errno, "%s: unmount", path);
}

/* Is the device not there any more, or another one? */
static bool
is_gone (dev_t device, const struct attached_device *was)
{
  struct attached_device is;

  return !attached_device_find (device, &is) ||
         is.server.pid != was->server.pid ||
         is.server.start != was->server.start;
}

/* Wait until all is gone that belonged to the mount. */
static int
wait_for_end (const char *dir, dev_t id, const struct attached_device *device,
              struct error *err)
{
  static const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
  int i;

  if (server_id_wait (&device->server, PATIENCE_MS))
    for (i = 0; i < PATIENCE_MS / STEP_MS; ++i) {
      if (is_gone (id, device))
        return 0;
      nanosleep (&step, NULL);
    }
  return error_set (err, EBUSY, "%s: is not mounted any more, but something "
                    "else uses /dev/%s; it ends with its last user", dir,
                    device->name);
}

static int
umount_folder (const struct arguments *args, struct error *err)
{
  struct attached_device device;
  struct mount_place place;
  char path[PATH_MAX];

  if (find_mount (args->dir, path, &place, &device, err) == -1 ||
      detach_mount (path, args->lazy ? MNT_DETACH : 0, err) == -1)
    return -1;
  if (args->verbose)
    printf ("/dev/%s: not mounted on %s any more\n", device.name, path);
  if (args->lazy || place.count > 1)
    return 0;                   /* it ends with its last user */
  if (wait_for_end (args->dir, place.device, &device, err) == -1)
    return -1;
  if (args->verbose)
    printf ("/dev/%s: process %d has ended\n", device.name,
            (int) device.server.pid);
  return 0;
}

static int
run (const struct arguments *args)
{
  struct error err;
  int r;

  if (geteuid () != 0) {
    complain ("only root may unmount");
    return STATUS_FAILED;
  }
  r = umount_folder (args, &err);
  if (r == -1)
    complain ("%s", err.text);
  attached_device_sweep ();
  return r == 0 ? STATUS_OK : STATUS_FAILED;
}

const struct command cmd_umount = {
  .name = "umount",
  .synopsis = "[-v] [--lazy] DIR",
  .summary = "Undo a mount.",
  .takes = ARGUMENT_FILE | ARGUMENT_DIR | ARGUMENT_LAZY | ARGUMENT_VERBOSE,
  .run = run,
};
