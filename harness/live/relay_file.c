/* SPDX-License-Identifier: MIT */
/* A plan's relay as a file; see relay_file.h. */
#include "harness/live/relay_file.h"

/* What of a scenario's "relay" a file does not say in the same words. */
static const char *const other_keys[] = { "tls", "sync_time" };

static const struct {
	enum plan_log log;
	const char *key;
} log_keys[] = {
	{ PLAN_LOG_BOUNCE, "bounce_log" },
	{ PLAN_LOG_DELIVERY, "delivery_log" },
	{ PLAN_LOG_STATUS, "status_log" },
};

const char *
relay_file_log(const struct plan *plan, enum plan_log log)
{
	for (size_t i = 0; i < ARRAY_LEN(log_keys); i++)
		for (size_t k = 0; k < plan->expectation_count; k++)
			if (log_keys[i].log == log &&
			    plan->expectations[k].of == log)
				return log_keys[i].key;
	return NULL;
}

static void
set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

static json_t *
tls_section(json_t *said, bool trusts, struct slice certificate)
{
	json_t *tls = said != NULL ? json_copy(said) : json_object();
	json_t *own;
	char *name;

	if (trusts)
		set_text(tls, "ca_file", RELAY_FILE_AUTHORITY);
	if (certificate.len == 0)
		return tls;
	own = json_pack("{s:s, s:s}", "certificate", RELAY_FILE_CERTIFICATE,
	    "key", RELAY_FILE_KEY);
	name = slice_dup(certificate);
	json_object_set_new(tls, "certificates", json_pack("{s:o}", name, own));
	free(name);
	return tls;
}

static void
add_same(json_t *file, json_t *relay)
{
	const char *key;
	json_t *said;

	json_object_foreach(relay, key, said)
	{
		bool is_other = false;

		for (size_t i = 0; i < ARRAY_LEN(other_keys); i++)
			is_other |= strcmp(key, other_keys[i]) == 0;
		if (!is_other)
			json_object_set(file, key, said);
	}
}

/* The listener that a relay has unless its scenario names others. */
static void
set_listener(json_t *file)
{
	char at[32];

	(void)snprintf(at, sizeof(at), "%s:%d", PLAN_RELAY_IP, PLAN_RELAY_PORT);
	set_text(file, "listen", at);
	set_text(file, "interface_name", "Management");
	set_text(file, "relay_from", PLAN_INJECTOR_IP);
}

void
relay_file_format(const json_t *scenario, const struct plan *plan, bool trusts,
    struct slice certificate, const struct endpoint *name_server,
    struct buf *out)
{
	json_t *relay = json_object_get(scenario, "relay");
	json_t *file = json_object();
	char *text, server[ENDPOINT_TEXT_MAX];

	set_text(file, "hostname", PLAN_RELAY_HOSTNAME);
	set_text(file, "interface", PLAN_RELAY_IP);
	set_text(file, "queue", RELAY_FILE_QUEUE);
	set_text(file, "control", RELAY_FILE_CONTROL);
	json_object_set_new(file, "resolver",
	    json_pack(
		"{s:[s]}", "servers", endpoint_format(name_server, server)));
	add_same(file, relay);
	json_object_set(file, "routes", json_object_get(scenario, "routes"));
	json_object_set_new(file, "tls",
	    tls_section(json_object_get(relay, "tls"), trusts, certificate));
	if (json_object_get(relay, "listeners") == NULL)
		set_listener(file);
	for (size_t i = 0; i < ARRAY_LEN(log_keys); i++) {
		const char *path = relay_file_log(plan, log_keys[i].log);

		if (path != NULL)
			set_text(file, log_keys[i].key, path);
	}
	text = json_dumps(file, JSON_INDENT(2));
	buf_append_cstr(out, text);
	buf_append_byte(out, '\n');
	free(text);
	json_decref(file);
}
