/* SPDX-License-Identifier: MIT */
/*
 * smtp-sink's options as rules: which rules each comes to, that the scenario of
 * any of them is one, and what dump files hold.
 */
#include "mockserver/sink.h"

#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

static const struct endpoint at[] = {
	{ { 4, { 127, 0, 0, 1 } }, 2525 },
	{ { 6, { [15] = 1 } }, 2525 },
};

/* "-f mail" as the option and its value; NULL: none. */
static void
set(struct sink_options *o, const char *letter, const char *value)
{
	struct err err;

	if (letter != NULL)
		assert_true(sink_set_option(o, *letter, value, &err));
}

struct row {
	const char *name; /* the option's letter first */
	const char *value;
	const char *has, *lacks; /* the scenario; NULL: anything */
};
static struct row rows[] = {
	{ "8", NULL, NULL, "8BITMIME" },
	{ "a", NULL, NULL, "250-AUTH" },
	{ "C", NULL, NULL, "XCLIENT" },
	{ "E", NULL, NULL, "ENHANCEDSTATUSCODES" },
	{ "F", NULL, NULL, "XFORWARD" },
	{ "N", NULL, NULL, "DSN" },
	{ "p", NULL, NULL, "PIPELINING" },
	{ "P", NULL, "\"220 ********\"", "250-" },
	{ "e", NULL, "\"220 smtp-sink\"", "250-" },
	{ "h", "a\"b\\c{d}", "\"250 a\\\"b\\\\c{{d}\"", "\"250 smtp-sink\"" },
	{ "A", "0", "{\"on\": \"body\", \"reply\": \"550 ", "\"delay\"" },
	{ "A", "7", "{\"on\": \"body\", \"delay\": \"7s\", \"reply\"", NULL },
	{ "H", "3", "{\"on\": \"body\", \"delay\": \"3s\", \"optional\"",
	    NULL },
	{ "H", "0", NULL, "\"body\"" },
	{ "t", "9", "\"idle_timeout\": \"9s\"", "100s" },
	{ "m", "9", "\"accepted\": 9", "256" },
	{ "T", "900", "\"receive_buffer\": 900", NULL },
	{ "w", "2", "\"on\": \"data\", \"delay\": \"2s\", \"reply\": [\"354",
	    "\"probability\"" },
	{ "W", "noop:2", "\"on\": \"noop\", \"delay\": \"2s\"",
	    "\"probability\"" },
	{ "W", "NoOp:2:10",
	    "\"on\": \"noop\", \"probability\": 0.90, \"delay\": \"2s\"",
	    "12s" },
	{ "f", "mail", "{\"on\": \"mail\", \"reply\": [\"500 5.3.0 ",
	    "PIPELINING" },
	{ "r", "rcpt, .", "{\"on\": \"eod\", \"reply\": [\"450 4.3.0 ",
	    "PIPELINING" },
	{ "r", " rcpt\t.", "{\"on\": \"rcpt\", \"reply\": [\"450 4.3.0 ",
	    "250 2.1.5" },
	{ "f", "connect", "5.3.0 Error: command failed\"], \"as\": 220", NULL },
	{ "f", "lhlo", NULL, "5.3.0" },
	{ "q", "quit", "{\"on\": \"quit\", \"drop\": true", "221 Bye" },
	{ "Q", "xclient",
	    "\"match\": \"^[X]CLIENT([ \\\\t]|$)\", \"reply\": [\"421 4.0.0 "
	    "Server closing connection\"], \"then\": \"close\"",
	    NULL },
};

static bool
has(const struct buf *text, const char *part)
{
	return slice_find(buf_slice(text), slice_cstr(part)) < buf_len(text);
}

static void
assert_scenario(const struct buf *text)
{
	struct mock_scenario scenario;
	struct err err;
	char message[1000];

	if (!mock_scenario_parse(&scenario, "s", buf_slice(text), &err))
		fail_msg("%s in\n%.*s", err_format(&err, message, 1000),
		    SLICE_ARG(buf_slice(text)));
	assert_int_equal(scenario.hosts.count, 1);
	assert_int_equal(scenario.hosts.at[0].addresses.count, 2);
	assert_int_equal(scenario.hosts.at[0].port, 2525);
	mock_scenario_fini(&scenario);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct sink_options o = { 0 };
	struct buf text = { 0 };

	set(&o, row->name, row->value);
	sink_format_scenario(&o, at, ARRAY_LEN(at), &text);
	assert_scenario(&text);
	if (row->has != NULL && !has(&text, row->has))
		fail_msg("no %s in %s", row->has, buf_cstr(&text));
	if (row->lacks != NULL && has(&text, row->lacks))
		fail_msg("%s in %s", row->lacks, buf_cstr(&text));
	buf_fini(&text);
}

/* Each fate of each command, with each delay. */
static void
test_every_fate(void **state)
{
	static const char *const names[] = {
#define X(constant, name, stage) name,
		SINK_COMMANDS(X)
#undef X
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names) * 5; i++) {
		const char *letter = &"qQfrw"[i % 5], *name = names[i / 5];
		struct sink_options o = { 0 };
		struct buf text = { 0 }, delay = { 0 };

		buf_printf(&delay, "%s:3:50", name);
		set(&o, "W", buf_cstr(&delay));
		if (*letter != 'w')
			set(&o, letter, name);
		sink_format_scenario(&o, at, ARRAY_LEN(at), &text);
		assert_scenario(&text);
		buf_fini(&text);
		buf_fini(&delay);
	}
}

