/* SPDX-License-Identifier: MIT */
/*
 * The mock in virtual time, seen from a client's stream: each fault at each
 * stage with its bytes, its ending and its exact moment.
 */
#include "tests/unit/mock_stage.h"

static const char *const dialogue[] = {
	"EHLO c.example",
	"MAIL FROM:<a@b.example>",
	"RCPT TO:<c@d.example>",
	"DATA",
	"Subject: x\r\n\r\nhello\r\n.",
	NULL,
};

/* ---- each fault at each stage ---- */

/* The stages of that dialogue in their order, and the codes of their answers.
 * Each step takes 2 ms, so that the answer of stage k, from 0, is there 2 + 2k
 * ms after the client has connected, which takes 2 ms itself. */
static const struct {
	const char *name;
	int code;
} stages[] = {
	{ "banner", 220 },
	{ "ehlo", 250 },
	{ "mail", 250 },
	{ "rcpt", 250 },
	{ "data", 354 },
	{ "eod", 250 },
	{ "quit", 221 },
};

/* Appends the answers of the stages [from, to), each `late` ms late, and the
 * FIN behind QUIT's. */
static void
want_answers(struct buf *want, size_t from, size_t to, unsigned late)
{
	for (size_t k = from; k < to; k++)
		buf_printf(want, "%s%zu %d", buf_len(want) > 0 ? "|" : "",
		    2 + 2 * k + late, stages[k].code);
	if (from < to && to == ARRAY_LEN(stages))
		buf_printf(want, "|%zu FIN", 2 * to + late);
}

/* A fault, and what the client sees instead of the answer of stage k, which
 * were due at `at` ms and had this code. */
struct fault {
	const char *name, *action;
	void (*want)(struct buf *want, size_t k, size_t at);
};

static void
want_drop(struct buf *want, size_t k, size_t at)
{
	(void)k;
	buf_printf(want, "%s%zu FIN", k > 0 ? "|" : "", at);
}

static void
want_reset(struct buf *want, size_t k, size_t at)
{
	buf_printf(want, "%s%zu RST", k > 0 ? "|" : "", at);
}

static void
want_cut(struct buf *want, size_t k, size_t at)
{
	want_drop(want, k, at);
	buf_printf(want, " after \"%.2s\"",
	    stages[k].code / 10 == 22       ? "22"
		: stages[k].code / 10 == 25 ? "25"
					    : "35");
}

static void
want_cut_reset(struct buf *want, size_t k, size_t at)
{
	want_reset(want, k, at);
	buf_printf(want, " after \"45\"");
}

static void
want_delay(struct buf *want, size_t k, size_t at)
{
	(void)at;
	want_answers(want, k, ARRAY_LEN(stages), 5000);
}

static void
want_stall(struct buf *want, size_t k, size_t at)
{
	want_drop(want, k, at + 10000);
}

/* The client leaves a minute after it began to connect. */
static void
want_stall_forever(struct buf *want, size_t k, size_t at)
{
	(void)at;
	want_drop(want, k, 60000);
}

/* It ends the dialogue with QUIT; a greeting that is no 2xx ends it at once. */
static void
want_reply(struct buf *want, size_t k, size_t at)
{
	buf_printf(want, "%s%zu 452", k > 0 ? "|" : "", at);
	if (k == 0)
		buf_printf(want, "|%zu FIN", at);
	else if (k + 1 == ARRAY_LEN(stages))
		buf_printf(want, "|%zu FIN", at);
	else
		buf_printf(want, "|%zu 221|%zu FIN", at + 2, at + 2);
}

static void
want_421(struct buf *want, size_t k, size_t at)
{
	buf_printf(want, "%s%zu 421|%zu FIN", k > 0 ? "|" : "", at, at);
}

static void
want_close(struct buf *want, size_t k, size_t at)
{
	want_answers(want, k, k + 1, 0);
	if (k + 1 < ARRAY_LEN(stages))
		buf_printf(want, "|%zu FIN", at);
}

