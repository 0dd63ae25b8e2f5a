/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "cleanup.h"
#include "utf8.h"
#include "vmdk_descriptor.h"

/* A disk may not be longer than what a file offset can say. */
#define MAX_SECTORS ((uint64_t) INT64_MAX / VMDK_SECTOR)

/* How much of a wrong word is shown. */
#define SHOWN 40

struct parser {
  struct vmdk_descriptor *ret;
  char *p;                      /* what is left of the line */
  unsigned line;
  bool has_type;
  bool joins;                   /* the last extent was one of the last file */
};

bool
vmdk_descriptor_is_one (struct bytes head)
{
  return head.len >= VMDK_DESCRIPTOR_MAGIC_LEN &&
    memcmp (head.ptr, VMDK_DESCRIPTOR_MAGIC, VMDK_DESCRIPTOR_MAGIC_LEN) == 0;
}

static int
refuse (const struct parser *parser, const char *found,
          const char *expected, struct error *err)
{
  return error_set (err, EINVAL, "line %u: '%.*s'%s, %s expected",
                    parser->line, SHOWN, found,
                    strlen (found) > SHOWN ? "..." : "", expected);
}

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* Cut off the next word, which is empty at the end of the line. */
static char *
next_word (struct parser *parser)
{
  char *word;

  parser->p += strspn (parser->p, " \t");
  word = parser->p;
  parser->p += strcspn (parser->p, " \t");
  if (*parser->p != '\0')
    *parser->p++ = '\0';
  return word;
}

/* Digits only, without a sign.  What does not fit becomes UINT64_MAX. */
static bool
parse_number (const char *word, uint64_t *ret)
{
  if (*word == '\0' || word[strspn (word, "0123456789")] != '\0')
    return false;
  for (*ret = 0; *word != '\0'; ++word)
    if (!checked_mul (*ret, 10, ret) ||
        !checked_add (*ret, (uint64_t) (*word - '0'), ret)) {
      *ret = UINT64_MAX;
      break;
    }
  return true;
}

static int
next_number (struct parser *parser, const char *expected, uint64_t min,
             uint64_t max, uint64_t *ret, struct error *err)
{
  const char *word = next_word (parser);
  char text[128];

  if (!parse_number (word, ret))
    return refuse (parser, word, expected, err);
  if (*ret >= min && *ret <= max)
    return 0;
  snprintf (text, sizeof text, "%s from %" PRIu64 " to %" PRIu64, expected,
            min, max);
  return refuse (parser, word, text, err);
}

/* Cut off the next word, which is in quotes. */
static char *
next_quoted (struct parser *parser, struct error *err)
{
  char *name, *end;

  parser->p += strspn (parser->p, " \t");
  end = *parser->p == '"' ? strchr (parser->p + 1, '"') : NULL;
  if (end == NULL || !(is_blank (end[1]) || end[1] == '\0')) {
    refuse (parser, parser->p, "a name in quotes, without quotes in it,",
              err);
    return NULL;
  }
  name = parser->p + 1;
  parser->p = end[1] == '\0' ? end + 1 : end + 2;
  *end = '\0';
  return name;
}

static bool
is_printable (const char *name)
{
  size_t n;

  for (; *name; name += n) {
    n = utf8_printable (name);
    if (n == 0)
      return false;
  }
  return true;
}

