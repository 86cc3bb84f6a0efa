/* SPDX-License-Identifier: MIT */
/*
 * What is told: the reports, each to where it goes, logs and transcripts, and
 * on a terminal a line that says how far the run has come.
 */
#include "core/cli/cli.h"
#include "harness/main_run.h"

static FILE *
file_of(const struct report_output *report)
{
	return report->output.file != NULL ? report->output.file : stdout;
}

/* Takes the line away before something is printed. */
static void
hide_progress(struct run *run)
{
	if (!run->shows_progress)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}

static void
show_progress(struct run *run)
{
	uint64_t failed = run->totals.failed + run->totals.errors;

	if (!run->shows_progress)
		return;
	hide_progress(run);
	fprintf(stderr, "%llu of %zu, %llu failed",
	    (unsigned long long)report_totals_told(&run->totals),
	    run->case_count, (unsigned long long)failed);
	fflush(stderr);
}

static void
write_text(struct run *run, struct report_output *report, struct slice text)
{
	FILE *file = file_of(report);

	if (file == stdout)
		hide_progress(run);
	fwrite(text.at, 1, text.len, file);
}

static void
tell_beginning(struct run *run, struct report_output *report)
{
	if (report->format->begin == NULL)
		return;
	report->format->begin(&run->totals, &report->style, &run->text);
	write_text(run, report, buf_slice(&run->text));
	buf_clear(&run->text);
}

void
run_tell_begin(struct run *run)
{
	run->totals.planned = run->case_count;
	run->totals.is_check = run->check;
	for (size_t i = 0; i < run->reports.count; i++)
		if (!run->reports.at[i].format->begins_last)
			tell_beginning(run, &run->reports.at[i]);
	fflush(stdout);
	show_progress(run);
}

void
run_tell_end(struct run *run)
{
	hide_progress(run);
	run->shows_progress = false;
	run->totals.wall_span = run_clock() - run->began;
	for (size_t i = 0; i < run->reports.count; i++) {
		struct report_output *report = &run->reports.at[i];

		if (report->format->begins_last)
			tell_beginning(run, report);
		write_text(run, report, buf_slice(&report->kept));
		buf_fini(&report->kept);
		if (report->format->end == NULL)
			continue;
		report->format->end(&run->totals, &report->style, &run->text);
		write_text(run, report, buf_slice(&run->text));
		buf_clear(&run->text);
	}
	fflush(stdout);
}

void
run_tell_text(void *owner, size_t number, unsigned channel, struct slice text)
{
	struct run *run = owner;

	(void)number;
	if (channel < run->reports.count) {
		struct report_output *report = &run->reports.at[channel];

		if (report->format->begins_last)
			buf_append(&report->kept, text);
		else
			write_text(run, report, text);
	} else if (channel == RUN_CHANNEL_LOG) {
		fwrite(text.at, 1, text.len, run->log.file);
	} else if (channel == RUN_CHANNEL_TRANSCRIPT) {
		fwrite(text.at, 1, text.len, run->transcript.file);
	} else if (channel == RUN_CHANNEL_ERROR) {
		hide_progress(run);
		fwrite(text.at, 1, text.len, stderr);
	} else {
		assert(channel == RUN_CHANNEL_VERDICT);
		assert(text.len == sizeof(run->last));
		memcpy(&run->last, text.at, sizeof(run->last));
		run->has_verdict = true;
	}
}

/* The process of a case is gone: what it could not say. */
static void
tell_loss(struct run *run, size_t number, enum pool_end end, const char *how)
{
	struct buf replay = { 0 };
	struct report_entry entry = run_case_entry(run, number, &replay);
	struct err err;

	run->last.code = CLI_TROUBLE;
	if (end == POOL_DIED) {
		run->last.verdict = REPORT_ERROR;
		err_at(&err, entry.file, 0, 0,
		    "the process that ran it died: %s; to repeat it: %s", how,
		    entry.replay);
		entry.err = &err;
		hide_progress(run);
		cli_report(&err, CLI_TROUBLE);
	} else {
		run->last.verdict = REPORT_INTERRUPTED;
	}
	entry.verdict = run->last.verdict;
	for (size_t i = 0; i < run->reports.count; i++) {
		struct report_output *report = &run->reports.at[i];

		report->format->scenario(&entry, &report->style, &run->text);
		run_tell_text(run, number, (unsigned)i, buf_slice(&run->text));
		buf_clear(&run->text);
	}
	buf_fini(&replay);
}

bool
run_tell_case(void *owner, size_t number, enum pool_end end, const char *how)
{
	struct run *run = owner;

	if (!run->has_verdict)
		tell_loss(run, number, end, how);
	run->has_verdict = false;
	report_totals_add(&run->totals, run->last.verdict);
	run_note_code(run, run->last.code);
	fflush(stdout);
	show_progress(run);
	run->totals.is_cut = run->fail_fast && run->last.code != CLI_OK;
	return !run->totals.is_cut;
}
