/* SPDX-License-Identifier: MIT */
/* The relay's configuration as JSON; see config_json.h. */
#include "relay/config_json.h"

#include "core/dns/types_json.h"
#include "core/dns/zone_json.h"
#include "core/json/schema.h"
#include "core/smtp/stage.h"
#include "relay/auth.h"
#include "relay/bounce_json.h"
#include "relay/debug_json.h"
#include "relay/profile.h"
#include "relay/tls_json.h"

static bool stages_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err);

/* ---- delivery ---- */

/* The stages whose failure leads to the next candidate at once
 * (docs/decisions.md, D1). */
static const struct json_word failover_stages[] = {
	{ "connect", STAGE_CONNECT },
	{ "greeting", STAGE_BANNER },
	{ "ehlo", STAGE_EHLO },
	{ "mail", STAGE_MAIL },
	{ "rcpt", STAGE_RCPT },
	{ "data", STAGE_DATA },
	{ "eod", STAGE_EOD },
};
static const struct json_custom stages_custom = {
	.name = "stages",
	.types = JSON_ACCEPTS_ARRAY,
	.schema = "{\"type\": \"array\", \"items\": {\"enum\": "
		  "[\"connect\", \"greeting\", \"ehlo\", \"mail\", "
		  "\"rcpt\", \"data\", \"eod\"]}}",
	.read = stages_read,
};
static const struct json_word null_mx_words[] = {
	{ "5.1.10", NULL_MX_OWN_CODE },
	{ "5.1.2", NULL_MX_AS_NO_HOST },
};
static const struct json_word tls_fallback_words[] = {
	{ "never", TLS_FALLBACK_NEVER },
	{ "clear", TLS_FALLBACK_CLEAR },
};
static const struct json_word tls_unverified_words[] = {
	{ "send", TLS_UNVERIFIED_SEND },
	{ "next", TLS_UNVERIFIED_NEXT },
};
static const struct json_word on_5xx_words[] = {
	{ "next", ON_5XX_NEXT },
	{ "bounce", ON_5XX_BOUNCE },
};

static const struct json_word on_no_8bitmime_words[] = {
	{ "bounce", ON_NO_8BITMIME_BOUNCE },
	{ "send", ON_NO_8BITMIME_SEND },
};

static const struct json_word period_words[] = {
	{ "first", PERIOD_FIRST },
	{ "clock", PERIOD_CLOCK },
};

