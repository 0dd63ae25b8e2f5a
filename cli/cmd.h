/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of the tool: one file cmd_NAME.c and one row in main.c each.
 *
 * A command writes its result to standard output and whatever goes wrong to
 * standard error, one line each, and returns the exit status.  It need not
 * look at the result of every printf: main.c checks standard output once, at
 * the end.
 */
#ifndef EROFSFLAT_CMD_H
#define EROFSFLAT_CMD_H

#include "arguments.h"
#include "image.h"

enum {
  STATUS_OK = 0,
  STATUS_FAILED = 1,            /* the image is refused, or something failed */
  STATUS_USAGE = 2,             /* the command line is wrong */
};

struct command {
  const char *name;
  const char *synopsis;         /* its own options, as in --help */
  const char *summary;
  unsigned takes;               /* ARGUMENT_x */
  unsigned needs;               /* those of them that must be there */
  int (*run) (const struct arguments *args);
};

extern const struct command cmd_check;
extern const struct command cmd_export;
extern const struct command cmd_info;
extern const struct command cmd_map;
extern const struct command cmd_mount;
extern const struct command cmd_pack;
extern const struct command cmd_table;
extern const struct command cmd_umount;

/* "erofsflat: ..." on standard error. */
extern void complain (const char *fmt, ...)
  __attribute__ ((__nonnull__ (1), __format__ (__printf__, 1, 2)));

/* Prints warnings in the same way. */
extern const struct log warnings;

/* Open the image of the command line, or complain. */
extern struct image *open_image (const struct arguments *args, unsigned flags)
  __attribute__ ((__nonnull__ (1)));

#endif
