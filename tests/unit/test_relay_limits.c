/* SPDX-License-Identifier: MIT */
/*
 * The limits on deliveries where scenarios do not reach: lowered while
 * connections stand, and an operator who forgets what was counted.
 */
#include "relay/relay_impl.h"
#include "tests/unit/relay_stage.h"

#define TWO_DOMAINS                                                            \
	STAGE_LISTEN                                                           \
	", \"routes\": [\"exchange.example 10.1.1.11\", \"b.example "          \
	"10.1.1.12\"]"
#define EXITED(t, dcid)                                                        \
	t " Mail delivery client with DCID " dcid                              \
	  " exited due to the maximum concurrency configuration.\n"

static const struct act never_done[] = {
	{ .on = STAGE_EOD, .what = ACT_STALL },
	{ 0 },
};

static void
reload(struct stage *s, const char *members)
{
	struct err err;

	if (!stage_reload(s, members, &err))
		fail_msg("%s", err.msg);
}

static size_t
open_to(const struct stage *s, const char *domain)
{
	struct domain *d;
	size_t count = 0;

	HASH_FIND(hh, s->relay->queue.domains, domain, strlen(domain), d);
	LIST_FOREACH(link, &((struct delivery *)d->delivery)->connections)
		count++;
	return count;
}

/* Those that are busy end behind their message, the idle one at once. */
static void
check_lowered(const char *type)
{
	static const struct act slow[] = {
		{ .on = STAGE_EOD, .from = 1, .to = 2, .what = ACT_STALL },
		{ 0 },
	};
	struct buf before = { 0 }, after = { 0 };
	struct stage s;

	buf_printf(&before,
	    TWO_DOMAINS ", \"delivery\": {\"idle_timeout\": \"1h\"}, "
			"\"destconfig\": [\"[exchange.example]\", "
			"\"max_host_concurrency = 3\", \"limit_type = %s\", "
			"\"limit_apply = system\"]",
	    type);
	buf_printf(&after,
	    TWO_DOMAINS ", \"destconfig\": [\"[exchange.example]\", "
			"\"max_host_concurrency = 1\", \"limit_type = %s\", "
			"\"limit_apply = system\"]",
	    type);
	stage_init(&s, buf_cstr(&before));
	(void)stage_host(&s, "10.1.1.11", slow);
	for (int i = 0; i < 3; i++)
		stage_send(&s, i, "u");
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(open_to(&s, "exchange.example"), 3);
	buf_clear(&s.log);
	reload(&s, buf_cstr(&after));
	stage_run_until(&s, 20 * UTIME_S);
	/* 3 is idle; of the two that are busy 1 will end. */
	assert_log(&s, EXITED("10", "3") CLOSED("10", "3"));
	assert_int_equal(open_to(&s, "exchange.example"), 2);
	stage_fini(&s);
	buf_fini(&before);
	buf_fini(&after);
}

static void
test_lowered_domain(void **state)
{
	(void)state;
	check_lowered("host");
}

static void
test_lowered_mx_ip(void **state)
{
	(void)state;
	check_lowered("MXIP");
}

/* An idle connection on which the host has said half a line ends at the first
 * word of ours, while others are still being looked at. */
static void
test_lowered_while_host_mutters(void **state)
{
	static const struct act slow[] = {
		{ .on = STAGE_EOD, .from = 1, .to = 1, .what = ACT_STALL },
		{ 0 },
	};
	static const char config[] =
	    TWO_DOMAINS ", \"delivery\": {\"idle_timeout\": \"1h\"}, "
			"\"destconfig\": [\"[exchange.example]\", "
			"\"max_host_concurrency = %d\", \"limit_type = MXIP\", "
			"\"limit_apply = system\"]";
	struct buf before = { 0 }, after = { 0 };
	struct stage_host *h;
	struct stage s;

	(void)state;
	buf_printf(&before, config, 2);
	buf_printf(&after, config, 1);
	stage_init(&s, buf_cstr(&before));
	h = stage_host(&s, "10.1.1.11", slow);
	stage_send(&s, 0, "u");
	stage_send(&s, 1, "u");
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(open_to(&s, "exchange.example"), 2);
	stream_write(
	    CONTAINER_OF(h->sessions.prev, struct stage_session, node)->stream,
	    SLICE("22"));
	stage_run_until(&s, 11 * UTIME_S);
	buf_clear(&s.log);
	reload(&s, buf_cstr(&after));
	assert_int_equal(open_to(&s, "exchange.example"), 1);
	assert_log(&s, EXITED("11", "2") CLOSED("11", "2"));
	stage_fini(&s);
	buf_fini(&before);
	buf_fini(&after);
}

