/* SPDX-License-Identifier: MIT */
/* Scenarios of cases: settings of the relay, TLS, routes, and what was done to
 * the relay, as far as a log shows them. */
#include "harness/log/log_scenario.h"

#include "harness/plan/plan.h"
#include "tests/unit/kit.h"
#include "tests/unit/log_case_kit.h"

#define TLS(s, dcid, text) AT(s) "DCID " dcid " TLS " text "\n"
#define OPENED             NEW("15:00", "5", "10.1.1.1")
#define WARNED(s)          AT(s) "MID 7 generated based on MID 1 by delay warning\n"
#define BEGUN(s)           AT(s) "Begin Logfile\n"
#define SENT(s, dcid)      START(s, dcid, "1", "0") DONE(s, dcid, "1", "0")
/* A host hung behind the start of a delivery. */
#define HUNG(s)                                                                \
	AT(s)                                                                  \
	"Delayed: DCID 5 MID 1 to RID 0 - 4.4.0 - Other network problem "      \
	"('000', ['timeout']) []\n"
#define GONE(s) AT(s) "Deleted: MID 1 to [0]\n"

static struct row {
	const char *name, *text;
	enum log_scenario_with with;
	/* Is in it, or, behind a '!', is not. */
	const char *parts[3];
} rows[] = {
	/* when mail is tried again */
	{ "the default's first wait", ONE WAITS("15:00", "1", "16:01"), 0,
	    { "!\"bounce\"", "!bounce profile" } },
	{ "another first wait", ONE WAITS("15:00", "1", "17:01"), 0,
	    { "\"bounce\":{\"initial_wait\":\"2m\"}", "bounce profile" } },
	{ "a wait of a message whose first ones are not there",
	    WAITS("15:00", "1", "17:01"), 0, { "!\"bounce\"" } },
	{ "waits that grow",
	    ONE WAITS("15:00", "1", "16:01") WAITS("16:00", "1", "18:01"), 0,
	    { "!\"bounce\"" } },
	{ "waits that have stopped growing",
	    ONE WAITS("15:00", "1", "16:01") WAITS("16:00", "1", "18:01")
		WAITS("18:00", "1", "20:01"),
	    0, { "\"bounce\":{\"max_wait\":\"2m\"}" } },
	{ "a round before its time has the wait of the one before",
	    ONE WAITS("15:00", "1", "16:01") WAITS("15:00", "1", "16:01"), 0,
	    { "!\"bounce\"" } },
	{ "it was too old", ONE WAITS("15:00", "1", "16:01") EXPIRED("21:00"),
	    0, { "\"max_time\":\"3m\"", "!max_retries" } },
	{ "it had been tried just before",
	    ONE WAITS("15:00", "1", "16:01")
		ERROR("16:00", "5", "10.1.1.1", "EOF") EXPIRED("16:00"),
	    0, { "\"max_retries\":1", "!max_time" } },
	{ "the try before was of another moment",
	    ONE WAITS("15:00", "1", "16:01")
		ERROR("16:00", "5", "10.1.1.1", "EOF") EXPIRED("16:05"),
	    0, { "\"max_time\"", "!max_retries" } },
	{ "what is refused is not too old",
	    ONE OPENED START("15:00", "5", "1", "0")
		BOUNCED("15:00", "5", "550", "no"),
	    0, { "!\"bounce\"" } },
	/* delay warnings */
	{ "no warning", ONE OPENED, 0, { "!delay_warnings" } },
	{ "one warning", ONE OPENED WARNED("16:00"), 0,
	    { "\"bounce\":{\"delay_warnings\":true}", "at most 1 for a" } },
	{ "three, two of them near",
	    ONE OPENED WARNED("16:00") WARNED("18:00") WARNED("19:00"), 0,
	    { "\"delay_warning_max\":3",
		"\"delay_warning_interval\":\"59s\"" } },
	{ "of two messages one each",
	    ONE COMES("15:00", "2", "c") OPENED WARNED("16:00")
		AT("16:00") "MID 8 generated based on MID 2 by delay warning\n",
	    0, { "\"delay_warnings\":true}" } },
	/* greetings of 5xx */
	{ "a greeting that bounces",
	    ONE OPENED ERROR("15:00", "5", "10.1.1.1", "554-'no'")
		BOUNCED("15:00", "5", "554", "no"),
	    0, { "\"on_5xx_greeting\":\"bounce\"" } },
	{ "another connection bounces",
	    ONE OPENED ERROR("15:00", "5", "10.1.1.1", "554-'no'")
		BOUNCED("15:00", "6", "554", "no"),
	    0, { "!on_5xx_greeting" } },
	{ "a greeting of 4xx",
	    ONE OPENED ERROR("15:00", "5", "10.1.1.1", "421-'no'")
		BOUNCED("15:00", "5", "554", "no"),
	    0, { "!on_5xx_greeting" } },
	/* limits */
	{ "limits, if wanted",
	    ONE COMES("15:00", "2", "c") OPENED NEW("15:00", "6", "10.1.1.1")
		SENT("15:00", "5") START("15:00", "5", "2", "0"),
	    LOG_SCENARIO_LIMITS,
	    { "max_host_concurrency = 2", "max_messages_per_connection = 2" } },
	{ "one behind the other is one at once",
	    ONE OPENED SENT("15:00", "5")
		AT("15:01") "DCID 5 close\n" NEW("15:02", "6", "10.1.1.1"),
	    LOG_SCENARIO_LIMITS, { "max_host_concurrency = 1" } },
	{ "no limits, if not", ONE OPENED SENT("15:00", "5"), 0,
	    { "!max_host_concurrency" } },
	{ "IPv6", ONE NEW("15:00", "5", "2001:db8::1"), 0,
	    { "\"interface_v6\":\"fd00::5\"" } },
	/* TLS */
	{ "no TLS", ONE OPENED SENT("15:00", "5"), 0,
	    { "!\"tls\"", "!table_tls" } },
	{ "TLS", ONE OPENED TLS("15:00", "5", "success") SENT("15:00", "5"), 0,
	    { "\"tls\":{}", "table_tls = on\"", "!\"on\":\"starttls\"" } },
	{ "TLS that is required",
	    ONE OPENED
		AT("15:00") "DCID 5 STARTTLS command not supported.\n" AT(
		    "15:00") "DCID 5 IP 10.1.1.1 TLS was required but could "
			     "not be successfully negotiated\n",
	    0, { "table_tls = require\"", "!\"tls\":{}" } },
	{ "refused, and it goes on",
	    ONE OPENED TLS("15:00", "5", "failed: refused") SENT("15:00", "5"),
	    0,
	    { "{\"on\":\"starttls\",\"reply\":[\"454 4.7.0 TLS not "
	      "available\"]" } },
	{ "refused, in these words",
	    ONE OPENED TLS("15:00", "5", "failed: x")
		ERROR("15:00", "5", "10.1.1.1", "554-'never'"),
	    0, { "{\"on\":\"starttls\",\"reply\":[\"554 never\"]" } },
	{ "an expired certificate",
	    ONE OPENED TLS("15:00", "5", "failed: certificate has expired")
		ERROR("15:00", "5", "10.1.1.1", "[Errno 0] Error"),
	    0,
	    { "{\"on\":\"tls\",\"starttls\":\"expired\"",
		"table_tls = on\"" } },
	{ "one that is not verified",
	    ONE OPENED TLS("15:00", "5", "failed: verify error")
		ERROR("15:00", "5", "10.1.1.1", "[Errno 0] Error"),
	    0,
	    { "\"starttls\":\"self-signed\"", "table_tls = on_verify\"",
		"\"tls_unverified\":\"next\"" } },
	{ "a handshake of which no more is known",
	    ONE OPENED TLS("15:00", "5", "failed: who knows")
		ERROR("15:00", "5", "10.1.1.1", "[Errno 0] Error"),
	    0, { "\"starttls\":\"handshake-failure\"" } },
	{ "silence in the handshake",
	    ONE OPENED TLS("15:00", "5", "failed: timeout")
		ERROR("15:30", "5", "10.1.1.1", "timeout"),
	    0, { "{\"on\":\"tls\",\"stall\":true" } },
	{ "without TLS, where it had failed",
	    ONE OPENED TLS("15:00", "5", "failed: closed")
		ERROR("15:00", "5", "10.1.1.1", "[Errno 0] Error")
		    NEW("15:00", "6", "10.1.1.1") SENT("15:00", "6"),
	    0, { "\"tls_fallback\":\"clear\"", "\"starttls\":\"close\"" } },
	{ "without TLS, and nothing had failed",
	    ONE OPENED SENT("15:00", "5") NEW("15:00", "6", "10.1.1.1")
		TLS("15:00", "6", "failed: closed"),
	    0, { "!tls_fallback" } },
	/* routes */
	{ "mail that nobody is given", ONE GONE("15:00"), 0,
	    { "\"routes\":[\"one.example /dev/null\"]",
		"/dev/null is assumed" } },
	{ "mail that somebody would be given", ONE OPENED GONE("15:00"), 0,
	    { "\"routes\":[\"one.example 10.1.1.1/pri=0\"]", "!/dev/null",
		"recipients are deleted" } },
	{ "no such domain, then there is",
	    ONE AT(
		"15:00") "Bounced: DCID 0 MID 1 to RID 0 - 5.1.2 - Bad "
			 "destination host ('000', ['DNS Hard Error "
			 "looking up one.example (MX):  NXDomain']) []\n" COMES(
			     "16:00", "2", "c") NEW("16:00", "6", "10.1.1.1"),
	    0,
	    { "\"one.example\":\"NXDOMAIN\"",
		"{\"at\":\"59500ms\",\"dns\":{\"one.example\":{\"MX\"" } },
	/* what was done to the relay */
	{ "a file that begins, as such", ONE BEGUN("15:09") OPENED, 0,
	    { "!\"crash\"", "a:5: a log file begins", "here it is not" } },
	{ "and as a restart", ONE BEGUN("15:09") OPENED, LOG_SCENARIO_RESTARTS,
	    { "{\"at\":\"999ms\",\"relay\":\"crash\",\"down_for\":\"8001ms\","
	      "\"unsynced\":\"kept\",\"notes\":[\"Assumed:",
		"!here it is not", "it was, and was down" } },
	{ "within one second",
	    COMES("15:00", "1", "b") COMES("15:04", "2", "c") BEGUN("15:04")
		OPENED,
	    LOG_SCENARIO_RESTARTS,
	    { "{\"at\":\"3999ms\",\"relay\":\"crash\",\"down_for\":\"1ms\"" } },
	{ "the first file is none", BEGUN("15:00") ONE OPENED,
	    LOG_SCENARIO_RESTARTS, { "!\"crash\"", "!a log file begins" } },
	{ "before its wait is over",
	    ONE WAITS("15:00", "1", "17:01") NEW("16:00", "6", "10.1.1.1")
		SENT("16:00", "6"),
	    LOG_SCENARIO_DELIVERNOW,
	    { "{\"at\":\"1m\",\"ctl\":\"delivernow one.example\",\"notes\":["
	      "\"Assumed:",
		"a:7: MID 1 is tried" } },
	{ "when it is over",
	    ONE WAITS("15:00", "1", "16:01") NEW("16:00", "6", "10.1.1.1")
		SENT("16:00", "6"),
	    LOG_SCENARIO_DELIVERNOW, { "!delivernow" } },
	{ "other mail had got through",
	    ONE COMES("15:00", "2", "c") WAITS("15:00", "1", "17:01")
		NEW("16:00", "6", "10.1.1.1") DONE("16:00", "6", "2", "0")
		    SENT("16:00", "6"),
	    LOG_SCENARIO_DELIVERNOW, { "!delivernow" } },
	{ "what was on its way in is lost",
	    ONE AT("15:00") "Start MID 2 ICID 2\n" AT("15:00") "MID 2 ICID 2 From: <lost@x.example>\n" AT(
		"15:00") "MID 2 ICID 2 RID 0 To: <c@one.example>\n" BEGUN("15:09")
		OPENED,
	    0, { "!lost@x.example", "a@x.example" } },
	{ "and is not when it is queued later",
	    ONE AT("15:00") "Start MID 2 ICID 2\n" AT("15:00") "MID 2 ICID 2 From: <here@x.example>\n" AT(
		"15:00") "MID 2 ICID 2 RID 0 To: <c@one.example>\n" BEGUN("15:09")
		AT("15:09") "MID 2 queued for delivery\n" OPENED,
	    0, { "here@x.example" } },
	/* messages */
	{ "a size that is worth saying",
	    ONE AT(
		"15:00") "MID 1 ready 1024 bytes from <a@x.example>\n" OPENED,
	    0, { "\"size\":1024" } },
	{ "one that is not",
	    ONE AT(
		"15:00") "MID 1 ready 1023 bytes from <a@x.example>\n" OPENED,
	    0, { "!\"size\"" } },
	{ "braces are no patterns", COMES("15:00", "1", "{n}") OPENED, 0,
	    { "{{n}}@one.example" } },
	{ "when it comes", OPENED COMES("15:07", "1", "b"), 0,
	    { "{\"at\":\"7s\",\"from\":\"a@x.example\"" } },
	/* where a host hung */
	{ "ten minutes are the end of data",
	    ONE OPENED START("15:00", "5", "1", "0") HUNG("25:00"), 0,
	    { "{\"on\":\"eod\",\"to\":\"b@one.example\",\"stall\":true" } },
	{ "nine, too", ONE OPENED START("15:00", "5", "1", "0") HUNG("24:00"),
	    0, { "{\"on\":\"eod\"" } },
	{ "five are RCPT",
	    ONE OPENED START("15:00", "5", "1", "0") HUNG("20:00"), 0,
	    { "{\"on\":\"rcpt\"" } },
	{ "less than nine, too",
	    ONE OPENED START("15:00", "5", "1", "0") HUNG("23:59"), 0,
	    { "{\"on\":\"rcpt\"" } },
	{ "two are DATA",
	    ONE OPENED START("15:00", "5", "1", "0") HUNG("17:00"), 0,
	    { "{\"on\":\"data\"" } },
	{ "four, too", ONE OPENED START("15:00", "5", "1", "0") HUNG("19:00"),
	    0, { "{\"on\":\"data\"" } },
	{ "a slow host",
	    ONE OPENED START("15:00", "5", "1", "0")
		DONE("15:02", "5", "1", "0"),
	    0,
	    { "{\"on\":\"eod\",\"to\":\"b@one.example\",\"delay\":\"2s\"" } },
	{ "one that is not",
	    ONE OPENED START("15:00", "5", "1", "0")
		DONE("15:01", "5", "1", "0"),
	    0, { "!\"delay\"" } },
	/* what a greeting was */
	{ "no reply", ONE OPENED ERROR("15:00", "5", "10.1.1.1", "'hello'"), 0,
	    { "{\"on\":\"banner\",\"raw\":\"hello\\\\r\\\\n\"" } },
	{ "closed", ONE OPENED ERROR("15:00", "5", "10.1.1.1", "EOF"), 0,
	    { "{\"on\":\"banner\",\"drop\":true" } },
	{ "reset",
	    ONE OPENED ERROR("15:00", "5", "10.1.1.1",
		"[Errno 54] Connection reset by peer"),
	    0, { "{\"on\":\"banner\",\"reset\":true" } },
	{ "silent", ONE OPENED ERROR("20:00", "5", "10.1.1.1", "timeout"), 0,
	    { "{\"on\":\"banner\",\"stall\":true", "!\"silent\"" } },
	/* of which stage failures are */
	{ "of a host that put off, and failed",
	    ONE OPENED START("15:00", "5", "1", "0") DELAYED("15:00", "5", "1")
		NEW("15:00", "6", "10.1.1.1")
		    ERROR("15:00", "6", "10.1.1.1", "EOF"),
	    0,
	    { "host1 put off or refused recipients, 1 in all",
		"host1 failed when it was connected, 1 in all" } },
	/* marks at the place */
	{ "of a greeting, and of a host behind its last word",
	    ONE OPENED ERROR("15:09", "5", "10.1.1.1", "421-'no'")
		COMES("15:20", "2", "c"),
	    0,
	    { "\"optional\":true,\"notes\":[\"At which stage the host failed "
	      "the log does not tell: the greeting",
		"\"notes\":[\"Behind 0:00:09 the log does not speak of it" } },
	{ "of a recipient that was put off",
	    ONE OPENED START("15:00", "5", "1", "0") DELAYED("15:00", "5", "1"),
	    0, { "\"optional\":true,\"notes\":[\"At which stage it was" } },
	{ "of a host that hung",
	    ONE OPENED START("15:00", "5", "1", "0") HUNG("25:00"), 0,
	    { "\"stall\":true,\"optional\":true,\"notes\":[\"At which stage "
	      "the host hung" } },
	{ "of a slow one",
	    ONE OPENED START("15:00", "5", "1", "0")
		DONE("15:02", "5", "1", "0"),
	    0, { "\"notes\":[\"How long it took", "!RCPT is assumed" } },
	{ "of one that did well", ONE OPENED SENT("15:00", "5"), 0,
	    { "!At which stage", "!How long" } },
	{ "of a host that could be reached again",
	    ONE ERROR("15:00", "5", "10.1.1.1", "timeout")
		NEW("16:00", "6", "10.1.1.1"),
	    0,
	    { "\"state\":\"up\",\"notes\":[\"So it was by then: since when" } },
	{ "of a reply that is made up",
	    ONE OPENED TLS("15:00", "5", "failed: refused") SENT("15:00", "5"),
	    0, { "the 454 is made up" } },
	{ "of one that is not",
	    ONE OPENED TLS("15:00", "5", "failed: x")
		ERROR("15:00", "5", "10.1.1.1", "454-'never'"),
	    0, { "!the 454 is made up" } },
	{ "of a handshake",
	    ONE OPENED TLS("15:00", "5", "failed: closed")
		ERROR("15:00", "5", "10.1.1.1", "[Errno 0] Error"),
	    0, { "\"notes\":[\"What went wrong in the handshake" } },
	{ "of a message that is assumed", OPENED, 0,
	    { "\"notes\":[\"The message is assumed", "!When it came" } },
	{ "of one that is spoken of",
	    AT("15:00") "MID 1 ICID 1 RID 1 To: <b@one.example>\n" OPENED START(
		"15:01", "5", "1", "0, 1") DELAYED("15:01", "5", "1"),
	    0,
	    { "\"notes\":[\"When it came the log does not tell",
		"\"The sender is made up.\",\"1 of 2 recipients are made up.\"" } },
	{ "of a size that is not there", ONE OPENED, 0,
	    { "\"notes\":[\"The size is made up.\"]", "!When it came" } },
	{ "of a message of which all is there",
	    ONE AT("15:00") "MID 1 ready 99 bytes from <a@x.example>\n" OPENED,
	    0, { "\"to\":[\"b@one.example\"]}" } },
	{ "of one that could not be connected",
	    ONE ERROR("15:00", "6", "10.1.1.1", "timeout"), 0,
	    { "!host1 failed", "!host1 put off" } },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct log_case c;
	struct err err;
	struct plan *plan;
	json_t *scenario;
	char *text;

	log_case_kit_read(&c, row->text, true);
	scenario = log_scenario_make(
	    &c, &(struct log_scenario_given){ .title = "t" }, row->with);
	text = json_dumps(scenario, JSON_COMPACT);
	for (size_t i = 0; i < 3 && row->parts[i] != NULL; i++) {
		bool is_not = row->parts[i][0] == '!';
		bool is_there = strstr(text, row->parts[i] + is_not) != NULL;

		if (is_there == is_not)
			fprintf(stderr, "%s\nin %s\n", row->parts[i], text);
		assert_int_equal(is_there, !is_not);
	}
	/* Whatever it says, it is a scenario. */
	plan = plan_parse("t", slice_cstr(text), &err);
	if (plan == NULL && c.host_count > 0)
		fprintf(stderr, "%s\n", err.msg);
	assert_true(plan != NULL || c.host_count == 0);
	plan_destroy(&plan);
	free(text);
	json_decref(scenario);
	log_case_fini(&c);
}

