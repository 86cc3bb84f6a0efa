/* SPDX-License-Identifier: MIT */
/* A session over two memory BIOs; see session.h. */
#include "core/tls/context_impl.h"

#include "core/tls/session.h"
#include "core/tls/tamper.h"

struct tls_session {
	SSL *ssl;                  /* owned, with both BIOs */
	BIO *in, *out;             /* borrowed from it */
	struct tls_tamper *tamper; /* owned; NULL: what it writes goes */
	enum tls_state state;
	bool verifies;
	int blame; /* the first X509_V_ERR_ of the certificate's check */
	struct tls_verdict verdict;
	char failure[TLS_WHY_MAX];
	char record[TLS_RECORD_MAX];
};

static void expect_peer(
    struct tls_session *s, const struct tls_peer *peer, utime now);
static void ask_peer(struct tls_session *s, enum tls_ask ask, utime now);
static int on_check(int ok, X509_STORE_CTX *check);
static void shake_hands(struct tls_session *s);
static void judge(struct tls_session *s);
static bool went_on(struct tls_session *s, int result);

struct tls_session *
tls_session_new(
    const struct tls_context *context, const struct tls_peer *peer, utime now)
{
	struct tls_session *s = xcalloc(1, sizeof(*s));

	assert(peer == NULL || !context->is_server);
	s->verifies = context->verifies && !context->is_server;
	s->ssl = SSL_new(context->ssl);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (s->ssl == NULL || s->in == NULL || s->out == NULL)
		abort();
	SSL_set_bio(s->ssl, s->in, s->out);
	(void)SSL_set_app_data(s->ssl, s);
	if (context->is_server) {
		SSL_set_accept_state(s->ssl);
		ask_peer(s, context->ask, now);
	} else {
		SSL_set_connect_state(s->ssl);
		SSL_set_verify(s->ssl, SSL_VERIFY_PEER, on_check);
		expect_peer(s, peer, now);
	}
	shake_hands(s);
	return s;
}

/* Whose certificate is wanted, and when. */
static void
expect_peer(struct tls_session *s, const struct tls_peer *peer, utime now)
{
	X509_VERIFY_PARAM *want = SSL_get0_param(s->ssl);
	char name[256];
	int set = 1;

	X509_VERIFY_PARAM_set_time(want, (time_t)(now / UTIME_S));
	X509_VERIFY_PARAM_set_hostflags(
	    want, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (peer == NULL)
		return;
	if (peer->name.len > 0 && peer->name.len < sizeof(name)) {
		(void)snprintf(
		    name, sizeof(name), "%.*s", SLICE_ARG(peer->name));
		set = X509_VERIFY_PARAM_set1_host(want, name, 0) &
		    (int)SSL_set_tlsext_host_name(s->ssl, name);
	} else if (peer->ip != NULL && !ip_is_none(peer->ip)) {
		set = X509_VERIFY_PARAM_set1_ip(
		    want, peer->ip->bytes, peer->ip->family == 4 ? 4 : 16);
	}
	assert(set == 1);
}

/* Nobody is turned away for what his certificate says. */
static void
ask_peer(struct tls_session *s, enum tls_ask ask, utime now)
{
	static const int modes[] = {
		[TLS_ASKS_NOTHING] = SSL_VERIFY_NONE,
		[TLS_ASKS_CERTIFICATE] = SSL_VERIFY_PEER,
		[TLS_NEEDS_CERTIFICATE] =
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
	};

	X509_VERIFY_PARAM_set_time(
	    SSL_get0_param(s->ssl), (time_t)(now / UTIME_S));
	SSL_set_verify(s->ssl, modes[ask], on_check);
}

void
tls_session_destroy(struct tls_session **sp)
{
	struct tls_session *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	SSL_free(s->ssl);
	tls_tamper_free(s->tamper);
	free(s);
}

enum tls_state
tls_session_state(const struct tls_session *s)
{
	return s->state;
}

/* ---- input ---- */

void
tls_session_feed(struct tls_session *s, struct slice bytes)
{
	while (bytes.len > 0) {
		size_t len =
		    bytes.len < TLS_RECORD_MAX ? bytes.len : TLS_RECORD_MAX;
		int taken = BIO_write(s->in, bytes.at, (int)len);

		if (taken != (int)len)
			abort();
		bytes = slice_skip(bytes, len);
	}
}

/* What OpenSSL has written goes its way. */
static void
collect(struct tls_session *s)
{
	if (s->tamper != NULL)
		tls_tamper_collect(s->tamper, s->out);
}

struct slice
tls_session_read(struct tls_session *s)
{
	struct slice plain = { 0 };
	int got;

	if (s->state == TLS_HANDSHAKE) {
		shake_hands(s);
	} else if (s->state == TLS_OPEN) {
		ERR_clear_error();
		got = SSL_read(s->ssl, s->record, TLS_RECORD_MAX);
		if (went_on(s, got))
			plain = slice_of(s->record, (size_t)got);
	}
	collect(s);
	return plain;
}

static void
shake_hands(struct tls_session *s)
{
	ERR_clear_error();
	if (went_on(s, SSL_do_handshake(s->ssl))) {
		s->state = TLS_OPEN;
		judge(s);
	}
}

/* What OpenSSL's result means for the state; true when it got what it was
 * called for. */
static bool
went_on(struct tls_session *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_NONE:
		return true;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return false;
	case SSL_ERROR_ZERO_RETURN:
		s->state = TLS_CLOSED;
		return false;
	default:
		s->state = TLS_FAILED;
		(void)snprintf(
		    s->failure, sizeof(s->failure), "%s", tls_take_complaint());
		return false;
	}
}

