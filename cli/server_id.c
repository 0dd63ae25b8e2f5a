/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "server_id.h"

#define FORMAT "erofsflat %d %llu"

/* When the process started: the 22nd word of its stat, the 20th behind the
 * program's name, which is in brackets and may hold anything.
 */
static int
get_start (pid_t pid, unsigned long long *ret)
{
  char path[40], buf[1024], *p;
  CLEANUP_CLOSE int fd = -1;
  ssize_t n;
  int i;

  snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1)
    return -1;
  n = read (fd, buf, sizeof buf - 1);
  if (n < 0)
    return -1;
  buf[n] = '\0';
  p = strrchr (buf, ')');
  for (i = 0; p != NULL && i < 20; ++i)
    p = strchr (p + 1, ' ');
  if (p == NULL || sscanf (p, "%llu", ret) != 1) {
    errno = EINVAL;
    return -1;
  }
  return 0;
}

int
server_id_self (struct server_id *ret, struct error *err)
{
  ret->pid = getpid ();
  if (get_start (ret->pid, &ret->start) == -1)
    return error_set_errno (err, errno, "/proc/%d/stat", (int) ret->pid);
  return 0;
}

void
server_id_print (const struct server_id *id, char ret[SERVER_ID_TEXT_MAX])
{
  snprintf (ret, SERVER_ID_TEXT_MAX, FORMAT, (int) id->pid, id->start);
}

bool
server_id_parse (const char *text, struct server_id *ret)
{
  char again[SERVER_ID_TEXT_MAX];

  if (sscanf (text, FORMAT, &ret->pid, &ret->start) != 2)
    return false;
  server_id_print (ret, again);
  return strcmp (text, again) == 0;
}

bool
server_id_wait (const struct server_id *id, int milliseconds)
{
  CLEANUP_CLOSE int fd = (int) syscall (SYS_pidfd_open, id->pid, 0);
  struct pollfd pollfd = { .fd = fd, .events = POLLIN };
  unsigned long long start;

  /* The order matters: what has the number now is what the fd is of. */
  if (fd == -1 || get_start (id->pid, &start) == -1 || start != id->start)
    return true;
  return poll (&pollfd, 1, milliseconds) == 1;
}
