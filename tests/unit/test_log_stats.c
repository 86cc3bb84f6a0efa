/* SPDX-License-Identifier: MIT */
/* Figures of logs: of hosts what they were asked and what they said, of domains
 * their queues and how their hosts shared the mail. */
#include "harness/log/log_stats.h"

#include "tests/unit/kit.h"
#include "tests/unit/log_case_kit.h"

#define A  "10.1.1.1"
#define B  "10.1.1.2"
#define IN COMES("15:00", "1", "b")
#define TO(mid, rid, mailbox)                                                  \
	AT("15:00")                                                            \
	"MID " mid " ICID 1 RID " rid " To: <" mailbox ">\n"
#define TWO                                                                    \
	AT("15:00")                                                            \
	"Start MID 1 ICID 1\n" TO("1", "0", "b@one.example")                   \
	    TO("1", "1", "c@TWO.example") TO("1", "2", "d@two.EXAMPLE")        \
		AT("15:00") "MID 1 queued for delivery\n"
#define CLOSE(s, dcid)     AT(s) "DCID " dcid " close\n"
#define FINISHED(s, mid)   AT(s) "Message finished MID " mid " done\n"
#define SENT(s, dcid, mid) START(s, dcid, mid, "0") DONE(s, dcid, mid, "0")
#define RENAMED(old, new)                                                      \
	AT("15:00") "MID " old " rewritten to MID " new " by add-footer\n"

static void
take(void *owner, const struct log_record *record)
{
	log_stats_take(owner, record);
}

static struct log_stats *
stats_of(const char *text)
{
	struct log_stats *s = log_stats_new();
	struct slice rest = slice_cstr(text), line;
	struct log_reader r;

	log_reader_init(&r, s, take);
	log_reader_begin(&r, "a", 0);
	while (slice_split(&rest, '\n', &line))
		log_reader_line(&r, line);
	log_reader_rest(&r);
	log_reader_fini(&r);
	return s;
}

#define ULL(n) ((unsigned long long)(n))

static void
spans_show(const struct log_spans *spans, struct buf *out)
{
	if (spans->count > 0)
		buf_printf(out, ", %llu spans %llu/%llu/%llu",
		    ULL(spans->count), ULL(log_spans_percentile(spans, 50)),
		    ULL(log_spans_percentile(spans, 90)),
		    ULL(spans->longest / UTIME_S));
}

static void
host_show(const struct log_host *host, struct buf *out)
{
	buf_printf(out, "%s: %llu attempts", host->name, ULL(host->attempts));
	for (size_t i = 0; i < LOG_FAILURE_KINDS; i++)
		if (host->failed[i] > 0)
			buf_printf(out, ", %llu %s", ULL(host->failed[i]),
			    log_failure_name((enum log_failure_kind)i));
	buf_printf(out,
	    ", %llu/%llu messages, %llu/%llu/%llu recipients, %llu 4xx, %llu "
	    "5xx",
	    ULL(host->done), ULL(host->starts), ULL(host->delivered),
	    ULL(host->delayed), ULL(host->refused), ULL(host->codes_4xx),
	    ULL(host->codes_5xx));
	for (size_t i = 0; i < host->text_count; i++)
		buf_printf(out, ", %llu x %u %s", ULL(host->texts[i].count),
		    host->texts[i].code, host->texts[i].text);
	if (host->other_texts > 0)
		buf_printf(out, ", %llu others", ULL(host->other_texts));
	spans_show(&host->spans, out);
	buf_append_byte(out, '\n');
}

static void
domain_show(const struct log_domain *d, struct buf *out)
{
	buf_printf(out,
	    "%s: %llu recipients, %llu delivered, %llu delayed, %llu bounced, "
	    "%llu deleted, %llu retries, queue %llu/%llu",
	    d->name, ULL(d->recipients), ULL(d->delivered), ULL(d->delayed),
	    ULL(d->bounced), ULL(d->deleted), ULL(d->retries), ULL(d->queued),
	    ULL(d->queued_most));
	spans_show(&d->waits, out);
	buf_append_byte(out, '\n');
}

