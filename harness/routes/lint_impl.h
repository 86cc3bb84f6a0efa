/* SPDX-License-Identifier: MIT */
/*
 * What the files of lint.h share.  Each lint_*.c has rules of a kind and adds
 * findings; lint.c reads the table, and puts findings and suppressions together
 * at the end.
 */
#ifndef FAULTPOST_ROUTES_LINT_IMPL_H
#define FAULTPOST_ROUTES_LINT_IMPL_H

#include "core/base/map.h"
#include "harness/routes/lint.h"
#include "harness/routes/reach.h"

/* A comment that suppresses. */
struct lint_mark {
	int line; /* of the route that it is for; 0: none came, or all; -1: of
	             none */
	int written_line, written_col;
	bool is_whole;        /* it is for the file */
	uint64_t rules, used; /* 1 << enum lint_rule_id */
};

struct lint {
	struct arena arena;
	const char *file;        /* borrowed */
	struct routes *routes;   /* owned */
	struct map domains;      /* -> struct route, borrowed from `routes` */
	const struct route *all; /* the line of ALL, or NULL */
	struct lint_finding *findings; /* owned */
	size_t count, cap;
	struct lint_mark *marks; /* owned; by line */
	size_t mark_count, mark_cap;
	uint64_t whole_rules; /* of marks that are for the file */
	size_t marks_open;    /* of the last ones, those that wait for a line */
	bool is_refused;
	const struct lint_options *options; /* borrowed, while it finds */
};

/* Adds a finding about a place in the table. */
void lint_add(struct lint *l, enum lint_rule_id rule, int line, int col,
    struct slice domain, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* The same about a route as a whole, and about one of its destinations. */
#define LINT_ROUTE(l, rule, route, ...)                                        \
	lint_add((l), (rule), (route)->line, (route)->col, (route)->domain,    \
	    __VA_ARGS__)
#define LINT_DEST(l, rule, route, dest, ...)                                   \
	lint_add((l), (rule), (route)->line, (dest)->col, (route)->domain,     \
	    __VA_ARGS__)

/* The line of exactly that domain, or NULL. */
const struct route *lint_find_domain(const struct lint *l, struct slice domain);
/* The less specific line that would have the mail without this one: the next
 * shorter partial name, else ALL, else NULL. */
const struct route *lint_broader(
    const struct lint *l, const struct route *route);
/* Whether mail goes the same way by both. */
bool lint_same_way(const struct route *a, const struct route *b);
/* The destination as the table has it. */
const char *lint_dest_text(struct lint *l, const struct route_dest *dest);
/* The port that holds. */
uint16_t lint_dest_port(const struct route_dest *dest);

/* Comments: takes what the comment of a line (behind its '#') suppresses.  A
 * comment that is `alone` is for the next line with a route. */
void lint_take_comment(
    struct lint *l, struct slice comment, int line, int col, bool alone);
/* A line with a route: it is what open marks wait for. */
void lint_close_marks(struct lint *l, int line);
/* All has been found: suppresses, and finds marks that do nothing. */
void lint_apply_marks(struct lint *l);

/* The rules, by what they look at: one line; its place among the others; what
 * DNS says; destination controls. */
void lint_route_alone(struct lint *l, const struct route *route);
void lint_table(struct lint *l);
void lint_route_dns(struct lint *l, const struct route *route);
void lint_controls(struct lint *l);

#endif
