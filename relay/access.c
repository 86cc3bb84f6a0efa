/* SPDX-License-Identifier: MIT */
/* Who may send where; see access.h. */
#include "relay/access.h"

bool
access_may_relay(const struct relay_config *config, const struct ip_address *ip)
{
	for (size_t i = 0; i < config->relay_from.count; i++)
		if (ip_network_contains(&config->relay_from.at[i], ip))
			return true;
	return false;
}

bool
access_accepts(const struct relay_config *config, struct slice domain)
{
	for (size_t i = 0; i < config->accept_for.count; i++) {
		struct slice entry = config->accept_for.at[i];

		if (slice_eq_nocase(entry, domain))
			return true;
		if (slice_starts_with(entry, SLICE(".")) &&
		    slice_ends_with_nocase(domain, entry))
			return true;
	}
	return false;
}
