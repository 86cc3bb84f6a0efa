/* SPDX-License-Identifier: MIT */
/* The relay's life: starting, reloading, draining, ending; see relay.h. */
#include "relay/bounce.h"

static void on_accept(void *owner, struct stream *s);
static void on_drain_deadline(struct timer *t);
static void on_spool_fault(void *owner, const struct err *err);
static void on_stored(void *owner, struct message *m,
    const struct spool_recipient *left, uint32_t count);

static bool
holds(const struct relay_listener *list, size_t count, const struct listener *l)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].listener == l)
			return true;
	return false;
}

/* Closes those of `list` that are not among `kept`. */
static void
close_others(struct relay_listener *list, size_t count,
    const struct relay_listener *kept, size_t kept_count)
{
	for (size_t i = 0; i < count; i++)
		if (!holds(kept, kept_count, list[i].listener))
			listener_close(list[i].listener);
}

/* The listener for an address: one of those there were that is not among
 * `taken`, else a new one. */
static struct listener *
take_listener(struct relay *r, const struct endpoint *at,
    const struct relay_listener *taken, size_t taken_count, struct err *err)
{
	for (size_t i = 0; i < r->listener_count; i++)
		if (endpoint_equal(&r->listeners[i].at, at) &&
		    !holds(taken, taken_count, r->listeners[i].listener))
			return r->listeners[i].listener;
	return world_listen(r->world, at, on_accept, r, err);
}

/* Listens where `config` says, and nowhere else; on an error all is as it
 * was. */
static bool
replace_listeners(
    struct relay *r, const struct relay_config *config, struct err *err)
{
	size_t count = config->listen.count;
	struct relay_listener *list = xcalloc(count, sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		list[i].at = config->listen.at[i];
		list[i].listener = take_listener(r, &list[i].at, list, i, err);
		if (list[i].listener == NULL) {
			close_others(list, i, r->listeners, r->listener_count);
			free(list);
			return false;
		}
	}
	close_others(r->listeners, r->listener_count, list, count);
	free(r->listeners);
	r->listeners = list;
	r->listener_count = count;
	return true;
}

static void
close_listeners(struct relay *r)
{
	for (size_t i = 0; i < r->listener_count; i++)
		listener_close(r->listeners[i].listener);
	free(r->listeners);
	r->listeners = NULL;
	r->listener_count = 0;
}

static bool
relay_start(struct relay *r, struct err *err)
{
	const struct spool_hooks hooks = { r, on_spool_fault };

	r->spool = spool_open(r->world, r->config->queue_path.at, &hooks, err);
	if (r->spool == NULL)
		return false;
	relay_load_counters(r);
	if (!spool_load(r->spool, on_stored, r, err))
		return false;
	return replace_listeners(r, r->config, err);
}

struct relay *
relay_new(struct world *w, const struct relay_config *config,
    const struct relay_hooks *hooks, struct err *err)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->world = w;
	r->config = config;
	r->hooks = *hooks;
	r->log.world = w;
	r->log.owner = hooks->owner;
	r->log.on_line = hooks->on_log;
	r->drain.fire = on_drain_deadline;
	r->dns_cache = dns_cache_new(&config->dns_cache);
	list_init(&r->sessions);
	list_init(&r->bounces);
	list_init(&r->retired);
	if (!relay_start(r, err))
		relay_destroy(&r);
	return r;
}

void
relay_destroy(struct relay **rp)
{
	struct relay *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	close_listeners(r);
	timer_stop(r->world, &r->drain);
	timer_stop(r->world, &r->suspend);
	inbound_destroy_all(r);
	deliver_destroy_all(r);
	if (r->spool != NULL)
		relay_save_counters(r);
	queue_fini(&r->queue);
	hosts_fini(&r->hosts);
	dns_cache_destroy(&r->dns_cache);
	spool_close(&r->spool);
	bounce_destroy_all(r);
	log_fini(&r->log);
	free(r);
}

void
relay_kill(struct relay **rp)
{
	spool_abandon((*rp)->spool);
	relay_destroy(rp);
}

/* A message that was in the queue at start. */
static void
on_stored(void *owner, struct message *m, const struct spool_recipient *left,
    uint32_t count)
{
	struct relay *r = owner;

	if (count > 0) {
		deliver_submit(r, m, left, count);
		return;
	}
	/* All were finished; only the record of it was cut short. */
	spool_drop_message(r->spool, m->mid, spool_pieces_of(m->size_bytes));
	message_destroy(&m);
}

static void
on_accept(void *owner, struct stream *s)
{
	inbound_accept(owner, s);
}

static void
on_spool_fault(void *owner, const struct err *err)
{
	struct relay *r = owner;

	inbound_on_fault(r);
	r->hooks.on_fault(r->hooks.owner, err);
}

bool
relay_reload(
    struct relay *r, const struct relay_config *config, struct err *err)
{
	/* Who drains has given its listeners up for good. */
	if (!r->draining && !replace_listeners(r, config, err))
		return false;
	r->config = config;
	/* Who asks for a reload may have changed DNS, too. */
	dns_cache_reset(r->dns_cache, &config->dns_cache);
	deliver_reload(r);
	return true;
}

void
relay_drain(struct relay *r)
{
	if (r->draining)
		return;
	r->draining = true;
	close_listeners(r);
	timer_set(r->world, &r->drain,
	    utime_add(world_now(r->world), r->config->drain_timeout));
	inbound_drain(r);
	deliver_drain(r);
}

/* Patience is over: what is under way is cut; it stays queued. */
static void
on_drain_deadline(struct timer *t)
{
	struct relay *r = CONTAINER_OF(t, struct relay, drain);

	inbound_destroy_all(r);
	deliver_destroy_all(r);
	if (!r->drained) {
		r->drained = true;
		r->hooks.on_drained(r->hooks.owner);
	}
}

const struct endpoint *
relay_listen_address(const struct relay *r, size_t index)
{
	assert(index < r->listener_count);
	return listener_local(r->listeners[index].listener);
}

uint64_t
relay_queued_recipients(const struct relay *r)
{
	return r->queue.recipients;
}
