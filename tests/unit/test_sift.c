/* SPDX-License-Identifier: MIT */
/* A log that others use, too: what of it is a run's. */
#include "harness/live/sift.h"

#include "tests/unit/kit.h"

#define S "Wed Jul  2 09:15:07 2014 Info: "
#define OURS                                                                   \
	S "New SMTP ICID 7 interface Data1 (192.0.2.5) address 192.0.2.1 "     \
	  "reverse dns host x verified no\n" S "Start MID 40 ICID 7\n" S       \
	  "MID 40 ICID 7 From: <s@example.net>\n" S                            \
	  "MID 40 ICID 7 RID 0 To: <u1@example.com>\n" S                       \
	  "MID 40 ready 99 bytes from <s@example.net>\n"

/* A log, and what is left of it, without stamps; then accepted, open and
 * connections that stand, and what was left out. */
static const struct {
	const char *name, *log, *want;
} rows[] = {
	{ "ours", OURS S "Message finished MID 40 done\n",
	    "New SMTP ICID 7 interface Data1 (192.0.2.5) address 192.0.2.1 "
	    "reverse dns host x verified no|Start MID 40 ICID 7|"
	    "MID 40 ICID 7 From: <s@example.net>|"
	    "MID 40 ICID 7 RID 0 To: <u1@example.com>|"
	    "MID 40 ready 99 bytes from <s@example.net>|"
	    "Message finished MID 40 done|1 0 0, 0 0 0" },
	{ "of another client",
	    S "New SMTP ICID 8 interface Data1 (192.0.2.5) address 192.0.2.2 "
	      "reverse dns host x verified no\n" S "Start MID 41 ICID 8\n" S
	      "MID 41 ICID 8 From: <s@example.net>\n" S
	      "MID 41 ready 99 bytes from <s@example.net>\n",
	    "0 0 0, 4 1 0" },
	{ "of our client, by another sender",
	    S "New SMTP ICID 8 interface Data1 (192.0.2.5) address 192.0.2.1 "
	      "reverse dns host x verified no\n" S "Start MID 41 ICID 8\n" S
	      "MID 41 ICID 8 From: <other@example.net>\n",
	    "New SMTP ICID 8 interface Data1 (192.0.2.5) address 192.0.2.1 "
	    "reverse dns host x verified no|0 0 0, 2 1 0" },
	{ "of our client, to somebody else",
	    S "New SMTP ICID 8 interface Data1 (192.0.2.5) address 192.0.2.1 "
	      "reverse dns host x verified no\n" S "Start MID 41 ICID 8\n" S
	      "MID 41 ICID 8 From: <s@example.net>\n" S
	      "MID 41 ICID 8 RID 0 To: <other@example.com>\n" S
	      "Message finished MID 41 done\n",
	    "New SMTP ICID 8 interface Data1 (192.0.2.5) address 192.0.2.1 "
	    "reverse dns host x verified no|0 0 0, 4 1 0" },
	{ "accepted before the log began",
	    S "Message finished MID 3 done\n" S "ICID 2 close\n",
	    "0 0 0, 2 0 0" },
	{ "connections to our hosts, and others",
	    S "New SMTP DCID 9 interface 192.0.2.5 address 192.0.2.11 port "
	      "2525\n" S
	      "New SMTP DCID 10 interface 192.0.2.5 address 192.0.2.11 port "
	      "25\n" S "DCID 10 close\n" S
	      "Connection Error: DCID 11 domain: o.example IP: 192.0.2.11 "
	      "port: 2525 details: timeout interface: 192.0.2.5 reason: "
	      "network error\n" S
	      "Connection Error: DCID 12 domain: o.example IP: 192.0.2.99 "
	      "port: 25 details: timeout interface: 192.0.2.5 reason: "
	      "network error\n" S
	      "Connection Error: DCID 13 domain: example.com IP: 192.0.2.99 "
	      "port: 25 details: timeout interface: 192.0.2.5 reason: "
	      "network error\n",
	    "New SMTP DCID 9 interface 10.0.0.5 address 10.1.1.11 port 25|"
	    "Connection Error: DCID 11 domain: o.example IP: 10.1.1.11 "
	    "port: 25 details: timeout interface: 10.0.0.5 reason: network "
	    "error|"
	    "Connection Error: DCID 13 domain: example.com IP: 192.0.2.99 "
	    "port: 25 details: timeout interface: 10.0.0.5 reason: network "
	    "error|0 0 1, 3 0 1" },
	{ "older spellings have no port",
	    S "New SMTP DCID 9 interface 192.0.2.5 address 192.0.2.11\n" S
	      "Connection Error: DCID: 10 IP: 192.0.2.11 details: timeout "
	      "interface: 192.0.2.5 reason: network error\n",
	    "New SMTP DCID 9 interface 10.0.0.5 address 10.1.1.11|"
	    "Connection Error: DCID: 10 IP: 10.1.1.11 details: timeout "
	    "interface: 10.0.0.5 reason: network error|0 0 1, 0 0 0" },
	{ "our mail at a host of others",
	    OURS S
	    "New SMTP DCID 9 interface 192.0.2.9 address 192.0.2.99 port 25\n" S
	    "Delivery start DCID 9 MID 40 to RID [0]\n" S "DCID 9 close\n",
	    "New SMTP ICID 7 interface Data1 (192.0.2.5) address 192.0.2.1 "
	    "reverse dns host x verified no|Start MID 40 ICID 7|"
	    "MID 40 ICID 7 From: <s@example.net>|"
	    "MID 40 ICID 7 RID 0 To: <u1@example.com>|"
	    "MID 40 ready 99 bytes from <s@example.net>|"
	    "New SMTP DCID 9 interface 192.0.2.9 address 192.0.2.99 port 25|"
	    "Delivery start DCID 9 MID 40 to RID [0]|DCID 9 close|"
	    "1 1 0, 0 0 0" },
	{ "what is made of ours, and of others'",
	    OURS S "Start MID 50 ICID 0\n" S
		   "MID 50 generated for bounce of MID 40\n" S
		   "Start MID 51 ICID 0\n" S
		   "MID 51 generated for bounce of MID 39\n" S
		   "MID 40 rewritten to MID 52 by filters\n",
	    "New SMTP ICID 7 interface Data1 (192.0.2.5) address 192.0.2.1 "
	    "reverse dns host x verified no|Start MID 40 ICID 7|"
	    "MID 40 ICID 7 From: <s@example.net>|"
	    "MID 40 ICID 7 RID 0 To: <u1@example.com>|"
	    "MID 40 ready 99 bytes from <s@example.net>|"
	    "Start MID 50 ICID 0|MID 50 generated for bounce of MID 40|"
	    "MID 40 rewritten to MID 52 by filters|1 3 0, 2 1 0" },
	{ "housekeeping", S "Begin Logfile\n" S "Version: 1 SN: 2\n",
	    "0 0 0, 2 0 0" },
};

