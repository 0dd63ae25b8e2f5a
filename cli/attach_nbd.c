/* SPDX-License-Identifier: BSD-3-Clause */
/* A device of the kernel's NBD client, connected to us by pairs of sockets. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "attached_device.h"
#include "cleanup.h"
#include "nbd_netlink.h"

/* As many as one module can have, however it is set up. */
#define MAX_DEVICES 32768

/* How far to read ahead, in KiB: a third of the requests that the kernel's own
 * value makes of a file that is read in order (contrib/BENCHMARKS.md).  What it
 * sends at once, 1280 KiB, will do.
 */
#define READ_AHEAD_KB "1024"

static void
load_module (void)
{
  static char *const argv[] = { "modprobe", "-q", "nbd", NULL };
  static char *const envp[] = { "PATH=/usr/sbin:/sbin:/usr/bin:/bin", NULL };
  posix_spawn_file_actions_t actions;
  pid_t pid;

  if (posix_spawn_file_actions_init (&actions) != 0)
    return;
  if (posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null",
                                        O_WRONLY, 0) == 0 &&
      posix_spawnp (&pid, argv[0], &actions, NULL, argv, envp) == 0)
    waitpid (pid, NULL, 0);
  posix_spawn_file_actions_destroy (&actions);
}

static int
open_netlink (struct nbd_netlink *netlink, struct error *err)
{
  if (nbd_netlink_open (netlink, err) == 0)
    return 0;
  if (err->errnum != ENOTSUP)
    return -1;
  load_module ();
  return nbd_netlink_open (netlink, err);
}

static int
make_links (struct attachment *a, int ret_theirs[SERVE_LINKS],
            struct error *err)
{
  struct serve_link *link;
  int pair[2], i;

  for (i = 0; i < SERVE_LINKS; ++i) {
    link = &a->serve.links[i];
    if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
      return error_set_errno (err, errno, "socketpair");
    link->fd = pair[0];
    pthread_mutex_init (&link->receiving, NULL);
    pthread_mutex_init (&link->sending, NULL);
    ret_theirs[i] = pair[1];
  }
  return 0;
}

/* Is there no device of this index?  Those that exist may be idle, but others
 * count on them, and what we tune should end with the device.
 */
static bool
is_new (uint32_t index)
{
  char path[40];

  snprintf (path, sizeof path, "/sys/block/nbd%u", index);
  return access (path, F_OK) == -1 && errno == ENOENT;
}

/* Returns the index, or -1. */
static int
connect_new_device (struct attachment *a, const struct nbd_netlink *netlink,
                    const int sockets[SERVE_LINKS], struct error *err)
{
  char backend[SERVER_ID_TEXT_MAX];
  struct nbd_device device = {
    .size = image_size (a->serve.image),
    .block_size = a->block_size,
    .backend = backend,
    .sockets = sockets,
    .n_sockets = SERVE_LINKS,
  };

  server_id_print (&a->id, backend);
  for (device.index = 0; device.index < MAX_DEVICES; ++device.index) {
    if (!is_new (device.index))
      continue;
    if (nbd_netlink_connect (netlink, &device, err) == 0)
      return (int) device.index;
    if (err->errnum != EBUSY)
      return -1;
  }
  return error_set (err, EBUSY, "there are too many nbd devices");
}

/* A tuning that can not be done does no harm. */
static void
tune (uint32_t index)
{
  char path[80];
  CLEANUP_CLOSE int fd = -1;

  snprintf (path, sizeof path, "/sys/block/nbd%u/queue/read_ahead_kb", index);
  fd = open (path, O_WRONLY | O_CLOEXEC);
  if (fd != -1 && write (fd, READ_AHEAD_KB, sizeof READ_AHEAD_KB - 1) == -1)
    return;
}

static int
open_device (struct attachment *a, const struct nbd_netlink *netlink,
             uint32_t index, struct error *err)
{
  struct error ignored;

  snprintf (a->device, sizeof a->device, "/dev/nbd%u", index);
  a->device_fd = open (a->device, O_RDONLY | O_CLOEXEC);
  if (a->device_fd == -1) {
    error_set_errno (err, errno, "%s", a->device);
    nbd_netlink_disconnect (netlink, index, &ignored);
    return -1;
  }
  tune (index);
  return 0;
}

static int
make_device (struct attachment *a, const struct nbd_netlink *netlink,
             struct error *err)
{
  int theirs[SERVE_LINKS], i, index;

  if (make_links (a, theirs, err) == -1)
    return -1;
  a->work = serve_nbd;
  if (attach_start_threads (a, err) == -1)
    return -1;
  index = connect_new_device (a, netlink, theirs, err);
  for (i = 0; i < SERVE_LINKS; ++i)
    close (theirs[i]);          /* the kernel has its own hold on them */
  if (index == -1)
    return -1;
  return open_device (a, netlink, (uint32_t) index, err);
}

int
attach_nbd (struct attachment *a, struct error *err)
{
  struct nbd_netlink netlink;
  int r;

  if (open_netlink (&netlink, err) == -1)
    return -1;
  attached_device_sweep ();
  r = make_device (a, &netlink, err);
  nbd_netlink_close (&netlink);
  return r;
}
