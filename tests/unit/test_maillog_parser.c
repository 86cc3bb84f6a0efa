/* SPDX-License-Identifier: MIT */
/*
 * What real appliances write: older spellings, folds, quotes, nonsense.
 * A row is a line and the event in words: its name, its spelling, its fields.
 */
#include "core/maillog/parser.h"

#include "core/base/rng.h"

/* cmocka.h wants these. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define STAMP     "Wed Jul  2 09:15:07 2014 Info: "
#define MUTATIONS 20000

static const utime at_0915 = 1404292507 * UTIME_S;

static const struct line_case {
	const char *line; /* the text behind STAMP */
	const char *want;
} lines[] = {
	{ "New SMTP DCID 299 interface 10.0.0.5 address 10.1.1.11 port 25",
	    "dcid_new 0 dcid=299 port=25 interface=10.0.0.5 "
	    "address=10.1.1.11" },
	{ "New SMTP DCID 299 interface 10.0.0.5 address 10.1.1.11",
	    "dcid_new 1 dcid=299 interface=10.0.0.5 address=10.1.1.11" },
	{ "New SMTP DCID 299 interface address port 25",
	    "dcid_new 0 dcid=299 port=25 interface= address=" },
	{ "New   SMTP DCID  299 interface 2001:db8::5  address 2001:db8::11 "
	  "port 25  ",
	    "dcid_new 0 dcid=299 port=25 interface=2001:db8::5 "
	    "address=2001:db8::11" },
	{ "Connection Error: DCID 299 domain: IP: port: 25 details: 431-? "
	  "ESMTP\\nMail system full' interface: reason: unexpected SMTP "
	  "response",
	    "connection_error 0 dcid=299 port=25 interface= address= domain= "
	    "details=431-? ESMTP\\nMail system full' "
	    "reason=unexpected SMTP response" },
	{ "Connection Error: DCID 3 domain: a.example IP: 10.1.1.1 port: 25 "
	  "details: 431-'x interface: 1 reason: y' interface: 10.0.0.5 "
	  "reason: unexpected SMTP response",
	    "connection_error 0 dcid=3 port=25 interface=10.0.0.5 "
	    "address=10.1.1.1 domain=a.example "
	    "details=431-'x interface: 1 reason: y' "
	    "reason=unexpected SMTP response" },
	{ "Connection Error: DCID 3 domain: a.example IP: 10.1.1.1 port: 25 "
	  "details: [Errno 0] Error interface: 10.0.0.5 reason: network error",
	    "connection_error 0 dcid=3 port=25 interface=10.0.0.5 "
	    "address=10.1.1.1 domain=a.example details=[Errno 0] Error "
	    "reason=network error" },
	{ "Connection Error: DCID: 8 IP: 10.1.1.1 details: EOF interface: "
	  "10.0.0.5 reason: network error",
	    "connection_error 1 dcid=8 interface=10.0.0.5 address=10.1.1.1 "
	    "details=EOF reason=network error" },
	{ "Connection Error: connection timed out DCID: 8 IP: 10.1.1.1 "
	  "details: timeout interface: 10.0.0.5",
	    "connection_error 2 dcid=8 interface=10.0.0.5 address=10.1.1.1 "
	    "details=timeout reason=connection timed out" },
	{ "Delayed: DCID 7 MID 5 to RID 0 - 4.3.1 - Mail system full ('452', "
	  "[4.3.1 Insufficent system resources'])",
	    "delayed 1 mid=5 dcid=7 rid=0 code=452 enhanced=4.3.1 "
	    "text=Mail system full "
	    "lines=4.3.1 Insufficent system resources'" },
	{ "Delayed: DCID 7 MID 5 to RID 0 - 4.4.0 - Other network problem "
	  "('000', ['[Errno 54] Connection reset by peer']) []",
	    "delayed 0 mid=5 dcid=7 rid=0 code=0 enhanced=4.4.0 "
	    "text=Other network problem "
	    "lines='[Errno 54] Connection reset by peer' headers=" },
	{ "Bounced: DCID 0 MID 5 to RID 12 - 5.4.7 - Delivery expired "
	  "(message too old) ('000', ['timeout']) [('from', \"o'b]\")]",
	    "bounced 0 mid=5 dcid=0 rid=12 code=0 enhanced=5.4.7 "
	    "text=Delivery expired (message too old) lines='timeout' "
	    "headers=('from', \"o'b]\")" },
	{ "Bounced: DCID 1 MID 2 to RID 0 - 5.1.0 - Unknown address error "
	  "('550', ['a]) []', \"it's ('550', ['\"]) []",
	    "bounced 0 mid=2 dcid=1 rid=0 code=550 enhanced=5.1.0 "
	    "text=Unknown address error "
	    "lines='a]) []', \"it's ('550', ['\" headers=" },
	{ "Bounced: DCID 4 MID 9 From: <a@b.example> To: <c@d.example> RID 0 "
	  "- 5.1.0 - Unknown address error ('550', ['no To: RID 1']) []",
	    "bounced 2 mid=9 dcid=4 rid=0 code=550 from=<a@b.example> "
	    "to=<c@d.example> enhanced=5.1.0 text=Unknown address error "
	    "lines='no To: RID 1' headers=" },
	{ "Bounced: DCID 4 MID 9 From:<a@b.example> To:<c@d.example> RID 0 "
	  "- 5.1.0 - Unknown address error ('550', ['no'])",
	    "bounced 3 mid=9 dcid=4 rid=0 code=550 from=<a@b.example> "
	    "to=<c@d.example> enhanced=5.1.0 text=Unknown address error "
	    "lines='no'" },
	{ "Bounced: DCID: 6 Message 9 to 2 - 5.1.0 - Unknown address error "
	  "('554', ['Too long line.'])",
	    "bounced 4 mid=9 dcid=6 rid=2 code=554 enhanced=5.1.0 "
	    "text=Unknown address error lines='Too long line.'" },
	{ "Double bounce: Message 7 to 0 - 5.1.0 - Unknown address error "
	  "550-'5.1.1 no'",
	    "double_bounce 2 mid=7 rid=0 code=550 enhanced=5.1.0 "
	    "text=Unknown address error response=5.1.1 no" },
	{ "MID 154 to RID [0, 3] pending till Wed Jul 20 10:15:41 2005 "
	  "[Default]",
	    "pending 0 mid=154 till=1121854541000000 rids=0, 3 "
	    "profile=Default" },
	{ "Message 154 to RID [0] pending till Wed Jul 20 10:15:41 2005",
	    "pending 2 mid=154 till=1121854541000000 rids=0" },
	{ "Message done DCID 12 MID 6 to RID [0] [('from', 'A \"x\" <a@b>'), "
	  "('subject', \"it's [1]\")]",
	    "message_done 0 mid=6 dcid=12 rids=0 "
	    "headers=('from', 'A \"x\" <a@b>'), ('subject', \"it's [1]\")" },
	{ "Message done DCID 12 MID 6 to [0, 1]",
	    "message_done 1 mid=6 dcid=12 rids=0, 1" },
	{ "MID 6 RID [0] Response '2.0.0 Ok: queued as 4F1'",
	    "mid_response 0 mid=6 rids=0 response=2.0.0 Ok: queued as 4F1" },
	{ "MID 6 RID [0] Response \"it's ok\"",
	    "mid_response 0 mid=6 rids=0 response=it's ok" },
	{ "MID 6 RID [0] Response ok:  Message 5 accepted",
	    "mid_response 1 mid=6 rids=0 response=ok:  Message 5 accepted" },
	{ "MID 6 Subject 'it''s \\'quoted\\''",
	    "mid_subject 0 mid=6 subject=it''s \\'quoted\\'" },
	{ "MID 6 Subject \"Re: [x] ICID 5\"",
	    "mid_subject 1 mid=6 subject=Re: [x] ICID 5" },
	{ "MID 6 Subject Re: it's", "mid_subject 2 mid=6 subject=Re: it's" },
	{ "MID 6 Subject ''", "mid_subject 0 mid=6 subject=" },
	{ "MID 6 Message-ID '<a$b@c.example>'",
	    "mid_message_id 0 mid=6 message_id=<a$b@c.example>" },
	{ "MID 6 ICID 5 From: <\"a b\"@c.example>",
	    "mid_from 0 icid=5 mid=6 from=<\"a b\"@c.example>" },
	{ "MID 6 ICID 5 To: <a Rejected by b@c> Rejected by Injection Control",
	    "mid_to_rejected 0 icid=5 mid=6 to=<a Rejected by b@c> "
	    "agent=Injection Control" },
	{ "New SMTP ICID 5 interface Data 1 (10.0.0.5) address 10.2.2.2 "
	  "reverse dns host unknown verified no",
	    "icid_new 0 icid=5 interface=Data 1 interface_ip=10.0.0.5 "
	    "address=10.2.2.2 host=unknown verified=no" },
	{ "New smtp ICID 5 interface PublicNet (10.0.0.5) address 10.2.2.2 "
	  "reverse DNS host a.example verified yes",
	    "icid_new 3 icid=5 interface=PublicNet interface_ip=10.0.0.5 "
	    "address=10.2.2.2 host=a.example verified=yes" },
	{ "ICID 5 ACCEPT SG UNKNOWNLIST match sbrs[-1.0:10.0] SBRS 3.5 "
	  "country United States",
	    "icid_accept 0 icid=5 group=UNKNOWNLIST match=sbrs[-1.0:10.0] "
	    "score=3.5 country=United States" },
	{ "ICID 5 REJECT SG BLACKLIST match  SBRS unable to retrieve",
	    "icid_reject 0 icid=5 group=BLACKLIST match= "
	    "score=unable to retrieve" },
	{ "DCID 5 TLS success protocol TLSv1.2 cipher AES256 CN=*.x.example "
	  "for x.example",
	    "dcid_tls_success 0 dcid=5 protocol=TLSv1.2 cipher=AES256 "
	    "cn=*.x.example domain=x.example" },
	{ "DCID 5 TLS success CN: mx for x.example",
	    "dcid_tls_success 1 dcid=5 cn=mx domain=x.example" },
	{ "DCID 5 TLS success", "dcid_tls_success 0 dcid=5" },
	{ "ICID 5 TLS failed", "icid_tls_failed 0 icid=5" },
	{ "Time offset from UTC: -18000 seconds",
	    "time_offset 0 offset=-18000" },
	{ "Version: 8.7.2-001 SN: XXXXXXXXXXXX-XXXXXXX",
	    "version 0 version=8.7.2-001 serial=XXXXXXXXXXXX-XXXXXXX" },
	{ "Done scanning x.example,  5 msgs remain in queue.",
	    "scan_done 0 count=5 domain=x.example" },
	{ "Internal SMTP Error: Failed to send message to host [::1]:25 for "
	  "recipient a@b.example: Unexpected SMTP response \"553\", expecting "
	  "code starting with \"2\", response was ['553 no'].",
	    "internal_smtp_error 0 port=25 code=553 address=[::1] "
	    "to=a@b.example lines='553 no' expected=2" },
	{ "Message aborted MID 5 Dropped by filter 'x'",
	    "message_aborted 0 mid=5 reason=Dropped by filter 'x'" },
	/* Near misses stay unknown. */
	{ "DCID 5 closed", "unknown 0 text=DCID 5 closed" },
	{ "DCID 99999999999999999999 close",
	    "unknown 0 text=DCID 99999999999999999999 close" },
	{ "DCID  close", "unknown 0 text=DCID  close" },
	{ "New SMTP DCID 299", "unknown 0 text=New SMTP DCID 299" },
	{ "MID 5 antivirus negative",
	    "unknown 0 text=MID 5 antivirus negative" },
	{ "", "unknown 0 text=" },
};

