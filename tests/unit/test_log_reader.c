/* SPDX-License-Identifier: MIT */
/* Dirty logs: what is given as records, what is counted, and that two records
 * never become one. */
#include "harness/log/log_reader.h"

#include "tests/unit/kit.h"

#define STAMP "Wed Jul  2 09:15:07 2014 Info: "
#define LATER "Wed Jul  2 09:15:08 2014 Info: "

static struct row {
	const char *name, *log, *want;
} rows[] = {
	{ "clean", STAMP "DCID 1 close\n" LATER "DCID 2 close\n",
	    "dcid_close:1 dcid_close:2\n" },
	{ "prose before, between and behind",
	    "Hello,\n" STAMP "DCID 1 close\n\nand then\n" LATER
	    "DCID 2 close\nRegards\n",
	    "dcid_close:2 dcid_close:5\n"
	    "  3 lines are no records (first a:1)\n" },
	{ "a fold", STAMP "Message aborted MID 1\nReceiving aborted\n",
	    "message_aborted:1\n"
	    "  1 line was joined to the one before it (a:2)\n" },
	{ "a fold before the level",
	    "Wed Jul  2 09:15:07 2014\nInfo: DCID 1 close\n",
	    "dcid_close:1\n"
	    "  1 line was joined to the one before it (a:2)\n" },
	{ "a record whose stamp is cut off",
	    STAMP "Message aborted MID 1 Receiving aborted\n"
		  "014 Info: DCID 3 close\n",
	    "message_aborted:1\n  1 line is no record (a:2)\n" },
	{ "a record without its stamp",
	    STAMP "Message aborted MID 1 Receiving aborted\n"
		  "Message finished MID 7 done\nmore of it\n",
	    "message_aborted:1\n  2 lines are no records (first a:2)\n" },
	{ "a record behind half of one",
	    STAMP "MID 1 ready 12 by\nMID 2 queued for delivery\n",
	    "unknown:1\n  1 line is no record (a:2)\n"
	    "  1 record is damaged (a:1)\n" },
	{ "half a record", STAMP "MID 1 ready 12 by\n" LATER "DCID 1 close\n",
	    "unknown:1 dcid_close:2\n  1 record is damaged (a:1)\n" },
	{ "two records in a line, the first is cut",
	    STAMP "MID 1 ready 12 by" LATER "DCID 1 close\n",
	    "unknown:1\n  1 record has another one in it (a:1)\n" },
	{ "two records in a line, which fit a text",
	    STAMP "Message aborted MID 1 Recei" LATER "DCID 1 close\n",
	    "unknown:1\n  1 record has another one in it (a:1)\n" },
	{ "two records in a line, which fit a list",
	    STAMP
	    "Delayed: DCID 1 MID 1 to RID 0 - 4.1.0 - x ('451', ['y']) []" LATER
	    "Message done DCID 1 MID 1 to RID [0]\n",
	    "unknown:1\n  1 record has another one in it (a:1)\n" },
	{ "a subject that looks like a record",
	    STAMP "MID 1 Subject 'x " LATER "DCID 1 close'\n",
	    "mid_subject:1\n" },
	{ "a reply that looks like a record",
	    STAMP "Delayed: DCID 1 MID 1 to RID 0 - 4.1.0 - x ('451', ['" LATER
		  "DCID 1 close']) []\n",
	    "delayed:1\n" },
	{ "another subsystem",
	    STAMP "MID 1 interim verdict using engine: CASE spam negative\n",
	    "unknown:1\n  1 record is of no known form (a:1)\n" },
	{ "debugging of another subsystem",
	    "Wed Jul  2 09:15:07 2014 Debug: MID 1 ICID 1 TLS read 126\n",
	    "unknown:1\n  1 record is of no known form (a:1)\n" },
	{ "a forum's blank lines",
	    STAMP "DCID 1 cl\n\nose\n\n" LATER "DCID 2 close\n\n"
		  "Regards\n\n",
	    "dcid_close:1 dcid_close:5\n  1 line is no record (a:6)\n"
	    "  1 line was joined to the one before it (a:2)\n" },
	{ "the clock goes back", LATER "DCID 1 close\n" STAMP "DCID 2 close\n",
	    "dcid_close:1 dcid_close:2\n"
	    "  1 record is older than the one before it (a:2)\n" },
	{ "no year", "Jul  2 09:15:07 esa1 mail_logs: Info: DCID 1 close\n",
	    "dcid_close:1\n" },
	{ "a forum's line breaks",
	    "\n\n" STAMP "New SMTP DCID 3 interface\n10.0.0.5 address\n"
	    "10.1.1.11 port 25\n\n\n" LATER "DCID 3 close\n",
	    "dcid_new:3 dcid_close:8\n"
	    "  2 lines were joined to those before them (first a:4)\n" },
};

