/* SPDX-License-Identifier: MIT */
/*
 * Looking candidates up; see resolve.h.  A list of questions is asked one after
 * the other; answers add candidates or further questions right behind the one
 * answered, so that candidates come in the order of the route.
 */
#include "relay/resolve.h"

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

struct question {
	struct slice name; /* in the arena */
	enum dns_type type;
	uint16_t port;
	uint32_t priority; /* of the candidates that come of it */
};

struct resolve {
	struct resolve_context context;
	struct arena arena;
	struct dns_query query;
	struct timer start;
	struct question questions[QUESTIONS_MAX];
	size_t asked, count;
	struct candidates candidates; /* until it is handed over */
	bool soft;                    /* a soft error was among the answers */
	uint32_t ttl_s;
	char *error; /* owned */
	enum resolve_outcome when_empty;
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

static void
add_address(struct resolve *r, const struct ip_address *ip, uint16_t port,
    uint32_t priority)
{
	struct endpoint at = { *ip, port };

	if (ip_is_none(&r->context.from) ||
	    r->context.from.family == ip->family)
		candidates_add(
		    &r->candidates, hosts_get(r->context.hosts, &at), priority);
}

static uint16_t
dest_port(const struct resolve *r, const struct route_dest *dest)
{
	return dest->port != 0 ? dest->port : r->context.port;
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
			/* MX preferences rank below it. */
			.priority = (uint32_t)dest->priority << 16,
		};

		if (dest->kind != ROUTE_DEST_ADDRESS) {
			add_question(r, r->count, &q);
			continue;
		}
		add_address(r, &dest->ip, q.port, q.priority);
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
		.port = context->port,
	};

	r->context = *context;
	r->on_result = on_result;
	r->owner = owner;
	r->query.on_answer = on_answer;
	r->start.fire = on_start;
	r->when_empty = RESOLVE_HARD;
	r->ttl_s = STATIC_TTL_S;
	if (route != NULL && route->kind == ROUTE_HOSTS)
		add_route(r, route);
	else if (route != NULL && route->kind == ROUTE_DISCARD)
		r->when_empty = RESOLVE_DISCARD;
	else
		add_question(r, 0, &mx);
	timer_set(context->world, &r->start, world_now(context->world));
	return r;
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
	free(r->error);
	free(r);
}

static void
finish(struct resolve *r)
{
	struct resolve_result result = {
		.outcome = r->candidates.count > 0 ? RESOLVE_OK
		    : r->soft                      ? RESOLVE_SOFT
						   : r->when_empty,
		.candidates = r->candidates,
		/* Without an error: a null MX (RFC 7505), or addresses of the
		 * other family only. */
		.error = r->error != NULL ? slice_cstr(r->error)
					  : SLICE("no valid ip addresses"),
	};

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

static void
on_start(struct timer *t)
{
	ask_next(CONTAINER_OF(t, struct resolve, start));
}

static void
ask_next(struct resolve *r)
{
	const struct question *q;

	if (r->asked == r->count) {
		finish(r);
		return;
	}
	q = &r->questions[r->asked];
	dns_ask(r->context.world, &r->query, q->name, q->type);
}

/* Remembers an error as the log has it. */
static void
note_error(struct resolve *r, const struct question *q, enum dns_status status)
{
	struct buf text = { 0 };
	bool hard = dns_status_is_hard(status);

	buf_printf(&text, "DNS %s Error looking up %.*s (%s): %s%s",
	    hard ? "Hard" : "Soft", SLICE_ARG(q->name), dns_type_name(q->type),
	    hard ? " " : "", dns_status_text(status));
	free(r->error);
	r->error = slice_dup(buf_slice(&text));
	buf_fini(&text);
	r->soft |= !hard;
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
	for (size_t i = 0; i < answer->count && i < UINT16_MAX; i++) {
		struct question address = *q;

		if (i > 0 && sorted[i]->preference != sorted[i - 1]->preference)
			rank++;
		address.name = sorted[i]->name;
		address.type = DNS_A;
		address.priority = q->priority + rank;
		/* A null MX (RFC 7505) names no host. */
		if (address.name.len > 0)
			add_question(r, at++, &address);
	}
	free(sorted);
}

static void
add_addresses(struct resolve *r, const struct question *q,
    const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		add_address(r, &answer->records[i].ip, q->port, q->priority);
}

static void
on_answer(struct dns_query *query, const struct dns_answer *answer)
{
	struct resolve *r = CONTAINER_OF(query, struct resolve, query);
	struct question q = r->questions[r->asked];
	struct question next = q;

	if (answer->ttl_s < r->ttl_s)
		r->ttl_s = answer->ttl_s;
	if (q.type == DNS_MX && answer->status == DNS_OK) {
		add_exchanges(r, &q, answer);
	} else if (q.type == DNS_MX && answer->status == DNS_NODATA) {
		/* No MX: its own addresses (RFC 5321, 5.1). */
		next.type = DNS_A;
		add_question(r, r->asked + 1, &next);
	} else if (answer->status == DNS_OK) {
		add_addresses(r, &q, answer);
	} else if (answer->status != DNS_NODATA || q.type == DNS_A) {
		note_error(r, &q, answer->status);
	}
	if (q.type == DNS_A && answer->status != DNS_NXDOMAIN) {
		next.type = DNS_AAAA;
		add_question(r, r->asked + 1, &next);
	}
	r->asked++;
	ask_next(r);
}
