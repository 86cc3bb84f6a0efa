/* SPDX-License-Identifier: MIT */
/* The logs beside the mail log come and go with the configuration. */
#include "tests/unit/relay_stage.h"

#define WITHOUT   STAGE_ROUTES("10.1.1.1")
#define WITH(log) WITHOUT ", \"" log "\": \"a file\""

static void
reload(struct stage *s, const char *members)
{
	struct err err;

	if (!stage_reload(s, members, &err))
		fail_msg("%s", err.msg);
}

static void
check_lines(struct stage *s, const char *what, size_t count)
{
	assert_int_equal(stage_count_lines(&s->side, what), count);
	assert_int_equal(stage_count_lines(&s->side, ""), count);
	buf_clear(&s->side);
}

static void
test_status(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, WITH("status_log"));
	stage_run_until(&s, 150 * UTIME_S);
	check_lines(&s, " Info: Status: CPULd 0 ", 2);
	reload(&s, WITHOUT);
	stage_run_until(&s, 600 * UTIME_S);
	check_lines(&s, "Status", 0);
	reload(&s, WITH("status_log"));
	/* One more keeps the minutes that it had. */
	stage_run_until(&s, 630 * UTIME_S);
	reload(&s, WITH("status_log"));
	stage_run_until(&s, 661 * UTIME_S);
	check_lines(&s, "Status", 1);
	/* Nothing waits for it. */
	stage_run(&s);
	stage_fini(&s);
}

static const struct act refuses[] = {
	{ STAGE_RCPT, 0, 0, ACT_REPLY, "550 5.1.1 gone" },
	{ 0 },
};

static void
test_bounce_and_delivery(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, WITHOUT);
	stage_host(&s, "10.1.1.1", refuses);
	stage_send(&s, 1, "u");
	stage_run_until(&s, 10 * UTIME_S);
	check_lines(&s, "", 0);
	reload(&s, WITH("bounce_log"));
	stage_send(&s, 11, "u v");
	stage_run_until(&s, 20 * UTIME_S);
	check_lines(&s, "Info: Bounced: 2:", 2);
	reload(&s, WITH("delivery_log"));
	stage_send(&s, 21, "u v");
	stage_run_until(&s, 30 * UTIME_S);
	check_lines(&s, "<bounce ", 2);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_status);
	TEST(&kit, test_bounce_and_delivery);
	return kit_run(&kit, "relay_side");
}
