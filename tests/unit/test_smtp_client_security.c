/* SPDX-License-Identifier: MIT */
/*
 * STARTTLS and AUTH from the client's side: each answer a host may give, what
 * is said, and that nothing slipped in counts.
 */
#include "core/smtp/client.h"

#include "core/smtp/extension.h"
#include "tests/unit/kit.h"

#define OFFER "250-me\r\n250-SIZE 99\r\n250 STARTTLS\r\n"
#define AUTHS "250-me\r\n250 AUTH PLAIN LOGIN\r\n"
#define PLAIN "AHUAcA==" /* NUL u NUL p */

struct talk {
	const char *name;
	/* What the host says, the greeting first; "" nothing: the client is
	 * told of a timeout. */
	const char *said[9];
	const char *story;
};

static struct talk talks[] = {
	{ "not offered", { "220 x\r\n", "250 me\r\n", "221 x\r\n" },
	    "[EHLO me] ready [QUIT] closed " },
	{ "offered on the greeting line only",
	    { "220 x\r\n", "250-STARTTLS\r\n250 me\r\n", "221 x\r\n" },
	    "[EHLO me] ready [QUIT] closed " },
	{ "done",
	    { "220 x\r\n", OFFER, "220 go\r\n", "250 me\r\n", "221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [QUIT] closed " },
	{ "what was offered in clear is forgotten",
	    { "220 x\r\n", OFFER, "220 go\r\n", "250-me\r\n250 8BITMIME\r\n",
		"221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready(8bit) [QUIT] "
	    "closed " },
	{ "refused 454", { "220 x\r\n", OFFER, "454 no\r\n", "221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] answer(454@starttls) ready [QUIT] "
	    "closed " },
	{ "refused 501", { "220 x\r\n", OFFER, "501 no\r\n", "221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] answer(501@starttls) ready [QUIT] "
	    "closed " },
	{ "another 2xx is no consent",
	    { "220 x\r\n", OFFER, "250 ok\r\n", "221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] answer(250@starttls) ready [QUIT] "
	    "closed " },
	{ "421", { "220 x\r\n", OFFER, "421 no\r\n" },
	    "[EHLO me] ready [STARTTLS] failed(reply@starttls) " },
	{ "3xx", { "220 x\r\n", OFFER, "354 go\r\n" },
	    "[EHLO me] ready [STARTTLS] failed(garbage@starttls) " },
	{ "no reply", { "220 x\r\n", OFFER, "" },
	    "[EHLO me] ready [STARTTLS] failed(timeout@starttls) " },
	{ "slipped in behind the 220",
	    { "220 x\r\n", OFFER, "220 go\r\n250 AUTH\r\n" },
	    "[EHLO me] ready [STARTTLS] failed(garbage@tls) " },
	{ "half a line slipped in", { "220 x\r\n", OFFER, "220 go\r\n2" },
	    "[EHLO me] ready [STARTTLS] failed(garbage@tls) " },
	{ "no handshake", { "220 x\r\n", OFFER, "220 go\r\n", "" },
	    "[EHLO me] ready [STARTTLS] tls failed(timeout@tls) " },
	{ "EHLO refused under TLS",
	    { "220 x\r\n", OFFER, "220 go\r\n", "502 no\r\n", "250 me\r\n",
		"221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] [HELO me] ready [QUIT] "
	    "closed " },
	{ "AUTH is not said in clear", { "220 x\r\n", AUTHS, "221 x\r\n" },
	    "[EHLO me] ready [QUIT] closed " },
	{ "PLAIN",
	    { "220 x\r\n", OFFER, "220 go\r\n", AUTHS, "235 hi\r\n",
		"221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [AUTH PLAIN " PLAIN
	    "] answer(235@auth) ready [QUIT] closed " },
	{ "PLAIN refused",
	    { "220 x\r\n", OFFER, "220 go\r\n", AUTHS, "535 no\r\n",
		"221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [AUTH PLAIN " PLAIN
	    "] answer(535@auth) ready [QUIT] closed " },
	{ "PLAIN: more is asked for than there is",
	    { "220 x\r\n", OFFER, "220 go\r\n", AUTHS, "334 \r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [AUTH PLAIN " PLAIN
	    "] failed(garbage@auth) " },
	{ "LOGIN",
	    { "220 x\r\n", OFFER, "220 go\r\n", "250-me\r\n250 AUTH LOGIN\r\n",
		"334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "235 hi\r\n",
		"221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [AUTH LOGIN] "
	    "[dQ==] [cA==] answer(235@auth) ready [QUIT] closed " },
	{ "LOGIN refused at the name",
	    { "220 x\r\n", OFFER, "220 go\r\n", "250-me\r\n250 AUTH=LOGIN\r\n",
		"334 VXNlcm5hbWU6\r\n", "504 no\r\n", "221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [AUTH LOGIN] "
	    "[dQ==] answer(504@auth) ready [QUIT] closed " },
	{ "AUTH: 421",
	    { "220 x\r\n", OFFER, "220 go\r\n", AUTHS, "421 no\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [AUTH PLAIN " PLAIN
	    "] failed(reply@auth) " },
	{ "no mechanism that we know",
	    { "220 x\r\n", OFFER, "220 go\r\n",
		"250-me\r\n250 AUTH CRAM-MD5 XPLAIN\r\n", "221 x\r\n" },
	    "[EHLO me] ready [STARTTLS] tls [EHLO me] ready [QUIT] closed " },
};

struct meeting {
	struct smtp_client *client;
	struct buf story;
	struct smtp_credentials who;
	utime now;
	bool has_asked_tls, is_secured, has_asked_auth, is_over;
};

static void
on_ready(struct meeting *m)
{
	unsigned extensions = smtp_client_extensions(m->client);

	buf_append_cstr(&m->story, "ready");
	if (m->is_secured && (extensions & SMTP_EXT_8BITMIME) != 0)
		buf_append_cstr(&m->story, "(8bit)");
	buf_append_byte(&m->story, ' ');
	if (!m->has_asked_tls && (extensions & SMTP_EXT_STARTTLS) != 0) {
		m->has_asked_tls = true;
		smtp_client_starttls(m->client, m->now);
	} else if (m->is_secured && !m->has_asked_auth &&
	    smtp_client_mechanisms(m->client) != 0) {
		m->has_asked_auth = true;
		smtp_client_auth(m->client, &m->who, m->now);
	} else {
		smtp_client_quit(m->client, m->now);
	}
}

static void
on_failed(struct meeting *m, const struct smtp_client_event *ev)
{
	static const char *const names[] = {
		[SMTP_FAIL_REPLY] = "reply",
		[SMTP_FAIL_GARBAGE] = "garbage",
		[SMTP_FAIL_TIMEOUT] = "timeout",
		[SMTP_FAIL_EOF] = "eof",
		[SMTP_FAIL_NETWORK] = "network",
	};

	buf_printf(&m->story, "failed(%s@%s) ", names[ev->failure],
	    smtp_stage_name(ev->stage));
	m->is_over = true;
}

static void
run_events(struct meeting *m)
{
	struct smtp_client_event ev;

	while (smtp_client_next(m->client, &ev)) {
		switch (ev.type) {
		case SMTP_CLIENT_READY:
			on_ready(m);
			break;
		case SMTP_CLIENT_STARTTLS:
			buf_append_cstr(&m->story, "tls ");
			break;
		case SMTP_CLIENT_ANSWER:
			buf_printf(&m->story, "answer(%d@%s) ", ev.reply.code,
			    smtp_stage_name(ev.stage));
			break;
		case SMTP_CLIENT_FAILED:
			on_failed(m, &ev);
			break;
		case SMTP_CLIENT_CLOSED:
			buf_append_cstr(&m->story, "closed ");
			m->is_over = true;
			break;
		case SMTP_CLIENT_RESULT:
		case SMTP_CLIENT_BODY:
		case SMTP_CLIENT_DONE:
			fail();
		}
	}
}

/* What the client says is told and taken. */
static void
write_out(struct meeting *m)
{
	struct slice out = smtp_client_out(m->client);

	if (out.len == 0)
		return;
	buf_printf(&m->story, "[%.*s] ", (int)out.len - 2, out.at);
	smtp_client_out_ack(m->client, out.len);
}

static void
hear(struct meeting *m, const char *said, const char *next)
{
	const size_t len = m->story.tail;

	if (said[0] == '\0')
		smtp_client_on_deadline(
		    m->client, smtp_client_deadline(m->client));
	else
		smtp_client_feed(m->client, slice_cstr(said), m->now);
	run_events(m);
	/* The handshake is done at once, unless the host says nothing. */
	if (m->story.tail - len >= 4 && !m->is_over && next != NULL &&
	    next[0] != '\0' && !m->is_secured && m->has_asked_tls &&
	    slice_ends_with_nocase(buf_slice(&m->story), SLICE("tls "))) {
		m->is_secured = true;
		smtp_client_secured(m->client, m->now);
		run_events(m);
	}
	write_out(m);
}

static void
test_talk(void **state)
{
	const struct talk *t = *state;
	const struct smtp_client_options options = {
		.helo_name = SLICE("me"),
		.timeouts = smtp_client_timeouts_default,
	};
	struct meeting m = { .who = { SLICE("u"), SLICE("p") } };

	m.client = smtp_client_new(&options, 0);
	for (size_t i = 0; t->said[i] != NULL; i++)
		hear(&m, t->said[i], t->said[i + 1]);
	assert_string_equal(buf_cstr(&m.story), t->story);
	assert_true(m.is_over);
	smtp_client_destroy(&m.client);
	buf_fini(&m.story);
}

/* A first response that does not fit into a command line comes when it is
 * asked for (RFC 4954, 4). */
static void
test_long_secret(void **state)
{
	static const char *const said[] = { "220 x\r\n", OFFER, "220 go\r\n",
		AUTHS, "334 \r\n", "235 hi\r\n", "221 x\r\n" };
	const struct smtp_client_options options = {
		.helo_name = SLICE("me"),
		.timeouts = smtp_client_timeouts_default,
	};
	struct meeting m = { .who.name = SLICE("u") };
	char secret[400];

	(void)state;
	memset(secret, 's', sizeof(secret));
	m.who.secret = slice_of(secret, sizeof(secret));
	m.client = smtp_client_new(&options, 0);
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		hear(&m, said[i], i + 1 < ARRAY_LEN(said) ? said[i + 1] : NULL);
	assert_non_null(
	    strstr(buf_cstr(&m.story), "ready [AUTH PLAIN] [AHUAc3Nz"));
	assert_non_null(
	    strstr(buf_cstr(&m.story), "answer(235@auth) ready [QUIT]"));
	smtp_client_destroy(&m.client);
	buf_fini(&m.story);
}

static void
test_mechanisms(void **state)
{
	(void)state;
	assert_int_equal(
	    smtp_mechanisms_read(SLICE("me\nAUTH PLAIN")), SMTP_AUTH_PLAIN);
	assert_int_equal(smtp_mechanisms_read(SLICE("AUTH PLAIN\nSIZE")), 0);
	assert_int_equal(
	    smtp_mechanisms_read(SLICE("me\nauth login plain gssapi")),
	    SMTP_AUTH_PLAIN | SMTP_AUTH_LOGIN);
	assert_int_equal(
	    smtp_mechanisms_read(SLICE("me\nAUTH GSSAPI\nAUTH=LOGIN")),
	    SMTP_AUTH_LOGIN);
	assert_int_equal(smtp_mechanisms_read(SLICE("me\nAUTHPLAIN")), 0);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, talks, test_talk);
	TEST(&kit, test_long_secret);
	TEST(&kit, test_mechanisms);
	return kit_run(&kit, "smtp_client_security");
}
