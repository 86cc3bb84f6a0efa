/* SPDX-License-Identifier: MIT */
/* Who may send where; see access.h. */
#include "relay/receive/access.h"

static const struct ip_network *
network_find(
    const struct ip_network *at, size_t count, const struct ip_address *ip)
{
	for (size_t i = 0; i < count; i++)
		if (ip_network_contains(&at[i], ip))
			return &at[i];
	return NULL;
}

enum access
access_of(const struct relay_listener_config *listener,
    const struct ip_address *client, const struct ip_network **match)
{
	*match = network_find(
	    listener->relay_from.at, listener->relay_from.count, client);
	if (*match != NULL)
		return ACCESS_RELAY;
	return listener->kind == LISTENER_PUBLIC ? ACCESS_ACCEPT
						 : ACCESS_REJECT;
}

bool
access_has_xclient(const struct relay_listener_config *listener,
    const struct ip_address *client)
{
	return network_find(listener->xclient_from.at,
		   listener->xclient_from.count, client) != NULL;
}

bool
access_accepts(
    const struct relay_listener_config *listener, struct slice domain)
{
	for (size_t i = 0; i < listener->accept_for.count; i++) {
		struct slice entry = listener->accept_for.at[i];

		if (slice_eq_nocase(entry, domain))
			return true;
		if (slice_starts_with(entry, SLICE(".")) &&
		    slice_ends_with_nocase(domain, entry))
			return true;
	}
	return false;
}
