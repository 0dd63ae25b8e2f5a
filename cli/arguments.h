/* SPDX-License-Identifier: BSD-3-Clause */
/* struct arguments: the command line of one command.
 *
 *   erofsflat COMMAND [OPTION]... [KEY=VALUE]... [FILE]
 *
 * KEY=VALUE are the plugin's parameters, in the same words.  An argument that
 * does not look like one (nbdkit's rule: KEY is [A-Za-z][A-Za-z0-9_.-]*) is
 * the bootstrap.  A command with ARGUMENT_FILE has no parameters but one
 * FILE, of any name.  With ARGUMENT_DIR the last word is a folder, which does
 * not look like KEY=VALUE; with both it is the only word, of any name.
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
#define ARGUMENT_DATA 16u
#define ARGUMENT_FRAME_SIZE 32u
#define ARGUMENT_LEVEL 64u
#define ARGUMENT_THREADS 128u
#define ARGUMENT_ATTACH 256u
#define ARGUMENT_LAZY 512u
#define ARGUMENT_MOUNT_OPTIONS 1024u
#define ARGUMENT_VERBOSE 2048u

/* Not options: one file instead of the plugin's parameters; a folder, the last
 * word.
 */
#define ARGUMENT_FILE 4096u
#define ARGUMENT_DIR 8192u

struct arguments {
  struct options *options;      /* owned; NULL with ARGUMENT_FILE */
  bool data;
  bool json;
  bool lazy;
  bool quiet;
  bool verbose;
  const char *file;             /* of argv, or NULL, as are the next */
  const char *dir;
  const char *attach;
  const char *mount_options;
  const char *output;
  const char *format;
  const char *frame_size;
  const char *level;
  const char *threads;
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
