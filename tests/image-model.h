/* SPDX-License-Identifier: BSD-3-Clause */
/* A naive model of a multi-blob EROFS image, for tests.
 *
 * The model says what every byte of the flat device must be in the simplest
 * way there is: an array of bytes that the bootstrap and each device are
 * copied to.  It shares no code with lib/, so that a mistake is not made
 * twice.
 *
 * It writes a folder with
 *
 *   bootstrap, blobs/   the image, as a user has it
 *   params              how it is opened (see tests/interop/harness.sh)
 *   flat                the whole flat device (left out if over 512 MiB)
 *   size                its size in bytes
 *   map                 "START LENGTH data|zero" lines over the whole device
 *   edges               where a device, its data or a gap begins or ends
 *   devices             "START DATA-LENGTH FILE" lines, in slot order, in bytes
 */
#ifndef IMAGE_MODEL_H
#define IMAGE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One device slot and its file. */
struct model_slot {
  uint64_t blocks, uniaddr;     /* where the device has to be, in blocks */
  bool blocks_unset, uniaddr_unset;     /* the bootstrap says 0 instead */
  uint8_t *data;                /* the file's bytes; owned */
  size_t len;                   /* may be longer than the device is */
  char tag[65];
  char file[80];                /* its name in blobs/ */
};

struct model {
  unsigned blkszbits;
  bool is_48bit;
  bool by_number;               /* opened with blob=, else with blobdir= */
  uint32_t nr_slots;
  struct model_slot *slots;
  uint8_t *bootstrap;           /* as it is stored; owned */
  size_t bootstrap_len;
};

struct shape {
  unsigned blkszbits;
  bool is_48bit, unset;
  uint32_t nr_slots;
  uint64_t max_blocks;          /* of one slot, for invented contents */
  uint64_t max_gap;             /* blocks */
  uint64_t far;                 /* if not 0: where the last device lies */
  const char *tags;             /* one kind for all, or NULL for any */
};

/* A random number below n (n > 0), the same in every run from one seed. */
extern void random_seed (uint64_t seed);
extern uint64_t random_below (uint64_t n);
extern void random_fill (void *buf, size_t len);

extern void put_le (uint8_t *p, unsigned nr_bytes, uint64_t v);
extern uint64_t get_le (const uint8_t *p, unsigned nr_bytes);

extern void *xcalloc (size_t n, size_t size);

/* Write FOLDER/NAME.  A failure of these ends the program. */
extern FILE *create_file (const char *folder, const char *name);
extern void put_bytes (FILE *fp, const void *buf, size_t len);
extern void finish_file (FILE *fp);

/* Give every slot a tag and a file name. */
extern void model_name_slots (struct model *m, const struct shape *shape);

/* Place the slots, whose `blocks' are set, in any order with gaps. */
extern void model_place_slots (struct model *m, const struct shape *shape);

/* Write slots, features, table place and checksum to m->bootstrap, whose
 * superblock is there otherwise; `table' is the byte offset of the table.
 */
extern void model_write_table (struct model *m, size_t table);

/* Write blocks, addresses and checksum to a copy of the bootstrap: as they
 * are stored, or as they have to be served.
 */
extern void model_write_places (const struct model *m, uint8_t *bootstrap,
                                bool served);

/* Write the folder. */
extern void model_save (struct model *m, const char *folder);

/* An image with invented contents, and no file system in it. */
extern void model_invent (struct model *m, const struct shape *shape);

#endif
