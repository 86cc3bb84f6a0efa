/* SPDX-License-Identifier: MIT */
/* Two sessions in memory: what they agree on, what they think of each other,
 * and how each way of not being TLS ends. */
#include "tests/unit/tls_couple.h"

/* ---- who is believed ---- */

struct meeting {
	const char *name;
	bool is_self_signed, trusts_nobody, trusts_other;
	utime from, until; /* from TLS_NOW; 0: a day each way */
	const char *peer;
	struct ip_address ip;
	const char *why; /* NULL: verified */
};
static struct meeting meetings[] = {
	{ .name = "good", .peer = "mx.example.com" },
	{ .name = "name in other case", .peer = "MX.Example.COM" },
	{ .name = "no name wanted" },
	{ .name = "wrong name",
	    .peer = "mx2.example.com",
	    .why = "hostname mismatch" },
	{ .name = "by address", .ip = { 4, { 10, 1, 1, 11 } } },
	{ .name = "wrong address",
	    .ip = { 4, { 10, 1, 1, 12 } },
	    .why = "IP address mismatch" },
	{ .name = "expired",
	    .from = -2 * TLS_DAY,
	    .until = -TLS_DAY,
	    .peer = "mx.example.com",
	    .why = "certificate has expired" },
	{ .name = "not yet valid",
	    .from = TLS_DAY,
	    .until = 2 * TLS_DAY,
	    .peer = "mx.example.com",
	    .why = "certificate is not yet valid" },
	{ .name = "self-signed",
	    .is_self_signed = true,
	    .peer = "mx.example.com",
	    .why = "self-signed certificate" },
	{ .name = "of an authority unknown",
	    .trusts_other = true,
	    .peer = "mx.example.com",
	    .why = "unable to get local issuer certificate" },
	{ .name = "nobody trusted",
	    .trusts_nobody = true,
	    .peer = "mx.example.com",
	    .why = "nobody is trusted" },
};

static void
test_meeting(void **state)
{
	static const struct ip_address ip = { 4, { 10, 1, 1, 11 } };
	const struct meeting *m = *state;
	const struct tls_context_options *o = &tls_context_options_default;
	struct tls_authority *a = tls_test_authority();
	struct tls_authority *other = tls_authority_new(
	    SLICE("Another"), TLS_KEY_ED25519, TLS_NOW, TLS_NOW + TLS_DAY);
	struct tls_certificate_spec spec = tls_spec();
	const struct tls_peer peer = { slice_cstr(m->peer), &m->ip };
	struct tls_context *server, *client;
	struct couple c = { .piece = SIZE_MAX };

	spec.addresses = &ip;
	spec.address_count = 1;
	if (m->from != 0) {
		spec.from = TLS_NOW + m->from;
		spec.until = TLS_NOW + m->until;
	}
	server = tls_test_server(m->is_self_signed ? NULL : a, &spec, o);
	client = tls_test_client(m->trusts_nobody ? NULL
		: m->trusts_other                 ? other
						  : a,
	    o);
	c.client = tls_session_new(client, &peer, TLS_NOW);
	c.server = tls_session_new(server, NULL, TLS_NOW);
	tls_context_destroy(&client);
	tls_context_destroy(&server);
	talk(&c);
	assert_int_equal(tls_session_state(c.client), TLS_OPEN);
	assert_int_equal(tls_session_state(c.server), TLS_OPEN);
	assert_string_equal(
	    tls_session_verdict(c.client)->why, m->why != NULL ? m->why : "");
	assert_int_equal(
	    tls_session_verdict(c.client)->is_verified, m->why == NULL);
	assert_string_equal(
	    tls_session_verdict(c.client)->name, "mx.example.com");
	assert_string_equal(
	    tls_session_verdict(c.server)->why, "no certificate");
	couple_fini(&c);
	tls_authority_destroy(&other);
	tls_authority_destroy(&a);
}

/* ---- what is agreed on ---- */

