/* SPDX-License-Identifier: MIT */
/* STARTTLS of a mock host in virtual time: each certificate and each fault, as
 * the client meets it, and what the transcript tells. */
#include "tests/unit/mock_stage.h"

/* A client that says EHLO, STARTTLS, and under TLS EHLO, the line of its
 * script, and QUIT. */
struct guest {
	struct stream *stream; /* NULL once closed */
	struct tls_context *context;
	const char *name; /* whom it means to reach */
	bool stays_in_clear;
	bool is_hasty; /* says EHLO behind STARTTLS, in clear */
	bool is_implicit;
	struct buf seen; /* replies since the last "250 " or "220 " */
	struct buf story;
	unsigned lines;
};

static void
guest_say(struct guest *g, const char *line)
{
	stream_write(g->stream, slice_cstr(line));
	buf_clear(&g->seen);
}

/* What comes behind the reply that is complete now. */
static void
guest_go_on(struct guest *g)
{
	const struct tls_peer peer = { slice_cstr(g->name), NULL };

	switch (g->lines++) {
	case 0:
		guest_say(g, "EHLO guest.example\r\n");
		break;
	case 1:
		buf_printf(&g->story, "%s ",
		    slice_find(buf_slice(&g->seen), SLICE("STARTTLS")) <
			    buf_len(&g->seen)
			? "offered"
			: "not-offered");
		guest_say(g,
		    g->is_hasty ? "STARTTLS\r\nEHLO guest.example\r\n"
				: "STARTTLS\r\n");
		break;
	case 2:
		buf_printf(&g->story, "%.3s ", buf_cstr(&g->seen));
		if (slice_find(buf_slice(&g->seen), SLICE("injected")) <
		    buf_len(&g->seen))
			buf_append_cstr(&g->story, "injected ");
		if (g->stays_in_clear)
			guest_say(g, "EHLO guest.example\r\n");
		else if (buf_slice(&g->seen).at[0] == '2')
			stream_start_tls(g->stream, g->context, &peer);
		else
			guest_say(g, "QUIT\r\n");
		break;
	case 3:
		if (slice_find(buf_slice(&g->seen), SLICE("STARTTLS")) <
		    buf_len(&g->seen))
			buf_append_cstr(&g->story, "offered-again ");
		guest_say(g, "QUIT\r\n");
		break;
	default:
		break;
	}
}

static void
guest_connected(void *owner)
{
	struct guest *g = owner;
	const struct tls_peer peer = { slice_cstr(g->name), NULL };

	if (g->is_implicit)
		stream_start_tls(g->stream, g->context, &peer);
}

static void
guest_drained(void *owner)
{
	(void)owner;
}

/* A reply is complete with its line of "NNN ". */
static void
guest_input(void *owner, struct slice bytes)
{
	struct guest *g = owner;
	struct slice rest, line;

	buf_append(&g->seen, bytes);
	rest = buf_slice(&g->seen);
	while (slice_split(&rest, '\n', &line))
		if (line.len > 3 && line.at[3] == ' ') {
			guest_go_on(g);
			return;
		}
}

static void
guest_end(struct guest *g, const char *how)
{
	buf_append_cstr(&g->story, how);
	stream_close(g->stream);
	g->stream = NULL;
}

static void
guest_eof(void *owner)
{
	guest_end(owner, "EOF");
}

static void
guest_failure(void *owner, enum net_failure why)
{
	struct guest *g = owner;

	guest_end(g,
	    why == NET_TLS ? stream_tls_failure(g->stream)
			   : net_failure_text(why));
}

static void
guest_secured(void *owner, const struct tls_verdict *v)
{
	struct guest *g = owner;

	buf_printf(&g->story, "%s ", v->is_verified ? "verified" : v->why);
	if (!g->is_hasty && !g->is_implicit)
		guest_say(g, "EHLO guest.example\r\n");
}

static const struct stream_handler guest_handler = {
	.on_connected = guest_connected,
	.on_input = guest_input,
	.on_drained = guest_drained,
	.on_eof = guest_eof,
	.on_failure = guest_failure,
	.on_secured = guest_secured,
};

