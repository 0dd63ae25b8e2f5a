/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nbd.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "nbd_netlink.h"

/* Seconds after which the kernel gives up a connection that does not answer a
 * read: long enough for slow blobs, but a server that was killed has an end.
 */
#define TIMEOUT 60

/* A message that we make, or one that came.  What we say is short. */
union message {
  struct nlmsghdr header;
  struct {
    struct nlmsghdr nlmsghdr;
    struct genlmsghdr genl;
  };
  char bytes[4096];
};

static size_t
padded (size_t len)
{
  return (len + NLA_ALIGNTO - 1) & ~((size_t) NLA_ALIGNTO - 1);
}

static void
message_begin (union message *m, uint16_t type, uint8_t command,
               uint8_t version)
{
  memset (m, 0, sizeof *m);
  m->header.nlmsg_len = NLMSG_LENGTH (sizeof m->genl);
  m->header.nlmsg_type = type;
  m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  m->genl.cmd = command;
  m->genl.version = version;
}

/* Returns the attribute, for end_nest. */
static struct nlattr *
put (union message *m, uint16_t type, const void *data, size_t len)
{
  struct nlattr *attr = (void *) (m->bytes + m->header.nlmsg_len);

  assert (m->header.nlmsg_len + padded (sizeof *attr + len) <= sizeof *m);
  attr->nla_type = type;
  attr->nla_len = (uint16_t) (sizeof *attr + len);
  if (len > 0)
    memcpy (attr + 1, data, len);
  m->header.nlmsg_len += (uint32_t) padded (attr->nla_len);
  return attr;
}

static void
put_u32 (union message *m, uint16_t type, uint32_t value)
{
  put (m, type, &value, sizeof value);
}

static void
put_u64 (union message *m, uint16_t type, uint64_t value)
{
  put (m, type, &value, sizeof value);
}

static struct nlattr *
begin_nest (union message *m, uint16_t type)
{
  return put (m, type | NLA_F_NESTED, NULL, 0);
}

static void
end_nest (union message *m, struct nlattr *nest)
{
  nest->nla_len = (uint16_t) (m->bytes + m->header.nlmsg_len - (char *) nest);
}

/* The value of an attribute of a message that came, or NULL. */
static const void *
find_attribute (const union message *m, uint16_t type, size_t len)
{
  size_t at = NLMSG_LENGTH (sizeof m->genl), end = m->header.nlmsg_len;
  const struct nlattr *attr;

  for (; at + sizeof *attr <= end; at += padded (attr->nla_len)) {
    attr = (const void *) (m->bytes + at);
    if (attr->nla_len < sizeof *attr || attr->nla_len > end - at)
      return NULL;
    if (attr->nla_type == type)
      return attr->nla_len >= sizeof *attr + len ? attr + 1 : NULL;
  }
  return NULL;
}

/* Send the message, and wait for its end: 0, or an errno.  An answer that
 * comes before it is put in its place.  One datagram may hold one of them
 * only, since the kernel sends them one by one.
 */
static int
ask (int fd, union message *m)
{
  union message answer;
  const struct nlmsgerr *end;
  ssize_t n;

  if (send (fd, m, m->header.nlmsg_len, 0) == -1)
    return errno;
  for (;;) {
    n = recv (fd, &answer, sizeof answer, 0);
    if (n == -1 && errno == EINTR)
      continue;
    if (n == -1)
      return errno;
    if (!NLMSG_OK (&answer.header, (size_t) n))
      return EPROTO;
    if (answer.header.nlmsg_type == NLMSG_ERROR) {
      end = NLMSG_DATA (&answer.header);
      return -end->error;
    }
    *m = answer;
  }
}

static int
find_family (int fd, uint16_t *ret)
{
  union message m;
  const uint16_t *id;
  int r;

  message_begin (&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
  put (&m, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME,
       sizeof NBD_GENL_FAMILY_NAME);
  r = ask (fd, &m);
  if (r != 0)
    return r;
  id = find_attribute (&m, CTRL_ATTR_FAMILY_ID, sizeof *id);
  if (id == NULL)
    return EPROTO;
  *ret = *id;
  return 0;
}

int
nbd_netlink_open (struct nbd_netlink *ret, struct error *err)
{
  CLEANUP_CLOSE int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
                                 NETLINK_GENERIC);
  int r = fd == -1 ? errno : find_family (fd, &ret->family);

  if (r == ENOENT || r == EPROTONOSUPPORT || r == EAFNOSUPPORT)
    return error_set (err, ENOTSUP, "this kernel has no NBD client (the "
                      "module nbd), or it can not be used here");
  if (r != 0)
    return error_set_errno (err, r, "netlink");
  ret->fd = steal_fd (&fd);
  return 0;
}

void
nbd_netlink_close (struct nbd_netlink *netlink)
{
  close (netlink->fd);
}

static void
put_sockets (union message *m, const struct nbd_device *device)
{
  struct nlattr *list = begin_nest (m, NBD_ATTR_SOCKETS), *item;
  unsigned i;

  for (i = 0; i < device->n_sockets; ++i) {
    item = begin_nest (m, NBD_SOCK_ITEM);
    put_u32 (m, NBD_SOCK_FD, (uint32_t) device->sockets[i]);
    end_nest (m, item);
  }
  end_nest (m, list);
}

int
nbd_netlink_connect (const struct nbd_netlink *netlink,
                     const struct nbd_device *device, struct error *err)
{
  union message m;
  int r;

  message_begin (&m, netlink->family, NBD_CMD_CONNECT, NBD_GENL_VERSION);
  put_u32 (&m, NBD_ATTR_INDEX, device->index);
  put_u64 (&m, NBD_ATTR_SIZE_BYTES, device->size);
  put_u64 (&m, NBD_ATTR_BLOCK_SIZE_BYTES, device->block_size);
  put_u64 (&m, NBD_ATTR_TIMEOUT, TIMEOUT);
  put_u64 (&m, NBD_ATTR_SERVER_FLAGS, NBD_FLAG_HAS_FLAGS |
           NBD_FLAG_READ_ONLY | NBD_FLAG_CAN_MULTI_CONN);
  put_u64 (&m, NBD_ATTR_CLIENT_FLAGS, NBD_CFLAG_DISCONNECT_ON_CLOSE |
           NBD_CFLAG_DESTROY_ON_DISCONNECT);
  put (&m, NBD_ATTR_BACKEND_IDENTIFIER, device->backend,
       strlen (device->backend) + 1);
  put_sockets (&m, device);
  r = ask (netlink->fd, &m);
  if (r == EEXIST)
    r = EBUSY;
  return r == 0 ? 0 : error_set_errno (err, r, "/dev/nbd%u: connect",
                                       device->index);
}

int
nbd_netlink_disconnect (const struct nbd_netlink *netlink, uint32_t index,
                        struct error *err)
{
  union message m;
  int r;

  message_begin (&m, netlink->family, NBD_CMD_DISCONNECT, NBD_GENL_VERSION);
  put_u32 (&m, NBD_ATTR_INDEX, index);
  r = ask (netlink->fd, &m);
  return r == 0 ? 0 : error_set_errno (err, r, "/dev/nbd%u: disconnect",
                                       index);
}