static struct has_row {
	const char *name, *text;
	enum log_scenario_with with;
	bool want;
} has_rows[] = {
	{ "limits may always be", ONE OPENED, LOG_SCENARIO_LIMITS, true },
	{ "no file begins", ONE OPENED, LOG_SCENARIO_RESTARTS, false },
	{ "one does", ONE BEGUN("15:09") OPENED, LOG_SCENARIO_RESTARTS, true },
	{ "nothing is early", ONE OPENED SENT("15:00", "5"),
	    LOG_SCENARIO_DELIVERNOW, false },
	{ "something is",
	    ONE OPENED WAITS("15:00", "1", "17:01") SENT("15:30", "5"),
	    LOG_SCENARIO_DELIVERNOW, true },
	{ "both are asked, one is there",
	    ONE OPENED WAITS("15:00", "1", "17:01") SENT("15:30", "5"),
	    LOG_SCENARIO_DELIVERNOW | LOG_SCENARIO_RESTARTS, false },
};

static void
test_has(void **state)
{
	const struct has_row *row = *state;
	struct log_case c;

	log_case_kit_read(&c, row->text, true);
	assert_int_equal(log_scenario_has(&c, row->with), row->want);
	log_case_fini(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	ROWS(&kit, has_rows, test_has);
	return kit_run(&kit, "log_scenario");
}
