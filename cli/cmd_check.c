/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "cmd.h"
#include "json.h"
#include "text.h"

static void
print_json (const struct arguments *args, const struct image *image,
            const struct error *err)
{
  struct json json = json_begin ();

  json_open (&json, NULL, '{');
  json_string (&json, "image", args->options->bootstrap.ptr[0]);
  json_bool (&json, "ok", image != NULL);
  if (image != NULL) {
    json_u64 (&json, "size", image_size (image));
    json_u64 (&json, "devices", image_device_table (image)->count);
  }
  else
    json_string (&json, "error", err->text);
  json_close (&json);
  json_end (&json);
}

static void
print_ok (const struct image *image)
{
  uint32_t n = image_device_table (image)->count;

  text_print (image_bootstrap_path (image));
  printf (": ok, %" PRIu32 " device%s, %" PRIu64 " bytes\n",
          n, n == 1 ? "" : "s", image_size (image));
}

static int
run (const struct arguments *args)
{
  struct error err;
  struct image *image = image_open (args->options, NULL, 0, &err);
  int status = image ? STATUS_OK : STATUS_FAILED;

  if (args->json)
    print_json (args, image, &err);
  else if (image != NULL)
    print_ok (image);
  else
    complain ("%s", err.text);
  image_close (image);
  return status;
}

const struct command cmd_check = {
  .name = "check",
  .synopsis = "[--json]",
  .summary = "Refuse exactly what the server would refuse.",
  .takes = ARGUMENT_JSON,
  .run = run,
};
