/* SPDX-License-Identifier: MIT */
/* The ledger: what it knows at each moment of a log, and what it forgets. */
#include "harness/judge/ledger.h"
#include "tests/unit/kit.h"

struct fixture {
	struct plan *plan;
	struct ledger *ledger;
	struct buf told; /* the kinds of entries, a letter each */
	enum greeted greeted;
	struct ledger_wait wait; /* of the last "pending till" */
	enum failure_kind failure;
	/* Failovers; of the last one between which hosts (10.1.1.x), and when
	 * the first had failed. */
	unsigned over_count, over_from, over_to;
	utime over_since;
};

/* In the order of enum ledger_kind. */
static const char letters[] = "ARruOaFcSvypDdBxPgfez";

static void
on_entry(void *owner, const struct ledger_entry *entry)
{
	struct fixture *f = owner;

	assert_true((size_t)entry->kind < sizeof(letters) - 1);
	buf_append_byte(&f->told, letters[entry->kind]);
	if (entry->kind == LEDGER_PENDING)
		f->wait = *entry->wait;
	if (entry->kind == LEDGER_FAILED)
		f->failure = entry->failure;
	if (entry->kind == LEDGER_FAILED_OVER) {
		f->over_count++;
		f->over_from = entry->trail->from->at.ip.bytes[3];
		f->over_since = entry->trail->since.lo;
		f->over_to = entry->connection->address->at.ip.bytes[3];
	}
}

static enum greeted
on_greeted(void *owner, uint64_t dcid)
{
	const struct fixture *f = owner;

	assert_true(dcid > 0);
	return f->greeted;
}

static void
setup(struct fixture *f, const char *routes, const char *more)
{
	struct ledger_hooks hooks = { f, on_entry, on_greeted };
	struct buf json = { 0 };
	struct err err;

	*f = (struct fixture){ .greeted = GREETED_UNKNOWN };
	buf_printf(&json,
	    "{\"title\": \"t\", \"hosts\": {\"a\": {\"address\": "
	    "\"10.1.1.11\"}}, \"routes\": [%s]%s}",
	    routes, more);
	f->plan = plan_parse("l.json", buf_slice(&json), &err);
	if (f->plan == NULL)
		fail_msg("%s", err.msg);
	f->ledger = ledger_new(f->plan, &hooks);
	buf_fini(&json);
}

static void
teardown(struct fixture *f)
{
	ledger_destroy(&f->ledger);
	plan_destroy(&f->plan);
	buf_fini(&f->told);
}

/* A line so many milliseconds after the start. */
static void
say(struct fixture *f, utime ms, const char *text)
{
	utime now = f->plan->start + ms * UTIME_MS;
	char stamp[UTIME_TEXT_MAX];
	struct maillog_parser parser;
	struct maillog_event ev;
	struct buf line = { 0 };
	bool is_record;

	buf_printf(
	    &line, "%s Info: %s", utime_format_asctime(now, stamp), text);
	maillog_parser_init(&parser, now);
	is_record = maillog_parse(&parser, buf_slice(&line), &ev);
	ledger_line(f->ledger, is_record ? &ev : NULL, now);
	maillog_parser_fini(&parser);
	buf_fini(&line);
}

static void
accept(struct fixture *f, utime ms, unsigned mid, const char *to)
{
	struct buf line = { 0 };

	buf_printf(&line, "Start MID %u ICID 1", mid);
	say(f, ms, buf_cstr(&line));
	buf_clear(&line);
	buf_printf(&line, "MID %u ICID 1 From: <s@example.net>", mid);
	say(f, ms, buf_cstr(&line));
	buf_clear(&line);
	buf_printf(&line, "MID %u ICID 1 RID 0 To: <%s>", mid, to);
	say(f, ms, buf_cstr(&line));
	buf_clear(&line);
	buf_printf(&line, "MID %u queued for delivery", mid);
	say(f, ms, buf_cstr(&line));
	buf_fini(&line);
}

