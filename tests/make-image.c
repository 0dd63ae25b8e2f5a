/* SPDX-License-Identifier: BSD-3-Clause */
/* Make an image of random shape, and a naive model of its flat device.
 *
 *   make-image [OPTION...] FOLDER
 *
 * With -b and -d it cuts the data file of a `mkfs.erofs --blobdev' image over
 * several devices, so that the kernel can mount the result; else the contents
 * are invented.  What it writes is listed in image-model.h.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image-cut.h"
#include "image-model.h"

static const char usage[] =
  "usage: make-image [OPTION...] FOLDER\n"
  "  -s SEED       the same seed makes the same image\n"
  "  -b FILE       cut this bootstrap ...\n"
  "  -d FILE       ... and this data file\n"
  "  -k BITS       log2 of the block size (invented contents)\n"
  "  -n SLOTS      number of devices\n"
  "  -m BLOCKS     most blocks of one device (invented contents)\n"
  "  -g BLOCKS     longest gap\n"
  "  -f BLOCK      where the last device lies\n"
  "  -t KIND       all tags are: hex uuid full name empty hostile\n"
  "  -4            with feature 48BIT\n"
  "  -u            leave blocks and addresses of some slots unset\n";

static uint64_t
number (const char *text)
{
  char *end;
  uint64_t v;

  errno = 0;
  v = strtoull (text, &end, 0);
  if (errno || end == text || *end)
    errx (EXIT_FAILURE, "not a number: %s", text);
  return v;
}

static void
make_folder (const char *folder)
{
  char path[4096];

  snprintf (path, sizeof path, "%s/blobs", folder);
  if ((mkdir (folder, 0755) == -1 && errno != EEXIST)
      || mkdir (path, 0755) == -1)
    err (EXIT_FAILURE, "%s", path);
}

static void
free_model (struct model *m)
{
  uint32_t i;

  for (i = 0; i < m->nr_slots; i++)
    free (m->slots[i].data);
  free (m->slots);
  free (m->bootstrap);
}

int
main (int argc, char *argv[])
{
  struct shape shape = { .blkszbits = 12, .nr_slots = 5, .max_blocks = 40 };
  struct model model = { .nr_slots = 0 };
  const char *bootstrap = NULL, *data = NULL;
  int c;

  while ((c = getopt (argc, argv, "s:b:d:k:n:m:g:f:t:4u")) != -1) {
    switch (c) {
    case 's': random_seed (number (optarg)); break;
    case 'b': bootstrap = optarg; break;
    case 'd': data = optarg; break;
    case 'k': shape.blkszbits = (unsigned) number (optarg); break;
    case 'n': shape.nr_slots = (uint32_t) number (optarg); break;
    case 'm': shape.max_blocks = number (optarg); break;
    case 'g': shape.max_gap = number (optarg); break;
    case 'f': shape.far = number (optarg); break;
    case 't': shape.tags = optarg; break;
    case '4': shape.is_48bit = true; break;
    case 'u': shape.unset = true; break;
    default:
      fputs (usage, stderr);
      exit (EXIT_FAILURE);
    }
  }
  if (optind != argc - 1 || !bootstrap != !data || shape.nr_slots < 1) {
    fputs (usage, stderr);
    exit (EXIT_FAILURE);
  }

  if (bootstrap)
    model_cut (&model, &shape, bootstrap, data);
  else
    model_invent (&model, &shape);
  make_folder (argv[optind]);
  model_save (&model, argv[optind]);
  free_model (&model);
  exit (EXIT_SUCCESS);
}
