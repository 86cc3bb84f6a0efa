/* SPDX-License-Identifier: MIT */
/* Records on their way out of a session; see tamper.h. */
#include "core/tls/tamper.h"

/* Which secret a line of the key log has (its format is NSS's). */
#define SECRET_HANDSHAKE   "SERVER_HANDSHAKE_TRAFFIC_SECRET "
#define SECRET_APPLICATION "SERVER_TRAFFIC_SECRET_0 "

enum epoch {
	EPOCH_CLEAR,
	EPOCH_HANDSHAKE, /* TLS 1.3 only */
	EPOCH_APPLICATION,
};

/* A secret of TLS 1.3. */
struct secret {
	bool is_known;
	unsigned char bytes[EVP_MAX_MD_SIZE];
};

struct tls_tamper {
	SSL *ssl; /* borrowed */
	struct secret handshake, application;

	/* Where messages end, in all that OpenSSL has written. */
	uint64_t written;
	uint64_t marks[TLS_POINT_COUNT];
	bool is_marked[TLS_POINT_COUNT];
	struct buf updates; /* of uint64_t: where KeyUpdates end */

	uint64_t gone; /* of what OpenSSL has written */
	enum epoch epoch;
	struct tls_seal seal; /* of that epoch */
	bool stops, has_stopped;
	enum tls_point stop;
	struct buf out;
};

static void on_message(int is_written, int version, int type, const void *at,
    size_t len, SSL *ssl, void *owner);

struct tls_tamper *
tls_tamper_new(SSL *ssl)
{
	struct tls_tamper *t = xcalloc(1, sizeof(*t));

	t->ssl = ssl;
	SSL_set_msg_callback(ssl, on_message);
	SSL_set_msg_callback_arg(ssl, t);
	return t;
}

void
tls_tamper_free(struct tls_tamper *t)
{
	if (t == NULL)
		return;
	buf_fini(&t->updates);
	buf_fini(&t->out);
	free(t);
}

void
tls_tamper_stop_at(struct tls_tamper *t, enum tls_point at)
{
	t->stops = true;
	t->stop = at;
}

bool
tls_tamper_has_stopped(const struct tls_tamper *t)
{
	return t->has_stopped;
}

void
tls_tamper_go_on(struct tls_tamper *t)
{
	t->stops = t->has_stopped = false;
}

struct buf *
tls_tamper_out(struct tls_tamper *t)
{
	return &t->out;
}

/* ---- what OpenSSL tells ---- */

static void
mark(struct tls_tamper *t, enum tls_point point)
{
	t->is_marked[point] = true;
	t->marks[point] = t->written;
}

/* The first byte of a message is its type. */
static void
note_sent(struct tls_tamper *t, unsigned char message)
{
	/* The one behind a HelloRetryRequest counts, which looks the same. */
	if (message == SSL3_MT_SERVER_HELLO)
		mark(t, TLS_AT_SERVER_HELLO);
	else if (message == SSL3_MT_CERTIFICATE)
		mark(t, TLS_AT_CERTIFICATE);
	else if (message == SSL3_MT_FINISHED)
		mark(t, TLS_AT_FINISHED);
	else if (message == SSL3_MT_KEY_UPDATE)
		buf_append(&t->updates,
		    slice_of((const char *)&t->written, sizeof(t->written)));
}

/* OpenSSL asks for so many parameters. */
static void
/* NOLINTNEXTLINE(readability-function-size) */
on_message(int is_written, int version, int type, const void *at, size_t len,
    SSL *ssl, void *owner)
{
	struct tls_tamper *t = owner;
	const unsigned char *bytes = at;

	(void)version;
	(void)ssl;
	if (is_written && type == SSL3_RT_HEADER)
		t->written +=
		    TLS_HEADER_BYTES + ((uint64_t)bytes[3] << 8 | bytes[4]);
	else if (is_written && type == SSL3_RT_HANDSHAKE && len > 0)
		note_sent(t, bytes[0]);
	else if (type == SSL3_RT_HANDSHAKE && len > 0 &&
	    bytes[0] == SSL3_MT_CLIENT_HELLO &&
	    !t->is_marked[TLS_AT_CLIENT_HELLO])
		mark(t, TLS_AT_CLIENT_HELLO);
}

