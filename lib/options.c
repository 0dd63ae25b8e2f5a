/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checked.h"
#include "options.h"

#define DEFAULT_CACHE (UINT64_C (64) << 20)
#define DECODES_MAX 1024

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

static unsigned
default_decodes (void)
{
  long cores = sysconf (_SC_NPROCESSORS_ONLN);

  return cores > 0 ? (unsigned) cores + 2 : 3;
}

struct options *
options_new (struct error *err)
{
  struct options *options = calloc (1, sizeof *options);

  if (options == NULL) {
    error_set_errno (err, ENOMEM, "options");
    return NULL;
  }
  options->values = (struct option_values) {
    .format = FORMAT_AUTO,
    .cache = DEFAULT_CACHE,
    .decodes = default_decodes (),
    .verify = true,
  };
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

static bool
may_be_repeated (const char *key)
{
  return strcmp (key, "blobdir") == 0 || strcmp (key, "blob") == 0 ||
    strcmp (key, "zinfo") == 0;
}

/* A number, with k, M, G or T behind it for a multiple of 1024. */
static bool
parse_size (const char *value, uint64_t *ret)
{
  static const char suffixes[] = "kMGT";
  const char *suffix;
  uint64_t n;
  char *end;

  if (value[0] < '0' || value[0] > '9')
    return false;
  errno = 0;
  n = strtoull (value, &end, 10);
  if (errno != 0)
    return false;
  if (end[0] != '\0') {
    suffix = strchr (suffixes, end[0] == 'K' ? 'k' : end[0]);
    if (suffix == NULL || end[1] != '\0')
      return false;
    if (!checked_mul (n, UINT64_C (1024) << 10 * (suffix - suffixes), &n))
      return false;
  }
  *ret = n;
  return true;
}

static bool
parse_decodes (const char *value, unsigned *ret)
{
  uint64_t n;

  if (!parse_size (value, &n) || n < 1 || n > DECODES_MAX)
    return false;
  *ret = (unsigned) n;
  return true;
}

static bool
parse_switch (const char *value, bool *ret)
{
  *ret = strcmp (value, "on") == 0;
  return *ret || strcmp (value, "off") == 0;
}

/* Take the value of a key that has one of a kind. */
static int
take_value (struct option_values *values, const char *key, const char *value,
            struct error *err)
{
  if (value[0] == '\0')
    return error_set (err, EINVAL, "parameter %s= is empty", key);
  if (strcmp (key, "format") == 0 &&
      !blob_format_parse (value, &values->format))
    return error_set (err, EINVAL, "parameter format=%s: auto, raw, "
                      "zstd-seekable or gzip expected", value);
  if (strcmp (key, "cache") == 0 && !parse_size (value, &values->cache))
    return error_set (err, EINVAL, "parameter cache=%s: a size like 64M "
                      "expected", value);
  if (strcmp (key, "decodes") == 0 &&
      !parse_decodes (value, &values->decodes))
    return error_set (err, EINVAL, "parameter decodes=%s: a number from 1 to "
                      "%d expected", value, DECODES_MAX);
  if ((strcmp (key, "verify") == 0 &&
       !parse_switch (value, &values->verify)) ||
      (strcmp (key, "sandbox") == 0 &&
       !parse_switch (value, &values->sandbox)))
    return error_set (err, EINVAL, "parameter %s=%s: on or off expected",
                      key, value);
  return 0;
}

int
options_set (struct options *options, const char *key, const char *value,
             struct error *err)
{
  struct string_list *list = find_list (options, key);
  char *copy;

  if (list == NULL)
    return error_set (err, EINVAL, "unknown parameter '%s'", key);
  if (take_value (&options->values, key, value, err) == -1)
    return -1;
  if (list->len > 0 && !may_be_repeated (key))
    return error_set (err, EINVAL, "parameter %s= is given twice: "
                      "'%s' and '%s'", key, list->ptr[0], value);
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
