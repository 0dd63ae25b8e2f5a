/* SPDX-License-Identifier: BSD-3-Clause */
/* FUSE, as much of it as one file needs that is only read. */
#include <config.h>

#include <errno.h>
#include <linux/fuse.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checked.h"
#include "serve.h"

/* A thread of it. */
struct worker {
  const struct image *image;
  int fd;
  char *data;                   /* SERVE_MAX_READ bytes */
};

/* What the kernel asks: a header, and what belongs to the opcode. */
union request {
  struct fuse_in_header header;
  struct {
    struct fuse_in_header unused;
    union {
      struct fuse_init_in init;
      struct fuse_read_in read;
    };
  };
  char room[FUSE_MIN_READ_BUFFER];
};

/* A reply that fails is to a request that was interrupted, or the kernel has
 * let go of us, which the next read says.
 */
static void
reply (const struct worker *worker, const union request *request, int error,
       const void *data, size_t len)
{
  struct fuse_out_header header = {
    .len = (uint32_t) (sizeof header + len),
    .error = -error,
    .unique = request->header.unique,
  };
  struct iovec iov[2] = {
    { .iov_base = &header, .iov_len = sizeof header },
    { .iov_base = (void *) data, .iov_len = len },
  };

  if (writev (worker->fd, iov, len > 0 ? 2 : 1) == -1)
    return;
}

static void
reply_init (const struct worker *worker, const union request *request)
{
  const struct fuse_init_in *in = &request->init;
  struct fuse_init_out out = {
    .major = FUSE_KERNEL_VERSION,
    .minor = (uint32_t) min_u64 (in->minor, FUSE_KERNEL_MINOR_VERSION),
    .max_readahead = in->max_readahead,
    .flags = in->flags & (FUSE_ASYNC_READ | FUSE_ASYNC_DIO | FUSE_MAX_PAGES),
    .max_background = 4 * SERVE_THREADS,
    .congestion_threshold = 3 * SERVE_THREADS,
    .max_write = 4096,
    .time_gran = 1,
    .max_pages = (uint16_t) (SERVE_MAX_READ / sysconf (_SC_PAGESIZE)),
  };

  reply (worker, request, 0, &out, sizeof out);
}

/* Nothing of it changes, so that it is good for as long as can be. */
static void
reply_attributes (const struct worker *worker, const union request *request)
{
  uint64_t size = image_size (worker->image);
  struct fuse_attr_out out = {
    .attr_valid = UINT32_MAX,
    .attr = {
      .ino = FUSE_ROOT_ID,
      .size = size,
      .blocks = size / 512,
      .mode = S_IFREG | 0400,
      .nlink = 1,
      .blksize = 4096,
    },
  };

  reply (worker, request, 0, &out, sizeof out);
}

static void
reply_open (const struct worker *worker, const union request *request)
{
  struct fuse_open_out out = { .open_flags = FOPEN_KEEP_CACHE };

  reply (worker, request, 0, &out, sizeof out);
}

static void
reply_read (const struct worker *worker, const union request *request)
{
  uint64_t size = image_size (worker->image);
  uint64_t offset = request->read.offset;
  uint32_t len = request->read.size;

  if (len > SERVE_MAX_READ) {
    reply (worker, request, EINVAL, NULL, 0);
    return;
  }
  if (offset > size)
    offset = size;
  len = (uint32_t) min_u64 (len, size - offset);
  if (serve_read (worker->image, worker->data, len, offset) == -1)
    reply (worker, request, EIO, NULL, 0);
  else
    reply (worker, request, 0, worker->data, len);
}

static void
handle (const struct worker *worker, const union request *request)
{
  switch (request->header.opcode) {
  case FUSE_INIT:
    reply_init (worker, request);
    break;
  case FUSE_GETATTR:
    reply_attributes (worker, request);
    break;
  case FUSE_OPEN:
    reply_open (worker, request);
    break;
  case FUSE_READ:
    reply_read (worker, request);
    break;
  case FUSE_RELEASE:
  case FUSE_DESTROY:
    reply (worker, request, 0, NULL, 0);
    break;
  case FUSE_FORGET:             /* these have no reply */
  case FUSE_BATCH_FORGET:
  case FUSE_INTERRUPT:
    break;
  default:
    reply (worker, request, ENOSYS, NULL, 0);
  }
}

void
serve_fuse (void *opaque)
{
  struct serve *serve = opaque;
  struct worker worker = {
    .image = serve->image,
    .fd = serve->fuse_fd,
    .data = serve->data + serve_take_number (serve) * SERVE_MAX_READ,
  };
  union request request;
  ssize_t n;

  for (;;) {
    n = read (worker.fd, &request, sizeof request);
    if (n >= (ssize_t) sizeof request.header)
      handle (&worker, &request);
    /* ENOENT: the request was taken back.  ENODEV: nobody has it mounted. */
    else if (n != -1 || (errno != EINTR && errno != EAGAIN &&
                         errno != ENOENT))
      return;
  }
}