static void
note(void *owner, const struct log_record *record)
{
	struct buf *out = owner;

	if (buf_len(out) > 0)
		buf_append_byte(out, ' ');
	buf_printf(out, "%s:%u", maillog_form_name(record->event->form),
	    (unsigned)record->place.line);
}

static void
feed(struct log_reader *r, const char *file, struct slice log)
{
	struct slice line;

	log_reader_begin(r, file, 1404292507 * UTIME_S);
	while (slice_split(&log, '\n', &line))
		log_reader_line(r, line);
	log_reader_rest(r);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct buf got = { 0 };
	struct log_reader r;

	log_reader_init(&r, &got, note);
	feed(&r, "a", slice_cstr(row->log));
	buf_append_byte(&got, '\n');
	log_reader_flaws_format(&r, &got);
	assert_slice(buf_slice(&got), row->want);
	buf_fini(&got);
	log_reader_fini(&r);
}

/* A record does not go on in the next file. */
static void
test_files(void **state)
{
	struct buf got = { 0 };
	struct log_reader r;

	(void)state;
	log_reader_init(&r, &got, note);
	feed(&r, "a", SLICE(STAMP "Message aborted MID 1 Rece\n"));
	feed(&r, "b", SLICE("iving aborted\n" STAMP "DCID 1 close\n"));
	log_reader_broke(&r);
	buf_append_byte(&got, '\n');
	log_reader_flaws_format(&r, &got);
	assert_slice(buf_slice(&got),
	    "message_aborted:1 dcid_close:2\n"
	    "  1 line is no record (b:1)\n"
	    "  1 file could not be read to its end (b:2)\n");
	buf_fini(&got);
	log_reader_fini(&r);
}

static void
note_appliance(void *owner, const struct log_record *record)
{
	buf_printf(owner, "%u", record->appliance);
}

static void
test_appliances(void **state)
{
	static const char log[] =
	    "Jul  2 09:15:07 esa1 mail_logs: Info: DCID 1 close\n"
	    "Jul  2 09:15:07 esa2 mail_logs: Info: DCID 1 close\n" STAMP
	    "DCID 2 close\n"
	    "Jul  2 09:15:07 ESA1 mail_logs: Info: DCID 3 close\n";
	struct buf got = { 0 };
	struct log_reader r;

	(void)state;
	log_reader_init(&r, &got, note_appliance);
	feed(&r, "a", slice_cstr(log));
	assert_slice(buf_slice(&got), "1201");
	assert_string_equal(log_reader_appliance(&r, 2), "esa2");
	log_reader_fini(&r);
	buf_clear(&got);
	log_reader_init(&r, &got, note_appliance);
	r.only = "esa2";
	feed(&r, "a", slice_cstr(log));
	assert_slice(buf_slice(&got), "1");
	assert_int_equal(r.flaws.others.count, 3);
	buf_fini(&got);
	log_reader_fini(&r);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_files);
	TEST(&kit, test_appliances);
	return kit_run(&kit, "log_reader");
}
