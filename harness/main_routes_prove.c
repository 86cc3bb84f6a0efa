/* SPDX-License-Identifier: MIT */
/*
 * faultpost routes prove: the cases of a table run in virtual time, a set of
 * destinations after the other, in one process or several.
 */
#include "core/cli/output.h"
#include "core/cli/pool.h"
#include "core/cli/stop.h"
#include "harness/main_reports.h"
#include "harness/main_routes.h"
#include "harness/report/report_html_page.h"
#include "harness/routes/proof.h"
#include "harness/sim/sim.h"

enum {
	SHOWN_MAX = 20, /* cases that the page shows whole */
	BROKEN_MAX = 200
};

struct proving {
	struct main_routes_faults faults;
	const char *dns, *path;
	uint64_t jobs;
	bool verbose;
	struct cli_output csv, domains, html;
	struct proof *proof; /* owned */
	struct buf heard;    /* of the job whose turn it is */
	size_t tried;        /* sets, from the first on */
	struct err err;
	bool is_wrong;
};

/* What a process says of a case: this, its shares, and an invariant's name. */
struct told {
	struct tally_counts counts;
	size_t number, hosts;
	char broken[BROKEN_MAX]; /* "": none */
};

enum {
	OPTION_FAIL = 1000,
	OPTION_DNS,
	OPTION_JOBS,
	OPTION_CSV,
	OPTION_DOMAINS,
	OPTION_HTML,
	OPTION_VERBOSE
};
static const struct cli_option options[] = {
	{ OPTION_FAIL, 0, "fail", "HOST=FAULT",
	    "What fails in all cases; may be given several times." },
	{ OPTION_DNS, 0, "dns", "WHENCE",
	    "none (the default), zone:FILE, or live." },
	{ OPTION_JOBS, 'j', "jobs", "N", "Run the cases in N processes." },
	{ OPTION_VERBOSE, 'v', "verbose", NULL,
	    "Print each host of a set, too." },
	{ OPTION_CSV, 0, "csv", "FILE", "Write a line for each case to FILE." },
	{ OPTION_DOMAINS, 0, "domains", "FILE",
	    "Write a line for each domain, with its set." },
	{ OPTION_HTML, 0, "html", "FILE", "Write a page to FILE." },
};
static const struct cli_program program = {
	.name = "faultpost routes prove",
	.usage = "[OPTION]... FILE",
	CLI_OPERANDS(1, 1, "one FILE"),
	.summary = "Proves which domains keep flowing while hosts fail: each "
		   "host in each way, each\npriority, all, and all that "
		   "recover, for each set of destinations.",
	CLI_OPTIONS(options),
	.more = "Exit codes: 0 all mail flows while nothing fails, and every "
		"invariant held in each\ncase, 1 not so, 2 the input is "
		"wrong, 3 it was stopped (Ctrl-C) before all sets\nwere "
		"tried; those that were are told.\n",
};

static bool
on_option(void *owner, int id, const char *value, struct err *err)
{
	struct proving *p = owner;

	switch (id) {
	case OPTION_FAIL:
		return main_routes_fault_add(&p->faults, value, err);
	case OPTION_DNS:
		p->dns = value;
		break;
	case OPTION_JOBS:
		return cli_number(
		    "jobs", value, 1, POOL_PROCESSES_MAX, &p->jobs, err);
	case OPTION_CSV:
		p->csv.path = value;
		break;
	case OPTION_DOMAINS:
		p->domains.path = value;
		break;
	case OPTION_HTML:
		p->html.path = value;
		break;
	case OPTION_VERBOSE:
		p->verbose = true;
		break;
	}
	return true;
}

/* ---- a case ---- */

static void
on_log(void *owner, struct slice line)
{
	tally_line(owner, line);
}

/* The first invariant that did not hold. */
static void
broken_find(const struct result *result, char out[BROKEN_MAX])
{
	out[0] = '\0';
	for (size_t i = 0; i < result->finding_count && out[0] == '\0'; i++) {
		const struct finding *f = &result->findings[i];

		if (f->kind == FINDING_INVARIANT &&
		    f->judgement.verdict == VERDICT_FAILED)
			(void)snprintf(
			    out, BROKEN_MAX, "%s", f->judgement.subject);
	}
}

static struct plan *
plan_make(
    const struct proving *p, size_t number, struct trial *t, struct err *err)
{
	struct buf text = { 0 };
	struct plan *plan;

	proof_scenario(p->proof, number, t, &text);
	plan = plan_parse(p->path, buf_slice(&text), err);
	buf_fini(&text);
	return plan;
}

