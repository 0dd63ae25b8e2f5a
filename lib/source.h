/* SPDX-License-Identifier: BSD-3-Clause */
/* struct source: bytes to read from somewhere, behind one table of functions.
 *
 * A source is made by its own constructor (source_file_new, ...) with one
 * reference and is immutable afterwards: any thread may call any function.
 */
#ifndef EROFSFLAT_SOURCE_H
#define EROFSFLAT_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Told of one extent, in bytes.  `zero' promises that it reads as zeros.
 * Returns 0 to go on, 1 to stop without error, -1 to stop with an error.
 */
typedef int (*extent_fn) (void *opaque, uint64_t offset, uint64_t len,
                          bool zero, struct error *err);

struct source;

struct source_ops {
  /* Read all of [offset, offset+len), which lies inside the size.  All bytes
   * or an error, never fewer, never zeros in place of an error.  Error: EIO,
   * ENOMEM.
   */
  int (*pread) (struct source *source, void *buf, size_t len, uint64_t offset,
                struct error *err);

  /* Tell `fn' the extents of [offset, offset+len), in order, adjacent and
   * clipped to it.  What is not known to be zero is data; so is what can not
   * be read, so that the client reads it and gets the error.  Returns what
   * `fn' returned last.  NULL: all is data.
   */
  int (*extents) (struct source *source, uint64_t offset, uint64_t len,
                  extent_fn fn, void *opaque, struct error *err);

  /* Will be read soon: begin to load it.  A hint, so errors are not reported.
   * NULL: nothing to do.
   */
  void (*prefetch) (struct source *source, uint64_t offset, uint64_t len);

  /* A number that is another one once the bytes may be others than before: who
   * keeps what it learned of them compares it.  SOURCE_STAMP_UNKNOWN: it can
   * not be told now whether they change.  NULL: they never do.
   */
  uint64_t (*stamp) (struct source *source);

  /* Release everything, the structure itself too. */
  void (*close) (struct source *source);
};

#define SOURCE_STAMP_UNKNOWN 0

struct source {
  const struct source_ops *ops;
  uint64_t size;                /* bytes, as at start */
  atomic_uint refs;
};

/* For constructors. */
extern void source_init (struct source *source, const struct source_ops *ops,
                         uint64_t size)
  __attribute__ ((__nonnull__ (1, 2)));

extern struct source *source_ref (struct source *source);
extern void source_unref (struct source *source);       /* NULL is fine */

extern int source_pread (struct source *source, void *buf, size_t len,
                         uint64_t offset, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 5), __warn_unused_result__));
extern int source_extents (struct source *source, uint64_t offset,
                           uint64_t len, extent_fn fn, void *opaque,
                           struct error *err)
  __attribute__ ((__nonnull__ (1, 4, 6), __warn_unused_result__));
extern uint64_t source_stamp (struct source *source)
  __attribute__ ((__nonnull__ (1)));
extern void source_prefetch (struct source *source, uint64_t offset,
                             uint64_t len)
  __attribute__ ((__nonnull__ (1)));

#endif