static const struct fault faults[] = {
	{ "drop", "\"drop\": true", want_drop },
	{ "reset", "\"reset\": true", want_reset },
	{ "drop in the answer", "\"drop\": {\"after\": 2}", want_cut },
	{ "reset in the reply",
	    "\"reply\": \"452 no\", \"reset\": {\"after\": 2}",
	    want_cut_reset },
	{ "delay", "\"delay\": \"5s\"", want_delay },
	{ "stall for a time", "\"stall\": \"10s\"", want_stall },
	{ "stall", "\"stall\": true", want_stall_forever },
	{ "reply", "\"reply\": [\"452-4.3.1 a\", \"452 b\"]", want_reply },
	{ "reply 421", "\"reply\": \"421 a\"", want_421 },
	{ "close", "\"then\": \"close\"", want_close },
	{ "delayed drop", "\"delay\": \"10s\", \"drop\": true", want_stall },
};

struct matrix_row {
	char name[64];
	size_t stage;
	const struct fault *fault;
};
static struct matrix_row matrix[ARRAY_LEN(stages) * ARRAY_LEN(faults)];

static void
test_matrix(void **state)
{
	const struct matrix_row *row = *state;
	struct client c = { .script = dialogue, .patience = UTIME_MINUTE };
	struct setup s;
	struct buf host = { 0 }, want = { 0 };

	buf_printf(&host, ", \"rules\": [{\"on\": \"%s\", %s}]",
	    stages[row->stage].name, row->fault->action);
	setup_init(&s, buf_cstr(&host));
	client_start(&c, s.world);
	setup_run(&s);
	want_answers(&want, 0, row->stage, 0);
	row->fault->want(&want, row->stage, 2 + 2 * row->stage);
	assert_slices_equal(buf_slice(&c.seen), buf_slice(&want));
	assert_true(mock_open_sessions(s.mock, NULL) == 0);
	assert_true(mock_unused_rules(s.mock, NULL, NULL) == 0);
	client_fini(&c);
	setup_fini(&s);
	buf_fini(&host);
	buf_fini(&want);
}

/* ---- the other stages, and what rules do not say ---- */

struct case_row {
	const char *name, *host, *want;
	const char *script[8];
};

#define TO_DATA                                                                \
	"EHLO c", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"
#define UP_TO_DATA "2 220|4 250|6 250|8 250|10 354|"

