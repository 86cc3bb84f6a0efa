/* SPDX-License-Identifier: MIT */
/* A proof for people and for spreadsheets; see proof.h. */
#include "harness/draft/draft_rule.h"
#include "harness/routes/compare.h"
#include "harness/routes/proof_impl.h"

enum {
	HOSTS_SHOWN = 20
};

void
proof_case_format(const struct proof *p, const struct trial *t,
    const struct proof_case *c, struct buf *out)
{
	const char *way = proof_way_name(c->way);

	(void)p;
	switch (c->scope) {
	case PROOF_NOTHING:
		buf_append_cstr(out, "nothing fails");
		break;
	case PROOF_HOST:
		buf_printf(out, "%.*s fails by %s",
		    SLICE_ARG(t->hosts[c->host].label), way);
		break;
	case PROOF_PRIORITY:
		buf_printf(out, "all of priority %u fail by %s",
		    (unsigned)t->hosts[c->host].priority, way);
		break;
	case PROOF_ALL:
		buf_printf(out, "all fail by %s", way);
		break;
	case PROOF_RECOVERS:
		buf_printf(out, "all fail by %s, for an hour", way);
		break;
	}
}

/* ---- the matrix ---- */

static char
mark(const struct proof *p, const struct proof_set *set, enum proof_scope scope,
    unsigned way)
{
	enum tally_fate fate;

	return proof_worst(p, set, scope, way, &fate) ? tally_fate_mark(fate)
						      : ' ';
}

static void
head_format(struct buf *out)
{
	buf_append_cstr(out,
	    "+ flows  ~ late: some waited for a later round  - waits as long "
	    "as that lasts\n! bounces\n"
	    "0 nothing fails; one host fails by");
	for (unsigned way = 0; way < proof_way_count(); way++)
		buf_printf(out, " %u %s", way + 1, proof_way_name(way));
	buf_append_cstr(out,
	    ";\nP a priority, A all, R all for an hour\n\n"
	    "  set  domains  0  ");
	for (unsigned way = 0; way < proof_way_count(); way++)
		buf_printf(out, "%u", way + 1);
	buf_append_cstr(out, "  P  A  R  which, and where their mail goes\n");
}

/* "a.example, b.example and 66 more". */
static void
names_format(const struct proof_set *set, struct buf *out)
{
	size_t shown = set->count <= PROOF_NAMES ? set->count : PROOF_NAMES - 1;

	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "%s%.*s",
		    i == 0                   ? ""
			: i + 1 < set->count ? ", "
					     : " and ",
		    SLICE_ARG(set->names[i]));
	if (shown < set->count)
		buf_printf(out, " and %zu more", set->count - shown);
}

static void
set_format(const struct proof *p, size_t number, struct buf *out)
{
	const struct proof_set *set = &p->sets[number];

	buf_printf(out, "%5zu %8zu  %c  ", number + 1, set->count,
	    mark(p, set, PROOF_NOTHING, PROOF_ANY_WAY));
	for (unsigned way = 0; way < proof_way_count(); way++)
		buf_append_byte(out, mark(p, set, PROOF_HOST, way));
	buf_printf(out, "  %c  %c  %c  ",
	    mark(p, set, PROOF_PRIORITY, PROOF_ANY_WAY),
	    mark(p, set, PROOF_ALL, PROOF_ANY_WAY),
	    mark(p, set, PROOF_RECOVERS, PROOF_ANY_WAY));
	names_format(set, out);
	buf_append_cstr(out, ": ");
	compare_order(set->route, out);
	buf_append_byte(out, '\n');
}

static void
host_format(const struct proof *p, const struct proof_set *set,
    const struct trial *t, size_t host, struct buf *out)
{
	const struct proof_case *none = &p->cases[set->case_first];

	buf_printf(out, "%19s", "");
	for (unsigned way = 0; way < proof_way_count(); way++)
		buf_append_byte(out,
		    tally_fate_mark(tally_fate(
			&proof_host_case(p, set, host, way)->counts)));
	buf_printf(out,
	    "  %3u %%    %.*s, %u of %u messages while nothing fails\n",
	    none->counts.messages > 0
		? 100 * none->done[host] / none->counts.messages
		: 0,
	    SLICE_ARG(t->hosts[host].label), none->done[host],
	    none->counts.messages);
}

static void
sets_format(const struct proof *p, bool all, struct buf *out)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	for (size_t i = 0; i < p->set_count; i++) {
		set_format(p, i, out);
		if (!all)
			continue;
		proof_trial(p, i, t);
		for (size_t k = 0; k < p->sets[i].hosts; k++)
			host_format(p, &p->sets[i], t, k, out);
		trial_fini(t);
	}
	free(t);
}