struct terms {
	const char *name;
	enum tls_version client_min, client_max, server_min, server_max;
	const char *server_ciphers;
	const char *protocol, *cipher; /* NULL: none is found */
	const char *client_failure, *server_failure;
};
static struct terms terms_rows[] = {
	{ .name = "the newest",
	    .client_min = TLS_1_2,
	    .client_max = TLS_1_3,
	    .server_min = TLS_1_2,
	    .server_max = TLS_1_3,
	    .protocol = "TLSv1.3",
	    .cipher = "TLS_AES_256_GCM_SHA384" },
	{ .name = "1.2 of an older server",
	    .client_min = TLS_1_2,
	    .client_max = TLS_1_3,
	    .server_min = TLS_1_2,
	    .server_max = TLS_1_2,
	    .protocol = "TLSv1.2",
	    .cipher = "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ .name = "1.3 wanted of an older server",
	    .client_min = TLS_1_3,
	    .client_max = TLS_1_3,
	    .server_min = TLS_1_2,
	    .server_max = TLS_1_2,
	    .client_failure = "tlsv1 alert protocol version",
	    .server_failure = "unsupported protocol" },
	{ .name = "a server below 1.2",
	    .client_min = TLS_1_2,
	    .client_max = TLS_1_3,
	    .server_min = TLS_1_1,
	    .server_max = TLS_1_1,
	    .client_failure = "tlsv1 alert protocol version",
	    .server_failure = "unsupported protocol" },
	{ .name = "no cipher in common",
	    .client_min = TLS_1_2,
	    .client_max = TLS_1_3,
	    .server_min = TLS_1_2,
	    .server_max = TLS_1_2,
	    .server_ciphers = "ECDHE-RSA-AES256-GCM-SHA384",
	    .client_failure = "sslv3 alert handshake failure",
	    .server_failure = "no shared cipher" },
};

static void
assert_ended(
    const struct tls_session *s, const struct terms *t, const char *failure)
{
	if (t->protocol == NULL) {
		assert_int_equal(tls_session_state(s), TLS_FAILED);
		assert_string_equal(tls_session_failure(s), failure);
		return;
	}
	assert_int_equal(tls_session_state(s), TLS_OPEN);
	assert_string_equal(tls_session_verdict(s)->protocol, t->protocol);
	assert_string_equal(tls_session_verdict(s)->cipher, t->cipher);
}

static void
test_terms(void **state)
{
	const struct terms *t = *state;
	const struct tls_context_options for_client = {
		.version_min = t->client_min,
		.version_max = t->client_max,
	};
	const struct tls_context_options for_server = {
		.version_min = t->server_min,
		.version_max = t->server_max,
		.ciphers = t->server_ciphers,
	};
	struct tls_certificate_spec spec = tls_spec();
	struct tls_context *client = tls_test_client(NULL, &for_client);
	struct tls_context *server = tls_test_server(NULL, &spec, &for_server);
	struct couple c = { .piece = 1 };

	c.client = tls_session_new(client, NULL, TLS_NOW);
	c.server = tls_session_new(server, NULL, TLS_NOW);
	talk(&c);
	assert_ended(c.client, t, t->client_failure);
	assert_ended(c.server, t, t->server_failure);
	couple_fini(&c);
	tls_context_destroy(&client);
	tls_context_destroy(&server);
}

/* ---- a session's life ---- */

static void
couple_init(struct couple *c, size_t piece)
{
	struct tls_certificate_spec spec = tls_spec();
	struct tls_context *client =
	    tls_test_client(NULL, &tls_context_options_default);
	struct tls_context *server =
	    tls_test_server(NULL, &spec, &tls_context_options_default);

	*c = (struct couple){ .piece = piece };
	c->client = tls_session_new(client, NULL, TLS_NOW);
	c->server = tls_session_new(server, NULL, TLS_NOW);
	tls_context_destroy(&client);
	tls_context_destroy(&server);
}

static void
test_both_ways(void **state)
{
	struct couple c;
	char *bulk = xcalloc(1, 100000);

	(void)state;
	couple_init(&c, 7);
	talk(&c);
	tls_session_write(c.client, SLICE("EHLO x\r\n"));
	tls_session_write(c.server, slice_of(bulk, 100000));
	talk(&c);
	assert_slice(buf_slice(&c.heard[1]), "EHLO x\r\n");
	assert_slices_equal(buf_slice(&c.heard[0]), slice_of(bulk, 100000));
	tls_session_end(c.client);
	talk(&c);
	assert_int_equal(tls_session_state(c.server), TLS_CLOSED);
	assert_int_equal(tls_session_state(c.client), TLS_OPEN);
	/* The other direction still stands. */
	buf_clear(&c.heard[0]);
	tls_session_write(c.server, SLICE("bye"));
	talk(&c);
	assert_slice(buf_slice(&c.heard[0]), "bye");
	couple_fini(&c);
	free(bulk);
}

/* The sizes of a handshake are the same each time, so that a simulation with
 * a bandwidth is the same each time. */
static void
test_sizes(void **state)
{
	size_t sizes[2] = { 0 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct couple c;
		size_t now[2];

		couple_init(&c, SIZE_MAX);
		now[0] = tls_session_out(c.client).len;
		(void)carry(&c, c.client, c.server, &c.heard[1]);
		now[1] = tls_session_out(c.server).len;
		assert_true(i == 0 || memcmp(sizes, now, sizeof(now)) == 0);
		memcpy(sizes, now, sizeof(now));
		couple_fini(&c);
	}
}

