/* SPDX-License-Identifier: MIT */
/*
 * The mock in virtual time: what it tells, what it counts as a message, states
 * of hosts, limits, back-pressure, and ends.
 */
#include "tests/unit/mock_stage.h"

/* Lines of the transcript: the millisecond, and what stands behind "event". */
static const struct {
	const char *ms, *text;
} told[] = {
	{ "03",
	    "\"open\",\"server\":\"10.1.1.11:25\","
	    "\"client\":\"10.0.0.5:CLIENT\"" },
	{ "03",
	    "\"out\",\"direction\":\"out\","
	    "\"bytes\":\"220 mx ESMTP\\r\\n\"" },
	{ "05", "\"in\",\"direction\":\"in\",\"bytes\":\"HELO c\\r\\n\"" },
	{ "05",
	    "\"rule\",\"rule\":\"t.json:1:53\","
	    "\"note\":\"reply 250, drop after 3 bytes\"" },
	{ "05",
	    "\"out\",\"direction\":\"out\",\"bytes\":\"250\","
	    "\"rule\":\"t.json:1:53\"" },
	{ "05", "\"close\",\"rule\":\"t.json:1:53\"" },
};

static void
test_transcript(void **state)
{
	static const char *const script[] = { "HELO c", NULL };
	struct client c = { .script = script };
	struct setup s;
	struct slice got;
	size_t port, end_of_port;
	struct buf masked = { 0 }, want = { 0 };

	(void)state;
	setup_init(
	    &s, RULE("helo", "\"reply\": \"250 a\", \"drop\": {\"after\": 3}"));
	client_start(&c, s.world);
	setup_run(&s);
	got = buf_slice(&s.transcript);
	port = slice_find(got, SLICE("10.0.0.5:")) + strlen("10.0.0.5:");
	end_of_port = port + slice_find_byte(slice_skip(got, port), '"');
	buf_append(&masked, slice_sub(got, 0, port));
	buf_append_cstr(&masked, "CLIENT");
	buf_append(&masked, slice_skip(got, end_of_port));
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		buf_printf(&want,
		    "{\"time\":\"1970-01-01T00:00:00.0%s000Z\","
		    "\"host\":\"mx\",\"connection\":1,\"event\":%s}\n",
		    told[i].ms, told[i].text);
	assert_slices_equal(buf_slice(&masked), buf_slice(&want));
	client_fini(&c);
	setup_fini(&s);
	buf_fini(&masked);
	buf_fini(&want);
}

/* The envelope has the recipients that were accepted, each message its own; an
 * answer that did not get across accepts nothing. */
static void
test_messages(void **state)
{
	static const char *const script[] = {
		"EHLO c",
		"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
		"RCPT TO:<no@d.example>\r\nRCPT TO:<e@d.example>\r\n"
		"DATA\r\n..x\r\n.\r\n"
		"MAIL FROM:<>\r\nRCPT TO:<f@d.example>\r\n"
		"DATA\r\nhi\r\n.\r\n"
		"MAIL FROM:<>\r\nRCPT TO:<f@d.example>\r\n"
		"DATA\r\nhi\r\n.",
		"-",
		NULL,
	};
	struct client c = { .script = script };
	struct setup s;
	struct slice t;

	(void)state;
	setup_init(&s,
	    RULES("{\"on\": \"rcpt\", \"to\": \"no@*\", "
		  "\"reply\": \"550 x\"},"
		  "{\"on\": \"eod\", \"nth\": 3, "
		  "\"drop\": {\"after\": 4}}"));
	client_start(&c, s.world);
	setup_run(&s);
	t = buf_slice(&s.transcript);
	assert_true(slice_find(t,
			SLICE("\"message\",\"from\":\"a@b.example\","
			      "\"to\":[\"c@d.example\",\"e@d.example\"],"
			      "\"size\":4}")) < t.len);
	assert_true(slice_find(t,
			SLICE("\"message\",\"from\":\"\","
			      "\"to\":[\"f@d.example\"],\"size\":4}")) < t.len);
	assert_true(mock_message_count(s.mock, NULL) == 2);
	client_fini(&c);
	setup_fini(&s);
}

