/* SPDX-License-Identifier: MIT */
/*
 * Assembling the virtual world of a scenario, letting it run, and looking at
 * what it left behind.
 */
#include "harness/sim/sim.h"

#include "core/world/world_sim.h"
#include "harness/sim/inject.h"
#include "harness/sim/sim_relay.h"
#include "harness/sim/sim_rules.h"
#include "harness/sim/sim_trust.h"
#include "mockserver/mock.h"

struct sim {
	struct result *result;   /* borrowed */
	const struct plan *plan; /* borrowed */
	struct sim_hooks hooks;
	struct maillog_parser parser;
	struct evidence *evidence; /* borrowed; NULL: this run is judged */
	struct world *world;       /* owned */
	struct mock *mock;         /* owned */
	struct sim_relay relay;
	struct injection *injection;     /* owned */
	struct relay_config config;      /* the plan's, with a queue */
	struct tls_context *tls_context; /* owned; of its deliveries */
	struct timer step_timer, until_timer;
	size_t steps_done;
	uint64_t refusals;  /* by the relay, of injected recipients */
	struct buf refusal; /* the first of them, in words */
	utime refused_at;
	bool is_over; /* nobody is told of what still happens */
};

static bool sim_assemble(struct sim *sim, struct err *err);
static void sim_end(struct sim *sim, bool in_bounds, const struct err *bound);
static void sim_take_apart(struct sim *sim);

static bool
sim_run(struct sim *sim, struct err *err)
{
	struct err bound = { 0 };
	bool good;

	maillog_parser_init(&sim->parser, sim->plan->start);
	good = sim_assemble(sim, err);
	if (good) {
		bool in_bounds = world_run(sim->world, &bound);

		sim_end(sim, in_bounds, &bound);
	}
	sim_take_apart(sim);
	return good;
}

bool
sim_run_scenario(
    struct result *result, const struct sim_hooks *hooks, struct err *err)
{
	struct sim sim = {
		.result = result,
		.plan = result->plan,
		.hooks = *hooks,
		.config = result->plan->relay,
	};

	return sim_run(&sim, err);
}

bool
sim_gather_evidence(struct result *result, struct err *err)
{
	struct sim sim = {
		.result = result,
		.plan = result->plan,
		.config = result->plan->relay,
	};

	result_focus(result);
	sim.evidence = result->evidence;
	return sim_run(&sim, err);
}

/* ---- watching ---- */

static void
check_stop(struct sim *sim)
{
	if (sim->hooks.is_stopped == NULL || sim->result->is_stopped ||
	    !sim->hooks.is_stopped(sim->hooks.owner))
		return;
	sim->result->is_stopped = true;
	world_stop(sim->world);
}

static void
on_log(void *owner, struct slice line)
{
	struct sim *sim = owner;
	utime now = world_now(sim->world);
	struct maillog_event ev;
	bool is_record;

	if (sim->is_over)
		return;
	is_record = maillog_parse(&sim->parser, line, &ev);
	if (is_record)
		story_log(sim->result->story, &ev, now);
	if (sim->evidence != NULL) {
		if (evidence_log(sim->evidence, line, now))
			story_pin(sim->result->story);
		return;
	}
	result_judge_line(sim->result, line, is_record ? &ev : NULL, now);
	if (sim->hooks.on_log != NULL)
		sim->hooks.on_log(sim->hooks.owner, line);
	check_stop(sim);
}

static void
on_side_line(void *owner, enum relay_side_log log, struct slice line)
{
	struct sim *sim = owner;

	if (!sim->is_over && sim->evidence == NULL)
		judge_side_line(
		    sim->result->judge, sim_relay_log_of(log), line);
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct sim *sim = owner;

	if (sim->is_over)
		return;
	story_transcript(sim->result->story, ev);
	if (sim->evidence != NULL) {
		if (evidence_transcript(sim->evidence, ev))
			story_pin(sim->result->story);
		return;
	}
	judge_transcript(sim->result->judge, ev);
	if (sim->hooks.on_transcript != NULL)
		sim->hooks.on_transcript(sim->hooks.owner, ev);
	check_stop(sim);
}

/* The timeline asks for what cannot be. */
static void
on_trouble(void *owner, const char *wanted, const char *found)
{
	struct sim *sim = owner;

	if (sim->evidence != NULL)
		return;
	result_add_ending(sim->result, "timeline", NULL, wanted, "%s", found);
}

static void
on_fault(void *owner, const struct err *err)
{
	struct sim *sim = owner;
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	/* The log tells what the scenario does to the disk. */
	if (sim->evidence != NULL || sim->plan->disk_refuses)
		return;
	result_add_ending(sim->result, "relay fault", NULL,
	    "the relay goes on to the end", "%s",
	    err_format(err, text, sizeof(text)));
}