static struct case_row case_rows[] = {
	{ "connect, drop", RULE("connect", "\"drop\": true"), "2 FIN",
	    { NULL } },
	{ "connect, reset", RULE("connect", "\"reset\": true"), "2 RST",
	    { NULL } },
	{ "connect, delay", RULE("connect", "\"delay\": \"3s\""),
	    "3002 220|3004 221|3004 FIN", { NULL } },
	{ "connect, stall", RULE("connect", "\"stall\": \"3s\""), "3002 FIN",
	    { NULL } },
	{ "body, drop at its start", RULE("body", "\"drop\": true"),
	    UP_TO_DATA "10 FIN", { TO_DATA, "hello\r\n." } },
	{ "body, reset at a byte",
	    RULE("body", "\"after\": 5, \"reset\": true"), UP_TO_DATA "12 RST",
	    { TO_DATA, "hello\r\n." } },
	{ "body, too short for the rule",
	    RULE("body", "\"after\": 500, \"reset\": true, \"optional\": true"),
	    UP_TO_DATA "12 250|14 221|14 FIN", { TO_DATA, "hello\r\n." } },
	{ "body, delay", RULE("body", "\"after\": 5, \"delay\": \"1s\""),
	    UP_TO_DATA "1012 250|1014 221|1014 FIN",
	    { TO_DATA, "hello\r\n." } },
	{ "body, two rules",
	    RULES("{\"on\": \"body\", \"after\": 2, \"delay\": \"1s\"},"
		  "{\"on\": \"body\", \"after\": 4, \"delay\": \"2s\"}"),
	    UP_TO_DATA "3012 250|3014 221|3014 FIN",
	    { TO_DATA, "hello\r\n." } },
	{ "body, 421 and close",
	    RULE("body", "\"reply\": \"421 4.3.2 down\", \"then\": \"close\""),
	    "2 220|4 250|6 250|8 250|10 354|10 421|10 FIN", { TO_DATA } },
	{ "rset, noop, vrfy, unknown, helo",
	    RULES("{\"on\": \"rset\", \"reply\": \"251 a\"},"
		  "{\"on\": \"noop\", \"reply\": \"252 a\"},"
		  "{\"on\": \"vrfy\", \"reply\": \"253 a\"},"
		  "{\"on\": \"unknown\", \"reply\": \"254 a\"},"
		  "{\"on\": \"helo\", \"reply\": \"255 a\"}"),
	    "2 220|4 255|6 251|8 252|10 253|12 254|14 221|14 FIN",
	    { "HELO c", "RSET", "NOOP", "VRFY x", "XYZZY" } },
	{ "an answer of 250 to DATA opens no body",
	    RULE("data", "\"reply\": \"250 a\""),
	    "2 220|4 250|6 250|8 250|10 250|12 250|14 221|14 FIN",
	    { TO_DATA, "NOOP" } },
	{ "refused: what is pipelined behind is no occasion",
	    RULES("{\"on\": \"mail\", \"reply\": \"452 a\"},"
		  "{\"on\": \"rcpt\", \"reply\": \"450 b\", "
		  "\"optional\": true}"),
	    "2 220|4 250|6 452|6 503|8 221|8 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>" } },
	{ "pipelined", "", "2 220|4 250|6 250|6 250|6 354|8 250|8 221|8 FIN",
	    { "EHLO c",
		"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA",
		"hello\r\n." } },
	{ "chunks",
	    RULE(
		"bdat", "\"delay\": \"1s\"") ", \"extensions\": [\"CHUNKING\"]",
	    "2 220|4 250|6 250|8 250|1010 250|1012 250|1014 221|1014 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>",
		"BDAT 7\r\nhello", "BDAT 7 LAST\r\nworld" } },
	{ "drip",
	    RULE("ehlo",
		"\"reply\": \"250 abcd\", "
		"\"drip\": {\"bytes\": 4, \"every\": \"1s\"}"),
	    "2 220|2004 250|2006 221|2006 FIN", { "EHLO c" } },
	{ "raw bytes",
	    RULE("mail", "\"raw\": \"250 a\\\\r\\\\n250 b\\\\r\\\\n\""),
	    "2 220|4 250|6 250|6 250|8 221|8 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "a reply in portions",
	    RULE("ehlo",
		"\"reply\": \"250 abcd\", "
		"\"drip\": {\"bytes\": [1, 4], \"every\": \"1s\"}"),
	    "2 220|2004 250|2006 221|2006 FIN", { "EHLO c" } },
	{ "half-close", RULE("mail", "\"then\": \"half-close\""),
	    "2 220|4 250|6 250|6 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "linger behind QUIT", RULE("quit", "\"linger\": \"5s\""),
	    "2 220|4 221|5004 FIN", { NULL } },
	{ "linger for the rest of the connection",
	    RULE("connect", "\"linger\": \"5s\""), "2 220|4 250|6 221|5006 FIN",
	    { "EHLO c" } },
	{ "stall behind a reply",
	    RULE("ehlo", "\"reply\": \"250 a\", \"stall\": \"7s\""),
	    "2 220|4 250|7004 FIN", { "EHLO c", "NOOP" } },
	{ "what is pipelined is thrown away",
	    RULES("{\"on\": \"mail\", \"reply\": \"452 a\", "
		  "\"then\": \"discard\"},"
		  "{\"on\": \"rcpt\", \"drop\": true, \"optional\": true}"),
	    "2 220|4 250|6 452|8 221|8 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>" } },
	{ "a reply within a command",
	    RULE("command",
		"\"after\": 6, \"match\": \"^MAIL F$\", "
		"\"reply\": \"250 early\""),
	    "2 220|4 250|6 250|6 250|8 221|8 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "drop within a command",
	    RULE("command", "\"after\": 3, \"nth\": 2, \"drop\": true"),
	    "2 220|4 250|6 FIN", { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "reset at the end of a command",
	    RULE("command", "\"after\": 8, \"reset\": true"), "2 220|4 RST",
	    { "EHLO c" } },
	{ "a command too short for the rule",
	    RULE(
		"command", "\"after\": 9, \"reset\": true, \"optional\": true"),
	    "2 220|4 250|6 221|6 FIN", { "EHLO c" } },
	{ "gone without a word", RULE("mail", "\"vanish\": true"),
	    "2 220|4 250|3600006 RST",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "gone behind a reply", RULE("mail", "\"vanish\": {\"after\": 100}"),
	    "2 220|4 250|6 250|3600006 RST",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "nothing is read any more", RULE("mail", "\"read\": false"),
	    "2 220|4 250|6 250|300006 421|300006 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "read slowly",
	    RULE("mail", "\"read\": {\"bytes\": 1, \"every\": \"1s\"}"),
	    "2 220|4 250|6 250|5008 221|5008 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>" } },
	{ "no answer", RULE("mail", "\"raw\": \"\""),
	    "2 220|4 250|6 250|8 221|8 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>" } },
	{ "idle", ", \"limits\": {\"idle_timeout\": \"10s\"}",
	    "2 220|4 250|10004 421|10004 FIN", { "EHLO c", "-" } },
	{ "throttled, both ways",
	    RULE("ehlo", "\"throttle\": 20") ", \"extensions\": []",
	    "2 220|304 250|806 250|1408 221|1408 FIN", { "EHLO c", "NOOP" } },
	{ "idle, with another answer, and again",
	    RULES(
		"{\"on\": \"idle\", \"nth\": 1, \"reply\": \"250 a\"},"
		"{\"on\": \"idle\", \"delay\": \"1s\", "
		"\"reply\": \"421 b\"}") ", \"limits\": {\"idle_timeout\": \"10s\"}",
	    "2 220|4 250|10004 250|21004 421|21004 FIN", { "EHLO c", "-" } },
	{ "idle, without a word",
	    RULE("idle",
		"\"drop\": true") ", \"limits\": {\"idle_timeout\": \"10s\"}",
	    "2 220|4 250|10004 FIN", { "EHLO c", "-" } },
	{ "idle, reset behind some bytes",
	    RULE("idle",
		"\"reply\": \"421 a\", \"reset\": {\"after\": 5}") ", \"limits\": {\"idle_timeout\": \"10s\"}",
	    "2 220|4 250|10004 RST after "
	    "\"421 a\"",
	    { "EHLO c", "-" } },
	{ "idle, and still there",
	    RULE("idle",
		"\"stall\": \"30s\"") ", \"limits\": {\"idle_timeout\": \"10s\"}",
	    "2 220|4 250|40004 FIN", { "EHLO c", "-" } },
	{ "size above the limit at MAIL", ", \"limits\": {\"size\": 10}",
	    "2 220|4 250|6 552|8 221|8 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example> SIZE=11" } },
	{ "size above the limit at the end", ", \"limits\": {\"size\": 10}",
	    UP_TO_DATA "12 552|14 221|14 FIN",
	    { TO_DATA, "hello world\r\n." } },
	{ "too many recipients", ", \"limits\": {\"recipients\": 1}",
	    "2 220|4 250|6 250|8 250|10 452|12 221|12 FIN",
	    { "EHLO c", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>",
		"RCPT TO:<e@d.example>" } },
};

