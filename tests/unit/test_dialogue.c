/* SPDX-License-Identifier: MIT */
/*
 * A host's side of a dialogue: what goes in, what is answered, however the
 * input is cut.
 */
#include "mockserver/play/dialogue.h"

#include "mockserver/scenario.h"
#include "tests/unit/kit.h"

struct row {
	const char *name, *rules, *input;
	/* The codes of the reactions, "!" behind one that ends the dialogue,
	 * and <from>to,to:size of each message. */
	const char *want;
};

#define HELLO         "EHLO c.example\r\n"
#define FROM_TO       "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n"
#define ACT(on, more) "{\"on\": \"" on "\", \"reply\": \"452 no\"" more "}"

#define OK_(on, more) "{\"on\": \"" on "\", \"reply\": \"250 ok\"" more "}"

static struct row rows[] = {
	{ "a message", "", HELLO FROM_TO "DATA\r\n..x\r\n.\r\nQUIT\r\n",
	    "220 220 250 250 250 354 250 <a@b.example>c@d.example:4 221!" },
	{ "two messages, the envelope anew", "",
	    HELLO FROM_TO "DATA\r\n.\r\n"
			  "MAIL FROM:<>\r\nRCPT TO:<e@f.example>\r\n"
			  "RCPT TO:<g@h.example>\r\nDATA\r\nhi\r\n.\r\n",
	    "220 220 250 250 250 354 250 <a@b.example>c@d.example:0 "
	    "250 250 250 354 250 <>e@f.example,g@h.example:4" },
	{ "RSET clears the envelope", "",
	    HELLO FROM_TO "RSET\r\n" FROM_TO "DATA\r\n.\r\n",
	    "220 220 250 250 250 250 250 250 354 250 "
	    "<a@b.example>c@d.example:0" },
	{ "EHLO clears it too", "", HELLO FROM_TO HELLO FROM_TO "DATA\r\n.\r\n",
	    "220 220 250 250 250 250 250 250 354 250 "
	    "<a@b.example>c@d.example:0" },
	{ "a recipient that is refused is not in the envelope",
	    ACT("rcpt", ", \"to\": \"x@*\""),
	    HELLO FROM_TO "RCPT TO:<x@y.example>\r\nDATA\r\n.\r\n",
	    "220 220 250 250 250 452 354 250 <a@b.example>c@d.example:0" },
	{ "a sender that is refused opens nothing",
	    ACT("mail", ", \"first\": 1"), HELLO FROM_TO "DATA\r\n" FROM_TO,
	    "220 220 250 452 503 554 250 250" },
	{ "an end of data that is refused is no message",
	    ACT("eod", ", \"first\": 1"),
	    HELLO FROM_TO "DATA\r\n.\r\n" FROM_TO "DATA\r\n.\r\n",
	    "220 220 250 250 250 354 452 250 250 354 250 "
	    "<a@b.example>c@d.example:0" },
	{ "DATA that is refused leaves the transaction open",
	    ACT("data", ", \"first\": 1"),
	    HELLO FROM_TO "DATA\r\nDATA\r\n.\r\n",
	    "220 220 250 250 250 452 354 250 <a@b.example>c@d.example:0" },
	{ "what is wrong is no occasion", ACT("rcpt", ", \"nth\": 2"),
	    HELLO "RCPT TO:<c@d.example>\r\n" FROM_TO "RCPT TO:<e\r\n"
		  "RCPT TO:<e@d.example>\r\n",
	    "220 220 250 503 250 250 501 452" },
	{ "an unknown command is one", ACT("unknown", ", \"match\": \"^XY\""),
	    HELLO "XYZ 1\r\nXAB\r\n", "220 220 250 452 500" },
	{ "content reaches each body rule at its byte",
	    ACT("body", ", \"after\": 2") "," ACT(
		"body", ", \"after\": 4") "," ACT("body", ", \"after\": 9"),
	    HELLO FROM_TO "DATA\r\nabc\r\n.\r\n",
	    "220 220 250 250 250 354 452 452 250 "
	    "<a@b.example>c@d.example:5" },
	{ "chunks add up", ACT("eod", ", \"size\": 7"),
	    HELLO FROM_TO "BDAT 3\r\nabcBDAT 4 LAST\r\ndefg",
	    "220 220 250 250 250 250 452" },
	{ "wrong is asked by its code, and others are not",
	    ACT("rcpt", "") "," ACT("rcpt", ", \"wrong\": 503") "," ACT(
		"mail", ", \"wrong\": [501, 555]"),
	    HELLO "RCPT TO:<c@d.example>\r\nMAIL FROM:<a\r\n"
		  "MAIL FROM:<a@b.example> X=1\r\n" FROM_TO
		  "RCPT TO:<e\r\nMAIL FROM:<a@b.example>\r\n",
	    "220 220 250 452 452 452 250 452 501 503" },
	{ "what is wrong is taken as it stands",
	    OK_("mail", ", \"wrong\": 501") "," OK_("rcpt", ", \"wrong\": 501"),
	    HELLO "MAIL FROM: a\r\nRCPT TO:b c\r\nDATA\r\n.\r\n" FROM_TO
		  "DATA\r\n.\r\n",
	    "220 220 250 250 250 354 250 <a>b c:0 250 250 354 250 "
	    "<a@b.example>c@d.example:0" },
	{ "a DATA for nobody, by wrong",
	    ACT("rcpt", "") "," ACT("data", ", \"wrong\": 554"),
	    HELLO FROM_TO "DATA\r\n", "220 220 250 250 452 452" },
	{ "refused and taken", ACT("eod", ", \"as\": 250"),
	    HELLO FROM_TO "DATA\r\n.\r\nMAIL FROM:<>\r\n",
	    "220 220 250 250 250 354 250 <a@b.example>c@d.example:0 250" },
	{ "accepted and forgotten", "{\"on\": \"rcpt\", \"as\": 550}",
	    HELLO FROM_TO "DATA\r\n", "220 220 250 250 550 554" },
	{ "a drop ends it", "{\"on\": \"mail\", \"drop\": true}", HELLO FROM_TO,
	    "220 220 250 250!" },
	{ "a stall ends it", "{\"on\": \"mail\", \"stall\": true}",
	    HELLO FROM_TO, "220 220 250 250!" },
};

