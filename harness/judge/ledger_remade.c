/* SPDX-License-Identifier: MIT */
/*
 * Messages that go on with another MID, as a filter changes them: "MID 6
 * rewritten to MID 7 by add-footer", behind which MID 6 is said to be finished.
 * It is the same message then, with the same recipients, unless the log has
 * told those of the new MID by itself.
 */
#include "harness/judge/ledger_impl.h"

/* The MID it had is a number only, of which nothing but its end is due. */
static void
leave_behind(struct ledger *l, uint64_t mid)
{
	struct ledger_message *m = message_get(l, mid);

	if (m != NULL)
		m->is_handed_on = true;
}

static void
give_mid(struct ledger *l, struct ledger_message *m, uint64_t mid)
{
	HASH_DEL(l->messages, m);
	m->mid = mid;
	HASH_ADD(hh, l->messages, mid, sizeof(m->mid), m);
	/* It has been received in full. */
	list_remove(&m->injecting_node);
}

/* Who brought the message brought what is made of it. */
static void
inherit(struct ledger_message *heir, const struct ledger_message *m)
{
	heir->icid = m->icid;
	heir->is_generated = m->is_generated;
	heir->profile = m->profile;
	heir->started = m->started;
	if (heir->sender == NULL && m->sender != NULL)
		heir->sender = xstrdup(m->sender);
}

void
on_mid_rewritten(struct ledger *l, const struct maillog_event *ev)
{
	struct ledger_message *m = ledger_message_find(l, ev->mid);
	struct ledger_message *heir = ledger_message_find(l, ev->other_mid);
	bool is_told = heir != NULL && heir->recipient_count > 0 &&
	    heir->accepted.line == 0;
	bool is_known = m != NULL && !m->is_handed_on;

	if (ev->mid == ev->other_mid)
		return;
	if ((heir != NULL && !is_told) || (is_known && m->accepted.line > 0)) {
		ledger_gap(l, l->now.lo);
		mid_ranges_add(&l->strange, ev->other_mid);
	} else if (is_known && !is_told) {
		give_mid(l, m, ev->other_mid);
		leave_behind(l, ev->mid);
	} else if (is_known) {
		inherit(heir, m);
		list_remove(&heir->injecting_node);
		message_free(l, m);
		leave_behind(l, ev->mid);
	} else if (!is_told) {
		mid_ranges_add(&l->strange, ev->other_mid);
	}
}
