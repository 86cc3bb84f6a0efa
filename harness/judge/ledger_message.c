/* SPDX-License-Identifier: MIT */
/*
 * Messages and their recipients: one function per line form.  A line about a
 * recipient that nobody knows, or knows no more, is told as LEDGER_STRAY.
 */
#include "harness/judge/ledger_impl.h"

static struct slice mailbox_plain(struct ledger *l, struct slice logged);
static struct ledger_group *group_get(
    struct ledger *l, struct ledger_message *m, struct slice mailbox);
static void stray(struct ledger *l, const struct maillog_event *ev);
static struct ledger_message *message_of(
    struct ledger *l, const struct maillog_event *ev);
static void recipient_ends(struct ledger *l, struct ledger_recipient *r,
    struct ledger_entry *entry, enum recipient_state to);

/* ---- injection ---- */

void
on_start_mid(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m;
	struct ledger_entry entry = { .kind = LEDGER_REUSED, .line = ev };

	if (l->is_blind) {
		l->is_blind = false;
		l->first_mid = ev->mid;
	}
	m = message_get(l, ev->mid);
	if (m == NULL && ledger_is_blind_to(l, ev->mid))
		return;
	if (m == NULL || m->accepted.line > 0) {
		ledger_tell(l, &entry);
		return;
	}
	m->is_handed_on = false;
	m->icid = ev->icid;
	m->profile = client_profile(l, ev->icid);
	m->is_generated |= ev->icid == 0;
	list_remove(&m->injecting_node);
	list_append(&l->injecting, &m->injecting_node);
}

void
on_generated(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_get(l, ev->mid);
	struct ledger_entry entry = {
		.kind = LEDGER_GENERATED, .message = m, .line = ev
	};

	if (m == NULL)
		return;
	m->is_generated = true;
	ledger_tell(l, &entry);
}

void
on_mid_from(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_get(l, ev->mid);

	if (m == NULL)
		return;
	free(m->sender);
	m->sender = slice_dup(mailbox_plain(l, ev->from));
}

void
on_mid_to(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_get(l, ev->mid);

	if (m == NULL || ledger_recipient_find(m, ev->rid) != NULL)
		return;
	struct slice mailbox = mailbox_plain(l, ev->to);
	struct ledger_group *g = group_get(l, m, mailbox);
	m->recipients = xgrow(m->recipients, &m->recipient_cap,
	    m->recipient_count + 1, sizeof(m->recipients[0]));
	m->recipients[m->recipient_count++] = (struct ledger_recipient){
		.rid = ev->rid,
		.state = RECIPIENT_INJECTED,
		.moment = l->now,
		.address_hash = ledger_text_hash(mailbox),
		.group = g,
	};
	m->open++;
	g->open++;
}

void
on_mid_ready(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(l, ev->mid);

	if (m != NULL)
		list_remove(&m->injecting_node);
}

/* What was not received in full by then never will be. */
void
on_icid_end(struct ledger *l, const struct maillog_event *ev)
{
	if (ev->form == MAILLOG_ICID_CLOSE)
		client_end(l, ev->icid);
	LIST_FOREACH_SAFE(node, &l->injecting) {
		struct ledger_message *m =
		    CONTAINER_OF(node, struct ledger_message, injecting_node);

		if (m->icid == ev->icid && m->accepted.line == 0)
			message_free(l, m);
	}
}

void
on_mid_queued(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(l, ev->mid);
	struct ledger_entry entry = { .kind = LEDGER_ACCEPTED, .message = m };

	if (m == NULL || m->accepted.line > 0 || m->is_handed_on)
		return;
	m->accepted = l->now;
	list_remove(&m->injecting_node);
	if (!m->is_generated)
		m->ordinal = ++l->ordinal;
	l->counts.accepted += m->recipient_count;
	ledger_tell(l, &entry);
	for (struct ledger_group *g = m->groups; g != NULL; g = g->next)
		group_begin(l, g, NULL);
	if (m->open == 0)
		message_end(l, m);
}

void
on_message_aborted(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(l, ev->mid);

	if (m != NULL && m->accepted.line == 0)
		message_free(l, m);
}

/* ---- delivery ---- */

void
on_delivery_start(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);
	struct ledger_message *m = message_of(l, ev);
	struct slice rest = ev->rids;
	struct ledger_recipient *r;
	uint64_t rid;

	if (m == NULL || !maillog_rid_next(&rest, &rid))
		return;
	r = ledger_recipient_find(m, rid);
	if (c != NULL && r != NULL)
		connection_assign(l, c, r->group->domain);
	struct ledger_entry entry = { .kind = LEDGER_STARTED,
		.connection = c,
		.message = m,
		.rids = ev->rids,
		.line = ev };
	ledger_tell(l, &entry);
	if (c != NULL)
		connection_start(l, c, m, maillog_rids_count(ev->rids));
	rest = ev->rids;
	while (maillog_rid_next(&rest, &rid)) {
		r = ledger_recipient_find(m, rid);
		if (r == NULL) {
			stray(l, ev);
			continue;
		}
		if (r->group->is_waiting)
			group_begin(l, r->group, NULL);
		if (c != NULL)
			trail_started(l, r->group, c);
		r->dcid = ev->dcid;
		recipient_enter(l, r, RECIPIENT_ACTIVE);
	}
}

