/* SPDX-License-Identifier: MIT */
/* Sets of destinations and their cases; see proof.h. */
#include "harness/routes/proof_impl.h"

#include "core/dns/name.h"

static const utime pause_between = 10 * UTIME_S; /* outlasts idle connections */
static const utime outage = UTIME_HOUR;
static const utime watched = 2 * UTIME_HOUR;

enum {
	MESSAGES = 12 /* equal shares for 2, 3, 4 and 6 hosts */
};

/* What each host does in turn; the first two also all of a priority. */
static const char *const ways[] = { "refuse", "452@rcpt", "silent",
	"unreachable", "reset", "421", "drop@eod", "550" };
enum {
	WAYS_OF_ALL = 2
};

static void sets_gather(struct proof *p);
static void cases_make(struct proof *p, struct proof_set *set);

unsigned
proof_way_count(void)
{
	return ARRAY_LEN(ways);
}

const char *
proof_way_name(unsigned way)
{
	return ways[way];
}

/* The ways as faults; their host does not matter. */
static struct draft_fault *
ways_make(void)
{
	struct draft_fault *list = xcalloc(ARRAY_LEN(ways), sizeof(*list));
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		char text[64];
		bool good;

		(void)snprintf(text, sizeof(text), "host=%s", ways[i]);
		good = draft_fault_parse(text, &list[i], &err);
		assert(good);
		(void)good;
	}
	return list;
}

struct proof *
proof_new(const struct routes *routes, const struct zone *zone,
    struct draft_fault *faults, size_t fault_count)
{
	struct proof *p = xcalloc(1, sizeof(*p));
	struct trial *t = xcalloc(1, sizeof(*t));

	p->routes = routes;
	p->zone = zone;
	p->faults = faults;
	p->fault_count = fault_count;
	p->ways = ways_make();
	sets_gather(p);
	for (size_t i = 0; i < p->set_count; i++) {
		proof_trial(p, i, t);
		for (size_t k = 0; k < fault_count; k++)
			faults[k].is_used |= trial_set_fault(t, &faults[k]) > 0;
		trial_fini(t);
		cases_make(p, &p->sets[i]);
	}
	free(t);
	return p;
}

void
proof_destroy(struct proof **pp)
{
	struct proof *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		draft_fault_fini(&p->ways[i]);
	map_fini(&p->map);
	arena_fini(&p->arena);
	free(p->ways);
	free(p->sets);
	free(p->set_of);
	free(p->cases);
	free(p);
}

size_t
proof_set_count(const struct proof *p)
{
	return p->set_count;
}

const struct proof_set *
proof_set_at(const struct proof *p, size_t i)
{
	assert(i < p->set_count);
	return &p->sets[i];
}

size_t
proof_case_count(const struct proof *p)
{
	return p->case_count;
}

const struct proof_case *
proof_case_at(const struct proof *p, size_t i)
{
	assert(i < p->case_count);
	return &p->cases[i];
}

size_t
proof_set_of(const struct proof *p, size_t route)
{
	return p->set_of[route];
}

/* ---- sets ---- */

static int
dest_compare(const void *a, const void *b)
{
	const struct route_dest *x = a, *y = b;
	int by_host = slice_cmp(x->host, y->host);

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (by_host != 0)
		return by_host;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

/* The destinations in an order that does not depend on how they are written. */
static void
key_format(const struct route *route, struct buf *out)
{
	struct route_dest dests[ROUTES_DESTS_MAX];

	memcpy(dests, route->dests, route->dest_count * sizeof(dests[0]));
	for (size_t i = 0; i < route->dest_count; i++)
		if (dests[i].port == SMTP_PORT_DEFAULT)
			dests[i].port = 0;
	qsort(dests, route->dest_count, sizeof(dests[0]), dest_compare);
	for (size_t i = 0; i < route->dest_count; i++) {
		route_dest_format(&dests[i], out);
		buf_append_byte(out, ' ');
	}
}

static void
set_add(struct proof *p, size_t number, const struct route *route)
{
	struct proof_set *set = &p->sets[number];

	if (set->count < PROOF_NAMES)
		set->names[set->count] = route->domain;
	set->count++;
}

static size_t
set_number(struct proof *p, const struct route *route, struct slice key)
{
	size_t *number = map_find(&p->map, key);

	if (number != NULL)
		return *number;
	number = arena_alloc(&p->arena, sizeof(*number));
	*number = p->set_count;
	map_add(&p->map, arena_slice(&p->arena, key), number);
	p->sets =
	    xgrow(p->sets, &p->set_cap, p->set_count + 1, sizeof(p->sets[0]));
	p->sets[p->set_count++] = (struct proof_set){ .route = route };
	return *number;
}

static void
sets_gather(struct proof *p)
{
	size_t count = routes_count(p->routes);
	struct buf key = { 0 };

	p->set_of = xcalloc(count + 1, sizeof(p->set_of[0]));
	for (size_t i = 0; i < count; i++) {
		const struct route *route = routes_at(p->routes, i);

		p->set_of[i] = SIZE_MAX;
		if (route->kind != ROUTE_HOSTS)
			continue;
		key_format(route, &key);
		p->set_of[i] = set_number(p, route, buf_slice(&key));
		set_add(p, p->set_of[i], route);
		buf_clear(&key);
	}
	buf_fini(&key);
}

/* ---- cases ---- */

static void
case_add(struct proof *p, enum proof_scope scope, size_t host, unsigned way)
{
	p->cases = xgrow(
	    p->cases, &p->case_cap, p->case_count + 1, sizeof(p->cases[0]));
	p->cases[p->case_count++] =
	    (struct proof_case){ .scope = scope, .host = host, .way = way };
}

/* How many hosts have the priority of host `i`, which is the first of them; 0
 * when it is not. */
static size_t
level_count(const struct trial *t, size_t i)
{
	size_t count = 0;

	if (i > 0 && t->hosts[i - 1].priority == t->hosts[i].priority)
		return 0;
	while (i + count < t->count &&
	    t->hosts[i + count].priority == t->hosts[i].priority)
		count++;
	return count;
}

static void
cases_make(struct proof *p, struct proof_set *set)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	proof_trial(p, (size_t)(set - p->sets), t);
	set->case_first = p->case_count;
	set->hosts = t->count;
	case_add(p, PROOF_NOTHING, 0, 0);
	for (size_t i = 0; i < t->count; i++)
		for (unsigned way = 0; way < ARRAY_LEN(ways); way++)
			case_add(p, PROOF_HOST, i, way);
	for (unsigned way = 0; way < WAYS_OF_ALL && t->count > 1; way++) {
		/* One alone has been tried, and so will be all. */
		for (size_t i = 0; i < t->count; i++)
			if (level_count(t, i) > 1 &&
			    level_count(t, i) < t->count)
				case_add(p, PROOF_PRIORITY, i, way);
		case_add(p, PROOF_ALL, 0, way);
	}
	for (unsigned way = 0; way < WAYS_OF_ALL && t->count > 0; way++)
		case_add(p, PROOF_RECOVERS, 0, way);
	set->case_count = p->case_count - set->case_first;
	trial_fini(t);
	free(t);
}

