/* SPDX-License-Identifier: MIT */
/* The Received: line, and the two fields of a header that the log tells. */
#include "relay/receive/received.h"
#include "tests/unit/kit.h"

/* Of a client's name, so much is told. */
#define NAME_SHOWN 255

static struct line_row {
	const char *name; /* the client's address */
	const char *with;
	utime at;
	const char *want;
} line_rows[] = {
	{ "10.0.0.9", "ESMTP", 0,
	    "Received: from client ([10.0.0.9])\r\n"
	    "\tby relay.test with ESMTP id 18446744073709551615;\r\n"
	    "\tThu, 1 Jan 1970 00:00:00 +0000\r\n" },
	{ "2001:db8::1", "UTF8SMTPS", INT64_C(1404292507) * UTIME_S + 999999,
	    "Received: from client ([IPv6:2001:db8::1])\r\n"
	    "\tby relay.test with UTF8SMTPS id 18446744073709551615;\r\n"
	    "\tWed, 2 Jul 2014 09:15:07 +0000\r\n" },
	{ "10.0.0.10", "SMTP", INT64_C(1583020799) * UTIME_S,
	    "Received: from client ([10.0.0.10])\r\n"
	    "\tby relay.test with SMTP id 18446744073709551615;\r\n"
	    "\tSat, 29 Feb 2020 23:59:59 +0000\r\n" },
};

static void
test_line(void **state)
{
	const struct line_row *row = *state;
	struct ip_address ip;
	const struct received_line line = {
		.from = SLICE("client"),
		.client = &ip,
		.by = SLICE("relay.test"),
		.mid = UINT64_MAX,
		.with = row->with,
		.at = row->at,
	};
	struct buf out = { 0 };

	assert_true(ip_parse(slice_cstr(row->name), &ip));
	received_format(&out, &line);
	assert_slice(buf_slice(&out), row->want);
	buf_fini(&out);
}

/* What a client calls itself comes into a header that must stay one. */
static void
test_odd_name(void **state)
{
	char long_name[600], want[NAME_SHOWN + 1];
	const struct ip_address ip = ip_v4(10, 0, 0, 9);
	struct received_line line = {
		.from = SLICE("h\xc3\xa9 \r\n\x7fx"),
		.client = &ip,
		.by = SLICE("relay.test"),
		.with = "SMTP",
	};
	struct buf out = { 0 };

	(void)state;
	received_format(&out, &line);
	assert_true(slice_starts_with(buf_slice(&out),
	    SLICE("Received: from h??????x ([10.0.0.9])\r\n")));
	buf_clear(&out);
	memset(long_name, 'x', sizeof(long_name));
	memset(want, 'x', NAME_SHOWN);
	want[NAME_SHOWN] = '\0';
	line.from = slice_of(long_name, sizeof(long_name));
	received_format(&out, &line);
	assert_slice(
	    slice_sub(slice_skip(buf_slice(&out), 15), 0, NAME_SHOWN), want);
	assert_int_equal(buf_slice(&out).at[15 + NAME_SHOWN], ' ');
	buf_fini(&out);
}

/* A client whose address nobody tells. */
static void
test_unknown(void **state)
{
	const struct ip_address none = { 0 };
	const struct received_line line = {
		.from = SLICE("client"),
		.client = &none,
		.by = SLICE("relay.test"),
		.with = "ESMTP",
	};
	struct buf out = { 0 };

	(void)state;
	received_format(&out, &line);
	assert_true(slice_starts_with(
	    buf_slice(&out), SLICE("Received: from client (unknown)\r\n")));
	buf_fini(&out);
}

static struct protocol_row {
	const char *name;
	struct received_protocol how;
} protocol_rows[] = {
	{ "SMTP", { 0 } },
	{ "SMTP", { .is_tls = true } },
	{ "ESMTP", { .is_extended = true } },
	{ "ESMTPS", { .is_extended = true, .is_tls = true } },
	{ "ESMTPA", { .is_extended = true, .is_authenticated = true } },
	{ "ESMTPSA", { true, true, true, false } },
	{ "UTF8SMTP", { true, false, false, true } },
	{ "UTF8SMTPS", { true, true, false, true } },
	{ "UTF8SMTPA", { true, false, true, true } },
	{ "UTF8SMTPSA", { true, true, true, true } },
};

