/* SPDX-License-Identifier: MIT */
/* The appliance's own; see beyond.h. */
#include "harness/live/beyond.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool
is_listed(const char *const *list, const char *key)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, key) == 0)
			return true;
	return false;
}

/* A key of the object is on none of the list. */
static bool
has_other(json_t *object, const char *const *list)
{
	const char *key;
	json_t *value;

	json_object_foreach(
	    object, key, value) if (!is_listed(list, key)) return true;
	return false;
}

/* An entry of the list has any of the keys. */
static bool
any_has(json_t *list, const char *const *keys)
{
	size_t i;
	json_t *entry;

	json_array_foreach(
	    list, i, entry) for (const char *const *key = keys; *key != NULL;
				 key++) if (json_object_get(entry, *key) !=
	    NULL) return true;
	return false;
}

static const char *
relay_beyond(json_t *relay, const struct beyond_keys *keys)
{
	static const char *const known[] = { "delivery", "bounce",
		"interface_v6", NULL };
	static const struct {
		const char *key, *why;
	} rows[] = {
		{ "listeners", "its relay has \"listeners\"" },
		{ "limits", "its relay has \"limits\"" },
		{ "destconfig", "its relay has destination controls" },
		{ "bounce_profiles", "its relay has bounce profiles" },
		{ "bounce_verification", "its relay verifies bounces" },
		{ "tls", "its relay has \"tls\"" },
		{ "smtp_auth_profiles", "its relay has SMTP AUTH profiles" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (json_object_get(relay, rows[i].key) != NULL)
			return rows[i].why;
	if (has_other(relay, known))
		return "its relay has settings of the appliance alone";
	if (has_other(json_object_get(relay, "delivery"), keys->delivery))
		return "its relay's \"delivery\" is the appliance's alone";
	if (has_other(json_object_get(relay, "bounce"), keys->bounce))
		return "its relay's \"bounce\" is the appliance's alone";
	return NULL;
}

/* Only the words of logs, or what an operator sees. */
static bool
expects_words_only(json_t *expect)
{
	static const char *const words[] = { "log", "no_log", "host_status",
		NULL };
	size_t i;
	json_t *entry;

	json_array_foreach(expect, i, entry)
	{
		bool is_word = false;

		for (const char *const *key = words; *key != NULL; key++)
			is_word |= json_object_get(entry, *key) != NULL;
		if (!is_word)
			return false;
	}
	return json_array_size(expect) > 0;
}

const char *
beyond_find(const json_t *scenario, const struct beyond_keys *keys)
{
	static const char *const receiving[] = { "dialogue", "tls", "refused",
		"notify", "ret", "envid", "orcpt", "listener", NULL };
	static const char *const operating[] = { "relay", "ctl", NULL };
	const char *why =
	    relay_beyond(json_object_get(scenario, "relay"), keys);

	if (why != NULL)
		return why;
	if (any_has(json_object_get(scenario, "inject"), receiving))
		return "its \"inject\" is about the appliance's listeners";
	if (any_has(json_object_get(scenario, "timeline"), operating))
		return "its timeline operates the appliance";
	if (expects_words_only(json_object_get(scenario, "expect")))
		return "all it expects is in the words of the appliance's log";
	return NULL;
}
