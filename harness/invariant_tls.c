/* SPDX-License-Identifier: MIT */
/*
 * Protocol, as far as TLS is concerned: no mail in clear to a domain whose mail
 * must go by TLS, and none at all on a connection whose handshake failed
 * (docs/delivery.md 51, 52).  By the log; invariant_witness.c asks the
 * transcripts.
 */
#include "harness/invariant.h"

bool
tls_is_required(const struct ledger_domain *d)
{
	return d != NULL && d->controls != NULL &&
	    (d->controls->table_tls == TLS_REQUIRE ||
		d->controls->table_tls == TLS_REQUIRE_VERIFY);
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
	else if (c->tls == LEDGER_TLS_NONE && tls_is_required(c->domain))
		invariant_fail(v, INV_PROTOCOL, &entry->moment,
		    "mail goes by TLS where TLS is required",
		    "DCID %llu sends mail to %s in clear",
		    (unsigned long long)c->dcid, c->domain->name);
}
