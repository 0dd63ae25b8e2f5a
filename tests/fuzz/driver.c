/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a fuzz target over files and folders without libFuzzer: what was found
 * once is tried again by `make check'.
 *
 *   fuzz_zinfo corpus/zinfo another-file
 *
 * Without arguments it is the target's own corpus.
 *
 * Each file is copied to a buffer of just its size, so that ASan and valgrind
 * see a step beyond.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static unsigned long n_files;

static void
die (const char *path)
{
  perror (path);
  exit (EXIT_FAILURE);
}

static void
run_file (const char *path, size_t size)
{
  FILE *fp = fopen (path, "r");
  uint8_t *buf = malloc (size > 0 ? size : 1);

  if (fp == NULL || buf == NULL || fread (buf, 1, size, fp) != size)
    die (path);
  fclose (fp);
  LLVMFuzzerTestOneInput (buf, size);
  free (buf);
  ++n_files;
}

static void run_path (const char *path);

static void
run_folder (const char *path)
{
  DIR *dir = opendir (path);
  struct dirent *entry;
  char *name;

  if (dir == NULL)
    die (path);
  while ((entry = readdir (dir)) != NULL) {
    if (entry->d_name[0] == '.')
      continue;
    if (asprintf (&name, "%s/%s", path, entry->d_name) == -1)
      die (path);
    run_path (name);
    free (name);
  }
  closedir (dir);
}

static void
run_path (const char *path)
{
  struct stat st;

  if (stat (path, &st) == -1)
    die (path);
  if (S_ISDIR (st.st_mode))
    run_folder (path);
  else
    run_file (path, (size_t) st.st_size);
}

/* The folder of the target's name, without "fuzz_". */
static void
run_corpus (void)
{
  const char *name = strstr (program_invocation_short_name, "fuzz_");
  char *path = NULL;

  if (name == NULL || asprintf (&path, "%s/%s", CORPUS, name + 5) == -1)
    die (program_invocation_short_name);
  run_path (path);
  free (path);
}

int
main (int argc, char **argv)
{
  int i;

  for (i = 1; i < argc; ++i)
    run_path (argv[i]);
  if (argc == 1)
    run_corpus ();
  printf ("%lu inputs\n", n_files);
  if (n_files == 0) {
    fprintf (stderr, "%s: no inputs\n", argv[0]);
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
