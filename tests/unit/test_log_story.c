/* SPDX-License-Identifier: MIT */
/* Which records make a story: of one message among others, of a domain, of a
 * host, with numbers that are given again, and in bounded memory. */
#include "harness/log/log_story.h"

#include "tests/unit/kit.h"

#define AT "Wed Jul  2 09:15:00 2014 Info: "

/* Each line begins with its second. */
static const char session[] =
    "00 New SMTP ICID 1 interface Data1 (10.0.0.5) address 192.0.2.7"
    " reverse dns host unknown verified no\n"
    "00 Start MID 1 ICID 1\n"
    "00 MID 1 ICID 1 From: <a@x.example>\n"
    "00 MID 1 ICID 1 RID 0 To: <b@one.example>\n"
    "00 MID 1 queued for delivery\n"
    "00 Start MID 2 ICID 1\n"
    "00 MID 2 ICID 1 From: <a@x.example>\n"
    "00 MID 2 ICID 1 RID 0 To: <c@two.example>\n"
    "00 MID 2 queued for delivery\n"
    "01 New SMTP DCID 5 interface 10.0.0.5 address 10.1.1.1 port 25\n"
    "01 Connection Error: DCID 5 domain: one.example IP: 10.1.1.1 port: 25"
    " details: 421-'busy' interface: 10.0.0.5 reason: unexpected SMTP"
    " response\n"
    "01 MID 1 to RID [0] pending till Wed Jul  2 09:16:01 2014\n"
    "02 New SMTP DCID 6 interface 10.0.0.5 address 10.1.1.1 port 25\n"
    "02 Connection Error: DCID 6 domain: one.example IP: 10.1.1.1 port: 25"
    " details: EOF interface: 10.0.0.5 reason: network error\n"
    "03 New SMTP DCID 7 interface 10.0.0.5 address 10.1.2.1 port 25\n"
    "03 Delivery start DCID 7 MID 2 to RID [0]\n"
    "03 Message done DCID 7 MID 2 to RID [0]\n"
    "03 Message finished MID 2 done\n"
    "08 DCID 7 close\n"
    "09 Start MID 2 ICID 9\n"
    "09 MID 2 ICID 9 From: <z@x.example>\n";

/* MID 1 becomes MID 4, which was begun before, with another recipient; MID 3 is
 * a part of it. */
static const char rewritten[] =
    "00 Start MID 1 ICID 1\n"
    "00 MID 1 ICID 1 From: <a@x.example>\n"
    "00 MID 1 ICID 1 RID 0 To: <b@one.example>\n"
    "00 MID 1 antivirus negative\n"
    "00 Start MID 3 ICID 0\n"
    "00 MID 1 was split creating MID 3 due to a per-recipient policy P\n"
    "00 Start MID 4 ICID 0\n"
    "00 MID 4 ICID 0 RID 0 To: <c@two.example>\n"
    "00 MID 1 rewritten to MID 4 by alt-rcpt-to-filter\n"
    "00 Message finished MID 1 done\n"
    "00 MID 4 queued for delivery\n"
    "00 MID 3 queued for delivery\n"
    "01 Connection Error: DCID 5 domain: two.example IP: 10.1.1.1 port: 25"
    " details: EOF interface: 10.0.0.5 reason: network error\n"
    "02 Message finished MID 4 done\n"
    "03 Connection Error: DCID 6 domain: two.example IP: 10.1.1.1 port: 25"
    " details: EOF interface: 10.0.0.5 reason: network error\n";

#define WHOLE                                                                  \
	"M1 start_mid mid_from mid_to unknown mid_split mid_rewritten"         \
	" start_mid mid_to message_finished mid_queued connection_error"       \
	" message_finished;"
#define PART "M3 start_mid mid_split mid_queued;"

static struct row {
	const char *name, *want;
	size_t limit;
	const char *stories;
} rows[] = {
	/* DCID 5 was opened while it was ready; DCID 6 while it waited. */
	{ "a message", "1", 9,
	    "M1 icid_new start_mid mid_from mid_to mid_queued"
	    " dcid_new connection_error pending;+0" },
	{ "a MID that is given twice", "2", 9,
	    "M2 icid_new start_mid mid_from mid_to mid_queued dcid_new"
	    " delivery_start message_done message_finished;"
	    "M2 start_mid mid_from;+0" },
	{ "a recipient", "c@two.example", 9,
	    "M2 icid_new start_mid mid_from mid_to mid_queued dcid_new"
	    " delivery_start message_done message_finished;+0" },
	{ "a sender, with a limit", "a@x.example", 1,
	    "M1 icid_new start_mid mid_from mid_to mid_queued dcid_new"
	    " connection_error pending;+1" },
	{ "a domain, and what belongs to no message", "one.example", 9,
	    "M1 icid_new start_mid mid_from mid_to mid_queued dcid_new"
	    " connection_error pending;D6 dcid_new connection_error;+0" },
	{ "a host", "10.1.2.1", 9,
	    "M2 icid_new start_mid mid_from mid_to mid_queued dcid_new"
	    " delivery_start message_done message_finished;+0" },
	{ "a connection", "DCID 7", 9,
	    "D7 dcid_new delivery_start message_done dcid_close;+0" },
	{ "nothing", "99", 9, "+0" },
};