/* The strongest fate of a command decides, in whatever order they come. */
static void
test_strongest(void **state)
{
	struct sink_options o = { 0 };
	struct buf text = { 0 };

	(void)state;
	set(&o, "r", "vrfy");
	set(&o, "Q", "vrfy");
	set(&o, "f", "vrfy");
	sink_format_scenario(&o, at, ARRAY_LEN(at), &text);
	assert_true(has(&text, "{\"on\": \"vrfy\", \"reply\": [\"421 "));
	buf_clear(&text);
	set(&o, "q", "vrfy");
	sink_format_scenario(&o, at, ARRAY_LEN(at), &text);
	assert_true(has(&text, "{\"on\": \"vrfy\", \"drop\": true"));
	buf_fini(&text);
}

struct wrong {
	const char *name; /* the letter first */
	const char *value;
	const char *want; /* in the message */
};
static struct wrong wrongs[] = {
	{ "L", NULL, "no LMTP" },
	{ "s", "mail", "--transcript" },
	{ "f", "mail,bogus", "\"bogus\"; expected one of CONNECT HELO" },
	{ "b", "4 50", "from 400 to 499" },
	{ "b", "500 no", "from 400 to 499" },
	{ "B", "500no", "from 500 to 599" },
	{ "h", "", "printable" },
	{ "h", "\xc3\xa4", "printable" },
	{ "m", "0", "from 1 to" },
	{ "M", "x", "from 1 to" },
	{ "n", "-1", "from 1 to" },
	{ "w", "0", "from 1 to" },
	{ "W", "data", "from 1 to" },
	{ "W", "data:1:0", "from 1 to 99" },
	{ "W", "data:1:100", "from 1 to 99" },
	{ "W", "bogus:1", "\"bogus\"" },
	{ "A", "1000001", "to 1000000" },
};

static void
test_wrong(void **state)
{
	const struct wrong *row = *state;
	struct sink_options o = { 0 };
	struct err err;

	assert_false(sink_set_option(&o, row->name[0], row->value, &err));
	if (strstr(err.msg, row->want) == NULL)
		fail_msg("%s", err.msg);
}

static void
test_letters(void **state)
{
	struct sink_options o = { 0 };
	struct buf help = { 0 };
	struct err err;

	(void)state;
	/* Each has a line. */
	sink_format_help(&help);
	for (const char *c = sink_letters; *c != '\0'; c++) {
		char line[] = "  -x ";

		line[3] = *c;
		assert_true(*c == ':' || has(&help, line));
	}
	buf_fini(&help);
	set(&o, "d", "a");
	assert_true(sink_check(&o, &err));
	set(&o, "D", "b");
	assert_false(sink_check(&o, &err));
	o = (struct sink_options){ .only_ipv4 = true, .only_ipv6 = true };
	assert_false(sink_check(&o, &err));
}

static void
test_dump(void **state)
{
	const struct transcript_event ev = {
		.kind = TRANSCRIPT_MESSAGE,
		.time = INT64_C(1404292507) * UTIME_S,
		.client = { { 6, { [15] = 1 } }, 4000 },
		.hello = SLICE("c.example"),
		.is_extended = true,
		.arguments = SLICE("<a@b> SIZE=9\n<c@d>\n<e@f> NOTIFY=NEVER\n"),
		.content = SLICE("Subject: x\r\n\r\n.y\r\n"),
	};
	struct transcript_event bare = {
		.time = ev.time,
		.client = { { 4, { 10, 0, 0, 1 } }, 4000 },
		.arguments = SLICE("<>\n"),
	};
	struct sink_options o = { 0 };
	struct buf text = { 0 };

	(void)state;
	set(&o, "S", "From\\t\\1011\\q\\\\\\n");
	sink_format_dump(&o, &ev, 0xab, &text);
	assert_slices_equal(buf_slice(&text),
	    SLICE(
		"From\tA1q\\\nX-Client-Addr: ipv6:::1\nX-Client-Proto: ESMTP\n"
		"X-Helo-Args: c.example\nX-Mail-Args: <a@b> SIZE=9\n"
		"X-Rcpt-Args: <c@d>\nX-Rcpt-Args: <e@f> NOTIFY=NEVER\n"
		"Received: from c.example ([ipv6:::1])\n"
		"\tby smtp-sink (smtp-sink) with ESMTP id 000000ab;\n"
		"\tWed, 2 Jul 2014 09:15:07 +0000 (UTC)\n"
		"Subject: x\n\n.y\n\n"));
	buf_clear(&text);
	o = (struct sink_options){ .hostname = "mx" };
	sink_format_dump(&o, &bare, 1, &text);
	assert_slices_equal(buf_slice(&text),
	    SLICE("X-Client-Addr: 10.0.0.1\nX-Client-Proto: SMTP\n"
		  "X-Mail-Args: <>\n"
		  "Received: from [10.0.0.1] ([10.0.0.1])\n"
		  "\tby mx (smtp-sink) with SMTP id 00000001;\n"
		  "\tWed, 2 Jul 2014 09:15:07 +0000 (UTC)\n\n"));
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	ROWS(&kit, wrongs, test_wrong);
	TEST(&kit, test_every_fate);
	TEST(&kit, test_strongest);
	TEST(&kit, test_letters);
	TEST(&kit, test_dump);
	return kit_run(&kit, "sink");
}