/* clang-format off */
static const struct json_field delivery_fields[] = {
	{ "failover_on", JF_CUSTOM(&stages_custom),
	    JSON_AT(struct relay_delivery, failover_on),
	    "[\"connect\", \"greeting\", \"ehlo\", \"mail\", \"rcpt\", "
	    "\"data\", \"eod\"]",
	    "Stages at which a failure leads to the next host in the same "
	    "round; elsewhere it ends the round." },
	{ "on_5xx_greeting", JF_WORD(on_5xx_words),
	    JSON_AT(struct relay_delivery, on_5xx_greeting), "next",
	    "What follows a greeting or EHLO reply of 5xx." },
	{ "release_on_success", JF_BOOLEAN,
	    JSON_AT(struct relay_delivery, release_on_success), "true",
	    "A delivery makes all waiting mail of its domain due." },
	{ "null_mx", JF_WORD(null_mx_words),
	    JSON_AT(struct relay_delivery, null_mx), "5.1.10",
	    "The code with which mail to a domain that takes none (RFC 7505) "
	    "bounces." },
	{ "pipelining", JF_BOOLEAN, JSON_AT(struct relay_delivery, pipelining),
	    "true",
	    "Commands go to a host that offers PIPELINING without waiting for "
	    "each reply." },
	{ "chunking", JF_BOOLEAN, JSON_AT(struct relay_delivery, chunking),
	    "true",
	    "Content goes to a host that offers CHUNKING by BDAT." },
	{ "on_no_8bitmime", JF_WORD(on_no_8bitmime_words),
	    JSON_AT(struct relay_delivery, on_no_8bitmime), "bounce",
	    "What becomes of 8-bit content at a host that does not offer "
	    "8BITMIME." },
	{ "concurrency", JF_INTEGER(1, 10000),
	    JSON_AT(struct relay_delivery, concurrency), "10000",
	    "Connections to all domains at a time; destconfig has the limits "
	    "of each." },
	{ "tls_concurrency", JF_INTEGER(1, 10000),
	    JSON_AT(struct relay_delivery, tls_concurrency), "100",
	    "Those among them whose domain's table_tls is not off." },
	{ "recipient_period", JF_WORD(period_words),
	    JSON_AT(struct relay_delivery, recipient_period), "first",
	    "When a period of recipient_limit begins: with its first "
	    "recipient, or by the clock." },
	{ "slow_after", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, slow_after), "5s",
	    "A connection that waits so long for its greeting does not keep "
	    "others of its domain from being opened." },
	{ "possible_delivery", JF_BOOLEAN,
	    JSON_AT(struct relay_delivery, possible_delivery), "false",
	    "A message whose final reply does not come in time counts as "
	    "delivered." },
	{ "possible_delivery_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, possible_delivery_timeout), "4m",
	    "Patience with the reply to the final dot when it does." },
	{ "tls_fallback", JF_WORD(tls_fallback_words),
	    JSON_AT(struct relay_delivery, tls_fallback), "never",
	    "Whether a host whose handshake failed is sent mail in clear in a "
	    "later round, where TLS is not required." },
	{ "tls_unverified", JF_WORD(tls_unverified_words),
	    JSON_AT(struct relay_delivery, tls_unverified), "send",
	    "What becomes of mail to a host whose certificate does not stand "
	    "up, where table_tls is on_verify." },
	{ "port", JF_INTEGER(1, 65535), JSON_AT(struct relay_delivery, port),
	    "25", "The port of hosts for which the route names none." },
	{ "idle_timeout", JF_DURATION,
	    JSON_AT(struct relay_delivery, idle_timeout), "5s",
	    "An idle connection is closed after this long." },
	{ "connect_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, connect_timeout), "30s",
	    "Patience with a host that does not answer a connect." },
	{ "greeting_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, greeting_timeout), "5m",
	    "Patience with the greeting." },
	{ "command_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, command_timeout), "5m",
	    "Patience with the replies to EHLO, MAIL, RCPT and RSET." },
	{ "data_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, data_timeout), "2m",
	    "Patience with the reply to DATA." },
	{ "body_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, body_timeout), "3m",
	    "Patience with a host that does not take the content." },
	{ "eod_timeout", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, eod_timeout), "10m",
	    "Patience with the reply to the final dot." },
	{ "host_retry_initial", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, host_retry_initial), "60s",
	    "The wait before a host that is down is probed." },
	{ "host_retry_max", JF_DURATION_SOME,
	    JSON_AT(struct relay_delivery, host_retry_max), "3600s",
	    "The longest such wait; it doubles from probe to probe." },
};
const struct json_table relay_delivery_table = {
	.name = "delivery",
	.help = "How the relay delivers.",
	.size = sizeof(struct relay_delivery),
	JSON_FIELDS(delivery_fields),
};

/* ---- the whole file ---- */

struct config_json {
	struct relay_config config;
	/* Without "listeners": the one that the keys of this level describe,
	 * at each address of `listen`. */
	struct relay_listener_config listener;
	JSON_ARRAY_OF(struct endpoint) listen;
	struct slice routes_file;
	JSON_ARRAY_OF(struct slice) routes;
	struct relay_destconfig destconfig;
	struct slice destconfig_file;
	struct zone_json dns;
	bool has_dns;
};

