/* SPDX-License-Identifier: MIT */
/*
 * What an operator's commands change.  The log does not tell of them, so that
 * the ledger is told by whoever gives them; of what they bring about (a bounce,
 * a deletion, a cut connection) the log does tell.
 */
#include "harness/judge/ledger_impl.h"

#define WORDS_MAX 8

/* A command, in words. */
struct order {
	struct slice words[WORDS_MAX];
	size_t count;
};

static bool
order_is(const struct order *o, const char *name)
{
	return o->count > 0 && slice_eq(o->words[0], slice_cstr(name));
}

static struct slice
order_word(const struct order *o, size_t index)
{
	return index < o->count ? o->words[index] : SLICE("");
}

/* ---- delivernow ---- */

static void
domain_probe_due(struct ledger *l, struct ledger_domain *d)
{
	for (size_t i = 0; i < d->routing.count; i++) {
		struct address_sight *now = &d->seats[i].address->now;

		if (now->probe_lo > l->now.lo)
			now->probe_lo = l->now.lo;
		if (now->probe_hi > l->now.hi)
			now->probe_hi = l->now.hi;
	}
}

static void
domain_make_due(struct ledger *l, struct ledger_domain *d)
{
	LIST_FOREACH_SAFE(node, &d->waiting)
		group_begin(l,
		    CONTAINER_OF(node, struct ledger_group, waiting_node),
		    NULL);
	domain_probe_due(l, d);
	limit_forget(d);
}

static void
message_make_due(struct ledger *l, const struct ledger_message *m)
{
	for (struct ledger_group *g = m->groups; g != NULL; g = g->next) {
		if (g->is_waiting)
			group_begin(l, g, NULL);
		domain_probe_due(l, g->domain);
	}
}

static void
order_delivernow(struct ledger *l, const struct order *o)
{
	struct slice which = order_word(o, 1);
	struct ledger_domain *d, *next;
	struct ledger_message *m;
	uint64_t mid;

	HASH_ITER(hh, l->domains, d, next)
	if (o->count == 2 &&
	    (slice_eq(which, SLICE("all")) ||
		slice_eq_nocase(slice_cstr(d->name), which)))
		domain_make_due(l, d);
	if (o->count < 3 || !slice_to_u64(order_word(o, 2), INT64_MAX, &mid))
		return;
	m = ledger_message_find(l, mid);
	if (m != NULL)
		message_make_due(l, m);
}

/* ---- suspending ---- */

/* What is due has been so since now. */
static void
resume(struct ledger *l)
{
	struct ledger_domain *d, *next;

	l->is_suspended = false;
	HASH_ITER(hh, l->domains, d, next)
	d->active = l->now;
}

/* ---- redirecting ---- */

static bool
is_selected(const struct order *o, const struct ledger_group *g)
{
	struct slice by = order_word(o, 2), what = order_word(o, 3);
	const struct ledger_message *m = g->message;

	for (size_t i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].group == g &&
		    m->recipients[i].state == RECIPIENT_ACTIVE)
			return false;
	if (g->open == 0 || m->accepted.line == 0)
		return false;
	if (slice_eq(by, SLICE("host")))
		return slice_eq_nocase(slice_cstr(g->domain->name), what);
	return slice_eq(by, SLICE("all")) ||
	    slice_eq_nocase(slice_cstr(m->sender), what);
}

static void
order_redirect(struct ledger *l, const struct order *o)
{
	struct ledger_domain *to = domain_get(l, order_word(o, 1));
	struct ledger_message *m, *next;

	HASH_ITER(hh, l->messages, m, next)
	for (struct ledger_group *g = m->groups; g != NULL; g = g->next)
		if (is_selected(o, g))
			group_redirect(l, g, to);
}

/* ---- routes ---- */

/* From now on they are others than the plan's. */
static void
forget_routes(struct ledger *l)
{
	struct ledger_domain *d, *next;

	l->has_own_routes = true;
	HASH_ITER(hh, l->domains, d, next)
	{
		d->routing.state = ROUTING_UNKNOWN;
		d->routing.count = 0;
		d->has_login = false;
	}
}

/* ---- reading the command ---- */

static void
order_parse(struct slice command, struct order *o)
{
	struct slice word;

	o->count = 0;
	while (o->count < WORDS_MAX && slice_split(&command, ' ', &word))
		if (word.len > 0)
			o->words[o->count++] = word;
}

void
ledger_operate(struct ledger *l, struct slice command, utime now)
{
	struct order o;

	order_parse(command, &o);
	l->now.lo = l->now.hi = now;
	ledger_advance(l, now);
	if (order_is(&o, "delivernow"))
		order_delivernow(l, &o);
	else if (order_is(&o, "suspenddel") || order_is(&o, "suspend"))
		l->is_suspended = true;
	else if (order_is(&o, "resumedel") || order_is(&o, "resume"))
		resume(l);
	else if (order_is(&o, "deleterecipients") ||
	    order_is(&o, "removemessage"))
		l->deleted_at = now;
	else if (order_is(&o, "bouncerecipients"))
		l->bounced_at = now;
	else if (order_is(&o, "redirectrecipients"))
		order_redirect(l, &o);
	else if (order_is(&o, "smtproutes") &&
	    !slice_eq(order_word(&o, 1), SLICE("print")) &&
	    !slice_eq(order_word(&o, 1), SLICE("export")))
		forget_routes(l);
}

bool
ledger_is_suspended(const struct ledger *l)
{
	return l->is_suspended;
}

bool
ledger_may_delete(const struct ledger *l)
{
	return l->deleted_at >= l->now.lo;
}

bool
ledger_may_bounce(const struct ledger *l)
{
	return l->bounced_at >= l->now.lo;
}
