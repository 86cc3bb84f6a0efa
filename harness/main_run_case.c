/* SPDX-License-Identifier: MIT */
/*
 * One case: read, run in virtual time or live, judged, and told in every format
 * that is wanted.  All of it may happen in a process of its own, so whatever is
 * to be seen goes through the pool.
 */
#include "core/cli/cli.h"
#include "harness/live/live_cage.h"
#include "harness/live/unable.h"
#include "harness/main_plan.h"
#include "harness/main_run.h"
#include "harness/report/shell.h"
#include "harness/sim/sim.h"

#define SAID_MAX ((size_t)32 << 10) /* gathered of a log before it is said */

/* A case at work. */
struct work {
	struct run *run;
	struct pool_worker *worker;
	struct report_entry entry;
	bool is_first;     /* of the cases */
	struct plan *plan; /* borrowed */
	uint64_t seed;
	const json_t *scenario; /* borrowed; of which the plan was made */
	struct tape tape;       /* of a live run */
	struct buf replay, log, transcript, text;
};

/* The command that repeats it: all that changes what happens. */
static void
replay_format(const struct run *run, const struct run_case *c, struct buf *out)
{
	struct report_entry entry = { .file = c->file->path,
		.variant = c->heading->variant };
	struct buf name = { 0 };

	buf_append_cstr(
	    out, run->is_live ? "faultpost run --live -v" : "faultpost run -v");
	if (run->time_scale > 0)
		buf_printf(out, " --time-scale %g", run->time_scale);
	shell_option_format("relay", run->relay, out);
	run_external_replay(run, out);
	shell_option_format("profiles", run->profiles, out);
	if (run->has_seed || c->repetition > 0)
		buf_printf(out, " --seed %llu",
		    (unsigned long long)run_case_seed(run, c));
	report_name_format(&entry, &name);
	shell_file_format(buf_slice(&name), out);
	buf_fini(&name);
}

struct report_entry
run_case_entry(const struct run *run, size_t number, struct buf *replay)
{
	const struct run_case *c = &run->cases[number];

	replay_format(run, c, replay);
	return (struct report_entry){
		.number = number + 1,
		.file = c->file->path,
		.variant = c->heading->variant,
		.title = c->heading->title,
		.replay = buf_cstr(replay),
		.is_repeated = run->repeat > 1,
	};
}

/* ---- saying it ---- */

static void
say(struct work *w, unsigned channel, struct buf *text)
{
	pool_say(w->worker, channel, buf_slice(text));
	buf_clear(text);
}

static void
say_verdict(struct work *w, enum report_verdict verdict, int code)
{
	struct run_verdict said = { verdict, code };

	for (size_t i = 0; i < w->run->reports.count; i++) {
		const struct report_output *report = &w->run->reports.at[i];

		w->entry.verdict = verdict;
		if (report->format->scenario == NULL)
			continue;
		report->format->scenario(&w->entry, &report->style, &w->text);
		say(w, (unsigned)i, &w->text);
	}
	buf_append(&w->text, slice_of((const char *)&said, sizeof(said)));
	say(w, RUN_CHANNEL_VERDICT, &w->text);
}