/* A log as lines; what the parser gives, one event a line. */
static const struct fold_case {
	const char *name, *log, *want;
	uint64_t folded, stray;
} folds[] = {
	{ "Cisco document 117875",
	    "Here is an example:\n"
	    "\n"
	    "Wed Jul  2 09:15:07 2014 Info: New SMTP DCID 299 interface "
	    "address port 25\n"
	    "Wed Jul  2 09:15:07 2014 Info: Connection Error: DCID 299 domain:\n"
	    "IP: port: 25 details: 431-? ESMTP\\nMail system full'\n"
	    "interface: reason: unexpected SMTP response\n"
	    "Wed Jul  2 09:15:07 2014 Info: New SMTP DCID 300 interface "
	    "address port 25\n"
	    "\n"
	    "Note: If all configured destination hosts do not respond\n",
	    "dcid_new 0 dcid=299 port=25 interface= address=\n"
	    "connection_error 0 dcid=299 port=25 interface= address= domain= "
	    "details=431-? ESMTP\\nMail system full' "
	    "reason=unexpected SMTP response\n"
	    "dcid_new 0 dcid=300 port=25 interface= address=\n",
	    2, 2 },
	{ "folded in the stamp's line",
	    STAMP "MID 5 RID [0] Response\r\n  'ok'\r\n" STAMP
		  "DCID 1 close\r\n",
	    "mid_response 0 mid=5 rids=0 response=ok\n"
	    "dcid_close 0 dcid=1\n",
	    1, 0 },
	{ "folded before its level",
	    "Wed Jul  2 09:15:07 2014 \nInfo: DCID 1\nclose\n",
	    "dcid_close 0 dcid=1\n", 2, 0 },
	{ "broken within a word", STAMP "DCID 1 clo\nse\n",
	    "dcid_close 0 dcid=1\n", 1, 0 },
	{ "twice within words",
	    STAMP "Message do\nne DCID 1 MID 2 to R\nID [0]\n",
	    "message_done 0 mid=2 dcid=1 rids=0\n", 2, 0 },
	{ "once within a word, once between two",
	    STAMP "Message\ndone DCID 1 MID 2 to R\nID [0]\n",
	    "message_done 0 mid=2 dcid=1 rids=0\n", 2, 0 },
	{ "four times", STAMP "Me\nssage do\nne DC\nID 1 MID 2 to R\nID [0]\n",
	    "message_done 0 mid=2 dcid=1 rids=0\n", 4, 0 },
	{ "five times are too many",
	    STAMP "M\ne\nssage do\nne DC\nID 1 MID 2 to R\nID [0]\n",
	    "unknown 0 text=M e ssage do ne DC ID 1 MID 2 to R ID [0]\n", 5,
	    0 },
	{ "a break that may be either is between words",
	    STAMP "MID 5 RID [0] Resp\nonse 'a\nb'\n",
	    "mid_response 0 mid=5 rids=0 response=a b\n", 2, 0 },
	{ "two records never merge, whatever their breaks",
	    STAMP "Message do\nne DCID 1 MID 2 to R\n" STAMP "DCID 1 clo\nse\n",
	    "unknown 0 text=Message do ne DCID 1 MID 2 to R\n"
	    "dcid_close 0 dcid=1\n",
	    2, 0 },
	{ "nor one whose stamp is gone", STAMP "Message do\nDCID 1 close\n",
	    "unknown 0 text=Message do\n", 0, 1 },
	{ "prose right behind a record", STAMP "DCID 1 close\nNote: more\nand",
	    "dcid_close 0 dcid=1\n", 0, 2 },
	{ "prose behind an unknown record", STAMP "MID 1 x\nmore",
	    "unknown 0 text=MID 1 x more\n", 1, 0 },
	{ "two records never merge", STAMP "DCID 1\n" STAMP "close\n",
	    "unknown 0 text=DCID 1\nunknown 0 text=close\n", 0, 0 },
	{ "a blank line within a record", STAMP "DCID 1\n\nclose\n\n",
	    "dcid_close 0 dcid=1\n", 1, 0 },
	{ "blank lines between all, and breaks within words",
	    STAMP "DCID 1 clo\n\nse\n\n" STAMP "Message do\n\nne DCID 1 MI\n\n"
		  "D 2 to RID [0]\n\n",
	    "dcid_close 0 dcid=1\nmessage_done 0 mid=2 dcid=1 rids=0\n", 3, 0 },
	{ "prose behind a blank line", STAMP "DCID 1 close\n\nNote:\nmore\n",
	    "dcid_close 0 dcid=1\n", 0, 2 },
	{ "prose behind a record that is none, and a blank line",
	    STAMP "MID 1 x\nmore\n\nprose\n\nprose\n",
	    "unknown 0 text=MID 1 x more\n", 1, 2 },
	{ "a record that is none, a blank line, half a record",
	    STAMP "Message do\n\nDCID 1 close\n", "unknown 0 text=Message do\n",
	    0, 1 },
	{ "too much behind a blank line",
	    STAMP "DCID 1 c\n\nl\n\no\n\ns\n\ne\n\nx\n\n",
	    "dcid_close 0 dcid=1\n", 4, 1 },
	{ "nothing", "", "", 0, 0 },
	{ "no record", "a\nb\n", "", 0, 2 },
};

