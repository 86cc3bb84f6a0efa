/* SPDX-License-Identifier: MIT */
/*
 * A run as it is watched: the judge and the story are shown all of it; when it
 * is gone through again, only the evidence and the story are.
 */
#include "harness/report/watch.h"

#include "tests/unit/kit.h"

#define STAMP "Wed Jul  2 09:15:07 2014 Info: "

/* A message that came and was never delivered, and an operator. */
static const char scenario[] =
    "{\"title\": \"t\", \"start\": \"2014-07-02T09:15:07Z\","
    " \"hosts\": {\"mx1\": {\"address\": \"10.1.1.1\"}},"
    " \"routes\": [\"example.com [10.1.1.1]\"],"
    " \"expect\": [{\"log\": \"never said\"},"
    " {\"of\": \"bounce_log\", \"log\": \"beside\"}]}";

struct fixture {
	struct plan *plan;
	struct result result;
	struct watch watch;
};

static void
setup(struct fixture *f)
{
	struct err err;

	*f = (struct fixture){ 0 };
	f->plan = plan_parse("f.json", slice_cstr(scenario), &err);
	assert_non_null(f->plan);
	result_init(&f->result, f->plan, 1);
	watch_init(&f->watch, &f->result, false);
}

static void
teardown(struct fixture *f)
{
	watch_fini(&f->watch);
	result_fini(&f->result);
	plan_destroy(&f->plan);
}

static void
say(struct fixture *f, const char *text)
{
	struct buf line = { 0 };

	buf_printf(&line, STAMP "%s\n", text);
	watch_log(&f->watch, buf_slice(&line), f->plan->start);
	buf_fini(&line);
}

static void
tell(struct fixture *f)
{
	const struct transcript_event open = { .kind = TRANSCRIPT_OPEN,
		.time = f->plan->start,
		.host = "mx1",
		.connection = 1,
		.server = { { 4, { 10, 1, 1, 1 } }, 25 },
		.client = { { 4, { 10, 0, 0, 5 } }, 40000 } };

	say(f, "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25");
	watch_transcript(&f->watch, &open);
	watch_side_line(&f->watch, PLAN_LOG_BOUNCE, SLICE(STAMP "beside\n"));
	watch_log(&f->watch, SLICE("no record at all\n"), f->plan->start);
}

/* Of an expectation, by its number. */
static const struct judgement *
expectation(const struct fixture *f, size_t number)
{
	for (size_t i = 0; i < f->result.finding_count; i++)
		if (f->result.findings[i].kind == FINDING_EXPECTATION &&
		    number-- == 0)
			return &f->result.findings[i].judgement;
	return NULL;
}

static uint64_t
connections_told(const struct fixture *f)
{
	return story_counts(f->result.story)->connections;
}

static void
test_judged(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell(&f);
	result_take_judgements(&f.result, f.plan->start);
	assert_int_equal(expectation(&f, 0)->verdict, VERDICT_FAILED);
	assert_int_equal(expectation(&f, 1)->verdict, VERDICT_HELD);
	assert_int_equal(connections_told(&f), 1);
	teardown(&f);
}

/* The judge is asked no more, and nothing is found twice. */
static void
test_again(void **state)
{
	struct fixture f;
	size_t findings;

	(void)state;
	setup(&f);
	tell(&f);
	result_take_judgements(&f.result, f.plan->start);
	findings = f.result.finding_count;
	watch_fini(&f.watch);
	result_focus(&f.result);
	watch_init(&f.watch, &f.result, true);
	tell(&f);
	watch_operate(&f.watch, SLICE("suspenddel"), f.plan->start);
	evidence_finish(f.result.evidence);
	assert_int_equal(f.result.finding_count, findings);
	assert_true(result_sight_of(&f.result, expectation(&f, 0)) != SIZE_MAX);
	assert_int_equal(connections_told(&f), 1);
	teardown(&f);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_judged);
	TEST(&kit, test_again);
	return kit_run(&kit, "watch");
}