/* The first one is told, all are counted. */
static void
on_refusal(void *owner, const struct inject_refusal *refusal)
{
	struct sim *sim = owner;

	if (sim->refusals++ > 0)
		return;
	sim->refused_at = world_now(sim->world);
	buf_printf(&sim->refusal, "message %llu to <%.*s> at %s: ",
	    (unsigned long long)refusal->message, SLICE_ARG(refusal->recipient),
	    smtp_stage_name(refusal->stage));
	if (refusal->code != 0)
		buf_printf(&sim->refusal, "%d ", refusal->code);
	buf_append(&sim->refusal, refusal->text);
}

static void
on_surprise(void *owner, const struct inject_surprise *surprise)
{
	struct sim *sim = owner;

	if (sim->evidence == NULL)
		result_add_ending(sim->result, "injection", surprise->place,
		    surprise->wanted, "%.*s", SLICE_ARG(surprise->found));
}

/* ---- the timeline ---- */

static enum host_state
network_state(enum mock_host_state state)
{
	switch (state) {
	case MOCK_HOST_UP:
		return HOST_UP;
	case MOCK_HOST_REFUSE:
		return HOST_REFUSE;
	case MOCK_HOST_SILENT:
		return HOST_SILENT;
	case MOCK_HOST_UNREACHABLE:
		break;
	}
	return HOST_UNREACHABLE;
}

static void
set_host(struct sim *sim, size_t host, enum mock_host_state state)
{
	const struct mock_host *h = &sim->plan->hosts.at[host];

	for (size_t i = 0; i < h->addresses.count; i++)
		sim_set_host(
		    sim->world, &h->addresses.at[i], network_state(state));
}

static void
set_link(struct sim *sim, const struct plan_link *link)
{
	struct sim_link to = { link->latency, link->bandwidth,
		link->partitioned };

	sim_set_link(sim->world, &link->a, &link->b, &to);
}

static void
set_disk(struct sim *sim, enum plan_disk_state state)
{
	static const enum disk_state states[] = {
		[PLAN_DISK_OK] = DISK_OK,
		[PLAN_DISK_FULL] = DISK_FULL,
		[PLAN_DISK_EIO] = DISK_EIO,
		[PLAN_DISK_EIO_READ] = DISK_EIO_READ,
		[PLAN_DISK_EIO_WRITE] = DISK_EIO_WRITE,
		[PLAN_DISK_EIO_SYNC] = DISK_EIO_SYNC,
	};

	sim_set_disk(sim->world, states[state]);
}

static void
step_take(struct sim *sim, const struct plan_step *step)
{
	struct err err;

	switch (step->kind) {
	case PLAN_STEP_HOST:
		set_host(sim, step->host, step->state);
		if (!mock_set_host_state(sim->mock,
			slice_cstr(sim->plan->hosts.at[step->host].name),
			step->state, &err) &&
		    sim->evidence == NULL)
			result_add_ending(sim->result, "timeline", NULL,
			    "the host changes its state", "%s", err.msg);
		break;
	case PLAN_STEP_NETWORK:
		set_link(sim, &step->link);
		break;
	case PLAN_STEP_RELAY:
		sim_relay_order(&sim->relay, step);
		break;
	case PLAN_STEP_DISK:
		set_disk(sim, step->disk);
		break;
	case PLAN_STEP_DNS:
		sim_set_zone(sim->world, step->zone);
		break;
	case PLAN_STEP_CTL:
		/* First, as it is done before this returns. */
		if (sim->evidence == NULL)
			judge_operate(sim->result->judge,
			    slice_cstr(step->command), world_now(sim->world));
		sim_relay_operate(&sim->relay, slice_cstr(step->command));
		break;
	}
}

static void
step_arm(struct sim *sim)
{
	if (sim->steps_done < sim->plan->step_count)
		timer_set(sim->world, &sim->step_timer,
		    utime_add(sim->plan->start,
			sim->plan->steps[sim->steps_done].at));
}

static void
on_step(struct timer *t)
{
	struct sim *sim = CONTAINER_OF(t, struct sim, step_timer);

	step_take(sim, &sim->plan->steps[sim->steps_done++]);
	step_arm(sim);
}

static void
on_until(struct timer *t)
{
	world_stop(CONTAINER_OF(t, struct sim, until_timer)->world);
}

/* ---- assembling ---- */

static void
build_world(struct sim *sim)
{
	const struct plan *plan = sim->plan;
	struct sim_options options = {
		.start = plan->start,
		.latency = plan->latency,
		.self = PLAN_RELAY_ADDRESS,
		.zone = plan->relay.zone,
		.span_max = plan->span_max,
		.events_max = plan->events_max,
		.sync_time = plan->sync_time,
	};

	sim->world = world_sim_new(&options);
	for (size_t i = 0; i < plan->link_count; i++)
		set_link(sim, &plan->links[i]);
	for (size_t i = 0; i < plan->hosts.count; i++)
		set_host(sim, i, plan->hosts.at[i].state);
}

static void
inject_begin(struct sim *sim)
{
	const struct inject_hooks hooks = { sim, on_refusal, on_surprise };
	size_t count = sim->plan->relay.listeners.count;
	struct endpoint *at = xcalloc(count, sizeof(*at));

	for (size_t i = 0; i < count; i++)
		at[i] = *relay_listen_address(sim->relay.relay, i);
	sim->injection = injection_new(sim->world, sim->plan, at, &hooks);
	free(at);
}

