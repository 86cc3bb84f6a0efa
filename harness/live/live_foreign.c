/* SPDX-License-Identifier: MIT */
/* A relay that is not ours in a live run: what it says is told again in the
 * words of the mail log, and its clock is kept; see live_impl.h. */
#include "harness/live/live_impl.h"

#include <signal.h>

/* In real time: what a program does when it is asked to look for mail that is
 * due shows in its log before that. */
#define NUDGE_PAUSE (200 * UTIME_MS)

static bool
is_foreign(const struct live *live)
{
	return live->options->adapter->dialect != NULL;
}

static utime
on_due(void *owner)
{
	struct live *live = owner;

	if (live->injection != NULL && !injection_is_done(live->injection) &&
	    live->reader.mids == 0)
		return UTIME_NEVER;
	return reader_due(&live->reader);
}

static bool
on_in_flight(void *owner)
{
	struct live *live = owner;

	return mock_open_sessions(live->mock, NULL) > 0;
}

/* A process that waits otherwise waits as long as it was to when it began,
 * whatever its clock has come to. */
static bool
is_awaited(struct live *live, int number, utime now)
{
	return number == SIGSTOP
	    ? reader_due(&live->reader) <= now && !on_in_flight(live)
	    : reader_overdue(&live->reader, now) > 0;
}

/* What has waited long enough is asked for, until it is looked at. */
static void
on_beat(void *owner)
{
	struct live *live = owner;
	const int number = live->options->adapter->nudge;
	const utime now = world_now(live->world);
	const utime pause =
	    (utime)((double)NUDGE_PAUSE * world_clock_scale(live->clock));

	live_relay_continue(&live->relay);
	if (number == 0 || live->reader.looks > 0 ||
	    !is_awaited(live, number, now) ||
	    (live->nudged_at > 0 && now - live->nudged_at < pause))
		return;
	live->nudged_at = now;
	live_relay_nudge(&live->relay, number);
}

bool
live_foreign_prepare(struct live *live, struct err *err)
{
	if (!is_foreign(live))
		return true;
	reader_init(&live->reader, live->plan);
	live->memory = live->options->adapter->dialect->create();
	live->pulse = (struct live_pulse){
		.world = live->world,
		.clock = live->clock,
		.owner = live,
		.due = on_due,
		.is_in_flight = on_in_flight,
		.on_beat = on_beat,
		.jumps = live->options->is_turned,
	};
	return live_pulse_prepare(&live->pulse, err);
}

void
live_foreign_begin(struct live *live)
{
	if (!is_foreign(live))
		return;
	live_pulse_start(&live->pulse);
	/* It was waited for until now, and never answers. */
	world_clock_admit(live->clock, LIVE_RELAY_MEMBER, false);
}

void
live_foreign_fini(struct live *live)
{
	if (!is_foreign(live))
		return;
	live_pulse_stop(&live->pulse);
	live->options->adapter->dialect->destroy(live->memory);
	live->memory = NULL;
	reader_fini(&live->reader);
}

void
live_foreign_log(struct live *live, struct slice line)
{
	struct reader *r = &live->reader;
	struct slice told, each;

	r->now = world_now(live->world);
	live->options->adapter->dialect->line(
	    live->memory, r, slice_sub(line, 0, slice_find_byte(line, '\n')));
	told = buf_slice(&r->out);
	if (told.len > 0)
		live_pulse_note(&live->pulse);
	while (told.len > 0) {
		each = slice_sub(told, 0, slice_find_byte(told, '\n') + 1);
		tape_log(live->tape, each, r->now);
		told = slice_skip(told, each.len);
	}
	buf_clear(&r->out);
	if (r->is_ready)
		live_begin(live);
}