/* All connections: what is over the new number ends, wherever it goes. */
static void
test_lowered_for_all(void **state)
{
	struct stage s;

	(void)state;
	stage_init(
	    &s, TWO_DOMAINS ", \"delivery\": {\"idle_timeout\": \"1h\"}");
	(void)stage_host(&s, "10.1.1.11", never_done);
	(void)stage_host(&s, "10.1.1.12", NULL);
	stage_send(&s, 0, "u");
	stage_client(&s, 1, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@b.example>|DATA|hi\r\n.|QUIT");
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(s.relay->connections, 2);
	buf_clear(&s.log);
	reload(&s,
	    TWO_DOMAINS
	    ", \"delivery\": {\"idle_timeout\": \"1h\", \"concurrency\": 1}");
	stage_run_until(&s, 20 * UTIME_S);
	assert_log(&s, EXITED("10", "2") CLOSED("10", "2"));
	assert_int_equal(s.relay->connections, 1);
	assert_int_equal(s.relay->slots[SLOT_ANY].used, 1);
	stage_fini(&s);
}

/* What stands was set up as another configuration asked: the idle connection
 * ends at once, the busy one behind its message. */
static void
test_reload_ends_old(void **state)
{
	static const struct act slow[] = {
		{ .on = STAGE_EOD, .from = 1, .to = 1, .what = ACT_STALL },
		{ 0 },
	};
	static const char config[] =
	    TWO_DOMAINS ", \"delivery\": {\"idle_timeout\": \"1h\"}";
	struct stage s;

	(void)state;
	stage_init(&s, config);
	(void)stage_host(&s, "10.1.1.11", slow);
	stage_send(&s, 0, "u");
	stage_send(&s, 1, "u");
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(s.relay->connections, 2);
	buf_clear(&s.log);
	reload(&s, config);
	stage_run_until(&s, 20 * UTIME_S);
	assert_log(&s, CLOSED("10", "2"));
	assert_int_equal(s.relay->connections, 1);
	stage_fini(&s);
}

/* delivernow forgets what has been sent in the period. */
static void
test_reset(void **state)
{
	struct domain *d;
	struct stage s;

	(void)state;
	stage_init(&s,
	    TWO_DOMAINS ", \"destconfig\": [\"[exchange.example]\", "
			"\"recipient_minutes = 60\", \"recipient_limit = 1\", "
			"\"limit_type = host\", \"limit_apply = system\"]");
	(void)stage_host(&s, "10.1.1.11", NULL);
	stage_send(&s, 0, "u");
	stage_send(&s, 1, "u");
	stage_run_until(&s, 100 * UTIME_S);
	assert_int_equal(relay_queued_recipients(s.relay), 1);
	HASH_FIND(hh, s.relay->queue.domains, "exchange.example", 16, d);
	(void)deliver_now(s.relay, d);
	stage_run_until(&s, 101 * UTIME_S);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

/* Whoever waits does so without a timer that fires for nothing. */
static void
test_no_busy_loop(void **state)
{
	struct stage s;
	uint64_t events;

	(void)state;
	stage_init(&s, TWO_DOMAINS ", \"delivery\": {\"concurrency\": 1}");
	(void)stage_host(&s, "10.1.1.11", never_done);
	(void)stage_host(&s, "10.1.1.12", NULL);
	for (int i = 0; i < 5; i++)
		stage_send(&s, 0, "u");
	stage_client(&s, 0, "10.0.0.9",
	    "HELO c|MAIL FROM:<a@b>|RCPT TO:<u@b.example>|DATA|hi\r\n.|QUIT");
	stage_run_until(&s, 2 * UTIME_S);
	events = sim_counts(s.world).events;
	stage_run_until(&s, 500 * UTIME_S);
	assert_true(sim_counts(s.world).events - events < 10);
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_lowered_domain);
	TEST(&kit, test_lowered_mx_ip);
	TEST(&kit, test_lowered_while_host_mutters);
	TEST(&kit, test_lowered_for_all);
	TEST(&kit, test_reload_ends_old);
	TEST(&kit, test_reset);
	TEST(&kit, test_no_busy_loop);
	return kit_run(&kit, "relay_limits");
}
