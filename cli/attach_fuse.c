/* SPDX-License-Identifier: BSD-3-Clause */
/* A file by FUSE, and a loop device over it. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "attach.h"
#include "cleanup.h"

/* How often to look for a free loop device, if others are as quick. */
#define LOOP_TRIES 100

static int
set_fuse_option (int fs, const char *key, const char *value,
                 struct error *err)
{
  if (fsconfig (fs, FSCONFIG_SET_STRING, key, value, 0) == -1)
    return error_set_errno (err, errno, "FUSE: %s=%s", key, value);
  return 0;
}

/* Returns a mount that has no place in the tree of folders: it is gone as soon
 * as nobody has it open.
 */
static int
make_fuse_mount (int fuse_fd, struct error *err)
{
  CLEANUP_CLOSE int fs = fsopen ("fuse", FSOPEN_CLOEXEC);
  char fd_text[20];
  int mount_fd;

  if (fs == -1)
    return error_set_errno (err, errno, "FUSE");
  snprintf (fd_text, sizeof fd_text, "%d", fuse_fd);
  if (set_fuse_option (fs, "source", "erofsflat", err) == -1 ||
      set_fuse_option (fs, "fd", fd_text, err) == -1 ||
      set_fuse_option (fs, "rootmode", "100400", err) == -1 ||
      set_fuse_option (fs, "user_id", "0", err) == -1 ||
      set_fuse_option (fs, "group_id", "0", err) == -1)
    return -1;
  if (fsconfig (fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
    return error_set_errno (err, errno, "FUSE: mount");
  mount_fd = fsmount (fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY |
                      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mount_fd == -1)
    return error_set_errno (err, errno, "FUSE: mount");
  return mount_fd;
}

/* Open the root of the mount, which is the file.  Linux before 6.16 gives the
 * loop device the size that it knows, so it has to ask for it once.
 */
static int
open_fuse_file (int mount_fd, struct error *err)
{
  CLEANUP_CLOSE int fd = -1;
  struct stat st;
  char path[40];

  snprintf (path, sizeof path, "/proc/self/fd/%d", mount_fd);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1 || fstat (fd, &st) == -1)
    return error_set_errno (err, errno, "FUSE: %s", path);
  return steal_fd (&fd);
}

/* Returns 1 if another program was quicker. */
static int
configure_loop (struct attachment *a, int control, int file,
                struct error *err)
{
  struct loop_config config = {
    .fd = (uint32_t) file,
    .block_size = a->block_size,
    .info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR |
                     LO_FLAGS_DIRECT_IO,
  };
  CLEANUP_CLOSE int fd = -1;
  int n = ioctl (control, LOOP_CTL_GET_FREE);

  if (n == -1)
    return error_set_errno (err, errno, "/dev/loop-control: no free device");
  snprintf (a->device, sizeof a->device, "/dev/loop%d", n);
  fd = open (a->device, O_RDONLY | O_CLOEXEC);
  if (fd == -1)
    return error_set_errno (err, errno, "%s", a->device);
  server_id_print (&a->id, (char *) config.info.lo_file_name);
  if (ioctl (fd, LOOP_CONFIGURE, &config) == -1)
    return errno == EBUSY ? 1 : error_set_errno (err, errno, "%s", a->device);
  a->device_fd = steal_fd (&fd);
  return 0;
}

static int
attach_loop (struct attachment *a, int file, struct error *err)
{
  CLEANUP_CLOSE int control = open ("/dev/loop-control", O_RDWR | O_CLOEXEC);
  int i, r = 1;

  if (control == -1)
    return error_set_errno (err, errno, "/dev/loop-control: this kernel has "
                            "no loop devices, or they can not be used here");
  for (i = 0; r == 1 && i < LOOP_TRIES; ++i)
    r = configure_loop (a, control, file, err);
  return r == 1 ? error_set_errno (err, EBUSY, "%s", a->device) : r;
}

int
attach_fuse (struct attachment *a, struct error *err)
{
  CLEANUP_CLOSE int mount_fd = -1, file = -1;

  a->serve.fuse_fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (a->serve.fuse_fd == -1)
    return error_set_errno (err, errno, "/dev/fuse: this kernel has no FUSE, "
                            "or it can not be used here");
  mount_fd = make_fuse_mount (a->serve.fuse_fd, err);
  if (mount_fd == -1)
    return -1;
  a->work = serve_fuse;
  if (attach_start_threads (a, err) == -1)
    return -1;
  file = open_fuse_file (mount_fd, err);
  if (file == -1)
    return -1;
  return attach_loop (a, file, err);
}