static void
test_not_tls(void **state)
{
	struct couple c;

	(void)state;
	couple_init(&c, SIZE_MAX);
	tls_session_feed(c.server, SLICE("MAIL FROM:<a@example.com>\r\n"));
	(void)tls_session_read(c.server);
	assert_int_equal(tls_session_state(c.server), TLS_FAILED);
	tls_session_feed(c.client, SLICE("500 5.5.1 What?\r\n"));
	(void)tls_session_read(c.client);
	assert_int_equal(tls_session_state(c.client), TLS_FAILED);
	assert_string_equal(
	    tls_session_failure(c.client), "wrong version number");
	couple_fini(&c);
}

/* One bit of a record, changed on its way. */
static void
test_altered_record(void **state)
{
	struct couple c;
	struct buf copy = { 0 };

	(void)state;
	couple_init(&c, SIZE_MAX);
	talk(&c);
	tls_session_write(c.client, SLICE("QUIT\r\n"));
	buf_append(&copy, tls_session_out(c.client));
	copy.mem[copy.tail - 1] ^= 1;
	tls_session_feed(c.server, buf_slice(&copy));
	assert_int_equal(tls_session_read(c.server).len, 0);
	assert_int_equal(tls_session_state(c.server), TLS_FAILED);
	assert_string_equal(tls_session_failure(c.server),
	    "decryption failed or bad record mac");
	assert_true(tls_session_out(c.server).len > 0);
	buf_fini(&copy);
	couple_fini(&c);
}

/* ---- who the client is ---- */

static struct asking {
	const char *name;
	enum tls_ask ask;
	enum tls_version version;
	bool has_certificate;
	const char *seen;    /* whose certificate the server saw */
	const char *failure; /* of the server */
} askings[] = {
	{ "not asked", TLS_ASKS_NOTHING, TLS_1_3, true, "", NULL },
	{ "asked", TLS_ASKS_CERTIFICATE, TLS_1_3, true, "mx.example.com",
	    NULL },
	{ "asked, and has none", TLS_ASKS_CERTIFICATE, TLS_1_3, false, "",
	    NULL },
	{ "asked under 1.2", TLS_ASKS_CERTIFICATE, TLS_1_2, true,
	    "mx.example.com", NULL },
	{ "has to", TLS_NEEDS_CERTIFICATE, TLS_1_3, true, "mx.example.com",
	    NULL },
	{ "has to, and has none", TLS_NEEDS_CERTIFICATE, TLS_1_3, false, NULL,
	    "peer did not return a certificate" },
	{ "has to under 1.2, and has none", TLS_NEEDS_CERTIFICATE, TLS_1_2,
	    false, NULL, "peer did not return a certificate" },
};

static void
test_asking(void **state)
{
	const struct asking *row = *state;
	struct tls_authority *a = tls_test_authority();
	struct tls_certificate_spec spec = tls_spec();
	struct tls_context_options o = tls_context_options_default;
	struct tls_context *server, *client;
	struct tls_identity *own = tls_identity_new(NULL, &spec);
	struct couple c = { .piece = SIZE_MAX };

	o.version_max = row->version;
	o.ask = row->ask;
	server = tls_test_server(a, &spec, &o);
	/* The server trusts nobody; whose it is, is told all the same. */
	if (row->has_certificate)
		o.identity = own;
	client = tls_test_client(a, &o);
	c.server = tls_session_new(server, NULL, TLS_NOW);
	c.client = tls_session_new(client, NULL, TLS_NOW);
	talk(&c);
	if (row->failure != NULL) {
		assert_int_equal(tls_session_state(c.server), TLS_FAILED);
		assert_string_equal(
		    tls_session_failure(c.server), row->failure);
		assert_int_equal(tls_session_state(c.client), TLS_FAILED);
	} else {
		assert_int_equal(tls_session_state(c.server), TLS_OPEN);
		assert_string_equal(
		    tls_session_verdict(c.server)->name, row->seen);
	}
	couple_fini(&c);
	tls_identity_destroy(&own);
	tls_context_destroy(&client);
	tls_context_destroy(&server);
	tls_authority_destroy(&a);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, meetings, test_meeting);
	ROWS(&kit, terms_rows, test_terms);
	ROWS(&kit, askings, test_asking);
	TEST(&kit, test_both_ways);
	TEST(&kit, test_sizes);
	TEST(&kit, test_not_tls);
	TEST(&kit, test_altered_record);
	return kit_run(&kit, "tls_session");
}
