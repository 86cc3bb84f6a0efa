/* SPDX-License-Identifier: MIT */
/*
 * Programs that are not ours under a clock that is turned: days pass for them
 * in no time, and not before they have done what they had to do.  Where no cage
 * can be made, or there is no libfaketime, nothing is tested.
 */
#include "harness/live/live_outsiders.h"

#include "harness/live/live_cage.h"
#include "tests/unit/kit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START     (INT64_C(1404292507) * UTIME_S)
#define WORDS_MAX 8

/* A program, and what it says of the time. */
struct row {
	const char *name;
	const char *words[WORDS_MAX];
	const char *wanted; /* its output */
};

static const struct row rows[] = {
	{ "nanosleep", { "sh", "-c", "date +%s; sleep 259200; date +%s" },
	    "1404292507\n1404551707\n" },
	{ "poll",
	    { "python3", "-c",
		"import select, time\n"
		"select.poll().poll(3600000); print(int(time.time()))" },
	    "1404296107\n" },
	{ "epoll",
	    { "python3", "-c",
		"import select, time\n"
		"select.epoll().poll(86400); print(int(time.time()))" },
	    "1404378907\n" },
	{ "select",
	    { "python3", "-c",
		"import select, time\n"
		"select.select([], [], [], 60); print(int(time.time()))" },
	    "1404292567\n" },
	{ "two programs",
	    { "sh", "-c",
		"(sleep 100; date +%s) & (sleep 50; date +%s); wait" },
	    "1404292557\n1404292607\n" },
	{ "work between waits",
	    { "sh", "-c",
		"sleep 10; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done;"
		" date +%s; sleep 10; date +%s" },
	    "1404292517\n1404292527\n" },
};

struct stage {
	const struct row *row;
	struct buf output;
};

/* Says what it says to `fd`, by the clock of the run. */
_Noreturn static void
become_outsider(const struct live_outsiders *o, const struct row *row, int fd)
{
	char *words[WORDS_MAX + 1] = { NULL };
	struct buf environment = { 0 };
	struct slice rest, one;

	live_outsiders_environment(o, &environment);
	rest = buf_slice(&environment);
	while (rest.len > 0 && slice_split(&rest, '\0', &one))
		if (one.len > 0)
			(void)putenv(slice_dup(one));
	for (size_t i = 0; row->words[i] != NULL; i++)
		words[i] = xstrdup(row->words[i]);
	(void)dup2(fd, STDOUT_FILENO);
	(void)execvp(words[0], words);
	_exit(127);
}

/* What it has said when it has ended; the turner is ended then. */
static void
hear(int fd, pid_t program, pid_t turner, struct buf *output)
{
	char text[256];
	ssize_t n;
	int status = 0;

	while ((n = read(fd, text, sizeof(text))) > 0)
		buf_append(output, slice_of(text, (size_t)n));
	(void)waitpid(program, &status, 0);
	(void)kill(turner, SIGKILL);
	(void)waitpid(turner, NULL, 0);
	if (status != 0)
		buf_printf(output, "and ended with %d", status);
}

/* In a cage.  This process takes no part in the clock, hence is no member. */
static bool
play(void *owner, struct err *err)
{
	const struct world_clock_options options = { .start = START,
		.is_turned = true };
	struct stage *stage = owner;
	struct world_clock *clock = world_clock_new(&options, err);
	struct live_outsiders *o = live_outsiders_new(START, err);
	int ends[2] = { -1, -1 };
	pid_t program, turner;

	if (clock == NULL || o == NULL || pipe2(ends, O_CLOEXEC) != 0)
		return false;
	world_clock_admit(clock, 0, false);
	world_clock_await_outsiders(clock, true);
	program = fork();
	if (program == 0)
		become_outsider(o, stage->row, ends[1]);
	live_outsiders_except(o, getpid());
	turner = fork();
	if (turner == 0) {
		const struct world_clock_outsiders hooks =
		    live_outsiders_hooks(o);

		live_outsiders_except(o, getpid());
		(void)close(ends[1]);
		for (;;)
			(void)world_clock_turn(clock, &hooks);
	}
	(void)close(ends[1]);
	hear(ends[0], program, turner, &stage->output);
	if (!slice_eq(
		buf_slice(&stage->output), slice_cstr(stage->row->wanted)))
		(void)err_set(err, "%s: said %s, not %s", stage->row->name,
		    buf_cstr(&stage->output), stage->row->wanted);
	return slice_eq(
	    buf_slice(&stage->output), slice_cstr(stage->row->wanted));
}

static bool
go_on(void *owner)
{
	(void)owner;
	return false;
}

static void
test_program(void **state)
{
	struct stage stage = { .row = *state };
	const struct live_cage cage = {
		.owner = &stage, .body = play, .is_stopped = go_on
	};
	const time_t began = time(NULL);
	struct err err = { 0 };
	bool good;

	if (!live_cage_check(&err))
		skip();
	good = live_cage_run(&cage, &err);
	if (!good && strstr(err.msg, "libfaketime") != NULL)
		skip();
	if (!good)
		fail_msg("%s", err.msg);
	assert_true(time(NULL) - began < 30);
}

int
main(void)
{
	struct kit kit = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		kit_add(&kit, rows[i].name, test_program,
		    (void *)(uintptr_t)&rows[i]);
	return kit_run(&kit, "live_outsiders");
}
