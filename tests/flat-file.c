/* SPDX-License-Identifier: BSD-3-Clause */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flat-file.h"

struct flat_file
flat_file_map (const char *path)
{
  struct flat_file file;
  struct stat st;
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  void *p;

  if (fd == -1 || fstat (fd, &st) == -1)
    err (EXIT_FAILURE, "%s", path);
  file.size = (uint64_t) st.st_size;
  p = mmap (NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED)
    err (EXIT_FAILURE, "%s: mmap", path);
  file.ptr = p;
  close (fd);
  return file;
}

void
flat_file_compare (const struct flat_file *file, const uint8_t *buf,
                   size_t len, uint64_t offset)
{
  const uint8_t *want = file->ptr + offset;
  size_t i;

  for (i = 0; i < len; i++)
    if (buf[i] != want[i])
      errx (EXIT_FAILURE, "read of %zu bytes at %ju: byte %ju is 0x%02x, "
            "0x%02x expected", len, (uintmax_t) offset,
            (uintmax_t) (offset + i), buf[i], want[i]);
}
