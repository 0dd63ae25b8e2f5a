/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "cmd.h"
#include "device_server.h"
#include "erofs_mount.h"
#include "mount_table.h"

/* The word is NULL for the default. */
static int
parse_way (const char *word, enum attach_way *way, struct error *err)
{
  static const char *const words[] = {
    [ATTACH_AUTO] = "auto", [ATTACH_NBD] = "nbd", [ATTACH_FUSE] = "fuse",
  };
  unsigned i;

  if (word == NULL)
    return 0;
  for (i = 0; i < sizeof words / sizeof words[0]; ++i) {
    if (strcmp (words[i], word) == 0) {
      *way = i;
      return 0;
    }
  }
  return error_set (err, EINVAL, "--attach=%s: auto, nbd or fuse is meant",
                    word);
}

/* Before anything is done: can it be mounted there?  *ret is canonical. */
static int
check_folder (const char *dir, char ret[PATH_MAX], struct error *err)
{
  struct mount_place place;
  struct stat st;

  if (realpath (dir, ret) == NULL || stat (ret, &st) == -1)
    return error_set_errno (err, errno, "%s", dir);
  if (!S_ISDIR (st.st_mode))
    return error_set_errno (err, ENOTDIR, "%s", dir);
  if (mount_table_find (ret, &place, err) == -1)
    return -1;
  if (place.found)
    return error_set (err, EBUSY, "%s: something is mounted there already",
                      dir);
  return 0;
}

/* Linux mounts images of several devices from one since 6.4. */
static int
check_kernel (const struct image *image, struct error *err)
{
  unsigned a = 0, b = 0;
  struct utsname name;

  if (image_superblock (image)->extra_devices == 0 || uname (&name) == -1 ||
      sscanf (name.release, "%u.%u", &a, &b) != 2 ||
      a > 6 || (a == 6 && b >= 4))
    return 0;
  return error_set (err, ENOTSUP, "Linux %s mounts no flat image of several "
                    "devices, Linux 6.4 does", name.release);
}

static int
mount_image (struct image *image, const char *dir, enum attach_way way,
             const struct mount_options *options,
             const struct arguments *args, struct error *err)
{
  struct device_server server;

  if (check_kernel (image, err) == -1 ||
      device_server_start (&server, image, way, err) == -1)
    return -1;
  if (args->verbose)
    printf ("%s: served by process %d\n", server.device, (int) server.pid);
  if (erofs_mount (server.device, dir, options, err) == -1) {
    device_server_stop (&server);
    return -1;
  }
  if (args->verbose)
    printf ("%s: mounted on %s\n", server.device, dir);
  device_server_release (&server);
  return 0;
}

static int
run_checked (const struct arguments *args,
             const struct mount_options *options, enum attach_way way)
{
  char dir[PATH_MAX];
  struct image *image;
  struct error err;
  int r;

  if (check_folder (args->dir, dir, &err) == -1) {
    complain ("%s", err.text);
    return STATUS_FAILED;
  }
  image = open_image (args, IMAGE_SERVE_ONLY);
  if (image == NULL)
    return STATUS_FAILED;
  r = mount_image (image, dir, way, options, args, &err);
  if (r == -1)
    complain ("%s", err.text);
  image_close (image);
  return r == 0 ? STATUS_OK : STATUS_FAILED;
}

static int
run (const struct arguments *args)
{
  struct mount_options options = { .text = NULL };
  enum attach_way way = ATTACH_AUTO;
  struct error err;
  int status;

  if (parse_way (args->attach, &way, &err) == -1 ||
      mount_options_parse (args->mount_options, &options, &err) == -1) {
    complain ("%s", err.text);
    status = STATUS_USAGE;
  }
  else if (geteuid () != 0) {
    complain ("only root may mount");
    status = STATUS_FAILED;
  }
  else
    status = run_checked (args, &options, way);
  mount_options_clear (&options);
  return status;
}

const struct command cmd_mount = {
  .name = "mount",
  .synopsis = "[-v] [-o OPTIONS] [--attach=WAY]",
  .summary = "Mount the image on a folder.",
  .takes = ARGUMENT_ATTACH | ARGUMENT_DIR | ARGUMENT_MOUNT_OPTIONS |
           ARGUMENT_VERBOSE,
  .run = run,
};