static struct row rewritten_rows[] = {
	{ "by its first name", "1", 9, WHOLE PART "+0" },
	{ "by its last name", "4", 9, WHOLE "+0" },
	{ "a part", "3", 9, PART "+0" },
	{ "a recipient before", "b@one.example", 9, WHOLE PART "+0" },
	{ "a recipient behind, of what is begun as another", "c@two.example", 9,
	    WHOLE "+0" },
	{ "both of one domain", "a@x.example", 9, WHOLE PART "+0" },
	{ "with a limit", "1", 1, WHOLE "+1" },
};

static void
take(void *owner, const struct log_record *record)
{
	log_stories_take(owner, record);
}

static struct log_stories *
read_log(const char *word, size_t limit, struct slice text)
{
	struct log_want want;
	struct err err;
	struct log_stories *s;
	struct log_reader r;
	struct slice line;

	assert_true(log_want_parse(word, &want, &err));
	s = log_stories_new(&want, limit);
	log_reader_init(&r, s, take);
	log_reader_begin(&r, "a", 0);
	while (slice_split(&text, '\n', &line))
		log_reader_line(&r, line);
	log_reader_rest(&r);
	log_reader_fini(&r);
	return s;
}

static void
story_names(const struct log_story *story, struct buf *out)
{
	struct maillog_parser parser;
	struct maillog_event ev;

	buf_printf(out, "%c%u", story->is_message ? 'M' : 'D',
	    (unsigned)story->number);
	for (size_t i = 0; i < story->count; i++) {
		maillog_parser_init(&parser, 0);
		assert_true(maillog_parse(
		    &parser, slice_cstr(story->records[i].text), &ev));
		buf_printf(out, " %s", maillog_form_name(ev.form));
	}
	buf_append_byte(out, ';');
}

static void
check_row(const struct row *row, struct slice records)
{
	struct buf text = { 0 }, got = { 0 };
	struct log_stories *s;
	struct slice line;

	while (slice_split(&records, '\n', &line) && line.len > 0)
		buf_printf(&text, "Wed Jul  2 09:15:%.2s 2014 Info: %.*s\n",
		    line.at, (int)line.len - 3, line.at + 3);
	s = read_log(row->want, row->limit, buf_slice(&text));
	for (size_t i = 0; i < log_stories_count(s); i++)
		story_names(log_stories_at(s, i), &got);
	buf_printf(&got, "+%u", (unsigned)log_stories_more(s));
	assert_slice(buf_slice(&got), row->stories);
	buf_fini(&text);
	buf_fini(&got);
	log_stories_destroy(&s);
}

static void
test_row(void **state)
{
	check_row(*state, slice_cstr(session));
}

static void
test_rewritten(void **state)
{
	check_row(*state, slice_cstr(rewritten));
}

/* A message of very many records, and very many messages that never end. */
static void
test_bounds(void **state)
{
	struct buf text = { 0 };
	struct log_stories *s;

	(void)state;
	for (unsigned i = 0; i < LOG_STORY_RECORDS_MAX + 10; i++)
		buf_printf(&text, "%s", AT "MID 1 queued for delivery\n");
	s = read_log("1", 1, buf_slice(&text));
	assert_int_equal(log_stories_at(s, 0)->count, LOG_STORY_RECORDS_MAX);
	assert_int_equal(log_stories_at(s, 0)->left_out, 10);
	log_stories_destroy(&s);
	buf_clear(&text);
	for (unsigned i = 0; i < LOG_STORY_PENDING_MAX + 10; i++)
		buf_printf(&text,
		    AT "Start MID %u ICID %u\n" AT
		       "New SMTP DCID %u interface i address 10.1.1.1\n",
		    i, i, i);
	s = read_log("one.example", 1, buf_slice(&text));
	assert_int_equal(log_stories_count(s), 0);
	log_stories_destroy(&s);
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	ROWS(&kit, rewritten_rows, test_rewritten);
	TEST(&kit, test_bounds);
	return kit_run(&kit, "log_story");
}