static void
describe(struct buf *out, const struct maillog_event *ev)
{
	buf_printf(
	    out, "%s %u", maillog_form_name(ev->form), (unsigned)ev->spelling);
	for (unsigned i = 0; i < MAILLOG_FIELD_COUNT; i++) {
		enum maillog_field f = (enum maillog_field)i;
		int64_t number;
		struct slice text;

		if (!maillog_has(ev, f))
			continue;
		buf_printf(out, " %s=", maillog_field_name(f));
		if (maillog_field_get(ev, f, &number, &text))
			buf_printf(out, "%lld", (long long)number);
		else
			buf_append(out, text);
	}
}

static void
test_line(void **state)
{
	const struct line_case *c = *state;
	struct maillog_parser p;
	struct maillog_event ev;
	struct buf line = { 0 }, got = { 0 };

	maillog_parser_init(&p, 0);
	buf_printf(&line, "%s%s\n", STAMP, c->line);
	assert_true(maillog_parse(&p, buf_slice(&line), &ev));
	assert_int_equal(ev.time, at_0915);
	assert_true(ev.escaped);
	describe(&got, &ev);
	assert_string_equal(buf_cstr(&got), c->want);
	assert_int_equal(p.unknown, ev.form == MAILLOG_UNKNOWN);
	buf_fini(&line);
	buf_fini(&got);
	maillog_parser_fini(&p);
}

