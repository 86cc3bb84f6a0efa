/* SPDX-License-Identifier: MIT */
/* Who may send where; an empty configuration lets nobody do anything. */
#include "relay/access.h"
#include "tests/unit/kit.h"

static struct ip_network networks[] = {
	{ { 4, { 10, 0, 0, 0 } }, 8 },
	{ { 6, { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
};
static struct slice domains[] = {
	SLICE_INIT("example.com"),
	SLICE_INIT(".example.net"),
};
static const struct relay_config empty;
static const struct relay_config config = {
	.relay_from = { networks, ARRAY_LEN(networks) },
	.accept_for = { domains, ARRAY_LEN(domains) },
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
	struct ip_address ip;

	assert_true(ip_parse(slice_cstr(row->name), &ip));
	assert_int_equal(access_may_relay(&config, &ip), row->may);
	assert_false(access_may_relay(&empty, &ip));
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
	    access_accepts(&config, slice_cstr(row->name)), row->accepts);
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
