/* SPDX-License-Identifier: MIT */
/*
 * Results as text: for people (a line a scenario, a page a failure), and for
 * programs, as each of the formats writes them.  What is told of a scenario is
 * made where it ran, which may be a process of its own, and put together in
 * the order of the scenarios between `begin` and `end`.  The failure page is
 * an interface: tests compare it verbatim.  Pure.
 */
#ifndef FAULTPOST_REPORT_H
#define FAULTPOST_REPORT_H

#include "harness/report/result.h"

struct report_style {
	bool colour;
	bool verbose;   /* the story of passing runs, too */
	size_t columns; /* of the terminal, which titles are cut to; 0: any */
};

enum report_verdict {
	REPORT_GOOD, /* it can be run, and that was the question (--check) */
	REPORT_HELD,
	REPORT_FAILED,
	REPORT_INTERRUPTED, /* from outside, before it was over */
	REPORT_NOT_RUN,     /* it cannot be, in the mode that was asked for */
	REPORT_INVALID,     /* the input is wrong */
	REPORT_ERROR,       /* the program or the machine failed */
};

/* What is told of one scenario. */
struct report_entry {
	uint64_t number; /* from 1, in the order in which they are told */
	enum report_verdict verdict;
	const char *file;    /* as given */
	const char *variant; /* which case of the file; "": it has one only */
	const char *title;   /* "" when it is not known */
	const char *replay;  /* the command that repeats it, for a shell */
	bool is_repeated;    /* one of several: its seed tells which */
	bool is_of_log;      /* judged from a log that something else wrote */
	const struct result *result; /* NULL: it was not judged */
	const struct err *err;       /* INVALID, ERROR: why not */
	const char *why;             /* NOT_RUN: why not */
};
/* The verdict of a result. */
enum report_verdict report_verdict_of(const struct result *r);
/* As JSON says it. */
const char *report_verdict_name(enum report_verdict verdict);
/* "FILE" or "FILE[VARIANT]". */
void report_name_format(const struct report_entry *entry, struct buf *out);

/* Where something is. */
struct report_place {
	char file[4096];
	int line, col; /* 0: unknown */
};
/* Reads "FILE:LINE:COL"; anything else is a FILE. */
void report_place_parse(const char *text, struct report_place *place);
/* Why it did not hold, in a line: the first finding that failed, or the error;
 * and where that is. */
void report_reason_format(const struct report_entry *entry, struct buf *out);
void report_reason_place(
    const struct report_entry *entry, struct report_place *place);
/* Of a log that something else wrote: what was left out of it, and what could
 * not be judged by it, each a line behind two spaces.  Likewise of a run with a
 * relay that is not ours; nothing of any other. */
void report_log_format(const struct report_entry *entry, struct buf *out);

struct report_totals {
	uint64_t planned; /* scenarios that are to be run */
	uint64_t held, failed, interrupted, not_run, errors;
	bool is_check;       /* whether they can be run was the question */
	bool is_cut;         /* by the first failure, as was asked for */
	bool is_interrupted; /* from outside */
	utime wall_span;
};
/* Counts one more. */
void report_totals_add(
    struct report_totals *totals, enum report_verdict verdict);
/* Those that were told. */
uint64_t report_totals_told(const struct report_totals *totals);

/* A format: it appends to `out`.  Each function may be NULL. */
struct report_format {
	const char *name;
	bool shows_evidence; /* of failures: see sim_gather_evidence() */
	bool shows_chart;    /* see result_draw_chart() */
	bool is_document;    /* it stands alone in its file */
	/* Its beginning says what only the end knows: it is called last, with
	 * the final totals, and what was told of scenarios is kept so long. */
	bool begins_last;
	void (*begin)(const struct report_totals *totals,
	    const struct report_style *style, struct buf *out);
	void (*scenario)(const struct report_entry *entry,
	    const struct report_style *style, struct buf *out);
	void (*end)(const struct report_totals *totals,
	    const struct report_style *style, struct buf *out);
};
#define REPORT_FORMATS_MAX 16
/* The format of that name; NULL with *err set, which names those there are. */
const struct report_format *report_format_named(
    struct slice name, struct err *err);

/* For people: the line of a scenario and the page of a failure. */
extern const struct report_format report_human;
/* The page of a failure alone, without colours: what text in other formats
 * has. */
void report_page(const struct report_entry *entry, struct buf *out);

/* For programs: DESIGN's contract of `--format json`. */
extern const struct report_format report_json;
/* For CI servers; see their files. */
extern const struct report_format report_tap, report_junit, report_github;
/* For people with a browser: one page, in which nothing but its own script and
 * style can act, whatever scenarios and logs hold. */
extern const struct report_format report_html;

#endif
