/* SPDX-License-Identifier: MIT */
/*
 * faultpost run: scenarios are run in virtual time and judged, by one process
 * or several, and each is told when it is its turn; see main_run.h.
 */
#include "harness/main_run.h"

#include "core/cli/cli.h"
#include "core/cli/stop.h"
#include "core/cli/terminal.h"
#include "harness/main.h"
#include "harness/run/run_files.h"

#include <malloc.h>
#include <time.h>

#define REPEAT_MAX 1000000

enum {
	OPTION_VERBOSE = 1000,
	OPTION_KEYWORD,
	OPTION_LIST,
	OPTION_JOBS,
	OPTION_FAIL_FAST,
	OPTION_REPEAT,
	OPTION_LOG,
	OPTION_TRANSCRIPT,
	OPTION_SEED,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_HTML,
	OPTION_PROFILES,
	OPTION_LIVE,
	OPTION_TIME_SCALE,
	OPTION_KEEP,
	OPTION_RELAY,
	OPTION_RELAY_LOG,
	OPTION_BIND,
	OPTION_BIND_DNS,
	OPTION_CLIENT,
	OPTION_TIME_LIMIT,
	OPTION_PRINT_ROUTES,
	OPTION_CHECK
};

#define LIVE_OPTIONS_COUNT 9
static const struct cli_option run_options[] = {
	{ OPTION_KEYWORD, 'k', "keyword", "EXPR",
	    "Only where EXPR holds: \"tls and not (@slow or dns)\"." },
	{ OPTION_LIST, 0, "list", NULL, "List them and run nothing." },
	{ OPTION_JOBS, 'j', "jobs", "N", "Run them in N processes." },
	{ OPTION_FAIL_FAST, 'x', "fail-fast", NULL,
	    "End with the first that fails." },
	{ OPTION_REPEAT, 0, "repeat", "N",
	    "Each N times, with the seed, seed + 1, ..." },
	{ OPTION_SEED, 0, "seed", "N", "Use this seed, not the scenario's." },
	{ OPTION_FORMAT, 0, "format", "FORMAT",
	    "human (the default), tap, junit, json, github, html." },
	{ OPTION_OUTPUT, 'o', "output", "FORMAT=FILE",
	    "Write that to FILE, too." },
	{ OPTION_HTML, 0, "html", "FILE",
	    "Write a page to FILE: lanes, shares, queue, log." },
	{ OPTION_VERBOSE, 'v', "verbose", NULL,
	    "Draw the deliveries of scenarios that held, too." },
	{ OPTION_LOG, 0, "log", "FILE", "Write the mail log to FILE." },
	{ OPTION_TRANSCRIPT, 0, "transcript", "FILE",
	    "Write what the hosts saw to FILE, as JSON Lines." },
	{ OPTION_PROFILES, 0, "profiles", "FOLDER",
	    "Look there first for the profiles that hosts name." },
	{ OPTION_LIVE, 0, "live", NULL,
	    "The relay is a process, over TCP, in namespaces." },
	{ OPTION_CHECK, 0, "check", NULL,
	    "Read the scenarios, say what is wrong, and stop." },
	/* What --help-live tells. */
	{ OPTION_TIME_SCALE, 0, "time-scale", "N",
	    "Live, in real time, N seconds in one." },
	{ OPTION_KEEP, 0, "keep", NULL,
	    "Keep the files of live runs that held, too." },
	{ OPTION_RELAY, 0, "relay", "NAME[:AT]",
	    "faultpost, postfix, exim, opensmtpd, external." },
	{ OPTION_RELAY_LOG, 0, "relay-log", "FILE",
	    "external: the relay's mail log, as it is written." },
	{ OPTION_BIND, 0, "bind", "HOST=AT",
	    "external: the host listens at AT, 192.0.2.11:25 say." },
	{ OPTION_BIND_DNS, 0, "bind-dns", "AT",
	    "external: the scenario's DNS is asked at AT." },
	{ OPTION_CLIENT, 0, "client", "ADDRESS",
	    "external: the relay sees us come from there (NAT)." },
	{ OPTION_TIME_LIMIT, 0, "time-limit", "TIME",
	    "external: a run takes no longer (10m)." },
	{ OPTION_PRINT_ROUTES, 0, "print-routes", NULL,
	    "external: print the routes that the relay needs." },
};
static const struct cli_program run_program = {
	.name = "faultpost run",
	.usage = "[OPTION]... FILE|FOLDER|GLOB...",
	CLI_OPERANDS(1, CLI_MANY, "a scenario, or a folder of them"),
	.summary = "Runs scenarios in virtual time and judges each by the "
		   "relay's log.",
	CLI_OPTIONS(run_options),
	.topic = "live",
	.topic_first = ARRAY_LEN(run_options) - LIVE_OPTIONS_COUNT,
};

