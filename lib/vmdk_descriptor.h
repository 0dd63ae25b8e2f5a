/* SPDX-License-Identifier: BSD-3-Clause */
/* struct vmdk_descriptor: the list of files in a flat VMDK descriptor.
 *
 * A descriptor is a text that lays files one behind the other on a disk:
 *
 *   # Disk DescriptorFile
 *   createType="twoGbMaxExtentFlat"
 *   RW 4194304 FLAT "a" 0              sectors of 512 bytes, and where in
 *   RW 1000 FLAT "a" 4194304           the file they begin
 *   RW 24 FLAT "/dev/zero" 0
 *   RDONLY 512 FLAT "b" 0
 *
 * So do mkfs.erofs --vmdk-desc, containerd, Kata Containers and `erofsflat
 * table'.  Extents of one file that go on where the last one ended, which is
 * how large files are cut, are joined again; ZERO extents and those of
 * /dev/zero are gaps.  Anything that is not understood is an error: an extent
 * that is left out would move all that follows.
 *
 * Pure functions: no I/O, thread-safe.
 */
#ifndef EROFSFLAT_VMDK_DESCRIPTOR_H
#define EROFSFLAT_VMDK_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "vector.h"

/* How each of them begins: so many bytes of a file are enough to know it. */
#define VMDK_DESCRIPTOR_MAGIC "# Disk DescriptorFile"
#define VMDK_DESCRIPTOR_MAGIC_LEN (sizeof VMDK_DESCRIPTOR_MAGIC - 1)

#define VMDK_DESCRIPTOR_MAX (1024 * 1024)       /* bytes */
#define VMDK_SECTOR 512                         /* bytes */

struct vmdk_file {
  char *name;                   /* owned: no "." or ".." in it, single '/' */
  unsigned line;                /* of its first extent, from 1 */
  uint64_t start;               /* bytes: where it lies on the disk */
  uint64_t len;                 /* bytes of it on the disk, at least 512 */
  uint64_t offset;              /* bytes: where in the file they begin */
};

DEFINE_VECTOR (vmdk_files, struct vmdk_file)

struct vmdk_descriptor {
  struct vmdk_files files;      /* at least one; in order, none overlap */
  uint64_t size;                /* bytes of the disk, with gaps */
};

extern bool vmdk_descriptor_is_one (struct bytes head);

/* On success the caller releases the result with vmdk_descriptor_clear.
 * Error: EINVAL, ENOMEM; the text names the line, but not the descriptor.
 */
extern int vmdk_descriptor_parse (struct bytes text,
                                  struct vmdk_descriptor *ret,
                                  struct error *err)
  __attribute__ ((__nonnull__ (2, 3), __warn_unused_result__));

extern void vmdk_descriptor_clear (struct vmdk_descriptor *descriptor);

#endif
