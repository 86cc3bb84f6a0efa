/* SPDX-License-Identifier: MIT */
/* The text of bounce messages, whole and in its corners. */
#include "relay/bounce/dsn.h"
#include "tests/unit/kit.h"

#define ORIGINAL "Subject: hello\r\n\r\nHello\r\n"

static const struct dsn_report failed = {
	.action = DSN_FAILED,
	.host = SLICE_INIT("relay.test"),
	.to = SLICE_INIT("s@example.net"),
	.recipient = SLICE_INIT("u@example.com"),
	.reason = SLICE_INIT("5.1.0 - Unknown address error 550-'No = one'"),
	.at = INT64_C(1404292507) * UTIME_S,
	.mid = 40,
	.original = SLICE_INIT(ORIGINAL),
};

static void
test_whole(void **state)
{
	struct dsn_report report = failed;
	struct ip_address remote = ip_v4(10, 1, 1, 11);
	struct buf out = { 0 };

	(void)state;
	report.remote = &remote;
	dsn_format(&out, &report);
	assert_slice(buf_slice(&out),
	    "Received: from localhost by relay.test; 2 Jul 2014 09:15:07 "
	    "+0000\r\n"
	    "Message-Id: <19r7jcr$18@relay.test>\r\n"
	    "Date: Wed, 2 Jul 2014 09:15:07 +0000\r\n"
	    "To: s@example.net\r\n"
	    "From: \"Mail Delivery System\" <MAILER-DAEMON@relay.test>\r\n"
	    "Subject: Delivery Status Notification (Failure)\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    " boundary=\"18.19r7jcr.0/relay.test\"\r\n"
	    "\r\n"
	    "--18.19r7jcr.0/relay.test\r\n"
	    "content-type: text/plain; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "The following message to <u@example.com> was undeliverable.\r\n"
	    "The reason for the problem:\r\n"
	    "5.1.0 - Unknown address error 550-'No =3D one'\r\n"
	    "\r\n"
	    "--18.19r7jcr.0/relay.test\r\n"
	    "content-type: message/delivery-status\r\n"
	    "\r\n"
	    "Reporting-MTA: dns; relay.test\r\n"
	    "\r\n"
	    "Final-Recipient: rfc822;u@example.com\r\n"
	    "Action: failed\r\n"
	    "Status: 5.0.0 (permanent failure)\r\n"
	    "Remote-MTA: dns; [10.1.1.11]\r\n"
	    "Diagnostic-Code: smtp; 5.1.0 - Unknown address error "
	    "550-'No = one' (delivery attempts: 0)\r\n"
	    "\r\n"
	    "--18.19r7jcr.0/relay.test\r\n"
	    "content-type: message/rfc822\r\n"
	    "\r\n" ORIGINAL "\r\n"
	    "--18.19r7jcr.0/relay.test--\r\n");
	buf_fini(&out);
}

static void
make_delayed(struct dsn_report *r)
{
	r->action = DSN_DELAYED;
	r->attempts = 2;
}

static void
make_relayed(struct dsn_report *r)
{
	r->action = DSN_RELAYED;
}

static void
make_plain(struct dsn_report *r)
{
	r->is_plain = true;
}

static void
make_named(struct dsn_report *r)
{
	r->envelope_id = SLICE("id 7");
	r->original_recipient = SLICE("rfc822;list@example.com");
	r->status = SLICE("5.1.1");
}

static void
make_8bit(struct dsn_report *r)
{
	r->original = SLICE("Subject: x\r\n\r\n\xf6\r\n");
}

static void
make_utf8(struct dsn_report *r)
{
	r->is_utf8 = true;
	r->recipient = SLICE("\xc3\xb6@example.com");
}

static void
make_utf8_headers(struct dsn_report *r)
{
	r->is_utf8 = r->is_headers_only = true;
}

static void
make_rude(struct dsn_report *r)
{
	r->reason = SLICE("550-'\xc3\xb6'\r\nStatus: 2.0.0");
}

static void
make_guessed(struct dsn_report *r)
{
	r->original = SLICE("--18.19r7jcr.0/relay.test--\r\n");
}

static void
make_v6(struct dsn_report *r)
{
	static struct ip_address remote;

	assert_true(ip_parse(SLICE("2001:db8::1"), &remote));
	r->remote = &remote;
}

