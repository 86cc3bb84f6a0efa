/* SPDX-License-Identifier: MIT */
/* The resolver's settings as JSON: whom it asks, and what it keeps. */
#include "core/dns/types_json.h"
#include "relay/config_json.h"

#define DNS_PORT_DEFAULT 53

static bool
server_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	if (endpoint_parse(json_at_text(at), DNS_PORT_DEFAULT, to))
		return true;
	return json_fail(at, err,
	    "%s is no address; expected one such as \"192.0.2.53\" or "
	    "\"[::1]:5353\"",
	    json_quote(json_at_text(at), quoted));
}

static const struct json_custom server_custom = {
	.name = "address of a name server",
	.types = JSON_ACCEPTS_STRING,
	.read = server_read,
};

/* clang-format off */
static const struct json_field resolver_fields[] = {
	{ "servers", JF_ARRAY_OR_ONE(struct endpoint,
	    JF_CUSTOM(&server_custom), 1, 16),
	    JSON_AT(struct relay_resolver, servers), JSON_OPTIONAL,
	    "The name servers, port 53 unless said; absent: the machine's." },
	{ "timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_resolver, timeout), "30s",
	    "Patience with a question, all tries together." },
	{ "tries", JF_INTEGER(1, 10), JSON_AT(struct relay_resolver, tries),
	    "4", "How often each server is asked; each time it is given twice "
	    "as long." },
};
/* clang-format on */
const struct json_table relay_resolver_table = {
	.name = "resolver",
	.help = "Whom it asks for names.",
	.size = sizeof(struct relay_resolver),
	JSON_FIELDS(resolver_fields),
};

/* clang-format off */
static const struct json_field dns_cache_fields[] = {
	{ "entries", JF_INTEGER(0, 10000000),
	    JSON_AT(struct dns_cache_limits, entries), "100000",
	    "Answers that are kept at most; 0: none." },
	{ "ttl_max", JF_DURATION, JSON_AT(struct dns_cache_limits, ttl_max),
	    "1d", "No record is kept for longer, whatever its TTL." },
	{ "negative_ttl_max", JF_DURATION,
	    JSON_AT(struct dns_cache_limits, negative_ttl_max), "1h",
	    "Nor, for longer than this, that a name or a record is not there." },
};
/* clang-format on */
const struct json_table relay_dns_cache_table = {
	.name = "dns cache",
	.help = "What is kept of the answers of name servers.",
	.size = sizeof(struct dns_cache_limits),
	JSON_FIELDS(dns_cache_fields),
};