#define ONE_HOST  "\"example.com [10.1.1.11]\""
#define TWO_HOSTS "\"example.com [10.1.1.11], [10.1.1.12]\""
#define NEW(dcid, ip)                                                          \
	"New SMTP DCID " dcid " interface 10.0.0.5 address " ip " port 25"
#define FAILED(dcid, ip, details, reason)                                      \
	"Connection Error: DCID " dcid " domain: example.com IP: " ip          \
	" port: 25 details: " details " interface: 10.0.0.5 reason: " reason
#define DELAYED(dcid, mid)                                                     \
	"Delayed: DCID " dcid " MID " mid                                      \
	" to RID 0 - 4.3.1 - Mail system full ('452', ['x']) []"

static const struct ledger_group *
group_of(struct fixture *f, uint64_t mid)
{
	const struct ledger_message *m = ledger_message_find(f->ledger, mid);

	assert_non_null(m);
	assert_non_null(m->groups);
	return m->groups;
}

/* ---- what is told ---- */

static void
test_delivery(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	accept(&f, 10, 1, "u@example.com");
	assert_slice(buf_slice(&f.told), "ARr");
	say(&f, 12, NEW("1", "10.1.1.11"));
	assert_slice(buf_slice(&f.told), "ARrOa");
	say(&f, 14, "Delivery start DCID 1 MID 1 to RID [0]");
	assert_slice(buf_slice(&f.told), "ARrOaSu");
	say(&f, 16, "Message done DCID 1 MID 1 to RID [0]");
	say(&f, 16, "Message finished MID 1 done");
	say(&f, 18, "DCID 1 close");
	assert_slice(buf_slice(&f.told), "ARrOaSuDdec");
	assert_null(ledger_message_find(f.ledger, 1));
	assert_null(ledger_connection_find(f.ledger, 1));
	assert_int_equal(ledger_counts(f.ledger)->accepted, 1);
	assert_int_equal(ledger_counts(f.ledger)->delivered, 1);
	say(&f, 20, "Delivery start DCID 1 MID 1 to RID [0]");
	assert_slice(buf_slice(&f.told), "ARrOaSuDdecz");
	teardown(&f);
}

static void
test_own_message(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	say(&f, 1, "MID 1 was generated for bounce of MID 0");
	say(&f, 1, "Start MID 1 ICID 0");
	say(&f, 1, "MID 1 ICID 0 From: <>");
	say(&f, 1, "MID 1 ICID 0 RID 0 To: <u@example.com>");
	say(&f, 1, "MID 1 queued for delivery");
	accept(&f, 2, 2, "u@example.com");
	assert_true(ledger_message_find(f.ledger, 1)->is_generated);
	assert_int_equal(ledger_message_find(f.ledger, 1)->ordinal, 0);
	assert_int_equal(ledger_message_find(f.ledger, 2)->ordinal, 1);
	assert_string_equal(ledger_message_find(f.ledger, 1)->sender, "");
	teardown(&f);
}

static void
test_abandoned(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	say(&f, 1, "Start MID 1 ICID 1");
	say(&f, 1, "Start MID 2 ICID 1");
	say(&f, 1, "MID 2 ready 10 bytes from <s@example.net>");
	say(&f, 1, "Start MID 3 ICID 2");
	say(&f, 1, "Start MID 4 ICID 2");
	say(&f, 1, "Message aborted MID 4 Receiving aborted by sender");
	say(&f, 2, "ICID 1 close");
	assert_null(ledger_message_find(f.ledger, 1));
	assert_non_null(ledger_message_find(f.ledger, 2));
	assert_non_null(ledger_message_find(f.ledger, 3));
	assert_null(ledger_message_find(f.ledger, 4));
	teardown(&f);
}

/* ---- failovers ---- */

#define assert_over(f, count, from, to, ms)                                    \
	do {                                                                   \
		assert_int_equal((f)->over_count, count);                      \
		assert_int_equal((f)->over_from, from);                        \
		assert_int_equal((f)->over_to, to);                            \
		assert_int_equal(                                              \
		    (f)->over_since, (f)->plan->start + (ms)*UTIME_MS);        \
	} while (0)

