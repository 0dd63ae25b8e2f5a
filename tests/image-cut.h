/* SPDX-License-Identifier: BSD-3-Clause */
/* Cut the data file of a `mkfs.erofs --blobdev' image over several devices. */
#ifndef IMAGE_CUT_H
#define IMAGE_CUT_H

#include "image-model.h"

/* The number of devices can become less than the shape asks for, where the
 * data has fewer places to cut at: a chunk is never divided.
 */
extern void model_cut (struct model *m, const struct shape *shape,
                       const char *bootstrap, const char *data);

#endif
