/* SPDX-License-Identifier: MIT */
/* The story: lanes drawn from a log and transcripts, and what is kept. */
#include "harness/report/story.h"

#include "core/maillog/parser.h"
#include "tests/unit/kit.h"

#define STAMP "Wed Jul  2 09:15:07 2014 Info: "

static const char scenario[] = "{\"title\": \"t\", \"hosts\": {"
			       "\"mx1\": {\"address\": \"10.1.1.1\"},"
			       "\"unused\": {\"address\": \"10.1.1.9\"},"
			       "\"mx2\": {\"address\": \"10.1.1.2\"}}}";

struct fixture {
	struct plan *plan;
	struct story *story;
	struct buf out;
};

static void
setup(struct fixture *f)
{
	struct err err;

	*f = (struct fixture){ 0 };
	f->plan = plan_parse("f.json", slice_cstr(scenario), &err);
	assert_non_null(f->plan);
	f->story = story_new(f->plan);
}

static void
teardown(struct fixture *f)
{
	story_destroy(&f->story);
	plan_destroy(&f->plan);
	buf_fini(&f->out);
}

/* A line so many milliseconds after the start. */
static void
say(struct fixture *f, utime ms, const char *text)
{
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };

	maillog_parser_init(&parser, 0);
	buf_printf(&line, STAMP "%s\n", text);
	assert_true(maillog_parse(&parser, buf_slice(&line), &ev));
	story_log(f->story, &ev, f->plan->start + ms * UTIME_MS);
	buf_fini(&line);
	maillog_parser_fini(&parser);
}

static void
see(struct fixture *f, enum transcript_kind kind, const char *host,
    uint64_t connection, const char *rule)
{
	/* The name of the rule is lent for the call only. */
	char *lent = rule != NULL ? xstrdup(rule) : NULL;
	struct transcript_event ev = { .kind = kind,
		.host = host,
		.connection = connection,
		.rule = lent };

	story_transcript(f->story, &ev);
	if (lent != NULL)
		memset(lent, '?', strlen(lent));
	free(lent);
}

#define ERROR_LINE(dcid, address, details, reason)                             \
	"Connection Error: DCID " dcid " domain: example.com IP: " address     \
	" port: 25 details: " details " interface: 10.0.0.5 reason: " reason

/* Three connections: a bad greeting, a refusal, and one that delivers. */
static void
tell(struct fixture *f)
{
	say(f, 1,
	    "New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.1 port 25");
	see(f, TRANSCRIPT_OPEN, "mx1", 1, NULL);
	see(f, TRANSCRIPT_OUT, "mx1", 1, "f.json:3:4");
	say(f, 5,
	    ERROR_LINE("1", "10.1.1.1", "431-'4.3.1 Mail system full'",
		"unexpected SMTP response"));
	say(f, 7,
	    ERROR_LINE("2", "10.1.1.2", "[Errno 61] Connection refused",
		"network error"));
	see(f, TRANSCRIPT_OPEN, "mx1", 2, NULL);
	say(f, 60009,
	    "New SMTP DCID 3 interface 10.0.0.5 address 10.1.1.1 port 25");
	say(f, 60010, "Delivery start DCID 3 MID 1 to RID [0, 1, 2]");
	say(f, 60011,
	    "Delayed: DCID 3 MID 1 to RID 2 - 4.3.1 - Mail system full "
	    "('452', ['4.3.1 full']) []");
	say(f, 60011, "Message done DCID 3 MID 1 to RID [0, 1]");
	say(f, 60012,
	    "New SMTP DCID 4 interface 10.0.0.5 address 10.1.1.2 port 25");
	say(f, 60013,
	    "Bounced: DCID 4 MID 1 to RID 2 - 5.1.0 - Unknown address error "
	    "('550', ['no']) []");
	say(f, 65013, "DCID 3 close");
}

static void
test_lanes(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell(&f);
	story_format(f.story, UTIME_NEVER, SIZE_MAX, 1, &f.out);
	assert_slice(buf_slice(&f.out),
	    "              mx1                mx2\n"
	    " 0:00:00.001  #1 431 x           |                    "
	    "rule f.json:3:4\n"
	    " 0:00:00.007  +----------------> #2 refused x\n"
	    " -----------  0:01:00 pass\n"
	    " 0:01:00.009  #3 ok 1 452 x      |\n"
	    " 0:01:00.012  +----------------> #4 550 x ~\n");
	const struct story_counts *counts = story_counts(f.story);
	assert_int_equal(counts->connections, 4);
	assert_int_equal(counts->delivered, 2);
	assert_int_equal(counts->delayed, 1);
	assert_int_equal(counts->bounced, 1);
	teardown(&f);
}

/* A few rows around a moment, the rows that follow it included. */
static void
test_around(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell(&f);
	story_format(f.story, f.plan->start + 6 * UTIME_MS, 3, 0, &f.out);
	assert_slice(buf_slice(&f.out),
	    "             mx1                mx2\n"
	    "0:00:00.001  #1 431 x           |                    "
	    "rule f.json:3:4\n"
	    "0:00:00.007  +----------------> #2 refused x\n");
	teardown(&f);
}

static void
test_silence(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	say(&f, 1, "Begin Logfile");
	story_format(f.story, UTIME_NEVER, SIZE_MAX, 0, &f.out);
	assert_int_equal(buf_len(&f.out), 0);
	teardown(&f);
}

/* Connection i opens and closes in millisecond i. */
static void
tell_many(struct fixture *f, int first, int last)
{
	struct buf line = { 0 };

	for (int i = first; i <= last; i++) {
		buf_clear(&line);
		buf_printf(&line,
		    "New SMTP DCID %d interface 10.0.0.5 address 10.1.1.1 "
		    "port 25",
		    i);
		say(f, i, buf_cstr(&line));
		buf_clear(&line);
		buf_printf(&line, "DCID %d close", i);
		say(f, i, buf_cstr(&line));
	}
	buf_fini(&line);
}

/* Of a long run the first and the last are kept, and the story says so. */
static void
test_elided(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell_many(&f, 1, 3 * STORY_KEEP);
	story_format(f.story, UTIME_NEVER, SIZE_MAX, 0, &f.out);
	struct slice text = buf_slice(&f.out);
	size_t at = slice_find(text, SLICE("...........  50 connections not"));
	assert_true(at < text.len);
	assert_true(slice_find(text, SLICE("#50 idle\n")) < at);
	assert_int_equal(slice_find(text, SLICE("#51 idle\n")), text.len);
	assert_int_equal(slice_find(text, SLICE("#100 idle\n")), text.len);
	assert_true(slice_find(text, SLICE("#101 idle\n")) < text.len);
	teardown(&f);
}

/* Those around a pinned moment stay, whatever came before and behind it. */
static void
test_pinned(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	tell_many(&f, 1, 500);
	story_pin(f.story);
	tell_many(&f, 501, 1000);
	story_format(f.story, f.plan->start + 500 * UTIME_MS, 6, 0, &f.out);
	assert_slice(buf_slice(&f.out),
	    "             mx1\n"
	    "0:00:00.497  #497 idle\n"
	    "0:00:00.498  #498 idle\n"
	    "0:00:00.499  #499 idle\n"
	    "0:00:00.500  #500 idle\n"
	    "0:00:00.501  #501 idle\n"
	    "0:00:00.502  #502 idle\n");
	teardown(&f);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_lanes);
	TEST(&kit, test_around);
	TEST(&kit, test_silence);
	TEST(&kit, test_elided);
	TEST(&kit, test_pinned);
	return kit_run(&kit, "story");
}
