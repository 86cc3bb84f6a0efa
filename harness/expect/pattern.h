/* SPDX-License-Identifier: MIT */
/*
 * The patterns of "log" and "no_log" expectations.  A pattern is text that must
 * stand in a line, with placeholders:
 *
 *	{name}  one word, which the name is bound to; wherever the name comes
 *	        again within the same expectation, the same word must stand
 *	{}      anything, nothing included
 *	{{      a "{"
 *
 * A word is a run without spaces, where what is in [brackets] counts as one
 * piece ("[0, 1]").  A pattern matches at the ends of words only: "DCID 1" is
 * not in "DCID 12", and "Bounced:" finds every bounce.  All other characters
 * stand for themselves, case included.
 */
#ifndef FAULTPOST_PATTERN_H
#define FAULTPOST_PATTERN_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#define PATTERN_NAMES_MAX 16 /* of one expectation */

/* The names of one expectation, shared by its patterns. */
struct pattern_names {
	struct slice at[PATTERN_NAMES_MAX];
	size_t count;
};

enum pattern_piece_kind {
	PATTERN_TEXT,
	PATTERN_NAME,
	PATTERN_ANYTHING,
};
struct pattern_piece {
	enum pattern_piece_kind kind;
	struct slice text; /* TEXT: with {{ undone */
	size_t name;       /* NAME: index into the names */
	size_t at;         /* where it begins in the pattern as written */
};

struct pattern {
	struct slice written;
	const struct pattern_piece *pieces;
	size_t piece_count;
};

/* What the names stand for; unbound where `at` is NULL. */
struct pattern_bindings {
	struct slice value[PATTERN_NAMES_MAX];
};

/* How near a text came: the longest beginning of the pattern that is in it. */
struct pattern_miss {
	size_t matched;    /* how many bytes of the pattern as written */
	size_t text_start; /* where in the text that beginning begins */
	size_t text_end;   /* and where it ends: there they differ */
};

/* Reads a pattern into the arena, adding its new names to *names.  False with
 * *why (static text) and *offset (into `written`) when it is none. */
bool pattern_parse(struct slice written, struct pattern_names *names,
    struct arena *arena, struct pattern *pattern, const char **why,
    size_t *offset);

/* Whether the pattern is in `text`, given what is bound already.  When it is,
 * *found is `known` and what this text bound, borrowed from it; the first place
 * where it fits counts.  When it is not, *found is `known`, and *miss says how
 * near it came.  `found` and `miss` may be NULL. */
bool pattern_match(const struct pattern *pattern, struct slice text,
    const struct pattern_bindings *known, struct pattern_bindings *found,
    struct pattern_miss *miss);

/* Says of `text` where it differs from the pattern that it missed, given what
 * was bound already, in three lines: the text, or as much as is around the
 * difference, a "^" below the first byte that differs, and what was wanted
 * there.  What is behind `head`, its line number perhaps, begins where head
 * ends. */
void pattern_miss_format(const struct pattern *pattern, struct slice text,
    const struct pattern_miss *miss, const struct pattern_bindings *known,
    struct slice head, struct buf *out);

#endif
