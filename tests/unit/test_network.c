/* SPDX-License-Identifier: MIT */
/* Networks: what is one, and what is in it. */
#include "core/base/network.h"
#include "tests/unit/kit.h"

static struct parse_row {
	const char *name; /* the text */
	int bits;         /* -1: none */
} parse_rows[] = {
	{ "10.0.0.0/8", 8 },
	{ "10.0.0.0/0", 0 },
	{ "10.0.0.0/32", 32 },
	{ "10.1.1.11", 32 },
	{ "::1", 128 },
	{ "2001:db8::/32", 32 },
	{ "2001:db8::/128", 128 },
	{ "::/0", 0 },
	{ "", -1 },
	{ "/8", -1 },
	{ "10.0.0.0/", -1 },
	{ "10.0.0.0/33", -1 },
	{ "::/129", -1 },
	{ "10.0.0.0/08", -1 },
	{ "10.0.0.0/+8", -1 },
	{ "10.0.0.0/ 8", -1 },
	{ "10.0.0.0/8 ", -1 },
	{ "10.0.0.0/8/8", -1 },
	{ "10.0.0/8", -1 },
	{ "[::]/0", -1 },
	{ "example.com/8", -1 },
};

static void
test_parse(void **state)
{
	const struct parse_row *row = *state;
	struct ip_network n = { .prefix_bits = 77 };
	bool ok = ip_network_parse(slice_cstr(row->name), &n);

	assert_int_equal(ok, row->bits >= 0);
	assert_int_equal(n.prefix_bits, ok ? row->bits : 77);
	assert_int_equal(n.ip.family, !ok ? 0 : strchr(row->name, ':') ? 6 : 4);
}

static struct contains_row {
	const char *name; /* the network */
	const char *in, *out;
} contains_rows[] = {
	{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
	/* Bits behind the prefix do not count. */
	{ "10.1.2.3/8", "10.9.9.9", "9.255.255.255" },
	{ "192.168.128.0/17", "192.168.255.1", "192.168.127.255" },
	{ "192.168.1.128/25", "192.168.1.128", "192.168.1.127" },
	{ "10.1.1.11", "10.1.1.11", "10.1.1.10" },
	{ "10.1.1.10/31", "10.1.1.11", "10.1.1.12" },
	{ "0.0.0.0/0", "255.255.255.255", "::1" },
	{ "::/0", "ffff::1", "0.0.0.0" },
	{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
	{ "::1", "::1", "::2" },
};

static void
test_contains(void **state)
{
	const struct contains_row *row = *state;
	struct ip_network n;
	struct ip_address in, out;
	const struct ip_address none = { 0 };

	assert_true(ip_network_parse(slice_cstr(row->name), &n));
	assert_true(ip_parse(slice_cstr(row->in), &in));
	assert_true(ip_parse(slice_cstr(row->out), &out));
	assert_true(ip_network_contains(&n, &in));
	assert_false(ip_network_contains(&n, &out));
	assert_false(ip_network_contains(&n, &none));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, parse_rows, test_parse);
	ROWS(&kit, contains_rows, test_contains);
	return kit_run(&kit, "network");
}
