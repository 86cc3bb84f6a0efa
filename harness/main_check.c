/* SPDX-License-Identifier: MIT */
/*
 * faultpost check: a log that something else wrote, our daemon or a real
 * appliance, is judged by a scenario.
 */
#include "core/cli/cli.h"
#include "core/cli/lines.h"
#include "core/maillog/stamp.h"
#include "harness/check/check.h"
#include "harness/main.h"
#include "harness/main_plan.h"
#include "harness/main_reports.h"
#include "harness/report/shell.h"

#include <time.h>

struct checking {
	bool verbose, is_whole;
	struct reports reports;
	const char *profiles, *transcript_path; /* or NULL */
	const char **log_paths;                 /* owned, not its texts */
	char **logs, *transcript_file; /* owned: as they can be read again */
	size_t log_count, log_cap;
	struct cli_lines *transcript; /* owned; NULL: not open */
	struct err err;               /* of reading the transcript */
	struct buf command;
};

enum {
	OPTION_LOG = 1000,
	OPTION_TRANSCRIPT,
	OPTION_WHOLE,
	OPTION_VERBOSE,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_HTML,
	OPTION_PROFILES
};

static const struct cli_option check_options[] = {
	{ OPTION_LOG, 0, "log", "FILE",
	    "A mail log; several stand in the order of their times." },
	{ OPTION_TRANSCRIPT, 0, "transcript", "FILE",
	    "What the hosts saw, as JSON Lines." },
	{ OPTION_WHOLE, 0, "whole", NULL,
	    "Nothing is missing from the log: what it lacks is a failure." },
	{ OPTION_VERBOSE, 'v', "verbose", NULL,
	    "Draw the deliveries of a log that held, too." },
	{ OPTION_FORMAT, 0, "format", "FORMAT",
	    "human (the default), tap, junit, json, github, html." },
	{ OPTION_OUTPUT, 'o', "output", "FORMAT=FILE",
	    "Write that to FILE, too." },
	{ OPTION_HTML, 0, "html", "FILE",
	    "Write a page to FILE: lanes, shares, queue, log." },
	{ OPTION_PROFILES, 0, "profiles", "FOLDER",
	    "Look there first for the profiles that hosts name." },
};
static const struct cli_program check_program = {
	.name = "faultpost check",
	.usage = "[OPTION]... SCENARIO --log FILE...",
	CLI_OPERANDS(1, 1, "one scenario"),
	.summary = "Judges a log that something else wrote by the scenario.",
	CLI_OPTIONS(check_options),
	.more = "Of a scenario with a matrix FILE[CASE] is one case.\n"
		"A FILE of - is standard input; what gzip or zstd compressed "
		"is read as it is.\n",
};

static bool
on_check_option(void *owner, int id, const char *value, struct err *err)
{
	struct checking *k = owner;

	switch (id) {
	case OPTION_LOG:
		k->log_paths = xgrow(k->log_paths, &k->log_cap,
		    k->log_count + 1, sizeof(k->log_paths[0]));
		k->log_paths[k->log_count++] = value;
		break;
	case OPTION_TRANSCRIPT:
		k->transcript_path = value;
		break;
	case OPTION_WHOLE:
		k->is_whole = true;
		break;
	case OPTION_VERBOSE:
		k->verbose = true;
		break;
	case OPTION_FORMAT:
		return reports_print(&k->reports, value, err);
	case OPTION_OUTPUT:
		return reports_write(&k->reports, value, err);
	case OPTION_HTML:
		return reports_add(
		    &k->reports, "html", SLICE("html"), value, err);
	case OPTION_PROFILES:
		k->profiles = value;
		break;
	}
	return true;
}

static utime
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (utime)now.tv_sec * UTIME_S + now.tv_nsec / 1000;
}

/* ---- what is read ---- */

static struct plan *
read_plan(const struct checking *k, const char *name, struct err *err)
{
	struct slice label;
	char *path = main_plan_split(name, &label);
	struct plan_variants *variants = main_plan_read(path, err);
	struct plan *plan = NULL;

	if (variants != NULL)
		plan = main_plan_find(variants, label, path, k->profiles, err);
	plan_variants_destroy(&variants);
	free(path);
	return plan;
}

static bool
next_transcript_line(void *owner, struct slice *line)
{
	struct checking *k = owner;

	return cli_lines_next(k->transcript, line, &k->err);
}

