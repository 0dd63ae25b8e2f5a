/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

const struct option_row option_rows[] = {
#define OPTION(key, argument, help) { #key, argument, help },
#include "options.def"
#undef OPTION
  { NULL, NULL, NULL }
};

/* The list behind a key, or NULL. */
static struct string_list *
find_list (struct options *options, const char *key)
{
#define OPTION(name, argument, help)            \
  if (strcmp (key, #name) == 0)                 \
    return &options->name;
#include "options.def"
#undef OPTION
  return NULL;
}

struct options *
options_new (struct error *err)
{
  struct options *options = calloc (1, sizeof *options);

  if (options == NULL)
    error_set_errno (err, ENOMEM, "options");
  return options;
}

void
options_free (struct options *options)
{
  const struct option_row *row;
  struct string_list *list;
  size_t i;

  if (options == NULL)
    return;
  for (row = option_rows; row->key; ++row) {
    list = find_list (options, row->key);
    for (i = 0; i < list->len; ++i)
      free (list->ptr[i]);
    string_list_reset (list);
  }
  free (options);
}

int
options_set (struct options *options, const char *key, const char *value,
             struct error *err)
{
  struct string_list *list = find_list (options, key);
  char *copy;

  if (list == NULL)
    return error_set (err, EINVAL, "unknown parameter '%s'", key);
  if (value[0] == '\0')
    return error_set (err, EINVAL, "parameter %s= is empty", key);
  if (list == &options->bootstrap && list->len > 0)
    return error_set (err, EINVAL, "parameter bootstrap= is given twice: "
                      "'%s' and '%s'", list->ptr[0], value);
  copy = strdup (value);
  if (copy == NULL || string_list_append (list, copy) == -1) {
    free (copy);
    return error_set_errno (err, ENOMEM, "parameter %s=", key);
  }
  return 0;
}

int
options_check (const struct options *options, struct error *err)
{
  if (options->bootstrap.len == 0)
    return error_set (err, EINVAL,
                      "no image is given: use bootstrap=FILE");
  return 0;
}
