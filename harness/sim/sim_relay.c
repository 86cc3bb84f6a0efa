/* SPDX-License-Identifier: MIT */
/* The relay's lives in a simulation; see sim_relay.h. */
#include "harness/sim/sim_relay.h"

#include "core/maillog/maillog.h"
#include "core/world/world_sim.h"

#define COMMAND_WORDS_MAX 16

static void
on_log(void *owner, struct slice line)
{
	struct sim_relay *s = owner;

	s->hooks.on_log(s->hooks.owner, line);
}

static void
on_fault(void *owner, const struct err *err)
{
	struct sim_relay *s = owner;

	s->hooks.on_fault(s->hooks.owner, err);
}

static void
on_side_line(void *owner, enum relay_side_log log, struct slice line)
{
	struct sim_relay *s = owner;

	s->hooks.on_side_line(s->hooks.owner, log, line);
}

static void
log_mark(struct sim_relay *s, enum maillog_form form)
{
	struct buf line = { 0 };
	const struct maillog_event ev = {
		.form = form,
		.time = world_now(s->world),
		.version = SLICE(FAULTPOST_VERSION),
		.serial = SLICE("faultpost"),
	};

	maillog_format(&line, &ev);
	s->hooks.on_log(s->hooks.owner, buf_slice(&line));
	buf_fini(&line);
}

/* ---- logs beside the mail log ---- */

enum plan_log
sim_relay_log_of(enum relay_side_log log)
{
	static const enum plan_log logs[SIDE_LOG_COUNT] = {
		[SIDE_STATUS] = PLAN_LOG_STATUS,
		[SIDE_BOUNCE] = PLAN_LOG_BOUNCE,
		[SIDE_DELIVERY] = PLAN_LOG_DELIVERY,
	};

	return logs[log];
}

void
sim_relay_name_logs(const struct plan *plan, struct relay_config *config)
{
	const struct {
		enum plan_log log;
		struct slice *path;
	} rows[] = {
		{ PLAN_LOG_BOUNCE, &config->bounce_log },
		{ PLAN_LOG_DELIVERY, &config->delivery_log },
		{ PLAN_LOG_STATUS, &config->status_log },
	};

	for (size_t i = 0; i < plan->expectation_count; i++)
		for (size_t k = 0; k < ARRAY_LEN(rows); k++)
			if (plan->expectations[i].of == rows[k].log)
				*rows[k].path = SLICE("a log");
}

/* ---- ending ---- */

/* It has drained: it ends when the callback that says so has returned. */
static void
on_drained(void *owner)
{
	struct sim_relay *s = owner;

	timer_set(s->world, &s->timer, world_now(s->world));
}

static bool
relay_begin(struct sim_relay *s, struct err *err)
{
	const struct relay_hooks hooks = { s, on_log, on_drained, on_fault,
		on_side_line, NULL };

	s->relay = relay_new(s->world, s->config, &hooks, err);
	return s->relay != NULL;
}

/* Either it has drained, or it has been down for long enough. */
static void
on_timer(struct timer *t)
{
	struct sim_relay *s = CONTAINER_OF(t, struct sim_relay, timer);
	struct err err = { 0 };

	if (s->relay != NULL) {
		relay_destroy(&s->relay);
		log_mark(s, MAILLOG_END_LOGFILE);
		timer_set(
		    s->world, t, utime_add(world_now(s->world), s->down_for));
		return;
	}
	log_mark(s, MAILLOG_BEGIN_LOGFILE);
	log_mark(s, MAILLOG_VERSION);
	log_mark(s, MAILLOG_TIME_OFFSET);
	if (!relay_begin(s, &err))
		s->on_trouble(
		    s->hooks.owner, "the relay starts again", err.msg);
}

bool
sim_relay_start(struct sim_relay *s, struct err *err)
{
	s->timer.fire = on_timer;
	return relay_begin(s, err);
}

void
sim_relay_fini(struct sim_relay *s)
{
	if (s->world != NULL)
		timer_stop(s->world, &s->timer);
	relay_destroy(&s->relay);
}

/* ---- the timeline ---- */

static void
crash(struct sim_relay *s, const struct plan_step *step)
{
	static const enum disk_crash left[] = {
		[UNSYNCED_LOST] = CRASH_LOSES,
		[UNSYNCED_TORN] = CRASH_TEARS,
		[UNSYNCED_KEPT] = CRASH_KEEPS,
	};

	sim_crash_disk(s->world, left[step->unsynced]);
	relay_kill(&s->relay);
	timer_set(s->world, &s->timer,
	    utime_add(world_now(s->world), step->down_for));
}

void
sim_relay_order(struct sim_relay *s, const struct plan_step *step)
{
	if (s->relay == NULL) {
		s->on_trouble(s->hooks.owner,
		    "the relay runs when the timeline has it end",
		    "it does not run");
		return;
	}
	switch (step->order) {
	case RELAY_CRASH:
		crash(s, step);
		return;
	case RELAY_RESTART:
		s->down_for = step->down_for;
		relay_drain(s->relay);
		return;
	case RELAY_SUSPENDDEL:
	case RELAY_RESUMEDEL:
	case RELAY_DELIVERNOW:
		/* The plan has them as commands. */
		assert(false);
		return;
	}
}

void
sim_relay_operate(struct sim_relay *s, struct slice command)
{
	struct slice words[COMMAND_WORDS_MAX], word;
	struct relay_command said = { .words = words };
	struct relay_answer answer = { 0 };
	struct err err;

	while (
	    said.count < COMMAND_WORDS_MAX && slice_split(&command, ' ', &word))
		if (word.len > 0)
			words[said.count++] = word;
	if (s->relay == NULL)
		s->on_trouble(s->hooks.owner,
		    "the relay runs when it is given a command",
		    "it does not run");
	else if (!relay_operate(s->relay, &said, &answer, &err))
		s->on_trouble(s->hooks.owner,
		    "the relay carries the command out", err.msg);
	relay_answer_fini(&answer);
}