static const char *const content_script[] = { "EHLO c", "MAIL FROM:<a@b>",
	"RCPT TO:<c@d>", "DATA", "A: b\r\n\r\nhello\r\n..\r\n.", "MAIL FROM:<>",
	"RCPT TO:<c@d>", "DATA", "x\r\n.", NULL };

static struct cut_row {
	const char *name;
	size_t shown_max;
	const char *first, *second; /* what there is of the two contents */
} cut_rows[] = {
	{ "nothing is shown", 0,
	    "\"bytes\":\"\",\"cut\":19|\"bytes\":\".\\r\\n\"|"
	    "\"size\":18",
	    "\"bytes\":\"\",\"cut\":3|\"bytes\":\".\\r\\n\"|"
	    "\"size\":3" },
	{ "four bytes are", 4,
	    "\"bytes\":\"A: b\",\"cut\":15|\"bytes\":\".\\r\\n\"|"
	    "\"size\":18",
	    "\"bytes\":\"x\\r\\n.\\r\\n\"|\"size\":3" },
	/* Dots are stuffed where they are cut and not where they are kept. */
	{ "all but one are", 18,
	    "\"bytes\":\"A: b\\r\\n\\r\\nhello\\r\\n..\\r\",\"cut\":1|"
	    "\"bytes\":\".\\r\\n\"|\"size\":18",
	    "\"bytes\":\"x\\r\\n.\\r\\n\"|\"size\":3" },
	{ "all are", 19,
	    "\"bytes\":\"A: b\\r\\n\\r\\nhello\\r\\n..\\r\\n.\\r\\n\"|"
	    "\"size\":18",
	    "\"bytes\":\"x\\r\\n.\\r\\n\"|\"size\":3" },
};

/* What stands of it in the line, up to the end of the object. */
static void
note_member(struct slice line, struct slice member, size_t skip, struct buf *to)
{
	const size_t at = slice_find(line, member);

	if (at == line.len)
		return;
	line = slice_skip(line, at + skip);
	buf_printf(to, "%.*s|", SLICE_ARG(slice_sub(line, 0, line.len - 1)));
}

/* Of each message the beginning is shown, and its end. */
static void
test_cut(void **state)
{
	static const struct slice in = SLICE_INIT("\"direction\":\"in\",");
	const struct cut_row *row = *state;
	const struct transcript_sink sink = { .cuts_content = true,
		.shown_max = row->shown_max };
	struct client c = { .script = content_script };
	struct setup s;
	struct slice rest, line;
	struct buf seen = { 0 }, want = { 0 };

	setup_told(&s,
	    SLICE("{\"hosts\": {\"mx\": {\"address\": \"10.1.1.11\"}}}"),
	    &sink);
	client_start(&c, s.world);
	setup_run(&s);
	rest = buf_slice(&s.transcript);
	while (slice_split(&rest, '\n', &line)) {
		note_member(line, in, in.len, &seen);
		note_member(line, SLICE("\"size\":"), 0, &seen);
	}
	buf_printf(&want,
	    "\"bytes\":\"EHLO c\\r\\n\"|\"bytes\":\"MAIL FROM:<a@b>\\r\\n\"|"
	    "\"bytes\":\"RCPT TO:<c@d>\\r\\n\"|\"bytes\":\"DATA\\r\\n\"|%s|"
	    "\"bytes\":\"MAIL FROM:<>\\r\\n\"|\"bytes\":\"RCPT TO:<c@d>\\r\\n\"|"
	    "\"bytes\":\"DATA\\r\\n\"|%s|\"bytes\":\"QUIT\\r\\n\"|",
	    row->first, row->second);
	assert_slices_equal(buf_slice(&seen), buf_slice(&want));
	client_fini(&c);
	setup_fini(&s);
	buf_fini(&seen);
	buf_fini(&want);
}

