/* SPDX-License-Identifier: MIT */
/* The relay's configuration as JSON; see config_json.h. */
#include "relay/config_json.h"

#include "core/dns/types_json.h"
#include "core/dns/zone_json.h"
#include "core/json/schema.h"
#include "relay/bounce/bounce_json.h"
#include "relay/bounce/profile.h"
#include "relay/deliver/tls_json.h"
#include "relay/operate/debug_json.h"
#include "relay/receive/auth.h"

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

/* clang-format off */
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
	{ "status_log", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.status_log), JSON_OPTIONAL,
	    "The log of counters and gauges, a line a minute; absent: none." },
	{ "bounce_log", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.bounce_log), JSON_OPTIONAL,
	    "The log of recipients that bounced or were put off; absent: "
	    "none." },
	{ "delivery_log", JF_STRING(1, 4096),
	    JSON_AT(struct config_json, config.delivery_log), JSON_OPTIONAL,
	    "The log of deliveries and bounces, a record a recipient (XML); "
	    "absent: none." },
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
	{ "bounce_verification", JF_OBJECT(&relay_bounce_verification_table),
	    JSON_AT(struct config_json, config.bounce_verification),
	    JSON_OPTIONAL,
	    "How bounces are verified; absent: none is." },
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

static struct tls_context *
tls_build(
    struct relay_config_file *out, relay_config_load *load, struct err *err)
{
	struct json_at root = json_at_root(&out->doc);
	struct slice own =
	    relay_destinations_find(out->destinations, SLICE(""))->certificate;

	if (relay_tls_has(&out->config.tls, own))
		return relay_tls_load(&out->config.tls, own, load, err);
	(void)json_fail(&root, err,
	    "the destination controls have the certificate \"%.*s\", which is "
	    "not among /tls/certificates",
	    SLICE_ARG(own));
	return NULL;
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
		out->tls_context = tls_build(out, load, err);
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
