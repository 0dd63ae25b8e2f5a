/* SPDX-License-Identifier: BSD-3-Clause */
/* struct seek_writer: writes a source in the zstd seekable format.
 *
 *   writer = seek_writer_new (source, &params, &sink, &err);
 *   ... in any number of threads: seek_writer_work (writer)
 *   r = seek_writer_finish (writer, &err);
 *   seek_writer_free (writer);
 *
 * The caller brings the threads.  Each takes the next frame, compresses it,
 * and writes it to the place that it has once the frames before it are
 * compressed: so the output does not depend on how many there are.
 *
 * Every frame has its content size and zstd's own checksum; the table has the
 * low half of XXH64 of each.  seek_table reads it.
 */
#ifndef EROFSFLAT_SEEK_WRITER_H
#define EROFSFLAT_SEEK_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "chunk_table.h"
#include "error.h"
#include "source.h"

/* A frame is a multiple of the smaller, and at most the larger. */
#define SEEK_WRITER_FRAME_ALIGN 4096u
#define SEEK_WRITER_FRAME_MAX CHUNK_UNIT_MAX

struct seek_writer_params {
  uint32_t frame_size;          /* plain bytes of each frame but the last */
  int level;                    /* of zstd */
};

/* Where the output goes.  Both are called by any thread, several at once. */
struct seek_writer_sink {
  /* Write all of it at that place; writes do not overlap. */
  int (*write) (void *opaque, const void *buf, size_t len, uint64_t offset,
                struct error *err);
  /* So many more plain bytes are written.  NULL: nobody asks. */
  void (*progress) (void *opaque, uint64_t len);
  void *opaque;
};

struct seek_writer;

extern int seek_writer_min_level (void);
extern int seek_writer_max_level (void);

/* Takes a reference to the source.  Error: EINVAL for wrong parameters and for
 * an empty source or one that is cut in more frames than the format has;
 * ENOMEM.
 */
extern struct seek_writer *
seek_writer_new (struct source *source,
                 const struct seek_writer_params *params,
                 const struct seek_writer_sink *sink, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4)));
extern void seek_writer_free (struct seek_writer *writer); /* NULL is fine */

/* Take part until no frame is left, or any thread failed. */
extern void seek_writer_work (struct seek_writer *writer)
  __attribute__ ((__nonnull__ (1)));

/* Once all threads have returned: write the table.  Error: that of the first
 * thread that failed, or of writing.
 */
extern int seek_writer_finish (struct seek_writer *writer, struct error *err)
  __attribute__ ((__nonnull__ (1, 2), __warn_unused_result__));

#endif
