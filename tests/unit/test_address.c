/* SPDX-License-Identifier: MIT */
/* core/base/address: each text as a test, and order, hash, loopback. */
#include "core/base/address.h"

#include "tests/unit/kit.h"

/* The name is the text; `want` its canonical form, NULL when refused. */
struct row {
	const char *name, *want;
};

static struct row ip_rows[] = {
	{ "10.1.1.11", "10.1.1.11" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ "2620:101:2004:4202::", "2620:101:2004:4202::" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "::ffff:10.1.1.1", "::ffff:10.1.1.1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "", NULL },
	{ "10.1.1", NULL },
	{ "10.1.1.256", NULL },
	{ "10.1.1.01", NULL },
	{ "10.1.1.1.", NULL },
	{ "10.1.1.1.1", NULL },
	{ "0x0a.1.1.1", NULL },
	{ " 10.1.1.1", NULL },
	{ "10.1.1.1 ", NULL },
	{ "[::1]", NULL },
	{ ":::", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "1::2::3", NULL },
	{ "12345::", NULL },
	{ "fe80::1%eth0", NULL },
	{ "10.0.0.0/24", NULL },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2550", NULL },
};

/* The default port is 25. */
static struct row endpoint_rows[] = {
	{ "10.1.1.1:2525", "10.1.1.1:2525" },
	{ "10.1.1.1", "10.1.1.1:25" },
	{ "[::1]:65535", "[::1]:65535" },
	{ "[::1]", "[::1]:25" },
	{ "::1", "[::1]:25" },
	{ "127.0.0.1:0", "127.0.0.1:0" },
	{ "127.0.0.1:", NULL },
	{ "127.0.0.1:65536", NULL },
	{ "127.0.0.1:-1", NULL },
	{ "127.0.0.1:25x", NULL },
	{ "[127.0.0.1]:25", NULL },
	{ "[::1]25", NULL },
	{ "[::1", NULL },
	{ "[]:25", NULL },
	{ "[", NULL },
	{ "]", NULL },
	{ ":25", NULL },
	{ "", NULL },
	{ "localhost:25", NULL },
};

static void
check_ip(void **state)
{
	const struct row *row = *state;
	struct ip_address ip = ip_v4(9, 9, 9, 9), again;
	char out[IP_TEXT_MAX];

	if (row->want == NULL) {
		assert_false(ip_parse(slice_cstr(row->name), &ip));
		assert_string_equal(ip_format(&ip, out), "9.9.9.9");
		return;
	}
	assert_true(ip_parse(slice_cstr(row->name), &ip));
	assert_string_equal(ip_format(&ip, out), row->want);
	assert_true(ip_parse(slice_cstr(out), &again));
	assert_true(ip_equal(&ip, &again));
	assert_true(ip_hash(&ip) == ip_hash(&again));
}

static void
check_endpoint(void **state)
{
	const struct row *row = *state;
	struct endpoint e = { ip_v4(9, 9, 9, 9), 9 }, again;
	char out[ENDPOINT_TEXT_MAX];

	if (row->want == NULL) {
		assert_false(endpoint_parse(slice_cstr(row->name), 25, &e));
		assert_string_equal(endpoint_format(&e, out), "9.9.9.9:9");
		return;
	}
	assert_true(endpoint_parse(slice_cstr(row->name), 25, &e));
	assert_string_equal(endpoint_format(&e, out), row->want);
	assert_true(endpoint_parse(slice_cstr(out), -1, &again));
	assert_true(endpoint_equal(&e, &again));
	assert_true(endpoint_hash(&e) == endpoint_hash(&again));
}

static void
port_may_be_required(void **state)
{
	struct endpoint e;

	(void)state;
	assert_false(endpoint_parse(SLICE("10.1.1.1"), -1, &e));
	assert_false(endpoint_parse(SLICE("::1"), -1, &e));
	assert_true(endpoint_parse(SLICE("10.1.1.1:1"), -1, &e));
}

static void
a_nul_inside_is_refused(void **state)
{
	struct ip_address ip;

	(void)state;
	assert_false(ip_parse(SLICE("10.1.1.1\0x"), &ip));
}

static void
order_is_none_then_v4_then_v6(void **state)
{
	static const char *const sorted[] = { "0.0.0.0", "9.0.0.0", "10.0.0.0",
		"200.0.0.0", "::", "::1", "2001::", "ff00::" };
	struct ip_address before = { 0 }, ip;

	(void)state;
	assert_int_equal(ip_compare(&before, &before), 0);
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		assert_true(ip_parse(slice_cstr(sorted[i]), &ip));
		assert_true(ip_compare(&before, &ip) < 0);
		assert_true(ip_compare(&ip, &before) > 0);
		assert_true(ip_hash(&ip) != ip_hash(&before));
		before = ip;
	}
}

static void
endpoints_differ_by_port(void **state)
{
	struct endpoint a = { ip_v4(10, 0, 0, 1), 25 };
	struct endpoint b = { ip_v4(10, 0, 0, 1), 2525 };

	(void)state;
	assert_true(endpoint_compare(&a, &b) < 0);
	assert_true(endpoint_compare(&b, &a) > 0);
	assert_false(endpoint_equal(&a, &b));
	assert_true(endpoint_hash(&a) != endpoint_hash(&b));
}

static void
loopback_is_known(void **state)
{
	static const char *const yes[] = { "127.0.0.1", "127.255.1.2", "::1",
		"::ffff:127.0.0.1" };
	static const char *const no[] = { "126.0.0.1", "128.0.0.1", "::", "::2",
		"::ffff:10.0.0.1", "::127.0.0.1" };
	struct ip_address ip = { 0 };

	(void)state;
	assert_false(ip_is_loopback(&ip));
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		assert_true(ip_parse(slice_cstr(yes[i]), &ip));
		assert_true(ip_is_loopback(&ip));
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		assert_true(ip_parse(slice_cstr(no[i]), &ip));
		assert_false(ip_is_loopback(&ip));
	}
}

static void
none_has_a_text(void **state)
{
	struct ip_address ip = { 0 };
	char out[IP_TEXT_MAX];

	(void)state;
	assert_true(ip_is_none(&ip));
	assert_string_equal(ip_format(&ip, out), "none");
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, ip_rows, check_ip);
	ROWS(&kit, endpoint_rows, check_endpoint);
	TEST(&kit, port_may_be_required);
	TEST(&kit, a_nul_inside_is_refused);
	TEST(&kit, order_is_none_then_v4_then_v6);
	TEST(&kit, endpoints_differ_by_port);
	TEST(&kit, loopback_is_known);
	TEST(&kit, none_has_a_text);
	return kit_run(&kit, "address");
}
