/* SPDX-License-Identifier: MIT */
/*
 * Whether a host may have a message's content: 8-bit content is known by its
 * bytes, and still known when the message has been in the queue; and what has
 * been lost there is not sent.
 */
#include "relay/queue/spool_impl.h"
#include "relay/relay_impl.h"
#include "tests/unit/relay_stage.h"

#define ONE      STAGE_ROUTES("10.1.1.11")
#define ENVELOPE "MAIL FROM:<a@b>|RCPT TO:<u@exchange.example>|DATA|"
#define DECLARED                                                               \
	"MAIL FROM:<a@b> BODY=8BITMIME|RCPT TO:<u@exchange.example>|DATA|"
#define REFUSED "('554', ['5.6.3 The host does not offer 8BITMIME'])"

static struct row {
	const char *name, *script;
	int done, bounced;
} rows[] = {
	{ "7 bits", "EHLO c|" ENVELOPE "cafe\r\n.|QUIT", 1, 0 },
	{ "8 bits, declared", "EHLO c|" DECLARED "caf\xe9\r\n.|QUIT", 0, 1 },
	{ "8 bits, not declared", "EHLO c|" ENVELOPE "caf\xe9\r\n.|QUIT", 0,
	    1 },
	{ "7 bits, declared as 8", "EHLO c|" DECLARED "cafe\r\n.|QUIT", 1, 0 },
	{ "7 bits behind 8 bits",
	    "EHLO c|" ENVELOPE "caf\xe9\r\n.|" ENVELOPE "cafe\r\n.|QUIT", 1,
	    1 },
};

/* To a host that does not offer 8BITMIME. */
static void
test_row(void **state)
{
	const struct row *row = *state;
	struct stage s;

	stage_init(&s, ONE);
	(void)stage_host(&s, "10.1.1.11", NULL);
	stage_client(&s, 0, "10.0.0.9", row->script);
	stage_run(&s);
	assert_int_equal(
	    stage_count_lines(&s.log, "Message done DCID"), row->done);
	assert_int_equal(stage_count_lines(&s.log, REFUSED), row->bounced);
	stage_fini(&s);
}

/* The host takes 8 bits and is busy; when the relay has been restarted it takes
 * 7 only. */
static void
test_known_after_restart(void **state)
{
	static const struct act busy[] = {
		{ STAGE_RCPT, 1, 1, ACT_REPLY, "450 4.2.1 busy" },
		{ 0 },
	};
	struct stage_host *h;
	struct stage s;

	(void)state;
	stage_init(&s, ONE);
	h = stage_host(&s, "10.1.1.11", busy);
	h->extensions = SMTP_EXT_8BITMIME;
	h->hello = "250-host\r\n250 8BITMIME";
	stage_client(&s, 0, "10.0.0.9", "EHLO c|" ENVELOPE "caf\xe9\r\n.|QUIT");
	stage_run_until(&s, 30 * UTIME_S);
	assert_int_equal(stage_count_lines(&s.log, "pending till"), 1);
	stage_restart_relay(&s);
	h->extensions = 0;
	h->hello = "250 host";
	stage_run(&s);
	assert_int_equal(h->asked[STAGE_MAIL], 1);
	assert_int_equal(stage_count_lines(&s.log, REFUSED), 1);
	stage_fini(&s);
}

/* The queue has lost the content meanwhile: nothing of it is sent as if it were
 * whole, no other host is asked, and the message waits. */
static void
check_content_lost(const char *sql)
{
	static const struct act busy[] = {
		{ STAGE_RCPT, 1, 1, ACT_REPLY, "450 4.2.1 busy" },
		{ 0 },
	};
	struct stage_host *h;
	struct stage s;

	stage_init(&s, ONE);
	h = stage_host(&s, "10.1.1.11", busy);
	stage_send(&s, 0, "u");
	stage_run_until(&s, 30 * UTIME_S);
	assert_int_equal(
	    sqlite3_exec(s.relay->spool->db, sql, NULL, NULL, NULL), SQLITE_OK);
	stage_run_until(&s, 90 * UTIME_S);
	assert_int_equal(h->asked[STAGE_DATA], 1);
	assert_int_equal(h->asked[STAGE_EOD], 0);
	assert_true(list_is_empty(&h->sessions));
	assert_int_equal(stage_count_lines(&s.log,
			     "4.4.0 - Other network problem ('000', ['local "
			     "error reading the queue'])"),
	    1);
	assert_int_equal(stage_count_lines(&s.log, "pending till"), 2);
	assert_text(
	    &s.faults, "the content of MID 1 cannot be read from the queue\n");
	buf_clear(&s.faults);
	stage_fini(&s);
}

static void
test_content_missing(void **state)
{
	(void)state;
	check_content_lost("UPDATE message SET content=NULL");
}

static void
test_content_cut_short(void **state)
{
	(void)state;
	check_content_lost("UPDATE message SET content=substr(content, 1, 9)");
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_known_after_restart);
	TEST(&kit, test_content_missing);
	TEST(&kit, test_content_cut_short);
	return kit_run(&kit, "relay_content");
}