/* ---- options ---- */

static bool
on_keyword(struct run *run, const char *value, struct err *err)
{
	keyword_destroy(&run->keyword);
	run->keyword = keyword_parse(slice_cstr(value), err);
	return run->keyword != NULL || err_prefix(err, "-k: ");
}

static bool
on_external_option(struct run *run, int id, const char *value, struct err *err)
{
	switch (id) {
	case OPTION_RELAY_LOG:
		run->external.log = value;
		break;
	case OPTION_BIND:
		return bindings_add(&run->external.bindings, value, err);
	case OPTION_BIND_DNS:
		return run_external_read_names(run, value, err);
	case OPTION_CLIENT:
		return run_external_read_client(run, value, err);
	case OPTION_TIME_LIMIT:
		return run_external_read_limit(run, value, err);
	case OPTION_PRINT_ROUTES:
		run->external.prints_routes = true;
		break;
	}
	return true;
}

static bool
on_run_option(void *owner, int id, const char *value, struct err *err)
{
	struct run *run = owner;

	switch (id) {
	case OPTION_VERBOSE:
		run->verbose = true;
		break;
	case OPTION_KEYWORD:
		return on_keyword(run, value, err);
	case OPTION_LIST:
		run->list = true;
		break;
	case OPTION_JOBS:
		return cli_number(
		    "jobs", value, 1, POOL_PROCESSES_MAX, &run->processes, err);
	case OPTION_FAIL_FAST:
		run->fail_fast = true;
		break;
	case OPTION_REPEAT:
		return cli_number(
		    "repeat", value, 1, REPEAT_MAX, &run->repeat, err);
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
		return reports_print(&run->reports, value, err);
	case OPTION_OUTPUT:
		return reports_write(&run->reports, value, err);
	case OPTION_HTML:
		return reports_add(
		    &run->reports, "html", SLICE("html"), value, err);
	case OPTION_PROFILES:
		run->profiles = value;
		break;
	case OPTION_LIVE:
		run->is_live = true;
		break;
	case OPTION_TIME_SCALE:
		return run_live_read_scale(run, value, err);
	case OPTION_KEEP:
		run->keeps = true;
		break;
	case OPTION_RELAY:
		return run_live_read_relay(run, value, err);
	case OPTION_CHECK:
		run->check = true;
		break;
	default:
		return on_external_option(run, id, value, err);
	}
	return true;
}

/* The first report is then the one that is printed. */
static bool
check_list(const struct run *run, struct err *err)
{
	const struct report_format *format = run->reports.at[0].format;

	if (run->reports.count > 1 ||
	    (format != &report_human && format != &report_json))
		return err_set(
		    err, "--list: expected one format, --format human or json");
	return true;
}

/* ---- the machine ---- */

bool
run_is_stopped(void *owner)
{
	(void)owner;
	return cli_is_stopped();
}

utime
run_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (utime)now.tv_sec * UTIME_S + now.tv_nsec / 1000;
}

void
run_note_code(struct run *run, int code)
{
	run->code = code > run->code ? code : run->code;
}

/* ---- files that are written ---- */

static size_t
outputs_of(struct run *run, struct cli_output **outputs)
{
	size_t n = 0;

	outputs[n++] = &run->log;
	outputs[n++] = &run->transcript;
	for (size_t i = 0; i < run->reports.count; i++)
		outputs[n++] = &run->reports.at[i].output;
	return n;
}
#define OUTPUTS_MAX (REPORT_FORMATS_MAX + 2)

