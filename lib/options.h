/* SPDX-License-Identifier: BSD-3-Clause */
/* struct options: the parameters of one image, as the user gave them.
 *
 * nbdkit's key=value parameters and the tool's arguments end up here, so that
 * both take the same words.  The table of keys is options.def.
 *
 * Thread-safety: none while setting; read-only afterwards.
 */
#ifndef EROFSFLAT_OPTIONS_H
#define EROFSFLAT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "blob_format.h"
#include "error.h"
#include "vector.h"

DEFINE_VECTOR (string_list, char *)

/* Those that are not text. */
struct option_values {
  enum blob_format format;
  uint64_t cache;               /* bytes */
  unsigned decodes;
  bool verify, sandbox;
};

/* A list for each key; those that may not be repeated have one string or
 * none.  All strings are owned.
 */
struct options {
  struct string_list bootstrap;
  struct string_list blobdir;
  struct string_list blob;
  struct string_list format;
  struct string_list zinfo;
  struct string_list cache;
  struct string_list decodes;
  struct string_list verify;
  struct string_list stats;
  struct string_list sandbox;

  struct option_values values;  /* the defaults, until they are set */
};

/* The key of an argument that has none: `erofsflat info image.erofs'. */
#define OPTIONS_MAGIC_KEY "bootstrap"

/* One row of options.def. */
struct option_row {
  const char *key, *argument, *help;
};
extern const struct option_row option_rows[];   /* ends in a NULL key */

extern struct options *options_new (struct error *err)
  __attribute__ ((__nonnull__ (1)));
extern void options_free (struct options *options);     /* NULL is fine */

/* Set or add one parameter; the value is copied.  Error: EINVAL for an unknown
 * key, a value that is empty or not right, or a second one of what may not be
 * repeated.
 */
extern int options_set (struct options *options, const char *key,
                        const char *value, struct error *err)
  __attribute__ ((__nonnull__ (1, 2, 3, 4)));

/* Is everything there that must be? */
extern int options_check (const struct options *options, struct error *err)
  __attribute__ ((__nonnull__ (1, 2)));

#endif
