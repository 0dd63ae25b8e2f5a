/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "cleanup.h"
#include "device_server.h"

/* What the server says once: short enough to come as a whole. */
struct report {
  bool failed;
  struct error err;
  char device[DEVICE_PATH_MAX];
};

_Static_assert (sizeof (struct report) <= PIPE_BUF, "one write is one report");

/* Be nobody's child, in nobody's way: a terminal, a pipe that is read to its
 * end, and a folder are free again when the command has ended.
 */
static int
leave (struct error *err)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null == -1)
    return error_set_errno (err, errno, "/dev/null");
  if (setsid () == -1 || chdir ("/") == -1 || dup2 (null, 0) == -1 ||
      dup2 (null, 1) == -1 || dup2 (null, 2) == -1)
    return error_set_errno (err, errno, "starting the server");
  openlog ("erofsflat", LOG_PID, LOG_DAEMON);
  return 0;
}

static void
wait_for_end (int lifeline)
{
  char c;

  while (read (lifeline, &c, 1) == -1 && errno == EINTR)
    ;
}

/* The server's process. */
static void __attribute__ ((__noreturn__))
serve (struct image *image, enum attach_way way, int lifeline)
{
  struct report report = { .failed = true };
  struct attachment a;

  if (leave (&report.err) == 0 &&
      image_start_threads (image, &report.err) == 0 &&
      attach (&a, image, way, &report.err) == 0) {
    report.failed = false;
    strcpy (report.device, a.device);
  }
  if (write (lifeline, &report, sizeof report) != sizeof report ||
      report.failed)
    _exit (1);
  wait_for_end (lifeline);
  attach_wait (&a);
  _exit (0);
}

static int
read_report (struct device_server *server, struct error *err)
{
  struct report report;
  ssize_t n;

  do
    n = recv (server->lifeline, &report, sizeof report, MSG_WAITALL);
  while (n == -1 && errno == EINTR);
  if (n != sizeof report)
    return error_set (err, EIO, "the server ended before it was ready");
  if (report.failed) {
    *err = report.err;
    return -1;
  }
  memcpy (server->device, report.device, sizeof server->device);
  return 0;
}

int
device_server_start (struct device_server *ret, struct image *image,
                     enum attach_way way, struct error *err)
{
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
    return error_set_errno (err, errno, "socketpair");
  ret->lifeline = pair[0];
  ret->pid = fork ();
  if (ret->pid == 0) {
    close (pair[0]);
    serve (image, way, pair[1]);
  }
  close (pair[1]);
  if (ret->pid == -1) {
    error_set_errno (err, errno, "fork");
    close (pair[0]);
    return -1;
  }
  if (read_report (ret, err) == 0)
    return 0;
  device_server_stop (ret);
  return -1;
}

void
device_server_release (struct device_server *server)
{
  close (server->lifeline);
}

void
device_server_stop (struct device_server *server)
{
  device_server_release (server);
  while (waitpid (server->pid, NULL, 0) == -1 && errno == EINTR)
    ;
}