/* "LABEL client_random secret", both in hexadecimal digits. */
static void
secret_read(struct secret *secret, struct slice line)
{
	struct slice digits;

	while (slice_split(&line, ' ', &digits))
		if (line.len == 0)
			break;
	for (size_t i = 0; i < digits.len / 2 && i < EVP_MAX_MD_SIZE; i++) {
		int high = ascii_hex_value(digits.at[2 * i]);
		int low = ascii_hex_value(digits.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return;
		secret->bytes[i] = (unsigned char)(high * 16 + low);
	}
	secret->is_known = true;
}

void
tls_tamper_note_key(struct tls_tamper *t, const char *line)
{
	struct slice text = slice_cstr(line);

	if (slice_starts_with(text, SLICE(SECRET_HANDSHAKE)))
		secret_read(&t->handshake, text);
	else if (slice_starts_with(text, SLICE(SECRET_APPLICATION)))
		secret_read(&t->application, text);
}

/* ---- records ---- */

static bool
is_behind(const struct tls_tamper *t, enum tls_point point)
{
	return t->is_marked[point] && t->gone >= t->marks[point];
}

static enum epoch
epoch_13(const struct tls_tamper *t)
{
	if (t->application.is_known && is_behind(t, TLS_AT_FINISHED))
		return EPOCH_APPLICATION;
	if (t->handshake.is_known && is_behind(t, TLS_AT_SERVER_HELLO))
		return EPOCH_HANDSHAKE;
	return EPOCH_CLEAR;
}

/* The keys with which the next record is sealed. */
static void
keys_refresh(struct tls_tamper *t)
{
	const struct slice updates = buf_slice(&t->updates);
	enum epoch epoch;
	uint64_t update;

	if (SSL_version(t->ssl) != TLS1_3_VERSION)
		return;
	epoch = epoch_13(t);
	if (epoch != t->epoch) {
		t->epoch = epoch;
		tls_seal_begin_13(&t->seal, t->ssl,
		    epoch == EPOCH_APPLICATION ? t->application.bytes
					       : t->handshake.bytes);
	}
	if (updates.len == 0)
		return;
	memcpy(&update, updates.at, sizeof(update));
	if (t->gone < update)
		return;
	tls_seal_update(&t->seal);
	buf_consume(&t->updates, sizeof(update));
}

/* A record of OpenSSL's goes. */
static void
pass(struct tls_tamper *t, struct slice record)
{
	const bool is_13 = SSL_version(t->ssl) == TLS1_3_VERSION;
	const unsigned type = (unsigned char)record.at[0];

	keys_refresh(t);
	if (t->epoch == EPOCH_CLEAR || (is_13 && type != TLS_APPLICATION_DATA))
		buf_append(&t->out, record);
	else
		tls_seal_pass(&t->seal, record, &t->out);
	t->gone += record.len;
	if (!is_13 && type == TLS_CHANGE_CIPHER_SPEC) {
		t->epoch = EPOCH_APPLICATION;
		tls_seal_begin_12(&t->seal, t->ssl);
	}
}

static bool
must_stop(struct tls_tamper *t)
{
	if (t->stops && t->is_marked[t->stop] && t->gone >= t->marks[t->stop])
		t->has_stopped = true;
	return t->has_stopped;
}

void
tls_tamper_collect(struct tls_tamper *t, BIO *from)
{
	char *at = NULL;
	long len = BIO_get_mem_data(from, &at);
	struct slice rest = slice_of(at, len > 0 ? (size_t)len : 0);
	char scratch[256];
	size_t taken;

	/* OpenSSL writes whole records. */
	while (!must_stop(t) && rest.len >= TLS_HEADER_BYTES) {
		const unsigned char *head = (const unsigned char *)rest.at;

		taken = TLS_HEADER_BYTES + ((size_t)head[3] << 8 | head[4]);
		assert(taken <= rest.len);
		pass(t, slice_sub(rest, 0, taken));
		rest = slice_skip(rest, taken);
	}
	taken = (len > 0 ? (size_t)len : 0) - rest.len;
	while (taken > 0) {
		const size_t some =
		    taken < sizeof(scratch) ? taken : sizeof(scratch);

		(void)BIO_read(from, scratch, (int)some);
		taken -= some;
	}
}

void
tls_tamper_insert(struct tls_tamper *t, unsigned type, struct slice content)
{
	keys_refresh(t);
	if (type == 0)
		buf_append(&t->out, content);
	else
		tls_seal_record(&t->seal, type, content, &t->out);
}
