/* SPDX-License-Identifier: MIT */
/* `hoststatus`: what is known of one destination, and of the way to it; see
 * status.h. */
#include "relay/deliver/age.h"
#include "relay/operate/operate.h"

static void
fill_notes(struct host_status *s, const struct delivery *d)
{
	const struct delivery_notes *notes = &d->notes;

	s->counters = notes->counters;
	if (notes->last_activity > 0)
		s->last_activity = notes->last_activity;
	s->last_5xx = (struct shown_error){
		.text = notes->last_5xx,
		.at = notes->last_5xx_at,
	};
	s->last_error = (struct shown_error){
		.text = notes->last_error,
		.at = notes->last_error_at,
		.stage = notes->last_error_stage,
		.from = notes->last_error_from,
	};
	if (d->has_candidates)
		s->expires = d->candidates_expire;
}

/* ---- the way to it ---- */

/* Room for what is shown of it, and the texts that it borrows. */
struct way {
	struct shown_exchange *routes, *exchanges; /* owned */
	size_t route_count, exchange_count, exchange_cap;
	struct buf *names; /* owned; of the routes */
};

static void
way_fini(struct way *w)
{
	for (size_t i = 0; i < w->route_count; i++)
		buf_fini(&w->names[i]);
	free(w->names);
	free(w->routes);
	free(w->exchanges);
}

/* Behind those that are as good or better; there is room. */
static void
put_exchange(struct way *w, const struct shown_exchange *x)
{
	size_t at = w->exchange_count++;

	for (; at > 0 && w->exchanges[at - 1].preference > x->preference; at--)
		w->exchanges[at] = w->exchanges[at - 1];
	w->exchanges[at] = *x;
}

/* The MX records of the name that are in the cache. */
static void
add_exchanges(struct way *w, struct relay *r, struct slice name)
{
	struct dns_answer answer;

	if (!dns_cache_find(
		r->dns_cache, name, DNS_MX, world_now(r->world), &answer))
		return;
	for (size_t i = 0; i < answer.count; i++) {
		w->exchanges = xgrow(w->exchanges, &w->exchange_cap,
		    w->exchange_count + 1, sizeof(w->exchanges[0]));
		put_exchange(w,
		    &(struct shown_exchange){
			.preference = answer.records[i].preference,
			.ttl = answer.ttl_s * UTIME_S,
			.name = answer.records[i].name,
		    });
	}
}

static void
add_route(struct way *w, struct relay *r, const struct route *route)
{
	w->routes = xcalloc(route->dest_count, sizeof(w->routes[0]));
	w->names = xcalloc(route->dest_count, sizeof(w->names[0]));
	w->route_count = route->dest_count;
	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];
		struct route_dest bare = *dest;

		/* The priority has a column of its own. */
		bare.priority = 0;
		route_dest_format(&bare, &w->names[i]);
		w->routes[i] = (struct shown_exchange){
			.preference = dest->priority,
			.name = buf_slice(&w->names[i]),
		};
		if (dest->kind == ROUTE_DEST_NAME)
			add_exchanges(w, r, dest->host);
	}
}

static void
find_way(struct way *w, struct relay *r, struct slice domain)
{
	const struct route *route = routes_match(r->routes, domain);

	if (route != NULL && route->kind == ROUTE_HOSTS)
		add_route(w, r, route);
	else if (route == NULL || route->kind == ROUTE_USEDNS)
		add_exchanges(w, r, domain);
}

/* The route's priority, or the preference of the record that led there. */
static uint32_t
preference_of(const struct way *w, const struct candidate *c)
{
	if (w->route_count > 0)
		return resolve_route_priority(c->priority);
	for (size_t i = 0; i < w->exchange_count; i++)
		if (c->name != NULL &&
		    slice_eq(w->exchanges[i].name, slice_cstr(c->name)))
			return w->exchanges[i].preference;
	return 0;
}

static struct shown_candidate *
show_candidates(const struct way *w, const struct candidates *c)
{
	struct shown_candidate *shown = xcalloc(c->count + 1, sizeof(*shown));

	for (size_t i = 0; i < c->count; i++)
		shown[i] = (struct shown_candidate){
			.preference = preference_of(w, &c->list[i]),
			.at = c->list[i].host->at,
			.is_down = c->list[i].host->is_down,
			.probe_at = c->list[i].host->probe_at,
		};
	return shown;
}

static void
fill_domain(struct host_status *s, struct domain *domain)
{
	const struct message *oldest = age_oldest_of(domain);
	const struct group *waiting = domain_first_waiting(domain);

	s->domain = slice_cstr(domain->name);
	s->state = operate_state(domain);
	s->gauges = operate_gauges(domain);
	if (oldest != NULL)
		s->oldest = oldest->received;
	if (waiting != NULL)
		s->next_retry = group_due(waiting);
	s->candidate_count = domain->candidates.count;
	if (domain->delivery != NULL)
		fill_notes(s, domain->delivery);
}

bool
operate_hoststatus(struct operation *op, struct err *err)
{
	struct relay *r = op->relay;
	struct domain *domain = operation_domain(op, operation_word(op, 1));
	struct shown_candidate *candidates = NULL;
	struct way way = { 0 };
	struct host_status s = {
		.domain = operation_word(op, 1),
		.now = world_now(r->world),
		.oldest = UTIME_NEVER,
		.next_retry = UTIME_NEVER,
		.last_activity = UTIME_NEVER,
		.expires = UTIME_NEVER,
		.is_suspended = r->is_suspended,
		.interface = r->config->interface,
	};

	(void)err;
	find_way(&way, r, s.domain);
	if (domain != NULL) {
		fill_domain(&s, domain);
		s.candidates = candidates =
		    show_candidates(&way, &domain->candidates);
	}
	s.routes = way.routes;
	s.route_count = way.route_count;
	s.exchanges = way.exchanges;
	s.exchange_count = way.exchange_count;
	host_status_format(&s, &op->answer->text);
	op->answer->object = host_status_json(&s);
	way_fini(&way);
	free(candidates);
	return true;
}
