/* SPDX-License-Identifier: MIT */
/* Which rule explains a story: a story for each, and none without one. */
#include "harness/log/log_rule.h"

#include "tests/unit/kit.h"

#define S "Wed Jul  2 09:15:07 2014 Info: "
#define BEGIN                                                                  \
	S "Start MID 1 ICID 1\n" S "MID 1 ICID 1 From: <a@x.example>\n" S      \
	  "MID 1 ICID 1 RID 0 To: <b@one.example>\n" S                         \
	  "MID 1 queued for delivery\n"
#define OPEN                                                                   \
	S "New SMTP DCID 5 interface 10.0.0.5 address 10.1.1.1 port 25\n" S    \
	  "Delivery start DCID 5 MID 1 to RID [0]\n"
#define ERROR(details)                                                         \
	S "Connection Error: DCID 4 domain: one.example IP: 10.1.1.1 port: 25" \
	  " details: " details " interface: 10.0.0.5 reason: network error\n"
#define DONE                                                                   \
	OPEN S "Message done DCID 5 MID 1 to RID [0]\n" S                      \
	       "Message finished MID 1 done\n"
#define WAIT                                                                   \
	S "MID 1 to RID [0] pending till Wed Jul  2 09:16:07 2014 [Default]\n"
#define DELAYED                                                                \
	OPEN S "Delayed: DCID 5 MID 1 to RID 0 - 4.3.1 - Mail system full "    \
	       "('452', ['4.3.1 full']) []\n"
#define BOUNCED(words) S "Bounced: DCID " words " []\n"

static struct row {
	const char *name, *log;
} rows[] = {
	{ "receiving-aborted",
	    BEGIN S "Message aborted MID 1 Receiving aborted\n" },
	{ "aborted-by-sender",
	    BEGIN S "Message aborted MID 1 Receiving aborted by sender\n" },
	{ "dropped", BEGIN S "Message aborted MID 1 Dropped by filter 'f'\n" },
	{ "deleted", BEGIN S "Deleted: MID 1 to [0]\n" },
	{ "double-bounce",
	    BEGIN S "Double bounce: MID 1 to RID 0 - 5.1.0 - Unknown address "
		    "error 550-'5.1.1 no'\n" },
	{ "dns-hard-error",
	    BEGIN BOUNCED("0 MID 1 to RID 0 - 5.1.2 - Bad destination host "
			  "('000', ['DNS Hard Error looking up x (MX):  "
			  "NXDomain'])") },
	{ "expired-while-down",
	    BEGIN ERROR("timeout") WAIT BOUNCED(
		"0 MID 1 to RID 0 - 5.4.7 - Delivery expired (message too "
		"old) ('000', ['timeout'])") },
	{ "expired",
	    BEGIN DELAYED WAIT BOUNCED(
		"0 MID 1 to RID 0 - 5.4.7 - Delivery expired (message too "
		"old) ('452', ['4.3.1 full'])") },
	{ "refused",
	    BEGIN OPEN BOUNCED("5 MID 1 to RID 0 - 5.1.0 - Unknown address "
			       "error ('550', ['5.1.1 no'])") },
	{ "bounced",
	    BEGIN BOUNCED("0 MID 1 to RID 0 - 5.x.0 - Message bounced by "
			  "administrator ('000', [])") },
	{ "tls-required",
	    BEGIN S "New SMTP DCID 5 interface 10.0.0.5 address 10.1.1.1 port "
		    "25\n" S "DCID 5 IP 10.1.1.1 TLS was required but could "
		    "not be successfully negotiated\n" },
	{ "starttls-not-seen",
	    BEGIN S "New SMTP DCID 5 interface 10.0.0.5 address 10.1.1.1 port "
		    "25\n" S "DCID 5 STARTTLS command not supported.\n" },
	{ "handshake", BEGIN ERROR("[Errno 0] Error") WAIT },
	{ "suspended", BEGIN S "Deliveries are currently suspended\n" },
	{ "dns-soft-error",
	    BEGIN S "DNS Temporary Failure one.example MX - ServFail\n" WAIT },
	{ "possible-delivery",
	    BEGIN OPEN S "Possible Delivery: DCID: 5 MID 1 to [0]\n" S
			 "Message done DCID 5 MID 1 to RID [0]\n" },
	{ "host-down", BEGIN ERROR("[Errno 61] Connection refused") WAIT },
	{ "greylisting",
	    BEGIN OPEN S
	    "Delayed: DCID 5 MID 1 to RID 0 - 4.1.0 - Unknown address error "
	    "('451', ['4.7.1 Greylisted, come back']) []\n" WAIT },
	{ "all-busy", BEGIN DELAYED WAIT },
	{ "late-for-down", BEGIN ERROR("timeout") WAIT DONE },
	{ "connection-lost",
	    BEGIN OPEN S
	    "Delayed: DCID 5 MID 1 to RID 0 - 4.4.0 - Other "
	    "network problem ('000', ['[Errno 54] Connection reset "
	    "by peer']) []\n" },
	{ "next-host", BEGIN DELAYED DONE },
	{ "5xx-greeting", BEGIN ERROR("554-'no'") DONE },
	{ "other-host", BEGIN ERROR("[Errno 61] Connection refused") DONE },
	{ "queued", BEGIN },
	{ "well", BEGIN DONE },
	{ "not-shown", S "MID 1 Subject 'x'\n" },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct slice rest = slice_cstr(row->log), line;
	struct maillog_parser parser;
	struct log_facts facts = { 0 };

	maillog_parser_init(&parser, 0);
	while (slice_split(&rest, '\n', &line)) {
		struct maillog_event ev;

		if (line.len == 0)
			continue;
		assert_true(maillog_parse(&parser, line, &ev));
		assert_int_not_equal(ev.form, MAILLOG_UNKNOWN);
		log_facts_take(&facts, &ev);
	}
	assert_string_equal(log_rule_of(&facts)->name, row->name);
	log_facts_fini(&facts);
}

/* Each rule of the table has a story here, and says where it is from. */
static void
test_all(void **state)
{
	(void)state;
	assert_int_equal(log_rule_count(), ARRAY_LEN(rows));
	for (size_t i = 0; i < log_rule_count(); i++) {
		const struct log_rule *rule = log_rule_at(i);

		assert_string_equal(rule->name, rows[i].name);
		assert_true(strlen(rule->source) > 0);
		assert_true(rule->rule[strlen(rule->rule) - 1] == '.');
		assert_true(rule->change[strlen(rule->change) - 1] == '.');
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_all);
	return kit_run(&kit, "log_rule");
}
