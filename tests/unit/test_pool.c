/* SPDX-License-Identifier: MIT */
/*
 * Jobs in processes: what is told, in which order, and what becomes of those
 * whose process dies.
 */
#include "core/cli/pool.h"

#include "tests/unit/kit.h"

#include <signal.h>
#include <unistd.h>

#define JOBS 40

struct owner {
	struct buf told;
	size_t sick;     /* the job whose process dies; SIZE_MAX: none */
	bool is_plague;  /* it and all behind it */
	bool is_killed;  /* by a signal, not by its own exit */
	size_t last;     /* behind which nobody goes on */
	size_t large;    /* that says much */
	size_t text_len; /* of what was said */
};

static bool
is_sick(const struct owner *o, size_t job)
{
	return job == o->sick || (o->is_plague && job > o->sick);
}

static void
work(void *owner, size_t job, struct pool_worker *worker)
{
	const struct owner *o = owner;
	struct buf text = { 0 };

	buf_printf(&text, "%zu", job);
	pool_say(worker, 1, buf_slice(&text));
	if (is_sick(o, job) && o->is_killed)
		(void)raise(SIGKILL);
	if (is_sick(o, job))
		_exit(7);
	for (int i = 0; job == o->large && i < 100000; i++)
		buf_append_cstr(&text, "0123456789");
	pool_say(worker, 2, buf_slice(&text));
	buf_fini(&text);
}

static void
on_text(void *owner, size_t job, unsigned channel, struct slice text)
{
	struct owner *o = owner;

	(void)job;
	o->text_len += text.len;
	if (channel == 1)
		buf_append(&o->told, text);
}

static bool
on_end(void *owner, size_t job, enum pool_end end, const char *how)
{
	struct owner *o = owner;

	if (end == POOL_DIED)
		buf_printf(&o->told, " died: %s", how);
	buf_append_byte(&o->told, '\n');
	return job != o->last;
}

static bool
is_stopped(void *owner)
{
	(void)owner;
	return false;
}

static void
run(struct owner *o, unsigned processes)
{
	const struct pool_hooks hooks = { o, false, work, on_text, on_end,
		is_stopped };
	struct err err;

	assert_true(pool_run(&hooks, JOBS, processes, &err));
}

static struct row {
	const char *name;
	unsigned processes;
	struct owner owner;
	const char *how; /* of the sick one */
} rows[] = {
	{ "here", 1, { .sick = SIZE_MAX, .last = SIZE_MAX, .large = 3 }, "" },
	{ "two", 2, { .sick = SIZE_MAX, .last = SIZE_MAX, .large = 3 }, "" },
	{ "many", 20, { .sick = SIZE_MAX, .last = SIZE_MAX, .large = 0 }, "" },
	{ "more than jobs", 256,
	    { .sick = SIZE_MAX, .last = SIZE_MAX, .large = 0 }, "" },
	{ "one dies", 2, { .sick = 5, .last = SIZE_MAX }, "exit code 7" },
	{ "the first is killed", 3,
	    { .sick = 0, .is_killed = true, .last = SIZE_MAX },
	    "signal 9 (Killed)" },
	{ "the last is killed", 3,
	    { .sick = JOBS - 1, .is_killed = true, .last = SIZE_MAX },
	    "signal 9 (Killed)" },
	{ "nearly all die", 2,
	    { .sick = 3, .is_plague = true, .last = SIZE_MAX }, "exit code 7" },
	{ "no further", 3, { .sick = SIZE_MAX, .last = 7 }, "" },
	{ "no further here", 1, { .sick = SIZE_MAX, .last = 7 }, "" },
};

static void
test_order(void **state)
{
	const struct row *row = *state;
	struct owner o = row->owner;
	struct buf want = { 0 };

	run(&o, row->processes);
	for (size_t i = 0; i < JOBS && (i == 0 || i - 1 != o.last); i++) {
		buf_printf(&want, "%zu", i);
		if (is_sick(&o, i))
			buf_printf(&want, " died: %s", row->how);
		buf_append_byte(&want, '\n');
	}
	assert_slices_equal(buf_slice(&o.told), buf_slice(&want));
	buf_fini(&want);
	buf_fini(&o.told);
}

/* Not a byte is lost. */
static void
test_bytes(void **state)
{
	struct owner here = { .sick = SIZE_MAX, .last = SIZE_MAX, .large = 3 };
	struct owner there = here;

	(void)state;
	run(&here, 1);
	run(&there, 3);
	assert_true(here.text_len > 1000000);
	assert_int_equal(here.text_len, there.text_len);
	buf_fini(&here.told);
	buf_fini(&there.told);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_order);
	TEST(&kit, test_bytes);
	return kit_run(&kit, "pool");
}