static void
take(struct buf *got, const struct maillog_event *ev)
{
	describe(got, ev);
	buf_append_byte(got, '\n');
}

static void
test_fold(void **state)
{
	const struct fold_case *c = *state;
	struct slice rest = slice_cstr(c->log), line;
	struct maillog_parser p;
	struct maillog_event ev;
	struct buf got = { 0 };

	maillog_parser_init(&p, 0);
	while (slice_split(&rest, '\n', &line))
		if (maillog_parser_feed(&p, line, &ev))
			take(&got, &ev);
	if (maillog_parser_flush(&p, &ev))
		take(&got, &ev);
	assert_false(maillog_parser_flush(&p, &ev));
	assert_string_equal(buf_cstr(&got), c->want);
	assert_int_equal(p.folded, c->folded);
	assert_int_equal(p.stray, c->stray);
	buf_fini(&got);
	maillog_parser_fini(&p);
}

static void
test_year_turns(void **state)
{
	struct maillog_parser p;
	struct maillog_event ev;
	utime before;

	(void)state;
	maillog_parser_init(&p, at_0915 + 182 * UTIME_DAY);
	assert_true(maillog_parse(
	    &p, SLICE("Dec 31 23:59:59 a b: Info: DCID 1 close"), &ev));
	before = ev.time;
	assert_true(maillog_parse(
	    &p, SLICE("Jan  1 00:00:00 a b: Info: DCID 1 close"), &ev));
	assert_int_equal(ev.time - before, UTIME_S);
	maillog_parser_fini(&p);
}

