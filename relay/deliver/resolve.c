/* SPDX-License-Identifier: MIT */
/*
 * Looking candidates up; see resolve.h.  A list of questions is asked one after
 * the other, of the cache first; answers add candidates or further questions
 * right behind the one answered, so that candidates come in the order of the
 * route.
 */
#include "relay/deliver/resolve.h"

#include "relay/deliver/interface.h"

/* One look-up asks no more questions; what is beyond is left out. */
#define QUESTIONS_MAX 512

/* How long a set of candidates that came without DNS may be kept. */
#define STATIC_TTL_S 3600
/* How soon a host that a soft error left out is asked for again (RFC 2308, 7.1:
 * within five minutes). */
#define SOFT_TTL_S 60
/* An answer serves what waited for it, whatever its TTL: were it stale at once,
 * the same question would be asked for ever. */
#define TTL_MIN_S 1

/* Asked for MX, then (or at first) for A and then AAAA. */
struct question {
	struct slice name; /* in the arena */
	enum dns_type type;
	uint16_t port;
	/* Of the candidates that come of it: the route entry's, then the rank
	 * among MX preferences, then the family that is not preferred. */
	uint32_t priority;
};
#define PRIORITY_OF_ROUTE(n)  ((uint32_t)(n) << 16)
#define PRIORITY_RANK         2U
#define PRIORITY_OTHER_FAMILY 1U

struct resolve {
	struct resolve_context context;
	struct arena arena;
	struct dns_query query;
	struct timer start;
	struct question questions[QUESTIONS_MAX];
	size_t asked, count;
	/* The addresses of the host that is being asked for. */
	struct ip_address *found; /* owned */
	size_t found_count, found_cap;
	struct candidates candidates; /* until it is handed over */
	bool soft;                    /* a soft error was among the answers */
	bool unreachable; /* so were addresses that cannot be used */
	uint32_t ttl_s;
	char *null_mx; /* owned; what to say of a domain that takes no mail */
	char *error;   /* owned; of what failed otherwise, if anything */
	enum resolve_outcome when_empty;
	enum relay_ip_sort sort;
	void (*on_result)(void *owner, struct resolve_result *result);
	void *owner;
};

static void ask_next(struct resolve *r);
static void on_start(struct timer *t);
static void on_answer(struct dns_query *q, const struct dns_answer *answer);

/* Makes room at `at` (the end, or right behind the question just answered). */
static void
add_question(struct resolve *r, size_t at, const struct question *q)
{
	if (r->count == QUESTIONS_MAX)
		return;
	memmove(&r->questions[at + 1], &r->questions[at],
	    (r->count - at) * sizeof(r->questions[0]));
	r->questions[at] = *q;
	r->questions[at].name = arena_slice(&r->arena, q->name);
	r->count++;
}

/* Whether the interface reaches the address. */
static bool
is_reached(const struct resolve *r, const struct ip_address *ip)
{
	struct ip_address from;

	return interface_for(r->context.config, ip->family, &from);
}

/* `name` led to it; empty: it was given as it is. */
static void
add_address(struct resolve *r, const struct endpoint *at, uint32_t priority,
    struct slice name)
{
	struct host *host;

	if (!is_reached(r, &at->ip)) {
		r->unreachable = true;
		return;
	}
	host = hosts_get(r->context.hosts, at);
	candidates_add(&r->candidates, host, priority);
	if (name.len > 0)
		candidates_set_name(&r->candidates, host, name);
}

static uint16_t
dest_port(const struct resolve *r, const struct route_dest *dest)
{
	return dest->port != 0 ? dest->port : r->context.config->delivery.port;
}

static void
add_route(struct resolve *r, const struct route *route)
{
	for (size_t i = 0; i < route->dest_count; i++) {
		const struct route_dest *dest = &route->dests[i];
		struct question q = {
			.name = dest->host,
			.type = dest->kind == ROUTE_DEST_NAME ? DNS_MX : DNS_A,
			.port = dest_port(r, dest),
			.priority = PRIORITY_OF_ROUTE(dest->priority),
		};

		if (dest->kind != ROUTE_DEST_ADDRESS) {
			add_question(r, r->count, &q);
			continue;
		}
		add_address(r, &(struct endpoint){ dest->ip, q.port },
		    q.priority, SLICE(""));
	}
}

