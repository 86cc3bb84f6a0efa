/* SPDX-License-Identifier: MIT */
/*
 * Results as text for people (a line a scenario, a page a failure) and as JSON
 * for programs.  The failure page is an interface: tests compare it verbatim.
 * Pure.
 */
#ifndef FAULTPOST_REPORT_H
#define FAULTPOST_REPORT_H

#include "harness/report/result.h"

struct report_style {
	bool colour;
	bool verbose;   /* the story of passing runs, too */
	bool has_seed;  /* the seed was given: the replay line says it */
	size_t columns; /* of the terminal, which titles are cut to; 0: any */
	/* What judged a log again; NULL: it was a run. */
	const char *check_command;
};

/* Appends what a person is told of one scenario. */
void report_scenario(
    const struct result *r, const struct report_style *style, struct buf *out);

struct report_totals {
	uint64_t held, failed, stopped; /* stopped: from outside */
	utime wall_span;
};
/* Appends the last line: "3 scenarios, 1 failed (12 ms)". */
void report_totals(const struct report_totals *totals,
    const struct report_style *style, struct buf *out);

/* Appends the scenario's object of `--format json`, without an end of line. */
void report_json(const struct result *r, struct buf *out);
/* The same of a file that could not be run; its verdict is "invalid". */
void report_json_invalid(
    const char *file, const struct err *err, struct buf *out);

#endif
