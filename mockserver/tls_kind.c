/* SPDX-License-Identifier: MIT */
/* The words of certificates and faults of TLS; see tls_kind.h. */
#include "mockserver/tls_kind.h"

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

/* clang-format off */
static const struct json_field offer_fields[] = {
	{ "certificate", JF_WORD(certificate_words),
	    JSON_AT(struct mock_tls_offer, certificate), "valid",
	    "What certificate the host shows; all are made at the start." },
	{ "names", JF_ARRAY_OR_ONE(struct slice, JF_STRING(1, 253), 1, 100),
	    JSON_AT(struct mock_tls_offer, names), JSON_OPTIONAL,
	    "The DNS names that it is good for; absent: the host's name and "
	    "those that lead to its addresses." },
};
/* clang-format on */
const struct json_table mock_tls_offer_table = {
	.name = "tls",
	.help = "How a host offers STARTTLS.",
	.size = sizeof(struct mock_tls_offer),
	JSON_FIELDS(offer_fields),
};

const char *
mock_tls_kind_name(enum mock_tls_kind kind)
{
	assert(kind < MOCK_TLS_KINDS);
	return mock_tls_kind_words[kind].name;
}