static void
test_long_record_is_cut(void **state)
{
	struct maillog_parser p;
	struct maillog_event ev;
	struct buf line = { 0 };

	(void)state;
	maillog_parser_init(&p, 0);
	buf_append_cstr(&line, STAMP "MID 5 Subject ");
	while (buf_len(&line) < MAILLOG_RECORD_MAX + 10)
		buf_append_cstr(&line, "subject ");
	assert_true(maillog_parse(&p, buf_slice(&line), &ev));
	assert_int_equal(ev.form, MAILLOG_MID_SUBJECT);
	assert_true(ev.subject.len < MAILLOG_RECORD_MAX);
	assert_int_equal(p.cut, 1);
	assert_false(maillog_parser_feed(&p, buf_slice(&line), &ev));
	assert_true(maillog_parser_feed(&p, buf_slice(&line), &ev));
	assert_false(maillog_parser_feed(&p, SLICE("more"), &ev));
	assert_true(maillog_parser_flush(&p, &ev));
	assert_int_equal(ev.form, MAILLOG_MID_SUBJECT);
	assert_int_equal(p.cut, 3);
	buf_fini(&line);
	maillog_parser_fini(&p);
}

/* Spaces that push the text of a record behind its end. */
static void
test_stamp_longer_than_a_record(void **state)
{
	struct maillog_parser p;
	struct maillog_event ev;
	struct buf line = { 0 };

	(void)state;
	maillog_parser_init(&p, 0);
	buf_append_cstr(&line, STAMP);
	while (buf_len(&line) < MAILLOG_RECORD_MAX + 10)
		buf_append_byte(&line, ' ');
	buf_append_cstr(&line, "DCID 1 close");
	assert_true(maillog_parse(&p, buf_slice(&line), &ev));
	assert_int_equal(ev.text.len, 0);
	assert_false(maillog_parser_feed(&p, buf_slice(&line), &ev));
	assert_false(maillog_parser_feed(&p, SLICE("more"), &ev));
	assert_true(maillog_parser_flush(&p, &ev));
	assert_int_equal(ev.form, MAILLOG_UNKNOWN);
	assert_int_equal(ev.text.len, 0);
	buf_fini(&line);
	maillog_parser_fini(&p);
}

