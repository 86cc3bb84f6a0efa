/* SPDX-License-Identifier: MIT */
/*
 * A scenario that somebody mangled: it is refused with a place and a reason, or
 * it runs, twice with the same log and the same findings, and both reports of
 * it can be written.  What it expects may fail, but no invariant: those hold in
 * every run of our relay.  Of a matrix the first case and the last are run.
 *
 * The bounds of a run are tighter than a scenario's own, as most of what chance
 * makes of a scenario only takes longer.
 */
#include "core/json/doc.h"
#include "harness/report/report.h"
#include "harness/sim/sim.h"
#include "tests/fuzz/json_mutator.h"

#define EVENTS_MAX   20000
#define MESSAGES_MAX 100
#define SIZE_MAX_KIB 64
#define SESSIONS_MAX 20

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t len, size_t max);
size_t LLVMFuzzerCustomMutator(
    uint8_t *bytes, size_t len, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len,
    const uint8_t *b, size_t b_len, uint8_t *out, size_t max, unsigned seed);

static void
on_log(void *owner, struct slice line)
{
	buf_append(owner, line);
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	transcript_format(owner, ev);
}

/* A report is one JSON object, whatever is in it. */
static void
check_json(struct slice report)
{
	struct json_doc doc = { 0 };
	struct err err;
	bool ok = json_doc_parse(&doc, "report", report, &err);

	assert(ok);
	json_doc_fini(&doc);
}

static void
check_invariants(const struct result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *f = &result->findings[i];

		if (f->kind != FINDING_INVARIANT ||
		    f->judgement.verdict != VERDICT_FAILED)
			continue;
		(void)fprintf(stderr, "%s: %s\n", f->judgement.subject,
		    f->judgement.found);
		abort();
	}
}

/* Log, transcript and reports of a run. */
static void
run(const struct plan *plan, struct buf *out)
{
	const struct report_style style = { .verbose = true };
	const struct sim_hooks hooks = {
		.owner = out,
		.on_log = on_log,
		.on_transcript = on_transcript,
	};
	struct result result;
	struct err err;
	struct report_entry entry = { .number = 1,
		.file = plan->file,
		.variant = "",
		.title = plan->title,
		.replay = "",
		.verdict = REPORT_ERROR,
		.err = &err };
	struct buf report = { 0 };

	report_json.begin(NULL, &style, &report);
	result_init(&result, plan, plan->seed);
	if (sim_run_scenario(&result, &hooks, &err)) {
		check_invariants(&result);
		bool looked =
		    result_held(&result) || sim_gather_evidence(&result, &err);

		assert(looked);
		entry.result = &result;
		entry.err = NULL;
		entry.verdict = report_verdict_of(&result);
		report_human.scenario(&entry, &style, out);
	}
	report_json.scenario(&entry, &style, &report);
	report_json.end(NULL, &style, &report);
	check_json(buf_slice(&report));
	buf_append(out, buf_slice(&report));
	buf_fini(&report);
	result_fini(&result);
}

static uint64_t
at_most(uint64_t value, uint64_t max)
{
	return value < max ? value : max;
}

/* The plan with less to do; what is changed is the caller's, to be freed. */
static struct plan_inject *
restrain(struct plan *plan)
{
	struct plan_inject *injects =
	    xcalloc(plan->inject_count + 1, sizeof(*injects));
	uint64_t left = MESSAGES_MAX;

	for (size_t i = 0; i < plan->inject_count; i++) {
		struct plan_inject *to = &injects[i];

		*to = plan->injects[i];
		to->count = at_most(to->count, left > 0 ? left : 1);
		to->size_bytes = at_most(to->size_bytes, SIZE_MAX_KIB << 10);
		to->sessions = (uint32_t)at_most(to->sessions, SESSIONS_MAX);
		left -= at_most(left, to->count);
	}
	plan->injects = injects;
	plan->events_max = EVENTS_MAX;
	if (plan->span_max > UTIME_DAY)
		plan->span_max = UTIME_DAY;
	if (plan->until != UTIME_NEVER && plan->until > UTIME_DAY)
		plan->until = UTIME_DAY;
	return injects;
}

static void
run_twice(const struct plan *plan)
{
	struct buf first = { 0 }, second = { 0 };
	struct plan tight = *plan;
	struct plan_inject *injects = restrain(&tight);

	run(&tight, &first);
	run(&tight, &second);
	assert(slice_eq(buf_slice(&first), buf_slice(&second)));
	buf_fini(&first);
	buf_fini(&second);
	free(injects);
}

static void
try_case(const struct plan_variants *variants, size_t i)
{
	struct err err = { 0 };
	struct plan *plan = plan_variants_parse(variants, i, NULL, &err);

	if (plan == NULL)
		assert(err.msg[0] != '\0' && err.line > 0);
	else
		run_twice(plan);
	plan_destroy(&plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err err = { 0 };
	struct plan_variants *variants = plan_variants_read(
	    "fuzz", slice_of((const char *)bytes, len), &err);
	size_t last;

	if (variants == NULL) {
		assert(err.msg[0] != '\0' && err.line > 0);
		return 0;
	}
	last = plan_variants_count(variants) - 1;
	try_case(variants, 0);
	if (last > 0)
		try_case(variants, last);
	plan_variants_destroy(&variants);
	return 0;
}

/* Now and then bytes, for the parser's sake. */
size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t max, unsigned seed)
{
	struct slice text = slice_of((const char *)bytes, len);
	struct rng rng;
	size_t made = 0;

	rng_init(&rng, seed);
	if (rng_below(&rng, 16) > 0)
		made = json_mutate(text, text, &rng, bytes, max);
	return made > 0 ? made : LLVMFuzzerMutate(bytes, len, max);
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len, uint8_t *out, size_t max, unsigned seed)
{
	struct rng rng;

	rng_init(&rng, seed);
	return json_mutate(slice_of((const char *)a, a_len),
	    slice_of((const char *)b, b_len), &rng, out, max);
}
