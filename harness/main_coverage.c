/* SPDX-License-Identifier: MIT */
/*
 * faultpost coverage: scenarios are run, and the table of what was tried in
 * them is printed.
 */
#include "core/cli/cli.h"
#include "harness/coverage/coverage.h"
#include "harness/main.h"
#include "harness/main_plan.h"
#include "harness/run/run_files.h"
#include "harness/sim/sim.h"

struct covering {
	void (*format)(const struct coverage *c, struct buf *out);
	bool is_strict;
	const char *profiles;
	struct coverage coverage;
	struct coverage_watch *watch;
	int code;
};

enum {
	OPTION_JSON = 1000,
	OPTION_MARKDOWN,
	OPTION_STRICT,
	OPTION_PROFILES
};

static const struct cli_option coverage_options[] = {
	{ OPTION_JSON, 0, "json", NULL, "Print one JSON object." },
	{ OPTION_MARKDOWN, 0, "markdown", NULL,
	    "Print the table for a document, with reasons." },
	{ OPTION_STRICT, 0, "strict", NULL,
	    "End with 1 when a cell that makes sense is empty." },
	{ OPTION_PROFILES, 0, "profiles", "FOLDER",
	    "Look there first for the profiles that hosts name." },
};
static const struct cli_program coverage_program = {
	.name = "faultpost coverage",
	.usage = "[OPTION]... FILE|FOLDER...",
	CLI_OPERANDS(1, CLI_MANY, "a scenario, or a folder of them"),
	.summary = "Runs scenarios and tells which faults struck at which "
		   "stages, and what was\nleft to try then: another host of "
		   "the same priority, of a worse one, or none.",
	CLI_OPTIONS(coverage_options),
};

static bool
on_coverage_option(void *owner, int id, const char *value, struct err *err)
{
	struct covering *k = owner;

	(void)err;
	switch (id) {
	case OPTION_JSON:
		k->format = coverage_json;
		break;
	case OPTION_MARKDOWN:
		k->format = coverage_markdown;
		break;
	case OPTION_STRICT:
		k->is_strict = true;
		break;
	case OPTION_PROFILES:
		k->profiles = value;
		break;
	}
	return true;
}

static void
note(struct covering *k, const struct err *err, int code)
{
	(void)cli_report(err, code);
	k->code = code > k->code ? code : k->code;
}

static void
on_log(void *owner, struct slice line)
{
	struct covering *k = owner;

	coverage_watch_log(k->watch, line);
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct covering *k = owner;

	coverage_watch_transcript(k->watch, ev);
}

static void
cover_plan(struct covering *k, const struct plan *plan)
{
	const struct sim_hooks hooks = { k, on_log, on_transcript, NULL };
	struct result result;
	struct err err;

	result_init(&result, plan, plan->seed);
	k->watch =
	    coverage_watch_new(&k->coverage, plan, judge_ledger(result.judge));
	if (!sim_run_scenario(&result, &hooks, &err))
		note(k, &err, CLI_TROUBLE);
	coverage_watch_destroy(&k->watch);
	result_fini(&result);
}

static void
on_error(void *owner, const char *path, const struct err *err)
{
	(void)path;
	note(owner, err, CLI_USAGE);
}

static void
cover_case(struct covering *k, const struct plan_variants *variants, size_t i,
    const char *path)
{
	struct err err;
	struct plan *plan =
	    main_plan_parse(variants, i, path, k->profiles, &err);

	if (plan != NULL)
		cover_plan(k, plan);
	else
		note(k, &err, CLI_USAGE);
	plan_destroy(&plan);
}

static void
on_file(void *owner, const char *path, const char *label)
{
	struct covering *k = owner;
	struct err err;
	struct plan_variants *variants = main_plan_read(path, &err);
	size_t i;

	if (variants == NULL ||
	    (label != NULL &&
		!plan_variants_find(variants, slice_cstr(label), &i, &err)))
		note(k, &err, CLI_USAGE);
	else if (label != NULL)
		cover_case(k, variants, i, path);
	else
		for (i = 0; i < plan_variants_count(variants); i++)
			cover_case(k, variants, i, path);
	plan_variants_destroy(&variants);
}

int
command_coverage(int argc, char **argv)
{
	struct covering k = { .format = coverage_format };
	struct run_files files = {
		.owner = &k, .on_file = on_file, .on_error = on_error
	};
	struct buf text = { 0 };
	struct cli_operands operands;

	if (!cli_parse(&coverage_program, argc, argv, on_coverage_option, &k,
		&operands))
		return operands.code;
	for (int i = 0; i < operands.count; i++)
		run_files_walk(&files, operands.at[i]);
	run_files_fini(&files);
	k.format(&k.coverage, &text);
	cli_print(&text);
	buf_fini(&text);
	if (k.is_strict && k.code == CLI_OK &&
	    coverage_count(&k.coverage).empty > 0)
		k.code = CLI_FAILED;
	coverage_fini(&k.coverage);
	return k.code;
}
