/* SPDX-License-Identifier: MIT */
/* A clock that worlds share: who turns it, when it stops, what it is not. */
#include "core/world/world_ev_clock.h"

#include "core/world/world_ev.h"
#include "tests/unit/kit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define START (1000 * UTIME_HOUR)

struct stage {
	struct world_clock *clock;
	struct world *w;
	pid_t turner;
	struct rusage used; /* by the turner, when it has ended */
};

static void
begin(struct stage *s, bool is_turned, double scale)
{
	const struct world_clock_options options = {
		.start = START, .is_turned = is_turned, .scale = scale
	};
	struct err err;

	s->clock = world_clock_new(&options, &err);
	assert_non_null(s->clock);
	s->turner = fork();
	if (s->turner == 0)
		_exit((int)world_clock_turn(s->clock));
	s->w = world_ev_new_shared(s->clock, NULL, &err);
	assert_non_null(s->w);
}

/* How the turner ended. */
static int
end(struct stage *s)
{
	int status = 0;

	world_destroy(&s->w);
	assert_int_equal(wait4(s->turner, &status, 0, &s->used), s->turner);
	world_clock_destroy(&s->clock);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct alarm {
	struct timer timer;
	struct world *w;
	utime rung; /* 0: not yet */
};

static void
note_time(struct timer *t)
{
	struct alarm *a = CONTAINER_OF(t, struct alarm, timer);

	a->rung = world_now(a->w);
}

static void
set(struct stage *s, struct alarm *a, utime in, bool is_background)
{
	*a = (struct alarm){ .timer.fire = note_time, .w = s->w };
	if (is_background)
		timer_set_background(s->w, &a->timer, START + in);
	else
		timer_set(s->w, &a->timer, START + in);
}

/* Days pass at once; what is in the background is no reason to go on. */
static void
test_turned(void **state)
{
	struct alarm first, second, beside, never;
	struct stage s;
	struct err err;

	(void)state;
	begin(&s, true, 1);
	assert_int_equal(world_now(s.w), START);
	set(&s, &second, 72 * UTIME_HOUR, false);
	set(&s, &first, 1, false);
	set(&s, &beside, UTIME_HOUR, true);
	set(&s, &never, 73 * UTIME_HOUR, true);
	assert_true(world_run(s.w, &err));
	assert_int_equal(first.rung, START + 1);
	assert_int_equal(beside.rung, START + UTIME_HOUR);
	assert_int_equal(second.rung, START + 72 * UTIME_HOUR);
	assert_int_equal(never.rung, 0);
	assert_int_equal(world_clock_ended(s.clock), WORLD_CLOCK_IDLE);
	timer_stop(s.w, &never.timer);
	assert_int_equal(end(&s), WORLD_CLOCK_IDLE);
}

/* A clock that runs is not turned, and stops likewise. */
static void
test_scaled(void **state)
{
	struct alarm alarm;
	struct stage s;
	struct err err;

	(void)state;
	begin(&s, false, 1000);
	assert_int_equal(world_now(s.w), START);
	world_clock_start(s.clock);
	set(&s, &alarm, 20 * UTIME_S, false);
	assert_true(world_run(s.w, &err));
	assert_true(alarm.rung >= START + 20 * UTIME_S);
	assert_int_equal(end(&s), WORLD_CLOCK_IDLE);
}

/* While a clock runs by itself, its turner sleeps: it wakes when there is
 * something to ask, not over and over. */
static void
test_running_is_no_work(void **state)
{
	enum {
		WAKINGS_MAX = 50
	};
	struct alarm alarm;
	struct stage s;
	struct err err;

	(void)state;
	begin(&s, false, 1);
	world_clock_start(s.clock);
	set(&s, &alarm, 300 * UTIME_MS, false);
	assert_true(world_run(s.w, &err));
	assert_int_equal(end(&s), WORLD_CLOCK_IDLE);
	assert_in_range(s.used.ru_nvcsw, 0, WAKINGS_MAX);
}

/* The clock waits for a member that does not answer yet. */
static void
test_waits_for_members(void **state)
{
	struct alarm alarm;
	struct stage s;
	struct err err;
	pid_t member;
	int status;

	(void)state;
	begin(&s, true, 1);
	world_clock_admit(s.clock, 1, true);
	set(&s, &alarm, UTIME_S, false);
	member = fork();
	if (member == 0) {
		int fds[2];
		struct buf text = { 0 };
		struct alarm sooner;
		struct stage other;

		world_clock_describe(s.clock, 1, fds, &text);
		other.clock = world_clock_open(buf_cstr(&text), &err);
		other.w = world_ev_new_shared(other.clock, NULL, &err);
		set(&other, &sooner, UTIME_MS, false);
		while (sooner.rung == 0 && world_run(other.w, &err))
			continue;
		_exit(1);
	}
	/* Its loop has no end: the run has, as both wait for nothing. */
	assert_true(world_run(s.w, &err));
	assert_int_equal(alarm.rung, START + UTIME_S);
	assert_int_equal(kill(member, SIGKILL), 0);
	assert_int_equal(waitpid(member, &status, 0), member);
	assert_int_equal(end(&s), WORLD_CLOCK_IDLE);
}

static void
test_no_clock(void **state)
{
	static const char *const texts[] = { "", "1", "0,1", "0,1,2,3", "x,1,2",
		"0,1,99", "99999,99998,1", "-1,0,1", "0,1,1" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_null(world_clock_open(texts[i], &err));
	assert_string_equal(err.msg, "0,1,1 is no clock that is shared");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_scaled),
		cmocka_unit_test(test_running_is_no_work),
		cmocka_unit_test(test_waits_for_members),
		cmocka_unit_test(test_no_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
