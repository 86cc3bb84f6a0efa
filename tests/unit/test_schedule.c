/* SPDX-License-Identifier: MIT */
/* Schedules: waits beside those that are prescribed. */
#include "harness/judge/schedule.h"
#include "tests/unit/judge_stories.h"

#define HEAD                                                                   \
	"MID 1 to example.com [Default]\n"                                     \
	"                    comes      prescribed\n"

static struct row {
	const char *name;
	const struct judged_story *story;
	struct story_change changes[STORY_CHANGES_MAX];
	const char *told;
	size_t differs; /* of the first row; SIZE_MAX: none */
} rows[] = {
	{ "by the profile", &story_requeue, { { STORY_KEEP, 0, 0 } },
	    HEAD
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9\n"
	    "  round 3       0:03:00.990     0:03:00.990  profile, line 14\n",
	    SIZE_MAX },
	{ "until a probe", &story_dead, { { STORY_KEEP, 0, 0 } },
	    HEAD
	    "  round 2       0:01:00.990     0:01:00.990  first probe, line "
	    "8\n"
	    "  round 3       0:01:30.990     0:01:30.990  first probe, line "
	    "10\n",
	    SIZE_MAX },
	{ "one that does not double", &story_requeue,
	    { { STORY_EDIT, "09:18:08", "09:17:08" } },
	    HEAD
	    "  round 2       0:01:00.990     0:01:00.990  profile, line 9\n"
	    "  round 3       0:02:00.990     0:03:00.990  profile, line 14  "
	    "<-- the first that differs\n",
	    1 },
	{ "until a time of its own, while a host is left", &story_requeue,
	    { { STORY_BEHIND, "queued for delivery",
		  "+ L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 "
		  "[Default]" },
		{ STORY_CUT, "pending till", 0 } },
	    HEAD "  round 2       0:01:00.990               -  no wait, line 6 "
		 " <-- the first that differs\n",
	    0 },
	{ "nothing waited", &story_full, { { STORY_KEEP, 0, 0 } }, "",
	    SIZE_MAX },
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct story_way way = { .changes = row->changes };
	struct story_run run = story_judge(row->story, &way);
	const struct schedule *s = judge_schedule(run.judge);
	struct buf out = { 0 };

	for (size_t i = 0; i < schedule_count(s); i++)
		schedule_format(schedule_row(s, i), 0, &out);
	assert_slice(buf_slice(&out), row->told);
	assert_int_equal(schedule_left(s), 0);
	if (row->differs == SIZE_MAX)
		assert_null(schedule_differs(s));
	else
		assert_int_equal(
		    schedule_row_differs(schedule_differs(s)), row->differs);
	buf_fini(&out);
	story_run_fini(&run);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, run_row);
	return kit_run(&kit, "schedule");
}
