/* SPDX-License-Identifier: MIT */
/* What live runs are made of, wherever their relay is, and how they end; see
 * live_impl.h. */
#include "core/world/world_ev.h"
#include "harness/live/live_impl.h"
#include "harness/sim/sim_relay.h"
#include "harness/sim/sim_rules.h"

#include <signal.h>
#include <stdio.h>

#define ROOM_FOR_CONTENT TRANSCRIPT_CONTENT_MAX

void
live_trouble(struct live *live, const char *wanted, const char *found)
{
	if (!live->is_over)
		result_add_ending(
		    live->result, "timeline", NULL, wanted, "%s", found);
}

/* A program of others cannot take part in that. */
bool
live_is_turned(const struct live *live)
{
	return live->options->is_turned &&
	    live->options->adapter->clock == ADAPTER_CLOCK_SHARED;
}

static void
on_until(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, until_timer);

	world_stop(live->world);
}

static void
on_bound(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, bound_timer);

	live->is_out_of_bounds = true;
	world_stop(live->world);
}

/* ---- putting it together ---- */

bool
live_start_world(struct live *live, const int *signals,
    void (*on_signal)(void *owner, int number), struct err *err)
{
	live->world = world_ev_new_shared(live->clock, live->places, err);
	if (live->world == NULL)
		return false;
	world_ev_signals(live->world, signals, on_signal, live);
	live->until_timer.fire = on_until;
	live->bound_timer.fire = on_bound;
	timer_set(live->world, &live->until_timer,
	    utime_add(live->plan->start, live->plan->until));
	timer_set_background(live->world, &live->bound_timer,
	    utime_add(live->plan->start, live->plan->span_max));
	return true;
}

bool
live_start_hosts(struct live *live, const struct mock_hosts *hosts,
    const struct mock_options *options,
    void (*on_event)(void *owner, const struct transcript_event *ev),
    struct err *err)
{
	const struct transcript_sink sink = { live, on_event, ROOM_FOR_CONTENT,
		false, 0 };

	live->mock = mock_new(live->world, hosts, options, &sink, err);
	return live->mock != NULL;
}

void
live_start_injection(struct live *live, const struct inject_target *relay)
{
	const struct inject_hooks hooks = endings_inject_hooks(&live->endings);

	live->endings.world = live->world;
	live->injection = injection_new(live->world, live->plan, relay, &hooks);
	live_steps_begin(live);
}

/* Without a world they would be answered by our death, and whoever stops us
 * says so more than once. */
static void
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

void
live_take_apart(struct live *live)
{
	struct timer *const timers[] = { &live->until_timer, &live->bound_timer,
		&live->again_timer };

	live->is_over = true;
	if (live->result->is_stopped)
		hold_signals();
	for (size_t i = 0; live->world != NULL && i < ARRAY_LEN(timers); i++)
		timer_stop(live->world, timers[i]);
	live_steps_fini(live);
	live_foreign_fini(live);
	injection_destroy(&live->injection);
	live_relay_fini(&live->relay);
	mock_dns_destroy(&live->names);
	zone_destroy(&live->front);
	mock_destroy(&live->mock);
	world_destroy(&live->world);
	world_clock_destroy(&live->clock);
	world_places_destroy(&live->places);
	endings_fini(&live->endings);
}

/* ---- the end ---- */

/* Logs beside the mail log are read when nothing more is written. */
static void
read_side_logs(struct live *live)
{
	if (live->options->adapter->side_log == NULL) {
		judge_lack(live->result->judge, JUDGE_OTHER_LOGS);
		return;
	}
	for (enum plan_log log = PLAN_LOG_BOUNCE; log <= PLAN_LOG_STATUS;
	     log++) {
		const char *path =
		    live->options->adapter->side_log(live->plan, log);
		FILE *file = path != NULL ? fopen(path, "re") : NULL;
		char *line = NULL;
		size_t room = 0;
		ssize_t len;

		while (file != NULL && (len = getline(&line, &room, file)) > 0)
			tape_side_line(
			    live->tape, log, slice_of(line, (size_t)len));
		free(line);
		if (file != NULL)
			(void)fclose(file);
	}
}

static void
play(struct live *live, const struct sim_hooks *hooks, bool is_late)
{
	struct watch watch;

	if (live->options->adapter->dialect != NULL) {
		judge_lack(live->result->judge, JUDGE_WORDS);
		judge_lack(live->result->judge, JUDGE_HOST_STATES);
	}
	watch_init(&watch, live->result, false);
	watch.is_inexact = !live_is_turned(live);
	watch.is_late = is_late;
	tape_play(live->tape, &watch, hooks->owner, hooks->on_log,
	    hooks->on_transcript);
	watch_fini(&watch);
}

/* What is elsewhere is not ours to end. */
static bool
relay_runs(const struct live *live)
{
	return live->options->elsewhere != NULL ||
	    live_relay_runs(&live->relay);
}

static void
check_endings(struct live *live, bool is_whole)
{
	if (live->is_lost)
		return;
	if (live->is_out_of_bounds)
		result_add_ending(live->result, "bounds", NULL,
		    "the scenario ends within its \"limits\"",
		    "it loops: its time has passed");
	if (world_clock_ended(live->clock) == WORLD_CLOCK_STUCK)
		result_add_ending(live->result, "bounds", NULL,
		    "every process comes to rest", "one did not for %d s",
		    WORLD_CLOCK_PATIENCE_S);
	if (live->injection == NULL)
		return;
	endings_check_injection(&live->endings, live->injection);
	if (is_whole && live->plan->until == UTIME_NEVER)
		endings_check_sessions(
		    &live->endings, live->mock, live->injection);
	endings_check_queue(&live->endings, relay_runs(live),
	    judge_queued(live->result->judge));
	sim_check_rules(live->mock, live->result);
}

bool
live_is_whole(const struct live *live)
{
	return !live->is_out_of_bounds && !live->is_lost &&
	    world_clock_ended(live->clock) != WORLD_CLOCK_STUCK;
}

void
live_finish(
    struct live *live, const struct sim_hooks *hooks, utime now, bool is_late)
{
	struct result *result = live->result;
	const bool is_whole = live_is_whole(live);

	result->span = now - live->plan->start;
	read_side_logs(live);
	play(live, hooks, is_late);
	if (result->is_stopped)
		return;
	if (!is_whole)
		judge_interrupt(result->judge);
	result_take_judgements(result, now);
	check_endings(live, is_whole);
}

void
live_gather_evidence(struct result *result, const struct tape *tape)
{
	struct watch watch;

	result_focus(result);
	watch_init(&watch, result, true);
	tape_play(tape, &watch, NULL, NULL, NULL);
	evidence_finish(result->evidence);
	watch_fini(&watch);
}