struct resolve *
resolve_start(const struct resolve_context *context, const struct route *route,
    struct slice domain,
    void (*on_result)(void *owner, struct resolve_result *result), void *owner)
{
	struct resolve *r = xcalloc(1, sizeof(*r));
	struct question mx = {
		.name = domain,
		.type = DNS_MX,
		.port = context->config->delivery.port,
	};

	r->context = *context;
	r->on_result = on_result;
	r->owner = owner;
	r->query.on_answer = on_answer;
	r->start.fire = on_start;
	r->when_empty = RESOLVE_HARD;
	r->ttl_s = STATIC_TTL_S;
	r->sort = relay_destinations_find(context->config->destinations, domain)
		      ->ip_sort_pref;
	if (route != NULL && route->kind == ROUTE_HOSTS)
		add_route(r, route);
	else if (route != NULL && route->kind == ROUTE_DISCARD)
		r->when_empty = RESOLVE_DISCARD;
	else
		add_question(r, 0, &mx);
	timer_set(context->world, &r->start, world_now(context->world));
	return r;
}

uint32_t
resolve_route_priority(uint32_t priority)
{
	return priority / PRIORITY_OF_ROUTE(1);
}

void
resolve_cancel(struct resolve **rp)
{
	struct resolve *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	timer_stop(r->context.world, &r->start);
	dns_cancel(&r->query);
	candidates_fini(&r->candidates);
	arena_fini(&r->arena);
	free(r->found);
	free(r->null_mx);
	free(r->error);
	free(r);
}

/* ---- the result ---- */

/* Addresses that cannot be used may change as the interface or the preference
 * does: the appliance keeps such mail until it expires. */
static void
tell_outcome(const struct resolve *r, struct resolve_result *result)
{
	result->outcome = r->when_empty;
	result->phase = MAILLOG_PHASE_DNS;
	result->error = r->error != NULL ? slice_cstr(r->error)
					 : SLICE("no valid ip addresses");
	if (r->candidates.count > 0) {
		result->outcome = RESOLVE_OK;
	} else if (r->soft) {
		result->outcome = RESOLVE_SOFT;
	} else if (r->unreachable) {
		result->outcome = RESOLVE_SOFT;
		result->error = SLICE("no valid ip addresses");
	} else if (r->null_mx != NULL && r->error == NULL) {
		result->error = slice_cstr(r->null_mx);
		if (r->context.config->delivery.null_mx == NULL_MX_OWN_CODE)
			result->phase = MAILLOG_PHASE_NULL_MX;
	}
}

static void
finish(struct resolve *r)
{
	struct resolve_result result = { .candidates = r->candidates };

	tell_outcome(r, &result);
	r->candidates = (struct candidates){ 0 };
	if (r->soft && r->ttl_s > SOFT_TTL_S)
		r->ttl_s = SOFT_TTL_S;
	if (r->ttl_s < TTL_MIN_S)
		r->ttl_s = TTL_MIN_S;
	result.expires =
	    utime_add(world_now(r->context.world), r->ttl_s * UTIME_S);
	r->on_result(r->owner, &result);
	resolve_cancel(&r);
}

/* ---- what answers say ---- */

/* Remembers an error as the log has it; what is soft is told there at once. */
static void
note_error(struct resolve *r, const struct question *q,
    const struct dns_answer *answer)
{
	const char *what = dns_status_text(answer->status);
	struct maillog_event ev = {
		.form = MAILLOG_DNS_TEMPORARY_FAILURE,
		.domain = q->name,
		.query_type = slice_cstr(dns_type_name(q->type)),
		.error = slice_cstr(what),
	};
	struct buf text = { 0 };

	if (dns_status_is_hard(answer->status)) {
		buf_printf(&text, "DNS Hard Error looking up %.*s (%s):  %s",
		    SLICE_ARG(q->name), dns_type_name(q->type), what);
	} else {
		buf_printf(&text,
		    "DNS Soft Error looking up %.*s (%s) while asking %.*s. "
		    "Error was: %s",
		    SLICE_ARG(q->name), dns_type_name(q->type),
		    SLICE_ARG(answer->server), what);
		log_event(r->context.log, &ev);
		r->soft = true;
	}
	free(r->error);
	r->error = slice_dup(buf_slice(&text));
	buf_fini(&text);
}

/* A null MX (RFC 7505) names no host. */
static void
note_null_mx(struct resolve *r, const struct question *q)
{
	struct buf text = { 0 };

	buf_printf(&text,
	    "DNS Hard Error looking up %.*s (MX):  domain accepts no mail",
	    SLICE_ARG(q->name));
	free(r->null_mx);
	r->null_mx = slice_dup(buf_slice(&text));
	buf_fini(&text);
}

