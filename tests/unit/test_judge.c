/* SPDX-License-Identifier: MIT */
/* The judge as a whole: runs in which nothing is wrong, however they are told,
 * and the shape of what it says. */
#include "tests/unit/judge_stories.h"

static const struct judged_story *const good[] = {
	&story_full,
	&story_turns,
	&story_requeue,
	&story_backup,
	&story_dead,
	&story_answers,
	&story_unable,
	&story_lost,
	&story_expiry,
	&story_retries,
	&story_nowhere,
	&story_release,
	&story_late_release,
	&story_domains,
};

/* ---- nothing is wrong ---- */

static void
check_held(const struct judged_story *story, const struct story_way *way)
{
	struct story_run run = story_judge(story, way);

	story_assert_failed(&run, "");
	assert_int_equal(run.count, INVARIANT_COUNT);
	story_run_fini(&run);
}

static void
test_held(void **state)
{
	check_held(*state, &(struct story_way){ 0 });
}

static void
test_held_by_log_alone(void **state)
{
	check_held(*state, &(struct story_way){ .without_transcript = true });
}

static void
test_held_by_seconds(void **state)
{
	check_held(*state, &(struct story_way){ .without_moments = true });
}

/* Wherever a run is cut short, nothing that had not happened yet is wrong. */
static void
test_held_when_cut(void **state)
{
	const struct judged_story *story = *state;
	struct story_build *b = xmalloc(sizeof(*b));
	struct story_change cut[STORY_CHANGES_MAX] = { 0 };
	struct judged_story until = *story;
	struct buf scenario = { 0 };
	char end[32];

	story_build(b, story->script);
	buf_printf(&scenario, "%s, \"until\": \"1000h\"", story->scenario);
	until.scenario = buf_cstr(&scenario);
	until.end = end;
	for (size_t i = 0; i < b->count; i++) {
		/* The first event with that text is what the cut finds. */
		if (story_find(b, b->events[i].text) != i)
			continue;
		cut[0] =
		    (struct story_change){ STORY_CUT, b->events[i].text, NULL };
		snprintf(end, sizeof(end), "%lld.%03lld",
		    (long long)(b->events[i].at / UTIME_S),
		    (long long)(b->events[i].at % UTIME_S / UTIME_MS));
		check_held(&until, &(struct story_way){ .changes = cut });
	}
	buf_fini(&scenario);
	story_build_fini(b);
	free(b);
}

/* ---- what it says ---- */

static const struct judgement *
judgement_of(const struct story_run *run, const char *subject)
{
	for (size_t i = 0; i < run->count; i++)
		if (strcmp(run->judgements[i].subject, subject) == 0)
			return &run->judgements[i];
	fail_msg("no judgement of %s", subject);
	return NULL;
}

static void
test_order(void **state)
{
	struct story_run run = story_judge(&story_full,
	    &(struct story_way){ .expect = "[{\"delivered\": 2}, "
					   "{\"no_log\": \"Bounced:\"}]" });
	static const char *const subjects[] = { "expect[0] delivered",
		"expect[1] no_log", "invariant conservation",
		"invariant no-duplicate", "invariant priority",
		"invariant rotation", "invariant back-off",
		"invariant permanence", "invariant limits",
		"invariant two-witnesses", "invariant protocol" };

	(void)state;
	assert_int_equal(run.count, ARRAY_LEN(subjects));
	for (size_t i = 0; i < run.count; i++)
		assert_string_equal(run.judgements[i].subject, subjects[i]);
	story_run_fini(&run);
}

static void
test_missing_witness(void **state)
{
	struct story_run run = story_judge(
	    &story_full, &(struct story_way){ .without_transcript = true });

	(void)state;
	assert_int_equal(judgement_of(&run, "invariant two-witnesses")->verdict,
	    VERDICT_NOT_JUDGED);
	assert_int_equal(judgement_of(&run, "invariant protocol")->verdict,
	    VERDICT_NOT_JUDGED);
	assert_int_equal(
	    judgement_of(&run, "invariant rotation")->verdict, VERDICT_HELD);
	story_run_fini(&run);
}

static void
test_failure(void **state)
{
	static const struct story_change changes[STORY_CHANGES_MAX] = {
		{ STORY_TWICE, "Message done DCID 2 MID 1", NULL },
		{ STORY_DROP, "T message", NULL },
	};
	struct story_run run =
	    story_judge(&story_full, &(struct story_way){ .changes = changes });
	const struct judgement *j =
	    judgement_of(&run, "invariant no-duplicate");

	(void)state;
	assert_int_equal(j->verdict, VERDICT_FAILED);
	assert_string_equal(j->wanted, "a recipient is delivered once");
	assert_string_equal(j->found,
	    "line 12 (0:00:00.030): DCID 2 delivers MID 1 again, all of which "
	    "had been delivered");
	assert_int_equal(j->at, run.plan->start + 30 * UTIME_MS);
	assert_int_equal(j->failures, 1);
	assert_null(j->nearest);
	story_run_fini(&run);
}

static void
test_waiver(void **state)
{
	struct judged_story story = story_full;
	static const struct story_change changes[STORY_CHANGES_MAX] = {
		{ STORY_EDIT, "10.1.1.11 port 25", "10.1.1.12 port 25" },
		{ STORY_DROP_ALL, "T ", NULL },
	};
	struct story_run run;

	(void)state;
	story.scenario = STORY_ROUTE("\"example.com [10.1.1.11], "
				     "[10.1.1.12]\"") STORY_HOSTS
	    ", \"waive\": {\"rotation\": \"it starts anywhere\"}";
	run = story_judge(&story, &(struct story_way){ .changes = changes });
	const struct judgement *j = judgement_of(&run, "invariant rotation");
	assert_int_equal(j->verdict, VERDICT_WAIVED);
	assert_string_equal(j->because, "it starts anywhere");
	assert_true(j->failures > 0);
	story_run_fini(&run);
}

static void
test_strange_lines(void **state)
{
	static const struct story_change changes[STORY_CHANGES_MAX] = {
		{ STORY_BEHIND, "queued", "+ L Something else altogether" },
		{ STORY_BEHIND, "queued", "+ L Message done DCID" },
		{ STORY_BEHIND, "queued", "+ L New SMTP DCID x" },
		{ STORY_BEHIND, "queued", "+ L DCID 77 close" },
		{ STORY_BEHIND, "queued", "+ L lame DNS referral" },
	};

	(void)state;
	check_held(&story_full, &(struct story_way){ .changes = changes });
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(invariant_name(INV_BACK_OFF), "back-off");
	assert_non_null(strstr(invariant_text(INV_PRIORITY), "priority"));
}

int
main(void)
{
	struct kit kit = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		static struct judged_story rows[ARRAY_LEN(good)];
		struct judged_story *story = &rows[i];

		*story = *good[i];
		kit_add(&kit, story->name, test_held, story);
		kit_add(&kit, story->name, test_held_by_log_alone, story);
		kit_add(&kit, story->name, test_held_by_seconds, story);
		kit_add(&kit, story->name, test_held_when_cut, story);
	}
	TEST(&kit, test_order);
	TEST(&kit, test_missing_witness);
	TEST(&kit, test_failure);
	TEST(&kit, test_waiver);
	TEST(&kit, test_strange_lines);
	TEST(&kit, test_names);
	return kit_run(&kit, "judge");
}