static void
shares_show(const struct log_stats *s, const struct routes *routes,
    const struct log_domain *d, struct buf *out)
{
	for (size_t i = 0; i < d->share_count; i++) {
		const struct log_host *host =
		    log_stats_host(s, d->shares[i].host);
		struct log_parts parts = log_stats_parts(s, routes, d, i);

		buf_printf(out, "%s: %llu/%llu, %.3f/%.3f, Jain %.3f/%.3f",
		    host->name, ULL(d->shares[i].connections),
		    ULL(d->shares[i].messages), parts.connections,
		    parts.messages, parts.connections_jain,
		    parts.messages_jain);
		if (routes == NULL && log_stats_is_backup(d, i))
			buf_append_cstr(out, ", backup");
		if (routes != NULL)
			buf_printf(out, ", priority %d",
			    log_stats_priority(routes, d, host));
		buf_append_byte(out, '\n');
	}
}

struct row {
	const char *name, *text, *wanted;
	const char *routes; /* or NULL */
};

static void
assert_shown(const struct row *row, struct buf *shown)
{
	if (strcmp(buf_cstr(shown), row->wanted) != 0)
		fail_msg("%s:\n%swanted:\n%s", row->name, buf_cstr(shown),
		    row->wanted);
	buf_clear(shown);
}

/* ---- hosts ---- */

static const struct row host_rows[] = {
	{ "a message that is taken after two seconds",
	    IN NEW("15:00", "5", A) START("15:01", "5", "1", "0")
		DONE("15:03", "5", "1", "0"),
	    A ":25: 1 attempts, 1/1 messages, 1/0/0 recipients, 0 4xx, 0 5xx, "
	      "1 spans 2/2/2\n",
	    NULL },
	{ "a connect that fails has no line of its own",
	    IN ERROR("15:00", "5", A, "[Errno 61] Connection refused"),
	    A ":25: 1 attempts, 1 refused, 0/0 messages, 0/0/0 recipients, 0 "
	      "4xx, 0 5xx, 1 x 0 [Errno 61] Connection refused\n",
	    NULL },
	{ "one that stood has, and counts once",
	    IN NEW("15:00", "5", A) ERROR("15:00", "5", A, "431-'4.3.1 Full'"),
	    A ":25: 1 attempts, 1 answer, 0/0 messages, 0/0/0 recipients, 1 "
	      "4xx, 0 5xx, 1 x 431 4.3.1 Full\n",
	    NULL },
	{ "answers by their text",
	    IN NEW("15:00", "5", A) START("15:00", "5", "1", "0")
		DELAYED("15:00", "5", "1") CLOSE("15:00", "5")
		    NEW("15:01", "6", A) START("15:01", "6", "1", "0")
			DELAYED("15:01", "6", "1") CLOSE("15:01", "6")
			    NEW("15:02", "7", A) START("15:02", "7", "1", "0")
				BOUNCED("15:02", "7", "550", "5.1.1 Nobody"),
	    A ":25: 3 attempts, 0/3 messages, 0/2/1 recipients, 2 4xx, 1 5xx, "
	      "2 x 452 4.3.1 full, 1 x 550 5.1.1 Nobody\n",
	    NULL },
	{ "two hosts in the order of their coming, by their ports",
	    IN NEW("15:00", "5", B)
		AT("15:00") "New SMTP DCID 6 interface 10.0.0.5 address " B
			    " port 2525\n",
	    B
	    ":25: 1 attempts, 0/0 messages, 0/0/0 recipients, 0 4xx, 0 5xx\n" B
	    ":2525: 1 attempts, 0/0 messages, 0/0/0 recipients, 0 4xx, 0 "
	    "5xx\n",
	    NULL },
	{ "a time-out, a reset, an end",
	    IN ERROR("15:00", "5", A, "timeout")
		ERROR("15:01", "6", A, "[Errno 54] Connection reset by peer")
		    ERROR("15:02", "7", A, "EOF"),
	    A ":25: 3 attempts, 1 silent, 1 reset, 1 closed, 0/0 messages, "
	      "0/0/0 recipients, 0 4xx, 0 5xx, 1 x 0 timeout, 1 x 0 [Errno 54] "
	      "Connection reset by peer, 1 x 0 EOF\n",
	    NULL },
	{ "who expires is refused by no host",
	    IN NEW("15:00", "5", A) EXPIRED("15:00"),
	    A ":25: 1 attempts, 0/0 messages, 0/0/0 recipients, 0 4xx, 0 5xx\n",
	    NULL },
	{ "how long three took",
	    IN COMES("15:00", "2", "c") COMES("15:00", "3", "d")
		NEW("15:00", "5", A) SENT("15:00", "5", "1") START(
		    "15:01", "5", "2", "0") DONE("15:02", "5", "2", "0")
		    START("15:03", "5", "3", "0") DONE("15:12", "5", "3", "0"),
	    A ":25: 1 attempts, 3/3 messages, 3/0/0 recipients, 0 4xx, 0 5xx, "
	      "3 spans 1/9/9\n",
	    NULL },
};

