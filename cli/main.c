/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct command *const commands[] = {
  &cmd_info,
  &cmd_map,
  &cmd_check,
  &cmd_export,
  &cmd_table,
  &cmd_pack,
  &cmd_mount,
  &cmd_umount,
  NULL
};

void
complain (const char *fmt, ...)
{
  va_list args;

  fflush (stdout);
  fputs ("erofsflat: ", stderr);
  va_start (args, fmt);
  vfprintf (stderr, fmt, args);
  va_end (args);
  fputc ('\n', stderr);
}

static void
warn (void *opaque, const char *fmt, va_list args)
{
  (void) opaque;
  fflush (stdout);
  fputs ("erofsflat: warning: ", stderr);
  vfprintf (stderr, fmt, args);
  fputc ('\n', stderr);
}

const struct log warnings = { .warning = warn };

struct image *
open_image (const struct arguments *args, unsigned flags)
{
  struct error err;
  struct image *image = image_open (args->options, &warnings, flags, &err);

  if (image == NULL)
    complain ("%s", err.text);
  return image;
}

static void
print_help (void)
{
  size_t i;

  printf ("Usage: erofsflat COMMAND [OPTION]... [bootstrap=]FILE "
          "[blobdir=DIR]... [blob=FILE]...\n"
          "       erofsflat COMMAND --help\n\n"
          "Look at a multi-blob EROFS image as one flat device.\n\n"
          "Commands:\n");
  for (i = 0; commands[i] != NULL; ++i)
    printf ("  %-8s %s\n", commands[i]->name, commands[i]->summary);
  printf ("\nOptions:\n"
          "      --help     Show this help.\n"
          "  -V, --version  Show the version.\n\n"
          "More is in erofsflat(1).\n");
}

static int
usage_error (void)
{
  fputs ("Try 'erofsflat --help'.\n", stderr);
  return STATUS_USAGE;
}

/* The tool's own options, which stand before the command.  Returns 0 to go on
 * with the command, or -1 with *ret_status set.
 */
static int
parse_options (int argc, char *argv[], int *ret_status)
{
  enum { HELP = 0x100, LONG_OPTIONS, SHORT_OPTIONS };
  static const struct option table[] = {
    { "help", no_argument, NULL, HELP },
    { "long-options", no_argument, NULL, LONG_OPTIONS },
    { "short-options", no_argument, NULL, SHORT_OPTIONS },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 }
  };
  int c = getopt_long (argc, argv, "+V", table, NULL);

  *ret_status = STATUS_OK;
  switch (c) {
  case -1:
    return 0;
  case HELP:
    print_help ();
    return -1;
  case LONG_OPTIONS:
    puts ("--help\n--version");
    return -1;
  case SHORT_OPTIONS:
    puts ("-V");
    return -1;
  case 'V':
    printf ("erofsflat %s\n", PACKAGE_VERSION);
    return -1;
  default:                      /* getopt has complained */
    *ret_status = usage_error ();
    return -1;
  }
}

/* argv[0] is the program's name again, for what getopt_long says. */
static int
run_command (const struct command *command, int argc, char *argv[])
{
  struct arguments args;
  int status;

  optind = 0;                   /* makes glibc begin again */
  if (arguments_parse (command, argc, argv, &args, &status) == 0)
    status = command->run (&args);
  arguments_clear (&args);
  return status;
}

static int
find_and_run (int argc, char *argv[])
{
  int i, status;

  if (parse_options (argc, argv, &status) == -1)
    return status;
  if (optind >= argc) {
    complain ("no command is given");
    return usage_error ();
  }
  for (i = 0; commands[i] != NULL; ++i) {
    if (strcmp (argv[optind], commands[i]->name) == 0) {
      argv[optind] = argv[0];
      return run_command (commands[i], argc - optind, argv + optind);
    }
  }
  complain ("unknown command '%s'", argv[optind]);
  return usage_error ();
}

/* Where the caller has closed a standard stream, a file that is opened must not
 * become it.  Using it stays an error.
 */
static int
fill_closed_streams (void)
{
  int fd;

  for (fd = 0; fd <= 2; ++fd)
    if (fcntl (fd, F_GETFD) == -1 &&
        open ("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
      return -1;
  return 0;
}

int
main (int argc, char *argv[])
{
  int status;

  if (fill_closed_streams () == -1)
    return STATUS_FAILED;
  status = find_and_run (argc, argv);

  /* A full disk must not look like success. */
  if (fflush (stdout) == EOF || ferror (stdout)) {
    complain ("standard output: %s", strerror (errno));
    if (status == STATUS_OK)
      status = STATUS_FAILED;
  }
  return status;
}