#define THREE_HOSTS "\"example.com [10.1.1.11], [10.1.1.12], [10.1.1.13]\""

/* A connection that fails counts for all that is ready, one that is refused
 * mail for that. */
static void
test_failover(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, THREE_HOSTS, "");
	accept(&f, 10, 1, "u@example.com");
	accept(&f, 10, 2, "v@example.com");
	say(&f, 12, NEW("1", "10.1.1.11"));
	say(&f, 14,
	    FAILED("1", "10.1.1.11", "431-'full'", "unexpected SMTP response"));
	assert_int_equal(f.over_count, 0);
	say(&f, 16, NEW("2", "10.1.1.12"));
	say(&f, 18, "Delivery start DCID 2 MID 1 to RID [0]");
	assert_over(&f, 1, 11, 12, 14);
	say(&f, 20, DELAYED("2", "1"));
	say(&f, 22, "Delivery start DCID 2 MID 2 to RID [0]");
	assert_over(&f, 2, 11, 12, 14);
	say(&f, 24, "Message done DCID 2 MID 2 to RID [0]");
	say(&f, 26, NEW("3", "10.1.1.13"));
	say(&f, 28, "Delivery start DCID 3 MID 1 to RID [0]");
	assert_over(&f, 3, 12, 13, 20);
	teardown(&f);
}

/* Connects that fail lead from one to the other; the next round is no
 * failover, and one host again is none. */
static void
test_failover_rounds(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, TWO_HOSTS, "");
	accept(&f, 10, 1, "u@example.com");
	say(&f, 12,
	    FAILED("1", "10.1.1.11", "[Errno 61] Connection refused",
		"network error"));
	say(&f, 14, FAILED("2", "10.1.1.12", "timeout", "network error"));
	assert_over(&f, 1, 11, 12, 12);
	say(&f, 14,
	    "MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 [Default]");
	say(&f, 60020,
	    FAILED("3", "10.1.1.11", "[Errno 61] Connection refused",
		"network error"));
	assert_int_equal(f.over_count, 1);
	say(&f, 60022, NEW("4", "10.1.1.12"));
	say(&f, 60024, "Delivery start DCID 4 MID 1 to RID [0]");
	assert_over(&f, 2, 11, 12, 60020);
	say(&f, 60026, "Message done DCID 4 MID 1 to RID [0]");
	accept(&f, 60030, 2, "u@example.com");
	say(&f, 60032, "Delivery start DCID 4 MID 2 to RID [0]");
	assert_int_equal(f.over_count, 2);
	teardown(&f);
}

static void
test_log_that_begins_late(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	say(&f, 1, "Message done DCID 5 MID 7 to RID [0]");
	accept(&f, 2, 9, "u@example.com");
	buf_clear(&f.told);
	say(&f, 3, "Message done DCID 5 MID 8 to RID [0]");
	assert_slice(buf_slice(&f.told), "");
	say(&f, 3, "Message done DCID 5 MID 10 to RID [0]");
	assert_slice(buf_slice(&f.told), "z");
	teardown(&f);
}

/* ---- rounds and waits ---- */

static void
test_round(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, TWO_HOSTS, "");
	accept(&f, 0, 1, "u@example.com");
	say(&f, 2, NEW("1", "10.1.1.11"));
	say(&f, 4, "Delivery start DCID 1 MID 1 to RID [0]");
	say(&f, 6, DELAYED("1", "1"));
	assert_int_equal(ledger_tried(group_of(&f, 1), 0), TRIED_YES);
	assert_int_equal(ledger_tried(group_of(&f, 1), 1), TRIED_NO);
	say(&f, 8,
	    FAILED("2", "10.1.1.12", "421-'no'", "unexpected SMTP response"));
	assert_int_equal(ledger_tried(group_of(&f, 1), 1), TRIED_YES);
	accept(&f, 9, 2, "v@example.com");
	assert_int_equal(ledger_tried(group_of(&f, 2), 1), TRIED_NO);
	say(&f, 9,
	    "MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 [Default]");
	assert_true(f.wait.fits_attempt);
	assert_false(f.wait.may_probe);
	assert_true(group_of(&f, 1)->is_waiting);
	assert_int_equal(
	    group_of(&f, 1)->due_lo, f.plan->start + 60009 * UTIME_MS);
	ledger_advance(f.ledger, f.plan->start + 60008 * UTIME_MS);
	assert_true(group_of(&f, 1)->is_waiting);
	ledger_advance(f.ledger, f.plan->start + 60009 * UTIME_MS);
	assert_false(group_of(&f, 1)->is_waiting);
	assert_int_equal(ledger_tried(group_of(&f, 1), 0), TRIED_NO);
	assert_int_equal(ledger_tried(group_of(&f, 1), 1), TRIED_NO);
	assert_int_equal(group_of(&f, 1)->rounds, 2);
	teardown(&f);
}

