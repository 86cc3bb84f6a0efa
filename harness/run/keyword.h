/* SPDX-License-Identifier: MIT */
/*
 * Which cases are meant, in words: the expressions of `-k`.
 *
 *	greylist                    the text is in a name of the case
 *	tls and not (expired or weak)
 *	'no such user' or @slow     a text with spaces; a whole tag
 *
 * A word holds where it stands in the path, the title, the case or a tag,
 * whatever the case of ASCII letters; `@word` where it is one of the tags.
 * `not` binds closest, then `and`, then `or`; in quotes these three are words
 * like any other.  Pure.
 */
#ifndef FAULTPOST_KEYWORD_H
#define FAULTPOST_KEYWORD_H

#include "core/base/err.h"
#include "core/base/slice.h"

#define KEYWORD_WORDS_MAX 200
#define KEYWORD_DEPTH_MAX 50 /* of parentheses and "not" in each other */

/* What a case is known by. */
struct keyword_names {
	const char *path, *title, *case_name; /* may be "" */
	const char *const *tags;
	size_t tag_count;
};

struct keyword;

/* Reads an expression, and copies it; NULL with *err set, which names the
 * column. */
struct keyword *keyword_parse(struct slice text, struct err *err);
void keyword_destroy(struct keyword **kp);
/* Whether the expression is true of what is named so. */
bool keyword_holds(const struct keyword *k, const struct keyword_names *names);

#endif
