/* SPDX-License-Identifier: MIT */
/* The daemon's name server; see main_dns.h. */
#include "mockserver/main_dns.h"

bool
naming_read_at(struct naming *n, const char *value,
    const struct placing *placing, struct err *err)
{
	const struct slice text = slice_cstr(value);
	uint64_t port;

	n->is_wanted = true;
	n->at = (struct endpoint){ ip_v4(127, 0, 0, 1), 0 };
	if (slice_to_u64(text, 65535, &port))
		n->at.port = (uint16_t)port;
	else if (!endpoint_parse(text, 53, &n->at))
		return err_set(err,
		    "--dns %s is wrong; expected a port, or an address and "
		    "port as 127.0.0.1:5353",
		    value);
	return placing_may_bind(placing, &n->at.ip, "dns", err);
}

bool
naming_serve(
    struct naming *n, struct world *w, const struct zone *zone, struct err *err)
{
	if (!n->is_wanted)
		return true;
	n->server = mock_dns_new(w, zone, &n->at, err);
	return n->server != NULL || err_prefix(err, "--dns: ");
}

const struct endpoint *
naming_local(const struct naming *n)
{
	return n->server != NULL ? mock_dns_address(n->server) : NULL;
}

void
naming_stop(struct naming *n)
{
	mock_dns_destroy(&n->server);
}
