/* SPDX-License-Identifier: MIT */
/*
 * Protocol, as far as TLS is concerned: no mail in clear to a domain whose mail
 * must go by TLS, none where TLS is wanted and nothing stands in its way, and
 * none at all on a connection whose handshake failed (docs/delivery.md 50 to
 * 52, 56).  By the log; invariant_witness.c asks the
 * transcripts.
 */
#include "harness/judge/invariant.h"

bool
tls_is_required(const struct ledger_domain *d)
{
	return d != NULL &&
	    (d->has_login || d->controls->table_tls == TLS_REQUIRE ||
		d->controls->table_tls == TLS_REQUIRE_VERIFY);
}

/* Mail goes in clear although nothing stood in the way of TLS. */
static bool
is_needlessly_clear(
    const struct invariants *v, const struct ledger_connection *c)
{
	return c->tls == LEDGER_TLS_NONE && c->domain != NULL &&
	    c->domain->controls->table_tls != TLS_OFF &&
	    (!c->address->is_tls_broken ||
		v->plan->relay.delivery.tls_fallback == TLS_FALLBACK_NEVER);
}

void
tls_entry(struct invariants *v, const struct ledger_entry *entry)
{
	const struct ledger_connection *c = entry->connection;

	if (entry->kind != LEDGER_STARTED || c == NULL)
		return;
	if (c->tls == LEDGER_TLS_BROKEN)
		invariant_fail(v, INV_PROTOCOL, &entry->moment,
		    "behind a handshake that failed nothing is sent",
		    "DCID %llu sends mail", (unsigned long long)c->dcid);
	else if (c->tls != LEDGER_TLS_SUCCESS && tls_is_required(c->domain))
		invariant_fail(v, INV_PROTOCOL, &entry->moment,
		    "mail goes by TLS where TLS is required",
		    "DCID %llu sends mail to %s in clear",
		    (unsigned long long)c->dcid, c->domain->name);
	else if (is_needlessly_clear(v, c))
		invariant_fail(v, INV_PROTOCOL, &entry->moment,
		    "mail goes in clear where TLS is preferred only when "
		    "STARTTLS is not offered, or refused",
		    "DCID %llu sends mail to %s in clear, and does not say "
		    "why",
		    (unsigned long long)c->dcid, c->domain->name);
}
