/* SPDX-License-Identifier: MIT */
/*
 * The whole relay in virtual time, judged by its log, line by line and to the
 * second: what docs/delivery.md promises of a delivery.
 */
#include "tests/unit/relay_stage.h"

/* The hosts of a row, 10.1.1.11 first. */
#define ROW_HOSTS 3

struct row {
	const char *name;
	const char *members; /* of the configuration */
	const struct act *acts[ROW_HOSTS];
	const char *recipients; /* of each message */
	int messages;           /* 0: one; at the seconds 0, 1 ... */
	utime span;             /* 0: until nothing happens */
	const char *log;
};

/* clang-format off */
#define ACTS(...) (const struct act[]){ __VA_ARGS__, { 0 } }
#define REPLY(on, text) { on, 0, 0, ACT_REPLY, text }
#define ONCE(on, n, text) { on, n, n, ACT_REPLY, text }
#define DO(on, what) { on, 0, 0, what, NULL }
#define GOOD { STAGE_CONNECT, 9, 9, ACT_REPLY, NULL } /* never holds */
#define TWO STAGE_ROUTES("10.1.1.11, 10.1.1.12")
#define DNS(name, what) ", \"dns\": {\"" name "\": " what "}"

static struct row rows[] = {
	{ "452 at RCPT: the next host at once", TWO,
	    { ACTS(REPLY(STAGE_RCPT, "452 4.3.1 Mail system full")),
		ACTS(GOOD) },
	    "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.3.1 - Mail system full ('452', ['4.3.1 Mail system full'])")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "1")
	    CLOSED("5", "2") },
	{ "4xx at MAIL", TWO,
	    { ACTS(REPLY(STAGE_MAIL, "451 4.7.1 later")), ACTS(GOOD) }, "u v", 0,
	    0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0, 1")
	    DELAYED("0", "1", "1", "0",
		"4.1.0 - Unknown address error ('451', ['4.7.1 later'])")
	    DELAYED("0", "1", "1", "1",
		"4.1.0 - Unknown address error ('451', ['4.7.1 later'])")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0, 1")
	    DONE("0", "2", "1", "0, 1")
	    FINISHED("0", "1")
	    CLOSED("5", "1")
	    CLOSED("5", "2") },
	{ "4xx at DATA", TWO,
	    { ACTS(REPLY(STAGE_DATA, "451 later")), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.3.0 - Other mail system problem ('451', ['later'])")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "1")
	    CLOSED("5", "2") },
	{ "4xx at the final dot", TWO,
	    { ACTS(REPLY(STAGE_EOD, "452-4.3.1 full\r\n452 4.3.1 later")),
		ACTS(GOOD) },
	    "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.3.1 - Mail system full ('452', ['4.3.1 full', '4.3.1 "
		"later'])")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "1")
	    CLOSED("5", "2") },
	{ "each recipient its own answer", TWO,
	    { ACTS(ONCE(STAGE_RCPT, 2, "452 4.2.2 full"),
		  ONCE(STAGE_RCPT, 3, "550 5.1.1 unknown")),
		ACTS(GOOD) },
	    "u v w", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0, 1, 2")
	    DELAYED("0", "1", "1", "1",
		"4.3.1 - Mail system full ('452', ['4.2.2 full'])")
	    BOUNCED("0", "1", "1", "2",
		"5.1.0 - Unknown address error ('550', ['5.1.1 unknown'])")
	    DONE("0", "1", "1", "0")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "1")
	    DONE("0", "2", "1", "1")
	    FINISHED("0", "1")
	    CLOSED("5", "1")
	    CLOSED("5", "2") },
	{ "two priorities", STAGE_ROUTES("10.1.1.11/pri=5, 10.1.1.12/pri=10"),
	    { ACTS(REPLY(STAGE_RCPT, "450 4.2.1 busy")), ACTS(GOOD) }, "u", 2,
	    0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.1.0 - Unknown address error ('450', ['4.2.1 busy'])")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    STARTED("1", "1", "2", "0")
	    DELAYED("1", "1", "2", "0",
		"4.1.0 - Unknown address error ('450', ['4.2.1 busy'])")
	    STARTED("1", "2", "2", "0")
	    DONE("1", "2", "2", "0")
	    FINISHED("1", "2")
	    CLOSED("6", "1")
	    CLOSED("6", "2") },
	{ "all refuse: probes, each interval twice the last", TWO, { NULL },
	    "u", 0, 500 * UTIME_S,
	    NETWORK_ERROR("0", "1", "10.1.1.11",
		"[Errno 61] Connection refused")
	    NETWORK_ERROR("0", "2", "10.1.1.12",
		"[Errno 61] Connection refused")
	    PENDING("0", "1", "0", "09:16:08")
	    NETWORK_ERROR("60", "3", "10.1.1.11",
		"[Errno 61] Connection refused")
	    NETWORK_ERROR("60", "4", "10.1.1.12",
		"[Errno 61] Connection refused")
	    PENDING("60", "1", "0", "09:18:08")
	    NETWORK_ERROR("180", "5", "10.1.1.11",
		"[Errno 61] Connection refused")
	    NETWORK_ERROR("180", "6", "10.1.1.12",
		"[Errno 61] Connection refused")
	    PENDING("180", "1", "0", "09:22:08")
	    NETWORK_ERROR("420", "7", "10.1.1.11",
		"[Errno 61] Connection refused")
	    NETWORK_ERROR("420", "8", "10.1.1.12",
		"[Errno 61] Connection refused")
	    PENDING("420", "1", "0", "09:30:08") },
	{ "all 4xx: requeued, then again", STAGE_ROUTES("10.1.1.11"),
	    { ACTS({ STAGE_MAIL, 1, 3, ACT_REPLY, "421 4.3.2 going down" }) },
	    "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.3.2 - Not accepting messages at this time ('421', "
		"['4.3.2 going down'])")
	    CLOSED("0", "1")
	    PENDING("0", "1", "0", "09:16:08")
	    OPENED("60", "2", "10.1.1.11")
	    STARTED("60", "2", "1", "0")
	    DELAYED("60", "2", "1", "0",
		"4.3.2 - Not accepting messages at this time ('421', "
		"['4.3.2 going down'])")
	    CLOSED("60", "2")
	    PENDING("60", "1", "0", "09:18:08")
	    OPENED("180", "3", "10.1.1.11")
	    STARTED("180", "3", "1", "0")
	    DELAYED("180", "3", "1", "0",
		"4.3.2 - Not accepting messages at this time ('421', "
		"['4.3.2 going down'])")
	    CLOSED("180", "3")
	    PENDING("180", "1", "0", "09:22:08")
	    OPENED("420", "4", "10.1.1.11")
	    STARTED("420", "4", "1", "0")
	    DONE("420", "4", "1", "0")
	    FINISHED("420", "1")
	    CLOSED("425", "4") },
	{ "a delivery releases what waits", STAGE_ROUTES("10.1.1.11"),
	    { ACTS({ STAGE_MAIL, 1, 2, ACT_REPLY, "450 4.2.1 busy" }) }, "u",
	    3, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.1.0 - Unknown address error ('450', ['4.2.1 busy'])")
	    PENDING("0", "1", "0", "09:16:08")
	    STARTED("1", "1", "2", "0")
	    DELAYED("1", "1", "2", "0",
		"4.1.0 - Unknown address error ('450', ['4.2.1 busy'])")
	    PENDING("1", "2", "0", "09:16:09")
	    STARTED("2", "1", "3", "0")
	    DONE("2", "1", "3", "0")
	    FINISHED("2", "3")
	    STARTED("2", "1", "1", "0")
	    OPENED("2", "2", "10.1.1.11")
	    STARTED("2", "2", "2", "0")
	    DONE("2", "1", "1", "0")
	    FINISHED("2", "1")
	    DONE("2", "2", "2", "0")
	    FINISHED("2", "2")
	    CLOSED("7", "1")
	    CLOSED("7", "2") },
	{ "dropped within the content", TWO,
	    { ACTS(DO(STAGE_BODY, ACT_DROP)), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.4.0 - Other network problem ('000', ['EOF'])")
	    CLOSED("0", "1")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "reset at the final dot", TWO,
	    { ACTS(DO(STAGE_EOD, ACT_RESET)), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.4.0 - Other network problem ('000', ['[Errno 54] "
		"Connection reset by peer'])")
	    CLOSED("0", "1")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "dropped before the greeting: down", TWO,
	    { ACTS(DO(STAGE_BANNER, ACT_DROP)), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    NETWORK_ERROR("0", "1", "10.1.1.11", "EOF")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "dropped at EHLO: not down", TWO,
	    { ACTS(DO(STAGE_EHLO, ACT_DROP)), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    NETWORK_ERROR("0", "1", "10.1.1.11", "EOF")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "stalls at the final dot",
	    TWO ", \"delivery\": {\"eod_timeout\": \"90s\"}",
	    { ACTS(DO(STAGE_EOD, ACT_STALL)), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("90", "1", "1", "0",
		"4.4.0 - Other network problem ('000', ['timeout'])")
	    CLOSED("90", "1")
	    OPENED("90", "2", "10.1.1.12")
	    STARTED("90", "2", "1", "0")
	    DONE("90", "2", "1", "0")
	    FINISHED("90", "1")
	    CLOSED("95", "2") },
	{ "a greeting of 4xx", TWO,
	    { ACTS(REPLY(STAGE_BANNER, "431 busy")), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    SMTP_ERROR("0", "1", "10.1.1.11", "431-'busy'")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "a greeting of 5xx: the next host", TWO,
	    { ACTS(REPLY(STAGE_BANNER, "554 5.7.1 no")), ACTS(GOOD) }, "u", 0,
	    0,
	    OPENED("0", "1", "10.1.1.11")
	    SMTP_ERROR("0", "1", "10.1.1.11", "554-'5.7.1 no'")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "a greeting of 5xx that bounces",
	    TWO ", \"delivery\": {\"on_5xx_greeting\": \"bounce\"}",
	    { ACTS(REPLY(STAGE_BANNER, "554 5.7.1 no")), ACTS(GOOD) }, "u", 0,
	    0,
	    OPENED("0", "1", "10.1.1.11")
	    SMTP_ERROR("0", "1", "10.1.1.11", "554-'5.7.1 no'")
	    BOUNCED("0", "1", "1", "0",
		"5.1.0 - Unknown address error ('554', ['5.7.1 no'])")
	    FINISHED("0", "1") },
	{ "a greeting that is no reply", TWO,
	    { ACTS(REPLY(STAGE_BANNER, "hello")), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    SMTP_ERROR("0", "1", "10.1.1.11", "'hello'")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "421 within a transaction", TWO,
	    { ACTS(REPLY(STAGE_RCPT, "421 4.3.2 shutting down")), ACTS(GOOD) },
	    "u v", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0, 1")
	    DELAYED("0", "1", "1", "0",
		"4.3.2 - Not accepting messages at this time ('421', "
		"['4.3.2 shutting down'])")
	    DELAYED("0", "1", "1", "1",
		"4.3.2 - Not accepting messages at this time ('421', "
		"['4.3.2 shutting down'])")
	    CLOSED("0", "1")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0, 1")
	    DONE("0", "2", "1", "0, 1")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "garbage within a transaction", TWO,
	    { ACTS(REPLY(STAGE_RCPT, "what?")), ACTS(GOOD) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.4.0 - Other network problem ('000', ['what?'])")
	    CLOSED("0", "1")
	    OPENED("0", "2", "10.1.1.12")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "an idle connection carries what comes within 5 s",
	    STAGE_ROUTES("10.1.1.11"), { ACTS(GOOD) }, "u", 2, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DONE("0", "1", "1", "0")
	    FINISHED("0", "1")
	    STARTED("1", "1", "2", "0")
	    DONE("1", "1", "2", "0")
	    FINISHED("1", "2")
	    CLOSED("6", "1") },
	{ "a connection carries two messages",
	    STAGE_ROUTES("10.1.1.11")
	    ", \"destconfig\": [\"[exchange.example]\", "
	    "\"max_messages_per_connection = 2\"]",
	    { ACTS(GOOD) }, "u", 3, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DONE("0", "1", "1", "0")
	    FINISHED("0", "1")
	    STARTED("1", "1", "2", "0")
	    DONE("1", "1", "2", "0")
	    FINISHED("1", "2")
	    CLOSED("1", "1")
	    OPENED("2", "2", "10.1.1.11")
	    STARTED("2", "2", "3", "0")
	    DONE("2", "2", "3", "0")
	    FINISHED("2", "3")
	    CLOSED("7", "2") },
	{ "a word too many behind the last message",
	    STAGE_ROUTES("10.1.1.11")
	    ", \"destconfig\": [\"[exchange.example]\", "
	    "\"max_messages_per_connection = 1\"]",
	    { ACTS(REPLY(STAGE_EOD, "250 ok\r\n421 and bye")) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DONE("0", "1", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("0", "1") },
	{ "half a word too many behind the last message",
	    STAGE_ROUTES("10.1.1.11")
	    ", \"destconfig\": [\"[exchange.example]\", "
	    "\"max_messages_per_connection = 1\"]",
	    { ACTS(REPLY(STAGE_EOD, "250 ok\r\n42~")) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DONE("0", "1", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("0", "1") },
	{ "a stage that is not in failover_on",
	    TWO ", \"delivery\": {\"failover_on\": [\"connect\"]}",
	    { ACTS(ONCE(STAGE_RCPT, 1, "452 4.3.1 full")), ACTS(GOOD) }, "u", 0,
	    0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.3.1 - Mail system full ('452', ['4.3.1 full'])")
	    PENDING("0", "1", "0", "09:16:08")
	    CLOSED("5", "1")
	    OPENED("60", "2", "10.1.1.12")
	    STARTED("60", "2", "1", "0")
	    DONE("60", "2", "1", "0")
	    FINISHED("60", "1")
	    CLOSED("65", "2") },
	{ "one retry, then it bounces",
	    STAGE_ROUTES("10.1.1.11") ", \"bounce\": {\"max_retries\": 1}",
	    { ACTS(REPLY(STAGE_RCPT, "452 4.3.1 full")) }, "u", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.3.1 - Mail system full ('452', ['4.3.1 full'])")
	    PENDING("0", "1", "0", "09:16:08")
	    CLOSED("5", "1")
	    OPENED("60", "2", "10.1.1.11")
	    STARTED("60", "2", "1", "0")
	    DELAYED("60", "2", "1", "0",
		"4.3.1 - Mail system full ('452', ['4.3.1 full'])")
	    BOUNCED("60", "0", "1", "0",
		"5.4.7 - Delivery expired (message too old) ('000', ['452 "
		"4.3.1 full'])")
	    FINISHED("60", "1")
	    CLOSED("65", "2") },
	{ "too old when its wait is over",
	    STAGE_ROUTES("10.1.1.11")
	    ", \"bounce\": {\"max_time\": \"60s\", \"name\": \"short\"}",
	    { ACTS(REPLY(STAGE_RCPT, "452 4.3.1 full")) }, "u v", 0, 0,
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0, 1")
	    DELAYED("0", "1", "1", "0",
		"4.3.1 - Mail system full ('452', ['4.3.1 full'])")
	    DELAYED("0", "1", "1", "1",
		"4.3.1 - Mail system full ('452', ['4.3.1 full'])")
	    "0 MID 1 to RID [0, 1] pending till Wed Jul  2 09:16:08 2014 "
	    "[short]\n"
	    CLOSED("5", "1")
	    "60 Scanning exchange.example with 1 msgs for expiration "
	    "candidates.\n"
	    BOUNCED("60", "0", "1", "0",
		"5.4.7 - Delivery expired (message too old) ('000', ['452 "
		"4.3.1 full'])")
	    BOUNCED("60", "0", "1", "1",
		"5.4.7 - Delivery expired (message too old) ('000', ['452 "
		"4.3.1 full'])")
	    FINISHED("60", "1")
	    "60 Done scanning exchange.example,  0 msgs remain in queue.\n" },
	{ "a name without addresses", STAGE_ROUTES("mx.example")
	    DNS("mx.example", "\"NXDOMAIN\""), { NULL }, "u", 0, 0,
	    BOUNCED("0", "0", "1", "0",
		"5.1.2 - Bad destination host ('000', ['DNS Hard Error "
		"looking up mx.example (MX):  NXDomain'])")
	    FINISHED("0", "1") },
	{ "a name server that fails", STAGE_ROUTES("mx.example, 10.1.1.11")
	    DNS("mx.example", "\"SERVFAIL\""),
	    { ACTS(ONCE(STAGE_RCPT, 1, "450 4.2.1 busy")) }, "u", 0, 0,
	    "0 DNS Temporary Failure mx.example MX - ServFail\n"
	    OPENED("0", "1", "10.1.1.11")
	    STARTED("0", "1", "1", "0")
	    DELAYED("0", "1", "1", "0",
		"4.1.0 - Unknown address error ('450', ['4.2.1 busy'])")
	    PENDING("0", "1", "0", "09:16:08")
	    CLOSED("5", "1")
	    "60 DNS Temporary Failure mx.example MX - ServFail\n"
	    OPENED("60", "2", "10.1.1.11")
	    STARTED("60", "2", "1", "0")
	    DONE("60", "2", "1", "0")
	    FINISHED("60", "1")
	    CLOSED("65", "2") },
	{ "only a name server that fails",
	    STAGE_ROUTES("mx.example") DNS("mx.example", "\"TIMEOUT\""),
	    { NULL }, "u", 0, 200 * UTIME_S,
	    "30 DNS Temporary Failure mx.example MX - Timeout\n"
	    PENDING("30", "1", "0", "09:16:38")
	    "120 DNS Temporary Failure mx.example MX - Timeout\n"
	    PENDING("120", "1", "0", "09:19:08") },
	{ "USEDNS: preferences are priorities", STAGE_ROUTES("USEDNS")
	    ", \"dns\": {\"exchange.example\": {\"MX\": "
	    "[\"20 b.example\", \"10 a.example\"]}, \"a.example\": "
	    "{\"A\": [\"10.1.1.12\"]}, \"b.example\": {\"A\": "
	    "[\"10.1.1.11\"]}}",
	    { ACTS(GOOD), NULL }, "u", 0, 0,
	    NETWORK_ERROR("0", "1", "10.1.1.12",
		"[Errno 61] Connection refused")
	    OPENED("0", "2", "10.1.1.11")
	    STARTED("0", "2", "1", "0")
	    DONE("0", "2", "1", "0")
	    FINISHED("0", "1")
	    CLOSED("5", "2") },
	{ "/dev/null", STAGE_ROUTES("/dev/null"), { NULL }, "u v", 0, 0,
	    "0 Deleted: MID 1 to [0, 1]\n"
	    FINISHED("0", "1") },
};
/* clang-format on */

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct stage s;

	stage_init(&s, row->members);
	for (size_t i = 0; i < ROW_HOSTS; i++) {
		char ip[16];

		if (row->acts[i] == NULL)
			continue;
		(void)snprintf(ip, sizeof(ip), "10.1.1.%zu", 11 + i);
		(void)stage_host(&s, ip, row->acts[i]);
	}
	for (int i = 0; i == 0 || i < row->messages; i++)
		stage_send(&s, i, row->recipients);
	if (row->span != 0)
		stage_run_until(&s, row->span);
	else
		stage_run(&s);
	assert_log(&s, row->log);
	assert_int_equal(buf_len(&s.faults), 0);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "relay_sim");
}