/* A line made to be matched slowly is given up in time: without the bounds of
 * match.c each takes a quarter of a second. */
static void
test_hostile_line_is_bounded(void **state)
{
	struct maillog_parser p;
	struct maillog_event ev;
	struct buf line = { 0 };

	(void)state;
	maillog_parser_init(&p, 0);
	buf_append_cstr(&line, STAMP "Bounced: DCID 1 MID 1 From: ");
	while (buf_len(&line) < MAILLOG_RECORD_MAX)
		buf_append_cstr(&line, " To: RID 1 - - - ('1', [");
	for (int i = 0; i < 20; i++)
		assert_true(maillog_parse(&p, buf_slice(&line), &ev));
	assert_int_equal(p.unknown, 20);
	buf_fini(&line);
	maillog_parser_fini(&p);
}

static void
mutate(struct rng *rng, struct buf *line)
{
	static const char spice[] =
	    "'\"\\[](){}<>:, -\r\t0\x00\x01\x02\x80\xff";
	size_t len = buf_len(line);
	char *bytes = line->mem + line->head;
	size_t at;

	for (uint64_t n = 1 + rng_below(rng, 4); n > 0 && len > 0; n--) {
		at = rng_below(rng, len);
		switch (rng_below(rng, 3)) {
		case 0:
			bytes[at] = spice[rng_below(rng, sizeof(spice) - 1)];
			break;
		case 1:
			memmove(bytes + at, bytes + at + 1, len - at - 1);
			buf_truncate(line, --len);
			break;
		default:
			buf_truncate(line, len = at);
			break;
		}
	}
}

