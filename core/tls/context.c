/* SPDX-License-Identifier: MIT */
/* Contexts from PEM text; see context.h. */
#include "core/tls/context_impl.h"

static struct tls_context *context_new(
    const struct tls_context_options *o, bool is_server, struct err *err);
static bool set_protocol(struct tls_context *c,
    const struct tls_context_options *o, struct err *err);
static bool add_authorities(
    struct tls_context *c, struct slice pem, struct err *err);
static bool set_identity(struct tls_context *c,
    const struct tls_context_options *o, struct err *err);

const struct tls_context_options tls_context_options_default = {
	.version_min = TLS_1_2,
	.version_max = TLS_1_3,
};

struct tls_context *
tls_context_new_client(
    const struct tls_context_options *options, struct err *err)
{
	return context_new(options, false, err);
}

struct tls_context *
tls_context_new_server(
    const struct tls_context_options *options, struct err *err)
{
	assert(options->identity != NULL || options->certificate.len > 0);
	assert(options->identity != NULL || options->key.len > 0);
	return context_new(options, true, err);
}

void
tls_context_destroy(struct tls_context **cp)
{
	struct tls_context *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	SSL_CTX_free(c->ssl);
	free(c);
}

bool
tls_context_verifies(const struct tls_context *c)
{
	return c->verifies;
}

static struct tls_context *
context_new(
    const struct tls_context_options *o, bool is_server, struct err *err)
{
	struct tls_context *c = xcalloc(1, sizeof(*c));
	bool ok;

	/* Its configuration file is the machine's, not ours. */
	ok = OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
	assert(ok);
	ERR_clear_error();
	c->is_server = is_server;
	c->ask = o->ask;
	c->ssl =
	    SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
	if (c->ssl == NULL)
		abort();
	ok = set_protocol(c, o, err) &&
	    add_authorities(c, o->authorities, err) && set_identity(c, o, err);
	ERR_clear_error();
	if (!ok)
		tls_context_destroy(&c);
	return c;
}

static bool
set_protocol(
    struct tls_context *c, const struct tls_context_options *o, struct err *err)
{
	static const int numbers[] = {
#define X(constant, name, number) [constant] = (number),
		TLS_VERSIONS(X)
#undef X
	};
	bool ok;

	assert(o->version_min <= o->version_max);
	ok = SSL_CTX_set_min_proto_version(c->ssl, numbers[o->version_min]) ==
		1 &&
	    SSL_CTX_set_max_proto_version(c->ssl, numbers[o->version_max]) == 1;
	assert(ok);
	/* OpenSSL's least security level knows no version below 1.2. */
	if (o->version_min < TLS_1_2 || o->is_lax)
		SSL_CTX_set_security_level(c->ssl, 0);
	(void)SSL_CTX_set_options(c->ssl,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_num_tickets(c->ssl, 0);
	(void)SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
	/* Whoever names some means their order. */
	if (o->ciphers != NULL || o->suites != NULL)
		(void)SSL_CTX_set_options(
		    c->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
	if (o->ciphers != NULL &&
	    SSL_CTX_set_cipher_list(c->ssl, o->ciphers) != 1)
		return err_set(err, "\"%s\" names no cipher", o->ciphers);
	if (o->suites != NULL &&
	    SSL_CTX_set_ciphersuites(c->ssl, o->suites) != 1)
		return err_set(err, "\"%s\" names no cipher", o->suites);
	return true;
}

bool
tls_cipher_is_suite(const char *name)
{
	return strncmp(name, "TLS_", strlen("TLS_")) == 0;
}

/* All suites of TLS 1.3 are known by their names; one that is not is no error
 * to OpenSSL. */
static bool
suite_is_known(SSL_CTX *ssl, const char *name)
{
	STACK_OF(SSL_CIPHER) * all;

	if (SSL_CTX_set_ciphersuites(ssl, name) != 1)
		return false;
	all = SSL_CTX_get_ciphers(ssl);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++)
		if (strcmp(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)),
			name) == 0)
			return true;
	return false;
}

bool
tls_cipher_is_known(const char *name)
{
	SSL_CTX *ssl;
	bool is_known;

	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	    (ssl = SSL_CTX_new(TLS_server_method())) == NULL)
		abort();
	is_known = tls_cipher_is_suite(name)
	    ? suite_is_known(ssl, name)
	    : SSL_CTX_set_cipher_list(ssl, name) == 1;
	SSL_CTX_free(ssl);
	ERR_clear_error();
	return is_known;
}

/* Given to OpenSSL so that it never asks on the terminal. */
static char no_password[] = "";

static X509 *
read_certificate(BIO *from)
{
	return PEM_read_bio_X509(from, NULL, NULL, no_password);
}

static BIO *
bio_of(struct slice text)
{
	BIO *bio;

	assert(text.len <= INT32_MAX);
	bio = BIO_new_mem_buf(text.at, (int)text.len);
	if (bio == NULL)
		abort();
	return bio;
}

static bool
add_authorities(struct tls_context *c, struct slice pem, struct err *err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
	size_t count = 0;
	X509 *certificate;
	BIO *from;

	if (pem.len == 0)
		return true;
	from = bio_of(pem);
	while ((certificate = read_certificate(from)) != NULL) {
		if (X509_STORE_add_cert(store, certificate) == 1)
			count++;
		X509_free(certificate);
	}
	BIO_free(from);
	if (count == 0)
		return err_set(
		    err, "no certificate in PEM form among the authorities");
	c->verifies = true;
	return true;
}

/* The rest of a chain, behind its leaf. */
static void
add_chain(struct tls_context *c, BIO *from)
{
	X509 *certificate;

	while ((certificate = read_certificate(from)) != NULL)
		if (SSL_CTX_add0_chain_cert(c->ssl, certificate) != 1)
			X509_free(certificate);
}

static bool
use_identity(struct tls_context *c, X509 *leaf, EVP_PKEY *key, struct err *err)
{
	if (SSL_CTX_use_certificate(c->ssl, leaf) != 1)
		return err_set(err, "the certificate is of no use: %s",
		    tls_take_complaint());
	return SSL_CTX_use_PrivateKey(c->ssl, key) == 1 ||
	    err_set(err, "the private key is not that of the certificate");
}

static bool
read_identity(
    struct tls_context *c, const struct tls_context_options *o, struct err *err)
{
	BIO *chain = bio_of(o->certificate), *key = bio_of(o->key);
	X509 *leaf = read_certificate(chain);
	EVP_PKEY *secret =
	    PEM_read_bio_PrivateKey(key, NULL, NULL, no_password);
	bool ok = false;

	if (leaf == NULL)
		(void)err_set(err, "no certificate in PEM form");
	else if (secret == NULL)
		(void)err_set(err, "no private key in PEM form");
	else
		ok = use_identity(c, leaf, secret, err);
	if (ok)
		add_chain(c, chain);
	X509_free(leaf);
	EVP_PKEY_free(secret);
	BIO_free(chain);
	BIO_free(key);
	return ok;
}

static bool
set_identity(
    struct tls_context *c, const struct tls_context_options *o, struct err *err)
{
	if (o->identity != NULL)
		return use_identity(
		    c, o->identity->certificate, o->identity->key, err);
	return o->certificate.len == 0 || read_identity(c, o, err);
}

const char *
tls_take_complaint(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return text != NULL ? text : "unknown error";
}
