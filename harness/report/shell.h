/* SPDX-License-Identifier: MIT */
/* Commands as they are typed.  Pure. */
#ifndef FAULTPOST_SHELL_H
#define FAULTPOST_SHELL_H

#include "core/base/buf.h"

/* Appends a word as a POSIX shell reads it: as it is when it may, in single
 * quotes otherwise. */
void shell_word_format(struct slice word, struct buf *out);
/* Appends " --NAME WORD", unless `word` is NULL. */
void shell_option_format(const char *name, const char *word, struct buf *out);
/* Appends " WORD", the name of a file, which is not taken for an option. */
void shell_file_format(struct slice word, struct buf *out);

#endif
