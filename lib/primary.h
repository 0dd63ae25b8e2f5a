/* SPDX-License-Identifier: BSD-3-Clause */
/* struct primary: the primary image, that is what bootstrap= names: the file
 * itself, the first file of a VMDK descriptor, or a bootstrap that lies inside
 * a RAFS blob.
 *
 * Thread-safety: none while it is opened and its table is filled; read-only
 * afterwards.
 */
#ifndef EROFSFLAT_PRIMARY_H
#define EROFSFLAT_PRIMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "bootstrap.h"
#include "decoder.h"
#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "options.h"
#include "rafs_image.h"
#include "source.h"
#include "vmdk_list.h"

struct primary {              /* all of it is owned */
  char *path;                   /* as the user gave it, or the list has it */
  struct folder *folder;        /* that bootstrap= lies in */
  struct vmdk_list list;        /* if list.file, what names the files */
  struct source *file;
  struct source *source;        /* its bytes: `file', or what lay in it */
  struct source *header;        /* its patched start, or NULL */
  struct bootstrap bootstrap;
  struct rafs_image rafs;       /* if has_rafs; not to be copied */
  bool has_rafs;
};

/* Read, verify and parse it.  It is primary_cleared whether this fails or
 * not, and a zero-initialised one may be.  Error: EINVAL, EIO, ENOMEM, that of
 * opening a file; the text names the file.
 */
extern int primary_open (const struct options *options,
                         struct file_pool *pool,
                         struct decoder_pool *decoders, struct primary *ret,
                         struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4, 5), __warn_unused_result__));
extern void primary_clear (struct primary *primary);

/* Complete the device table from the sizes of the data of its slots, in
 * bytes.  If that changes it, `header' is what is to be served instead of the
 * start of `source'.  Error: see device_table_fill; the text names the file.
 */
extern int primary_fill_table (struct primary *primary, const uint64_t *sizes,
                               struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Once the blobs are open, what RAFS says of them is not needed. */
extern void primary_forget_rafs (struct primary *primary);

static inline uint32_t
primary_block_size (const struct primary *primary)
{
  return superblock_block_size (&primary->bootstrap.sb);
}

/* Is this its file, or the descriptor? */
extern bool primary_uses_file (const struct primary *primary,
                               const struct stat *st);

#endif