static int
by_preference(const void *a, const void *b)
{
	const struct dns_record *const *x = a, *const *y = b;

	if ((*x)->preference != (*y)->preference)
		return (*x)->preference < (*y)->preference ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* The exchanges of an MX answer become questions for their addresses, ranked by
 * preference below the priority of the route. */
static void
add_exchanges(struct resolve *r, const struct question *q,
    const struct dns_answer *answer)
{
	size_t at = r->asked + 1;
	uint32_t rank = 0;
	const struct dns_record **sorted =
	    xcalloc(answer->count, sizeof(*sorted));

	for (size_t i = 0; i < answer->count; i++)
		sorted[i] = &answer->records[i];
	qsort(sorted, answer->count, sizeof(*sorted), by_preference);
	for (size_t i = 0; i < answer->count && i < QUESTIONS_MAX; i++) {
		struct question address = *q;

		if (i > 0 && sorted[i]->preference != sorted[i - 1]->preference)
			rank += PRIORITY_RANK;
		address.name = sorted[i]->name;
		address.type = DNS_A;
		address.priority = q->priority + rank;
		if (address.name.len > 0)
			add_question(r, at++, &address);
		else
			note_null_mx(r, q);
	}
	free(sorted);
}

static void
take_exchanges(struct resolve *r, const struct question *q,
    const struct dns_answer *answer)
{
	struct question addresses = *q;

	addresses.type = DNS_A;
	if (answer->status == DNS_OK)
		add_exchanges(r, q, answer);
	else if (answer->status == DNS_NODATA)
		/* No MX: its own addresses (RFC 5321, 5.1). */
		add_question(r, r->asked + 1, &addresses);
	else
		note_error(r, q, answer);
	r->asked++;
}

/* Both families of a host are known.  When it has addresses of the preferred
 * one, the others come behind them; another host's do not. */
static void
add_found(struct resolve *r, const struct question *q)
{
	static const struct {
		int family;
		bool is_required;
	} preferred[] = {
		[IP_PREFER_V6] = { 6, false },
		[IP_REQUIRE_V6] = { 6, true },
		[IP_PREFER_V4] = { 4, false },
		[IP_REQUIRE_V4] = { 4, true },
	};
	int family = preferred[r->sort].family;
	bool is_required = preferred[r->sort].is_required;
	bool has_preferred = is_required;

	for (size_t i = 0; i < r->found_count; i++)
		has_preferred |=
		    r->found[i].family == family && is_reached(r, &r->found[i]);
	for (size_t i = 0; i < r->found_count; i++) {
		const struct ip_address *ip = &r->found[i];
		bool is_other = ip->family != family;

		if (is_other && is_required)
			r->unreachable = true;
		else
			add_address(r, &(struct endpoint){ *ip, q->port },
			    q->priority +
				(is_other && has_preferred
					? PRIORITY_OTHER_FAMILY
					: 0),
			    q->name);
	}
	r->found_count = 0;
}

static void
take_addresses(struct resolve *r, const struct question *q,
    const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		r->found = xgrow(r->found, &r->found_cap, r->found_count + 1,
		    sizeof(r->found[0]));
		r->found[r->found_count++] = answer->records[i].ip;
	}
	if (answer->status != DNS_OK &&
	    (answer->status != DNS_NODATA || q->type == DNS_A))
		note_error(r, q, answer);
	/* A name that is not there has no other addresses either. */
	if (q->type == DNS_A && answer->status != DNS_NXDOMAIN) {
		r->questions[r->asked].type = DNS_AAAA;
		return;
	}
	add_found(r, q);
	r->asked++;
}

static void
take_answer(struct resolve *r, const struct dns_answer *answer)
{
	struct question q = r->questions[r->asked];

	/* After a soft error SOFT_TTL_S counts. */
	if (answer->ttl_s < r->ttl_s &&
	    (answer->status == DNS_OK || dns_status_is_hard(answer->status)))
		r->ttl_s = answer->ttl_s;
	if (q.type == DNS_MX)
		take_exchanges(r, &q, answer);
	else
		take_addresses(r, &q, answer);
}

/* ---- asking ---- */

static void
ask_next(struct resolve *r)
{
	struct resolve_context *c = &r->context;

	while (r->asked < r->count) {
		const struct question *q = &r->questions[r->asked];
		struct dns_answer answer;

		if (!dns_cache_find(c->cache, q->name, q->type,
			world_now(c->world), &answer)) {
			dns_ask(c->world, &r->query, q->name, q->type);
			return;
		}
		take_answer(r, &answer);
	}
	finish(r);
}

static void
on_start(struct timer *t)
{
	ask_next(CONTAINER_OF(t, struct resolve, start));
}

static void
on_answer(struct dns_query *query, const struct dns_answer *answer)
{
	struct resolve *r = CONTAINER_OF(query, struct resolve, query);
	const struct question *q = &r->questions[r->asked];
	struct dns_answer held = *answer;

	held.ttl_s = dns_cache_keep(r->context.cache, q->name, q->type,
	    world_now(r->context.world), answer);
	take_answer(r, &held);
	ask_next(r);
}
