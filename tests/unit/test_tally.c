/* SPDX-License-Identifier: MIT */
/* What a relay's log says of a trial's mail, in numbers. */
#include "harness/routes/tally.h"

#include "tests/unit/kit.h"

#define AT(second) "Wed Jul  2 09:15:" second " 2014 Info: "
#define TWO                                                                    \
	AT("07")                                                               \
	"MID 1 ICID 1 RID 0 To: <user@d.example>\n" AT(                        \
	    "08") "MID 2 "                                                     \
		  "ICID 1 RID 0 To: <user@D.example>\n"
#define FIRST  "New SMTP DCID 1 interface 10.0.0.1 address 10.77.0.1 port 25\n"
#define SECOND "New SMTP DCID 2 interface 10.0.0.1 address 10.77.0.2 port 25\n"

struct row {
	const char *name;
	const char *log;
	const char *counts; /* "messages delivered bounced slowest/done done" */
	enum tally_fate fate;
};

static struct row rows[] = {
	{ "all flows",
	    TWO AT("07")
		FIRST AT("17") "Message done DCID 1 MID 1 to RID "
			       "[0]\n" AT("18") SECOND AT(
				   "18") "Message done DCID 2 MID 2 to RID "
					 "[0]\n",
	    "2 2 0 10/1 1", TALLY_FLOWS },
	{ "one had to wait",
	    TWO AT("07") "MID 1 to RID [0] pending till Wed Jul  2 09:16:07 "
			 "2014 [Default]\n" AT("09") FIRST AT(
			     "09") "Message done DCID 1 "
				   "MID 1 to RID [0]\n" AT(
				       "09") "Message done DCID 1 MID 2 to RID "
					     "[0]\n",
	    "2 2 0 2/2 0", TALLY_LATE },
	{ "one still waits",
	    TWO AT("09") FIRST AT("09") "Message done DCID 1 MID 2 to RID "
					"[0]\n",
	    "2 1 0 1/1 0", TALLY_WAITS },
	{ "one bounces",
	    TWO AT("09") "Bounced: DCID 1 MID 1 to RID 0 - 5.1.1 - No such "
			 "user ('550', ['no']) []\n",
	    "2 0 1 0/0 0", TALLY_BOUNCES },
	{ "what others send does not count",
	    TWO AT("09") "MID 3 ICID 0 RID 0 To: <sender@example.net>\n" AT(
		"09") FIRST AT("09") "Message done DCID 1 MID 3 to RID [0]\n"
				     "no record\n",
	    "2 0 0 0/0 0", TALLY_WAITS },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct err_list errors = { 0 };
	struct routes *r =
	    routes_parse(SLICE("d.example h, i\n"), "t", &errors);
	struct trial *trial = xcalloc(1, sizeof(*trial));
	struct slice rest = slice_cstr(row->log), line;
	struct buf counts = { 0 };
	struct tally t;

	assert_non_null(r);
	trial_make(trial, routes_at(r, 0), NULL, SLICE("d.example"));
	tally_init(&t, trial, 0);
	while (slice_split(&rest, '\n', &line))
		tally_line(&t, line);
	buf_printf(&counts, "%u %u %u %lld/%u %u", t.counts.messages,
	    t.counts.delivered, t.counts.bounced,
	    (long long)(t.counts.slowest / UTIME_S), t.done[0], t.done[1]);
	assert_slice(buf_slice(&counts), row->counts);
	assert_int_equal(tally_fate(&t.counts), row->fate);
	tally_fini(&t);
	trial_fini(trial);
	free(trial);
	routes_destroy(&r);
	buf_fini(&counts);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, check_row);
	return kit_run(&kit, "tally");
}
