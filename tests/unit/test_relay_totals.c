/* SPDX-License-Identifier: MIT */
/*
 * The relay's totals, which `status` and `tophosts` show, are those that
 * looking at all of its queue gives, whatever happens: mail comes in, is
 * delivered, bounces, waits, and is redirected or deleted by an operator; the
 * relay crashes and takes up what was on its disk.
 */
#include "core/base/rng.h"
#include "relay/deliver/age.h"
#include "relay/operate/operate.h"
#include "tests/unit/relay_stage.h"

#define STEPS 400

static const char members[] = STAGE_LISTEN
    ", \"routes\": [\"ALL 10.1.1.1, 10.1.1.2\"], \"bounce\": "
    "{\"hard_bounces\": false, \"max_retries\": 3, \"initial_wait\": \"5s\"}";

/* Hosts that have their bad moments, both at the same time. */
static const struct act bad[] = {
	{ STAGE_RCPT, 10, 200, ACT_REPLY, "452 4.2.2 full" },
	{ STAGE_RCPT, 250, 270, ACT_REPLY, "550 5.1.1 gone" },
	{ STAGE_EOD, 20, 60, ACT_REPLY, "451 4.3.0 later" },
	{ STAGE_MAIL, 90, 95, ACT_DROP, NULL },
	{ STAGE_BANNER, 8, 12, ACT_RESET, NULL },
	{ STAGE_BANNER, 16, 18, ACT_STALL, NULL },
	{ 0 },
};

struct walk {
	struct gauges gauges;
	const struct message *oldest;
};

static void
on_group(void *owner, struct group *g)
{
	struct walk *w = owner;
	const struct message *m = g->message;

	if (g->attempts > 0)
		w->gauges.attempted += g->count;
	else
		w->gauges.unattempted += g->count;
	if (w->oldest == NULL || m->received < w->oldest->received ||
	    (m->received == w->oldest->received && m->mid < w->oldest->mid))
		w->oldest = m;
}

static void
walk_connections(struct walk *w, const struct delivery *d)
{
	if (d == NULL)
		return;
	LIST_FOREACH(link, &d->connections) {
		struct connection *c =
		    CONTAINER_OF(link, struct connection, link);

		if (c == d->setup || c == d->probe)
			w->gauges.pending++;
		else
			w->gauges.connections++;
	}
}

static void
check_totals(struct relay *r)
{
	struct walk all = { 0 };
	struct system_status s;
	struct domain *domain, *next;

	HASH_ITER(hh, r->queue.domains, domain, next)
	{
		struct walk one = { 0 };

		operate_each_group(domain, on_group, &one);
		operate_each_group(domain, on_group, &all);
		walk_connections(&all, domain->delivery);
		assert_int_equal(domain->tally.attempted, one.gauges.attempted);
		assert_int_equal(
		    domain->tally.unattempted, one.gauges.unattempted);
		assert_ptr_equal(age_oldest_of(domain), one.oldest);
	}
	operate_fill_status(r, &s);
	assert_int_equal(s.gauges.attempted, all.gauges.attempted);
	assert_int_equal(s.gauges.unattempted, all.gauges.unattempted);
	assert_int_equal(s.gauges.connections, all.gauges.connections);
	assert_int_equal(s.gauges.pending, all.gauges.pending);
	assert_int_equal(
	    s.oldest, all.oldest != NULL ? all.oldest->received : UTIME_NEVER);
}

/* The words of a command, separated by spaces. */
static void
operate(struct stage *s, const char *words)
{
	struct slice list[4], rest = slice_cstr(words);
	struct relay_command command = { .words = list };
	struct relay_answer answer;
	struct err err;

	while (slice_split(&rest, ' ', &list[command.count]))
		command.count++;
	(void)relay_operate(s->relay, &command, &answer, &err);
	relay_answer_fini(&answer);
}

static void
crash(struct stage *s)
{
	sim_crash_disk(s->world, CRASH_LOSES);
	relay_kill(&s->relay);
	stage_start_relay(s);
}

