/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"

bool
is_refusal (int errnum)
{
  return errnum == EACCES || errnum == EPERM || errnum == ENOSYS;
}

/* The result of a call that returned r. */
static int
result (long r)
{
  return r == -1 ? errno : 0;
}

/* The same of one that returned a descriptor. */
static int
opened (long fd)
{
  int errnum = result (fd);

  if (fd >= 0)
    close ((int) fd);
  return errnum;
}

struct path {
  char text[4096];
};

static struct path
in (const struct attempt_place *place, const char *name)
{
  struct path path;

  snprintf (path.text, sizeof path.text, "%s/%s", place->folder, name);
  return path;
}

static int
read_elsewhere (const struct attempt_place *place)
{
  (void) place;
  return opened (open ("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int
read_beside (const struct attempt_place *place)
{
  return opened (open (in (place, "one").text, O_RDONLY | O_CLOEXEC));
}

static int
list_folder (const struct attempt_place *place)
{
  return opened (open (place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int
write_file (const struct attempt_place *place)
{
  return opened (open (in (place, "one").text, O_WRONLY | O_CLOEXEC));
}

static int
create_file (const struct attempt_place *place)
{
  return opened (open (in (place, "new").text,
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static int
create_tmpfile (const struct attempt_place *place)
{
  return opened (open (place->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

static int
make_folder (const struct attempt_place *place)
{
  return result (mkdir (in (place, "new-folder").text, 0700));
}

static int
make_fifo (const struct attempt_place *place)
{
  return result (mkfifo (in (place, "new-fifo").text, 0600));
}

static int
make_symlink (const struct attempt_place *place)
{
  return result (symlink ("one", in (place, "new-symlink").text));
}

static int
make_link (const struct attempt_place *place)
{
  return result (link (in (place, "one").text, in (place, "new-link").text));
}

static int
truncate_file (const struct attempt_place *place)
{
  return result (truncate (in (place, "one").text, 0));
}

static int
rename_file (const struct attempt_place *place)
{
  return result (rename (in (place, "two").text,
                         in (place, "new-name").text));
}

static int
remove_file (const struct attempt_place *place)
{
  return result (unlink (in (place, "three").text));
}

static int
change_mode (const struct attempt_place *place)
{
  return result (chmod (in (place, "one").text, 0600));
}

static int
change_owner (const struct attempt_place *place)
{
  return result (chown (in (place, "one").text, getuid (), getgid ()));
}

static int
change_times (const struct attempt_place *place)
{
  return result (utimensat (AT_FDCWD, in (place, "one").text, NULL, 0));
}

static int
make_tcp_socket (const struct attempt_place *place)
{
  (void) place;
  return opened (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
make_netlink_socket (const struct attempt_place *place)
{
  (void) place;
  return opened (socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int
make_socket_pair (const struct attempt_place *place)
{
  int pair[2];

  (void) place;
  if (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == -1)
    return errno;
  close (pair[0]);
  close (pair[1]);
  return 0;
}

static struct sockaddr_in
loopback (uint16_t port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };

  return address;
}

static int
connect_tcp (const struct attempt_place *place)
{
  struct sockaddr_in address = loopback (place->port);

  return result (connect (place->tcp[0], (struct sockaddr *) &address,
                          sizeof address));
}

/* A listener that is shut down is a socket like any other again. */
static int
connect_by_message (const struct attempt_place *place)
{
  struct sockaddr_in address = loopback (place->port);
  char byte = 0;
  struct iovec data = { &byte, 1 };
  const struct msghdr message = {
    .msg_name = &address, .msg_namelen = sizeof address,
    .msg_iov = &data, .msg_iovlen = 1,
  };

  shutdown (place->listener, SHUT_RD);  /* fails if it is already */
  return result (sendmsg (place->listener, &message,
                          MSG_FASTOPEN | MSG_NOSIGNAL));
}

static int
bind_tcp (const struct attempt_place *place)
{
  struct sockaddr_in address = loopback (0);

  return result (bind (place->tcp[1], (struct sockaddr *) &address,
                       sizeof address));
}

static int
connect_unix (const struct attempt_place *place)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), errnum;

  if (fd == -1)
    return errno;
  if (snprintf (address.sun_path, sizeof address.sun_path, "%s/socket",
                place->folder) >= (int) sizeof address.sun_path)
    errnum = ENAMETOOLONG;
  else
    errnum = result (connect (fd, (struct sockaddr *) &address,
                              sizeof address));
  close (fd);
  return errnum;
}

static int
run_program (const struct attempt_place *place)
{
  static char program[] = "/bin/true";
  char *argv[] = { program, NULL }, *environment[] = { NULL };
  pid_t pid = fork ();
  int status;

  (void) place;
  if (pid == 0) {
    execve (program, argv, environment);
    _exit (errno);
  }
  if (pid == -1 || waitpid (pid, &status, 0) == -1)
    return errno;
  return WIFEXITED (status) ? WEXITSTATUS (status) : EINTR;
}

/* Do it to another process, which does nothing. */
static int
to_another (long (*act) (pid_t pid))
{
  pid_t pid = fork ();
  int errnum;

  if (pid == 0) {
    pause ();
    _exit (0);
  }
  if (pid == -1)
    return errno;
  errnum = result (act (pid));
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  return errnum;
}

static long
seize (pid_t pid)
{
  return ptrace (PTRACE_SEIZE, pid, NULL, NULL);
}

static int
trace_process (const struct attempt_place *place)
{
  (void) place;
  return to_another (seize);
}

/* A process over its limit of time is ended. */
static long
limit_time (pid_t pid)
{
  const struct rlimit limit = { 1, 1 };

  return prlimit (pid, RLIMIT_CPU, &limit, NULL);
}

static int
limit_process (const struct attempt_place *place)
{
  (void) place;
  return to_another (limit_time);
}

static int
read_process (const struct attempt_place *place)
{
  char from = 1, to = 0;
  const struct iovec source = { &from, 1 }, target = { &to, 1 };

  (void) place;
  return result (process_vm_readv (getpid (), &target, 1, &source, 1, 0));
}

static int
unshare_semaphores (const struct attempt_place *place)
{
  (void) place;
  return result (unshare (CLONE_SYSVSEM));
}

static int
set_up_io_uring (const struct attempt_place *place)
{
  uint32_t params[30] = { 0 };  /* struct io_uring_params */

  (void) place;
  return opened (syscall (SYS_io_uring_setup, 1, params));
}

/* Refused as if the file knew no such call. */
static int
control_socket (const struct attempt_place *place)
{
  int off = 0, errnum = result (ioctl (place->tcp[0], FIONBIO, &off));

  return errnum == ENOTTY ? EPERM : errnum;
}

static int
signal_parent (const struct attempt_place *place)
{
  (void) place;
  return result (kill (getppid (), 0));
}

const struct attempt attempt_signal = { "signal-parent", signal_parent };

const struct attempt attempts[] = {
  { "read-elsewhere", read_elsewhere },
  { "read-beside", read_beside },
  { "list-folder", list_folder },
  { "write-file", write_file },
  { "create-file", create_file },
  { "create-tmpfile", create_tmpfile },
  { "make-folder", make_folder },
  { "make-fifo", make_fifo },
  { "make-symlink", make_symlink },
  { "make-link", make_link },
  { "truncate-file", truncate_file },
  { "rename-file", rename_file },
  { "remove-file", remove_file },
  { "change-mode", change_mode },
  { "change-owner", change_owner },
  { "change-times", change_times },
  { "make-tcp-socket", make_tcp_socket },
  { "make-netlink-socket", make_netlink_socket },
  { "make-socket-pair", make_socket_pair },
  { "connect-tcp", connect_tcp },
  { "connect-by-message", connect_by_message },
  { "bind-tcp", bind_tcp },
  { "connect-unix", connect_unix },
  { "run-program", run_program },
  { "trace-process", trace_process },
  { "limit-process", limit_process },
  { "read-process", read_process },
  { "unshare", unshare_semaphores },
  { "io-uring", set_up_io_uring },
  { "ioctl", control_socket },
  { NULL, NULL }
};

int
attempt_place_open (struct attempt_place *place)
{
  size_t i;

  for (i = 0; i < 2; ++i) {
    place->tcp[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (place->tcp[i] == -1)
      return -1;
  }
  place->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (place->listener == -1 || listen (place->listener, 1) == -1)
    return -1;
  return 0;
}
