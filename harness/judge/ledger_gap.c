/* SPDX-License-Identifier: MIT */
/*
 * What the log does not tell: what was before its first line, where the relay
 * had been at work for long, and what stood where lines are missing.  Messages
 * that are not known from their start are not spoken of; hosts may be up or
 * down, cursors anywhere, and connections may stand that nobody knows of.
 */
#include "harness/judge/ledger_impl.h"

/* Connections that nobody knows of have ended by then. */
#define BLIND_SPAN (15 * UTIME_MINUTE)

/* Quiet for less is not worth a doubt. */
#define LEAP_LEAST (20 * UTIME_S)
#define LEAP_LONG  (5 * UTIME_MINUTE)

static void address_blind(struct ledger *l, struct ledger_address *a);

bool
ledger_is_blind_to(const struct ledger *l, uint64_t mid)
{
	/* Numbers begin anew behind the greatest one. */
	if (mid_ranges_has(&l->strange, mid))
		return true;
	return (l->is_late || l->is_doubted) &&
	    (l->is_blind ||
		(mid < l->first_mid && l->first_mid - mid < UINT64_C(1) << 31));
}

static utime
period_end(const struct ledger_domain *d, utime now)
{
	return utime_add(
	    now, (utime)d->controls->recipient_minutes * UTIME_MINUTE);
}

static void
quota_blind(const struct ledger_domain *d, struct ledger_quota *q, utime now)
{
	*q = (struct ledger_quota){ .taken = d->controls->recipient_limit,
		.may_end = now,
		.ends = period_end(d, now) };
}

void
domain_blind(struct ledger *l, struct ledger_domain *d)
{
	d->blind_until = l->blind_until;
	d->active = l->now;
	d->open_count = 0;
	quota_blind(d, &d->quota, l->now.hi);
	for (size_t i = 0; i < d->routing.count; i++) {
		struct ledger_seat *s = &d->seats[i];

		memset(s->failed, 0, sizeof(s->failed));
		s->open = 0;
		quota_blind(d, &s->quota, l->now.hi);
		address_blind(l, s->address);
	}
}

static void
address_blind(struct ledger *l, struct ledger_address *a)
{
	a->now =
	    (struct address_sight){ .state = ADDRESS_MAYBE, .changed = l->now };
	a->interval_lo = 0;
	a->interval_hi = l->plan->relay.delivery.host_retry_max;
	a->is_tls_broken = false;
}

/* What is due in a domain by that clock need not be. */
static void
domain_leap(void *owner, struct ledger_domain *d)
{
	struct ledger *l = owner;

	if (d->ready_count > 0 || !list_is_empty(&d->waiting))
		d->leapt_until = utime_add(l->now.hi, BLIND_SPAN);
}

/* Probes may be due later than that clock says, by all that it may have been
 * set ahead. */
void
ledger_note_leap(struct ledger *l)
{
	utime leap = l->now.lo - l->heard;
	struct ledger_address *a, *next;

	if (!l->is_doubted || l->heard == 0 || leap <= LEAP_LEAST)
		return;
	HASH_ITER(hh, l->addresses, a, next)
	if (a->now.state == ADDRESS_DOWN && a->now.probe_hi > l->heard)
		a->now.probe_hi = utime_add(a->now.probe_hi, leap);
	if (leap <= LEAP_LONG)
		return;
	l->leapt = l->now;
	ledger_domains(l, domain_leap, l);
}

bool
ledger_may_have_leapt(const struct ledger *l, const struct ledger_moment *since)
{
	return l->leapt.line > since->line;
}

static void
on_domain(void *owner, struct ledger_domain *d)
{
	domain_blind(owner, d);
}

/* From the line in hand on, nothing is known of hosts. */
static void
hosts_forget(struct ledger *l)
{
	struct ledger_address *a, *next;

	connections_drop(l);
	l->is_late = true;
	l->blind_until = utime_add(l->now.hi, BLIND_SPAN);
	HASH_ITER(hh, l->addresses, a, next)
	address_blind(l, a);
	ledger_domains(l, on_domain, l);
	for (size_t i = 0; i < CROWDS; i++)
		l->crowded[i] = l->now;
}

void
ledger_begin_late(struct ledger *l)
{
	hosts_forget(l);
}

void
ledger_gap(struct ledger *l, utime now)
{
	struct ledger_entry entry = { .kind = LEDGER_GAP };
	struct ledger_message *m, *next;

	l->now.lo = now;
	l->now.hi = now + UTIME_S - 1;
	HASH_ITER(hh, l->messages, m, next)
	message_free(l, m);
	/* Their numbers may be given anew. */
	mid_ranges_clear(&l->ended);
	mid_ranges_clear(&l->delivered);
	mid_ranges_clear(&l->strange);
	mid_ranges_clear(&l->unrecorded);
	mid_ranges_clear(&l->lost);
	clients_forget(l);
	hosts_forget(l);
	l->is_blind = true;
	l->refused = (struct ledger_moment){ 0 };
	ledger_tell(l, &entry);
}