/* A failure in the very instant in which a round begins may count or not. */
static void
test_failure_as_a_round_begins(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	accept(&f, 0, 1, "u@example.com");
	say(&f, 2, NEW("1", "10.1.1.11"));
	say(&f, 4, "Delivery start DCID 1 MID 1 to RID [0]");
	say(&f, 6, DELAYED("1", "1"));
	say(&f, 6,
	    "MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 [Default]");
	say(&f, 5006, "DCID 1 close");
	say(&f, 60006,
	    FAILED("2", "10.1.1.11", "421-'no'", "unexpected SMTP response"));
	assert_int_equal(ledger_tried(group_of(&f, 1), 0), TRIED_MAYBE);
	say(&f, 60007,
	    FAILED("3", "10.1.1.11", "421-'no'", "unexpected SMTP response"));
	assert_int_equal(ledger_tried(group_of(&f, 1), 0), TRIED_YES);
	teardown(&f);
}

struct turn_row {
	const char *name;
	const char *details, *reason, *more;
	utime at;
	bool is_over; /* the other has no message any more */
	enum tried want;
};

#define SMTP "unexpected SMTP response"
#define FAIL(key, value)                                                       \
	", \"relay\": {\"delivery\": {\"" key "\": \"" value "\"}}"
static struct turn_row turn_rows[] = {
	{ "421 beside one at work", "421-'no'", SMTP, "", 8, false, TRIED_NO },
	{ "refused beside one at work", "[Errno 61] Connection refused",
	    "network error", "", 8, false, TRIED_NO },
	{ "beside one that takes a minute", "421-'no'", SMTP, "", 60004, false,
	    TRIED_NO },
	{ "beside one that is slow", "421-'no'", SMTP, "", 60005, false,
	    TRIED_YES },
	{ "beside one without a message", "421-'no'", SMTP, "", 8, true,
	    TRIED_MAYBE },
	{ "silence, and no life since", "timeout", "network error", "", 31020,
	    false, TRIED_YES },
	{ "by the other reading", "421-'no'", SMTP,
	    FAIL("on_turned_away", "fail"), 8, false, TRIED_YES },
	{ "a greeting that makes all bounce", "554-'no'", SMTP,
	    FAIL("on_5xx_greeting", "bounce"), 8, false, TRIED_YES },
};

/* delivery.md 46: what is said of a connection beside others that carry mail.
 */
static void
test_turned_away(void **state)
{
	const struct turn_row *row = *state;
	struct fixture f;
	char line[256];

	setup(&f, ONE_HOST, row->more);
	accept(&f, 0, 1, "u@example.com");
	accept(&f, 0, 2, "v@example.com");
	say(&f, 2, NEW("1", "10.1.1.11"));
	say(&f, 4, "Delivery start DCID 1 MID 1 to RID [0]");
	if (row->is_over)
		say(&f, 6, "Message done DCID 1 MID 1 to RID [0]");
	(void)snprintf(line, sizeof(line),
	    "Connection Error: DCID 2 domain: example.com IP: 10.1.1.11 port: "
	    "25 details: %s interface: 10.0.0.5 reason: %s",
	    row->details, row->reason);
	say(&f, row->at, line);
	assert_int_equal(ledger_tried(group_of(&f, 2), 0), row->want);
	teardown(&f);
}