static void
note_message(struct dialogue *d, struct buf *seen)
{
	struct envelope *e = dialogue_envelope(d);
	const struct slice *to = envelope_recipients(e);

	buf_append_cstr(seen, " <");
	buf_append(seen, envelope_sender(e));
	buf_append_byte(seen, '>');
	for (size_t i = 0; i < e->count; i++) {
		buf_append_cstr(seen, i > 0 ? "," : "");
		buf_append(seen, to[i]);
	}
	buf_append_byte(seen, ':');
	buf_append_u64(seen, dialogue_size(d));
}

/* Plays what comes; false when the dialogue has ended. */
static bool
play(struct dialogue *d, struct buf *seen)
{
	const struct dialogue_scene scene = { .connections = 1 };
	struct buf out = { 0 };
	struct reaction r;
	enum smtp_violation violation;
	enum dialogue_event event;
	bool is_over = false;

	while (!is_over &&
	    (event = dialogue_next(d, &scene, &out, &r, &violation)) !=
		DIALOGUE_QUIET) {
		if (event == DIALOGUE_VIOLATION)
			continue;
		buf_printf(seen, "%s%d", buf_len(seen) > 0 ? " " : "", r.code);
		is_over = r.ending != RULE_KEEP;
		if (!is_over && dialogue_played(d))
			note_message(d, seen);
		is_over |= dialogue_is_over(d);
	}
	if (is_over)
		buf_append_byte(seen, '!');
	buf_fini(&out);
	return !is_over;
}

static void
run_pieces(const struct slice *pieces, size_t count, void *arg)
{
	const struct row *row = arg;
	const struct ip_address client = ip_v4(10, 0, 0, 5);
	struct mock_scenario s;
	struct buf text = { 0 }, seen = { 0 };
	struct err err = { 0 };
	struct rule_book *book;
	struct dialogue *d;
	bool goes_on;

	buf_printf(&text,
	    "{\"hosts\": {\"mx\": {\"address\": \"::1\", \"rules\": [%s], "
	    "\"extensions\": [\"PIPELINING\", \"SIZE\", \"8BITMIME\", "
	    "\"ENHANCEDSTATUSCODES\", \"SMTPUTF8\", \"CHUNKING\"]}}}",
	    row->rules);
	if (!mock_scenario_parse(&s, "t.json", buf_slice(&text), &err))
		fail_msg("%s", err.msg);
	book = rule_book_new(
	    s.hosts.at[0].rules.at, s.hosts.at[0].rules.count, 1, 0);
	d = dialogue_new(&s.hosts.at[0], book, &client);
	goes_on = play(d, &seen);
	for (size_t i = 0; i < count && goes_on; i++) {
		dialogue_feed(d, pieces[i]);
		goes_on = play(d, &seen);
	}
	assert_slice(buf_slice(&seen), row->want);
	dialogue_destroy(&d);
	rule_book_destroy(&book);
	mock_scenario_fini(&s);
	buf_fini(&text);
	buf_fini(&seen);
}

static void
test_row(void **state)
{
	struct row *row = *state;

	feed_split(slice_cstr(row->input), run_pieces, row);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "dialogue");
}
