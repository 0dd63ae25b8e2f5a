/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>

#include "cmd.h"
#include "info.h"

static int
run (const struct arguments *args)
{
  struct image *image = open_image (args, IMAGE_DESCRIBE_ONLY);
  int r;

  if (image == NULL)
    return STATUS_FAILED;
  r = args->json ? info_print_json (image) : info_print_text (image);
  image_close (image);
  return r == 0 ? STATUS_OK : STATUS_FAILED;
}

const struct command cmd_info = {
  .name = "info",
  .synopsis = "[--json]",
  .summary = "Show the superblock and every device, found or not.",
  .takes = ARGUMENT_JSON,
  .run = run,
};
