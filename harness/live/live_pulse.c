/* SPDX-License-Identifier: MIT */
/* The time of a file; see live_pulse.h. */
#include "harness/live/live_pulse.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In real time. */
#define BEAT (20 * UTIME_MS)
/* What a program says comes a little later than what it does. */
#define BEATS_TO_REST 8
#define BEATS_TO_END  40

static bool
fail(struct err *err)
{
	return err_at(err, LIVE_PULSE_FILE, 0, 0, "%s", strerror(errno));
}

/* A second later than it is: libfaketime stands just before what it reads. */
static bool
show(struct live_pulse *p, struct err *err)
{
	const utime passed = (world_now(p->world) - p->start) / UTIME_S;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = (time_t)(p->base + passed + 1) } };

	if (passed == p->shown)
		return true;
	p->shown = passed;
	return utimensat(AT_FDCWD, LIVE_PULSE_FILE, times, 0) == 0 || fail(err);
}

bool
live_pulse_prepare(struct live_pulse *p, struct err *err)
{
	int fd = open(
	    LIVE_PULSE_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0;

	if (fd >= 0)
		(void)close(fd);
	if (!good)
		return fail(err);
	p->base = (long long)st.st_mtime;
	p->start = world_now(p->world);
	p->shown = -1;
	return show(p, err);
}

static utime
beat_span(const struct live_pulse *p)
{
	return (utime)((double)BEAT * world_clock_scale(p->clock));
}

/* As long as the program has something to do, so has the run. */
static void
hold_until(struct live_pulse *p, utime due)
{
	const utime now = world_now(p->world);

	if (due == UTIME_NEVER && p->quiet >= BEATS_TO_END) {
		timer_stop(p->world, &p->hold);
		return;
	}
	if (due == UTIME_NEVER || due <= now)
		due = now + UTIME_S;
	timer_set(p->world, &p->hold, due);
}

static void
on_beat(struct timer *t)
{
	struct live_pulse *p = CONTAINER_OF(t, struct live_pulse, beat);
	const utime now = world_now(p->world);
	const utime due = p->due(p->owner);
	const bool is_at_rest = due > now && !p->is_in_flight(p->owner);
	utime next;
	struct err err;

	p->quiet = is_at_rest ? p->quiet + 1 : 0;
	hold_until(p, is_at_rest ? due : now);
	next = world_clock_due(p->clock);
	if (p->jumps && next != UTIME_NEVER && next > now + beat_span(p) &&
	    p->quiet >= (due != UTIME_NEVER ? BEATS_TO_REST : BEATS_TO_END)) {
		world_clock_skip(p->clock, next - now);
		p->quiet = 0;
	}
	if (show(p, &err))
		p->on_beat(p->owner);
	timer_set_background(
	    p->world, &p->beat, utime_add(world_now(p->world), beat_span(p)));
}

static void
on_hold(struct timer *t)
{
	struct live_pulse *p = CONTAINER_OF(t, struct live_pulse, hold);

	timer_set(p->world, &p->hold, utime_add(world_now(p->world), UTIME_S));
}

void
live_pulse_start(struct live_pulse *p)
{
	struct stat st;

	/* It may have been moved since, and does not go back. */
	if (stat(LIVE_PULSE_FILE, &st) == 0)
		p->base = (long long)st.st_mtime - 1;
	p->beat.fire = on_beat;
	p->hold.fire = on_hold;
	timer_set(p->world, &p->hold, utime_add(world_now(p->world), UTIME_S));
	timer_set_background(
	    p->world, &p->beat, utime_add(world_now(p->world), beat_span(p)));
}

void
live_pulse_stop(struct live_pulse *p)
{
	if (p->world == NULL)
		return;
	timer_stop(p->world, &p->beat);
	timer_stop(p->world, &p->hold);
}

void
live_pulse_note(struct live_pulse *p)
{
	p->quiet = 0;
}
