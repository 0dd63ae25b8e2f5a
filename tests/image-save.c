/* SPDX-License-Identifier: BSD-3-Clause */
/* Write a model to a folder: what the image is, and what has to be served. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image-model.h"

static void
save_file (const char *folder, const char *name, const void *buf, size_t len)
{
  FILE *fp = create_file (folder, name);

  put_bytes (fp, buf, len);
  finish_file (fp);
}

static void
save_params (const struct model *m, const char *folder)
{
  FILE *fp = create_file (folder, "params");
  uint32_t i;

  fprintf (fp, "bootstrap=bootstrap\n");
  if (!m->by_number)
    fprintf (fp, "blobdir=blobs\n");
  for (i = 0; m->by_number && i < m->nr_slots; i++)
    fprintf (fp, "blob=blobs/%s\n", m->slots[i].file);
  finish_file (fp);
}

static uint64_t
flat_size (const struct model *m)
{
  uint64_t size = m->bootstrap_len, end;
  uint32_t i;

  for (i = 0; i < m->nr_slots; i++) {
    end = (m->slots[i].uniaddr + m->slots[i].blocks) << m->blkszbits;
    if (size < end)
      size = end;
  }
  return (size + 4095) / 4096 * 4096;
}

/* So many bytes of the slot's device come from its file. */
static uint64_t
slot_data (const struct model *m, const struct model_slot *s)
{
  uint64_t max = s->blocks << m->blkszbits;

  return s->len < max ? s->len : max;
}

static void
save_devices (const struct model *m, const char *folder)
{
  FILE *fp = create_file (folder, "devices");
  const struct model_slot *s;
  uint32_t i;

  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[i];
    fprintf (fp, "%ju %ju %s\n", (uintmax_t) (s->uniaddr << m->blkszbits),
             (uintmax_t) slot_data (m, s), s->file);
  }
  finish_file (fp);
}

static void
save_flat (const struct model *m, const char *folder, uint64_t size)
{
  uint8_t *flat = xcalloc (1, size);
  const struct model_slot *s;
  uint32_t i;

  memcpy (flat, m->bootstrap, m->bootstrap_len);
  if (m->nr_slots > 0)
    model_write_places (m, flat, true);
  for (i = 0; i < m->nr_slots; i++) {
    s = &m->slots[i];
    memcpy (flat + (s->uniaddr << m->blkszbits), s->data, slot_data (m, s));
  }
  save_file (folder, "flat", flat, size);
  free (flat);
}

struct piece { uint64_t start, len; };

static int
by_start (const void *a, const void *b)
{
  const struct piece *pa = a, *pb = b;

  return pa->start < pb->start ? -1 : pa->start > pb->start;
}

/* The pieces of the device that come from files, sorted, none empty. */
static struct piece *
data_pieces (const struct model *m, size_t *ret_n)
{
  struct piece *v = xcalloc (m->nr_slots + 1, sizeof *v);
  size_t n = 0;
  uint32_t i;

  v[n++].len = m->bootstrap_len;
  for (i = 0; i < m->nr_slots; i++) {
    v[n].start = m->slots[i].uniaddr << m->blkszbits;
    v[n].len = slot_data (m, &m->slots[i]);
    if (v[n].len)
      n++;
  }
  qsort (v, n, sizeof *v, by_start);
  *ret_n = n;
  return v;
}

static void
save_map (const struct model *m, const char *folder, uint64_t size)
{
  FILE *map = create_file (folder, "map"), *edges = create_file (folder, "edges");
  uint64_t start = 0, end = 0;          /* the run of data so far */
  struct piece *v;
  size_t i, n;

  v = data_pieces (m, &n);
  for (i = 0; i < n; i++) {
    fprintf (edges, "%ju\n%ju\n", (uintmax_t) v[i].start,
             (uintmax_t) (v[i].start + v[i].len));
    if (v[i].start > end) {
      fprintf (map, "%ju %ju data\n%ju %ju zero\n", (uintmax_t) start,
               (uintmax_t) (end - start), (uintmax_t) end,
               (uintmax_t) (v[i].start - end));
      start = v[i].start;
    }
    end = v[i].start + v[i].len;
  }
  fprintf (map, "%ju %ju data\n", (uintmax_t) start,
           (uintmax_t) (end - start));
  if (size > end)
    fprintf (map, "%ju %ju zero\n", (uintmax_t) end, (uintmax_t) (size - end));
  free (v);
  finish_file (map);
  finish_file (edges);
}

void
model_save (struct model *m, const char *folder)
{
  uint64_t size = flat_size (m);
  char name[128];
  FILE *fp;
  uint32_t i;

  save_file (folder, "bootstrap", m->bootstrap, m->bootstrap_len);
  for (i = 0; i < m->nr_slots; i++) {
    snprintf (name, sizeof name, "blobs/%s", m->slots[i].file);
    save_file (folder, name, m->slots[i].data, m->slots[i].len);
  }
  save_params (m, folder);
  save_devices (m, folder);
  save_map (m, folder, size);
  fp = create_file (folder, "size");
  fprintf (fp, "%ju\n", (uintmax_t) size);
  finish_file (fp);
  if (size <= 512 << 20)
    save_flat (m, folder, size);
}