static const struct json_field config_fields[] = {
	{ "$schema", JF_STRING(0, 4096), JSON_NOWHERE, JSON_OPTIONAL,
	    "The schema, for editors." },
	{ "hostname", JF_STRING(1, 255),
	    JSON_AT(struct config_json, config.hostname), JSON_REQUIRED,
	    "The relay's name in greetings and EHLO." },
	{ "listeners",
	    JF_ARRAY(struct relay_listener_config,
		JF_OBJECT(&relay_listener_table), 1, 64),
	    JSON_AT(struct config_json, config.listeners), JSON_OPTIONAL,
	    "Where it listens, and what it takes from whom there." },
	{ "listen",
	    JF_ARRAY_OR_ONE(struct endpoint, JF_CUSTOM(&endpoint_json), 1, 64),
	    JSON_AT(struct config_json, listen), "[\"127.0.0.1:25\"]",
	    "The addresses of a single public listener, instead of "
	    "\"listeners\"; the keys below and \"limits\" are its." },
	{ "interface_name", JF_STRING(1, 64),
	    JSON_AT(struct config_json, listener.name), "Management",
	    "The listener's interface, as the log names it." },
	{ "interface", JF_CUSTOM(&ip_address_json),
	    JSON_AT(struct config_json, config.interface), JSON_OPTIONAL,
	    "The source address of deliveries." },
	{ "interface_v6", JF_CUSTOM(&ipv6_address_json),
	    JSON_AT(struct config_json, config.interface_v6), JSON_OPTIONAL,
	    "The source over IPv6 beside an \"interface\" of IPv4." },
	{ "relay_from",
	    JF_ARRAY_OR_ONE(
		struct ip_network, JF_CUSTOM(&ip_network_json), 0, 10000),
	    JSON_AT(struct config_json, listener.relay_from), JSON_OPTIONAL,
	    "Clients that may send to any domain; absent: nobody." },
	{ "accept_for",
	    JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 255), 0, 100000),
	    JSON_AT(struct config_json, listener.accept_for), JSON_OPTIONAL,
	    "Domains to which anybody may send; absent: none." },
	{ "open_relay", JF_BOOLEAN,
	    JSON_AT(struct config_json, listener.open_relay), "false",
	    "Let \"relay_from\" name (nearly) the whole Internet." },
	{ "postmaster", JF_CUSTOM(&relay_mailbox_json),
	    JSON_AT(struct config_json, config.postmaster), JSON_OPTIONAL,
	    "Who gets mail to <postmaster>; absent: that of \"hostname\"." },
	{ "routes", JF_ARRAY(struct slice, JF_STRING(0, 32768), 0, 40000),
	    JSON_AT(struct config_json, routes), JSON_OPTIONAL,
	    "SMTP routes, a line each." },
	{ "routes_file", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, routes_file), JSON_OPTIONAL,
	    "The file that holds them instead." },
	{ "destconfig", RELAY_DESTCONFIG_FORM,
	    JSON_AT(struct config_json, destconfig), JSON_OPTIONAL,
	    "Destination controls, a line each." },
	{ "destconfig_file", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, destconfig_file), JSON_OPTIONAL,
	    "The file that holds them instead." },
	{ "dns", JF_ZONE, JSON_AT_HAS(struct config_json, dns.names, has_dns),
	    JSON_OPTIONAL, "The names that the resolver knows." },
	{ "queue", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.queue_path), JSON_REQUIRED,
	    "The database that holds the queue." },
	{ "log", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.log_path), JSON_OPTIONAL,
	    "The mail log; absent: standard output." },
	{ "domain_debug", JF_OBJECT(&relay_domain_debug_table),
	    JSON_AT(struct config_json, config.domain_debug), JSON_OPTIONAL,
	    "The domain debug log; absent: none." },
	{ "injection_debug", JF_OBJECT(&relay_injection_debug_table),
	    JSON_AT(struct config_json, config.injection_debug), JSON_OPTIONAL,
	    "The injection debug log; absent: none." },
	{ "conversation_log", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.conversation_log), JSON_OPTIONAL,
	    "The log of all SMTP conversations, both ways; absent: none." },
	{ "metrics", JF_CUSTOM(&relay_metrics_json),
	    JSON_AT(struct config_json, config.metrics), JSON_OPTIONAL,
	    "Where /metrics is served (Prometheus); absent: nowhere." },
	{ "control", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.control_path), JSON_OPTIONAL,
	    "The control socket; absent: the queue's name and \".control\"." },
	{ "drain_timeout", JF_DURATION,
	    JSON_AT(struct config_json, config.drain_timeout), "30s",
	    "How long SIGTERM waits for what is under way." },
	{ "delivery", JF_OBJECT(&relay_delivery_table),
	    JSON_AT(struct config_json, config.delivery), "{}",
	    "How it delivers." },
	{ "bounce", JF_OBJECT(&relay_bounce_table),
	    JSON_AT(struct config_json, config.bounce), "{}",
	    "The default bounce profile." },
	{ "bounce_profiles", RELAY_BOUNCE_PROFILES_FORM,
	    JSON_AT(struct config_json, config.bounce_profiles), JSON_OPTIONAL,
	    "Further bounce profiles, by their names." },
	{ "tls", JF_OBJECT(&relay_tls_table),
	    JSON_AT(struct config_json, config.tls), "{}",
	    "How deliveries speak TLS." },
	{ "limits", JF_OBJECT(&relay_limits_table),
	    JSON_AT(struct config_json, listener.limits), "{}",
	    "What it accepts." },
	{ "smtp_auth_profiles", RELAY_AUTH_FORM,
	    JSON_AT(struct config_json, config.smtp_auth_profiles),
	    JSON_OPTIONAL, "The profiles that routes name, by their names." },
	{ "resolver", JF_OBJECT(&relay_resolver_table),
	    JSON_AT_HAS(struct config_json, config.resolver,
		config.has_resolver), JSON_OPTIONAL,
	    "Whom it asks for names that \"dns\" has not; absent: nobody." },
	{ "dns_cache", JF_OBJECT(&relay_dns_cache_table),
	    JSON_AT(struct config_json, config.dns_cache), "{}",
	    "What it keeps of answers." },
};
/* clang-format on */
static const struct json_group config_groups[] = {
	{ JSON_AT_MOST_ONE, "routes routes_file" },
	{ JSON_AT_MOST_ONE, "destconfig destconfig_file" },
	{ JSON_AT_MOST_ONE, "listeners listen" },
	{ JSON_AT_MOST_ONE, "listeners interface_name" },
	{ JSON_AT_MOST_ONE, "listeners relay_from" },
	{ JSON_AT_MOST_ONE, "listeners accept_for" },
	{ JSON_AT_MOST_ONE, "listeners open_relay" },
	{ JSON_AT_MOST_ONE, "listeners limits" },
};
static const struct json_table config_table = {
	.name = "relay",
	.help = "The configuration of faultpost-relay.",
	.size = sizeof(struct config_json),
	JSON_FIELDS(config_fields),
	JSON_GROUPS(config_groups),
};

