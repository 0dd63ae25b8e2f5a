/* SPDX-License-Identifier: BSD-3-Clause */
/* struct arguments: the command line of one command.
 *
 *   erofsflat COMMAND [OPTION]... [KEY=VALUE]... [FILE]
 *
 * KEY=VALUE are the plugin's parameters, in the same words.  An argument that
 * does not look like one (nbdkit's rule: KEY is [A-Za-z][A-Za-z0-9_.-]*) is
 * the bootstrap.
 */
#ifndef EROFSFLAT_ARGUMENTS_H
#define EROFSFLAT_ARGUMENTS_H

#include <stdbool.h>

#include "options.h"

/* The options that a command takes. */
#define ARGUMENT_JSON 1u
#define ARGUMENT_OUTPUT 2u
#define ARGUMENT_QUIET 4u
#define ARGUMENT_FORMAT 8u

struct arguments {
  struct options *options;      /* owned */
  bool json;
  bool quiet;
  const char *output;           /* of argv, as is the next */
  const char *format;
};

struct command;

/* Parse what follows the command's name, argv[0].  Returns 0, or -1 if there
 * is nothing more to do: help was printed, or it was complained about; then
 * *ret_status is the exit status.  Release with arguments_clear either way.
 */
extern int arguments_parse (const struct command *command, int argc,
                            char *argv[], struct arguments *ret,
                            int *ret_status)
  __attribute__ ((__nonnull__ (1, 3, 4, 5), __warn_unused_result__));

extern void arguments_clear (struct arguments *args);

#endif
