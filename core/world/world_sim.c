/* SPDX-License-Identifier: MIT */
/*
 * Virtual time: the calendar is the simulator.  What happens next is its first
 * entry, whether that is an owner's timer or bytes that arrive; see
 * world_sim.h.
 */
#include "core/world/world_sim.h"

#include "core/world/sim_impl.h"

static utime sim_now(const struct world *w);
static bool sim_run(struct world *w, struct err *err);
static void sim_destroy(struct world *w);

static const struct world_ops sim_ops = {
	.now = sim_now,
	.run = sim_run,
	.destroy = sim_destroy,
	.storage_free = sim_storage_free,
	.storage_synced = sim_storage_synced,
	.storage_wait = sim_storage_wait,
	.connect = sim_connect,
	.listen = sim_listen,
	.listener_close = sim_listener_close,
	.listener_tune = sim_listener_tune,
	.listener_pause = sim_listener_pause,
	.listener_mute = sim_listener_mute,
	.write = sim_write,
	.queued = sim_queued,
	.pause = sim_pause,
	.pace = sim_pace,
	.shutdown = sim_shutdown,
	.vanish = sim_vanish,
	.close = sim_close,
	.reset = sim_reset,
};

struct world *
world_sim_new(const struct sim_options *options)
{
	struct sim_world *sw = xcalloc(1, sizeof(*sw));

	assert(options->latency >= 0);
	sw->base.ops = &sim_ops;
	sw->base.zone = options->zone;
	sw->base.has_background = true;
	sw->base.dns_latency = 2 * options->latency;
	sw->options = *options;
	sw->now = options->start;
	sim_net_init(sw);
	sim_storage_init(sw);
	return &sw->base;
}

static void
sim_destroy(struct world *w)
{
	struct sim_world *sw = (struct sim_world *)w;

	sim_net_fini(sw);
	sim_storage_fini(sw);
	assert(world_next(w) == NULL);
	buf_fini(&sw->input);
	free(sw);
}

static utime
sim_now(const struct world *w)
{
	return ((const struct sim_world *)w)->now;
}

static bool
within_bounds(const struct sim_world *sw, utime at, struct err *err)
{
	const struct sim_options *o = &sw->options;
	char span[UTIME_TEXT_MAX];

	if (o->events_max != 0 && sw->counts.events >= o->events_max)
		return err_set(err,
		    "the run passed its bound of %llu events; it loops",
		    (unsigned long long)o->events_max);
	if (at > utime_add(o->start, o->span_max))
		return err_set(err,
		    "the run passed its bound of %s of virtual time",
		    utime_format_duration(o->span_max, span));
	return true;
}

bool
sim_run_until(struct world *w, utime until, struct err *err)
{
	struct sim_world *sw = (struct sim_world *)w;

	w->stopping = false;
	while (!w->stopping) {
		const struct heap_node *top = world_next(w);
		struct timer *t;

		if (until == UTIME_NEVER && heap_top(&w->calendar) == NULL)
			break;
		if (top == NULL || top->at > until) {
			if (until != UTIME_NEVER && until > sw->now)
				sw->now = until;
			break;
		}
		if (!within_bounds(sw, top->at, err))
			return false;
		t = world_take_due(w, until);
		if (t->node.at > sw->now)
			sw->now = t->node.at;
		sw->counts.events++;
		t->fire(t);
	}
	return true;
}

static bool
sim_run(struct world *w, struct err *err)
{
	return sim_run_until(w, UTIME_NEVER, err);
}

struct sim_counts
sim_counts(const struct world *w)
{
	return ((const struct sim_world *)w)->counts;
}
