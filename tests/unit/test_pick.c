/* SPDX-License-Identifier: MIT */
/*
 * The choice of candidates, host by host.  A row is a list of candidates and a
 * little script: letters name candidates (a is the first), and
 *	=x   the choice is x (and it is opened: the cursor moves)
 *	=-   there is no choice
 *	~x   the choice would be x, nothing is opened
 *	!x   x refuses the group (4xx)
 *	^x   a connection to x fails, x is up
 *	vx   a connection to x fails, x is down
 *	+x   x greets
 *	@n   n minutes pass
 *	.    a new round begins
 *	||   from here on, one priority a round
 */
#include "kit.h"
#include "relay/deliver/pick.h"

static const struct relay_delivery delivery = {
	.host_retry_initial = 60 * UTIME_S,
	.host_retry_max = 3600 * UTIME_S,
};

static struct pick_row {
	const char *name;
	const char *priorities; /* of a, b, c ... */
	const char *script;
} pick_rows[] = {
	{ "equal hosts take turns", "000", "=a=b=c=a" },
	{ "the cursor moves with failures too", "000", "=a^a=b.=c.=a" },
	{ "lowest number first", "10", "=b=b=b" },
	{ "next priority in the same round", "012", "=a!a=b!b=c!c=-" },
	{ "all of one priority before the next", "0011", "=a!a=b!b=c!c=d!d=-" },
	{ "a failing host's share spreads evenly", "000",
	    "=a^a=b.=c.=a^a=b.=c.=a^a=b." },
	{ "what was refused comes back in the next round", "00",
	    "=a!a=b!b=-.=a" },
	{ "a host failure counts for the round", "00", "=a^a=b^b=-.~a" },
	{ "a round that began after the failure may try it", "00",
	    "=a^a.~b!b=a" },
	{ "a host that is down is passed over", "00", "=ava.=b.=b.=b" },
	{ "until its probe is due", "00", "=ava.=b@1.=a" },
	{ "a failed probe doubles the wait", "00", "=ava.=b@1.=ava@1.=b@1.~a" },
	{ "what greets is up at once", "00", "=ava.=b+a.=a" },
	{ "all down", "00", "=ava=bvb=-.=-@1.=a" },
	{ "a backup only while the primary is away", "01",
	    "=ava=b.=b@1.=a+a.=a" },
	{ "each priority has its own cursor", "0011",
	    "=a!a=b!b=c!c=d.=a!a=b!b=c" },
	{ "no candidates", "", "=-" },
	{ "one priority a round: a refusal binds", "0011", "||=a!a=b!b=-.=a" },
	{ "one priority a round: a failure of what is up binds", "01",
	    "||=a^a=-" },
	{ "one priority a round: what is down does not", "01", "||=ava=b!b=-" },
};

struct bench {
	struct hosts hosts;
	struct candidates c;
	struct round round;
	utime now;
};

static void
bench_init(struct bench *b, const char *priorities)
{
	const struct candidates none = { 0 };

	*b = (struct bench){ .now = UTIME_DAY };
	for (size_t i = 0; priorities[i] != '\0'; i++) {
		struct endpoint at = { ip_v4(10, 0, 0, (uint8_t)i), 25 };

		candidates_add(&b->c, hosts_get(&b->hosts, &at),
		    (uint32_t)(priorities[i] - '0'));
	}
	candidates_seal(&b->c, &none);
	b->round = (struct round){ 0 };
}

/* Candidates are sorted by priority, but rows name them as given. */
static size_t
named(const struct bench *b, char letter)
{
	for (size_t i = 0; i < b->c.count; i++)
		if (b->c.list[i].host->at.ip.bytes[3] == letter - 'a')
			return i;
	return PICK_NONE;
}

static void
fail_host(struct bench *b, size_t i, bool is_down)
{
	round_add(&b->round, i, is_down ? 0 : ROUND_ANSWERED);
	if (is_down)
		host_on_down(b->c.list[i].host, &delivery, b->now);
}

