/* SPDX-License-Identifier: MIT */
/* Clients, for what their listener says of the mail they bring: its bounce
 * profile.  Those of other listeners are not kept. */
#include "harness/judge/ledger_impl.h"

#include "relay/bounce/profile.h"

static const struct relay_bounce_profile *
listener_profile(const struct relay_config *relay, struct slice name)
{
	for (size_t i = 0; i < relay->listeners.count; i++)
		if (slice_eq(relay->listeners.at[i].name, name))
			return relay_profile_named(
			    relay, relay->listeners.at[i].bounce_profile);
	return NULL;
}

void
on_icid_new(struct ledger *l, const struct maillog_event *ev)
{
	const struct relay_bounce_profile *profile =
	    listener_profile(&l->plan->relay, ev->interface);
	struct ledger_client *c;

	if (profile == NULL)
		return;
	client_end(l, ev->icid);
	c = xcalloc(1, sizeof(*c));
	c->icid = ev->icid;
	c->profile = profile;
	HASH_ADD(hh, l->clients, icid, sizeof(c->icid), c);
}

static struct ledger_client *
client_find(const struct ledger *l, uint64_t icid)
{
	struct ledger_client *c;

	HASH_FIND(hh, l->clients, &icid, sizeof(icid), c);
	return c;
}

const struct relay_bounce_profile *
client_profile(const struct ledger *l, uint64_t icid)
{
	const struct ledger_client *c = client_find(l, icid);

	return c != NULL ? c->profile : NULL;
}

void
client_end(struct ledger *l, uint64_t icid)
{
	struct ledger_client *c = client_find(l, icid);

	if (c == NULL)
		return;
	HASH_DEL(l->clients, c);
	free(c);
}

void
clients_forget(struct ledger *l)
{
	struct ledger_client *c, *next;

	HASH_ITER(hh, l->clients, c, next)
	{
		HASH_DEL(l->clients, c);
		free(c);
	}
}
