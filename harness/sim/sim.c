/* SPDX-License-Identifier: MIT */
/*
 * Assembling the virtual world of a scenario, letting it run, and looking at
 * what it left behind.
 */
#include "harness/sim/sim.h"

#include "core/world/world_sim.h"
#include "harness/report/watch.h"
#include "harness/sim/inject.h"
#include "harness/sim/sim_endings.h"
#include "harness/sim/sim_relay.h"
#include "harness/sim/sim_rules.h"
#include "harness/sim/sim_trust.h"
#include "mockserver/mock.h"

struct sim {
	struct result *result;   /* borrowed */
	const struct plan *plan; /* borrowed */
	struct sim_hooks hooks;
	struct watch watch;
	struct endings endings;
	struct world *world; /* owned */
	struct mock *mock;   /* owned */
	struct sim_relay relay;
	struct injection *injection;     /* owned */
	struct relay_config config;      /* the plan's, with a queue */
	struct tls_context *tls_context; /* owned; of its deliveries */
	struct timer step_timer, until_timer;
	size_t steps_done;
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

	endings_init(&sim->endings, sim->result, sim->watch.is_again);
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

	watch_init(&sim.watch, result, false);
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
	watch_init(&sim.watch, result, true);
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

	if (sim->is_over)
		return;
	watch_log(&sim->watch, line, world_now(sim->world));
	if (sim->watch.is_again)
		return;
	if (sim->hooks.on_log != NULL)
		sim->hooks.on_log(sim->hooks.owner, line);
	check_stop(sim);
}

static void
on_side_line(void *owner, enum relay_side_log log, struct slice line)
{
	struct sim *sim = owner;

	if (!sim->is_over)
		watch_side_line(&sim->watch, sim_relay_log_of(log), line);
}

static void
on_transcript(void *owner, const struct transcript_event *ev)
{
	struct sim *sim = owner;

	if (sim->is_over)
		return;
	watch_transcript(&sim->watch, ev);
	if (sim->watch.is_again)
		return;
	if (sim->hooks.on_transcript != NULL)
		sim->hooks.on_transcript(sim->hooks.owner, ev);
	check_stop(sim);
}

/* The timeline asks for what cannot be. */
static void
on_trouble(void *owner, const char *wanted, const char *found)
{
	struct sim *sim = owner;

	if (sim->watch.is_again)
		return;
	result_add_ending(sim->result, "timeline", NULL, wanted, "%s", found);
}

static void
on_fault(void *owner, const struct err *err)
{
	struct sim *sim = owner;
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	/* The log tells what the scenario does to the disk. */
	if (sim->watch.is_again || sim->plan->disk_refuses)
		return;
	result_add_ending(sim->result, "relay fault", NULL,
	    "the relay goes on to the end", "%s",
	    err_format(err, text, sizeof(text)));
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
		    !sim->watch.is_again)
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
		if (!sim->watch.is_again)
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
	const struct inject_hooks hooks = endings_inject_hooks(&sim->endings);
	size_t count = sim->plan->relay.listeners.count;
	struct endpoint *at = xcalloc(count, sizeof(*at));

	for (size_t i = 0; i < count; i++)
		at[i] = *relay_listen_address(sim->relay.relay, i);
	sim->endings.world = sim->world;
	sim->injection = injection_new(sim->world, sim->plan,
	    &(struct inject_target){ .listeners = at }, &hooks);
	free(at);
}

static bool
sim_assemble(struct sim *sim, struct err *err)
{
	const struct mock_options mock = { .seed = sim->result->seed,
		.zone = sim->plan->relay.zone };
	struct transcript_sink sink = { sim, on_transcript,
		TRANSCRIPT_CONTENT_MAX, false, 0 };

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
	watch_fini(&sim->watch);
	endings_fini(&sim->endings);
}

/* ---- the end ---- */

static void
sim_end(struct sim *sim, bool in_bounds, const struct err *bound)
{
	struct result *result = sim->result;
	const struct relay *relay = sim->relay.relay;
	utime now = world_now(sim->world);

	if (sim->watch.is_again) {
		evidence_finish(result->evidence);
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
	endings_check_injection(&sim->endings, sim->injection);
	if (in_bounds && sim->plan->until == UTIME_NEVER)
		endings_check_sessions(
		    &sim->endings, sim->mock, sim->injection);
	endings_check_queue(&sim->endings, relay != NULL,
	    relay != NULL ? relay_queued_recipients(relay) : 0);
	sim_check_rules(sim->mock, result);
}