struct visit {
	const char *name, *host, *peer;
	const char *story; /* the client's */
	const char *told;  /* must stand in the transcript, or NULL */
};

#define TLS(certificate) ", \"tls\": {\"certificate\": \"" certificate "\"}"
#define OFFER(members)   ", \"tls\": {" members "}"
#define FAULT(stage, fault)                                                    \
	", \"tls\": {}, \"rules\": [{\"on\": \"" stage                         \
	"\", \"starttls\": \"" fault "\"}]"

#define AMIDST(stage, members)                                                 \
	", \"tls\": {}, \"rules\": [{\"on\": \"" stage                         \
	"\", \"tls_fault\": {" members "}}]"

static struct visit visits[] = {
	{ "a host without TLS", "", "mx", "not-offered 502 EOF", NULL },
	{ "a valid certificate", ", \"tls\": {}", "mx",
	    "offered 220 verified EOF",
	    "\"tls\",\"note\":\"TLSv1.3 TLS_AES_256_GCM_SHA384\"" },
	{ "a name of its own", ", \"tls\": {\"names\": \"mail.example.com\"}",
	    "mail.example.com", "offered 220 verified EOF", NULL },
	{ "not that name", ", \"tls\": {\"names\": \"mail.example.com\"}", "mx",
	    "offered 220 hostname mismatch EOF", NULL },
	{ "expired", TLS("expired"), "mx",
	    "offered 220 certificate has expired EOF", NULL },
	{ "not yet valid", TLS("not-yet-valid"), "mx",
	    "offered 220 certificate is not yet valid EOF", NULL },
	{ "wrong name", TLS("wrong-name"), "mx",
	    "offered 220 hostname mismatch EOF", NULL },
	{ "self-signed", TLS("self-signed"), "mx",
	    "offered 220 self-signed certificate EOF", NULL },
	{ "of an unknown authority", TLS("unknown-authority"), "mx",
	    "offered 220 unable to get local issuer certificate EOF", NULL },
	{ "signed by somebody in between who is not shown",
	    TLS("missing-intermediate"), "mx",
	    "offered 220 unable to get local issuer certificate EOF", NULL },
	{ "a weak key", TLS("weak-key"), "mx",
	    "offered 220 EE certificate key too weak EOF", NULL },
	{ "an RSA key", OFFER("\"key\": \"rsa\""), "mx",
	    "offered 220 verified EOF", NULL },
	{ "not above 1.2", OFFER("\"max_version\": \"1.2\""), "mx",
	    "offered 220 verified EOF",
	    "\"tls\",\"note\":\"TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384\"" },
	{ "not above 1.1", OFFER("\"max_version\": \"1.1\""), "mx",
	    "offered 220 tlsv1 alert protocol version", NULL },
	{ "not below 1.3", OFFER("\"min_version\": \"1.3\""), "mx",
	    "offered 220 verified EOF", "\"note\":\"TLSv1.3 " },
	{ "ciphers of its own for TLS 1.3, in its order and not the client's",
	    OFFER("\"ciphers\": [\"TLS_AES_128_GCM_SHA256\", "
		  "\"TLS_CHACHA20_POLY1305_SHA256\"]"),
	    "mx", "offered 220 verified EOF",
	    "\"note\":\"TLSv1.3 TLS_AES_128_GCM_SHA256\"" },
	{ "ciphers of its own for TLS 1.2",
	    OFFER("\"max_version\": \"1.2\", "
		  "\"ciphers\": \"ECDHE-ECDSA-AES128-SHA256\""),
	    "mx", "offered 220 verified EOF",
	    "\"note\":\"TLSv1.2 ECDHE-ECDSA-AES128-SHA256\"" },
	{ "ciphers that its key is not good for",
	    OFFER("\"max_version\": \"1.2\", "
		  "\"ciphers\": \"ECDHE-RSA-AES128-SHA256\""),
	    "mx", "offered 220 sslv3 alert handshake failure", NULL },
	{ "accepted though not offered", OFFER("\"offered\": false"), "mx",
	    "not-offered 220 verified EOF", NULL },
	{ "TLS from the first byte, to a client that waits for a greeting",
	    OFFER("\"implicit\": true"), "mx", "EOF", NULL },
	{ "a rule's certificate", FAULT("tls", "expired"), "mx",
	    "offered 220 certificate has expired EOF",
	    "\"note\":\"starttls expired\"" },
	{ "a rule at STARTTLS", FAULT("starttls", "wrong-name"), "mx",
	    "offered 220 hostname mismatch EOF", NULL },
	{ "no cipher", FAULT("tls", "handshake-failure"), "mx",
	    "offered 220 sslv3 alert handshake failure",
	    "\"lost\",\"note\":\"no shared cipher\"" },
	{ "an old protocol", FAULT("tls", "protocol"), "mx",
	    "offered 220 tlsv1 alert protocol version",
	    "\"lost\",\"note\":\"unsupported protocol\"" },
	{ "FIN behind the 220", FAULT("tls", "close"), "mx",
	    "offered 220 the peer closed the connection", NULL },
	{ "clear text behind the 220", FAULT("tls", "plaintext"), "mx",
	    "offered 220 wrong version number", "500 5.5.2" },
	{ "clear text with the 220", FAULT("starttls", "injected"), "mx",
	    "offered 220 injected verified EOF", NULL },
	{ "a refusal",
	    ", \"tls\": {}, \"rules\": [{\"on\": \"starttls\", "
	    "\"reply\": \"454 4.7.0 later\"}]",
	    "mx", "offered 454 EOF", NULL },
	{ "an alert instead of a ServerHello",
	    AMIDST("tls", "\"alert\": \"handshake_failure\""), "mx",
	    "offered 220 sslv3 alert handshake failure",
	    "\"note\":\"tls_fault alert 40\"" },
	{ "an alert behind the ServerHello",
	    AMIDST("tls", "\"at\": \"server-hello\", \"alert\": 80"), "mx",
	    "offered 220 tlsv1 alert internal error",
	    "\"note\":\"tls_fault alert 80 at server-hello\"" },
	{ "garbage behind the certificate",
	    AMIDST("tls", "\"at\": \"certificate\", \"do\": \"garbage\""), "mx",
	    "offered 220 wrong version number", NULL },
	{ "FIN behind the certificate",
	    AMIDST("tls", "\"at\": \"certificate\", \"do\": \"close\""), "mx",
	    "offered 220 the peer closed the connection", NULL },
	{ "RST behind the certificate",
	    AMIDST("tls", "\"at\": \"certificate\", \"do\": \"reset\""), "mx",
	    "offered 220 [Errno 54] Connection reset by peer", NULL },
	{ "a key update in the handshake",
	    AMIDST("tls", "\"at\": \"certificate\", \"do\": \"key-update\""),
	    "mx", "offered 220 unexpected message",
	    "\"lost\",\"note\":\"sslv3 alert unexpected message\"" },
	{ "an alert when the client thinks that all is well",
	    AMIDST("tls", "\"at\": \"finished\", \"alert\": \"unknown_ca\""),
	    "mx", "offered 220 verified tlsv1 alert unknown ca", NULL },
	{ "an alert instead of an answer, not in clear",
	    AMIDST("ehlo", "\"alert\": \"internal_error\""), "mx",
	    "offered 220 verified tlsv1 alert internal error",
	    "\"note\":\"tls_fault alert 80\"" },
	{ "a warning in the midst of an answer",
	    AMIDST("ehlo",
		"\"after\": 9, \"alert\": \"user_canceled\", "
		"\"level\": \"warning\""),
	    "mx", "offered 220 verified EOF", "\"bytes\":\"250-mx\\r\\n2\"" },
	{ "new keys in the midst of an answer",
	    AMIDST("ehlo", "\"after\": 9, \"do\": \"key-update\""), "mx",
	    "offered 220 verified EOF", "\"bytes\":\"50-PIPELINING" },
	{ "garbage in the midst of an answer",
	    AMIDST("ehlo", "\"after\": 9, \"do\": \"garbage\""), "mx",
	    "offered 220 verified wrong version number", NULL },
	{ "FIN in the midst of an answer",
	    AMIDST("ehlo", "\"after\": 9, \"do\": \"close\""), "mx",
	    "offered 220 verified EOF", "\"bytes\":\"250-mx\\r\\n2\"" },
	{ "a reset in the handshake",
	    ", \"tls\": {}, \"rules\": [{\"on\": \"tls\", \"reset\": true}]",
	    "mx", "offered 220 [Errno 54] Connection reset by peer", NULL },
};

