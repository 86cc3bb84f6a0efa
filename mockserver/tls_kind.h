/* SPDX-License-Identifier: MIT */
/*
 * What a host that offers STARTTLS shows of itself, and how it can go wrong:
 * the words of a host's "certificate" and of a rule's "starttls".  Pure.
 */
#ifndef FAULTPOST_MOCK_TLS_KIND_H
#define FAULTPOST_MOCK_TLS_KIND_H

#include "core/json/table.h"

/* Whose certificate a handshake shows.  X(constant, name in scenarios) */
#define MOCK_TLS_CERTIFICATES(X)                                               \
	X(MOCK_TLS_VALID, "valid")                                             \
	X(MOCK_TLS_EXPIRED, "expired")                                         \
	X(MOCK_TLS_NOT_YET_VALID, "not-yet-valid")                             \
	X(MOCK_TLS_WRONG_NAME, "wrong-name")                                   \
	X(MOCK_TLS_SELF_SIGNED, "self-signed")                                 \
	X(MOCK_TLS_UNKNOWN_AUTHORITY, "unknown-authority")

/* How a handshake fails, or none begins. */
#define MOCK_TLS_FAULTS(X)                                                     \
	X(MOCK_TLS_HANDSHAKE_FAILURE, "handshake-failure") /* no cipher */     \
	X(MOCK_TLS_PROTOCOL, "protocol")   /* nothing above TLS 1.1 */         \
	X(MOCK_TLS_PLAINTEXT, "plaintext") /* stays in clear */                \
	X(MOCK_TLS_INJECTED, "injected")   /* clear text comes with the 220 */ \
	X(MOCK_TLS_CLOSE, "close")         /* FIN instead */
enum mock_tls_kind {
#define X(constant, name) constant,
	MOCK_TLS_CERTIFICATES(X)
	MOCK_TLS_FAULTS(X)
#undef X
	    MOCK_TLS_KINDS,
};
const char *mock_tls_kind_name(enum mock_tls_kind kind);

/* A host's "tls". */
struct mock_tls_offer {
	enum mock_tls_kind certificate;
	JSON_ARRAY_OF(struct slice) names; /* empty: those that lead to it */
};
extern const struct json_table mock_tls_offer_table;

/* Member: enum mock_tls_kind, any of them. */
extern const struct json_word mock_tls_kind_words[MOCK_TLS_KINDS];
#define MOCK_TLS_KIND_FORM JF_WORD(mock_tls_kind_words)

#endif