/* For stamps without a year: the file was changed behind the last record. */
static utime
near_of(const struct checking *k, const struct plan *plan)
{
	struct err err;
	struct cli_lines *lines = cli_lines_open(k->logs[0], &err);
	int64_t changed = lines != NULL ? cli_lines_changed(lines) : 0;

	cli_lines_close(&lines);
	return changed > 0 ? maillog_clock_before(changed * UTIME_S)
			   : plan->start;
}

static bool
read_log(const char *path, struct check *check, struct err *err)
{
	struct cli_lines *lines = cli_lines_open(path, err);
	struct slice line;

	if (lines == NULL)
		return false;
	while (cli_lines_next(lines, &line, err))
		check_line(check, line);
	cli_lines_close(&lines);
	return err->msg[0] == '\0';
}

static bool
open_transcript(struct checking *k, struct err *err)
{
	cli_lines_close(&k->transcript);
	k->err.msg[0] = '\0';
	if (k->transcript_file != NULL)
		k->transcript = cli_lines_open(k->transcript_file, err);
	return k->transcript_file == NULL || k->transcript != NULL;
}

static bool
read_all(struct checking *k, struct check *check, struct err *err)
{
	bool good = open_transcript(k, err);

	for (size_t i = 0; i < k->log_count && good; i++)
		good = read_log(k->logs[i], check, err);
	if (!good)
		return false;
	check_finish(check);
	if (k->transcript == NULL || k->err.msg[0] == '\0')
		return true;
	*err = k->err;
	return false;
}

static bool
find_files(struct checking *k, struct err *err)
{
	k->logs = xcalloc(k->log_count, sizeof(k->logs[0]));
	for (size_t i = 0; i < k->log_count; i++) {
		k->logs[i] = cli_lines_path(k->log_paths[i], err);
		if (k->logs[i] == NULL)
			return false;
	}
	if (k->transcript_path != NULL)
		k->transcript_file = cli_lines_path(k->transcript_path, err);
	return k->transcript_path == NULL || k->transcript_file != NULL;
}

static void
forget_files(struct checking *k)
{
	for (size_t i = 0; k->logs != NULL && i < k->log_count; i++)
		free(k->logs[i]);
	free(k->logs);
	free(k->transcript_file);
}

/* ---- what is written ---- */

static size_t
outputs_of(struct checking *k, struct cli_output **outputs)
{
	for (size_t i = 0; i < k->reports.count; i++)
		outputs[i] = &k->reports.at[i].output;
	return k->reports.count;
}

static bool
spare_input(struct checking *k, const char *path, struct err *err)
{
	struct cli_output *outputs[REPORT_FORMATS_MAX];
	size_t n = outputs_of(k, outputs);

	return outputs_spare(outputs, n, path, err);
}

/* Opens what options name to be written, which must be no input. */
static bool
open_outputs(struct checking *k, const struct plan *plan, struct err *err)
{
	struct cli_output *outputs[REPORT_FORMATS_MAX];
	size_t n = outputs_of(k, outputs);
	bool good =
	    outputs_open(outputs, n, err) && spare_input(k, plan->file, err);

	for (size_t i = 0; i < k->log_count && good; i++)
		good = spare_input(k, k->log_paths[i], err);
	return good &&
	    (k->transcript_path == NULL ||
		spare_input(k, k->transcript_path, err));
}

/* Closes them; what could not be written makes the code worse. */
static int
close_outputs(struct checking *k, int code)
{
	struct cli_output *outputs[REPORT_FORMATS_MAX];
	size_t n = outputs_of(k, outputs);
	struct err err;

	for (size_t i = 0; i < n; i++)
		if (!cli_output_close(outputs[i], &err))
			code = cli_report(&err, CLI_TROUBLE);
	return code;
}

/* ---- what comes of it ---- */

static void
write_report(const struct report_output *report, const struct buf *text)
{
	FILE *file = report->output.file != NULL ? report->output.file : stdout;

	fwrite(buf_slice(text).at, 1, buf_len(text), file);
}