/* ---- the peer ---- */

/* Notes what is wrong and goes on. */
static int
on_check(int ok, X509_STORE_CTX *check)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
	    check, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = SSL_get_app_data(ssl);

	if (ok == 0 && s->blame == X509_V_OK)
		s->blame = X509_STORE_CTX_get_error(check);
	return 1;
}

static void
judge(struct tls_session *s)
{
	struct tls_verdict *v = &s->verdict;
	X509 *certificate = SSL_get0_peer_certificate(s->ssl);
	const char *why = "";

	v->protocol = SSL_get_version(s->ssl);
	v->cipher = SSL_get_cipher_name(s->ssl);
	if (certificate == NULL)
		why = "no certificate";
	else if (!s->verifies)
		why = "nobody is trusted";
	else if (s->blame != X509_V_OK)
		why = X509_verify_cert_error_string(s->blame);
	v->is_verified = why[0] == '\0';
	(void)snprintf(v->why, sizeof(v->why), "%s", why);
	if (certificate != NULL &&
	    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
		NID_commonName, v->name, (int)sizeof(v->name)) < 0)
		v->name[0] = '\0';
}

const struct tls_verdict *
tls_session_verdict(const struct tls_session *s)
{
	assert(s->verdict.protocol != NULL);
	return &s->verdict;
}

const char *
tls_session_failure(const struct tls_session *s)
{
	assert(s->state == TLS_FAILED);
	return s->failure;
}

/* ---- output ---- */

void
tls_session_write(struct tls_session *s, struct slice plaintext)
{
	assert(s->state == TLS_OPEN || s->state == TLS_CLOSED);
	ERR_clear_error();
	while (plaintext.len > 0) {
		size_t len = plaintext.len < TLS_RECORD_MAX ? plaintext.len
							    : TLS_RECORD_MAX;

		/* Memory takes all that it is given. */
		if (SSL_write(s->ssl, plaintext.at, (int)len) != (int)len)
			abort();
		plaintext = slice_skip(plaintext, len);
	}
	collect(s);
}

void
tls_session_end(struct tls_session *s)
{
	if (s->state != TLS_OPEN && s->state != TLS_CLOSED)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(s->ssl);
	ERR_clear_error();
	collect(s);
}

struct slice
tls_session_out(const struct tls_session *s)
{
	char *at = NULL;
	long len;

	if (s->tamper != NULL)
		return buf_slice(tls_tamper_out(s->tamper));
	len = BIO_get_mem_data(s->out, &at);
	return slice_of(at, len > 0 ? (size_t)len : 0);
}

void
tls_session_sent(struct tls_session *s)
{
	if (s->tamper != NULL)
		buf_clear(tls_tamper_out(s->tamper));
	else
		(void)BIO_reset(s->out);
}

/* ---- against the protocol ---- */

static void
on_key(const SSL *ssl, const char *line)
{
	const struct tls_session *s = SSL_get_app_data(ssl);

	if (s->tamper != NULL)
		tls_tamper_note_key(s->tamper, line);
}

void
tls_session_tamper(struct tls_session *s)
{
	assert(s->tamper == NULL);
	s->tamper = tls_tamper_new(s->ssl);
	SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(s->ssl), on_key);
}

void
tls_session_stop_at(struct tls_session *s, enum tls_point at)
{
	tls_tamper_stop_at(s->tamper, at);
}

bool
tls_session_has_stopped(const struct tls_session *s)
{
	return s->tamper != NULL && tls_tamper_has_stopped(s->tamper);
}

void
tls_session_go_on(struct tls_session *s)
{
	tls_tamper_go_on(s->tamper);
	collect(s);
}

void
tls_session_insert(struct tls_session *s, unsigned type, struct slice content)
{
	tls_tamper_insert(s->tamper, type, content);
}

bool
tls_session_update_keys(struct tls_session *s)
{
	if (s->state != TLS_OPEN || SSL_version(s->ssl) != TLS1_3_VERSION)
		return false;
	ERR_clear_error();
	if (SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
	    SSL_do_handshake(s->ssl) != 1)
		abort();
	collect(s);
	return true;
}
