/* SPDX-License-Identifier: MIT */
/* The timeline of a live run; see live_impl.h. */
#include "harness/live/live_impl.h"

#include <signal.h>

static void
step_arm(struct live *live)
{
	if (live->steps_done < live->plan->step_count)
		timer_set(live->world, &live->step_timer,
		    utime_add(live->plan->start,
			live->plan->steps[live->steps_done].at));
}

/* ---- an operator's commands ---- */

static void
command_over(struct live_command *c, const char *found)
{
	if (found != NULL)
		live_trouble(
		    c->live, "the relay carries the command out", found);
	stream_close(c->stream);
	c->stream = NULL;
	buf_fini(&c->answer);
	step_arm(c->live);
}

static void
command_read(struct live_command *c)
{
	struct slice line = buf_slice(&c->answer);
	json_t *o = json_loadb(line.at, slice_find_byte(line, '\n'), 0, NULL);
	const char *why = json_string_value(json_object_get(o, "error"));

	command_over(c,
	    json_is_true(json_object_get(o, "ok")) ? NULL
		: why != NULL                      ? why
						   : "its answer is none");
	json_decref(o);
}

static void
on_command_input(void *owner, struct slice bytes)
{
	struct live_command *c = owner;

	buf_append(&c->answer, bytes);
	if (slice_find_byte(bytes, '\n') < bytes.len)
		command_read(c);
}

static void
on_command_eof(void *owner)
{
	command_over(owner, "it closed the connection without an answer");
}

static void
on_command_failure(void *owner, enum net_failure why)
{
	command_over(owner, net_failure_text(why));
}

static void
on_command_progress(void *owner)
{
	(void)owner;
}

static json_t *
command_request(struct slice command)
{
	json_t *words = json_array();
	struct slice word;

	while (slice_split(&command, ' ', &word))
		if (word.len > 0)
			json_array_append_new(
			    words, json_stringn(word.at, word.len));
	return json_pack("{s:o}", "command", words);
}

static void
command_give(struct live *live, struct live_command *c, struct slice command)
{
	static const struct stream_handler handler = {
		.on_connected = on_command_progress,
		.on_input = on_command_input,
		.on_drained = on_command_progress,
		.on_eof = on_command_eof,
		.on_failure = on_command_failure,
	};
	json_t *request = command_request(command);
	char *text = json_dumps(request, JSON_COMPACT);

	c->live = live;
	c->stream = world_connect_local(
	    live->world, live->relay.adapter->control, &handler, c);
	stream_write(c->stream, slice_cstr(text));
	stream_write(c->stream, SLICE("\n"));
	free(text);
	json_decref(request);
}

static void
operate(struct live *live, struct live_command *c, const char *command)
{
	tape_operate(live->tape, slice_cstr(command), world_now(live->world));
	if (live_relay_runs(&live->relay))
		command_give(live, c, slice_cstr(command));
	else
		live_trouble(live, "the relay runs when it is given a command",
		    "it does not run");
}

/* ---- steps ---- */

static void
order_relay(struct live *live, const struct plan_step *step)
{
	if (!live_relay_runs(&live->relay)) {
		live_trouble(live,
		    "the relay runs when the timeline has it end",
		    "it does not run");
		return;
	}
	live->down_for = step->down_for;
	live_relay_end(
	    &live->relay, step->order == RELAY_CRASH ? SIGKILL : SIGTERM);
}

static void
step_take(struct live *live, size_t number)
{
	const struct plan_step *step = &live->plan->steps[number];
	struct err err;

	switch (step->kind) {
	case PLAN_STEP_HOST:
		if (!live_set_host(live, step->host, step->state, &err))
			live_trouble(
			    live, "the host changes its state", err.msg);
		break;
	case PLAN_STEP_RELAY:
		order_relay(live, step);
		break;
	case PLAN_STEP_DNS:
		mock_dns_set_zone(live->names, step->zone);
		break;
	case PLAN_STEP_CTL:
		operate(live, &live->commands[number], step->command);
		break;
	case PLAN_STEP_NETWORK:
	case PLAN_STEP_DISK:
		/* live_unable() has said so. */
		assert(false);
		break;
	}
}

static void
on_step(struct timer *t)
{
	struct live *live = CONTAINER_OF(t, struct live, step_timer);

	const size_t number = live->steps_done++;

	step_take(live, number);
	/* What comes behind a command waits until it has been carried out. */
	if (live->commands[number].stream == NULL)
		step_arm(live);
}

void
live_steps_begin(struct live *live)
{
	live->commands =
	    xcalloc(live->plan->step_count + 1, sizeof(*live->commands));
	live->step_timer.fire = on_step;
	step_arm(live);
}

void
live_steps_fini(struct live *live)
{
	if (live->world != NULL)
		timer_stop(live->world, &live->step_timer);
	for (size_t i = 0; live->commands != NULL && i < live->plan->step_count;
	     i++) {
		if (live->commands[i].stream != NULL)
			stream_reset(live->commands[i].stream);
		buf_fini(&live->commands[i].answer);
	}
	free(live->commands);
	live->commands = NULL;
}
