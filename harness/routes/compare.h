/* SPDX-License-Identifier: MIT */
/*
 * Two routes tables side by side: for which domains the mail goes otherwise,
 * in words.  What counts is where mail goes, in which order and by whose turn:
 * a line that moves, or numbers that keep their order, are no change.  Pure.
 */
#ifndef FAULTPOST_ROUTES_COMPARE_H
#define FAULTPOST_ROUTES_COMPARE_H

#include "core/routes/routes.h"

/* What changes for the names that a line of either table is for. */
struct compare_change {
	struct slice domain; /* "example.com", ".example.com" or "ALL" */
	/* The lines that are for it, its own or less specific ones; NULL: its
	 * MX records decide. */
	const struct route *before, *after;
	const char **words; /* sentences without an end; owned by the compare */
	size_t word_count;
};

struct compare;

/* Both tables are borrowed until compare_destroy(). */
struct compare *compare_new(
    const struct routes *before, const struct routes *after);
void compare_destroy(struct compare **cp);
/* In the order of the newer table, then what only the older one has. */
size_t compare_count(const struct compare *c);
const struct compare_change *compare_at(const struct compare *c, size_t i);
/* Domains whose line came, went or is another, though mail goes as before. */
size_t compare_idle_count(const struct compare *c);

/* Appends it for people, or as one JSON object and the end of line. */
void compare_format(const struct compare *c, struct buf *out);
void compare_json(const struct compare *c, struct buf *out);

/* Appends the order in which a line's hosts are tried: "first a and b in turns,
 * then c"; of NULL what its MX records make of it. */
void compare_order(const struct route *route, struct buf *out);

#endif