void
relay_config_schema(struct buf *out)
{
	json_schema_print(
	    &config_table, NULL, "Configuration of faultpost-relay", out);
}

void
relay_config_fields(struct buf *out)
{
	json_fields_print(&config_table, out);
}

static bool
stages_read(
    const struct json_at *at, void *to, struct arena *arena, struct err *err)
{
	unsigned *bits = to;

	(void)arena;
	for (size_t i = 0; i < json_array_size(at->value); i++) {
		struct json_at one = json_at_index(at, i);
		size_t word = 0;

		if (!json_is_string(one.value))
			return json_fail_type(&one, JSON_ACCEPTS_STRING, err);
		while (word < ARRAY_LEN(failover_stages) &&
		    !slice_eq(json_at_text(&one),
			slice_cstr(failover_stages[word].name)))
			word++;
		if (word == ARRAY_LEN(failover_stages))
			return json_fail_word(&one, failover_stages,
			    ARRAY_LEN(failover_stages), err);
		*bits |= 1U << failover_stages[word].value;
	}
	return true;
}

/* ---- from the file's struct to the relay's ---- */

/* Keeps the first of a table's errors as *err. */
static bool
table_failed(const struct err_list *errors, struct err *err)
{
	if (errors->count > 0)
		*err = errors->list[0];
	return false;
}

static bool
routes_from_file(struct relay_config_file *out, const char *path,
    relay_config_load *load, struct err_list *errors, struct err *err)
{
	size_t len;
	char *text = load(path, &len, err);

	if (text == NULL)
		return false;
	out->routes = routes_parse(slice_of(text, len), path, errors);
	free(text);
	return out->routes != NULL || table_failed(errors, err);
}

static bool
routes_from_lines(struct relay_config_file *out, const struct config_json *json,
    struct err_list *errors, struct err *err)
{
	bool ok = true;

	out->routes = routes_new();
	for (size_t i = 0; i < json->routes.count; i++) {
		struct routes_place place = { .file = out->doc.file, .col = 1 };
		char pointer[64];

		(void)snprintf(pointer, sizeof(pointer), "/routes/%zu", i);
		json_doc_place(&out->doc, pointer, &place.line, &place.col);
		place.col++; /* behind the quote */
		ok &= routes_add_line(
		    out->routes, json->routes.at[i], &place, errors);
	}
	return ok || table_failed(errors, err);
}

static bool
destinations_build(struct relay_config_file *out,
    const struct config_json *json, relay_config_load *load,
    struct err_list *errors, struct err *err)
{
	struct json_at root = json_at_root(&out->doc);
	struct json_at lines = json_at_key(&root, "destconfig");
	const char *path = json->destconfig_file.at;
	size_t len;
	char *text;