static void
test_states(void **state)
{
	struct client refused = { .script = NULL }, again = { .script = NULL };
	struct setup s;
	struct err err;

	(void)state;
	setup_init(&s, ", \"state\": \"refuse\"");
	assert_null(mock_listen_address(s.mock, &s.scenario.hosts.at[0], 0));
	client_start(&refused, s.world);
	setup_run(&s);
	assert_slice(
	    buf_slice(&refused.seen), "2 [Errno 61] Connection refused");
	assert_true(
	    mock_set_host_state(s.mock, SLICE("mx"), MOCK_HOST_UP, &err));
	client_start(&again, s.world);
	setup_run(&s);
	assert_slice(buf_slice(&again.seen), "2 220|300002 421|300002 FIN");
	assert_false(
	    mock_set_host_state(s.mock, SLICE("my"), MOCK_HOST_UP, &err));
	assert_string_equal(err.msg, "there is no host \"my\"");
	client_fini(&refused);
	client_fini(&again);
	setup_fini(&s);
}

static void
test_connection_limit(void **state)
{
	struct client a = { .patience = UTIME_S }, b = { .script = NULL };
	struct setup s;

	(void)state;
	setup_init(&s, ", \"limits\": {\"connections\": 1}");
	client_start(&a, s.world);
	client_start(&b, s.world);
	setup_run(&s);
	assert_slice(buf_slice(&a.seen), "2 220|1000 FIN");
	assert_slice(buf_slice(&b.seen), "2 421|2 FIN");
	client_fini(&a);
	client_fini(&b);
	setup_fini(&s);
}

/* A client that sends without reading its answers stops the host, not the
 * machine: what is queued stays bounded, and nothing is lost. */
static void
test_back_pressure(void **state)
{
	enum {
		NOOPS = 400000
	};
	struct client c = { .script = NULL };
	struct setup s;
	struct err err;
	struct buf noops = { 0 };
	size_t replies = 0;

	(void)state;
	setup_init(&s, "");
	s.transcript = (struct buf){ 0 };
	client_start(&c, s.world);
	stream_pause(c.stream, true);
	for (size_t i = 0; i < NOOPS; i++)
		buf_append_cstr(&noops, "NOOP\r\n");
	buf_append_cstr(&noops, "QUIT\r\n");
	assert_true(sim_run_until(s.world, 10 * UTIME_MS, &err));
	stream_write(c.stream, buf_slice(&noops));
	assert_true(sim_run_until(s.world, 60 * UTIME_S, &err));
	assert_true(stream_queued(c.stream) > 0);
	assert_true(buf_len(&c.seen) == 0);
	stream_pause(c.stream, false);
	setup_run(&s);
	for (size_t i = 0; i < buf_len(&c.seen); i++)
		replies += buf_slice(&c.seen).at[i] == '|';
	/* The greeting, the NOOPs, QUIT, FIN. */
	assert_true(replies == NOOPS + 2);
	client_fini(&c);
	setup_fini(&s);
	buf_fini(&noops);
}

static void
on_unused(void *owner, const struct mock_host *host, const struct rule *rule)
{
	buf_printf(owner, "%s %s", host->name, rule->place);
}

static void
test_unused(void **state)
{
	struct setup s;
	struct buf found = { 0 };

	(void)state;
	setup_init(&s,
	    RULES("{\"on\": \"data\", \"drop\": true, \"optional\": true},"
		  "{\"on\": \"eod\", \"drop\": true}"));
	assert_true(mock_unused_rules(s.mock, on_unused, &found) == 1);
	assert_slice(buf_slice(&found), "mx t.json:1:100");
	setup_fini(&s);
	buf_fini(&found);
}

/* mock_destroy() in the middle of things. */
static void
test_destroy(void **state)
{
	static const char *const script[] = { "EHLO c", NULL };
	struct client c = { .script = script };
	struct setup s;
	struct err err;

	(void)state;
	setup_init(&s, RULE("ehlo", "\"delay\": \"1m\""));
	client_start(&c, s.world);
	assert_true(sim_run_until(s.world, UTIME_S, &err));
	assert_true(mock_open_sessions(s.mock, &s.scenario.hosts.at[0]) == 1);
	mock_destroy(&s.mock);
	setup_run(&s);
	assert_slice(buf_slice(&c.seen), "2 220|999 RST");
	client_fini(&c);
	setup_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_transcript);
	TEST(&kit, test_messages);
	ROWS(&kit, cut_rows, test_cut);
	TEST(&kit, test_states);
	TEST(&kit, test_connection_limit);
	TEST(&kit, test_back_pressure);
	TEST(&kit, test_unused);
	TEST(&kit, test_destroy);
	return kit_run(&kit, "player");
}
