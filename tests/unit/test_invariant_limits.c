/* SPDX-License-Identifier: MIT */
/* Limits, and TLS by the log: the same run is right under one configuration and
 * wrong under another. */
#include "tests/unit/judge_stories.h"

/* Three messages over two connections, both of which are open at 0.5 s. */
static const char three[] =
    "0.010 A 1 s@example.net u@example.com\n"
    "+ N 1 11\n+ G 1\n+ S 1 1 0\n"
    "0.500 A 2 s@example.net u@example.com,v@example.com\n"
    "+ N 2 12\n+ G 2\n+ S 2 2 0,1\n"
    "+ D 1 1 0 s@example.net u@example.com\n+ F 1\n"
    "+ D 2 2 0,1 s@example.net u@example.com,v@example.com\n+ F 2\n"
    "1.000 A 3 s@example.net u@example.com\n"
    "+ S 1 3 0\n+ D 1 3 0 s@example.net u@example.com\n+ F 3\n"
    "6.100 X 1\n+ X 2\n";

/* Both connections go to the same address. */
static const char same[] = "0.010 A 1 s@example.net u@example.com\n"
			   "+ N 1 11\n+ G 1\n+ S 1 1 0\n"
			   "0.500 A 2 s@example.net u@example.com\n"
			   "+ N 2 11\n+ G 2\n+ S 2 2 0\n"
			   "+ D 1 1 0 s@example.net u@example.com\n+ F 1\n"
			   "+ D 2 2 0 s@example.net u@example.com\n+ F 2\n"
			   "6.100 X 1\n+ X 2\n";

/* One recipient is too many for the transaction and is sent in another. */
static const char split[] =
    "0.010 A 1 s@example.net u@example.com,v@example.com,w@example.com\n"
    "+ N 1 11\n+ G 1\n+ S 1 1 0,1,2\n"
    "+ D 1 1 0,1 s@example.net u@example.com,v@example.com\n"
    "+ S 1 1 2\n"
    "+ D 1 1 2 s@example.net w@example.com\n+ F 1\n"
    "6.100 X 1\n";

/* The same period, and the next one. */
static const char later[] =
    "0.010 A 1 s@example.net u@example.com\n"
    "+ N 1 11\n+ G 1\n+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n"
    "+ F 1\n5.100 X 1\n"
    "59.000 A 2 s@example.net u@example.com\n"
    "60.030 N 2 12\n+ G 2\n+ S 2 2 0\n"
    "+ D 2 2 0 s@example.net u@example.com\n+ F 2\n66.000 X 2\n";

/* In clear, without a word about it. */
static const char clear[] =
    "0.010 A 1 s@example.net u@example.com\n"
    "+ N 1 11\n+ G 1\n+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n"
    "+ F 1\n5.100 X 1\n";
static const char unsupported[] =
    "0.010 A 1 s@example.net u@example.com\n"
    "+ N 1 11\n+ G 1\n+ L DCID 1 STARTTLS command not supported.\n"
    "+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n+ F 1\n5.100 X 1\n";
static const char refused[] =
    "0.010 A 1 s@example.net u@example.com\n"
    "+ N 1 11\n+ G 1\n+ L DCID 1 TLS failed: STARTTLS unexpected response\n"
    "+ S 1 1 0\n+ D 1 1 0 s@example.net u@example.com\n+ F 1\n5.100 X 1\n";
/* The handshake fails; a minute later the same host gets the mail in clear. */
static const char fallen[] =
    "0.010 A 1 s@example.net u@example.com\n"
    "+ N 1 11\n+ G 1\n+ L DCID 1 TLS failed: sslv3 alert handshake failure\n"
    "+ E 1 example.com 11 [Errno 0] Error\n"
    "+ L MID 1 to RID [0] pending till Wed Jul  2 09:16:08 2014 [Default]\n"
    "61.000 N 2 11\n+ G 2\n"
    "+ S 2 1 0\n+ D 2 1 0 s@example.net u@example.com\n+ F 1\n66.000 X 2\n";

#define TWO "[10.1.1.11], [10.1.1.12]"
#define ONE "[10.1.1.11]"