static void
say_error(struct work *w, const struct err *err, int code)
{
	char line[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	buf_printf(&w->text, "%s\n", err_format(err, line, sizeof(line)));
	say(w, RUN_CHANNEL_ERROR, &w->text);
	w->entry.err = err;
	say_verdict(w, code == CLI_USAGE ? REPORT_INVALID : REPORT_ERROR, code);
}

static void
say_result(struct work *w, const struct result *result)
{
	enum report_verdict verdict = report_verdict_of(result);

	w->entry.result = result;
	say_verdict(w, verdict,
	    verdict == REPORT_HELD         ? CLI_OK
		: verdict == REPORT_FAILED ? CLI_FAILED
					   : CLI_TROUBLE);
}

static void
on_log(void *owner, struct slice line)
{
	struct work *w = owner;

	buf_append(&w->log, line);
	if (buf_len(&w->log) >= SAID_MAX)
		say(w, RUN_CHANNEL_LOG, &w->log);
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct work *w = owner;

	transcript_format(&w->transcript, ev);
	if (buf_len(&w->transcript) >= SAID_MAX)
		say(w, RUN_CHANNEL_TRANSCRIPT, &w->transcript);
}

/* ---- running it ---- */

/* For standard error. */
static void
on_line(void *owner, struct slice line)
{
	struct work *w = owner;

	buf_append(&w->text, line);
	buf_append_cstr(&w->text, "\n");
	say(w, RUN_CHANNEL_ERROR, &w->text);
}

static bool
run_elsewhere(struct work *w, struct result *result,
    struct live_options *options, const struct sim_hooks *hooks,
    struct err *err)
{
	struct run_stage stage = { .elsewhere = { .owner = w,
				       .on_progress = on_line,
				       .on_note = on_line } };
	bool good;

	if (!run_external_begin(w->run, w->plan, w->is_first, &stage, err))
		return false;
	options->elsewhere = &stage.elsewhere;
	good =
	    live_run_elsewhere(result, w->plan, options, hooks, &w->tape, err);
	run_external_end(&stage);
	return good;
}

/* What keeps us from judging is told with the scenario's name. */
static bool
run_live(struct work *w, struct result *result, const struct sim_hooks *hooks,
    struct err *err)
{
	struct live_options options = {
		.adapter = w->run->adapter,
		.program_fd = w->run->relay_fd,
		.is_bare = w->run->is_bare,
		.scenario = w->scenario,
		.is_turned = w->run->time_scale == 0,
		.time_scale = run_live_scale(w->run),
	};
	bool good = options.adapter->program == NULL
	    ? run_elsewhere(w, result, &options, hooks, err)
	    : live_run_scenario(result, &options, hooks, &w->tape, err);

	return good || err_prefix(err, "%s: ", w->plan->name);
}

static bool
gather_evidence(struct work *w, struct result *result, struct err *err)
{
	if (!w->run->is_live)
		return sim_gather_evidence(result, err);
	live_gather_evidence(result, &w->tape);
	return true;
}

static void
run_plan(struct work *w)
{
	struct run *run = w->run;
	struct sim_hooks hooks = { w, run->log.file != NULL ? on_log : NULL,
		run->transcript.file != NULL ? on_transcript : NULL,
		run_is_stopped };
	struct result result;
	utime began = run_clock();
	struct err err;
	bool good;

	result_init(&result, w->plan, w->seed);
	if (reports_show_chart(&run->reports))
		result_draw_chart(&result);
	good = run->is_live ? run_live(w, &result, &hooks, &err)
			    : sim_run_scenario(&result, &hooks, &err);
	say(w, RUN_CHANNEL_LOG, &w->log);
	say(w, RUN_CHANNEL_TRANSCRIPT, &w->transcript);
	result.wall_span = run_clock() - began;
	if (good && run->is_live) {
		run_live_keep(run, &result, &w->tape, &w->text);
		say(w, RUN_CHANNEL_ERROR, &w->text);
	}
	if (good && report_verdict_of(&result) == REPORT_FAILED &&
	    reports_show_evidence(&run->reports))
		good = gather_evidence(w, &result, &err);
	if (good)
		say_result(w, &result);
	else
		say_error(w, &err, CLI_TROUBLE);
	result_fini(&result);
}

static bool
run_live_case(void *owner, struct err *err)
{
	struct work *w = owner;

	(void)err;
	run_plan(w);
	tape_fini(&w->tape);
	return true;
}

static void
run_plan_live(struct work *w)
{
	const struct live_cage cage = { w, w->run->is_bare, run_live_folder(),
		run_live_case, run_is_stopped };
	struct err err;

	if (w->run->adapter->program == NULL)
		(void)run_live_case(w, &err);
	else if (!live_cage_run(&cage, &err)) {
		err_prefix(&err, "%s: ", w->plan->name);
		say_error(w, &err, CLI_TROUBLE);
	}
}

/* What is judged by other figures than the scenario's. */
static void
adapt_plan(const struct run *run, struct plan *plan)
{
	if (run->adapter->clock == ADAPTER_CLOCK_FILE)
		plan->slack = (utime)(LIVE_FOREIGN_SLACK * run_live_scale(run));
	if (run->adapter->connect_timeout > 0)
		plan->relay.delivery.connect_timeout =
		    run->adapter->connect_timeout;
}

static void
read_and_run(struct work *w, const struct run_case *c)
{
	struct run *run = w->run;
	const struct run_file *file = c->file;
	struct err err;
	struct plan_variants *variants = plan_variants_read(
	    file->path, slice_of(file->text, file->len), &err);
	struct plan *plan = NULL;
	json_t *scenario = NULL;
	size_t i;

	if (variants != NULL &&
	    plan_variants_find(
		variants, slice_cstr(c->heading->variant), &i, &err)) {
		plan = main_plan_parse(
		    variants, i, file->path, run->profiles, &err);
		if (run->is_live && plan != NULL)
			scenario = plan_variants_json(variants, i, &err);
	}
	if (plan != NULL && run->is_live)
		adapt_plan(run, plan);
	w->plan = plan;
	w->scenario = scenario;
	w->seed = run_case_seed(run, c);
	plan_variants_destroy(&variants);
	if (plan != NULL && run->is_live)
		w->entry.why = live_unable(plan, run->adapter, scenario);
	if (plan == NULL ||
	    (run->adapter->program == NULL && w->entry.why == NULL &&
		!run_external_check(run, plan, &err)))
		say_error(w, &err, CLI_USAGE);
	else if (w->entry.why != NULL)
		say_verdict(w, REPORT_NOT_RUN, CLI_OK);
	else if (run->check)
		say_verdict(w, REPORT_GOOD, CLI_OK);
	else if (run->is_live)
		run_plan_live(w);
	else
		run_plan(w);
	json_decref(scenario);
	plan_destroy(&plan);
}

void
run_case_work(void *owner, size_t number, struct pool_worker *worker)
{
	struct run *run = owner;
	struct work w = {
		.run = run,
		.worker = worker,
		.is_first = number == 0,
	};
	const struct run_case *c = &run->cases[number];

	w.entry = run_case_entry(run, number, &w.replay);
	if (c->file->err != NULL)
		say_error(&w, c->file->err, CLI_USAGE);
	else
		read_and_run(&w, c);
	buf_fini(&w.replay);
	buf_fini(&w.log);
	buf_fini(&w.transcript);
	buf_fini(&w.text);
}