static void
test_case(void **state)
{
	const struct case_row *row = *state;
	struct client c = { .script = row->script };
	struct setup s;

	setup_init(&s, row->host);
	client_start(&c, s.world);
	setup_run(&s);
	assert_slice(buf_slice(&c.seen), row->want);
	assert_true(mock_open_sessions(s.mock, NULL) == 0);
	assert_true(mock_unused_rules(s.mock, NULL, NULL) == 0);
	client_fini(&c);
	setup_fini(&s);
}

/* An answer without end ends when the client does. */
static void
test_endless(void **state)
{
	struct client c = { .script = (const char *const[]){ "EHLO c", NULL },
		.patience = 10 * UTIME_S };
	struct setup s;

	(void)state;
	setup_init(&s,
	    RULE("ehlo",
		"\"raw\": \"250-a\\\\r\\\\n\", \"repeat\": \"endless\", "
		"\"drip\": {\"bytes\": 70000, \"every\": \"1s\"}"));
	client_start(&c, s.world);
	setup_run(&s);
	assert_slice(buf_slice(&c.seen), "2 220|10000 FIN");
	assert_true(sim_counts(s.world).bytes > 9 * 65536);
	client_fini(&c);
	setup_fini(&s);
}

/* The same as fast as the client takes it: the transcript has one piece. */
static void
test_endless_at_once(void **state)
{
	struct client c = { .script = (const char *const[]){ "EHLO c", NULL },
		.patience = 20 * UTIME_MS };
	struct setup s;

	(void)state;
	setup_init(&s,
	    RULE("ehlo",
		"\"raw\": \"250-a\\\\r\\\\n\", \"repeat\": \"endless\""));
	client_start(&c, s.world);
	setup_run(&s);
	assert_true(sim_counts(s.world).bytes > 1000000);
	assert_true(buf_len(&s.transcript) < 200000);
	assert_true(mock_open_sessions(s.mock, NULL) == 0);
	client_fini(&c);
	setup_fini(&s);
}

