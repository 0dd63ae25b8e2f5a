/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "name_list.h"

/* Room for how many are left out. */
#define MORE_MAX 48

void
name_list_add (struct name_list *list, const char *prefix, const char *name)
{
  const size_t room = sizeof list->text - MORE_MAX - list->len;
  size_t n;

  if (list->n_left_out == 0) {
    n = (size_t) snprintf (list->text + list->len, room, "%s%s%s",
                           list->len > 0 ? ", " : "", prefix, name);
    if (n < room) {
      list->len += n;
      return;
    }
  }
  list->n_left_out++;
}

const char *
name_list_text (struct name_list *list)
{
  if (list->n_left_out > 0)
    snprintf (list->text + list->len, MORE_MAX, "%s%zu %s",
              list->len > 0 ? " and " : "", list->n_left_out,
              list->len > 0 ? "more" : "with long names");
  return list->text;
}
