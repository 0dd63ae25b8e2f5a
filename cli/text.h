/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside (tags, names of files): what of it is safe to show. */
#ifndef EROFSFLAT_TEXT_H
#define EROFSFLAT_TEXT_H

/* Print it with what is not printable UTF-8, and backslashes, as
 * \xNN, so that it is one line and can not command a terminal.
 */
extern void text_print (const char *s) __attribute__ ((__nonnull__ (1)));

#endif