/* One member changes; the message holds one text, and not the other. */
static struct change_row {
	const char *name;
	void (*change)(struct dsn_report *r);
	const char *holds, *lacks;
} change_rows[] = {
	{ "nobody answered", NULL, "Status: 5.0.0", "Remote-MTA" },
	{ "IPv6", make_v6, "Remote-MTA: dns; [IPv6:2001:db8::1]\r\n", "([" },
	{ "delayed", make_delayed,
	    "Action: delayed\r\nStatus: 4.0.0 (temporary failure)\r\n",
	    "undeliverable" },
	{ "attempts", make_delayed, "(delivery attempts: 2)\r\n", "(Failure)" },
	{ "relayed", make_relayed,
	    "Action: relayed\r\nStatus: 2.0.0 (success)\r\n", "failed" },
	{ "plain", make_plain, "Content-Type: multipart/mixed;\r\n",
	    "delivery-status" },
	{ "names", make_named,
	    "dns; relay.test\r\nOriginal-Envelope-Id: id 7\r\n\r\n"
	    "Original-Recipient: rfc822;list@example.com\r\n"
	    "Final-Recipient: rfc822;u@example.com\r\n",
	    "5.0.0" },
	{ "8 bit", make_8bit,
	    "content-type: message/rfc822\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\nSubject: x\r\n",
	    "message/global" },
	{ "UTF-8", make_utf8, "Final-Recipient: utf-8;\xc3\xb6@example.com\r\n",
	    "message/delivery-status" },
	{ "UTF-8, all of it", make_utf8, "content-type: message/global\r\n",
	    "message/rfc822" },
	{ "UTF-8, the text", make_utf8, "<=C3=B6@example.com>", "rfc822;" },
	{ "UTF-8, the header", make_utf8_headers,
	    "content-type: message/global-headers\r\n", "message/global\r\n" },
	{ "a reply that would be a field", make_rude,
	    "550-'\\xc3\\xb6'\\x0d\\x0aStatus: 2.0.0 (delivery",
	    "\r\nStatus: 2" },
	{ "a boundary that was guessed", make_guessed,
	    "boundary=\"18.19r7jcr.1/relay.test\"", "boundary=\"18.19r7jcr.0" },
};

static void
test_change(void **state)
{
	const struct change_row *row = *state;
	struct dsn_report report = failed;
	struct buf out = { 0 };
	struct slice text;

	if (row->change != NULL)
		row->change(&report);
	dsn_format(&out, &report);
	text = buf_slice(&out);
	if (slice_find(text, slice_cstr(row->holds)) == text.len ||
	    slice_find(text, slice_cstr(row->lacks)) < text.len)
		fail_msg("%s", buf_cstr(&out));
	buf_fini(&out);
}

/* No line is longer than a line may be. */
static void
test_long(void **state)
{
	struct dsn_report report = failed;
	struct buf reason = { 0 }, out = { 0 };
	struct slice rest, line;
	size_t longest = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_append_byte(&reason, i < 1500 && i % 50 == 0 ? ' ' : 'x');
	report.reason = buf_slice(&reason);
	dsn_format(&out, &report);
	rest = buf_slice(&out);
	while (slice_split(&rest, '\n', &line))
		longest = line.len > longest ? line.len : longest;
	assert_in_range(longest, 900, 999);
	buf_fini(&reason);
	buf_fini(&out);
}

static struct copy_row {
	const char *name;
	const char *head;
	uint64_t size, max;
	bool headers_asked, headers_given;
	const char *want;
} copy_rows[] = {
	{ "all of it", "A: b\r\n\r\nc\r\n", 11, 11, false, false,
	    "A: b\r\n\r\nc\r\n" },
	{ "the header is asked for", "A: b\r\n\r\nc\r\n", 11, 11, true, true,
	    "A: b\r\n" },
	{ "too large", "A: b\r\n\r\nc\r\n", 100, 11, false, true, "A: b\r\n" },
	{ "a header that is too large", "A: b\r\nC: d\r\nE: f\r\n", 100, 13,
	    false, true, "A: b\r\nC: d\r\n" },
	{ "whose first line is", "Aaaaaaaaaaaaaaaa\r\n", 100, 5, false, true,
	    "" },
	{ "no header", "\r\nc\r\n", 5, 4, false, true, "" },
	{ "no content", "A: b\r\n", 6, 100, true, true, "A: b\r\n" },
	{ "nothing is returned", "A: b\r\n\r\nc\r\n", 11, 0, false, true, "" },
};

static void
test_copy(void **state)
{
	const struct copy_row *row = *state;
	bool headers = row->headers_asked;
	struct slice copy =
	    dsn_copy(slice_cstr(row->head), row->size, row->max, &headers);

	assert_slice(copy, row->want);
	assert_int_equal(headers, row->headers_given);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_whole);
	ROWS(&kit, change_rows, test_change);
	TEST(&kit, test_long);
	ROWS(&kit, copy_rows, test_copy);
	return kit_run(&kit, "dsn");
}
