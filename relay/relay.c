/* SPDX-License-Identifier: MIT */
/* The relay's life: starting, reloading, draining, ending; see relay.h. */
#include "relay/bounce/bounce.h"
#include "relay/operate/operate.h"
#include "relay/receive/auth.h"

static void on_drain_deadline(struct timer *t);
static void on_spool_fault(void *owner, const struct err *err);
static void on_spool_recovered(void *owner);
static void on_spool_damage(void *owner);
static void on_stored(void *owner, struct message *m,
    const struct spool_recipient *left, uint32_t count);

static bool
relay_start(struct relay *r, struct err *err)
{
	const struct spool_hooks hooks = { r, on_spool_fault,
		on_spool_recovered, on_spool_damage };

	r->spool = spool_open(r->world, r->config->queue_path.at, &hooks, err);
	if (r->spool == NULL)
		return false;
	relay_load_counters(r);
	if (!spool_load(r->spool, on_stored, r, err))
		return false;
	if (!relay_listen(r, r->config, err))
		return false;
	operate_begin_load(r);
	side_begin(r);
	return true;
}

/* The relay, not started yet. */
static struct relay *
relay_make(struct world *w, const struct relay_config *config,
    const struct relay_hooks *hooks)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->world = w;
	r->config = config;
	r->routes = config->routes;
	r->hooks = *hooks;
	r->log.world = w;
	r->log.owner = hooks->owner;
	r->log.on_line = hooks->on_log;
	r->drain.fire = on_drain_deadline;
	r->dns_cache = dns_cache_new(&config->dns_cache);
	list_init(&r->sessions);
	list_init(&r->bounces);
	list_init(&r->retired);
	list_init(&r->idle);
	for (size_t kind = 0; kind < SLOT_KINDS; kind++) {
		list_init(&r->slots[kind].first);
		list_init(&r->slots[kind].more);
	}
	return r;
}

/* It could not start; what is damaged is left as it is. */
static void
relay_give_up(struct relay **rp)
{
	if ((*rp)->spool != NULL)
		spool_abandon((*rp)->spool);
	relay_destroy(rp);
}

/* The queue that was is set aside, and an empty one made.  Its numbers are
 * higher than any that a queue lost may have given: seconds since 1970. */
static struct relay *
relay_new_aside(struct relay *damaged, struct err *err)
{
	struct world *w = damaged->world;
	const struct relay_config *config = damaged->config;
	const struct relay_hooks hooks = damaged->hooks;
	struct maillog_event ev = {
		.form = MAILLOG_QUEUE_SET_ASIDE,
		.level = MAILLOG_CRITICAL,
	};
	struct err aside = { 0 };
	struct relay *r;

	relay_give_up(&damaged);
	if (hooks.on_damage == NULL ||
	    !hooks.on_damage(hooks.owner, err, &aside))
		return NULL;
	r = relay_make(w, config, &hooks);
	ev.error = slice_cstr(aside.msg);
	log_event(&r->log, &ev);
	if (!relay_start(r, err)) {
		relay_give_up(&r);
		return NULL;
	}
	spool_skip_mids(r->spool, (uint64_t)(world_now(w) / UTIME_S));
	return r;
}

struct relay *
relay_new(struct world *w, const struct relay_config *config,
    const struct relay_hooks *hooks, struct err *err)
{
	struct relay *r = relay_make(w, config, hooks);

	if (relay_start(r, err))
		return r;
	if (r->is_damaged)
		return relay_new_aside(r, err);
	relay_give_up(&r);
	return NULL;
}

void
relay_destroy(struct relay **rp)
{
	struct relay *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	relay_unlisten(r);
	timer_stop(r->world, &r->drain);
	timer_stop(r->world, &r->suspend);
	timer_stop(r->world, &r->status);
	inbound_destroy_all(r);
	relay_unname_listeners(r);
	/* The log tells of each message that the next start will find. */
	if (r->spool != NULL)
		spool_record(r->spool);
	deliver_destroy_all(r);
	if (r->spool != NULL)
		relay_save_counters(r);
	queue_fini(&r->queue);
	hosts_fini(&r->hosts);
	dns_cache_destroy(&r->dns_cache);
	routes_destroy(&r->imported);
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
on_spool_fault(void *owner, const struct err *err)
{
	struct relay *r = owner;
	struct maillog_event ev = {
		.form = MAILLOG_QUEUE_REFUSES,
		.level = MAILLOG_CRITICAL,
		.error = slice_cstr(err->msg),
	};
	struct err told = *err;

	inbound_on_fault(r);
	log_event(&r->log, &ev);
	err_prefix(&told, "the queue's disk refused a write: ");
	r->hooks.on_fault(r->hooks.owner, &told);
}

static void
on_spool_damage(void *owner)
{
	struct relay *r = owner;

	r->is_damaged = true;
}

static void
on_spool_recovered(void *owner)
{
	struct relay *r = owner;
	struct maillog_event ev = { .form = MAILLOG_QUEUE_ACCEPTS };

	log_event(&r->log, &ev);
	deliver_wake_all(r);
}

bool
relay_reload(
    struct relay *r, const struct relay_config *config, struct err *err)
{
	/* Who drains has given its listeners up for good. */
	if (r->draining)
		relay_unname_listeners(r);
	else if (!relay_listen(r, config, err))
		return false;
	r->config = config;
	side_begin(r);
	inbound_dismiss(r);
	r->routes = config->routes;
	/* Who asks for a reload may have changed DNS, too. */
	dns_cache_reset(r->dns_cache, &config->dns_cache);
	deliver_reload(r);
	routes_destroy(&r->imported);
	return true;
}

bool
relay_import_routes(struct relay *r, struct slice text, const char *file,
    struct err_list *errors)
{
	struct routes *fresh = routes_parse(text, file, errors);

	if (fresh == NULL)
		return false;
	if (!relay_auth_check(r->config, fresh, file, errors)) {
		routes_destroy(&fresh);
		return false;
	}
	/* Look-ups that are under way begin anew before their route goes. */
	r->routes = fresh;
	deliver_reload(r);
	routes_destroy(&r->imported);
	r->imported = fresh;
	return true;
}

const struct routes *
relay_routes(const struct relay *r)
{
	return r->routes;
}

void
relay_drain(struct relay *r)
{
	if (r->draining)
		return;
	r->draining = true;
	relay_unlisten(r);
	timer_set(r->world, &r->drain,
	    utime_add(world_now(r->world), r->config->drain_timeout));
	inbound_dismiss(r);
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

uint64_t
relay_queued_recipients(const struct relay *r)
{
	return queue_recipients(&r->queue);
}
