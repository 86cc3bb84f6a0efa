/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as text that XML 1.0, YAML and a terminal take: logs and
 * transcripts quote what hosts say, which may be anything.  Pure.
 */
#ifndef FAULTPOST_PRINTABLE_H
#define FAULTPOST_PRINTABLE_H

#include "core/base/buf.h"

/* Appends well-formed UTF-8, tabs and ends of lines as they are, and each byte
 * of anything else (control characters, broken sequences, what is no
 * character) as \xNN. */
void printable_format(struct slice bytes, struct buf *out);
/* The same for one line: tabs and ends of lines as \x09 and \x0a, too. */
void printable_line_format(struct slice bytes, struct buf *out);

#endif