static void
report_to(const struct report_output *report, const struct report_entry *entry,
    const struct report_totals *totals)
{
	const struct report_format *format = report->format;
	struct buf text = { 0 };

	if (format->begin != NULL)
		format->begin(totals, &report->style, &text);
	if (format->scenario != NULL)
		format->scenario(entry, &report->style, &text);
	/* One log needs no sum: people have it in its line. */
	if (format->end != NULL && format != &report_human)
		format->end(totals, &report->style, &text);
	write_report(report, &text);
	buf_fini(&text);
}

static int
report(struct checking *k, const struct result *result)
{
	struct report_totals totals = { .planned = 1,
		.wall_span = result->wall_span };
	struct report_entry entry = {
		.number = 1,
		.verdict = report_verdict_of(result),
		.file = result->plan->file,
		.variant = result->plan->label,
		.title = result->plan->title,
		.replay = buf_cstr(&k->command),
		.is_of_log = true,
		.result = result,
	};
	struct err err;

	report_totals_add(&totals, entry.verdict);
	for (size_t i = 0; i < k->reports.count; i++) {
		if (!cli_output_begin(&k->reports.at[i].output, &err))
			return cli_report(&err, CLI_TROUBLE);
		report_to(&k->reports.at[i], &entry, &totals);
	}
	return result_held(result) ? CLI_OK : CLI_FAILED;
}

static bool
judge_log(struct checking *k, struct check *check, struct err *err)
{
	utime began = wall_clock();

	do {
		if (!read_all(k, check, err))
			return false;
		if (check->survey.records == 0)
			return err_at(err, k->log_paths[0], 0, 0,
			    "no record in it; expected a mail log");
	} while (check_again(check, reports_show_evidence(&k->reports)));
	if (check->survey.is_mixed && !k->is_whole)
		return err_at(err, k->log_paths[0], 0, 0,
		    "numbers begin anew %llu times, as in the logs of several "
		    "appliances; expected that of one",
		    (unsigned long long)check->survey.anew.count);
	check->result->wall_span = wall_clock() - began;
	return true;
}

static int
check_plan(struct checking *k, struct plan *plan)
{
	const struct check_source source = { k, next_transcript_line };
	struct result result = { 0 };
	struct check check;
	struct err err;
	int code;

	check_init(&check, plan, &result,
	    k->transcript_file != NULL ? &source : NULL, near_of(k, plan));
	check.is_whole = k->is_whole;
	check.wants_chart = reports_show_chart(&k->reports);
	if (judge_log(k, &check, &err))
		code = report(k, &result);
	else
		code = cli_report(&err, CLI_USAGE);
	cli_lines_close(&k->transcript);
	check_fini(&check);
	result_fini(&result);
	return code;
}

/* The command that does this again, for the failure page. */
static void
note_command(struct checking *k, const char *scenario)
{
	buf_append_cstr(&k->command, "faultpost check -v");
	shell_option_format("profiles", k->profiles, &k->command);
	shell_file_format(slice_cstr(scenario), &k->command);
	for (size_t i = 0; i < k->log_count; i++)
		shell_option_format("log", k->log_paths[i], &k->command);
	if (k->is_whole)
		buf_append_cstr(&k->command, " --whole");
	shell_option_format("transcript", k->transcript_path, &k->command);
}

static int
check_scenario(struct checking *k, const char *path)
{
	struct err err;
	struct plan *plan = read_plan(k, path, &err);
	int code;

	if (plan == NULL)
		return cli_report(&err, CLI_USAGE);
	note_command(k, path);
	code = find_files(k, &err) && open_outputs(k, plan, &err)
	    ? check_plan(k, plan)
	    : cli_report(&err, CLI_USAGE);
	forget_files(k);
	plan_destroy(&plan);
	return close_outputs(k, code);
}

static int
check_go(struct checking *k, const char *path)
{
	struct err err;

	if (!reports_settle(&k->reports, &err)) {
		err_prefix(&err, "faultpost check: ");
		return cli_report(&err, CLI_USAGE);
	}
	reports_style(&k->reports, k->verbose);
	return check_scenario(k, path);
}

int
command_check(int argc, char **argv)
{
	struct checking k = { 0 };
	struct cli_operands operands;
	int code;

	if (!cli_parse(
		&check_program, argc, argv, on_check_option, &k, &operands))
		code = operands.code;
	else if (k.log_count == 0)
		code = cli_wrong_use(&check_program, "no --log given");
	else
		code = check_go(&k, operands.at[0]);
	free(k.log_paths);
	buf_fini(&k.command);
	return code;
}