static void
test_hosts(void **state)
{
	struct buf shown = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(host_rows); i++) {
		struct log_stats *s = stats_of(host_rows[i].text);

		for (size_t k = 0; k < log_stats_host_count(s); k++)
			host_show(log_stats_host(s, k), &shown);
		assert_shown(&host_rows[i], &shown);
		log_stats_destroy(&s);
	}
	buf_fini(&shown);
}

/* More different answers than are told apart. */
static void
test_texts_are_bounded(void **state)
{
	struct buf text = { 0 };
	struct log_stats *s;

	(void)state;
	for (unsigned i = 0; i < LOG_STATS_TEXTS_MAX + 2; i++)
		buf_printf(&text, ERROR("15:00", "%u", A, "431-'answer %u'"),
		    i + 1, i);
	buf_append_cstr(&text, ERROR("15:01", "99", A, "431-'answer 0'"));
	s = stats_of(buf_cstr(&text));
	assert_int_equal(log_stats_host(s, 0)->text_count, LOG_STATS_TEXTS_MAX);
	assert_int_equal(log_stats_host(s, 0)->other_texts, 2);
	assert_int_equal(log_stats_host(s, 0)->texts[0].count, 2);
	assert_int_equal(
	    log_stats_host(s, 0)->codes_4xx, LOG_STATS_TEXTS_MAX + 3);
	log_stats_destroy(&s);
	buf_fini(&text);
}

/* ---- domains ---- */

static const struct row domain_rows[] = {
	{ "in the queue, and delivered after three seconds",
	    IN NEW("15:00", "5", A) START("15:01", "5", "1", "0")
		DONE("15:03", "5", "1", "0") FINISHED("15:03", "1"),
	    "one.example: 1 recipients, 1 delivered, 0 delayed, 0 bounced, 0 "
	    "deleted, 0 retries, queue 0/1, 1 spans 3/3/3\n",
	    NULL },
	{ "still there, after a retry",
	    IN NEW("15:00", "5", A) START("15:00", "5", "1", "0")
		DELAYED("15:00", "5", "1") WAITS("15:00", "1", "16:00"),
	    "one.example: 1 recipients, 0 delivered, 1 delayed, 0 bounced, 0 "
	    "deleted, 1 retries, queue 1/1\n",
	    NULL },
	{ "two at once, and one behind them",
	    IN COMES("15:00", "2", "c") NEW("15:00", "5", A) SENT("15:00", "5",
		"1") FINISHED("15:00", "1") SENT("15:00", "5", "2")
		FINISHED("15:00", "2") COMES("15:09", "3", "d"),
	    "one.example: 3 recipients, 2 delivered, 0 delayed, 0 bounced, 0 "
	    "deleted, 0 retries, queue 1/2, 2 spans 0/0/0\n",
	    NULL },
	{ "a message for two domains, in any case",
	    TWO NEW("15:00", "5", A) SENT("15:00", "5", "1")
		AT("15:00") "Deleted: MID 1 to [1, 2]\n" FINISHED("15:00", "1"),
	    "one.example: 1 recipients, 1 delivered, 0 delayed, 0 bounced, 0 "
	    "deleted, 0 retries, queue 0/1, 1 spans 0/0/0\n"
	    "TWO.example: 2 recipients, 0 delivered, 0 delayed, 0 bounced, 2 "
	    "deleted, 0 retries, queue 0/2\n",
	    NULL },
	{ "refused, and too old",
	    IN COMES("15:00", "2", "c") NEW("15:00", "5", A) START("15:00", "5",
		"1",
		"0") BOUNCED("15:00", "5", "550", "no") FINISHED("15:00", "1")
		AT("15:09") "Bounced: DCID 0 MID 2 to RID 0 - 5.4.7 - Delivery expired ('000', ['timeout']) []\n",
	    "one.example: 2 recipients, 0 delivered, 0 delayed, 2 bounced, 0 "
	    "deleted, 0 retries, queue 0/2\n",
	    NULL },
	{ "what ends without a word is in no queue any more",
	    IN FINISHED("15:00", "1"),
	    "one.example: 1 recipients, 0 delivered, 0 delayed, 0 bounced, 0 "
	    "deleted, 0 retries, queue 0/1\n",
	    NULL },
	{ "one that is never queued was in no queue",
	    AT("15:00") "Start MID 1 ICID 1\n" AT("15:00") "MID 1 ICID 1 RID 0 To: <b@one.example>\n" AT(
		"15:00") "Message aborted MID 1 Dropped by filter\n",
	    "one.example: 1 recipients, 0 delivered, 0 delayed, 0 bounced, 0 "
	    "deleted, 0 retries, queue 0/0\n",
	    NULL },
	{ "one that is rewritten is one",
	    AT("15:00") "Start MID 1 ICID 1\n" AT("15:00") "MID 1 ICID 1 RID 0 To: <b@one.example>\n" AT(
		"15:00") "Start MID 2 ICID 0\n" AT("15:00") "MID 2 ICID 0 RID 0 To: <b@one.example>\n" RENAMED("1",
		"2") FINISHED("15:00", "1")
		AT("15:00") "MID 2 queued for delivery\n" NEW("15:01", "5", A)
		    SENT("15:01", "5", "2") FINISHED("15:01", "2"),
	    "one.example: 1 recipients, 1 delivered, 0 delayed, 0 bounced, 0 "
	    "deleted, 0 retries, queue 0/1, 1 spans 1/1/1\n",
	    NULL },
};