/* Records that were known to be of the run when they came. */
static unsigned news;

static void
on_record(void *owner, const struct log_record *record)
{
	news += sift_take(owner, record, 1);
}

static void
on_line(void *owner, const struct sift_line *line)
{
	buf_append(owner, slice_skip(line->text, sizeof(S) - 1));
	buf_append_byte(owner, '|');
}

static const struct placed place = { { { 4, { 10, 1, 1, 11 } }, 25 },
	{ { 4, { 192, 0, 2, 11 } }, 2525 } };

static void
sift_log(const struct plan *plan, const char *log, struct buf *out)
{
	struct placed at = place;
	const struct placement places = { &at, 1, 1 };
	struct sift s = {
		.places = &places,
		.client = ip_v4(192, 0, 2, 1),
		.relay = ip_v4(192, 0, 2, 5),
		.interface = ip_v4(10, 0, 0, 5),
	};
	struct slice rest = slice_cstr(log), line;
	struct log_reader reader;

	news = 0;
	sift_init(&s, plan);
	log_reader_init(&reader, &s, on_record);
	log_reader_begin(&reader, "a", 0);
	while (slice_split(&rest, '\n', &line))
		log_reader_line(&reader, line);
	log_reader_rest(&reader);
	sift_each(&s, on_line, out);
	buf_printf(out, "%d %d %d, %d %d %d", (int)s.accepted, (int)s.open,
	    (int)s.connections, (int)s.other_records, (int)s.other_messages,
	    (int)s.other_connections);
	log_reader_fini(&reader);
	sift_fini(&s);
}