/* ---- hosts ---- */

static void
points_format(const struct proof_hosts *h, struct buf *out)
{
	size_t count = 0;

	while (count < h->count && h->list[count]->stopped > 0)
		count++;
	if (count == 0) {
		buf_append_cstr(out,
		    "\nNo host's failure alone stops the mail of a domain.\n");
		return;
	}
	buf_append_cstr(out, "\nHosts whose failure alone stops mail:\n");
	for (size_t i = 0; i < count && i < HOSTS_SHOWN; i++)
		buf_printf(out, "%8zu domain%s  %.*s (%.*s%s)\n",
		    h->list[i]->stopped, h->list[i]->stopped == 1 ? " " : "s",
		    SLICE_ARG(h->list[i]->name), SLICE_ARG(h->list[i]->example),
		    h->list[i]->stopped > 1 ? ", ..." : "");
	if (count > HOSTS_SHOWN)
		buf_printf(
		    out, "         and %zu more hosts\n", count - HOSTS_SHOWN);
}

static int
load_compare(const void *a, const void *b)
{
	const struct proof_host *x = *(const struct proof_host *const *)a;
	const struct proof_host *y = *(const struct proof_host *const *)b;

	if (x->load < y->load || x->load > y->load)
		return x->load > y->load ? -1 : 1;
	return slice_cmp(x->name, y->name);
}

/* Sorts the hosts anew. */
static void
load_format(struct proof_hosts *h, struct buf *out)
{
	if (h->count == 0)
		return;
	qsort(h->list, h->count, sizeof(h->list[0]), load_compare);
	buf_append_cstr(out,
	    "\nThe load, if each domain had as much mail as any other:\n"
	    "   usual     at most  host\n");
	for (size_t i = 0; i < h->count && i < HOSTS_SHOWN; i++) {
		const struct proof_host *host = h->list[i];
		double more = host->surge != NULL ? host->surge->load : 0;

		buf_printf(out, "%8.1f  %10.1f  %.*s", host->load,
		    host->load + more, SLICE_ARG(host->name));
		if (host->surge != NULL)
			buf_printf(out, " (while %.*s fails)",
			    SLICE_ARG(host->surge->by->name));
		buf_append_byte(out, '\n');
	}
	if (h->count > HOSTS_SHOWN)
		buf_printf(out, "          and %zu more hosts\n",
		    h->count - HOSTS_SHOWN);
}

/* ---- the whole ---- */

static void
summary_format(const struct proof *p, struct buf *out)
{
	const size_t set_count = p->set_count + p->untried;
	size_t kinds[3] = { 0 }, broken = 0;

	for (size_t i = 0; i < routes_count(p->routes); i++)
		kinds[routes_at(p->routes, i)->kind]++;
	for (size_t i = 0; i < p->case_count; i++)
		broken += p->cases[i].broken != NULL;
	buf_printf(out, "%zu %s to %zu %s of destinations, %zu cases\n",
	    kinds[ROUTE_HOSTS], kinds[ROUTE_HOSTS] == 1 ? "route" : "routes",
	    set_count, set_count == 1 ? "set" : "sets", p->case_count);
	if (p->untried > 0)
		buf_printf(out, "stopped when %zu of %zu sets had been tried\n",
		    p->set_count, set_count);
	if (kinds[ROUTE_USEDNS] + kinds[ROUTE_DISCARD] > 0)
		buf_printf(out,
		    "not tried: %zu that follow their MX records, %zu that are "
		    "deleted\n",
		    kinds[ROUTE_USEDNS], kinds[ROUTE_DISCARD]);
	for (size_t i = 0; i < p->fault_count; i++) {
		buf_printf(out, "in all cases %s ", p->faults[i].host);
		draft_fault_format(&p->faults[i], out);
		buf_append_byte(out, '\n');
	}
	if (broken == 0 && p->case_count > 0)
		buf_append_cstr(out, "In each case every invariant held.\n\n");
	else if (broken > 0)
		buf_printf(
		    out, "In %zu cases an invariant did not hold.\n\n", broken);
}

void
proof_format(const struct proof *p, bool all, struct buf *out)
{
	struct proof_hosts hosts;

	summary_format(p, out);
	if (p->set_count == 0)
		return;
	head_format(out);
	sets_format(p, all, out);
	proof_hosts_make(&hosts, p);
	points_format(&hosts, out);
	load_format(&hosts, out);
	proof_hosts_fini(&hosts);
}
