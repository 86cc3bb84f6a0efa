/* SPDX-License-Identifier: MIT */
/*
 * What a host answers: the well-behaved reply of each stage, limits, templates
 * and cuts, printed.
 */
#include "mockserver/rule/reaction.h"

#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

#define TEXT(lit) SLICE_INIT(lit)

static const struct slice rcpt[] = { TEXT("u@v.example") };

struct row {
	const char *name, *host; /* host: members behind the address */
	struct occasion occasion;
	struct situation situation; /* host, occasion filled in */
	const char *want;
	/* Whether the rule of the host, if there is one, acts. */
	bool has_rule;
};

#define RULE(on, text) ", \"rules\": [{\"on\": \"" on "\", " text "}]"

static struct row rows[] = {
	{ "connect", "", { .stage = STAGE_CONNECT }, { 0 }, "220 \"\"", 0 },
	{ "banner", "", { .stage = STAGE_BANNER }, { 0 },
	    "220 \"220 mx ESMTP\\r\\n\"", 0 },
	{ "ehlo", "", { .stage = STAGE_EHLO }, { 0 },
	    "250 \"250-mx\\r\\n250-PIPELINING\\r\\n250-SIZE 35882577\\r\\n"
	    "250-8BITMIME\\r\\n250-ENHANCEDSTATUSCODES\\r\\n"
	    "250 SMTPUTF8\\r\\n\"",
	    0 },
	{ "ehlo with less", ", \"extensions\": [\"SIZE\"]",
	    { .stage = STAGE_EHLO }, { 0 },
	    "250 \"250-mx\\r\\n250 SIZE 35882577\\r\\n\"", 0 },
	{ "ehlo with nothing", ", \"extensions\": []", { .stage = STAGE_EHLO },
	    { 0 }, "250 \"250 mx\\r\\n\"", 0 },
	{ "helo", "", { .stage = STAGE_HELO }, { 0 }, "250 \"250 mx\\r\\n\"",
	    0 },
	{ "mail", "", { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n\"", 0 },
	{ "mail without enhanced codes", ", \"extensions\": [\"SIZE\"]",
	    { .stage = STAGE_MAIL }, { 0 }, "250 \"250 Sender ok\\r\\n\"", 0 },
	{ "rcpt", "", { .stage = STAGE_RCPT }, { 0 },
	    "250 \"250 2.1.5 Recipient ok\\r\\n\"", 0 },
	{ "data", "", { .stage = STAGE_DATA }, { 0 },
	    "354 \"354 End data with <CR><LF>.<CR><LF>\\r\\n\"", 0 },
	{ "body", "", { .stage = STAGE_BODY }, { 0 }, "0 \"\"", 0 },
	{ "eod", "", { .stage = STAGE_EOD }, { .connection = 7, .messages = 2 },
	    "250 \"250 2.0.0 Ok: queued as mx-7.3\\r\\n\"", 0 },
	{ "quit", "", { .stage = STAGE_QUIT }, { 0 },
	    "221 \"221 2.0.0 Bye\\r\\n\"", 0 },
	{ "idle", "", { .stage = STAGE_IDLE }, { 0 },
	    "421 \"421 4.4.2 Idle for too long, closing\\r\\n\", close", 0 },
	{ "wrong", "", { .stage = STAGE_RCPT },
	    { .wrong = { 503, "5.5.1 MAIL first" } },
	    "503 \"503 5.5.1 MAIL first\\r\\n\"", 0 },
	{ "wrong without enhanced codes", ", \"extensions\": []",
	    { .stage = STAGE_RCPT }, { .wrong = { 503, "5.5.1 MAIL first" } },
	    "503 \"503 MAIL first\\r\\n\"", 0 },
	{ "size at its limit", ", \"limits\": {\"size\": 10}",
	    { .stage = STAGE_MAIL, .size = 10 }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n\"", 0 },
	{ "size declared above", ", \"limits\": {\"size\": 10}",
	    { .stage = STAGE_MAIL, .size = 11 }, { 0 },
	    "552 \"552 5.3.4 Message too big\\r\\n\"", 0 },
	{ "size received above", ", \"limits\": {\"size\": 10}",
	    { .stage = STAGE_EOD, .size = 11 }, { 0 },
	    "552 \"552 5.3.4 Message too big\\r\\n\"", 0 },
	{ "recipients", ", \"limits\": {\"recipients\": 2}",
	    { .stage = STAGE_RCPT }, { .recipients = 2 },
	    "452 \"452 4.5.3 Too many recipients\\r\\n\"", 0 },
	{ "messages", ", \"limits\": {\"messages\": 2}",
	    { .stage = STAGE_MAIL }, { .messages = 2 },
	    "421 \"421 4.7.0 Too many messages on a connection\\r\\n\"", 0 },
	{ "connections", ", \"limits\": {\"connections\": 2}",
	    { .stage = STAGE_BANNER }, { .connections = 3 },
	    "421 \"421 4.7.0 Too many connections\\r\\n\"", 0 },
	{ "a rule's reply", RULE("mail", "\"reply\": \"452 4.3.1 full\""),
	    { .stage = STAGE_MAIL }, { 0 }, "452 \"452 4.3.1 full\\r\\n\"",
	    true },
	{ "a rule comes before a limit",
	    ", \"limits\": {\"size\": 1}" RULE("mail", "\"reply\": \"250 a\""),
	    { .stage = STAGE_MAIL, .size = 9 }, { 0 }, "250 \"250 a\\r\\n\"",
	    true },
	{ "several lines",
	    RULE("mail", "\"reply\": [\"451 a\", \"452-b\", \"453 c\"]"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "453 \"451-a\\r\\n452-b\\r\\n453 c\\r\\n\"", true },
	{ "templates",
	    RULE("rcpt",
		"\"reply\": \"450 {rcpt} {from} {client} {n} {time} {{n}\""),
	    { .stage = STAGE_RCPT,
		.now = 0,
		.from = TEXT("f@g"),
		.to = rcpt,
		.to_count = 1,
		.client = &(struct ip_address){ 4, { 10, 0, 0, 1 } } },
	    { 0 },
	    "450 \"450 u@v.example f@g 10.0.0.1 4 "
	    "1970-01-01T00:00:00.000000Z {n}\\r\\n\"",
	    true },
	{ "delay", RULE("mail", "\"delay\": \"5s\""), { .stage = STAGE_MAIL },
	    { 0 }, "after 5s, 250 \"250 2.1.0 Sender ok\\r\\n\"", true },
	{ "raw bytes that are a reply and more",
	    RULE("data", "\"raw\": \"354 a\\\\r\\\\n250 b\\\\r\\\\n\""),
	    { .stage = STAGE_DATA }, { 0 }, "354 \"354 a\\r\\n250 b\\r\\n\"",
	    true },
	{ "raw bytes of mixed codes",
	    RULE("mail", "\"raw\": \"250-a\\\\r\\\\n450 b\\\\r\\\\n\""),
	    { .stage = STAGE_MAIL }, { 0 }, "450 \"250-a\\r\\n450 b\\r\\n\"",
	    true },
	{ "raw bytes that are no reply", RULE("data", "\"raw\": \"what\\\\n\""),
	    { .stage = STAGE_DATA }, { 0 }, "354 \"what\\n\"", true },
	{ "raw bytes that are no reply take no message",
	    RULE("eod", "\"raw\": \"2\\\\x35\\u0030\""), { .stage = STAGE_EOD },
	    { 0 }, "0 \"250\"", true },
	{ "raw bytes, again and again",
	    RULE("mail", "\"raw\": \"a\\\\\\\\{n}\", \"repeat\": 3"),
	    { .stage = STAGE_MAIL }, { 0 }, "250 \"a\\{n}a\\{n}a\\{n}\"",
	    true },
	{ "drip", RULE("mail", "\"drip\": {\"bytes\": 2, \"every\": \"1s\"}"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n\" 2 bytes every 1s", true },
	{ "drip, then drop",
	    RULE("mail",
		"\"drip\": {\"bytes\": 2, \"every\": \"1s\"}, "
		"\"drop\": {\"after\": 5}"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2\" 2 bytes every 1s, drop", true },
	{ "stall", RULE("mail", "\"stall\": true"), { .stage = STAGE_MAIL },
	    { 0 }, "250 \"\", stall", true },
	{ "stall for a time", RULE("mail", "\"stall\": \"10m\""),
	    { .stage = STAGE_MAIL }, { 0 }, "250 \"\", stall 10m", true },
	{ "drop", RULE("mail", "\"drop\": true"), { .stage = STAGE_MAIL },
	    { 0 }, "250 \"\", drop", true },
	{ "drop after some bytes",
	    RULE("mail", "\"drop\": {\"after\": 5}, \"reply\": \"452 no\""),
	    { .stage = STAGE_MAIL }, { 0 }, "452 \"452 n\", drop", true },
	{ "reset after all bytes", RULE("mail", "\"reset\": {\"after\": 99}"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n\", reset", true },
	{ "close", RULE("mail", "\"then\": \"close\""), { .stage = STAGE_MAIL },
	    { 0 }, "250 \"250 2.1.0 Sender ok\\r\\n\", close", true },
	{ "half-close", RULE("mail", "\"then\": \"half-close\""),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n\", half-close", true },
	{ "discard",
	    RULE("mail", "\"reply\": \"550 a\", \"then\": \"discard\""),
	    { .stage = STAGE_MAIL }, { 0 }, "550 \"550 a\\r\\n\", discard",
	    true },
	{ "vanish within a reply", RULE("mail", "\"vanish\": {\"after\": 3}"),
	    { .stage = STAGE_MAIL }, { 0 }, "250 \"250\", vanish", true },
	{ "stall behind a reply",
	    RULE("quit", "\"reply\": \"221 a\", \"stall\": true"),
	    { .stage = STAGE_QUIT }, { 0 }, "221 \"221 a\\r\\n\", stall",
	    true },
	{ "stall behind raw bytes of none",
	    RULE("quit", "\"raw\": \"\", \"stall\": true"),
	    { .stage = STAGE_QUIT }, { 0 }, "221 \"\", stall", true },
	{ "no bytes", RULE("data", "\"raw\": \"\""), { .stage = STAGE_DATA },
	    { 0 }, "354 \"\"", true },
	{ "preliminary", RULE("mail", "\"reply\": \"150 a\""),
	    { .stage = STAGE_MAIL }, { 0 }, "150 \"150 a\\r\\n\"", true },
	{ "the usual reply, twice", RULE("mail", "\"repeat\": 2"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n250 2.1.0 Sender ok\\r\\n\"",
	    true },
	{ "garbage", RULE("mail", "\"garbage\": 4"), { .stage = STAGE_MAIL },
	    { .dice = 7 }, "250 \"c\x04\xe6\x95\"", true },
	{ "garbage takes no message", RULE("eod", "\"garbage\": 4"),
	    { .stage = STAGE_EOD }, { .dice = 8 }, "0 \"\x9e\x9c\xb0\x89\"",
	    true },
	{ "bare codes throughout",
	    RULE("ehlo", "\"throughout\": {\"text\": false}"),
	    { .stage = STAGE_EHLO }, { 0 },
	    "250 \"250-\\r\\n250-\\r\\n250-\\r\\n250-\\r\\n250-\\r\\n"
	    "250\\r\\n\"",
	    true },
	{ "line ends throughout",
	    RULE("mail",
		"\"reply\": [\"250 a\", \"250\"], "
		"\"throughout\": {\"line_end\": \"\\\\r\\\\r\\\\n\"}"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250-a\\r\\r\\n250\\r\\r\\n\"", true },
	{ "no line ends throughout, repeated",
	    RULE("mail",
		"\"reply\": \"250 a\", \"repeat\": 3, "
		"\"throughout\": {\"line_end\": \"\"}"),
	    { .stage = STAGE_MAIL }, { 0 }, "250 \"250 a250 a250 a\"", true },
	{ "drip throughout",
	    RULE("mail",
		"\"throughout\": {\"drip\": {\"bytes\": 2, \"every\": "
		"\"1s\"}}"),
	    { .stage = STAGE_MAIL }, { 0 },
	    "250 \"250 2.1.0 Sender ok\\r\\n\" 2 bytes every 1s", true },
	{ "raw bytes keep their form",
	    RULE("mail",
		"\"raw\": \"250 a\\\\r\\\\n\", \"throughout\": {\"text\": "
		"false}"),
	    { .stage = STAGE_MAIL }, { 0 }, "250 \"250 a\\r\\n\"", true },
};

/* The answer is made of pieces, each as often as it takes for one that is worth
 * writing. */
static void
test_endless(void **state)
{
	static const char text[] =
	    "{\"hosts\": {\"mx\": {\"address\": \"::1\"" RULE(
		"mail", "\"reply\": \"250 a\", \"repeat\": \"endless\"") "}}}";
	const struct occasion o = { .stage = STAGE_MAIL };
	struct situation situation = { .occasion = &o };
	struct mock_scenario s;
	struct reaction r;
	struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	if (!mock_scenario_parse(&s, "t.json", slice_cstr(text), &err))
		fail_msg("%s", err.msg);
	situation.host = &s.hosts.at[0];
	reaction_make(&r, &situation, &s.hosts.at[0].rules.at[0], 1, &out);
	assert_true(r.is_endless);
	assert_true(r.is_whole);
	assert_true(r.bytes.len >= 65536 && r.bytes.len < 65536 + 7);
	assert_true(r.bytes.len % 7 == 0);
	mock_scenario_fini(&s);
	buf_fini(&out);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct mock_scenario s;
	struct situation situation = row->situation;
	struct reaction r;
	struct buf text = { 0 }, out = { 0 }, got = { 0 };
	struct err err = { 0 };

	buf_printf(&text, "{\"hosts\": {\"mx\": {\"address\": \"::1\"%s}}}",
	    row->host);
	if (!mock_scenario_parse(&s, "t.json", buf_slice(&text), &err))
		fail_msg("%s", err.msg);
	situation.host = &s.hosts.at[0];
	situation.occasion = &row->occasion;
	if (row->has_rule && s.hosts.at[0].rules.at[0].has_throughout)
		situation.throughout = &s.hosts.at[0].rules.at[0].throughout;
	buf_append_cstr(&out, "before");
	reaction_make(&r, &situation,
	    row->has_rule ? &s.hosts.at[0].rules.at[0] : NULL, 4, &out);
	reaction_format(&r, &got);
	assert_slice(buf_slice(&got), row->want);
	assert_true(buf_len(&out) == 6 + r.bytes.len);
	assert_true((r.rule != NULL &&
			(r.rule->raw.at != NULL || r.rule->garbage > 0 ||
			    r.rule->has_throughout)) ||
	    r.is_whole ==
		(r.bytes.len == 0
			? row->occasion.stage == STAGE_CONNECT ||
			    row->occasion.stage == STAGE_BODY
			: slice_ends_with_nocase(r.bytes, SLICE("\r\n"))));
	mock_scenario_fini(&s);
	buf_fini(&text);
	buf_fini(&out);
	buf_fini(&got);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_endless);
	return kit_run(&kit, "reaction");
}
