/* SPDX-License-Identifier: MIT */
/*
 * The reports that a command line asks for, each with where it goes: --format
 * and --output of the commands that judge.
 */
#ifndef FAULTPOST_HARNESS_MAIN_REPORTS_H
#define FAULTPOST_HARNESS_MAIN_REPORTS_H

#include "core/cli/output.h"
#include "harness/report/report.h"

/* One report that is asked for. */
struct report_output {
	const struct report_format *format;
	struct report_style style;
	struct cli_output output; /* without a path: standard output */
	struct buf kept;          /* see report_format.begins_last */
};

struct reports {
	struct report_output at[REPORT_FORMATS_MAX];
	size_t count;
};

/* One more, as `option` asks for; its text goes to `path`, NULL: standard
 * output.  False with *err set when there is no such format, as is that of all
 * below. */
bool reports_add(struct reports *reports, const char *option, struct slice name,
    const char *path, struct err *err);
/* The value of --format: names with commas between them. */
bool reports_print(struct reports *reports, const char *value, struct err *err);
/* The value of --output: FORMAT=FILE. */
bool reports_write(struct reports *reports, const char *value, struct err *err);
/* All were given: standard output has one document, or texts that go together,
 * and the one for people when nothing else was asked for. */
bool reports_settle(struct reports *reports, struct err *err);
/* How they look, by what the environment and the terminal say. */
void reports_style(struct reports *reports, bool verbose);

/* Whether one of them shows evidence, or a chart. */
bool reports_show_evidence(const struct reports *reports);
bool reports_show_chart(const struct reports *reports);

/* Opens outputs, and none of them if two are one file. */
bool outputs_open(
    struct cli_output *const *outputs, size_t count, struct err *err);
/* Behind it, and before they are begun: none of them is that file, which is
 * read.  False with *err set, which names the option. */
bool outputs_spare(struct cli_output *const *outputs, size_t count,
    const char *path, struct err *err);

#endif
