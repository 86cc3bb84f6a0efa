/* SPDX-License-Identifier: MIT */
/* A server that breaks the protocol, and OpenSSL's client that meets it: where
 * a handshake stops, what the records that are inserted mean to the client,
 * and that those behind them are still good. */
#include "tests/unit/tls_couple.h"

struct suite {
	const char *name;
	enum tls_version version;
	const char *cipher; /* as OpenSSL calls it */
	bool is_sealed;     /* what is inserted under TLS can be */
};
static struct suite suites[] = {
	{ "1.3 AES-256", TLS_1_3, "TLS_AES_256_GCM_SHA384", true },
	{ "1.3 AES-128", TLS_1_3, "TLS_AES_128_GCM_SHA256", true },
	{ "1.3 ChaCha20", TLS_1_3, "TLS_CHACHA20_POLY1305_SHA256", true },
	{ "1.2 AES-256", TLS_1_2, "ECDHE-ECDSA-AES256-GCM-SHA384", true },
	{ "1.2 AES-128", TLS_1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", true },
	{ "1.2 ChaCha20", TLS_1_2, "ECDHE-ECDSA-CHACHA20-POLY1305", true },
	{ "1.2 CBC", TLS_1_2, "ECDHE-ECDSA-AES128-SHA256", false },
	{ "1.2 CCM", TLS_1_2, "ECDHE-ECDSA-AES128-CCM", false },
};

static void
couple_init(struct couple *c, const struct suite *suite)
{
	struct tls_certificate_spec spec = tls_spec();
	struct tls_context_options o = tls_context_options_default;
	struct tls_context *client, *server;

	o.version_max = suite->version;
	if (suite->version == TLS_1_3)
		o.suites = suite->cipher;
	else
		o.ciphers = suite->cipher;
	client = tls_test_client(NULL, &tls_context_options_default);
	server = tls_test_server(NULL, &spec, &o);
	if (suite->cipher[0] != 'T') {
		tls_context_destroy(&client);
		client = tls_test_client(NULL, &o);
	}
	*c = (struct couple){ .piece = SIZE_MAX };
	c->client = tls_session_new(client, NULL, TLS_NOW);
	c->server = tls_session_new(server, NULL, TLS_NOW);
	tls_session_tamper(c->server);
	tls_context_destroy(&client);
	tls_context_destroy(&server);
}

static void
assert_open(const struct couple *c, const struct suite *suite)
{
	assert_int_equal(tls_session_state(c->client), TLS_OPEN);
	assert_int_equal(tls_session_state(c->server), TLS_OPEN);
	assert_string_equal(
	    tls_session_verdict(c->client)->cipher, suite->cipher);
}

static void
insert_alert(struct couple *c, char level, char description)
{
	const char alert[] = { level, description };

	tls_session_insert(
	    c->server, TLS_ALERT, slice_of(alert, sizeof(alert)));
}

/* The server says something, and the client has it. */
static void
assert_says(struct couple *c, const char *text)
{
	buf_clear(&c->heard[0]);
	tls_session_write(c->server, slice_cstr(text));
	talk(c);
	assert_slice(buf_slice(&c->heard[0]), text);
}

/* Warnings (user_canceled, which TLS 1.3 has left) between what is said: the
 * records behind them have other numbers than OpenSSL gave them. */
static void
test_warnings(void **state)
{
	const struct suite *suite = *state;
	struct couple c;

	couple_init(&c, suite);
	talk(&c);
	assert_open(&c, suite);
	assert_says(&c, "one");
	insert_alert(&c, 1, 90);
	if (!suite->is_sealed) {
		talk(&c);
		assert_int_equal(tls_session_state(c.client), TLS_FAILED);
		couple_fini(&c);
		return;
	}
	assert_says(&c, "two");
	insert_alert(&c, 1, 90);
	insert_alert(&c, 1, 90);
	assert_says(&c, "three");
	tls_session_write(c.client, SLICE("four"));
	talk(&c);
	assert_slice(buf_slice(&c.heard[1]), "four");
	insert_alert(&c, 2, 40);
	talk(&c);
	assert_int_equal(tls_session_state(c.client), TLS_FAILED);
	assert_string_equal(
	    tls_session_failure(c.client), "sslv3 alert handshake failure");
	couple_fini(&c);
}

/* A fatal alert at each moment is one to the client, sealed or in clear as is
 * right there; without it the handshake would have been done. */
static void
test_points(void **state)
{
	const struct suite *suite = *state;

	for (int at = 0; at < TLS_POINT_COUNT; at++) {
		const bool is_open =
		    at == TLS_AT_FINISHED && suite->version == TLS_1_2;
		struct couple c;

		couple_init(&c, suite);
		tls_session_stop_at(c.server, (enum tls_point)at);
		talk(&c);
		assert_true(tls_session_has_stopped(c.server));
		if (at != TLS_AT_FINISHED)
			assert_int_equal(
			    tls_session_state(c.client), TLS_HANDSHAKE);
		if (is_open && !suite->is_sealed) {
			couple_fini(&c);
			continue;
		}
		insert_alert(&c, 2, 80);
		talk(&c);
		assert_int_equal(tls_session_state(c.client), TLS_FAILED);
		assert_string_equal(tls_session_failure(c.client),
		    "tlsv1 alert internal error");
		couple_fini(&c);
	}
}

/* Stopping alone is no harm, and garbage always is. */
static void
test_go_on(void **state)
{
	const struct suite *suite = *state;

	for (int at = 0; at < TLS_POINT_COUNT; at++) {
		struct couple c;

		couple_init(&c, suite);
		tls_session_stop_at(c.server, (enum tls_point)at);
		talk(&c);
		tls_session_go_on(c.server);
		assert_false(tls_session_has_stopped(c.server));
		talk(&c);
		assert_open(&c, suite);
		assert_says(&c, "one");
		tls_session_insert(c.server, 0, SLICE("\xff garbage"));
		talk(&c);
		assert_int_equal(tls_session_state(c.client), TLS_FAILED);
		couple_fini(&c);
	}
}

/* A warning in the midst of a handshake of TLS 1.2 is none of its messages. */
static void
test_warning_in_handshake(void **state)
{
	const struct suite *suite = &suites[3];

	(void)state;
	for (int at = 0; at < TLS_AT_FINISHED; at++) {
		struct couple c;

		couple_init(&c, suite);
		tls_session_stop_at(c.server, (enum tls_point)at);
		talk(&c);
		insert_alert(&c, 1, 112);
		tls_session_go_on(c.server);
		talk(&c);
		assert_open(&c, suite);
		assert_says(&c, "one");
		couple_fini(&c);
	}
}

/* New keys, which the client follows, and what is inserted under them. */
static void
test_key_update(void **state)
{
	const struct suite *suite = *state;
	struct couple c;

	couple_init(&c, suite);
	assert_false(tls_session_update_keys(c.server));
	talk(&c);
	assert_int_equal(
	    tls_session_update_keys(c.server), suite->version == TLS_1_3);
	assert_says(&c, "one");
	if (suite->version == TLS_1_3) {
		insert_alert(&c, 1, 90);
		assert_says(&c, "two");
		assert_true(tls_session_update_keys(c.server));
		insert_alert(&c, 1, 90);
		assert_says(&c, "three");
		tls_session_write(c.client, SLICE("four"));
		talk(&c);
		assert_slice(buf_slice(&c.heard[1]), "four");
	}
	couple_fini(&c);
}

/* Where it is no message that may come, the client says so. */
static void
test_key_update_too_early(void **state)
{
	static const char message[] = { 24, 0, 0, 1, 1 };
	const struct suite *suite = *state;
	struct couple c;

	couple_init(&c, suite);
	tls_session_stop_at(c.server, TLS_AT_CERTIFICATE);
	talk(&c);
	tls_session_insert(c.server, TLS_HANDSHAKE_MESSAGE,
	    slice_of(message, sizeof(message)));
	talk(&c);
	assert_int_equal(tls_session_state(c.client), TLS_FAILED);
	assert_string_equal(
	    tls_session_failure(c.client), "unexpected message");
	couple_fini(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, suites, test_warnings);
	ROWS(&kit, suites, test_points);
	ROWS(&kit, suites, test_go_on);
	TEST(&kit, test_warning_in_handshake);
	ROWS(&kit, suites, test_key_update);
	ROWS(&kit, suites, test_key_update_too_early);
	return kit_run(&kit, "tamper");
}