static struct plan *
plan_new(void)
{
	struct err err;
	struct plan *plan = plan_parse("t",
	    SLICE(
		"{\"title\": \"t\", \"hosts\": {\"h\": {\"address\": \"10.1.1.11\"}}, \"inject\": [{\"count\": 2, \"from\": "
		"\"s@example.net\", \"to\": [\"u{n}@example.com\"]}], "
		"\"relay\": {\"bounce\": {\"recipient\": \"b@ops.example\"}}}"),
	    &err);

	if (plan == NULL)
		fail_msg("%s", err.msg);
	return plan;
}

static void
test_logs(void **state)
{
	struct plan *plan = plan_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = { 0 };

		sift_log(plan, rows[i].log, &out);
		if (!slice_eq(buf_slice(&out), slice_cstr(rows[i].want)))
			fail_msg("%s: %s", rows[i].name, buf_cstr(&out));
		buf_fini(&out);
	}
	plan_destroy(&plan);
}

/* Others' mail from the client's address is none, however much there is. */
static void
test_news(void **state)
{
	struct plan *plan = plan_new();
	struct buf out = { 0 };

	(void)state;
	sift_log(plan, OURS, &out);
	assert_int_equal(news, 3);
	sift_log(plan,
	    S "New SMTP ICID 7 interface Data1 (192.0.2.5) address 192.0.2.1 "
	      "reverse dns host x verified no\n" S "Start MID 41 ICID 7\n" S
	      "MID 41 ICID 7 From: <x@example.net>\n" S
	      "MID 41 ICID 7 RID 0 To: <y@example.org>\n" S
	      "MID 41 ready 99 bytes from <x@example.net>\n" S
	      "Message finished MID 41 done\n",
	    &out);
	assert_int_equal(news, 0);
	buf_fini(&out);
	plan_destroy(&plan);
}

static void
test_envelopes(void **state)
{
	const struct slice to[] = { SLICE("u1@example.com"),
		SLICE("U2@example.com"), SLICE("s@example.net"),
		SLICE("u3@example.com") };
	const struct slice bounces = SLICE("b@ops.example");
	struct plan *plan = plan_new();
	struct sift s = { .places = NULL };

	(void)state;
	sift_init(&s, plan);
	assert_true(sift_knows(&s, SLICE("s@example.net"), to, 2));
	assert_false(sift_knows(&s, SLICE("s@example.net"), to + 3, 1));
	assert_false(sift_knows(&s, SLICE("t@example.net"), to, 1));
	/* What a sender is told. */
	assert_true(sift_knows(&s, SLICE(""), to + 2, 1));
	assert_false(sift_knows(&s, SLICE(""), to, 1));
	/* Likewise whom the bounce profile names, who sends nothing. */
	assert_true(sift_knows(&s, SLICE(""), &bounces, 1));
	assert_false(sift_knows(&s, bounces, to, 1));
	sift_fini(&s);
	plan_destroy(&plan);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_logs);
	TEST(&kit, test_news);
	TEST(&kit, test_envelopes);
	return kit_run(&kit, "sift");
}