static void
send(struct stage *s, struct rng *rng, int at_s)
{
	char script[256];

	(void)snprintf(script, sizeof(script),
	    "EHLO c|MAIL FROM:<a@b.example>|RCPT TO:<u@d%u.example>|"
	    "RCPT TO:<v@d%u.example>|RCPT TO:<w@d%u.example>|"
	    "DATA|Subject: x\r\n\r\nhello\r\n.|QUIT",
	    (unsigned)rng_below(rng, 3), (unsigned)rng_below(rng, 3),
	    (unsigned)rng_below(rng, 3));
	stage_client(s, at_s, "10.0.0.9", script);
}

/* Something happens; `second` is the present one. */
static void
disturb(struct stage *s, struct rng *rng, int second)
{
	static const char *const commands[] = {
		"delivernow all",
		"delivernow d1.example",
		"redirectrecipients d2.example host d1.example",
		"redirectrecipients new.example host d0.example",
		"deleterecipients host d2.example",
		"bouncerecipients host new.example",
		"suspenddel 0",
		"resumedel",
		"resumedel",
	};

	switch (rng_below(rng, 12)) {
	case 0:
		crash(s);
		return;
	case 1:
	case 2:
	case 3:
		operate(s, commands[rng_below(rng, ARRAY_LEN(commands))]);
		return;
	default:
		send(s, rng, second);
		return;
	}
}

static void
test_any_order(void **state)
{
	struct stage s;
	struct rng rng;
	utime now = 0;
	uint64_t most = 0;

	(void)state;
	rng_init(&rng, 3);
	stage_init(&s, members);
	s.whole_log = true;
	stage_host(&s, "10.1.1.1", bad);
	stage_host(&s, "10.1.1.2", bad);
	for (size_t step = 0; step < STEPS; step++) {
		disturb(&s, &rng, (int)(now / UTIME_S) + 1);
		check_totals(s.relay);
		now += (utime)rng_below(&rng, 3000) * UTIME_MS;
		stage_run_until(&s, now);
		check_totals(s.relay);
		if (relay_queued_recipients(s.relay) > most)
			most = relay_queued_recipients(s.relay);
	}
	/* All of it was there. */
	assert_true(most > 20);
	assert_true(stage_count_lines(&s.log, "Message done") > 20);
	assert_true(stage_count_lines(&s.log, "Bounced:") > 3);
	assert_true(stage_count_lines(&s.log, "pending till") > 20);
	assert_true(stage_count_lines(&s.log, "Deleted:") > 0);
	assert_true(stage_count_lines(&s.log, "Connection Error") > 0);
	stage_fini(&s);
}

/* What a command has done is on disk when it is answered: a crash behind it
 * undoes nothing. */
static void
test_recorded(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, STAGE_LISTEN ", \"routes\": [\"ALL 10.1.1.1\"]");
	stage_send(&s, 1, "u v");
	stage_send(&s, 2, "w");
	stage_run_until(&s, 10 * UTIME_S);
	assert_int_equal(relay_queued_recipients(s.relay), 3);
	operate(&s, "removemessage 1");
	crash(&s);
	assert_int_equal(relay_queued_recipients(s.relay), 1);
	operate(&s, "deleterecipients all");
	crash(&s);
	assert_int_equal(relay_queued_recipients(s.relay), 0);
	stage_fini(&s);
}

/* A host that is no name would bounce what is sent there. */
static void
test_redirect_to_nowhere(void **state)
{
	static const char *const wrong[] = { "", "a b", "a\nb", "a..b", "@x",
		"[10.1.1", "-" };
	struct relay_answer answer;
	struct stage s;
	struct err err;

	(void)state;
	stage_init(&s, STAGE_LISTEN);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		const struct slice words[] = { SLICE("redirectrecipients"),
			slice_cstr(wrong[i]), SLICE("all") };
		const struct relay_command command = { .words = words,
			.count = ARRAY_LEN(words) };

		assert_false(relay_operate(s.relay, &command, &answer, &err));
		relay_answer_fini(&answer);
	}
	operate(&s, "redirectrecipients [10.1.1.1] all");
	stage_fini(&s);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_any_order);
	TEST(&kit, test_recorded);
	TEST(&kit, test_redirect_to_nowhere);
	return kit_run(&kit, "relay_totals");
}