void
on_possible_delivery(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_of(l, ev);
	struct ledger_entry entry = { .kind = LEDGER_POSSIBLE,
		.connection = ledger_connection_find(l, ev->dcid),
		.message = m,
		.rids = ev->rids,
		.line = ev };

	if (m == NULL)
		return;
	if (entry.connection != NULL)
		entry.connection->possible_mid = m->mid;
	ledger_tell(l, &entry);
}

void
on_message_done(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_of(l, ev);
	struct ledger_entry entry = { .kind = LEDGER_DONE,
		.connection = ledger_connection_find(l, ev->dcid),
		.message = m,
		.rids = ev->rids,
		.line = ev };
	struct slice rest = ev->rids;
	struct ledger_domain *domain = NULL;
	uint64_t rid;

	if (m == NULL)
		return;
	ledger_tell(l, &entry);
	entry.kind = LEDGER_DELIVERED;
	while (maillog_rid_next(&rest, &rid)) {
		struct ledger_recipient *r = ledger_recipient_find(m, rid);

		if (r == NULL) {
			stray(l, ev);
			continue;
		}
		domain = r->group->domain;
		recipient_ends(l, r, &entry, RECIPIENT_DELIVERED);
	}
	if (m->open == 0)
		message_end(l, m);
	if (domain != NULL)
		domain_release(l, domain);
}

void
on_delayed(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_of(l, ev);
	struct ledger_connection *c = ledger_connection_find(l, ev->dcid);
	struct ledger_recipient *r =
	    m != NULL ? ledger_recipient_find(m, ev->rid) : NULL;
	struct ledger_entry entry = { .kind = LEDGER_DELAYED,
		.connection = c,
		.message = m,
		.recipient = r,
		.line = ev };

	if (m == NULL)
		return;
	if (r == NULL) {
		stray(l, ev);
		return;
	}
	entry.group = r->group;
	ledger_tell(l, &entry);
	r->group->is_soft |= ev->code / 100 == 4;
	if (c != NULL)
		(ledger_is_unable(ev) ? group_unable : group_answered)(l,
		    r->group,
		    routing_index(&r->group->domain->routing, &c->address->at));
	if (c != NULL)
		trail_answered(r->group, &l->now, c->address);
	if (r->state == RECIPIENT_ACTIVE)
		recipient_enter(l, r, RECIPIENT_READY);
}

void
on_bounced(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_of(l, ev);
	struct ledger_recipient *r =
	    m != NULL ? ledger_recipient_find(m, ev->rid) : NULL;
	struct ledger_entry entry = { .kind = LEDGER_BOUNCED,
		.connection = ledger_connection_find(l, ev->dcid),
		.message = m,
		.line = ev };

	if (m == NULL)
		return;
	if (r == NULL) {
		stray(l, ev);
		return;
	}
	recipient_ends(l, r, &entry, RECIPIENT_BOUNCED);
	if (m->open == 0)
		message_end(l, m);
}

void
on_deleted(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_of(l, ev);
	struct ledger_entry entry = {
		.kind = LEDGER_DELETED, .message = m, .line = ev
	};
	struct slice rest = ev->rids;
	uint64_t rid;

	if (m == NULL)
		return;
	while (maillog_rid_next(&rest, &rid)) {
		struct ledger_recipient *r = ledger_recipient_find(m, rid);

		if (r == NULL)
			stray(l, ev);
		else
			recipient_ends(l, r, &entry, RECIPIENT_DELETED);
	}
	if (m->open == 0)
		message_end(l, m);
}

void
on_pending(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = message_of(l, ev);
	struct ledger_wait wait = { .till = ev->till };
	struct ledger_entry entry = { .kind = LEDGER_PENDING,
		.message = m,
		.rids = ev->rids,
		.wait = &wait,
		.line = ev };
	struct slice rest = ev->rids;
	uint64_t rid;

	if (m == NULL)
		return;
	while (maillog_rid_next(&rest, &rid)) {
		struct ledger_recipient *r = ledger_recipient_find(m, rid);

		if (r == NULL) {
			stray(l, ev);
			continue;
		}
		if (r->group != entry.group) {
			entry.group = r->group;
			group_wait_find(l, r->group, &wait);
			ledger_tell(l, &entry);
			group_wait(l, r->group, &wait);
		}
		recipient_enter(l, r, RECIPIENT_WAITING);
	}
}

