/* SPDX-License-Identifier: MIT */
/*
 * The inside of a TLS context, shared by the files of this folder.  For
 * nobody else.
 */
#ifndef FAULTPOST_TLS_CONTEXT_IMPL_H
#define FAULTPOST_TLS_CONTEXT_IMPL_H

/* Before base.h, which poisons a word that they use. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/tls/context.h"

struct tls_context {
	SSL_CTX *ssl; /* owned */
	bool is_server;
	enum tls_ask ask;
	bool verifies;
};

struct tls_identity {
	X509 *certificate; /* owned */
	EVP_PKEY *key;     /* owned */
};

/* The oldest of OpenSSL's complaints in its own words, and the end of all of
 * them; "unknown error" when there is none. */
const char *tls_take_complaint(void);

#endif
