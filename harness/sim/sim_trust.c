/* SPDX-License-Identifier: MIT */
/* Whom the relay of a simulation trusts; see sim_trust.h. */
#include "harness/sim/sim_trust.h"

#include "relay/deliver/tls_json.h"

bool
sim_trust(struct relay_config *config, const struct mock *mock,
    struct tls_context **context, struct err *err)
{
	struct slice authority = mock_authority(mock);
	struct slice name =
	    relay_destinations_find(config->destinations, SLICE(""))
		->certificate;
	struct buf certificate = { 0 }, key = { 0 };
	struct relay_identity own;

	if (authority.len == 0)
		return true;
	/* Whatever its name is, the authority of the hosts has signed it. */
	if (name.len > 0)
		(void)mock_issue(mock, name, &certificate, &key);
	own.certificate = buf_slice(&certificate);
	own.key = buf_slice(&key);
	*context = relay_tls_context(&config->tls, authority, &own, err);
	config->tls_context = *context;
	buf_fini(&certificate);
	buf_fini(&key);
	return *context != NULL;
}
