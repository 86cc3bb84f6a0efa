/* SPDX-License-Identifier: MIT */
/* A host's "tls", and the words of certificates and faults; see tls_kind.h. */
#include "mockserver/rule/tls_kind.h"

#include "core/base/buf.h"

static bool offer_check(const struct json_at *at, void *value,
    struct arena *arena, struct err *err);

const struct json_word mock_tls_kind_words[MOCK_TLS_KINDS] = {
#define X(constant, name) { name, constant },
	MOCK_TLS_CERTIFICATES(X) MOCK_TLS_FAULTS(X)
#undef X
};
static const struct json_word certificate_words[] = {
#define X(constant, name) { name, constant },
	MOCK_TLS_CERTIFICATES(X)
#undef X
};
static const struct json_word version_words[] = {
#define X(constant, name, number) { name, constant },
	TLS_VERSIONS(X)
#undef X
};
static const struct json_word key_words[] = {
	{ "rsa", true },
};

static const struct json_word ask_words[] = {
#define X(constant, name) { name, constant },
	TLS_ASKS(X)
#undef X
};

#define CIPHERS_MAX 100

/* clang-format off */
static const struct json_field offer_fields[] = {
	{ "certificate", JF_WORD(certificate_words),
	    JSON_AT(struct mock_tls_offer, certificate), "valid",
	    "What certificate the host shows, made for the run, and good or not "
	    "as of its start." },
	{ "names", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 253), 1, 100),
	    JSON_AT(struct mock_tls_offer, names), JSON_OPTIONAL,
	    "The DNS names that it is good for; absent: the host's name and "
	    "those that lead to its addresses." },
	{ "key", JF_WORD(key_words), JSON_AT(struct mock_tls_offer, has_rsa_key),
	    JSON_OPTIONAL,
	    "The kind of its key, RSA of 2048 bits; absent: ECDSA over TCP, "
	    "and Ed25519 in a simulation, where all handshakes must be of one "
	    "size." },
	{ "min_version", JF_WORD(version_words),
	    JSON_AT_HAS(struct mock_tls_offer, min_version, has_min_version),
	    JSON_OPTIONAL,
	    "The oldest version of TLS that the host speaks; absent: 1.2, or "
	    "max_version when that is older." },
	{ "max_version", JF_WORD(version_words),
	    JSON_AT(struct mock_tls_offer, max_version), "1.3",
	    "The newest one." },
	{ "ciphers",
	    JF_ARRAY_OR_ONE(const char *, JF_STRING(1, 100), 1, CIPHERS_MAX),
	    JSON_AT(struct mock_tls_offer, cipher_list), JSON_OPTIONAL,
	    "The ciphers that the host knows, best first, by OpenSSL's names; "
	    "those that begin with TLS_ are for TLS 1.3.  Either kind is "
	    "OpenSSL's own choice unless one of it is named." },
	{ "implicit", JF_BOOLEAN, JSON_AT(struct mock_tls_offer, is_implicit),
	    "false",
	    "Whether connections begin with TLS, and STARTTLS is unknown, as "
	    "at port 465 (RFC 8314)." },
	{ "offered", JF_BOOLEAN, JSON_AT(struct mock_tls_offer, is_offered),
	    "true",
	    "Whether the answer to EHLO tells of STARTTLS; it is accepted "
	    "all the same." },
	{ "client_certificate", JF_WORD(ask_words),
	    JSON_AT(struct mock_tls_offer, ask), "ignored",
	    "Whether the host asks for a certificate of its client's, and "
	    "takes no handshake without one; whose it is, the transcript "
	    "tells." },
};
/* clang-format on */

/* What offer_check() says about versions. */
#define VERSION_RANGE(least, most)                                             \
	"{\"required\":[\"min_version\",\"max_version\"],"                     \
	"\"properties\":{\"min_version\":{\"enum\":" least                     \
	"},\"max_version\":{\"enum\":" most "}}}"

const struct json_table mock_tls_offer_table = {
	.name = "tls",
	.help = "How a host speaks TLS.",
	.size = sizeof(struct mock_tls_offer),
	JSON_FIELDS(offer_fields),
	.check = offer_check,
	.schema = "{\"not\":{\"anyOf\":[" VERSION_RANGE("[\"1.3\"]",
	    "[\"1.0\",\"1.1\",\"1.2\"]") "," VERSION_RANGE("[\"1.2\"]",
	    "[\"1.0\",\"1.1\"]") "," VERSION_RANGE("[\"1.1\"]",
	    "[\"1.0\"]") "]}}",
};

const char *
mock_tls_kind_name(enum mock_tls_kind kind)
{
	assert(kind < MOCK_TLS_KINDS);
	return mock_tls_kind_words[kind].name;
}

/* The names of one kind with colons between, or NULL. */
static const char *
list_make(const struct mock_tls_offer *o, bool is_suite, struct arena *arena)
{
	struct buf list = { 0 };
	const char *made = NULL;

	for (size_t i = 0; i < o->cipher_list.count; i++)
		if (tls_cipher_is_suite(o->cipher_list.at[i]) == is_suite)
			buf_printf(&list, "%s%s", buf_len(&list) > 0 ? ":" : "",
			    o->cipher_list.at[i]);
	if (buf_len(&list) > 0)
		made = arena_strdup(arena, buf_slice(&list));
	buf_fini(&list);
	return made;
}

static bool
offer_check(
    const struct json_at *at, void *value, struct arena *arena, struct err *err)
{
	struct mock_tls_offer *o = value;
	char quoted[JSON_QUOTE_MAX];

	if (!o->has_min_version)
		o->min_version =
		    o->max_version < TLS_1_2 ? o->max_version : TLS_1_2;
	if (o->min_version > o->max_version)
		return json_fail_key(at, "min_version", err,
		    "no version is at least %s and at most %s",
		    version_words[o->min_version].name,
		    version_words[o->max_version].name);
	for (size_t i = 0; i < o->cipher_list.count; i++)
		if (!tls_cipher_is_known(o->cipher_list.at[i]))
			return json_fail_key(at, "ciphers", err,
			    "%s is no cipher that OpenSSL knows; expected a "
			    "name such as \"ECDHE-ECDSA-AES128-SHA256\" or "
			    "\"TLS_AES_128_GCM_SHA256\"",
			    json_quote(
				slice_cstr(o->cipher_list.at[i]), quoted));
	o->ciphers = list_make(o, false, arena);
	o->suites = list_make(o, true, arena);
	return true;
}
