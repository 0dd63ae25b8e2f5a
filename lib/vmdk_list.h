/* SPDX-License-Identifier: BSD-3-Clause */
/* struct vmdk_list: the files that a VMDK descriptor names, which are those of
 * one image: the bootstrap, then the data of the device slots in order, or in
 * that of their addresses.
 *
 * The names are as hostile as a tag: a file must lie beneath the descriptor's
 * folder or beneath a blobdir, which are looked through in this order.  An
 * absolute name must begin with the path of such a folder, as it was given or
 * without symbolic links, or lead to a file that lies there.
 *
 * What is served is laid out by the device table.  Where the descriptor says
 * something else, vmdk_list_compare warns.
 *
 * Thread-safety: none; used at start only.
 */
#ifndef EROFSFLAT_VMDK_LIST_H
#define EROFSFLAT_VMDK_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "bootstrap.h"
#include "error.h"
#include "file_pool.h"
#include "folder.h"
#include "log.h"
#include "options.h"
#include "source.h"
#include "vmdk_descriptor.h"

struct vmdk_folder {
  struct folder *folder;        /* owned */
  char *path;                   /* owned: absolute, as it was given */
  char *real;                   /* owned: the same without symbolic links */
};

struct vmdk_list {
  const char *path;             /* the descriptor's, of the options */
  struct source *file;          /* the same, open; owned reference */
  struct vmdk_descriptor descriptor;
  struct vmdk_folder *folders;  /* owned */
  size_t n_folders;
};

/* Is the file a descriptor at all?  Error: EIO, ENOMEM. */
extern int vmdk_list_is_one (struct source *file, bool *ret,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Read the descriptor `file', which is the bootstrap= of the options; these
 * outlive the list.  A list is vmdk_list_cleared whether this fails or not,
 * and a zero-initialised one may be.  Error: EINVAL, EIO, ENOMEM, that of
 * opening a folder; the text names the descriptor.
 */
extern int vmdk_list_read (struct source *file,
                           const struct options *options,
                           struct vmdk_list *ret, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4), __warn_unused_result__));
extern void vmdk_list_clear (struct vmdk_list *list);

/* How many files are there for the devices? */
static inline size_t
vmdk_list_n_blobs (const struct vmdk_list *list)
{
  return list->descriptor.files.len - 1;
}

/* Say of the first file that has the name of the one before, but does not go on
 * where that ended, why it was taken for another one.  Returns -1.
 */
extern int vmdk_list_tell_cut (const struct vmdk_list *list,
                               struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));

/* How the k-th file is named there. */
static inline const char *
vmdk_list_name (const struct vmdk_list *list, size_t k)
{
  return list->descriptor.files.ptr[k].name;
}

/* A descriptor is in the order of addresses, and so are the slots of nearly all
 * images.  Where they are not, but each slot has a file that lies at just its
 * address, put the files in the order of the slots.  Error: ENOMEM.
 */
extern int vmdk_list_put_in_order (struct vmdk_list *list,
                                   const struct bootstrap *bootstrap,
                                   struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3), __warn_unused_result__));

/* Open the k-th file: 0 is the bootstrap, 1 the data of the first slot.
 * Error: EINVAL, or that of opening it; the text names descriptor and line.
 */
extern struct source *vmdk_list_open (const struct vmdk_list *list, size_t k,
                                      struct file_pool *pool,
                                      struct error *err)
  __attribute__ ((__nonnull__ (1, 3, 4)));

/* Put "DESCRIPTOR: line N: " of the k-th file in front of an error. */
extern int vmdk_list_prefix (const struct vmdk_list *list, size_t k,
                             struct error *err)
  __attribute__ ((__nonnull__ (1, 3)));

/* Warn of the first file that the descriptor lays elsewhere than the device
 * table, or with another size, or whose data begins elsewhere (of one that was
 * found by its tag that says nothing); or of a disk that goes on behind the flat
 * device.  `blobs' are those of the slots, `size' is that of the bootstrap,
 * `device_size' that of the flat device; `log' may be NULL.
 */
extern void vmdk_list_compare (const struct vmdk_list *list,
                               const struct bootstrap *bootstrap,
                               uint64_t size, const struct blob *blobs,
                               uint64_t device_size, const struct log *log)
  __attribute__ ((__nonnull__ (1, 2, 4)));

#endif