static void
test_protocol(void **state)
{
	const struct protocol_row *row = *state;

	assert_string_equal(received_protocol(&row->how), row->name);
}

static struct header_row {
	const char *name; /* the content */
	const char *id, *subject;
} header_rows[] = {
	{ "", "", "" },
	{ "Subject: hello\r\n\r\n", "", "hello" },
	{ "Message-ID: <1@x>\r\nSubject: hello\r\n\r\n", "<1@x>", "hello" },
	{ "SUBJECT:hello \t\r\nmessage-id:<1@x>\r\n\r\n", "<1@x>", "hello" },
	/* Folded lines are one. */
	{ "Subject: a\r\n b\r\n\tc\r\nX: y\r\n z\r\n\r\n", "", "a b c" },
	{ "Message-ID:\r\n <1@x>\r\n\r\n", "<1@x>", "" },
	{ "X: y\r\n Subject: no\r\n\r\n", "", "" },
	{ " Subject: no\r\n\r\n", "", "" },
	/* The first one counts. */
	{ "Subject: a\r\nSubject: b\r\n c\r\n\r\n", "", "a" },
	/* The header ends at the first empty line. */
	{ "X: y\r\n\r\nSubject: no\r\n", "", "" },
	{ "\r\nSubject: no\r\n", "", "" },
	{ "Subject hello\r\nSubjects: x\r\n\r\n", "", "" },
	/* A line that has no end yet is none. */
	{ "Subject: a", "", "" },
	{ "Subject: a\nX: y\n\nMessage-ID: <no>\n", "", "a" },
};

static void
check_header(const struct slice *pieces, size_t count, void *arg)
{
	const struct header_row *row = arg;
	struct header_scan h = { 0 };

	for (size_t i = 0; i < count; i++)
		header_scan_feed(&h, pieces[i]);
	assert_slice(header_scan_message_id(&h), row->id);
	assert_slice(header_scan_subject(&h), row->subject);
	header_scan_reset(&h);
	assert_slice(header_scan_subject(&h), "");
	header_scan_feed(&h, SLICE("Subject: next\r\n\r\n"));
	assert_slice(header_scan_subject(&h), "next");
	header_scan_fini(&h);
}

static void
test_header(void **state)
{
	const struct header_row *row = *state;

	feed_split(slice_cstr(row->name), check_header, *state);
}

/* A line, and a field of many lines, are cut at the bound. */
static void
test_long_fields(void **state)
{
	struct header_scan h = { 0 };
	struct buf text = { 0 };

	(void)state;
	buf_append_cstr(&text, "Subject: ");
	for (int i = 0; i < 5000; i++)
		buf_append_byte(&text, 'x');
	buf_append_cstr(&text, "\r\nMessage-ID: <");
	for (int i = 0; i < 500; i++)
		buf_append_cstr(&text, "\r\n 0123456789");
	buf_append_cstr(&text, "\r\n\r\n");
	header_scan_feed(&h, buf_slice(&text));
	assert_int_equal(header_scan_subject(&h).len,
	    HEADER_FIELD_MAX - strlen("Subject: "));
	assert_int_equal(header_scan_message_id(&h).len, HEADER_FIELD_MAX);
	assert_true(buf_len(&h.line) <= HEADER_FIELD_MAX);
	assert_true(h.is_over);
	buf_fini(&text);
	header_scan_fini(&h);
}

/* Those of the header, folded or not, and of nothing else. */
static void
test_hops(void **state)
{
	struct header_scan h = { 0 };

	(void)state;
	header_scan_feed(&h,
	    SLICE("Received: from a\r\n\tby b;\r\nReceived:\r\n from b\r\n"
		  "X-Received: c\r\n Received: d\r\nRECEIVED: e\r\n\r\n"
		  "Received: f\r\n"));
	assert_int_equal(h.hops, 3);
	header_scan_reset(&h);
	assert_int_equal(h.hops, 0);
	header_scan_fini(&h);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, line_rows, test_line);
	ROWS(&kit, protocol_rows, test_protocol);
	TEST(&kit, test_unknown);
	ROWS(&kit, header_rows, test_header);
	TEST(&kit, test_odd_name);
	TEST(&kit, test_hops);
	TEST(&kit, test_long_fields);
	return kit_run(&kit, "received");
}