static bool
open_outputs(struct run *run, struct err *err)
{
	struct cli_output *outputs[OUTPUTS_MAX];
	size_t n = outputs_of(run, outputs);

	return outputs_open(outputs, n, err);
}

/* Keeps what options name to be written from being a scenario. */
static bool
spare_scenarios(struct run *run, struct err *err)
{
	struct cli_output *outputs[OUTPUTS_MAX];
	size_t n = outputs_of(run, outputs);

	for (size_t i = 0; i < run->file_count; i++)
		if (!outputs_spare(outputs, n, run->files[i]->path, err))
			return false;
	return true;
}

static bool
begin_outputs(struct run *run)
{
	struct cli_output *outputs[OUTPUTS_MAX];
	size_t n = outputs_of(run, outputs);
	struct err err;

	for (size_t i = 0; i < n; i++) {
		if (cli_output_begin(outputs[i], &err))
			continue;
		run_note_code(run, cli_report(&err, CLI_TROUBLE));
		return false;
	}
	return true;
}

static void
close_outputs(struct run *run)
{
	struct cli_output *outputs[OUTPUTS_MAX];
	size_t n = outputs_of(run, outputs);
	struct err err;

	for (size_t i = 0; i < n; i++)
		if (!cli_output_close(outputs[i], &err))
			run_note_code(run, cli_report(&err, CLI_TROUBLE));
}

/* ---- all of them ---- */

/* Each scenario frees nearly all that it took, and the next one takes as much
 * again: it need not go back to the system in between. */
static void
keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 512 << 20);
}

static void
run_all(struct run *run)
{
	const struct pool_hooks hooks = { run, run->is_live, run_case_work,
		run_tell_text, run_tell_case, run_is_stopped };
	struct err err;

	cli_stop_watch();
	keep_memory();
	run_tell_begin(run);
	if (!pool_run(
		&hooks, run->case_count, (unsigned)run->processes, &err)) {
		err_prefix(&err, "faultpost run: ");
		run_note_code(run, cli_report(&err, CLI_TROUBLE));
	}
	if (cli_is_stopped()) {
		run_note_code(run, CLI_TROUBLE);
		run->totals.is_interrupted = true;
	}
	run_tell_end(run);
}

static void
run_words(struct run *run, char **words)
{
	struct err err;

	if (!run_list_read(run, words, &err)) {
		err_prefix(&err, "faultpost run: ");
		run_note_code(run, cli_report(&err, CLI_USAGE));
	} else if (run->list) {
		run_list_print(run);
	} else if (run->external.prints_routes) {
		run_external_print(run);
	} else if (!spare_scenarios(run, &err)) {
		run_note_code(run, cli_report(&err, CLI_USAGE));
	} else if (begin_outputs(run)) {
		run_all(run);
	}
}

static int
run_go(struct run *run, char **words)
{
	struct err err;

	run->began = run_clock();
	if (!reports_settle(&run->reports, &err) ||
	    (run->list && !check_list(run, &err)) ||
	    !run_live_prepare(run, &err)) {
		err_prefix(&err, "faultpost run: ");
		return cli_report(&err, CLI_USAGE);
	}
	reports_style(&run->reports, run->verbose);
	run->shows_progress = cli_wants_progress(getenv("TERM"));
	if (!open_outputs(run, &err))
		run_note_code(run, cli_report(&err, CLI_USAGE));
	else
		run_words(run, words);
	close_outputs(run);
	return run->code;
}

int
command_run(int argc, char **argv)
{
	struct run run = {
		.code = CLI_OK,
		.repeat = 1,
		.processes = 1,
		.adapter = &adapter_faultpost,
		.relay_fd = -1,
		.external.limit = RUN_EXTERNAL_LIMIT,
		.log.option = "log",
		.transcript.option = "transcript",
	};
	struct cli_operands operands;
	int code;

	if (cli_parse(&run_program, argc, argv, on_run_option, &run, &operands))
		code = run_go(&run, operands.at);
	else
		code = operands.code;
	run_list_fini(&run);
	run_external_fini(&run);
	keyword_destroy(&run.keyword);
	buf_fini(&run.text);
	return code;
}
