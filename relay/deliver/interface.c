/* SPDX-License-Identifier: MIT */
/* The delivery interface; see interface.h. */
#include "relay/deliver/interface.h"

bool
interface_for(
    const struct relay_config *config, int family, struct ip_address *from)
{
	const struct ip_address *both[] = { &config->interface,
		&config->interface_v6 };

	*from = *both[0];
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (both[i]->family != family)
			continue;
		*from = *both[i];
		return true;
	}
	return ip_is_none(both[0]);
}