static bool
has_dot_dot (const char *name)
{
  const char *p;

  for (p = name; (p = strstr (p, "..")) != NULL; p += 2)
    if ((p == name || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
      return true;
  return false;
}

/* Leave out "." and empty parts of a path. */
static void
tidy_name (char *name)
{
  char *to = name + (name[0] == '/'), *part = to;
  size_t len;

  while (*part != '\0') {
    len = strcspn (part, "/");
    if (len > 0 && !(len == 1 && part[0] == '.')) {
      if (to > name && to[-1] != '/')
        *to++ = '/';
      memmove (to, part, len);
      to += len;
    }
    part += len;
    part += strspn (part, "/");
  }
  *to = '\0';
}

/* A path that may be looked up. */
static char *
next_name (struct parser *parser, struct error *err)
{
  char *name = next_quoted (parser, err);

  if (name == NULL)
    return NULL;
  if (!is_printable (name)) {
    refuse (parser, name, "a path of printable characters", err);
    return NULL;
  }
  if (has_dot_dot (name)) {
    refuse (parser, name, "a path without \"..\"", err);
    return NULL;
  }
  tidy_name (name);
  if (name[0] == '\0' || strcmp (name, "/") == 0) {
    refuse (parser, name, "the path of a file", err);
    return NULL;
  }
  return name;
}

/* Does the extent go on where the last file ended? */
static bool
goes_on (const struct parser *parser, const char *name, uint64_t offset)
{
  const struct vmdk_files *files = &parser->ret->files;
  const struct vmdk_file *last;

  if (!parser->joins)
    return false;
  last = &files->ptr[files->len - 1];
  return strcmp (last->name, name) == 0 && last->offset + last->len == offset;
}

/* All numbers are in bytes and are known to fit. */
static int
add_extent (struct parser *parser, const char *name, uint64_t len,
            uint64_t offset, struct error *err)
{
  struct vmdk_files *files = &parser->ret->files;
  struct vmdk_file file = {
    .line = parser->line,
    .start = parser->ret->size,
    .len = len,
    .offset = offset,
  };

  if (goes_on (parser, name, offset)) {
    files->ptr[files->len - 1].len += len;
    return 0;
  }
  file.name = strdup (name);
  if (file.name == NULL || vmdk_files_append (files, file) == -1) {
    free (file.name);
    return error_set_errno (err, ENOMEM, "line %u", parser->line);
  }
  parser->joins = true;
  return 0;
}

/* What stands behind FLAT. */
static int
parse_flat (struct parser *parser, uint64_t len, struct error *err)
{
  const char *name = next_name (parser, err);
  uint64_t offset = 0;

  if (name == NULL)
    return -1;
  /* Some writers leave an offset of 0 out. */
  if (parser->p[strspn (parser->p, " \t")] != '\0' &&
      next_number (parser, "where in the file, in sectors", 0,
                   MAX_SECTORS - len / VMDK_SECTOR, &offset, err) == -1)
    return -1;
  if (strcmp (name, "/dev/zero") == 0) {
    parser->joins = false;
    return 0;
  }
  return add_extent (parser, name, len, offset * VMDK_SECTOR, err);
}

static int
parse_extent (struct parser *parser, const char *access, struct error *err)
{
  uint64_t left = MAX_SECTORS - parser->ret->size / VMDK_SECTOR, len = 0;
  const char *type, *rest;

  if (left == 0)
    return error_set (err, EINVAL, "line %u: the disk has 2^63 - %d bytes "
                      "already, and can have no more", parser->line,
                      VMDK_SECTOR);
  if (next_number (parser, "a number of sectors", 1, left, &len, err) == -1)
    return -1;
  len *= VMDK_SECTOR;
  type = next_word (parser);
  if (strcmp (type, "ZERO") == 0)
    parser->joins = false;
  else if (strcmp (type, "FLAT") != 0 || strcmp (access, "NOACCESS") == 0)
    return refuse (parser, type, "an extent of type FLAT or ZERO", err);
  else if (parse_flat (parser, len, err) == -1)
    return -1;
  rest = next_word (parser);
  if (*rest != '\0')
    return refuse (parser, rest, "the end of the line", err);
  parser->ret->size += len;
  return 0;
}

static bool
is_flat_type (const char *value)
{
  static const char *const types[] = {
    "\"twoGbMaxExtentFlat\"", "\"monolithicFlat\"", "\"custom\"",
  };
  size_t i;

  for (i = 0; i < sizeof types / sizeof types[0]; ++i)
    if (strcmp (value, types[i]) == 0)
      return true;
  return false;
}

/* KEY=VALUE.  Most of them mean nothing here. */
static int
parse_setting (struct parser *parser, char *key, char *equals,
               struct error *err)
{
  char *value = equals + 1 + strspn (equals + 1, " \t");
  char *end = equals;

  while (end > key && is_blank (end[-1]))
    --end;
  *end = '\0';
  for (end = value + strlen (value); end > value && is_blank (end[-1]);)
    *--end = '\0';
  if (strcmp (key, "createType") == 0) {
    if (!is_flat_type (value))
      return refuse (parser, value, "createType \"twoGbMaxExtentFlat\", "
                       "\"monolithicFlat\" or \"custom\"", err);
    parser->has_type = true;
  }
  else if (strcmp (key, "parentFileNameHint") == 0 ||
           (strcmp (key, "parentCID") == 0 &&
            strcasecmp (value, "ffffffff") != 0))
    return refuse (parser, key, "a disk without a parent", err);
  return 0;
}

static int
parse_line (struct parser *parser, struct error *err)
{
  static const char *const accesses[] = { "RW", "RDONLY", "NOACCESS" };
  char *line = parser->p + strspn (parser->p, " \t"), *equals;
  size_t i, len;

  if (*line == '\0' || *line == '#')
    return 0;
  for (i = 0; i < sizeof accesses / sizeof accesses[0]; ++i) {
    len = strlen (accesses[i]);
    if (strncmp (line, accesses[i], len) == 0 && is_blank (line[len])) {
      parser->p = line + len;
      return parse_extent (parser, accesses[i], err);
    }
  }
  equals = strchr (line, '=');
  if (equals != NULL)
    return parse_setting (parser, line, equals, err);
  return refuse (parser, line, "a comment, KEY=VALUE or an extent", err);
}

/* Text has no control characters.  A line may end in CR LF. */
static int
check_text (const struct parser *parser, const char *line, size_t len,
            struct error *err)
{
  size_t i;

  for (i = 0; i < len; ++i)
    if (((unsigned char) line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
      return error_set (err, EINVAL, "line %u: byte %#x, text expected",
                        parser->line, (unsigned) line[i]);
  return 0;
}

static int
parse_lines (struct parser *parser, char *text, size_t len,
             struct error *err)
{
  char *end = text + len, *line, *next;
  size_t n;

  for (line = text; line < end; line = next) {
    parser->line++;
    next = memchr (line, '\n', (size_t) (end - line));
    n = (size_t) ((next ? next : end) - line);
    next = next ? next + 1 : end;
    if (n > 0 && line[n - 1] == '\r')
      --n;
    if (check_text (parser, line, n, err) == -1)
      return -1;
    line[n] = '\0';             /* of the text, or the byte behind it */
    parser->p = line;
    if (parse_line (parser, err) == -1)
      return -1;
  }
  if (!parser->has_type)
    return error_set (err, EINVAL, "it has no createType");
  if (parser->ret->files.len == 0)
    return error_set (err, EINVAL, "it lists no file");
  if (parser->ret->files.ptr[0].start != 0)
    return error_set (err, EINVAL, "line %u: the first file is at byte "
                      "%" PRIu64 ", 0 expected",
                      parser->ret->files.ptr[0].line,
                      parser->ret->files.ptr[0].start);
  return 0;
}

int
vmdk_descriptor_parse (struct bytes text, struct vmdk_descriptor *ret,
                       struct error *err)
{
  struct vmdk_descriptor result = { .size = 0 };
  struct parser parser = { .ret = &result };
  CLEANUP_FREE char *copy = NULL;

  if (!vmdk_descriptor_is_one (text))
    return error_set (err, EINVAL, "it does not begin with \"%s\"",
                      VMDK_DESCRIPTOR_MAGIC);
  if (text.len > VMDK_DESCRIPTOR_MAX)
    return error_set (err, EINVAL, "it has %zu bytes, at most %d expected",
                      text.len, VMDK_DESCRIPTOR_MAX);
  copy = malloc (text.len + 1);
  if (copy == NULL)
    return error_set_errno (err, ENOMEM, "descriptor");
  memcpy (copy, text.ptr, text.len);
  copy[text.len] = '\0';
  if (parse_lines (&parser, copy, text.len, err) == -1) {
    vmdk_descriptor_clear (&result);
    return -1;
  }
  vmdk_files_shrink (&result.files);
  *ret = result;
  return 0;
}

void
vmdk_descriptor_clear (struct vmdk_descriptor *descriptor)
{
  size_t i;

  for (i = 0; i < descriptor->files.len; ++i)
    free (descriptor->files.ptr[i].name);
  vmdk_files_reset (&descriptor->files);
}
