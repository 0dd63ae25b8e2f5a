/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* Every option of every command, once. */
struct row {
  unsigned bit;                 /* 0: every command has it */
  int letter;                   /* '\0': it has none */
  const char *name;
  const char *argument;         /* NULL: none */
  const char *help;
};

static const struct row rows[] = {
  { ARGUMENT_ATTACH, '\0', "attach", "WAY",
    "nbd, fuse, or auto: nbd where there is one." },
  { ARGUMENT_DATA, '\0', "data", NULL, "Read and verify all data, too." },
  { ARGUMENT_FORMAT, '\0', "format", "FORMAT",
    "vmdk (a descriptor for qemu) or dm (for dmsetup)." },
  { ARGUMENT_FRAME_SIZE, '\0', "frame-size", "SIZE",
    "Plain bytes of each frame." },
  { ARGUMENT_JSON, '\0', "json", NULL, "Print JSON." },
  { ARGUMENT_LAZY, 'l', "lazy", NULL,
    "Unmount now, clean up when it is not used any more." },
  { ARGUMENT_LEVEL, '\0', "level", "N", "The compression level of zstd." },
  { ARGUMENT_MOUNT_OPTIONS, 'o', "options", "OPTIONS",
    "As mount(8) has: nosuid,nodev,..." },
  { ARGUMENT_OUTPUT, 'o', "output", "OUT", "The file to write." },
  { ARGUMENT_QUIET, 'q', "quiet", NULL, "Show no progress bar." },
  { ARGUMENT_THREADS, '\0', "threads", "N", "How many threads compress." },
  { ARGUMENT_VERBOSE, 'v', "verbose", NULL, "Say what is done." },
  { 0, '\0', "help", NULL, "Show this help." },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

/* getopt_long returns ROW + i for rows[i], one of the next two, or '?'. */
enum { ROW = 0x100, LONG_OPTIONS = 0x200, SHORT_OPTIONS };

static bool
is_taken (const struct command *command, const struct row *row)
{
  return row->bit == 0 || (command->takes & row->bit);
}

static void
print_row (const struct row *row)
{
  char left[40];

  snprintf (left, sizeof left, "%c%c%s--%s%s%s",
            row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
            row->letter ? ", " : "  ", row->name,
            row->argument ? "=" : "", row->argument ? row->argument : "");
  printf ("  %-22s  %s\n", left, row->help);
}

/* A help text of options.def; its further lines begin with two spaces. */
static void
print_parameter (const struct option_row *row)
{
  const char *p;

  printf ("  %s=%s\n      ", row->key, row->argument);
  for (p = row->help; *p; ++p) {
    putchar (*p);
    if (*p == '\n')
      printf ("    ");
  }
  putchar ('\n');
}

static void
print_parameters (void)
{
  const struct option_row *row;

  printf ("\nParameters, the same as the nbdkit plugin's:\n");
  for (row = option_rows; row->key; ++row)
    print_parameter (row);
}

static void
print_help (const struct command *command)
{
  size_t i;

  printf ("Usage: erofsflat %s %s\n", command->name, command->synopsis);
  if (!(command->takes & ARGUMENT_FILE))
    printf ("           [bootstrap=]FILE [blobdir=DIR]... [blob=FILE]...%s\n",
            command->takes & ARGUMENT_DIR ? " DIR" : "");
  printf ("\n%s\n\nOptions:\n", command->summary);
  for (i = 0; i < N_ROWS; ++i)
    if (is_taken (command, &rows[i]))
      print_row (&rows[i]);
  if (!(command->takes & ARGUMENT_FILE))
    print_parameters ();
  printf ("\nMore is in erofsflat-%s(1).\n", command->name);
}

/* One line each: for the completion of command lines, and for the tests. */
static void
print_option_names (const struct command *command, bool letters)
{
  size_t i;

  for (i = 0; i < N_ROWS; ++i) {
    if (!is_taken (command, &rows[i]))
      continue;
    if (!letters)
      printf ("--%s\n", rows[i].name);
    else if (rows[i].letter)
      printf ("-%c\n", rows[i].letter);
  }
}

/* What getopt_long wants to know.  `letters' and `table' have room for all. */
static void
make_getopt_tables (const struct command *command, char *letters,
                    struct option *table)
{
  size_t i;

  for (i = 0; i < N_ROWS; ++i) {
    if (!is_taken (command, &rows[i]))
      continue;
    *table++ = (struct option) {
      .name = rows[i].name,
      .has_arg = rows[i].argument ? required_argument : no_argument,
      .val = ROW + (int) i,
    };
    if (rows[i].letter) {
      *letters++ = (char) rows[i].letter;
      if (rows[i].argument)
        *letters++ = ':';
    }
  }
  *letters = '\0';
  *table++ = (struct option) { .name = "long-options", .val = LONG_OPTIONS };
  *table++ = (struct option) { .name = "short-options", .val = SHORT_OPTIONS };
  memset (table, 0, sizeof *table);
}

/* The row of what getopt_long returned, or NULL.  Commands may share letters.
 */
static const struct row *
find_row (const struct command *command, int value)
{
  size_t i;

  for (i = 0; i < N_ROWS; ++i)
    if (value == ROW + (int) i ||
        (value != '\0' && value == rows[i].letter &&
         is_taken (command, &rows[i])))
      return &rows[i];
  return NULL;
}

static void
set_option (struct arguments *args, unsigned bit, const char *value)
{
  switch (bit) {
  case ARGUMENT_ATTACH:        args->attach = value; break;
  case ARGUMENT_DATA:          args->data = true; break;
  case ARGUMENT_FORMAT:        args->format = value; break;
  case ARGUMENT_FRAME_SIZE:    args->frame_size = value; break;
  case ARGUMENT_JSON:          args->json = true; break;
  case ARGUMENT_LAZY:          args->lazy = true; break;
  case ARGUMENT_LEVEL:         args->level = value; break;
  case ARGUMENT_MOUNT_OPTIONS: args->mount_options = value; break;
  case ARGUMENT_OUTPUT:        args->output = value; break;
  case ARGUMENT_QUIET:         args->quiet = true; break;
  case ARGUMENT_THREADS:       args->threads = value; break;
  case ARGUMENT_VERBOSE:       args->verbose = true; break;
  }
}

static int
usage_error (const struct command *command, int *ret_status)
{
  fprintf (stderr, "Try 'erofsflat %s --help'.\n", command->name);
  *ret_status = STATUS_USAGE;
  return -1;
}

static int
parse_options (const struct command *command, int argc, char *argv[],
               struct arguments *args, int *ret_status)
{
  struct option table[N_ROWS + 3];
  char letters[2 * N_ROWS + 1];
  const struct row *row;
  int c;

  make_getopt_tables (command, letters, table);
  *ret_status = STATUS_OK;
  while ((c = getopt_long (argc, argv, letters, table, NULL)) != -1) {
    if (c == LONG_OPTIONS || c == SHORT_OPTIONS) {
      print_option_names (command, c == SHORT_OPTIONS);
      return -1;
    }
    row = find_row (command, c);
    if (row == NULL)            /* getopt has complained */
      return usage_error (command, ret_status);
    if (row->bit == 0) {
      print_help (command);
      return -1;
    }
    set_option (args, row->bit, optarg);
  }
  return 0;
}

/* The length of KEY if the word is KEY=VALUE, else 0. */
static size_t
key_length (const char *word)
{
  static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const char others[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  size_t n;

  if (strspn (word, letters) == 0)
    return 0;
  n = strspn (word, others);
  return word[n] == '=' ? n : 0;
}

static int
set_parameter (struct options *options, const char *word, struct error *err)
{
  size_t n = key_length (word);
  char *key;
  int r;

  if (n == 0)
    return options_set (options, OPTIONS_MAGIC_KEY, word, err);
  key = strndup (word, n);
  if (key == NULL)
    return error_set_errno (err, ENOMEM, "%s", word);
  r = options_set (options, key, word + n + 1, err);
  free (key);
  return r;
}

static int
parse_file (char *const words[], struct arguments *args, struct error *err)
{
  if (words[0] == NULL || words[1] != NULL)
    return error_set (err, EINVAL, "give one file");
  args->file = words[0];
  return 0;
}

/* The first n words. */
static int
parse_parameters (char *const words[], int n, struct arguments *args,
                  struct error *err)
{
  int i;

  args->options = options_new (err);
  if (args->options == NULL)
    return -1;
  for (i = 0; i < n; ++i)
    if (set_parameter (args->options, words[i], err) == -1)
      return -1;
  return options_check (args->options, err);
}

/* Take the folder, the last of *n words. */
static int
parse_dir (const struct command *command, int *n, char *const words[],
           struct arguments *args, struct error *err)
{
  if (command->takes & ARGUMENT_FILE) {
    if (*n != 1)
      return error_set (err, EINVAL, "give one folder");
  }
  else if (*n == 0 || key_length (words[*n - 1]) > 0)
    return error_set (err, EINVAL, "give the folder to mount on, as the last "
                      "word");
  args->dir = words[--*n];
  return 0;
}

/* All but options. */
static int
parse_words (const struct command *command, int n, char *const words[],
             struct arguments *args, struct error *err)
{
  if ((command->takes & ARGUMENT_DIR) &&
      parse_dir (command, &n, words, args, err) == -1)
    return -1;
  if (!(command->takes & ARGUMENT_FILE))
    return parse_parameters (words, n, args, err);
  return command->takes & ARGUMENT_DIR ? 0 : parse_file (words, args, err);
}

int
arguments_parse (const struct command *command, int argc, char *argv[],
                 struct arguments *ret, int *ret_status)
{
  struct error err;
  int r;

  memset (ret, 0, sizeof *ret);
  if (parse_options (command, argc, argv, ret, ret_status) == -1)
    return -1;
  r = parse_words (command, argc - optind, argv + optind, ret, &err);
  if (r == -1) {
    complain ("%s", err.text);
    if (err.errnum == EINVAL)
      return usage_error (command, ret_status);
    *ret_status = STATUS_FAILED;
    return -1;
  }
  if ((command->needs & ARGUMENT_OUTPUT) && ret->output == NULL) {
    complain ("no file to write is given: use -o OUT");
    return usage_error (command, ret_status);
  }
  if ((command->needs & ARGUMENT_FORMAT) && ret->format == NULL) {
    complain ("no format is given: use --format=vmdk or --format=dm");
    return usage_error (command, ret_status);
  }
  return 0;
}

void
arguments_clear (struct arguments *args)
{
  options_free (args->options);
  args->options = NULL;
}
