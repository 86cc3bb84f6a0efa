/* SPDX-License-Identifier: MIT */
/* Names of messages: rewritten once and twice, begun before, given again, of
 * two appliances, and in bounded memory. */
#include "core/maillog/parser.h"
#include "harness/log/log_renames.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name;
	const char *records; /* without stamps, each with an LF */
	const char *named; /* MID=message, "!" when handed on; each with " " */
} rows[] = {
	{ "once",
	    "Start MID 6 ICID 5\nMID 6 rewritten to MID 7 by antispam\n"
	    "Message finished MID 6 done\nMID 7 queued for delivery\n"
	    "Message finished MID 7 done\nMID 7 queued for delivery\n",
	    "6=6 6=6 6=6! 7=6 7=6 7=7 " },
	{ "twice",
	    "MID 6 rewritten to 7 by antispam\nMID 7 rewritten to 9 by x\n"
	    "Message finished MID 6 done\nMID 9 queued for delivery\n"
	    "Message finished MID 7 done\nMessage finished MID 9 done\n",
	    "6=6 7=6 6=6! 9=6 7=6! 9=6 " },
	{ "begun before",
	    "Start MID 7 ICID 0\nMID 6 rewritten to MID 7 by x\n"
	    "MID 7 queued for delivery\n",
	    "7=7 6=6 7=6 " },
	{ "given again",
	    "MID 6 rewritten to MID 7 by x\nStart MID 7 ICID 3\n"
	    "MID 7 queued for delivery\nStart MID 6 ICID 4\n"
	    "Message finished MID 6 done\n",
	    "6=6 7=7 7=7 6=6 6=6 " },
	{ "to itself",
	    "MID 6 rewritten to MID 6 by x\nMessage finished MID 6 done\n",
	    "6=6 6=6 " },
	{ "of no known form",
	    "MID 6 rewritten to MID 7 by x\nMID 7 antivirus negative\n"
	    "LDAP: query MID 7 RID 0 address a@b\nMID x y\nMID\nAMID 7\n",
	    "6=6 7=6 7=6 0=0 0=0 0=0 " },
	{ "no message", "DCID 5 close\nICID 6 close\n", "0=0 0=0 " },
};

static void
take(struct log_renames *r, struct slice text, uint32_t appliance,
    struct buf *out)
{
	struct maillog_parser parser;
	struct slice line;

	maillog_parser_init(&parser, 0);
	while (slice_split(&text, '\n', &line)) {
		struct buf record = { 0 };
		struct maillog_event ev;
		struct log_named named;

		if (line.len == 0)
			continue;
		buf_append_cstr(&record, "Wed Jul  2 09:15:00 2014 Info: ");
		buf_append(&record, line);
		assert_true(maillog_parse(&parser, buf_slice(&record), &ev));
		named = log_renames_take(r, &ev, appliance);
		buf_printf(out, "%u=%u%s ", (unsigned)named.mid,
		    (unsigned)named.message, named.is_handed_on ? "!" : "");
		buf_fini(&record);
	}
	maillog_parser_fini(&parser);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct log_renames r = { 0 };
	struct buf out = { 0 };

	take(&r, slice_cstr(row->records), 0, &out);
	assert_slice(buf_slice(&out), row->named);
	log_renames_fini(&r);
	buf_fini(&out);
}

static void
test_appliances(void **state)
{
	struct log_renames r = { 0 };
	struct buf out = { 0 };

	(void)state;
	take(&r, SLICE("MID 6 rewritten to MID 7 by x\n"), 1, &out);
	take(&r, SLICE("MID 7 queued for delivery\n"), 2, &out);
	take(&r, SLICE("MID 7 queued for delivery\n"), 1, &out);
	assert_slice(buf_slice(&out), "6=6 7=7 7=6 ");
	log_renames_fini(&r);
	buf_fini(&out);
}

/* The oldest names are forgotten. */
static void
test_bounds(void **state)
{
	struct log_renames r = { 0 };
	struct buf text = { 0 }, out = { 0 };

	(void)state;
	for (unsigned i = 1; i <= LOG_RENAMES_MAX; i++)
		buf_printf(&text, "MID %u rewritten to MID %u by x\n", 2 * i,
		    2 * i + 1);
	take(&r, buf_slice(&text), 0, &out);
	assert_int_equal(r.count, LOG_RENAMES_MAX);
	buf_clear(&out);
	buf_clear(&text);
	buf_printf(&text,
	    "MID 3 queued for delivery\nMID %u queued for delivery\n",
	    2 * LOG_RENAMES_MAX + 1);
	take(&r, buf_slice(&text), 0, &out);
	assert_slice(buf_slice(&out), "3=3 40001=40000 ");
	log_renames_fini(&r);
	buf_fini(&text);
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_appliances);
	TEST(&kit, test_bounds);
	return kit_run(&kit, "log_renames");
}