/* ---- a trial ---- */

/* The domain whose mail it is: of a partial name one below it, if that is not
 * too long. */
static void
domain_format(const struct route *route, struct buf *out)
{
	if (route->match == ROUTE_ALL || route->domain.len > DNS_NAME_MAX - 4)
		buf_append_cstr(out, "any.example");
	else if (route->match == ROUTE_PARTIAL)
		buf_printf(out, "mail%.*s", SLICE_ARG(route->domain));
	else
		buf_append(out, route->domain);
}

void
proof_trial(const struct proof *p, size_t set, struct trial *t)
{
	const struct route *route = p->sets[set].route;
	struct buf domain = { 0 };

	domain_format(route, &domain);
	trial_make(t, route, p->zone, buf_slice(&domain));
	buf_fini(&domain);
}

static bool
is_failing(const struct proof_case *c, const struct trial *t, size_t host)
{
	switch (c->scope) {
	case PROOF_NOTHING:
		return false;
	case PROOF_HOST:
		return host == c->host;
	case PROOF_PRIORITY:
		return t->hosts[host].priority == t->hosts[c->host].priority;
	case PROOF_ALL:
	case PROOF_RECOVERS:
		break;
	}
	return true;
}

/* So many that equal hosts have equal shares. */
static unsigned
messages_of(const struct trial *t)
{
	return t->count <= 4 || t->count == 6 ? MESSAGES
					      : (unsigned)t->count * 2;
}

void
proof_scenario(
    const struct proof *p, size_t number, struct trial *t, struct buf *out)
{
	const struct proof_case *c = &p->cases[number];
	/* What was told of it is so again. */
	struct trial_run run = { .messages = messages_of(t),
		.every = pause_between,
		.until = watched,
		.left = c->counts.messages - c->counts.delivered -
		    c->counts.bounced };
	struct buf title = { 0 };

	for (size_t i = 0; i < t->count; i++)
		t->hosts[i].fault = NULL;
	for (size_t i = 0; i < p->fault_count; i++)
		(void)trial_set_fault(t, &p->faults[i]);
	for (size_t i = 0; i < t->count; i++)
		if (is_failing(c, t, i))
			t->hosts[i].fault = &p->ways[c->way];
	if (c->scope == PROOF_RECOVERS)
		run.recovered = outage;
	proof_case_format(p, t, c, &title);
	run.title = buf_cstr(&title);
	trial_scenario(t, &run, out);
	buf_fini(&title);
}

static size_t
hosts_of(const struct proof *p, size_t number)
{
	size_t low = 0, high = p->set_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->sets[middle].case_first <= number)
			low = middle;
		else
			high = middle;
	}
	return p->sets[low].hosts;
}

void
proof_tell(struct proof *p, size_t number, const struct tally_counts *counts,
    const uint32_t *done, const char *broken)
{
	struct proof_case *c = &p->cases[number];
	size_t bytes = hosts_of(p, number) * sizeof(*done);
	uint32_t *kept = arena_alloc(&p->arena, bytes + 1);

	memcpy(kept, done, bytes);
	c->counts = *counts;
	c->done = kept;
	c->broken =
	    broken != NULL ? arena_strdup(&p->arena, slice_cstr(broken)) : NULL;
}

void
proof_cut(struct proof *p, size_t count)
{
	assert(count <= p->set_count);
	if (count == p->set_count)
		return;
	p->untried += p->set_count - count;
	p->case_count = p->sets[count].case_first;
	p->set_count = count;
	for (size_t i = 0; i < routes_count(p->routes); i++)
		if (p->set_of[i] != SIZE_MAX && p->set_of[i] >= count)
			p->set_of[i] = SIZE_MAX;
}

size_t
proof_untried_count(const struct proof *p)
{
	return p->untried;
}

bool
proof_held(const struct proof *p)
{
	for (size_t i = 0; i < p->case_count; i++) {
		const struct proof_case *c = &p->cases[i];

		if (c->broken != NULL ||
		    (c->scope == PROOF_NOTHING &&
			tally_fate(&c->counts) != TALLY_FLOWS))
			return false;
	}
	return true;
}