static void
test_domains(void **state)
{
	struct buf shown = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(domain_rows); i++) {
		struct log_stats *s = stats_of(domain_rows[i].text);

		for (size_t k = 0; k < log_stats_domain_count(s); k++)
			domain_show(log_stats_domain(s, k), &shown);
		assert_shown(&domain_rows[i], &shown);
		log_stats_destroy(&s);
	}
	buf_fini(&shown);
}

/* ---- shares ---- */

#define MAIL                                                                   \
	IN COMES("15:00", "2", "c") COMES("15:00", "3", "d")                   \
	    COMES("15:00", "4", "e")
#define TAKES(s, dcid, ip, mid)                                                \
	NEW(s, dcid, ip) SENT(s, dcid, mid) CLOSE(s, dcid)
/* Two to the first host and one to the second, then one to the first. */
#define TURNS                                                                  \
	MAIL TAKES("15:00", "5", A, "1") TAKES("15:10", "6", B, "2") TAKES(    \
	    "15:20", "7", A, "3") NEW("15:30", "8", B) SENT("15:30", "8", "4")
/* The second host is asked behind a failure of the first only. */
#define BEHIND                                                                 \
	MAIL TAKES("15:00", "5", A, "1") TAKES("15:10", "6", A, "2")           \
	    ERROR("15:20", "7", A, "EOF") TAKES("15:21", "8", B, "3")

static const struct row share_rows[] = {
	{ "equal shares", TURNS,
	    A ":25: 2/2, 0.500/0.500, Jain 1.000/1.000\n" B
	      ":25: 2/2, 0.500/0.500, Jain 1.000/1.000\n",
	    NULL },
	{ "three to one",
	    MAIL TAKES("15:00", "5", A, "1") TAKES("15:10", "6", B, "2")
		NEW("15:20", "7", A) SENT("15:20", "7", "3")
		    SENT("15:21", "7", "4"),
	    A ":25: 2/3, 0.667/0.750, Jain 0.900/0.800\n" B
	      ":25: 1/1, 0.333/0.250, Jain 0.900/0.800\n",
	    NULL },
	{ "one that helps out is apart", BEHIND,
	    A ":25: 3/2, 1.000/1.000, Jain 1.000/1.000\n" B
	      ":25: 1/1, 1.000/1.000, Jain 1.000/1.000, backup\n",
	    NULL },
	{ "and is not, where it was asked without a failure",
	    BEHIND TAKES("15:50", "9", B, "4"),
	    A ":25: 3/2, 0.600/0.500, Jain 0.962/1.000\n" B
	      ":25: 2/2, 0.400/0.500, Jain 0.962/1.000\n",
	    NULL },
	{ "one failure makes no order",
	    MAIL ERROR("15:20", "7", A, "EOF") TAKES("15:21", "8", B, "3"),
	    A ":25: 1/0, 0.500/0.000, Jain 1.000/0.500\n" B
	      ":25: 1/1, 0.500/1.000, Jain 1.000/0.500\n",
	    NULL },
	{ "so much later it is no failover",
	    MAIL TAKES("15:00", "5", A, "1") TAKES("15:10", "6", A, "2")
		ERROR("15:20", "7", A, "EOF") TAKES("15:23", "8", B, "3"),
	    A ":25: 3/2, 0.750/0.667, Jain 0.800/0.900\n" B
	      ":25: 1/1, 0.250/0.333, Jain 0.800/0.900\n",
	    NULL },
	{ "priorities of the routes", BEHIND,
	    A ":25: 3/2, 1.000/1.000, Jain 1.000/1.000, priority 0\n" B
	      ":25: 1/1, 1.000/1.000, Jain 1.000/1.000, priority 10\n",
	    "one.example 10.1.1.1/pri=0, 10.1.1.2/pri=10\n" },
	{ "equal ones by the routes", BEHIND,
	    A ":25: 3/2, 0.750/0.667, Jain 0.800/0.900, priority 0\n" B
	      ":25: 1/1, 0.250/0.333, Jain 0.800/0.900, priority 0\n",
	    "one.example 10.1.1.1, 10.1.1.2\n" },
	{ "a host that the route does not have", TURNS,
	    A ":25: 2/2, 1.000/1.000, Jain 1.000/1.000, priority 5\n" B
	      ":25: 2/2, 1.000/1.000, Jain 1.000/1.000, priority -1\n",
	    ".example 10.1.1.1/pri=5\n" },
	{ "nor at that port", TURNS,
	    A ":25: 2/2, 0.500/0.500, Jain 1.000/1.000, priority -1\n" B
	      ":25: 2/2, 0.500/0.500, Jain 1.000/1.000, priority -1\n",
	    "one.example 10.1.1.1:2525\n" },
};