struct wait_row {
	const char *name;
	unsigned attempts; /* before this one */
	const char *till;
	bool fits;
};
static struct wait_row wait_rows[] = {
	{ "first", 0, "Wed Jul  2 09:16:08 2014", true },
	{ "first, a second late", 0, "Wed Jul  2 09:16:09 2014", false },
	{ "first, rounded down", 0, "Wed Jul  2 09:16:07 2014", false },
	{ "second", 1, "Wed Jul  2 09:17:08 2014", true },
	{ "second, not doubled", 1, "Wed Jul  2 09:16:08 2014", false },
	{ "third", 2, "Wed Jul  2 09:19:08 2014", true },
	{ "sixth", 5, "Wed Jul  2 09:47:08 2014", true },
	{ "seventh: an hour", 6, "Wed Jul  2 10:15:08 2014", true },
	{ "the last: an hour", 60, "Wed Jul  2 10:15:08 2014", true },
};

static void
test_wait(void **state)
{
	const struct wait_row *row = *state;
	struct buf line = { 0 };
	struct fixture f;

	setup(&f, ONE_HOST, "");
	accept(&f, 1, 1, "u@example.com");
	say(&f, 2, NEW("1", "10.1.1.11"));
	/* As if there had been so many rounds. */
	ledger_message_find(f.ledger, 1)->groups->attempts_lo = row->attempts;
	ledger_message_find(f.ledger, 1)->groups->attempts_hi = row->attempts;
	say(&f, 4, "Delivery start DCID 1 MID 1 to RID [0]");
	say(&f, 6, DELAYED("1", "1"));
	buf_printf(
	    &line, "MID 1 to RID [0] pending till %s [Default]", row->till);
	say(&f, 6, buf_cstr(&line));
	assert_int_equal(f.wait.fits_attempt, row->fits);
	assert_false(f.wait.fits_probe);
	assert_int_equal(group_of(&f, 1)->attempts_lo, row->attempts + 1);
	buf_fini(&line);
	teardown(&f);
}

/* ---- hosts ---- */

struct failure_row {
	const char *name;
	bool is_new; /* there was a New line */
	enum greeted greeted;
	const char *details, *reason;
	enum failure_kind kind;
	enum address_state state;
};
static struct failure_row failure_rows[] = {
	{ "refused", false, GREETED_UNKNOWN, "[Errno 61] Connection refused",
	    "network error", FAILURE_DOWN, ADDRESS_DOWN },
	{ "silent", false, GREETED_UNKNOWN, "timeout", "network error",
	    FAILURE_DOWN, ADDRESS_DOWN },
	{ "closed before the greeting", true, GREETED_NO, "EOF",
	    "network error", FAILURE_DOWN, ADDRESS_DOWN },
	{ "closed behind the greeting", true, GREETED_YES, "EOF",
	    "network error", FAILURE_UP, ADDRESS_UP },
	{ "closed, and nobody saw when", true, GREETED_UNKNOWN, "EOF",
	    "network error", FAILURE_MAYBE, ADDRESS_MAYBE },
	{ "a bad greeting", true, GREETED_YES, "431-'full'",
	    "unexpected SMTP response", FAILURE_UP, ADDRESS_UP },
};

static void
test_failure(void **state)
{
	const struct failure_row *row = *state;
	struct buf line = { 0 };
	struct fixture f;

	setup(&f, ONE_HOST, "");
	f.greeted = row->greeted;
	accept(&f, 0, 1, "u@example.com");
	const struct ledger_domain *d = group_of(&f, 1)->domain;
	if (row->is_new)
		say(&f, 1, NEW("1", "10.1.1.11"));
	buf_printf(&line,
	    "Connection Error: DCID 1 domain: example.com IP: 10.1.1.11 port: "
	    "25 details: %s interface: 10.0.0.5 reason: %s",
	    row->details, row->reason);
	say(&f, 2, buf_cstr(&line));
	assert_int_equal(f.failure, row->kind);
	assert_int_equal(d->seats[0].address->now.state, row->state);
	assert_int_equal(ledger_tried(group_of(&f, 1), 0), TRIED_YES);
	if (row->state == ADDRESS_DOWN)
		assert_int_equal(d->seats[0].address->now.probe_lo,
		    f.plan->start + 60002 * UTIME_MS);
	buf_fini(&line);
	teardown(&f);
}