static void
guest_visit(struct guest *g, struct setup *s)
{
	const struct endpoint to = { ip_v4(10, 1, 1, 11), 25 };
	struct tls_context_options o = tls_context_options_default;
	struct err err;

	o.authorities = mock_authority(s->mock);
	g->context = tls_context_new_client(&o, &err);
	assert_non_null(g->context);
	g->stream = world_connect(s->world, NULL, &to, &guest_handler, g);
	setup_run(s);
	assert_null(g->stream);
	tls_context_destroy(&g->context);
}

static void
guest_fini(struct guest *g)
{
	buf_fini(&g->seen);
	buf_fini(&g->story);
}

static void
test_visit(void **state)
{
	const struct visit *v = *state;
	struct guest g = { .name = v->peer };
	struct setup s;

	setup_init(&s, v->host);
	guest_visit(&g, &s);
	assert_string_equal(buf_cstr(&g.story), v->story);
	if (v->told != NULL && strstr(buf_cstr(&s.transcript), v->told) == NULL)
		fail_msg("not told: %s", v->told);
	guest_fini(&g);
	setup_fini(&s);
}

/* A client that goes on in clear behind the 220 of a host that does, too. */
static void
test_stays_in_clear(void **state)
{
	struct guest g = { .name = "mx", .stays_in_clear = true };
	struct setup s;

	(void)state;
	setup_init(&s, FAULT("tls", "plaintext"));
	guest_visit(&g, &s);
	assert_string_equal(
	    buf_cstr(&g.story), "offered 220 offered-again EOF");
	assert_non_null(strstr(buf_cstr(&s.transcript),
	    "\"violation\",\"note\":\"clear text behind 220 to STARTTLS "
	    "(RFC 3207, 4)\""));
	guest_fini(&g);
	setup_fini(&s);
}