static bool
case_run(const struct proving *p, size_t number, struct trial *t,
    struct pool_worker *worker, struct err *err)
{
	struct tally tally;
	const struct sim_hooks hooks = { .owner = &tally, .on_log = on_log };
	struct told told = { .number = number, .hosts = t->count };
	struct plan *plan = plan_make(p, number, t, err);
	struct result result;
	bool good;

	if (plan == NULL)
		return false;
	tally_init(&tally, t, plan->start);
	result_init(&result, plan, plan->seed);
	good = sim_run_scenario(&result, &hooks, err);
	broken_find(&result, told.broken);
	told.counts = tally.counts;
	if (good) {
		pool_say(
		    worker, 0, slice_of((const char *)&told, sizeof(told)));
		pool_say(worker, 0,
		    slice_of((const char *)tally.done,
			t->count * sizeof(tally.done[0])));
	}
	tally_fini(&tally);
	result_fini(&result);
	plan_destroy(&plan);
	return good;
}

/* A job is a set. */
static void
work(void *owner, size_t job, struct pool_worker *worker)
{
	const struct proving *p = owner;
	const struct proof_set *set = proof_set_at(p->proof, job);
	struct trial *t = xcalloc(1, sizeof(*t));
	struct err err;
	bool good = true;

	proof_trial(p->proof, job, t);
	for (size_t i = 0; i < set->case_count && good && !cli_is_stopped();
	     i++)
		good = case_run(p, set->case_first + i, t, worker, &err);
	if (!good)
		pool_say(worker, 1, slice_of((const char *)&err, sizeof(err)));
	trial_fini(t);
	free(t);
}

/* ---- what is heard ---- */

static void
on_text(void *owner, size_t job, unsigned channel, struct slice text)
{
	struct proving *p = owner;

	(void)job;
	if (channel == 0) {
		buf_append(&p->heard, text);
	} else if (text.len == sizeof(p->err)) {
		memcpy(&p->err, text.at, sizeof(p->err));
		p->is_wrong = true;
	}
}

static bool
on_end(void *owner, size_t job, enum pool_end end, const char *how)
{
	struct proving *p = owner;
	struct slice rest = buf_slice(&p->heard);
	size_t count = 0;

	if (end != POOL_DONE && !p->is_wrong && !cli_is_stopped()) {
		(void)err_set(&p->err, "a process %s", how);
		p->is_wrong = true;
	}
	while (!p->is_wrong && rest.len >= sizeof(struct told)) {
		uint32_t done[TRIAL_HOSTS_MAX];
		struct told told;
		size_t bytes;

		memcpy(&told, rest.at, sizeof(told));
		rest = slice_skip(rest, sizeof(told));
		bytes = told.hosts * sizeof(done[0]);
		/* It was stopped in the midst of the case. */
		if (rest.len < bytes)
			break;
		memcpy(done, rest.at, bytes);
		rest = slice_skip(rest, bytes);
		proof_tell(p->proof, told.number, &told.counts, done,
		    told.broken[0] != '\0' ? told.broken : NULL);
		count++;
	}
	p->tried +=
	    job == p->tried && count == proof_set_at(p->proof, job)->case_count;
	buf_clear(&p->heard);
	return !p->is_wrong;
}

static bool
is_stopped(void *owner)
{
	(void)owner;
	return cli_is_stopped();
}

static bool
run(struct proving *p, struct err *err)
{
	const struct pool_hooks hooks = {
		.owner = p,
		.work = work,
		.on_text = on_text,
		.on_end = on_end,
		.is_stopped = is_stopped,
	};
	size_t count = proof_set_count(p->proof);

	if (count > 0 && !pool_run(&hooks, count, (unsigned)p->jobs, err))
		return false;
	if (p->is_wrong)
		*err = p->err;
	else if (p->tried < count)
		proof_cut(p->proof, p->tried);
	return !p->is_wrong;
}

/* ---- what is written ---- */

/* Cases in which one host's failure stops mail are shown whole. */
static void
page_case(const struct proving *p, size_t set, size_t number, struct buf *out)
{
	struct trial *t = xcalloc(1, sizeof(*t));
	struct report_entry entry = {
		.number = number + 1, .file = p->path, .variant = ""
	};
	const struct report_style style = { 0 };
	const struct sim_hooks hooks = { 0 };
	struct result result;
	struct plan *plan;
	struct err err;

	proof_trial(p->proof, set, t);
	plan = plan_make(p, number, t, &err);
	if (plan != NULL) {
		result_init(&result, plan, plan->seed);
		result_draw_chart(&result);
		if (sim_run_scenario(&result, &hooks, &err)) {
			entry.verdict = report_verdict_of(&result);
			entry.title = plan->title;
			entry.replay = "faultpost routes prove";
			entry.result = &result;
			report_html.scenario(&entry, &style, out);
		}
		result_fini(&result);
	}
	plan_destroy(&plan);
	trial_fini(t);
	free(t);
}