static struct routes *
routes_of(const char *text)
{
	struct err_list errors = { 0 };
	struct routes *routes;

	if (text == NULL)
		return NULL;
	routes = routes_parse(slice_cstr(text), "r", &errors);
	assert_non_null(routes);
	err_list_fini(&errors);
	return routes;
}

static void
test_shares(void **state)
{
	struct buf shown = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(share_rows); i++) {
		struct log_stats *s = stats_of(share_rows[i].text);
		struct routes *routes = routes_of(share_rows[i].routes);

		assert_int_equal(log_stats_domain_count(s), 1);
		shares_show(s, routes, log_stats_domain(s, 0), &shown);
		assert_shown(&share_rows[i], &shown);
		routes_destroy(&routes);
		log_stats_destroy(&s);
	}
	buf_fini(&shown);
}

/* ---- pages ---- */

static const char behind_page[] =
    "from 2014-07-02T09:15:00 to 2014-07-02T09:15:21\n"
    "\n"
    "  host                   attempts  failed  messages     4xx     5xx  "
    "seconds (50/90/99 %/most)\n"
    "  10.1.1.1:25                   3       1         2       0       0  "
    "0/0/0/0\n"
    "                         1 x EOF\n"
    "  and 1 more\n"
    "\n"
    "  domain                            recip. delivered delayed retries "
    "bounced   queue now/most\n"
    "  one.example                            4         3       0       0     "
    "  0       1/4\n"
    "      10.1.1.1:25                 3 connections 100.0 %       2 messages "
    "100.0 % of those asked first, Jain's index 1.000, 1.000\n"
    "      10.1.1.2:25                 1 connections 100.0 %       1 messages "
    "100.0 % of those behind failures, Jain's index 1.000, 1.000\n"
    "\n"
    "Priorities are not in a log; --routes FILE has them. Without it a share "
    "is that\namong all hosts of the domain, but where one was asked again "
    "and again and another\nonly behind failures: these are apart. Jain's "
    "index: of connections, of messages;\n1 is an equal share each.\n";

/* The busiest host, and how many more there are. */
static void
test_page(void **state)
{
	struct log_stats *s = stats_of(BEHIND);
	struct buf page = { 0 };

	(void)state;
	log_stats_format(s, NULL, 1, &page);
	assert_string_equal(buf_cstr(&page), behind_page);
	log_stats_destroy(&s);
	buf_fini(&page);
}

static void
test_nothing(void **state)
{
	struct log_stats *s = stats_of("hello\n");
	struct buf page = { 0 };

	(void)state;
	log_stats_format(s, NULL, 10, &page);
	assert_string_equal(buf_cstr(&page), "no record\n");
	buf_clear(&page);
	log_stats_json(s, NULL, &page);
	assert_string_equal(buf_cstr(&page),
	    "{\"from\":null,\"to\":null,\"hosts\":[],\"domains\":[],"
	    "\"forgotten\":0}\n");
	log_stats_destroy(&s);
	buf_fini(&page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_texts_are_bounded),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