static void
refuse(struct fixture *f, utime ms)
{
	say(f, ms,
	    FAILED("9", "10.1.1.11", "[Errno 61] Connection refused",
		"network error"));
}

static void
test_probes(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	accept(&f, 0, 1, "u@example.com");
	const struct ledger_address *a =
	    group_of(&f, 1)->domain->seats[0].address;
	refuse(&f, 1000);
	refuse(&f, 61000);
	assert_int_equal(a->now.probe_lo, f.plan->start + (61 + 120) * UTIME_S);
	/* While it is down a failure that began before it was is no probe. */
	refuse(&f, 62000);
	assert_int_equal(a->now.probe_lo, f.plan->start + (61 + 120) * UTIME_S);
	assert_int_equal(a->now.probe_hi, f.plan->start + (62 + 240) * UTIME_S);
	/* The first mail shows that it greets. */
	say(&f, 200000, NEW("4", "10.1.1.11"));
	assert_int_equal(a->now.state, ADDRESS_MAYBE);
	say(&f, 200002, "Delivery start DCID 4 MID 1 to RID [0]");
	assert_int_equal(a->now.state, ADDRESS_UP);
	assert_int_equal(a->interval_hi, 0);
	teardown(&f);
}

/* A New line names no domain when more than one goes there. */
static void
test_assignment(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, "\"ALL [10.1.1.11]\"", "");
	accept(&f, 0, 1, "u@example.com");
	say(&f, 1, NEW("1", "10.1.1.11"));
	assert_string_equal(
	    ledger_connection_find(f.ledger, 1)->domain->name, "example.com");
	accept(&f, 2, 2, "u@Example.ORG");
	say(&f, 3, NEW("2", "10.1.1.11"));
	assert_null(ledger_connection_find(f.ledger, 2)->domain);
	say(&f, 4, "Delivery start DCID 2 MID 2 to RID [0]");
	assert_string_equal(
	    ledger_connection_find(f.ledger, 2)->domain->name, "example.org");
	teardown(&f);
}

/* ---- what is finished ---- */

/* Whatever the order in which they end, MIDs that have ended are known. */
static void
test_ended(void **state)
{
	static const unsigned order[] = { 5, 1, 3, 2, 9, 7, 8, 4, 6, 10 };
	struct buf line = { 0 };
	struct fixture f;

	(void)state;
	setup(&f, ONE_HOST, "");
	for (unsigned mid = 1; mid <= 10; mid++)
		accept(&f, 0, mid, "u@example.com");
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		for (size_t k = 0; k < ARRAY_LEN(order); k++) {
			bool has_ended = k < i;

			assert_int_equal(
			    ledger_message_find(f.ledger, order[k]) == NULL,
			    has_ended);
		}
		buf_clear(&line);
		buf_printf(
		    &line, "Message done DCID 1 MID %u to RID [0]", order[i]);
		say(&f, 1, buf_cstr(&line));
		buf_clear(&f.told);
		say(&f, 1, buf_cstr(&line));
		assert_slice(buf_slice(&f.told), "z");
	}
	buf_fini(&line);
	teardown(&f);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_delivery);
	TEST(&kit, test_own_message);
	TEST(&kit, test_abandoned);
	TEST(&kit, test_failover);
	TEST(&kit, test_failover_rounds);
	TEST(&kit, test_log_that_begins_late);
	TEST(&kit, test_round);
	TEST(&kit, test_failure_as_a_round_begins);
	ROWS(&kit, turn_rows, test_turned_away);
	ROWS(&kit, wait_rows, test_wait);
	ROWS(&kit, failure_rows, test_failure);
	TEST(&kit, test_probes);
	TEST(&kit, test_assignment);
	TEST(&kit, test_ended);
	return kit_run(&kit, "ledger");
}
