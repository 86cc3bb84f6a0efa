/* SPDX-License-Identifier: MIT */
/* core/dns/cache: what is kept, for how long, and what makes room. */
#include "core/dns/cache.h"

#include "tests/unit/kit.h"

#define S UTIME_S

static const struct dns_cache_limits limits = { 3, 1000 * S, 100 * S };

static struct dns_answer
answer_of(enum dns_status status, uint32_t ttl_s)
{
	static const struct dns_record records[] = {
		{ .type = DNS_MX, .preference = 10, .name = SLICE_INIT("a.b") },
		{ .type = DNS_MX, .preference = 20 },
	};
	struct dns_answer answer = { .status = status, .ttl_s = ttl_s };

	answer.delay = S;
	if (status == DNS_OK) {
		answer.records = records;
		answer.count = ARRAY_LEN(records);
	}
	return answer;
}

/* What is kept, for how long, seen from the second `at`. */
static struct row {
	const char *name;
	enum dns_status status;
	uint32_t ttl_s, held_s; /* as it came; as it is kept */
} rows[] = {
	{ "records by their TTL", DNS_OK, 300, 300 },
	{ "no longer than the cap", DNS_OK, UINT32_MAX, 1000 },
	{ "a TTL of 0 not at all", DNS_OK, 0, 0 },
	{ "no such name by its TTL", DNS_NXDOMAIN, 60, 60 },
	{ "no such name no longer than its cap", DNS_NXDOMAIN, 300, 100 },
	{ "no such record no longer than its cap", DNS_NODATA, 300, 100 },
	{ "no server failure", DNS_SERVFAIL, 300, 0 },
	{ "no time-out", DNS_TIMEOUT, 300, 0 },
	{ "no loop", DNS_LOOP, 300, 0 },
	{ "no refusal", DNS_REFUSED, 300, 0 },
};

static void
test_life(void **state)
{
	const struct row *row = *state;
	struct dns_cache *c = dns_cache_new(&limits);
	struct dns_answer answer = answer_of(row->status, row->ttl_s), got;

	assert_int_equal(
	    dns_cache_keep(c, SLICE("Example.COM."), DNS_MX, 5 * S, &answer),
	    row->held_s);
	assert_int_equal(dns_cache_count(c), row->held_s > 0);
	if (row->held_s > 0) {
		assert_true(dns_cache_find(
		    c, SLICE("example.com"), DNS_MX, 5 * S, &got));
		assert_int_equal(got.ttl_s, row->held_s);
		assert_int_equal(got.status, row->status);
		assert_int_equal(got.count, answer.count);
		assert_true(got.delay == 0);
		assert_true(dns_cache_find(c, SLICE("example.com"), DNS_MX,
		    (4 + row->held_s) * S + 1, &got));
		assert_int_equal(got.ttl_s, 0);
	}
	assert_false(dns_cache_find(
	    c, SLICE("example.com"), DNS_MX, (5 + row->held_s) * S, &got));
	assert_int_equal(dns_cache_count(c), 0);
	dns_cache_destroy(&c);
	assert_null(c);
}

/* The cache has its own copy. */
static void
test_copy(void **state)
{
	struct dns_cache *c = dns_cache_new(&limits);
	char name[] = "mx.example";
	struct dns_record record = { .type = DNS_MX, .name = slice_cstr(name) };
	struct dns_answer answer = {
		.ttl_s = 9, .records = &record, .count = 1
	};

	(void)state;
	(void)dns_cache_keep(c, SLICE("d"), DNS_MX, 0, &answer);
	memset(name, 'x', sizeof(name));
	record.preference = 7;
	assert_true(dns_cache_find(c, SLICE("d"), DNS_MX, 0, &answer));
	assert_slice(answer.records[0].name, "mx.example");
	assert_int_equal(answer.records[0].preference, 0);
	dns_cache_destroy(&c);
}

/* Types and names do not mix; the one asked for longest ago makes room. */
static void
test_room(void **state)
{
	struct dns_cache *c = dns_cache_new(&limits);
	struct dns_answer yes = answer_of(DNS_OK, 9);
	struct dns_answer no = answer_of(DNS_NODATA, 9), got;

	(void)state;
	(void)dns_cache_keep(c, SLICE("one"), DNS_MX, 0, &yes);
	(void)dns_cache_keep(c, SLICE("one"), DNS_A, 0, &no);
	(void)dns_cache_keep(c, SLICE("two"), DNS_A, 0, &no);
	assert_true(dns_cache_find(c, SLICE("one"), DNS_MX, 0, &got));
	assert_int_equal(got.status, DNS_OK);
	(void)dns_cache_keep(c, SLICE("three"), DNS_A, 0, &no);
	assert_int_equal(dns_cache_count(c), 3);
	assert_false(dns_cache_find(c, SLICE("one"), DNS_A, 0, &got));
	assert_true(dns_cache_find(c, SLICE("one"), DNS_MX, 0, &got));
	assert_true(dns_cache_find(c, SLICE("two"), DNS_A, 0, &got));
	assert_true(dns_cache_find(c, SLICE("three"), DNS_A, 0, &got));
	dns_cache_destroy(&c);
}

/* A new answer replaces the old one, also one that may not be kept. */
static void
test_again(void **state)
{
	struct dns_cache *c = dns_cache_new(&limits);
	struct dns_answer yes = answer_of(DNS_OK, 9);
	struct dns_answer no = answer_of(DNS_NXDOMAIN, 9);
	struct dns_answer soft = answer_of(DNS_SERVFAIL, 9), got;

	(void)state;
	(void)dns_cache_keep(c, SLICE("d"), DNS_MX, 0, &yes);
	(void)dns_cache_keep(c, SLICE("d"), DNS_MX, 5 * S, &no);
	assert_int_equal(dns_cache_count(c), 1);
	assert_true(dns_cache_find(c, SLICE("d"), DNS_MX, 10 * S, &got));
	assert_int_equal(got.status, DNS_NXDOMAIN);
	(void)dns_cache_keep(c, SLICE("d"), DNS_MX, 10 * S, &soft);
	assert_false(dns_cache_find(c, SLICE("d"), DNS_MX, 10 * S, &got));
	dns_cache_destroy(&c);
}

static void
test_reset_and_none(void **state)
{
	const struct dns_cache_limits none = { 0, 1000 * S, 100 * S };
	struct dns_cache *c = dns_cache_new(&limits);
	struct dns_answer yes = answer_of(DNS_OK, 9), got;
	char long_name[300];

	(void)state;
	memset(long_name, 'a', sizeof(long_name));
	(void)dns_cache_keep(
	    c, slice_of(long_name, sizeof(long_name)), DNS_MX, 0, &yes);
	assert_int_equal(dns_cache_count(c), 0);
	(void)dns_cache_keep(c, SLICE("d"), DNS_MX, 0, &yes);
	dns_cache_reset(c, &none);
	assert_int_equal(dns_cache_count(c), 0);
	/* How long it holds is known all the same. */
	assert_int_equal(dns_cache_keep(c, SLICE("d"), DNS_MX, 0, &yes), 9);
	assert_false(dns_cache_find(c, SLICE("d"), DNS_MX, 0, &got));
	dns_cache_destroy(&c);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_life);
	TEST(&kit, test_copy);
	TEST(&kit, test_room);
	TEST(&kit, test_again);
	TEST(&kit, test_reset_and_none);
	return kit_run(&kit, "cache");
}
