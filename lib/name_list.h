/* SPDX-License-Identifier: BSD-3-Clause */
/* struct name_list: names of files for the text of an error, "a, b and 3 more".
 *
 * It begins as zeros, owns nothing, and can not fail.  Thread-safety: none.
 */
#ifndef EROFSFLAT_NAME_LIST_H
#define EROFSFLAT_NAME_LIST_H

#include <stddef.h>

#include "error.h"

struct name_list {
  char text[ERROR_TEXT_MAX / 2];
  size_t len;
  size_t n_left_out;            /* names that there was no room for */
};

/* `prefix' is what stands in front of the name: its folder. */
extern void name_list_add (struct name_list *list, const char *prefix,
                           const char *name)
  __attribute__ ((__nonnull__ (1, 2, 3)));

/* All of them.  Nothing may be added afterwards. */
extern const char *name_list_text (struct name_list *list)
  __attribute__ ((__nonnull__ (1)));

#endif
