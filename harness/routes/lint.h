/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a routes table: all that the grammar refuses, in one go,
 * and what it takes and is still wrong.  Each finding is by a rule that keeps
 * its number for ever (lint_rule.h), and a comment of the table can say that it
 * is meant so:
 *
 *	example.com: mx.example.com      # faultpost: ignore R007
 *	# faultpost: ignore R007 R018
 *	example.org: 10.1.1.1
 *	# faultpost: ignore-file R018
 *
 * which hold for the line, for the next line with a route, and for the file.
 * Pure: what DNS says comes as a zone.
 */
#ifndef FAULTPOST_ROUTES_LINT_H
#define FAULTPOST_ROUTES_LINT_H

#include "core/base/arena.h"
#include "core/dns/zone.h"
#include "core/routes/routes.h"
#include "harness/routes/lint_rule.h"
#include "relay/deliver/destination.h"

/* A name or an address of the relay itself. */
struct lint_self {
	struct slice name;
	struct ip_address ip; /* none: it is a name */
};

/* What the table is held against; zeroed: itself alone.  All is borrowed. */
struct lint_options {
	const struct zone *zone; /* NULL: nobody knows what DNS says */
	/* Destination controls, and the name of their file. */
	const struct relay_destinations *destinations;
	const char *destinations_file;
	const struct lint_self *selves;
	size_t self_count;
};

struct lint_finding {
	enum lint_rule_id rule;
	const char *file; /* the table's, or that of the controls; borrowed */
	int line, col;    /* 0: none */
	struct slice domain;
	const char *text; /* what is wrong; what is expected */
	bool is_suppressed;
};

struct lint;

/* Reads a table; `file` is its name and borrowed, the text is not. */
struct lint *lint_new(struct slice text, const char *file);
void lint_destroy(struct lint **lp);
/* The lines that are right. */
const struct routes *lint_routes(const struct lint *l);
/* Whether the grammar refuses a line, so that the table is not taken. */
bool lint_is_refused(const struct lint *l);
/* Adds what the file of destination controls has for errors, then refused. */
void lint_add_errors(
    struct lint *l, const char *file, const struct err_list *errors);
/* Finds all the rest, once; then the findings are complete and in order. */
void lint_find(struct lint *l, const struct lint_options *options);

size_t lint_count(const struct lint *l);
const struct lint_finding *lint_at(const struct lint *l, size_t i);
/* How many of a severity are not suppressed. */
size_t lint_severity_count(const struct lint *l, enum lint_severity severity);
size_t lint_suppressed_count(const struct lint *l);

/* ---- as text ---- */

enum lint_format {
	LINT_HUMAN,
	LINT_JSON,
	LINT_SARIF, /* 2.1.0 */
	LINT_GITHUB,
};
/* False with *err set, which names those there are. */
bool lint_format_parse(
    struct slice name, enum lint_format *format, struct err *err);
/* Appends the findings. */
void lint_format(
    const struct lint *l, enum lint_format format, struct buf *out);

#endif
