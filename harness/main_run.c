/* SPDX-License-Identifier: MIT */
/*
 * faultpost run: scenarios are read, run in virtual time and judged one after
 * the other, and each is reported as soon as it is over.
 */
#include "core/cli/cli.h"
#include "core/cli/library.h"
#include "core/cli/output.h"
#include "core/cli/terminal.h"
#include "core/json/doc.h"
#include "harness/main.h"
#include "harness/report/report.h"
#include "harness/run_files.h"
#include "harness/sim/sim.h"

#include <signal.h>
#include <time.h>

struct run {
	bool verbose, check, json, has_seed;
	const char *profiles; /* a folder, or NULL */
	uint64_t seed;
	struct cli_output log, transcript;
	struct report_style style;
	struct report_totals totals;
	uint64_t objects; /* of JSON, printed */
	int code;
	struct buf text; /* of reports and transcripts on their way out */
};

enum {
	OPTION_VERBOSE = 1000,
	OPTION_LOG,
	OPTION_TRANSCRIPT,
	OPTION_SEED,
	OPTION_FORMAT,
	OPTION_PROFILES,
	OPTION_CHECK
};

static const struct cli_option run_options[] = {
	{ OPTION_VERBOSE, 'v', "verbose", NULL,
	    "Draw the deliveries of scenarios that held, too." },
	{ OPTION_LOG, 0, "log", "FILE", "Write the mail log to FILE." },
	{ OPTION_TRANSCRIPT, 0, "transcript", "FILE",
	    "Write what the hosts saw to FILE, as JSON Lines." },
	{ OPTION_SEED, 0, "seed", "N", "Use this seed, not the scenario's." },
	{ OPTION_FORMAT, 0, "format", "FORMAT",
	    "\"human\" (the default) or \"json\"." },
	{ OPTION_PROFILES, 0, "profiles", "FOLDER",
	    "Look there first for the profiles that hosts name." },
	{ OPTION_CHECK, 0, "check", NULL,
	    "Read the scenarios, say what is wrong, and stop." },
};
static const struct cli_program run_program = {
	.name = "faultpost run",
	.usage = "[OPTION]... FILE|FOLDER...",
	.summary = "Runs scenarios in virtual time and judges each by the "
		   "relay's log.",
	CLI_OPTIONS(run_options),
	.more = "Of a folder every *" RUN_FILES_SUFFIX
		" below it is run, in the order of\ntheir names, each once.  "
		"With several scenarios, FILE gets one log behind\n"
		"the other.  SIGINT and SIGTERM end the run: what is known is "
		"printed, and\nthe exit code is 3.\n",
};