static void
page_format(const struct proving *p, struct buf *out)
{
	struct report_totals totals = { 0 };
	const struct report_style style = { 0 };
	struct buf section = { 0 };

	proof_html(p->proof, p->path, &section);
	report_html_begin_with(buf_slice(&section), out);
	for (size_t i = 0; i < proof_set_count(p->proof); i++) {
		const struct proof_set *set = proof_set_at(p->proof, i);

		for (size_t k = 0; k < set->case_count; k++) {
			const struct proof_case *c =
			    proof_case_at(p->proof, set->case_first + k);

			if (c->scope != PROOF_HOST ||
			    tally_fate(&c->counts) != TALLY_WAITS ||
			    totals.planned >= SHOWN_MAX)
				continue;
			totals.planned++;
			page_case(p, i, set->case_first + k, out);
		}
	}
	report_html.end(&totals, &style, out);
	buf_fini(&section);
}

static bool
write_to(struct cli_output *output, struct buf *text, struct err *err)
{
	if (output->path == NULL)
		return true;
	if (!cli_output_begin(output, err))
		return false;
	(void)fwrite(buf_slice(text).at, 1, buf_len(text), output->file);
	buf_clear(text);
	return cli_output_close(output, err);
}

static bool
write_all(struct proving *p, struct err *err)
{
	struct buf text = { 0 };
	bool good;

	if (p->csv.path != NULL)
		proof_csv(p->proof, &text);
	good = write_to(&p->csv, &text, err);
	if (good && p->domains.path != NULL)
		proof_domains_csv(p->proof, &text);
	good = good && write_to(&p->domains, &text, err);
	if (good && p->html.path != NULL)
		page_format(p, &text);
	good = good && write_to(&p->html, &text, err);
	if (good) {
		proof_format(p->proof, p->verbose, &text);
		cli_print(&text);
	}
	buf_fini(&text);
	return good;
}

static bool
open_all(struct proving *p, struct err *err)
{
	static const struct slice zone = SLICE_INIT("zone:");
	struct cli_output *const outputs[] = { &p->csv, &p->domains, &p->html };
	const struct slice dns = slice_cstr(p->dns != NULL ? p->dns : "");

	return outputs_open(outputs, ARRAY_LEN(outputs), err) &&
	    outputs_spare(outputs, ARRAY_LEN(outputs), p->path, err) &&
	    (!slice_starts_with(dns, zone) ||
		outputs_spare(
		    outputs, ARRAY_LEN(outputs), dns.at + zone.len, err));
}

static int
code_of(const struct proof *proof)
{
	if (proof_untried_count(proof) > 0)
		return CLI_TROUBLE;
	return proof_held(proof) ? CLI_OK : CLI_FAILED;
}

static int
prove(struct proving *p, const struct routes *routes)
{
	struct zone *zone = NULL;
	struct err err;
	int code = CLI_USAGE;

	cli_stop_watch();
	if (main_routes_dns(p->dns, routes, SLICE(""), &zone, &err)) {
		p->proof =
		    proof_new(routes, zone, p->faults.list, p->faults.count);
		if (!main_routes_faults_used(&p->faults, routes, &err) ||
		    !open_all(p, &err))
			(void)cli_report(&err, code);
		else if (!run(p, &err) || !write_all(p, &err))
			code = cli_report(&err, CLI_TROUBLE);
		else
			code = code_of(p->proof);
		proof_destroy(&p->proof);
	} else {
		(void)cli_report(&err, code);
	}
	zone_destroy(&zone);
	return code;
}

int
command_routes_prove(int argc, char **argv)
{
	struct proving p = { .jobs = 1,
		.csv.option = "csv",
		.domains.option = "domains",
		.html.option = "html" };
	struct cli_operands operands;
	struct routes *routes = NULL;
	int code = CLI_USAGE;

	if (!cli_parse(&program, argc, argv, on_option, &p, &operands)) {
		code = operands.code;
	} else {
		p.path = operands.at[0];
		routes = main_routes_read(p.path);
		if (routes != NULL)
			code = prove(&p, routes);
	}
	main_routes_faults_fini(&p.faults);
	routes_destroy(&routes);
	buf_fini(&p.heard);
	return code;
}
