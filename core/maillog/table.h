/* SPDX-License-Identifier: MIT */
/*
 * The compiled table, for the writer, the parser, and who shows every field of
 * an event by its kind.  The preprocessor compiles it: a pattern is a string in
 * which a byte from PATTERN_FIELD up is a field, so that there is nothing to
 * prepare when a program starts.
 */
#ifndef FAULTPOST_MAILLOG_TABLE_H
#define FAULTPOST_MAILLOG_TABLE_H

#include "core/maillog/maillog.h"

#define PATTERN_OPEN  '\x01' /* an optional part begins */
#define PATTERN_CLOSE '\x02'
#define PATTERN_BARE  '\x03' /* the field that follows has no quotes here */
#define PATTERN_FIELD 0x80   /* + enum maillog_field */

enum field_kind {
	KIND_NUMBER,
	KIND_CODE,      /* a number of three digits */
	KIND_SIGNED,    /* a number that may be negative */
	KIND_MOMENT,    /* asctime with milliseconds, the day in two digits */
	KIND_TIME,      /* asctime */
	KIND_WORD,      /* holds no space */
	KIND_TEXT,      /* up to what follows in the pattern */
	KIND_MAILBOX,   /* the same, and whole "<..>" if it begins with '<' */
	KIND_QUOTED,    /* Python's repr of a string */
	KIND_RIDS,      /* "0, 1" */
	KIND_LIST,      /* the inside of a Python list */
	KIND_DETAILS,   /* a reply as 431-'..', or words */
	KIND_ATTRIBUTE, /* the value of an XML attribute */
};

struct maillog_row {
	enum maillog_form form;
	const char *pattern;
};

struct maillog_field_row {
	const char *name;
	enum field_kind kind;
	size_t at; /* in struct maillog_event */
};

extern const struct maillog_row maillog_rows[];
extern const size_t maillog_row_count;
extern const struct maillog_field_row maillog_field_rows[MAILLOG_FIELD_COUNT];

/* The pattern of a form's spelling; asserts that it exists. */
const char *maillog_pattern_of(enum maillog_form form, unsigned spelling);
/* The pattern behind the optional part that begins at `open`. */
const char *maillog_pattern_after(const char *open);

/* Records of the delivery log begin so, and have no stamp. */
static inline bool
pattern_has_stamp(const char *pattern)
{
	return pattern[0] != '<';
}

static inline bool
pattern_is_field(char c)
{
	return (unsigned char)c >= PATTERN_FIELD;
}

static inline bool
pattern_is_literal(char c)
{
	return (unsigned char)c >= ' ' && (unsigned char)c < PATTERN_FIELD;
}

static inline enum maillog_field
pattern_field(char c)
{
	return (enum maillog_field)((unsigned char)c - PATTERN_FIELD);
}

#endif
