/* SPDX-License-Identifier: MIT */
/*
 * How texts stand in a line: escapes and quotes as Python's repr writes them,
 * except that valid UTF-8 stays as it is.  For the writer and the parser.
 */
#ifndef FAULTPOST_MAILLOG_TEXT_H
#define FAULTPOST_MAILLOG_TEXT_H

#include "core/base/buf.h"

/* What is escaped besides the bytes that may never stand in a line. */
enum text_escape {
	TEXT_ESCAPE_BACKSLASH = 1,
	TEXT_ESCAPE_SPACES = 2, /* all of them */
	TEXT_ESCAPE_EDGES = 4,  /* the first and the last byte, when spaces */
	TEXT_ESCAPE_QUOTE = 8,  /* apostrophes */
};

/* Appends `text` with what `escapes` names escaped, and always controls, line
 * separators and what is not UTF-8.  With 0 the texts of a line stay as they
 * are. */
void text_put(struct buf *out, struct slice text, unsigned escapes);
/* Appends plain bytes in quotes: single ones, double when there are
 * apostrophes and no double quotes. */
void text_put_quoted(struct buf *out, struct slice plain);
/* Appends an escaped text in the quotes that it was in. */
void text_put_requoted(struct buf *out, struct slice escaped);
/* The index behind the quoted string that begins at `at`, or 0 when none
 * does. */
size_t text_quoted_end(struct slice line, size_t at);

#endif
