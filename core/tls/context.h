/* SPDX-License-Identifier: MIT */
/*
 * What TLS sessions share: whom they trust, who they are, which versions they
 * speak.  Made from PEM text, not from files: whoever owns a file reads it.
 * Pure: certificates are checked against the time that the session is given,
 * and nothing of the machine's OpenSSL configuration is read.
 *
 * Sessions are not resumed (no tickets, no cache), so that each handshake is a
 * whole one, and in a simulation as long as the last.
 */
#ifndef FAULTPOST_TLS_CONTEXT_H
#define FAULTPOST_TLS_CONTEXT_H

#include "core/base/err.h"
#include "core/base/slice.h"

struct tls_identity;

/* X(constant, name in configurations, OpenSSL's number) */
#define TLS_VERSIONS(X)                                                        \
	X(TLS_1_0, "1.0", TLS1_VERSION)                                        \
	X(TLS_1_1, "1.1", TLS1_1_VERSION)                                      \
	X(TLS_1_2, "1.2", TLS1_2_VERSION)                                      \
	X(TLS_1_3, "1.3", TLS1_3_VERSION)
enum tls_version {
#define X(constant, name, number) constant,
	TLS_VERSIONS(X)
#undef X
};

struct tls_context;

/* Whether a server wants to see a certificate of its client's; whose it is, the
 * verdict says, and nobody checks it.  X(constant, name in scenarios) */
#define TLS_ASKS(X)                                                            \
	X(TLS_ASKS_NOTHING, "ignored")                                         \
	X(TLS_ASKS_CERTIFICATE, "asked")                                       \
	X(TLS_NEEDS_CERTIFICATE, "required") /* else the handshake fails */
enum tls_ask {
#define X(constant, name) constant,
	TLS_ASKS(X)
#undef X
};

/* All is borrowed for the call. */
struct tls_context_options {
	enum tls_version version_min, version_max;
	/* OpenSSL's lists for TLS 1.2 and below, and for TLS 1.3; NULL: its
	 * defaults. */
	const char *ciphers, *suites;
	bool is_lax; /* keys and signatures that are too weak will do */
	/* PEM: the certificates of those who are trusted; empty: nobody. */
	struct slice authorities;
	/* PEM: one's own chain, the leaf first, and its key; empty: none. */
	struct slice certificate, key;
	/* Or both as they are (certificate.h), not as texts; NULL: not so. */
	const struct tls_identity *identity;
	enum tls_ask ask; /* of a server */
};

/* Zeroed but for TLS 1.2 and up: what is safe. */
extern const struct tls_context_options tls_context_options_default;

/* NULL with *err set when a certificate or the key is none, or they do not fit
 * together.  A server needs them. */
struct tls_context *tls_context_new_client(
    const struct tls_context_options *options, struct err *err);
struct tls_context *tls_context_new_server(
    const struct tls_context_options *options, struct err *err);
/* Sessions that were made from it live on. */
void tls_context_destroy(struct tls_context **cp);

/* Whether OpenSSL knows a cipher, or for TLS 1.2 and below ciphers, of that
 * name: "TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-SHA", "AES256". */
bool tls_cipher_is_known(const char *name);
/* Whether it is one of TLS 1.3. */
bool tls_cipher_is_suite(const char *name);

/* Whether certificates of peers are checked: it trusts somebody. */
bool tls_context_verifies(const struct tls_context *c);

#endif