static bool
on_run_option(void *owner, int id, const char *value, struct err *err)
{
	struct run *run = owner;

	switch (id) {
	case OPTION_VERBOSE:
		run->verbose = true;
		break;
	case OPTION_LOG:
		run->log.path = value;
		break;
	case OPTION_TRANSCRIPT:
		run->transcript.path = value;
		break;
	case OPTION_SEED:
		run->has_seed = true;
		return cli_number("seed", value, 0, INT64_MAX, &run->seed, err);
	case OPTION_FORMAT:
		run->json = strcmp(value, "json") == 0;
		if (!run->json && strcmp(value, "human") != 0)
			return err_set(
			    err, "--format %s: expected human or json", value);
		return true;
	case OPTION_PROFILES:
		run->profiles = value;
		break;
	case OPTION_CHECK:
		run->check = true;
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

/* The worst counts: 0 is outdone by 1, and that by what kept us from judging.
 */
static void
note_code(struct run *run, int code)
{
	run->code = code > run->code ? code : run->code;
}

/* Prints what has been gathered in run->text. */
static void
print_text(struct run *run)
{
	fwrite(buf_slice(&run->text).at, 1, buf_len(&run->text), stdout);
	fflush(stdout);
	buf_clear(&run->text);
}

static void
begin_json_object(struct run *run)
{
	buf_append_cstr(&run->text, run->objects++ > 0 ? ",\n" : "\n");
}

/* ---- one scenario ---- */

static volatile sig_atomic_t stop_signal;

static void
on_stop_signal(int number)
{
	stop_signal = number;
}

static bool
is_stopped(void *owner)
{
	(void)owner;
	return stop_signal != 0;
}

/* A second one finds the default again, and ends the program at once. */
static void
watch_signals(void)
{
	struct sigaction action = { .sa_handler = on_stop_signal,
		.sa_flags = (int)SA_RESETHAND | SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void
on_log(void *owner, struct slice line)
{
	struct run *run = owner;

	if (run->log.file != NULL)
		fwrite(line.at, 1, line.len, run->log.file);
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct run *run = owner;

	if (run->transcript.file == NULL)
		return;
	transcript_format(&run->text, ev);
	fwrite(buf_slice(&run->text).at, 1, buf_len(&run->text),
	    run->transcript.file);
	buf_clear(&run->text);
}

static void
report_error(struct run *run, const char *file, const struct err *err, int code)
{
	note_code(run, code);
	run->totals.failed++;
	cli_report(err, code);
	if (!run->json)
		return;
	begin_json_object(run);
	report_json_invalid(file, err, &run->text);
	print_text(run);
}

static void
report_result(struct run *run, const struct result *result)
{
	bool stopped = result->is_stopped;
	bool held = result_held(result) && !stopped;

	run->totals.wall_span += result->wall_span;
	run->totals.held += held;
	run->totals.stopped += stopped;
	run->totals.failed += !held && !stopped;
	note_code(run, held ? CLI_OK : stopped ? CLI_TROUBLE : CLI_FAILED);
	if (run->json) {
		begin_json_object(run);
		report_json(result, &run->text);
	} else {
		report_scenario(result, &run->style, &run->text);
	}
	print_text(run);
}

static void
run_plan(struct run *run, const struct plan *plan)
{
	struct sim_hooks hooks = { run, on_log, on_transcript, is_stopped };
	struct result result;
	utime began = wall_clock();
	struct err err;

	result_init(&result, plan, run->has_seed ? run->seed : plan->seed);
	if (sim_run_scenario(&result, &hooks, &err)) {
		result.wall_span = wall_clock() - began;
		if (run->json || result_held(&result) ||
		    sim_gather_evidence(&result, &err))
			report_result(run, &result);
		else
			report_error(run, plan->file, &err, CLI_TROUBLE);
	} else {
		report_error(run, plan->file, &err, CLI_TROUBLE);
	}
	result_fini(&result);
}

static void
on_path_error(void *owner, const char *path, const struct err *err)
{
	report_error(owner, path, err, CLI_USAGE);
}

static char *
read_profile(
    void *owner, const char *name, size_t *len, char **file, struct err *err)
{
	return cli_library_read(owner, name, len, file, err);
}

static bool
run_file(void *owner, const char *path)
{
	struct run *run = owner;
	struct cli_library library = { "profiles", path, run->profiles,
		PROFILE_TEXT_MAX };
	const struct profile_source profiles = { &library, read_profile };
	struct err err;
	size_t len;
	char *text = cli_read_file(path, JSON_TEXT_MAX, &len, &err);
	struct plan *plan = NULL;

	if (text != NULL)
		plan =
		    plan_parse_with(path, slice_of(text, len), &profiles, &err);
	free(text);
	if (plan == NULL) {
		report_error(run, path, &err, CLI_USAGE);
	} else if (run->check) {
		run->totals.held++;
		if (!run->json)
			printf("good %s  %s\n", plan->file, plan->title);
	} else {
		run_plan(run, plan);
	}
	plan_destroy(&plan);
	return stop_signal == 0;
}

/* ---- all of them ---- */

/* Keeps what options name to be written from being a scenario: true as long as
 * `path` is none of these files. */
static bool
spare_scenario(void *owner, const char *path)
{
	struct run *run = owner;
	const struct cli_output *outputs[] = { &run->log, &run->transcript };
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		if (!cli_output_is(outputs[i], path))
			continue;
		err_at(&err, path, 0, 0,
		    "--%s would be written over this scenario",
		    outputs[i]->option);
		note_code(run, cli_report(&err, CLI_USAGE));
		return false;
	}
	return true;
}

/* It will be told when the scenarios are run. */
static void
ignore_error(void *owner, const char *path, const struct err *err)
{
	(void)owner;
	(void)path;
	(void)err;
}

static bool
spare_scenarios(struct run *run, char **paths)
{
	struct run_files files = { .owner = run,
		.on_file = spare_scenario,
		.on_error = ignore_error };

	while (*paths != NULL && run_files_walk(&files, *paths))
		paths++;
	run_files_fini(&files);
	return *paths == NULL;
}

static bool
open_outputs(struct run *run, struct err *err)
{
	if (!cli_output_open(&run->log, err) ||
	    !cli_output_open(&run->transcript, err))
		return false;
	if (run->transcript.path != NULL &&
	    cli_output_is(&run->log, run->transcript.path))
		return err_at(err, run->log.path, 0, 0,
		    "--log and --transcript name one file; expected one each");
	return true;
}

static bool
begin_outputs(struct run *run)
{
	struct err err;

	if (cli_output_begin(&run->log, &err) &&
	    cli_output_begin(&run->transcript, &err))
		return true;
	note_code(run, cli_report(&err, CLI_TROUBLE));
	return false;
}

static void
close_output(struct run *run, struct cli_output *output)
{
	struct err err;

	if (!cli_output_close(output, &err))
		note_code(run, cli_report(&err, CLI_TROUBLE));
}

static void
run_all(struct run *run, char **paths)
{
	struct run_files files = {
		.owner = run, .on_file = run_file, .on_error = on_path_error
	};

	if (run->json) {
		buf_append_cstr(&run->text, "{\"scenarios\": [");
		/* Transcripts go through the same buffer. */
		print_text(run);
	}
	watch_signals();
	while (*paths != NULL && run_files_walk(&files, *paths))
		paths++;
	run_files_fini(&files);
	if (stop_signal != 0) {
		note_code(run, CLI_TROUBLE);
		run->totals.stopped += run->totals.stopped == 0;
	}
	if (run->json)
		buf_append_cstr(&run->text, "\n]}\n");
	else if (!run->check)
		report_totals(&run->totals, &run->style, &run->text);
	print_text(run);
}

int
command_run(int argc, char **argv)
{
	struct run run = {
		.code = CLI_OK,
		.log.option = "log",
		.transcript.option = "transcript",
	};
	struct err err;
	int first;

	switch (
	    cli_parse(&run_program, argc, argv, on_run_option, &run, &first)) {
	case CLI_TOLD:
		return CLI_OK;
	case CLI_WRONG:
		return CLI_USAGE;
	case CLI_GO:
		break;
	}
	if (first == argc) {
		fprintf(stderr,
		    "faultpost run: no scenario given; see faultpost run "
		    "--help\n");
		return CLI_USAGE;
	}
	run.style = (struct report_style){
		.colour = cli_wants_colour(getenv("NO_COLOR"), getenv("TERM")),
		.verbose = run.verbose,
		.has_seed = run.has_seed,
		.columns = cli_columns(),
	};
	if (!open_outputs(&run, &err))
		note_code(&run, cli_report(&err, CLI_USAGE));
	else if (spare_scenarios(&run, argv + first) && begin_outputs(&run))
		run_all(&run, argv + first);
	close_output(&run, &run.log);
	close_output(&run, &run.transcript);
	buf_fini(&run.text);
	return run.code;
}
