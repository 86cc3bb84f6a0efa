/* SPDX-License-Identifier: MIT */
/* What cases say together: worst fates, single points of failure, the load. */
#include "harness/routes/proof_impl.h"

bool
proof_worst(const struct proof *p, const struct proof_set *set,
    enum proof_scope scope, unsigned way, enum tally_fate *fate)
{
	bool found = false;

	*fate = TALLY_FLOWS;
	for (size_t i = 0; i < set->case_count; i++) {
		const struct proof_case *c = &p->cases[set->case_first + i];

		if (c->scope != scope ||
		    (way != PROOF_ANY_WAY && c->way != way))
			continue;
		found = true;
		if (tally_fate(&c->counts) > *fate)
			*fate = tally_fate(&c->counts);
	}
	return found;
}

const struct proof_case *
proof_host_case(const struct proof *p, const struct proof_set *set, size_t host,
    unsigned way)
{
	size_t at = set->case_first + 1 + host * proof_way_count() + way;

	assert(p->cases[at].scope == PROOF_HOST && p->cases[at].host == host);
	return &p->cases[at];
}

/* ---- hosts ---- */

/* The host's entry, by its name as a candidate. */
static struct proof_host *
host_entry(struct proof_hosts *h, const struct trial_host *host)
{
	struct buf key = { 0 };
	struct proof_host *entry;

	buf_append(&key, host->exchange);
	if (host->port != SMTP_PORT_DEFAULT)
		buf_printf(&key, " port %u", (unsigned)host->port);
	entry = map_find(&h->map, buf_slice(&key));
	if (entry == NULL) {
		entry = arena_alloc(&h->arena, sizeof(*entry));
		entry->name = arena_slice(&h->arena, buf_slice(&key));
		map_add(&h->map, entry->name, entry);
		h->list =
		    xgrow(h->list, &h->cap, h->count + 1, sizeof(h->list[0]));
		h->list[h->count++] = entry;
	}
	buf_fini(&key);
	return entry;
}

/* A 5xx to the recipient is an answer, not a failure of the host. */
static bool
stops(const struct proof *p, const struct proof_set *set, size_t host)
{
	for (unsigned way = 0; way < proof_way_count(); way++) {
		const struct proof_case *c = proof_host_case(p, set, host, way);

		if (tally_fate(&c->counts) == TALLY_WAITS)
			return true;
	}
	return false;
}

static double
share_of(const struct proof_case *c, size_t host)
{
	return c->counts.messages > 0 && c->done != NULL
	    ? (double)c->done[host] / c->counts.messages
	    : 0;
}

/* What the failure of host `failing` adds to the load of the others. */
static void
surge_add(struct proof_hosts *h, const struct proof_set *set,
    struct proof_host **entries, size_t failing, const struct proof_case *c)
{
	const struct proof_case *none = c - 1 - failing * proof_way_count();

	for (size_t i = 0; i < set->hosts; i++) {
		double more = share_of(c, i) - share_of(none, i);
		struct proof_surge *surge;

		if (i == failing || more <= 0)
			continue;
		surge = entries[i]->surges;
		while (surge != NULL && surge->by != entries[failing])
			surge = surge->next;
		if (surge == NULL) {
			surge = arena_alloc(&h->arena, sizeof(*surge));
			surge->by = entries[failing];
			surge->next = entries[i]->surges;
			entries[i]->surges = surge;
		}
		surge->load += more * (double)set->count;
	}
}

static void
set_take(struct proof_hosts *h, const struct proof *p, size_t number,
    struct trial *t)
{
	const struct proof_set *set = &p->sets[number];
	struct proof_host *entries[TRIAL_HOSTS_MAX] = { NULL };

	proof_trial(p, number, t);
	assert(t->count == set->hosts);
	for (size_t i = 0; i < t->count; i++)
		entries[i] = host_entry(h, &t->hosts[i]);
	for (size_t i = 0; i < t->count; i++) {
		entries[i]->domains += set->count;
		entries[i]->load += share_of(&p->cases[set->case_first], i) *
		    (double)set->count;
		surge_add(h, set, entries, i, proof_host_case(p, set, i, 0));
		if (!stops(p, set, i))
			continue;
		if (entries[i]->stopped == 0)
			entries[i]->example = set->names[0];
		entries[i]->stopped += set->count;
	}
	trial_fini(t);
}

static int
host_compare(const void *a, const void *b)
{
	const struct proof_host *x = *(const struct proof_host *const *)a;
	const struct proof_host *y = *(const struct proof_host *const *)b;

	if (x->stopped != y->stopped)
		return x->stopped > y->stopped ? -1 : 1;
	if (x->load < y->load || x->load > y->load)
		return x->load > y->load ? -1 : 1;
	return slice_cmp(x->name, y->name);
}

void
proof_hosts_make(struct proof_hosts *h, const struct proof *p)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	*h = (struct proof_hosts){ 0 };
	for (size_t i = 0; i < p->set_count; i++)
		set_take(h, p, i, t);
	if (h->count > 0)
		qsort(h->list, h->count, sizeof(h->list[0]), host_compare);
	for (size_t i = 0; i < h->count; i++)
		for (struct proof_surge *s = h->list[i]->surges; s != NULL;
		     s = s->next)
			if (h->list[i]->surge == NULL ||
			    s->load > h->list[i]->surge->load)
				h->list[i]->surge = s;
	free(t);
}

void
proof_hosts_fini(struct proof_hosts *h)
{
	map_fini(&h->map);
	arena_fini(&h->arena);
	free(h->list);
}
