/* SPDX-License-Identifier: BSD-3-Clause */
/* NBD, as much of it as the client in the kernel says to a read-only server
 * after the handshake.
 */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <linux/nbd.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "serve.h"

/* All of it; false at the end of the connection. */
static bool
receive (int fd, void *buf, size_t len)
{
  ssize_t n;

  do
    n = recv (fd, buf, len, MSG_WAITALL);
  while (n == -1 && errno == EINTR);
  return n == (ssize_t) len;
}

static bool
send_all (int fd, const void *buf, size_t len, int flags)
{
  const char *p = buf;
  ssize_t n;

  for (; len > 0; p += n, len -= (size_t) n) {
    n = send (fd, p, len, flags | MSG_NOSIGNAL);
    if (n == -1) {
      if (errno != EINTR)
        return false;
      n = 0;
    }
  }
  return true;
}

static bool
send_reply (struct serve_link *link, const struct nbd_request *request,
            uint32_t error, const void *data, size_t len)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&link->sending);
  struct nbd_reply reply = {
    .magic = htobe32 (NBD_REPLY_MAGIC),
    .error = htobe32 (error),
  };

  memcpy (&reply.handle, &request->handle, sizeof reply.handle);
  return send_all (link->fd, &reply, sizeof reply, len > 0 ? MSG_MORE : 0) &&
         send_all (link->fd, data, len, 0);
}

static bool
receive_request (struct serve_link *link, struct nbd_request *request)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&link->receiving);

  return receive (link->fd, request, sizeof *request);
}

/* Is the range inside the image, and not too long? */
static bool
is_good_range (const struct image *image, uint64_t offset, uint32_t len)
{
  uint64_t size = image_size (image);

  return len <= SERVE_MAX_READ && offset <= size && len <= size - offset;
}

/* False to end the connection: the kernel wants that, or says what we do not
 * understand.
 */
static bool
handle (const struct image *image, struct serve_link *link, void *data,
        const struct nbd_request *request)
{
  uint32_t len = be32toh (request->len);
  uint64_t offset = be64toh (request->from);

  if (be32toh (request->magic) != NBD_REQUEST_MAGIC ||
      be32toh (request->type) != NBD_CMD_READ)
    return false;
  if (!is_good_range (image, offset, len))
    return send_reply (link, request, EINVAL, NULL, 0);
  if (serve_read (image, data, len, offset) == -1)
    return send_reply (link, request, EIO, NULL, 0);
  return send_reply (link, request, 0, data, len);
}

void
serve_nbd (void *opaque)
{
  struct serve *serve = opaque;
  unsigned i = serve_take_number (serve);
  struct serve_link *link = &serve->links[i % SERVE_LINKS];
  char *data = serve->data + i * SERVE_MAX_READ;
  struct nbd_request request;

  while (receive_request (link, &request) &&
         handle (serve->image, link, data, &request))
    ;
  /* The other threads of the link end, too. */
  shutdown (link->fd, SHUT_RDWR);
}
