/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "cmd.h"
#include "data_check.h"
#include "json.h"
#include "text.h"

static const char *
plural (uint64_t n)
{
  return n == 1 ? "" : "s";
}

static void
put_fault (void *opaque, const struct data_fault *fault)
{
  struct json *json = opaque;

  json_open (json, NULL, '{');
  json_u64 (json, "slot", fault->slot);
  json_u64 (json, "offset", fault->offset);
  json_u64 (json, "length", fault->len);
  json_string (json, "error", fault->err->text);
  json_close (json);
}

static void
print_fault (void *opaque, const struct data_fault *fault)
{
  (void) opaque;
  complain ("device slot %" PRIu32 ": %s", fault->slot, fault->err->text);
}

/* Faults are printed as they are found; the rest is known behind them. */
static int
check_data_json (const struct image *image, bool quiet, struct json *json)
{
  struct data_check data;

  json_open (json, "faults", '[');
  data = data_check_run (image, quiet, put_fault, json);
  json_close (json);
  json_u64 (json, "chunks", data.chunks);
  json_u64 (json, "bytes", data.bytes);
  json_bool (json, "ok", data.faults == 0);
  return data.faults == 0 ? STATUS_OK : STATUS_FAILED;
}

static int
check_json (const struct arguments *args, const struct image *image,
            const struct error *err)
{
  struct json json = json_begin ();
  int status = image ? STATUS_OK : STATUS_FAILED;

  json_open (&json, NULL, '{');
  json_string (&json, "image", args->options->bootstrap.ptr[0]);
  if (image != NULL) {
    json_u64 (&json, "size", image_size (image));
    json_u64 (&json, "devices", image_device_table (image)->count);
  }
  if (image != NULL && args->data)
    status = check_data_json (image, args->quiet, &json);
  else
    json_bool (&json, "ok", image != NULL);
  if (image == NULL)
    json_string (&json, "error", err->text);
  json_close (&json);
  json_end (&json);
  return status;
}

static void
print_ok (const struct image *image, const struct data_check *data)
{
  uint32_t n = image_device_table (image)->count;

  text_print (image_bootstrap_path (image));
  printf (": ok, %" PRIu32 " device%s, %" PRIu64 " bytes", n, plural (n),
          image_size (image));
  if (data != NULL)
    printf (", %" PRIu64 " bytes read, %" PRIu64 " chunk%s",
            data->bytes, data->chunks, plural (data->chunks));
  putchar ('\n');
}

static int
check_text (const struct arguments *args, const struct image *image,
            const struct error *err)
{
  struct data_check data;

  if (image == NULL) {
    complain ("%s", err->text);
    return STATUS_FAILED;
  }
  if (!args->data) {
    print_ok (image, NULL);
    return STATUS_OK;
  }
  data = data_check_run (image, args->quiet, print_fault, NULL);
  if (data.faults == 0) {
    print_ok (image, &data);
    return STATUS_OK;
  }
  complain ("%s: %" PRIu64 " fault%s found", image_bootstrap_path (image),
            data.faults, plural (data.faults));
  return STATUS_FAILED;
}

/* Do all that the server does before it serves. */
static struct image *
open_as_server (const struct options *options, struct error *err)
{
  struct image *image = image_open (options, &warnings, 0, err);

  if (image != NULL &&
      (image_check_stats (image, options, err) == -1 ||
       image_prepare_sandbox (image, options, err) == -1)) {
    image_close (image);
    return NULL;
  }
  return image;
}

static int
run (const struct arguments *args)
{
  struct error err;
  struct image *image;
  int status;

  if (args->data && !args->options->values.verify) {
    complain ("--data verifies, so it can not go with verify=off");
    return STATUS_USAGE;
  }
  image = open_as_server (args->options, &err);
  status = args->json ? check_json (args, image, &err)
                      : check_text (args, image, &err);
  image_close (image);
  return status;
}

const struct command cmd_check = {
  .name = "check",
  .synopsis = "[--json] [--data [-q]]",
  .summary = "Refuse exactly what the server would refuse.",
  .takes = ARGUMENT_JSON | ARGUMENT_DATA | ARGUMENT_QUIET,
  .run = run,
};
