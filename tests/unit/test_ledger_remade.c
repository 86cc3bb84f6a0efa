/* SPDX-License-Identifier: MIT */
/* What the ledger makes of messages that go on with another MID. */
#include "harness/judge/ledger.h"
#include "tests/unit/kit.h"

struct fixture {
	struct plan *plan;
	struct ledger *ledger;
	struct buf told; /* entries, a letter each */
};

static void
on_entry(void *owner, const struct ledger_entry *entry)
{
	static const char letters[] = { [LEDGER_ACCEPTED] = 'a',
		[LEDGER_DELIVERED] = 'd',
		[LEDGER_STRAY] = 's',
		[LEDGER_REUSED] = 'r',
		[LEDGER_FINISHED] = 'f',
		[LEDGER_GAP] = 'g' };
	struct fixture *f = owner;

	if (entry->kind < sizeof(letters) && letters[entry->kind] != '\0')
		buf_append_byte(&f->told, letters[entry->kind]);
}

static enum greeted
on_greeted(void *owner, uint64_t dcid)
{
	(void)owner;
	(void)dcid;
	return GREETED_UNKNOWN;
}

static void
setup(struct fixture *f)
{
	struct ledger_hooks hooks = { f, on_entry, on_greeted };
	struct err err;

	*f = (struct fixture){ 0 };
	f->plan = plan_parse("l.json",
	    SLICE(
		"{\"title\": \"t\", \"hosts\": {\"a\": {\"address\": "
		"\"10.1.1.11\"}}, \"routes\": [\"example.com [10.1.1.11]\"]}"),
	    &err);
	assert_non_null(f->plan);
	f->ledger = ledger_new(f->plan, &hooks);
}

static void
teardown(struct fixture *f)
{
	ledger_destroy(&f->ledger);
	plan_destroy(&f->plan);
	buf_fini(&f->told);
}

/* Records, a line each. */
static void
say(struct fixture *f, const char *text)
{
	struct slice rest = slice_cstr(text), one;
	char stamp[UTIME_TEXT_MAX];
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };

	while (slice_split(&rest, '\n', &one)) {
		buf_clear(&line);
		buf_printf(&line, "%s Info: %.*s",
		    utime_format_asctime(f->plan->start, stamp),
		    SLICE_ARG(one));
		maillog_parser_init(&parser, f->plan->start);
		assert_true(maillog_parse(&parser, buf_slice(&line), &ev));
		ledger_line(f->ledger, &ev, UTIME_NEVER);
		maillog_parser_fini(&parser);
	}
	buf_fini(&line);
}

#define COMES                                                                  \
	"Start MID 5 ICID 1\nMID 5 ICID 1 From: <s@example.net>\n"             \
	"MID 5 ICID 1 RID 0 To: <u@example.com>\n"
#define BECOMES(old, new) "MID " old " rewritten to MID " new " by add-footer\n"
#define QUEUED(mid)       "MID " mid " queued for delivery\n"
#define FINISHED(mid)     "Message finished MID " mid " done\n"
#define TAKEN(mid)                                                             \
	"New SMTP DCID 1 interface 10.0.0.5 address 10.1.1.11 port 25\n"       \
	"Delivery start DCID 1 MID " mid " to RID [0]\n"                       \
	"Message done DCID 1 MID " mid " to RID [0]\n" FINISHED(mid)
#define TOLD                                                                   \
	"Start MID 6 ICID 0\nMID 6 ICID 0 From: <t@example.net>\n"             \
	"MID 6 ICID 0 RID 0 To: <v@example.com>\n"

