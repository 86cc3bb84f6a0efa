/* SPDX-License-Identifier: MIT */
/* What a configuration offers its operators, as JSON; see debug_json.h. */
#include "relay/operate/debug_json.h"

#include "core/dns/types_json.h"
#include "relay/config.h"

/* No port is usual. */
static bool
metrics_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	char quoted[JSON_QUOTE_MAX];

	(void)arena;
	if (endpoint_parse(json_at_text(at), -1, to))
		return true;
	return json_fail(at, err,
	    "%s is no address with a port; expected one such as "
	    "\"127.0.0.1:9125\"",
	    json_quote(json_at_text(at), quoted));
}

const struct json_custom relay_metrics_json = {
	.name = "address and port of a page",
	.types = JSON_ACCEPTS_STRING,
	.read = metrics_read,
};

static const struct json_field domain_debug_fields[] = {
	{ "domain", JF_STRING(1, 255), JSON_AT(struct relay_debug, domain),
	    JSON_REQUIRED, "Whose delivery sessions are logged." },
	{ "sessions", JF_INTEGER(1, 1000000),
	    JSON_AT(struct relay_debug, sessions), "10",
	    "How many of them, since the start." },
	{ "log", JF_STRING(1, 4096), JSON_AT(struct relay_debug, log),
	    JSON_REQUIRED, "The file; lines are added at its end." },
};
const struct json_table relay_domain_debug_table = {
	.name = "domain_debug",
	.help = "What is said to the hosts of a domain, and what they answer.",
	.size = sizeof(struct relay_debug),
	JSON_FIELDS(domain_debug_fields),
};
static const struct json_field injection_debug_fields[] = {
	{ "client", JF_CUSTOM(&ip_network_json),
	    JSON_AT(struct relay_debug, client), JSON_REQUIRED,
	    "The clients whose sessions are logged." },
	{ "sessions", JF_INTEGER(1, 1000000),
	    JSON_AT(struct relay_debug, sessions), "10",
	    "How many of them, since the start." },
	{ "log", JF_STRING(1, 4096), JSON_AT(struct relay_debug, log),
	    JSON_REQUIRED, "The file; lines are added at its end." },
};
const struct json_table relay_injection_debug_table = {
	.name = "injection_debug",
	.help = "What clients say, and what they are answered.",
	.size = sizeof(struct relay_debug),
	JSON_FIELDS(injection_debug_fields),
};
