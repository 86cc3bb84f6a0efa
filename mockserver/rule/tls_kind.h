/* SPDX-License-Identifier: MIT */
/*
 * What a host that speaks TLS shows of itself, and how it can go wrong: a
 * host's "tls", and the words of a rule's "starttls".  Pure.
 */
#ifndef FAULTPOST_MOCK_TLS_KIND_H
#define FAULTPOST_MOCK_TLS_KIND_H

#include "core/json/table.h"
#include "core/tls/context.h"

/* Whose certificate a handshake shows.  X(constant, name in scenarios) */
#define MOCK_TLS_CERTIFICATES(X)                                               \
	X(MOCK_TLS_VALID, "valid")                                             \
	X(MOCK_TLS_EXPIRED, "expired")                                         \
	X(MOCK_TLS_NOT_YET_VALID, "not-yet-valid")                             \
	X(MOCK_TLS_WRONG_NAME, "wrong-name")                                   \
	X(MOCK_TLS_SELF_SIGNED, "self-signed")                                 \
	X(MOCK_TLS_UNKNOWN_AUTHORITY, "unknown-authority")                     \
	X(MOCK_TLS_NO_INTERMEDIATE, "missing-intermediate")                    \
	X(MOCK_TLS_WEAK_KEY, "weak-key") /* RSA of 1024 bits */

/* How a handshake fails, or none begins. */
#define MOCK_TLS_FAULTS(X)                                                     \
	X(MOCK_TLS_HANDSHAKE_FAILURE, "handshake-failure") /* no cipher */     \
	X(MOCK_TLS_PROTOCOL, "protocol")   /* nothing above TLS 1.1 */         \
	X(MOCK_TLS_PLAINTEXT, "plaintext") /* stays in clear */                \
	X(MOCK_TLS_INJECTED, "injected")   /* clear text comes with the 220 */ \
	X(MOCK_TLS_GULLIBLE, "gullible") /* the client's clear text counts */  \
	X(MOCK_TLS_CLOSE, "close")       /* FIN instead */
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
	enum tls_version min_version, max_version;
	bool has_min_version;
	JSON_ARRAY_OF(const char *) cipher_list;
	const char *ciphers,
	    *suites;      /* the same as OpenSSL takes it, or NULL */
	bool has_rsa_key; /* else one of the mock's kind */
	bool is_implicit; /* TLS begins with the connection */
	bool is_offered;  /* in the answer to EHLO */
	enum tls_ask ask; /* for the client's certificate */
};
extern const struct json_table mock_tls_offer_table;

/* Member: enum mock_tls_kind, any of them. */
extern const struct json_word mock_tls_kind_words[MOCK_TLS_KINDS];
#define MOCK_TLS_KIND_FORM JF_WORD(mock_tls_kind_words)

#endif
