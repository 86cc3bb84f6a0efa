/* SPDX-License-Identifier: MIT */
/* Destinations up and down: docs/delivery.md 16 and 17. */
#include "relay/deliver/host.h"
#include "tests/unit/kit.h"

static const struct relay_delivery delivery = {
	.host_retry_initial = 60 * UTIME_S,
	.host_retry_max = 300 * UTIME_S,
};

static struct endpoint
endpoint_of(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(slice_cstr(text), -1, &e));
	return e;
}

static void
test_one_record_an_endpoint(void **state)
{
	struct hosts hosts = { 0 };
	struct endpoint a = endpoint_of("10.1.1.11:25");
	struct endpoint port = endpoint_of("10.1.1.11:26");
	struct endpoint v6 = endpoint_of("[a01:10b::]:25");
	struct endpoint dirty;
	struct host *h = hosts_get(&hosts, &a);

	(void)state;
	assert_ptr_equal(hosts_get(&hosts, &a), h);
	assert_ptr_not_equal(hosts_get(&hosts, &port), h);
	/* The same first bytes, another family. */
	assert_ptr_not_equal(hosts_get(&hosts, &v6), h);
	/* What stands in the padding does not count. */
	memset(&dirty, 0xff, sizeof(dirty));
	dirty.ip.family = a.ip.family;
	memcpy(dirty.ip.bytes, a.ip.bytes, sizeof(a.ip.bytes));
	dirty.port = a.port;
	assert_ptr_equal(hosts_get(&hosts, &dirty), h);
	hosts_fini(&hosts);
}

static void
test_up(void **state)
{
	struct host h = { 0 };

	(void)state;
	assert_true(host_is_eligible(&h, 0));
	host_on_connect(&h, &delivery, 0);
	assert_true(host_is_eligible(&h, 0));
	host_on_up(&h);
	assert_true(host_is_eligible(&h, 0));
}

/* Down at `now`, and due for a probe `wait_s` later, not a moment before. */
static void
check_down(const struct host *h, utime now, int wait_s)
{
	assert_true(h->is_down);
	assert_false(host_is_eligible(h, now + wait_s * UTIME_S - 1));
	assert_true(host_is_eligible(h, now + wait_s * UTIME_S));
}

static void
test_intervals(void **state)
{
	static const int waits_s[] = { 60, 120, 240, 300, 300 };
	struct host h = { 0 };
	utime now = 1000 * UTIME_S;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits_s); i++) {
		/* A probe under way pushes the next one out as far as its
		 * failure would. */
		host_on_connect(&h, &delivery, now);
		if (i > 0)
			check_down(&h, now, waits_s[i]);
		now += 5 * UTIME_S;
		host_on_down(&h, &delivery, now);
		check_down(&h, now, waits_s[i]);
		now += waits_s[i] * UTIME_S;
	}
	/* A greeting makes it up, and the intervals begin anew. */
	host_on_up(&h);
	assert_true(host_is_eligible(&h, 0));
	host_on_down(&h, &delivery, now);
	check_down(&h, now, 60);
}

/* An address that is used is never forgotten, others not before there are many
 * of them. */
static void
test_forgotten(void **state)
{
	struct hosts hosts = { 0 };
	struct endpoint at = endpoint_of("10.0.0.0:25");
	struct host *used = hosts_get(&hosts, &at), *h = NULL;

	(void)state;
	used->uses++;
	host_on_down(used, &delivery, 0);
	for (unsigned i = 1; i < 3 * HOSTS_KEPT; i++) {
		at.ip.bytes[1] = (uint8_t)(i >> 16);
		at.ip.bytes[2] = (uint8_t)(i >> 8);
		at.ip.bytes[3] = (uint8_t)i;
		h = hosts_get(&hosts, &at);
		assert_true(HASH_COUNT(hosts.table) <= HOSTS_KEPT);
		if (i == HOSTS_KEPT - 1)
			assert_int_equal(HASH_COUNT(hosts.table), HOSTS_KEPT);
	}
	assert_ptr_equal(hosts_get(&hosts, &at), h);
	at = endpoint_of("10.0.0.0:25");
	assert_ptr_equal(hosts_get(&hosts, &at), used);
	assert_true(used->is_down);
	hosts_fini(&hosts);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_one_record_an_endpoint);
	TEST(&kit, test_up);
	TEST(&kit, test_intervals);
	TEST(&kit, test_forgotten);
	return kit_run(&kit, "host");
}
