/* SPDX-License-Identifier: BSD-3-Clause */
/* Input: the descriptor. */
#include <config.h>

#include <string.h>

#include "fuzz_target.h"
#include "vmdk_descriptor.h"

static void
check_name (const char *name)
{
  const char *p;

  must (name[0] != '\0' && strcmp (name, "/") != 0);
  must (strpbrk (name, "\"\n\r") == NULL);
  must (strstr (name, "//") == NULL);
  for (p = name; p != NULL; p = strchr (p, '/')) {
    p += *p == '/';
    must (strcmp (p, "..") != 0 && strncmp (p, "../", 3) != 0);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const struct bytes input = { .ptr = data, .len = size };
  struct vmdk_descriptor d;
  struct error err;
  uint64_t end = 0;
  size_t i;

  if (vmdk_descriptor_parse (input, &d, &err) == -1)
    return 0;
  must (d.files.len > 0 && d.files.ptr[0].start == 0);
  must (d.size <= INT64_MAX);
  for (i = 0; i < d.files.len; ++i) {
    const struct vmdk_file *f = &d.files.ptr[i];

    check_name (f->name);
    must (f->start >= end && f->len > 0);
    must (f->start % VMDK_SECTOR == 0 && f->len % VMDK_SECTOR == 0);
    must (f->offset <= INT64_MAX && f->offset + f->len <= INT64_MAX);
    must (f->line > 0);
    end = f->start + f->len;
  }
  must (end <= d.size);
  vmdk_descriptor_clear (&d);
  return 0;
}
