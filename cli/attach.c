/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "checked.h"

static void *
run_thread (void *opaque)
{
  struct attachment *a = opaque;

  a->work (&a->serve);
  return NULL;
}

int
attach_start_threads (struct attachment *a, struct error *err)
{
  int r;

  for (; a->n_threads < SERVE_THREADS; ++a->n_threads) {
    r = pthread_create (&a->threads[a->n_threads], NULL, run_thread, a);
    if (r != 0)
      return error_set_errno (err, r, "starting a thread");
  }
  return 0;
}

/* What the image needs, as far as a device can have it. */
static unsigned
choose_block_size (const struct image *image)
{
  uint32_t size = superblock_block_size (image_superblock (image));

  return (unsigned) min_u64 (size, (uint64_t) sysconf (_SC_PAGESIZE));
}

int
attach (struct attachment *a, const struct image *image, enum attach_way way,
        struct error *err)
{
  struct error no_nbd;

  memset (a, 0, sizeof *a);
  a->device_fd = -1;
  a->serve.image = image;
  a->serve.data = malloc (SERVE_THREADS * SERVE_MAX_READ);
  if (a->serve.data == NULL)
    return error_set_errno (err, ENOMEM, "%s", image_bootstrap_path (image));
  a->block_size = choose_block_size (image);
  if (server_id_self (&a->id, err) == -1)
    return -1;
  if (way != ATTACH_FUSE) {
    if (attach_nbd (a, err) == 0)
      return 0;
    if (way == ATTACH_NBD || err->errnum != ENOTSUP)
      return -1;
    no_nbd = *err;
  }
  if (attach_fuse (a, err) == 0)
    return 0;
  if (way == ATTACH_AUTO)
    error_append (err, "; %s", no_nbd.text);
  return -1;
}

void
attach_wait (struct attachment *a)
{
  unsigned i;

  close (a->device_fd);
  for (i = 0; i < a->n_threads; ++i)
    pthread_join (a->threads[i], NULL);
}