/* Clear text behind STARTTLS is for hosts that are gullible only: another is
 * still waiting for an EHLO when its patience is over. */
static void
test_hasty(void **state)
{
	static const struct {
		const char *host, *story;
	} cases[] = {
		{ FAULT("starttls", "gullible"), "offered 220 verified EOF" },
		{ OFFER(""), "offered 220 verified EOF" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct guest g = { .name = "mx", .is_hasty = true };
		struct setup s;

		setup_init(&s, cases[i].host);
		guest_visit(&g, &s);
		assert_string_equal(buf_cstr(&g.story), cases[i].story);
		assert_int_equal(
		    strstr(buf_cstr(&s.transcript), "421 4.4.2") != NULL,
		    i == 1);
		guest_fini(&g);
		setup_fini(&s);
	}
}

/* A host that begins with TLS, and one that should and does not. */
static void
test_implicit(void **state)
{
	static const struct {
		const char *host, *story;
	} cases[] = {
		{ OFFER("\"implicit\": true"), "verified not-offered 502 EOF" },
		{ OFFER("\"implicit\": true")
			RULE("tls", "\"starttls\": \"plaintext\""),
		    "wrong version number" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct guest g = { .name = "mx", .is_implicit = true };
		struct setup s;

		setup_init(&s, cases[i].host);
		guest_visit(&g, &s);
		assert_string_equal(buf_cstr(&g.story), cases[i].story);
		guest_fini(&g);
		setup_fini(&s);
	}
}

/* Nobody's certificates are made when no host shows one. */
static void
test_authority(void **state)
{
	struct setup s;

	(void)state;
	setup_init(&s, "");
	assert_int_equal(mock_authority(s.mock).len, 0);
	setup_fini(&s);
	setup_init(&s, ", \"tls\": {}");
	assert_true(mock_authority(s.mock).len > 0);
	setup_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, visits, test_visit);
	TEST(&kit, test_stays_in_clear);
	TEST(&kit, test_hasty);
	TEST(&kit, test_implicit);
	TEST(&kit, test_authority);
	return kit_run(&kit, "mock_tls");
}