	if (json->destconfig_file.len == 0) {
		out->destinations =
		    relay_destconfig_read(&lines, &json->destconfig, errors);
		return out->destinations != NULL || table_failed(errors, err);
	}
	text = load(path, &len, err);
	if (text == NULL)
		return false;
	out->destinations =
	    relay_destinations_parse(slice_of(text, len), path, errors);
	free(text);
	return out->destinations != NULL || table_failed(errors, err);
}

/* Where the routes stand. */
static const char *
routes_file(const struct relay_config_file *out, const struct config_json *json)
{
	return json->routes_file.len > 0 ? json->routes_file.at : out->doc.file;
}

/* "listeners", or what stands for one of them. */
static bool
listeners_build(
    struct relay_config_file *out, struct config_json *json, struct err *err)
{
	struct json_at root = json_at_root(&out->doc);
	size_t count = json->listen.count;
	struct relay_listener_config *list;

	if (json->config.listeners.count > 0)
		return true;
	list = arena_alloc(&out->arena, count * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[i] = json->listener;
		list[i].at = json->listen.at[i];
		if (!relay_listener_finish(&list[i], &root, err))
			return false;
	}
	json->config.listeners.at = list;
	json->config.listeners.count = count;
	return true;
}

/* postmaster@HOSTNAME, unless another one is named. */
static void
postmaster_build(struct relay_config_file *out, struct config_json *json)
{
	struct buf text = { 0 };

	if (json->config.postmaster.len > 0)
		return;
	buf_printf(&text, "postmaster@%.*s", SLICE_ARG(json->config.hostname));
	json->config.postmaster = arena_slice(&out->arena, buf_slice(&text));
	buf_fini(&text);
}

static bool
config_build(struct relay_config_file *out, struct config_json *json,
    relay_config_load *load, struct err_list *errors, struct err *err)
{
	struct json_at root = json_at_root(&out->doc);
	struct json_at dns = json_at_key(&root, "dns");
	struct err why = { 0 };
	bool ok;

	if (!listeners_build(out, json, err) ||
	    !relay_listeners_load(&json->config.listeners.at,
		json->config.listeners.count, load, &out->arena, err))
		return false;
	postmaster_build(out, json);
	out->config = json->config;
	if (json->routes_file.len > 0)
		ok = routes_from_file(
		    out, json->routes_file.at, load, errors, err);
	else
		ok = routes_from_lines(out, json, errors, err);
	ok = destinations_build(out, json, load, errors, err) && ok;
	if (ok && json->has_dns)
		ok = (out->zone = zone_json_build(&json->dns, &dns, err)) !=
		    NULL;
	if (ok)
		ok = relay_auth_load(&out->config, &out->arena, load, err) &&
		    (relay_auth_check(&out->config, out->routes,
			 routes_file(out, json), errors) ||
			table_failed(errors, err));
	out->config.routes = out->routes;
	out->config.zone = out->zone;
	out->config.destinations = out->destinations;
	if (ok && !relay_profiles_check(&out->config, &why))
		ok = json_fail(&root, err, "%s", why.msg);
	if (ok)
		out->tls_context = relay_tls_load(&out->config.tls, load, err);
	out->config.tls_context = out->tls_context;
	return out->tls_context != NULL;
}

bool
relay_config_parse(struct relay_config_file *out, const char *file,
    struct slice text, relay_config_load *load, struct err_list *errors,
    struct err *err)
{
	struct config_json json;
	bool ok;

	*out = (struct relay_config_file){ 0 };
	ok = json_doc_parse(&out->doc, file, text, err);
	if (ok) {
		struct json_at root = json_at_root(&out->doc);

		ok = json_table_read(
			 &config_table, &root, &json, &out->arena, err) &&
		    config_build(out, &json, load, errors, err);
	}
	if (!ok)
		relay_config_fini(out);
	return ok;
}

void
relay_config_fini(struct relay_config_file *file)
{
	routes_destroy(&file->routes);
	zone_destroy(&file->zone);
	relay_destinations_destroy(&file->destinations);
	tls_context_destroy(&file->tls_context);
	arena_fini(&file->arena);
	json_doc_fini(&file->doc);
	*file = (struct relay_config_file){ 0 };
}
