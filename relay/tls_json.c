/* SPDX-License-Identifier: MIT */
/* The "tls" section of configurations; see tls_json.h. */
#include "relay/tls_json.h"

static const struct json_word version_words[] = {
	{ "1.2", TLS_1_2 },
	{ "1.3", TLS_1_3 },
};

/* clang-format off */
#define FIELD_MIN_VERSION                                                      \
	{ "min_version", JF_WORD(version_words),                               \
	    JSON_AT(struct relay_tls, min_version), "1.2",                     \
	    "The oldest version of TLS that deliveries speak." }
static const struct json_field tls_fields[] = {
	FIELD_MIN_VERSION,
	{ "ca_file", JF_STRING(1, 4096), JSON_AT(struct relay_tls, ca_file),
	    JSON_OPTIONAL,
	    "The certificates (PEM) of those who are trusted to sign hosts'; "
	    "absent: the system's." },
};
static const struct json_field scenario_fields[] = {
	FIELD_MIN_VERSION,
};
/* clang-format on */
const struct json_table relay_tls_table = {
	.name = "relay tls",
	.help = "How deliveries speak TLS.",
	.size = sizeof(struct relay_tls),
	JSON_FIELDS(tls_fields),
};
const struct json_table relay_tls_scenario_table = {
	.name = "relay tls",
	.help = "How deliveries speak TLS; the authority of the scenario's "
		"hosts is trusted.",
	.size = sizeof(struct relay_tls),
	JSON_FIELDS(scenario_fields),
};

struct tls_context *
relay_tls_context(
    const struct relay_tls *tls, struct slice authorities, struct err *err)
{
	struct tls_context_options o = tls_context_options_default;

	o.version_min = tls->min_version;
	o.authorities = authorities;
	return tls_context_new_client(&o, err);
}

struct tls_context *
relay_tls_load(const struct relay_tls *tls,
    char *(*load)(const char *path, size_t *len, struct err *err),
    struct err *err)
{
	size_t len = 0;
	char *text = NULL;
	struct tls_context *context;

	if (tls->ca_file.len > 0) {
		text = load(tls->ca_file.at, &len, err);
		if (text == NULL)
			return NULL;
	}
	context = relay_tls_context(tls, slice_of(text, len), err);
	free(text);
	if (context == NULL)
		(void)err_prefix(err, "%.*s: ", SLICE_ARG(tls->ca_file));
	return context;
}