/* The second client waits for the first to end, the third's SYN for room. */
static void
test_one_at_a_time(void **state)
{
	static const char *const slow[] = { "EHLO c", "-" };
	static const char *const none[] = { NULL };
	struct client c[] = {
		{ .script = slow, .patience = 10 * UTIME_S },
		{ .script = none },
		{ .script = none },
	};
	struct setup s;

	(void)state;
	setup_init(&s, ", \"limits\": {\"accepted\": 1, \"backlog\": 1}");
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_start(&c[i], s.world);
		(void)sim_run_until(
		    s.world, world_now(s.world) + UTIME_S, &(struct err){ 0 });
	}
	setup_run(&s);
	assert_slice(buf_slice(&c[0].seen), "2 220|4 250|10000 FIN");
	assert_slice(buf_slice(&c[1].seen), "9000 220|9002 221|9002 FIN");
	/* It came at 2 s; its SYN is sent again at 3, 5, 9 and 17 s. */
	assert_slice(buf_slice(&c[2].seen), "2 220|4 221|4 FIN");
	assert_true(world_now(s.world) / UTIME_S == 17);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		client_fini(&c[i]);
	setup_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		for (size_t j = 0; j < ARRAY_LEN(faults); j++) {
			struct matrix_row *row = &matrix[n++];

			snprintf(row->name, sizeof(row->name), "%s, %s",
			    stages[i].name, faults[j].name);
			row->stage = i;
			row->fault = &faults[j];
		}
	}
	ROWS(&kit, matrix, test_matrix);
	ROWS(&kit, case_rows, test_case);
	TEST(&kit, test_endless);
	TEST(&kit, test_endless_at_once);
	TEST(&kit, test_one_at_a_time);
	return kit_run(&kit, "mock");
}