void
on_message_finished(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(l, ev->mid);
	struct ledger_entry entry = {
		.kind = LEDGER_FINISHED, .message = m, .line = ev
	};

	if (m == NULL)
		return;
	assert(m->accepted.line == 0 || m->open > 0);
	if (m->accepted.line > 0)
		ledger_tell(l, &entry);
	message_end(l, m);
}

/* ---- messages ---- */

/* NULL when it has ended. */
struct ledger_message *
message_get(struct ledger *l, uint64_t mid)
{
	struct ledger_message *m = ledger_message_find(l, mid);

	if (m != NULL || mid_ranges_has(&l->ended, mid) ||
	    ledger_is_blind_to(l, mid))
		return m;
	if (l->first_mid == 0)
		l->first_mid = mid;
	m = xcalloc(1, sizeof(*m));
	m->mid = mid;
	m->started = l->now;
	list_init(&m->injecting_node);
	HASH_ADD(hh, l->messages, mid, sizeof(m->mid), m);
	return m;
}

void
message_end(struct ledger *l, struct ledger_message *m)
{
	struct ledger_entry entry = { .kind = LEDGER_ENDED, .message = m };

	ledger_tell(l, &entry);
	mid_ranges_add(&l->ended, m->mid);
	if (m->delivered == m->recipient_count && !m->is_handed_on)
		mid_ranges_add(&l->delivered, m->mid);
	ended_note(l, m->mid);
	message_free(l, m);
}

void
message_free(struct ledger *l, struct ledger_message *m)
{
	HASH_DEL(l->messages, m);
	list_remove(&m->injecting_node);
	while (m->groups != NULL) {
		struct ledger_group *g = m->groups;

		m->groups = g->next;
		group_forget(l, g);
	}
	free(m->recipients);
	free(m->sender);
	free(m);
}

/* ---- helpers ---- */

/* "<user@example.com>" without brackets and escapes; valid until the next
 * call. */
static struct slice
mailbox_plain(struct ledger *l, struct slice logged)
{
	if (logged.len >= 2 && logged.at[0] == '<' &&
	    logged.at[logged.len - 1] == '>')
		logged = slice_sub(logged, 1, logged.len - 2);
	if (slice_find_byte(logged, '\\') == logged.len)
		return logged;
	buf_clear(&l->scratch);
	maillog_unescape(&l->scratch, logged);
	return buf_slice(&l->scratch);
}

static struct ledger_group *
group_get(struct ledger *l, struct ledger_message *m, struct slice mailbox)
{
	size_t at = mailbox.len;

	while (at > 0 && mailbox.at[at - 1] != '@')
		at--;
	struct slice name = at > 0 ? slice_skip(mailbox, at) : SLICE("");
	struct ledger_domain *d = domain_get(l, name);
	struct ledger_group **end = &m->groups;
	while (*end != NULL && (*end)->domain != d)
		end = &(*end)->next;
	if (*end != NULL)
		return *end;
	struct ledger_group *g = xcalloc(1, sizeof(*g));
	g->message = m;
	g->domain = d;
	list_init(&g->waiting_node);
	list_init(&g->ready_node);
	*end = g;
	return g;
}

static void
stray(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_entry entry = { .kind = LEDGER_STRAY,
		.connection = ledger_connection_find(l, ev->dcid),
		.rids = ev->rids,
		.line = ev,
		.was_finished = mid_ranges_has(&l->ended, ev->mid),
		.was_delivered = mid_ranges_has(&l->delivered, ev->mid),
		.was_lost = mid_ranges_has(&l->lost, ev->mid) };

	const struct ledger_message *m = ledger_message_find(l, ev->mid);

	if ((m != NULL && m->is_handed_on) ||
	    mid_ranges_has(&l->strange, ev->mid))
		return;
	if (l->first_mid > 0 && ev->mid >= l->first_mid && !l->is_blind)
		ledger_tell(l, &entry);
}

/* The accepted message that the line is about; otherwise the line is stray. */
static struct ledger_message *
message_of(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(l, ev->mid);

	if (m != NULL && m->accepted.line > 0)
		return m;
	stray(l, ev);
	return NULL;
}

static void
recipient_ends(struct ledger *l, struct ledger_recipient *r,
    struct ledger_entry *entry, enum recipient_state to)
{
	uint64_t *counts[] = {
		[RECIPIENT_DELIVERED] = &l->counts.delivered,
		[RECIPIENT_BOUNCED] = &l->counts.bounced,
		[RECIPIENT_DELETED] = &l->counts.deleted,
	};

	entry->recipient = r;
	entry->group = r->group;
	ledger_tell(l, entry);
	if (r->state >= RECIPIENT_DELIVERED)
		return;
	recipient_enter(l, r, to);
	++*counts[to];
	r->group->message->delivered += to == RECIPIENT_DELIVERED;
}