static struct limits_row {
	const char *name, *script, *route;
	const char *destconfig; /* lines of JSON strings, or "" */
	const char *delivery;   /* members, or "" */
	const char *fails, *found;
} rows[] = {
	{ "no limit but the defaults", three, TWO, "", "", "", NULL },
	{ "as many as a domain may have", three, TWO,
	    "\"max_host_concurrency = 2\", \"limit_type = host\", "
	    "\"limit_apply = system\"",
	    "", "", NULL },
	{ "more than a domain may have", three, TWO,
	    "\"max_host_concurrency = 1\", \"limit_type = host\", "
	    "\"limit_apply = system\"",
	    "", "limits", "DCID 2 for example.com makes it 2" },
	{ "as many as each address may have", three, TWO,
	    "\"max_host_concurrency = 1\", \"limit_type = MXIP\", "
	    "\"limit_apply = system\"",
	    "", "", NULL },
	{ "more than an address may have", same, ONE,
	    "\"max_host_concurrency = 1\", \"limit_type = MXIP\", "
	    "\"limit_apply = system\"",
	    "", "limits", "DCID 2 for example.com makes it 2" },
	{ "as many messages as a connection may carry", three, TWO,
	    "\"max_messages_per_connection = 2\"", "", "", NULL },
	{ "more messages than a connection may carry", three, TWO,
	    "\"max_messages_per_connection = 1\"", "", "limits",
	    "DCID 1 for example.com makes it 2" },
	{ "one message in two transactions", split, TWO,
	    "\"max_messages_per_connection = 1\", \"recipient_limit = 3\", "
	    "\"recipient_minutes = 60\", \"limit_type = host\", "
	    "\"limit_apply = system\"",
	    "", "", NULL },
	{ "as many recipients as a period has", three, TWO,
	    "\"recipient_limit = 4\", \"recipient_minutes = 60\", "
	    "\"limit_type = host\", \"limit_apply = system\"",
	    "", "", NULL },
	{ "more recipients than a period has", three, TWO,
	    "\"recipient_limit = 3\", \"recipient_minutes = 60\", "
	    "\"limit_type = host\", \"limit_apply = system\"",
	    "", "limits", "DCID 1 for example.com makes it 4" },
	{ "as many recipients as each address has", three, TWO,
	    "\"recipient_limit = 2\", \"recipient_minutes = 60\", "
	    "\"limit_type = MXIP\", \"limit_apply = system\"",
	    "", "", NULL },
	{ "more recipients than an address has", three, TWO,
	    "\"recipient_limit = 1\", \"recipient_minutes = 60\", "
	    "\"limit_type = MXIP\", \"limit_apply = system\"",
	    "", "limits", "DCID 2 for example.com makes it 2" },
	{ "the next period", later, TWO,
	    "\"recipient_limit = 1\", \"recipient_minutes = 1\", "
	    "\"limit_type = host\", \"limit_apply = system\"",
	    "", "", NULL },
	{ "a longer period", later, TWO,
	    "\"recipient_limit = 1\", \"recipient_minutes = 2\", "
	    "\"limit_type = host\", \"limit_apply = system\"",
	    "", "limits", "DCID 2 for example.com makes it 2" },
	{ "as many as all may have", three, TWO, "", "\"concurrency\": 2", "",
	    NULL },
	{ "more than all may have", three, TWO, "", "\"concurrency\": 1",
	    "limits", "DCID 2 for some domain makes it 2" },

	/* ---- TLS ---- */
	{ "in clear where that is wanted", clear, ONE, "", "", "", NULL },
	{ "in clear, and nothing stood in the way", clear, ONE,
	    "\"table_tls = on\"", "", "protocol",
	    "DCID 1 sends mail to example.com in clear, and does not say why" },
	{ "in clear, for it was not offered", unsupported, ONE,
	    "\"table_tls = on\"", "", "", NULL },
	{ "in clear, for it was refused", refused, ONE, "\"table_tls = on\"",
	    "", "", NULL },
	{ "refused where it is required", refused, ONE,
	    "\"table_tls = require\"", "", "protocol",
	    "DCID 1 sends mail to example.com in clear" },
	{ "in clear behind a failure, as configured", fallen, ONE,
	    "\"table_tls = on\"", "\"tls_fallback\": \"clear\"", "", NULL },
	{ "in clear behind a failure", fallen, ONE, "\"table_tls = on\"", "",
	    "protocol", "DCID 2 sends mail to example.com in clear" },
	{ "in clear behind no failure", clear, ONE, "\"table_tls = on\"",
	    "\"tls_fallback\": \"clear\"", "protocol",
	    "DCID 1 sends mail to example.com in clear" },
	{ "in clear where the route logs in", clear, ONE " auth=us", "", "",
	    "protocol", "DCID 1 sends mail to example.com in clear" },
};

static struct story_run
judge_row(const struct limits_row *row, const struct story_way *way)
{
	struct judged_story story = { row->name, NULL, row->script, "70.000" };
	struct buf scenario = { 0 };
	struct story_run run;

	buf_printf(&scenario,
	    STORY_ROUTE("\"example.com %s\"") STORY_CAST
	    ", \"relay\": {\"bounce\": {\"hard_bounces\": false}, "
	    "\"smtp_auth_profiles\": {\"us\": {\"user\": \"u\", "
	    "\"password\": \"p\"}}, "
	    "\"delivery\": {%s}, \"destconfig\": [%s%s]}",
	    row->route, row->delivery,
	    row->destconfig[0] != '\0' ? "\"[example.com]\", " : "",
	    row->destconfig);
	story.scenario = buf_cstr(&scenario);
	run = story_judge(&story, way);
	buf_fini(&scenario);
	return run;
}

static void
test_limits(void **state)
{
	const struct limits_row *row = *state;
	struct story_run run = judge_row(row, &(struct story_way){ 0 });

	story_assert_failed(&run, row->fails);
	for (size_t i = 0; i < run.count && row->found != NULL; i++)
		if (run.judgements[i].verdict == VERDICT_FAILED &&
		    strstr(run.judgements[i].found, row->found) == NULL)
			fail_msg("found \"%s\", wanted \"%s\" in it",
			    run.judgements[i].found, row->found);
	story_run_fini(&run);
}

/* What is right is so by seconds, too, though of these nobody can say in which
 * period they are. */
static void
test_by_seconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct story_run run;

		if (rows[i].fails[0] != '\0')
			continue;
		run = judge_row(
		    &rows[i], &(struct story_way){ .without_moments = true });
		story_assert_failed(&run, "");
		story_run_fini(&run);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_limits);
	TEST(&kit, test_by_seconds);
	return kit_run(&kit, "invariant_limits");
}
