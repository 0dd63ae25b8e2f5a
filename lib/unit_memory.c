/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdlib.h>
#include <sys/mman.h>

#include "unit_memory.h"

/* In front of each block. */
union head {
  size_t mapped;                /* bytes, with this; 0: it is from malloc */
  uint8_t aligned[16];
};

uint8_t *
unit_memory_new (size_t len, size_t mapped_from)
{
  const size_t size = len + sizeof (union head);
  union head *head;

  if (size < len)
    return NULL;
  if (len < mapped_from) {
    head = malloc (size);
    if (head == NULL)
      return NULL;
    head->mapped = 0;
  }
  else {
    head = mmap (NULL, size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (head == MAP_FAILED)
      return NULL;
    head->mapped = size;
  }
  return (uint8_t *) (head + 1);
}

void
unit_memory_free (uint8_t *block)
{
  union head *head;

  if (block == NULL)
    return;
  head = (union head *) (void *) block - 1;
  if (head->mapped > 0)
    munmap (head, head->mapped);
  else
    free (head);
}
