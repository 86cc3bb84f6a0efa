/* SPDX-License-Identifier: MIT */
/* What the ledger does not know: where a log begins late, and behind gaps. */
#include "harness/judge/ledger.h"
#include "tests/unit/kit.h"

struct fixture {
	struct plan *plan;
	struct ledger *ledger;
	unsigned gaps, strays, delivered;
};

static void
on_entry(void *owner, const struct ledger_entry *entry)
{
	struct fixture *f = owner;

	f->gaps += entry->kind == LEDGER_GAP;
	f->strays += entry->kind == LEDGER_STRAY;
	f->delivered += entry->kind == LEDGER_DONE;
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
	    SLICE("{\"title\": \"t\", \"hosts\": {\"a\": {\"address\": "
		  "\"10.1.1.11\"}}, \"routes\": [\"example.com [10.1.1.11], "
		  "[10.1.1.12]\"]}"),
	    &err);
	assert_non_null(f->plan);
	f->ledger = ledger_new(f->plan, &hooks);
}

static void
teardown(struct fixture *f)
{
	ledger_destroy(&f->ledger);
	plan_destroy(&f->plan);
}

static void
say(struct fixture *f, utime seconds, const char *text)
{
	char stamp[UTIME_TEXT_MAX];
	utime now = f->plan->start + seconds * UTIME_S;
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };

	buf_printf(
	    &line, "%s Info: %s", utime_format_asctime(now, stamp), text);
	maillog_parser_init(&parser, now);
	assert_true(maillog_parse(&parser, buf_slice(&line), &ev));
	ledger_line(f->ledger, &ev, UTIME_NEVER);
	maillog_parser_fini(&parser);
	buf_fini(&line);
}

static void
say_message(struct fixture *f)
{
	say(f, 0, "Start MID 5 ICID 1");
	say(f, 0, "MID 5 ICID 1 From: <s@example.net>");
	say(f, 0, "MID 5 ICID 1 RID 0 To: <u@example.com>");
	say(f, 0, "MID 5 queued for delivery");
}

#define NEW(dcid, ip)                                                          \
	"New SMTP DCID " dcid " interface 10.0.0.5 address " ip " port 25"

static struct address_sight
sight_of(struct fixture *f)
{
	const struct ledger_message *m = ledger_message_find(f->ledger, 5);

	assert_non_null(m);
	return m->groups->domain->seats[0].address->now;
}

/* Of a log that begins at the beginning all hosts are up; otherwise nobody
 * knows. */
static void
test_late(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	say_message(&f);
	assert_int_equal(sight_of(&f).state, ADDRESS_UP);
	ledger_begin_late(f.ledger);
	assert_int_equal(sight_of(&f).state, ADDRESS_MAYBE);
	teardown(&f);
}

/* A message that began before the gap is not spoken of behind it. */
static void
test_gap_forgets(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	ledger_doubt(f.ledger);
	say_message(&f);
	say(&f, 0, NEW("1", "10.1.1.11"));
	ledger_gap(f.ledger, f.plan->start + 10 * UTIME_S);
	assert_int_equal(f.gaps, 1);
	assert_null(ledger_message_find(f.ledger, 5));
	assert_true(ledger_is_blind_to(f.ledger, 5));
	say(&f, 10, "Delivery start DCID 1 MID 5 to RID [0]");
	say(&f, 10, "Message done DCID 1 MID 5 to RID [0]");
	say(&f, 10, "Message finished MID 5 done");
	assert_int_equal(f.strays, 0);
	assert_int_equal(f.delivered, 0);
	teardown(&f);
}

/* Without a gap the same lines are a stranger's. */
static void
test_no_gap_accuses(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	say_message(&f);
	say(&f, 0, NEW("1", "10.1.1.11"));
	assert_false(ledger_is_blind_to(f.ledger, 9));
	say(&f, 10, "Delivery start DCID 1 MID 9 to RID [0]");
	say(&f, 10, "Message done DCID 1 MID 9 to RID [0]");
	assert_true(f.strays > 0);
	teardown(&f);
}

/* What begins behind the gap is known from its start, and what a number less
 * than the first one has is not, wherever numbers wrap. */
static void
test_known_from_the_first(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	ledger_doubt(f.ledger);
	ledger_gap(f.ledger, f.plan->start);
	assert_true(ledger_is_blind_to(f.ledger, 5));
	say_message(&f);
	assert_false(ledger_is_blind_to(f.ledger, 5));
	assert_true(ledger_is_blind_to(f.ledger, 4));
	assert_false(ledger_is_blind_to(f.ledger, 6));
	say(&f, 1, NEW("7", "10.1.1.12"));
	say(&f, 1, "Delivery start DCID 7 MID 5 to RID [0]");
	say(&f, 1, "Message done DCID 7 MID 5 to RID [0]");
	assert_int_equal(f.delivered, 1);
	assert_int_equal(f.strays, 0);
	teardown(&f);
}

/* A silence may be a clock that was set ahead: a probe may come as much later,
 * but only of a log that may have lost lines. */
static void
test_leap(void **state)
{
	static const bool doubts[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(doubts); i++) {
		struct fixture f;
		utime before;

		setup(&f);
		if (doubts[i])
			ledger_doubt(f.ledger);
		say_message(&f);
		say(&f, 0,
		    "Connection Error: DCID 1 domain: example.com IP: "
		    "10.1.1.11 port: 25 details: [Errno 61] Connection refused "
		    "interface: 10.0.0.5 reason: network error");
		assert_int_equal(sight_of(&f).state, ADDRESS_DOWN);
		before = sight_of(&f).probe_hi;
		say(&f, 50, "New SMTP ICID 2 interface i address 10.0.0.1");
		assert_int_equal(
		    sight_of(&f).probe_hi > before + 30 * UTIME_S, doubts[i]);
		teardown(&f);
	}
}

#define REFUSED(dcid)                                                          \
	"Connection Error: DCID " dcid " domain: example.com IP: 10.1.1.11 "   \
	"port: 25 details: [Errno 61] Connection refused interface: 10.0.0.5 " \
	"reason: network error"

/* That a host refuses says that it is down, unless others may stand that nobody
 * knows of: for a while where a log begins late, never for a silence. */
static void
test_refused_behind_a_silence(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	ledger_doubt(f.ledger);
	say_message(&f);
	say(&f, 0, REFUSED("1"));
	say(&f, 400, REFUSED("2"));
	assert_int_equal(sight_of(&f).state, ADDRESS_DOWN);
	teardown(&f);
}

static void
test_refused_in_a_late_log(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	ledger_begin_late(f.ledger);
	say_message(&f);
	say(&f, 10, REFUSED("1"));
	assert_int_equal(sight_of(&f).state, ADDRESS_MAYBE);
	say(&f, 2000, REFUSED("2"));
	assert_int_equal(sight_of(&f).state, ADDRESS_DOWN);
	teardown(&f);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_late);
	TEST(&kit, test_gap_forgets);
	TEST(&kit, test_no_gap_accuses);
	TEST(&kit, test_known_from_the_first);
	TEST(&kit, test_leap);
	TEST(&kit, test_refused_behind_a_silence);
	TEST(&kit, test_refused_in_a_late_log);
	return kit_run(&kit, "ledger_gap");
}
