/* SPDX-License-Identifier: MIT */
/* Whom the relay of a simulation trusts; see sim_trust.h. */
#include "harness/sim_trust.h"

#include "relay/tls_json.h"

bool
sim_trust(struct relay_config *config, const struct mock *mock,
    struct tls_context **context, struct err *err)
{
	struct slice authority = mock_authority(mock);

	if (authority.len == 0)
		return true;
	*context = relay_tls_context(&config->tls, authority, err);
	config->tls_context = *context;
	return *context != NULL;
}