static const struct {
	const char *lines, *told;
} rows[] = {
	{ COMES QUEUED("5") TAKEN("5"), "ad" },
	{ COMES BECOMES("5", "6") FINISHED("5") QUEUED("6") TAKEN("6"), "ad" },
	{ COMES BECOMES("5", "6") BECOMES("6", "7") FINISHED("5") FINISHED("6")
		QUEUED("7") TAKEN("7"),
	    "ad" },
	/* Its client goes in the meantime. */
	{ COMES BECOMES("5", "6") "ICID 1 close\n" FINISHED("5") QUEUED("6")
		TAKEN("6"),
	    "ad" },
	/* Twice, by either name. */
	{ COMES BECOMES("5", "6") FINISHED("5") QUEUED("6") TAKEN("6")
		TAKEN("6"),
	    "adss" },
	{ COMES BECOMES("5", "6") FINISHED("5") QUEUED("6") TAKEN("6")
		TAKEN("5"),
	    "adss" },
	/* The old name has not ended: it may go on, too. */
	{ COMES BECOMES("5", "6") QUEUED("5") QUEUED("6") TAKEN("6") TAKEN("5"),
	    "ad" },
	{ COMES BECOMES("5", "6") BECOMES("5", "7") QUEUED("6") QUEUED("7")
		TAKEN("6") TAKEN("7"),
	    "ad" },
	/* It is given anew. */
	{ COMES BECOMES("5", "6") COMES QUEUED("5") TAKEN("5"), "ad" },
	{ COMES BECOMES("5", "6") FINISHED("5") COMES, "r" },
	/* Its heir is told of by itself. */
	{ COMES TOLD BECOMES("5", "6") FINISHED("5") QUEUED("6") TAKEN("6"),
	    "ad" },
	{ TOLD BECOMES("5", "6") QUEUED("6") TAKEN("6"), "ad" },
	/* Nothing is known of it. */
	{ "Start MID 4 ICID 1\n" BECOMES("5", "6") QUEUED("6") TAKEN("6"), "" },
	{ BECOMES("5", "6") "Start MID 4 ICID 1\n" QUEUED("6")
		TAKEN("6") "Start MID 6 ICID 1\n",
	    "" },
	/* What cannot be. */
	{ COMES BECOMES("5", "5") QUEUED("5") TAKEN("5"), "ad" },
	{ COMES QUEUED("5") BECOMES("5", "6") TAKEN("6"), "ag" },
	{ COMES TOLD QUEUED("6") BECOMES("5", "6") TAKEN("6"), "ag" },
	{ COMES "Start MID 6 ICID 0\n" BECOMES("5", "6") QUEUED("6") TAKEN("6"),
	    "g" },
	/* It ends with recipients in the queue. */
	{ COMES BECOMES("5", "6") QUEUED("6") FINISHED("6"), "af" },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture f;

		setup(&f);
		say(&f, rows[i].lines);
		if (strcmp(buf_cstr(&f.told), rows[i].told) != 0)
			fail_msg("row %zu: %s, not %s", i, buf_cstr(&f.told),
			    rows[i].told);
		teardown(&f);
	}
}

/* Who sent it, to whom, by whom it was brought, and since when. */
static void
test_what_is_kept(void **state)
{
	const struct ledger_message *m;
	struct fixture f;

	(void)state;
	setup(&f);
	say(&f, COMES BECOMES("5", "6"));
	m = ledger_message_find(f.ledger, 6);
	assert_non_null(m);
	assert_string_equal(m->sender, "s@example.net");
	assert_int_equal(m->recipient_count, 1);
	assert_int_equal(m->icid, 1);
	assert_false(m->is_generated);
	assert_int_equal(m->started.line, 1);
	teardown(&f);
}

static void
test_what_an_heir_gets(void **state)
{
	const struct ledger_message *m;
	struct fixture f;

	(void)state;
	setup(&f);
	say(&f, COMES TOLD BECOMES("5", "6") QUEUED("6"));
	m = ledger_message_find(f.ledger, 6);
	assert_non_null(m);
	assert_string_equal(m->sender, "t@example.net");
	assert_int_equal(m->recipient_count, 1);
	assert_int_equal(m->icid, 1);
	assert_false(m->is_generated);
	assert_int_equal(m->ordinal, 1);
	assert_int_equal(m->started.line, 1);
	teardown(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_what_an_heir_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
