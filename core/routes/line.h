/* SPDX-License-Identifier: MIT */
/*
 * The grammar of one line of the routes table, and how its errors are reported.
 * For routes.c only: others use routes.h.
 */
#ifndef FAULTPOST_ROUTES_LINE_H
#define FAULTPOST_ROUTES_LINE_H

#include "core/base/arena.h"
#include "core/routes/routes.h"

/* A line being read.  Start with `place` and `errors` (both borrowed). */
struct route_line {
	const struct routes_place *place;
	struct err_list *errors;
	struct slice text; /* borrowed; without comment and blanks at its end */
	size_t at;         /* what has been read of it */
	bool is_bad;       /* an error has been reported */
	struct arena *arena; /* for the hosts of `dests`; borrowed */
	struct route_dest dests[ROUTES_DESTS_MAX];
	size_t dest_count;
};

/* Takes the line (without its end); false when it is blank, a comment or too
 * long. */
bool route_line_begin(struct route_line *l, struct slice line);
/* Reads the domain and the colon: route->domain (borrowed from the line),
 * match, line and col.  False when it is no domain; then the destinations can
 * be read all the same. */
bool route_line_domain(struct route_line *l, struct route *route);
/* Reads the rest: route->kind, and the destinations into l->dests. */
bool route_line_dests(struct route_line *l, struct route *route);

/* Reports what is wrong at a byte of the line; always false. */
bool route_line_fail(struct route_line *l, size_t at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The column of a byte of the line. */
int route_line_col(const struct route_line *l, size_t at);

/* Text as it may stand in a message: in double quotes, control characters and
 * quotes replaced, shortened with "..."; returns `out`. */
#define ROUTE_QUOTE_MAX 80
char *route_quote(struct slice text, char out[ROUTE_QUOTE_MAX]);

#endif
