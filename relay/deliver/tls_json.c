/* SPDX-License-Identifier: MIT */
/* The "tls" section of configurations; see tls_json.h. */
#include "relay/deliver/tls_json.h"

static const struct json_word version_words[] = {
	{ "1.2", TLS_1_2 },
	{ "1.3", TLS_1_3 },
};

/* clang-format off */
#define FIELD_MIN_VERSION                                                      \
	{ "min_version", JF_WORD(version_words),                               \
	    JSON_AT(struct relay_tls, min_version), "1.2",                     \
	    "The oldest version of TLS that deliveries speak." }
static const struct json_field certificate_fields[] = {
	{ "certificate", JF_STRING(1, 4096),
	    JSON_AT(struct relay_certificate, certificate_path), JSON_REQUIRED,
	    "The file of the chain (PEM), its own certificate first." },
	{ "key", JF_STRING(1, 4096),
	    JSON_AT(struct relay_certificate, key_path), JSON_REQUIRED,
	    "The file of its key (PEM)." },
};
static const struct json_table certificate_table = {
	.name = "certificate",
	.help = "A certificate that hosts are shown who ask for one.",
	.size = sizeof(struct relay_certificate),
	JSON_FIELDS(certificate_fields),
};
static const struct json_field tls_fields[] = {
	FIELD_MIN_VERSION,
	{ "ca_file", JF_STRING(1, 4096), JSON_AT(struct relay_tls, ca_file),
	    JSON_OPTIONAL,
	    "The certificates (PEM) of those who are trusted to sign hosts'; "
	    "absent: the system's." },
	{ "certificates",
	    JF_MAP_OF(struct relay_certificate, name, JF_STRING(1, 255),
		JF_OBJECT(&certificate_table), 0, 1000),
	    JSON_AT(struct relay_tls, certificates), JSON_OPTIONAL,
	    "The relay's own certificates by their names, of which "
	    "\"certificate\" of the destination controls has one." },
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
relay_tls_context(const struct relay_tls *tls, struct slice authorities,
    const struct relay_identity *own, struct err *err)
{
	struct tls_context_options o = tls_context_options_default;

	o.version_min = tls->min_version;
	o.authorities = authorities;
	o.certificate = own->certificate;
	o.key = own->key;
	return tls_context_new_client(&o, err);
}

static const struct relay_certificate *
certificate_find(const struct relay_tls *tls, struct slice name)
{
	for (size_t i = 0; i < tls->certificates.count; i++)
		if (slice_eq(tls->certificates.at[i].name, name))
			return &tls->certificates.at[i];
	return NULL;
}

bool
relay_tls_has(const struct relay_tls *tls, struct slice certificate)
{
	return certificate.len == 0 ||
	    certificate_find(tls, certificate) != NULL;
}

/* What files hold, while the context is made. */
struct loaded {
	char *authorities, *certificate, *key; /* owned */
	struct slice trusted;
	struct relay_identity own;
};

static bool
load_text(struct slice path, relay_config_load *load, char **text,
    struct slice *slice, struct err *err)
{
	size_t len = 0;

	*text = load(path.at, &len, err);
	*slice = slice_of(*text, len);
	return *text != NULL;
}

static bool
load_all(const struct relay_tls *tls, const struct relay_certificate *own,
    relay_config_load *load, struct loaded *l, struct err *err)
{
	return (tls->ca_file.len == 0 ||
		   load_text(tls->ca_file, load, &l->authorities, &l->trusted,
		       err)) &&
	    (own == NULL ||
		(load_text(own->certificate_path, load, &l->certificate,
		     &l->own.certificate, err) &&
		    load_text(own->key_path, load, &l->key, &l->own.key, err)));
}

struct tls_context *
relay_tls_load(const struct relay_tls *tls, struct slice certificate,
    relay_config_load *load, struct err *err)
{
	const struct relay_certificate *own =
	    certificate_find(tls, certificate);
	struct tls_context *context = NULL;
	struct loaded l = { 0 };

	assert(certificate.len == 0 || own != NULL);
	if (load_all(tls, own, load, &l, err)) {
		context = relay_tls_context(tls, l.trusted, &l.own, err);
		if (context == NULL)
			(void)err_prefix(err, "%.*s: ",
			    SLICE_ARG(own != NULL ? own->certificate_path
						  : tls->ca_file));
	}
	free(l.authorities);
	free(l.certificate);
	free(l.key);
	return context;
}