static void
step(struct bench *b, char verb, char object)
{
	size_t i = named(b, object);

	switch (verb) {
	case '=':
	case '~':
		assert_int_equal(pick_next(&b->c, &b->round, true, b->now), i);
		if (verb == '=' && i != PICK_NONE)
			pick_opened(&b->c, i);
		break;
	case '|':
		b->c.is_bound = true;
		break;
	case '!':
		round_add(&b->round, i, ROUND_ANSWERED | ROUND_REFUSED);
		break;
	case '^':
	case 'v':
		fail_host(b, i, verb == 'v');
		break;
	case '+':
		host_on_up(b->c.list[i].host);
		break;
	case '@':
		b->now += (object - '0') * UTIME_MINUTE;
		break;
	default:
		fail_msg("no such verb: %c", verb);
	}
}

static void
test_pick(void **state)
{
	const struct pick_row *row = *state;
	struct bench b;

	bench_init(&b, row->priorities);
	for (const char *s = row->script; *s != '\0';) {
		if (*s == '.') {
			b.round = (struct round){ 0 };
			s++;
			continue;
		}
		step(&b, s[0], s[1]);
		s += 2;
	}
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

/* What was tried keeps to its hosts when these have new numbers. */
static void
test_remap(void **state)
{
	struct candidates fresh = { 0 };
	struct bench b;

	(void)state;
	bench_init(&b, "000");
	round_add(&b.round, 0, ROUND_SOFT);
	round_add(&b.round, 2, ROUND_ANSWERED);
	/* c and b are left, in that order. */
	candidates_add(&fresh, b.c.list[2].host, 0);
	candidates_add(&fresh, b.c.list[1].host, 0);
	round_remap(&b.round, &b.c, &fresh);
	assert_true(round_has_tried(&b.round, 0));
	assert_false(round_has_tried(&b.round, 1));
	assert_false(round_has_tried(&b.round, 2));
	assert_int_equal(b.round.how, ROUND_SOFT | ROUND_ANSWERED);
	candidates_fini(&fresh);
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

/* A candidate at its limits is passed over, and none of a worse priority is
 * taken for it. */
static void
test_full(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "001");
	b.c.list[0].is_full = true;
	assert_int_equal(pick_next(&b.c, &b.round, true, b.now), 1);
	b.c.list[1].is_spent = true;
	assert_int_equal(pick_next(&b.c, &b.round, true, b.now), PICK_FULL);
	/* One that is full carries on, one that is spent does not. */
	assert_true(pick_suits(&b.c, &b.round, 0, b.now));
	assert_false(pick_suits(&b.c, &b.round, 1, b.now));
	assert_false(pick_suits(&b.c, &b.round, 2, b.now));
	round_add(&b.round, 0, 0);
	round_add(&b.round, 1, 0);
	assert_int_equal(pick_next(&b.c, &b.round, true, b.now), 2);
	assert_true(pick_suits(&b.c, &b.round, 2, b.now));
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

/* Which is the last that may take a message, and whether asking again may
 * help. */
static void
test_ends_at(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "001");
	assert_false(round_ends_at(&b.c, &b.round, 0));
	round_add(&b.round, 0, ROUND_ANSWERED);
	assert_false(round_ends_at(&b.c, &b.round, 1));
	/* No other priority than that of the first that answered. */
	b.c.is_bound = true;
	assert_true(round_ends_at(&b.c, &b.round, 1));
	b.c.is_bound = false;
	round_add(&b.round, 1, ROUND_ANSWERED);
	assert_true(round_ends_at(&b.c, &b.round, 2));
	round_add(&b.round, 1, ROUND_PASSING);
	assert_false(round_ends_at(&b.c, &b.round, 2));
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

static void
test_suits(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "001");
	assert_true(pick_suits(&b.c, &b.round, 1, b.now));
	/* The backup while a better one is eligible. */
	assert_false(pick_suits(&b.c, &b.round, 2, b.now));
	fail_host(&b, 0, true);
	fail_host(&b, 1, true);
	assert_true(pick_suits(&b.c, &b.round, 2, b.now));
	round_add(&b.round, 2, ROUND_ANSWERED);
	assert_false(pick_suits(&b.c, &b.round, 2, b.now));
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

static void
test_hope_and_probe(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "00");
	fail_host(&b, 0, true);
	fail_host(&b, 1, true);
	b.round = (struct round){ 0 };
	assert_false(
	    pick_may_hope(&b.c, &b.round, PICK_NONE, PICK_NONE, b.now));
	assert_true(pick_may_hope(&b.c, &b.round, PICK_NONE, 1, b.now));
	/* A connection stands, unless it has been tried all the same. */
	b.c.list[0].is_served = true;
	assert_true(pick_may_hope(&b.c, &b.round, PICK_NONE, PICK_NONE, b.now));
	round_add(&b.round, 0, ROUND_ANSWERED);
	assert_false(
	    pick_may_hope(&b.c, &b.round, PICK_NONE, PICK_NONE, b.now));
	b.round = (struct round){ 0 };
	b.c.list[0].is_served = false;
	assert_true(pick_first_probe(&b.c, b.now) == b.now + UTIME_MINUTE);
	b.now += UTIME_MINUTE;
	assert_int_equal(pick_next(&b.c, &b.round, false, b.now), PICK_NONE);
	host_on_connect(b.c.list[0].host, &delivery, b.now);
	assert_int_equal(pick_next(&b.c, &b.round, true, b.now), 1);
	host_on_up(b.c.list[1].host);
	assert_true(pick_first_probe(&b.c, b.now) == b.now);
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

/* Looking up again keeps cursor and quotas of the hosts that stay. */
static void
test_seal_keeps(void **state)
{
	struct bench b;
	struct candidates fresh = { 0 };

	(void)state;
	bench_init(&b, "000");
	pick_opened(&b.c, 1);
	b.c.list[2].quota.taken = 7;
	for (size_t i = 3; i-- > 1;)
		candidates_add(&fresh, b.c.list[i].host, 0);
	candidates_seal(&fresh, &b.c);
	/* Now c, b: the cursor is at b. */
	assert_int_equal(pick_next(&fresh, &b.round, true, b.now), 0);
	assert_int_equal(fresh.list[0].quota.taken, 7);
	assert_int_equal(fresh.list[1].quota.taken, 0);
	candidates_fini(&fresh);
	candidates_fini(&b.c);
	hosts_fini(&b.hosts);
}

static void
test_twice(void **state)
{
	struct hosts hosts = { 0 };
	struct candidates c = { 0 };
	const struct candidates none = { 0 };
	struct endpoint x = { ip_v4(10, 0, 0, 1), 25 };
	struct endpoint y = { ip_v4(10, 0, 0, 2), 25 };

	(void)state;
	candidates_add(&c, hosts_get(&hosts, &x), 5);
	candidates_add(&c, hosts_get(&hosts, &y), 3);
	candidates_add(&c, hosts_get(&hosts, &x), 7);
	candidates_add(&c, hosts_get(&hosts, &x), 1);
	candidates_seal(&c, &none);
	assert_int_equal(c.count, 2);
	assert_ptr_equal(c.list[0].host, hosts_get(&hosts, &x));
	assert_int_equal(c.list[0].priority, 1);
	candidates_fini(&c);
	hosts_fini(&hosts);
}

static void
test_bound(void **state)
{
	struct hosts hosts = { 0 };
	struct candidates c = { 0 };
	const struct candidates none = { 0 };

	(void)state;
	for (unsigned i = 0; i < CANDIDATES_MAX + 10; i++) {
		struct endpoint at = {
			ip_v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i), 25
		};

		candidates_add(
		    &c, hosts_get(&hosts, &at), CANDIDATES_MAX + 10 - i);
	}
	candidates_seal(&c, &none);
	assert_int_equal(c.count, CANDIDATES_MAX);
	assert_int_equal(c.list[0].priority, 1);
	assert_int_equal(c.list[CANDIDATES_MAX - 1].priority, CANDIDATES_MAX);
	candidates_fini(&c);
	hosts_fini(&hosts);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, pick_rows, test_pick);
	TEST(&kit, test_remap);
	TEST(&kit, test_full);
	TEST(&kit, test_ends_at);
	TEST(&kit, test_suits);
	TEST(&kit, test_hope_and_probe);
	TEST(&kit, test_seal_keeps);
	TEST(&kit, test_twice);
	TEST(&kit, test_bound);
	return kit_run(&kit, "pick");
}