static bool
sim_assemble(struct sim *sim, struct err *err)
{
	const struct mock_options mock = { .seed = sim->result->seed,
		.zone = sim->plan->relay.zone };
	struct transcript_sink sink = { sim, on_transcript,
		TRANSCRIPT_CONTENT_MAX };

	build_world(sim);
	sim->config.queue_path = SLICE("queue.db");
	sim_relay_name_logs(sim->plan, &sim->config);
	sim->mock = mock_new(sim->world, &sim->plan->hosts, &mock, &sink, err);
	if (sim->mock == NULL ||
	    !sim_trust(&sim->config, sim->mock, &sim->tls_context, err))
		return false;
	sim->relay.world = sim->world;
	sim->relay.config = &sim->config;
	sim->relay.hooks = (struct relay_hooks){ sim, on_log, NULL, on_fault,
		on_side_line, NULL };
	sim->relay.on_trouble = on_trouble;
	if (!sim_relay_start(&sim->relay, err))
		return err_prefix(err, "the relay cannot start: ");
	inject_begin(sim);
	sim->step_timer.fire = on_step;
	step_arm(sim);
	sim->until_timer.fire = on_until;
	timer_set(sim->world, &sim->until_timer,
	    utime_add(sim->plan->start, sim->plan->until));
	return true;
}

static void
sim_take_apart(struct sim *sim)
{
	sim->is_over = true;
	if (sim->world != NULL) {
		timer_stop(sim->world, &sim->step_timer);
		timer_stop(sim->world, &sim->until_timer);
	}
	injection_destroy(&sim->injection);
	sim_relay_fini(&sim->relay);
	mock_destroy(&sim->mock);
	tls_context_destroy(&sim->tls_context);
	world_destroy(&sim->world);
	maillog_parser_fini(&sim->parser);
	buf_fini(&sim->refusal);
}

/* ---- the end ---- */

static bool
expects_queued(const struct plan *plan)
{
	for (size_t i = 0; i < plan->expectation_count; i++)
		if (plan->expectations[i].kind == EXPECT_QUEUED)
			return true;
	return false;
}

static void
check_refusals(struct sim *sim)
{
	struct judgement *j;

	if (sim->refusals == 0)
		return;
	j = result_add_ending(sim->result, "injection", NULL,
	    "the relay accepts every recipient", "%s", buf_cstr(&sim->refusal));
	j->failures = sim->refusals;
	j->at = sim->refused_at;
}

/* Refusals that the scenario promises, and that did not come. */
static void
check_promises(struct sim *sim)
{
	for (size_t i = 0; i < sim->plan->inject_count; i++) {
		const struct plan_inject *said = &sim->plan->injects[i];

		for (size_t k = 0; k < said->refused.count; k++) {
			uint64_t missing =
			    injection_missing_refusals(sim->injection, i, k);

			if (missing > 0)
				result_add_ending(sim->result, "injection",
				    NULL, "the refusals that are promised",
				    "%llu fewer with %.*s",
				    (unsigned long long)missing,
				    SLICE_ARG(said->refused.at[k].code));
		}
	}
}

static void
check_queue(struct sim *sim)
{
	struct relay *relay = sim->relay.relay;
	uint64_t queued = relay != NULL ? relay_queued_recipients(relay) : 0;

	if (relay == NULL)
		result_add_ending(sim->result, "relay", NULL,
		    "the relay runs when the scenario ends", "it does not run");
	if (queued > 0 && !expects_queued(sim->plan))
		result_add_ending(sim->result, "queue", NULL,
		    "an empty queue, as nothing is expected to be \"queued\"",
		    "recipients still in it: %llu", (unsigned long long)queued);
}

static void
check_sessions(struct sim *sim)
{
	size_t open = mock_open_sessions(sim->mock, NULL);

	if (open > 0)
		result_add_ending(sim->result, "sessions", NULL,
		    "every session is closed when nothing more happens",
		    "sessions that hosts still have: %zu", open);
	if (!injection_is_done(sim->injection))
		result_add_ending(sim->result, "injection", NULL,
		    "every message is injected when nothing more happens",
		    "the injection still waits for the relay");
}

static void
sim_end(struct sim *sim, bool in_bounds, const struct err *bound)
{
	struct result *result = sim->result;
	utime now = world_now(sim->world);

	if (sim->evidence != NULL) {
		evidence_finish(sim->evidence);
		return;
	}
	result->span = now - sim->plan->start;
	if (result->is_stopped)
		return;
	if (!in_bounds)
		judge_interrupt(result->judge);
	result_take_judgements(result, now);
	if (!in_bounds)
		result_add_ending(result, "bounds", NULL,
		    "the scenario ends within its \"limits\"", "it loops: %s",
		    bound->msg);
	check_refusals(sim);
	check_promises(sim);
	if (in_bounds && sim->plan->until == UTIME_NEVER)
		check_sessions(sim);
	check_queue(sim);
	sim_check_rules(sim->mock, result);
}