/* Whatever is read can be written as one line, and reads the same again. */
static void
test_mutated_lines(void **state)
{
	struct rng rng;
	struct maillog_parser p;
	struct maillog_event ev;
	struct buf line = { 0 }, out = { 0 };

	(void)state;
	rng_init(&rng, 117875);
	maillog_parser_init(&p, 0);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		const struct line_case *c = &lines[i % ARRAY_LEN(lines)];
		enum maillog_form form;

		buf_clear(&line);
		buf_append_cstr(&line, c->line);
		mutate(&rng, &line);
		buf_clear(&out);
		buf_append_cstr(&out, STAMP);
		buf_append(&out, buf_slice(&line));
		assert_true(maillog_parse(&p, buf_slice(&out), &ev));
		form = ev.form;
		buf_clear(&line);
		maillog_format(&line, &ev);
		assert_int_equal(slice_find_byte(buf_slice(&line), '\n'),
		    buf_len(&line) - 1);
		assert_true(maillog_parse(&p, buf_slice(&line), &ev));
		assert_int_equal(ev.form, form);
	}
	buf_fini(&line);
	buf_fini(&out);
	maillog_parser_fini(&p);
}

/* cmocka's state is not const; the tests only read it. */
static struct CMUnitTest
row_test(const char *name, CMUnitTestFunction test, const void *row)
{
	union {
		const void *row;
		void *state;
	} shared = { .row = row };

	return (struct CMUnitTest){
		.name = name, .test_func = test, .initial_state = shared.state
	};
}

/* A record of the delivery log is told by its first word; others that begin
 * with a bracket are no records. */
static void
test_without_stamp(void **state)
{
	static const char line[] =
	    "<success del_time=\"Fri Jan 09 15:34:20.234 2004\" "
	    "inj_time=\"Fri Jan 09 15:33:38.623 2004\" bytes=\"202\" "
	    "mid=\"45949\" ip=\"10.1.1.1\" from=\"a@b.example\" "
	    "source_ip=\"192.168.102.1\" code=\"250\" reply=\"sent\">"
	    "<rcpt rid=\"0\" to=\"u@x.example\" attempts=\"1\" /></success>";
	static const char *const none[] = { "<", "<success", "<success >",
		"<rcpt />", "<?xml version=\"1.0\"?>" };
	struct maillog_parser p;
	struct maillog_event ev;

	(void)state;
	maillog_parser_init(&p, 0);
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_false(maillog_parse(&p, slice_cstr(none[i]), &ev));
	assert_true(maillog_parse(&p, slice_cstr(line), &ev));
	assert_int_equal(ev.form, MAILLOG_DELIVERY_LOG_SUCCESS);
	assert_int_equal(ev.delivered, ev.time + 234 * UTIME_MS);
	assert_int_equal(ev.delivered - ev.injected, 41611 * UTIME_MS);
	assert_int_equal(ev.attempts, 1);
	assert_int_equal(p.records, 1);
	/* A moment that is none. */
	for (size_t cut = 0; cut < sizeof(line) - 1; cut++)
		assert_false(maillog_parse(&p, slice_of(line, cut), &ev));
	maillog_parser_fini(&p);
}

int
main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(test_year_turns),
		cmocka_unit_test(test_long_record_is_cut),
		cmocka_unit_test(test_stamp_longer_than_a_record),
		cmocka_unit_test(test_hostile_line_is_bounded),
		cmocka_unit_test(test_mutated_lines),
		cmocka_unit_test(test_without_stamp),
	};
	static struct CMUnitTest
	    tests[ARRAY_LEN(lines) + ARRAY_LEN(folds) + ARRAY_LEN(others)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		tests[n++] = row_test(lines[i].line, test_line, &lines[i]);
	for (size_t i = 0; i < ARRAY_LEN(folds); i++)
		tests[n++] = row_test(folds[i].name, test_fold, &folds[i]);
	memcpy(&tests[n], others, sizeof(others));
	return cmocka_run_group_tests_name("parser", tests, NULL, NULL);
}
