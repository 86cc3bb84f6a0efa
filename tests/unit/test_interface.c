/* SPDX-License-Identifier: MIT */
/* relay/interface: which family is reached from where. */
#include "relay/deliver/interface.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name;
	const char *interface, *interface_v6; /* "": not given */
	int family;
	bool is_reached;
	const char *from; /* "": any */
} rows[] = {
	{ "none given", "", "", 4, true, "" },
	{ "none given, IPv6", "", "", 6, true, "" },
	{ "IPv4 only", "10.0.0.5", "", 4, true, "10.0.0.5" },
	{ "IPv4 only, IPv6", "10.0.0.5", "", 6, false, "10.0.0.5" },
	{ "IPv6 only", "2001:db8::5", "", 6, true, "2001:db8::5" },
	{ "IPv6 only, IPv4", "2001:db8::5", "", 4, false, "2001:db8::5" },
	{ "both", "10.0.0.5", "2001:db8::5", 4, true, "10.0.0.5" },
	{ "both, IPv6", "10.0.0.5", "2001:db8::5", 6, true, "2001:db8::5" },
};

static void
test_from(void **state)
{
	const struct row *row = *state;
	struct relay_config config = { 0 };
	struct ip_address from;
	char text[IP_TEXT_MAX];

	(void)ip_parse(slice_cstr(row->interface), &config.interface);
	(void)ip_parse(slice_cstr(row->interface_v6), &config.interface_v6);
	assert_int_equal(
	    interface_for(&config, row->family, &from), row->is_reached);
	assert_string_equal(
	    ip_is_none(&from) ? "" : ip_format(&from, text), row->from);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_from);
	return kit_run(&kit, "interface");
}
