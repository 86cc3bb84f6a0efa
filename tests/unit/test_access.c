/* SPDX-License-Identifier: MIT */
/* Who may send where; an empty configuration lets nobody do anything. */
#include "relay/receive/access.h"
#include "tests/unit/kit.h"

static struct ip_network networks[] = {
	{ { 4, { 10, 0, 0, 0 } }, 8 },
	{ { 6, { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
};
static struct slice domains[] = {
	SLICE_INIT("example.com"),
	SLICE_INIT(".example.net"),
};
static const struct relay_listener_config empty;
static const struct relay_listener_config private = {
	.kind = LISTENER_PRIVATE,
	.relay_from = { networks, 1 },
};
static const struct relay_listener_config listener = {
	.relay_from = { networks, ARRAY_LEN(networks) },
	.accept_for = { domains, ARRAY_LEN(domains) },
	.xclient_from = { networks + 1, 1 },
};

static struct client_row {
	const char *name; /* the address */
	bool may;
} client_rows[] = {
	{ "10.1.2.3", true },
	{ "11.1.2.3", false },
	{ "127.0.0.1", false },
	{ "2001:db8::1", true },
	{ "2001:db9::1", false },
	/* An IPv4 client is not the IPv6 one that has its bytes. */
	{ "a00::", false },
	{ "::ffff:10.1.2.3", false },
};

static void
test_client(void **state)
{
	const struct client_row *row = *state;
	const struct ip_network *match;
	struct ip_address ip;

	assert_true(ip_parse(slice_cstr(row->name), &ip));
	assert_int_equal(access_of(&listener, &ip, &match),
	    row->may ? ACCESS_RELAY : ACCESS_ACCEPT);
	assert_int_equal(match != NULL, row->may);
	assert_int_equal(access_of(&private, &ip, &match),
	    row->may && ip.family == 4 ? ACCESS_RELAY : ACCESS_REJECT);
	assert_int_equal(access_of(&empty, &ip, &match), ACCESS_ACCEPT);
	assert_null(match);
	assert_int_equal(
	    access_has_xclient(&listener, &ip), row->may && ip.family == 6);
	assert_false(access_has_xclient(&empty, &ip));
}

static struct domain_row {
	const char *name;
	bool accepts;
} domain_rows[] = {
	{ "example.com", true },
	{ "EXAMPLE.Com", true },
	{ "a.example.com", false },
	{ "badexample.com", false },
	{ "example.com.evil.test", false },
	{ "a.example.net", true },
	{ "a.b.EXAMPLE.net", true },
	{ "example.net", false },
	{ "badexample.net", false },
	{ "", false },
	{ "com", false },
};

static void
test_domain(void **state)
{
	const struct domain_row *row = *state;

	assert_int_equal(
	    access_accepts(&listener, slice_cstr(row->name)), row->accepts);
	assert_false(access_accepts(&empty, slice_cstr(row->name)));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, client_rows, test_client);
	ROWS(&kit, domain_rows, test_domain);
	return kit_run(&kit, "access");
}
