/* SPDX-License-Identifier: MIT */
/*
 * The grammar of the routes table: each form, and each error with its exact
 * place and words.
 */
#include "core/routes/routes.h"

#include "core/base/rng.h"
#include "tests/unit/kit.h"

/* `name` is the line, `want` what it is printed as; "" is a line that adds
 * nothing. */
static struct good_row {
	const char *name, *want;
} good_rows[] = {
	{ "example.com: exchange1.example.com",
	    "example.com: exchange1.example.com" },
	{ "example.com exchange1.example.com",
	    "example.com: exchange1.example.com" },
	{ "\t example.com\t:\thost1 ,\thost2\t ", "example.com: host1, host2" },
	{ "example.com:host1,host2,host3", "example.com: host1, host2, host3" },
	{ "Example.COM: Exchange.Example.Com.",
	    "example.com: exchange.example.com" },
	{ "example.com.: host", "example.com: host" },
	{ ".example.com: host", ".example.com: host" },
	{ "ALL: host", "ALL: host" },
	{ "all host", "ALL: host" },
	{ "ALL. host", "ALL: host" },
	{ "example.com: usedns.example.com",
	    "example.com: usedns.example.com" },
	{ "example.com: [usedns]", "example.com: [usedns]" },
	{ "example.com: USEDNS", "example.com: USEDNS" },
	{ ".example.com usedns", ".example.com: USEDNS" },
	{ "example.com: /dev/null", "example.com: /dev/null" },
	{ "ALL: /dev/null", "ALL: /dev/null" },
	{ "example.com: host/pri=0", "example.com: host" },
	{ "example.com: host/pri=65535", "example.com: host/pri=65535" },
	{ "example.com: host/PRI=10", "example.com: host/pri=10" },
	{ "example.com: host/pri=0010", "example.com: host/pri=10" },
	{ "example.com: host:25", "example.com: host:25" },
	{ "example.com: host:65535", "example.com: host:65535" },
	{ "example.com: CLIENT:777/pri=10, 10.0.0.1:888/pri=100",
	    "example.com: client:777/pri=10, 10.0.0.1:888/pri=100" },
	{ "example.com: [host]:2525/pri=3", "example.com: [host]:2525/pri=3" },
	{ "example.com: [Host.Example.Com]",
	    "example.com: [host.example.com]" },
	{ "example.com: [10.1.2.3]/pri=1", "example.com: 10.1.2.3/pri=1" },
	{ "example.com: [10.1.2.3]:2525", "example.com: 10.1.2.3:2525" },
	{ "example.com: 2620:101:2004:4202::23",
	    "example.com: 2620:101:2004:4202::23" },
	{ "example.com: 2620:101:2004:4202::/pri=5",
	    "example.com: 2620:101:2004:4202::/pri=5" },
	{ "example.com: [2620:101:2004:4202::23]",
	    "example.com: 2620:101:2004:4202::23" },
	{ "example.com: [2001:DB8::1]:2525/pri=5",
	    "example.com: [2001:db8::1]:2525/pri=5" },
	{ "example.com: ::1", "example.com: ::1" },
	{ "example.com: dead:25", "example.com: dead:25" },
	{ "example.com: 1::25", "example.com: 1::25" },
	{ "example.com: a-b.c_d-e", "example.com: a-b.c_d-e" },
	{ "example.com: host auth=upstream",
	    "example.com: host auth=upstream" },
	{ "example.com host:587/pri=1, [host2] \t AUTH=Up.stream_2-b  # c",
	    "example.com: host:587/pri=1, [host2] auth=Up.stream_2-b" },
	{ "ALL: host auth=a", "ALL: host auth=a" },
	{ "example.com: auth", "example.com: auth" },
	{ "xn--mller-kva.example: host", "xn--mller-kva.example: host" },
	{ "example.com: host, host", "example.com: host, host" },
	{ "example.com: host # and why", "example.com: host" },
	{ "example.com: host\t#", "example.com: host" },
	{ "# a comment: host", "" },
	{ "  # a comment", "" },
	{ "", "" },
	{ " \t ", "" },
};

static void
check_good(void **state)
{
	const struct good_row *row = *state;
	struct routes *r = routes_new(), *again;
	struct routes_place place = { .line = 1, .col = 1 };
	struct err_list errors = { 0 };
	struct buf out = { 0 };

	assert_true(routes_add_line(r, slice_cstr(row->name), &place, &errors));
	routes_format(r, &out);
	if (row->want[0] != '\0') {
		assert_int_equal(buf_slice(&out).at[buf_len(&out) - 1], '\n');
		buf_truncate(&out, buf_len(&out) - 1);
	}
	assert_slice(buf_slice(&out), row->want);
	again = routes_parse(buf_slice(&out), NULL, &errors);
	assert_non_null(again);
	assert_int_equal(routes_count(r), routes_count(again));
	if (routes_count(r) > 0)
		assert_true(route_equal(routes_at(r, 0), routes_at(again, 0)));
	routes_destroy(&r);
	routes_destroy(&again);
	buf_fini(&out);
}

/* `name` is the text of a file; the errors have a line each. */
static struct bad_row {
	const char *name, *want;
} bad_rows[] = {
	/* profiles */
	{ "a: host auth=",
	    "routes:1:14: \"\" is no name of a profile; expected at most 64 "
	    "letters, digits, dots, hyphens and underscores" },
	{ "a: host auth="
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "routes:1:14: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaa\" is no name of a profile; expected at most 64 letters, "
	    "digits, dots, hyphens and underscores" },
	{ "a: host auth=b/c",
	    "routes:1:15: \"b/c\" is no name of a profile; expected at most 64 "
	    "letters, digits, dots, hyphens and underscores" },
	{ "a: USEDNS auth=b",
	    "routes:1:10: a profile beside USEDNS or /dev/null; expected hosts "
	    "of the route to use it with" },
	{ "a: /dev/null auth=b",
	    "routes:1:13: a profile beside USEDNS or /dev/null; expected hosts "
	    "of the route to use it with" },
	{ "a: auth=b",
	    "routes:1:4: \"a\" has no destination; expected a host, USEDNS or "
	    "/dev/null" },
	{ "a: host auth=b, host2",
	    "routes:1:9: \"auth=b\" behind a blank; expected a comma between "
	    "destinations and no blank inside one" },
	/* domains */
	{ "exa*ple.com: host",
	    "routes:1:4: \"exa*ple.com\" is no domain: a domain name has "
	    "letters, digits, hyphens and dots; expected a name, .partial.name "
	    "or ALL" },
	{ "*.example.com: host",
	    "routes:1:1: \"*.example.com\" is no domain; every name below one "
	    "is written \".example.com\"" },
	{ "m\xc3\xbcller.example: host",
	    "routes:1:2: \"m\xc3\xbcller.example\" is no domain: a domain name "
	    "is ASCII: write such a label as its A-label (xn--...); expected a "
	    "name, .partial.name or ALL" },
	{ "  .: host",
	    "routes:1:4: \".\" is no domain: a label of a domain name is "
	    "empty; expected a name, .partial.name or ALL" },
	{ ": host",
	    "routes:1:1: \"\" is no domain: a label of a domain name is empty; "
	    "expected a name, .partial.name or ALL" },
	{ "[10.1.1.1]: host",
	    "routes:1:1: \"[10.1.1.1]\" is no domain: a domain name has "
	    "letters, digits, hyphens and dots; expected a name, .partial.name "
	    "or ALL" },
	{ "[IPv6:::1] host",
	    "routes:1:1: \"[IPv6:::1]\" is no domain: a domain name has "
	    "letters, digits, hyphens and dots; expected a name, .partial.name "
	    "or ALL" },
	{ "user@example.com host",
	    "routes:1:5: \"user@example.com\" is no domain: a domain name has "
	    "letters, digits, hyphens and dots; expected a name, .partial.name "
	    "or ALL" },
	{ "a.test: h\nb.test: h\nA.TEST.: x",
	    "routes:3:1: \"A.TEST.\" has a route already, on line 1; a domain "
	    "has one line" },
	{ "ALL: h\nall: x",
	    "routes:2:1: \"all\" has a route already, on line 1; a domain has "
	    "one line" },
	{ ".a.test: h\n.a.test: x",
	    "routes:2:1: \".a.test\" has a route already, on line 1; a domain "
	    "has one line" },
	/* lists */
	{ "example.com:",
	    "routes:1:13: \"example.com\" has no destination; expected a host, "
	    "USEDNS or /dev/null" },
	{ "example.com # host",
	    "routes:1:12: \"example.com\" has no destination; expected a host, "
	    "USEDNS or /dev/null" },
	{ "example.com: host,",
	    "routes:1:19: a destination is missing; expected one on each side "
	    "of a comma" },
	{ "example.com: , host",
	    "routes:1:14: a destination is missing; expected one on each side "
	    "of a comma" },
	{ "example.com: a, ,b",
	    "routes:1:17: a destination is missing; expected one on each side "
	    "of a comma" },
	{ "example.com: host1 host2",
	    "routes:1:20: \"host2\" behind a blank; expected a comma between "
	    "destinations and no blank inside one" },
	{ "example.com: host /pri=10",
	    "routes:1:19: \"/pri=10\" behind a blank; expected a comma between "
	    "destinations and no blank inside one" },
	/* words that stand alone */
	{ "example.com: USEDNS, host",
	    "routes:1:14: USEDNS beside another destination; it must stand "
	    "alone" },
	{ "example.com: host, /dev/null",
	    "routes:1:20: /dev/null beside another destination; it must stand "
	    "alone" },
	{ "example.com: USEDNS/pri=10",
	    "routes:1:20: USEDNS has neither port nor priority; expected the "
	    "word alone" },
	{ "example.com: usedns:25",
	    "routes:1:20: USEDNS has neither port nor priority; expected the "
	    "word alone" },
	{ "example.com: USEDNS.",
	    "routes:1:20: USEDNS has neither port nor priority; expected the "
	    "word alone" },
	{ "example.com: /dev/null/pri=1",
	    "routes:1:23: /dev/null has neither port nor priority; expected "
	    "the word alone" },
	{ "ALL: USEDNS",
	    "routes:1:6: USEDNS for ALL; leave the line out: mail that no "
	    "route matches follows its MX records anyway" },
	/* hosts */
	{ "example.com: /dev/nul",
	    "routes:1:14: \"/dev/nul\" has no host; expected one, USEDNS or "
	    "/dev/null" },
	{ "example.com: :25",
	    "routes:1:14: \":25\" has no host; expected one, USEDNS or "
	    "/dev/null" },
	{ "example.com: []",
	    "routes:1:14: \"[]\" has no host; expected one, USEDNS or "
	    "/dev/null" },
	{ "example.com: :: host",
	    "routes:1:17: \"host\" behind a blank; expected a comma between "
	    "destinations and no blank inside one" },
	{ "example.com:: host",
	    "routes:1:15: \"host\" behind a blank; expected a comma between "
	    "destinations and no blank inside one" },
	{ "example.com: [host",
	    "routes:1:14: \"[\" without \"]\"; expected [host] or [address]" },
	{ "example.com: [host]25",
	    "routes:1:20: \"25\" behind the bracket; expected :port, /pri=N or "
	    "a comma" },
	{ "example.com: (host)",
	    "routes:1:14: \"(host)\" is no host: a domain name has letters, "
	    "digits, hyphens and dots" },
	{ "example.com: [-host]",
	    "routes:1:15: \"-host\" is no host: a label of a domain name "
	    "neither begins nor ends with a hyphen" },
	{ "example.com: ho\x01st",
	    "routes:1:16: \"ho?st\" is no host: a domain name has letters, "
	    "digits, hyphens and dots" },
	{ "example.com: host#1",
	    "routes:1:18: \"host#1\" is no host: a domain name has letters, "
	    "digits, hyphens and dots" },
	{ "example.com: host;",
	    "routes:1:18: \"host;\" is no host: a domain name has letters, "
	    "digits, hyphens and dots" },
	{ "example.com: 10.1.1.256",
	    "routes:1:14: \"10.1.1.256\" is no IPv4 address; expected four "
	    "numbers from 0 to 255, with dots between them" },
	{ "example.com: 10.1.1:25",
	    "routes:1:14: \"10.1.1\" is no IPv4 address; expected four numbers "
	    "from 0 to 255, with dots between them" },
	{ "example.com: host.12",
	    "routes:1:19: \"host.12\" is no host: the last label is a number, "
	    "as in no domain name" },
	{ "example.com: 2620:101:2004:4202::0-2620:101:2004:4202::ff",
	    "routes:1:35: \"2620:101:2004:4202::0-2620:101:2004:4202::ff\" is "
	    "a range; expected single addresses, with commas between them" },
	{ "example.com: 10.0.0.1-10.0.0.9",
	    "routes:1:22: \"10.0.0.1-10.0.0.9\" is a range; expected single "
	    "addresses, with commas between them" },
	{ "example.com: 2620:101:2004:4202::/64",
	    "routes:1:34: \"2620:101:2004:4202::/64\" is a network; expected a "
	    "single address" },
	{ "example.com: 10.0.0.0/24",
	    "routes:1:22: \"10.0.0.0/24\" is a network; expected a single "
	    "address" },
	{ "example.com: fe80::1%eth0",
	    "routes:1:21: \"fe80::1%eth0\" has a zone id; expected the address "
	    "alone" },
	{ "example.com: 1:2:3:4:5:6:7:8:25",
	    "routes:1:14: \"1:2:3:4:5:6:7:8:25\" is no IPv6 address; with a "
	    "port it is [address]:port" },
	{ "example.com: [::1:25",
	    "routes:1:14: \"[\" without \"]\"; expected [host] or [address]" },
	{ "example.com: [host:25]",
	    "routes:1:15: \"host:25\" is no IPv6 address; with a port it is "
	    "[address]:port" },
	/* ports */
	{ "example.com: host:",
	    "routes:1:19: a port is missing behind \":\"; expected 1 to "
	    "65535" },
	{ "example.com: host:0",
	    "routes:1:19: \"0\" is no port; expected 1 to 65535" },
	{ "example.com: host:65536",
	    "routes:1:19: \"65536\" is no port; expected 1 to 65535" },
	{ "example.com: host:smtp/pri=1",
	    "routes:1:19: \"smtp\" is no port; expected 1 to 65535" },
	{ "example.com: host:25:26",
	    "routes:1:19: \"25:26\" is no port; expected 1 to 65535" },
	{ "example.com: [::1]:",
	    "routes:1:20: a port is missing behind \":\"; expected 1 to "
	    "65535" },
	/* priorities */
	{ "example.com: host2/pri=20:2525",
	    "routes:1:26: a port behind /pri; expected "
	    "\"host2:2525/pri=20\"" },
	{ "example.com: host/pri=70000",
	    "routes:1:23: priority \"70000\" is out of range; expected 0 to "
	    "65535" },
	{ "example.com: host/pri=99999999999999999999",
	    "routes:1:23: priority \"99999999999999999999\" is out of range; "
	    "expected 0 to 65535" },
	{ "example.com: host/pri=-1",
	    "routes:1:23: \"-1\" is no priority; expected a number from 0 to "
	    "65535" },
	{ "example.com: host/pri=ten",
	    "routes:1:23: \"ten\" is no priority; expected a number from 0 to "
	    "65535" },
	{ "example.com: host/pri=",
	    "routes:1:23: a priority is missing behind \"/pri=\"; expected 0 "
	    "to 65535" },
	{ "example.com: host/10",
	    "routes:1:18: \"/\" is followed by \"10\"; expected /pri=N" },
	{ "example.com: host/prio=10",
	    "routes:1:18: \"/\" is followed by \"prio=10\"; expected /pri=N" },
	{ "example.com: host/",
	    "routes:1:18: \"/\" is followed by \"\"; expected /pri=N" },
	{ "example.com: host/pri=1/pri=2",
	    "routes:1:24: a second priority; expected one at most" },
	/* lines and files */
	{ "a.test: h\ri",
	    "routes:1:10: \"h?i\" is no host: a domain name has letters, "
	    "digits, hyphens and dots" },
	{ "a.test: h:0, i/pri=x, j\n\nb: (\n",
	    "routes:1:11: \"0\" is no port; expected 1 to 65535\n"
	    "routes:1:20: \"x\" is no priority; expected a number from 0 to "
	    "65535\n"
	    "routes:3:4: \"(\" is no host: a domain name has letters, digits, "
	    "hyphens and dots" },
	{ "a_: h1 h2\na*: h:0\n",
	    "routes:1:8: \"h2\" behind a blank; expected a comma between "
	    "destinations and no blank inside one\n"
	    "routes:2:2: \"a*\" is no domain: a domain name has letters, "
	    "digits, hyphens and dots; expected a name, .partial.name or ALL\n"
	    "routes:2:7: \"0\" is no port; expected 1 to 65535" },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	struct err_list errors = { 0 };
	struct buf got = { 0 };
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	assert_null(routes_parse(slice_cstr(row->name), "routes", &errors));
	for (size_t i = 0; i < errors.count; i++) {
		if (i > 0)
			buf_append_byte(&got, '\n');
		err_format(&errors.list[i], text, sizeof(text));
		buf_append_cstr(&got, text);
	}
	assert_string_equal(buf_cstr(&got), row->want);
	err_list_fini(&errors);
	buf_fini(&got);
}

static void
an_owner_says_where_a_line_is(void **state)
{
	struct routes *r = routes_new();
	struct routes_place place = { .file = "a.json", .line = 7, .col = 14 };
	struct routes_place nowhere = { .col = 1 };
	struct err_list errors = { 0 };

	(void)state;
	assert_false(routes_add_line(r, SLICE("a.test: h:0"), &place, &errors));
	assert_string_equal(errors.list[0].file, "a.json");
	assert_int_equal(errors.list[0].line, 7);
	assert_int_equal(errors.list[0].col, 24);
	assert_true(routes_add_line(r, SLICE("a.test: h"), &nowhere, &errors));
	assert_false(routes_add_line(r, SLICE("a.test: i"), &nowhere, &errors));
	assert_string_equal(errors.list[1].msg,
	    "\"a.test\" has a route already; a domain has one line");
	assert_int_equal(errors.list[1].line, 0);
	assert_int_equal(errors.list[1].col, 1);
	assert_int_equal(routes_count(r), 1);
	routes_destroy(&r);
	err_list_fini(&errors);
}

static void
long_lines_and_lists_are_bounded(void **state)
{
	struct err_list errors = { 0 };
	struct buf text = { 0 };

	(void)state;
	buf_append_cstr(&text, "a.test: h0");
	for (int i = 1; i <= ROUTES_DESTS_MAX; i++)
		buf_printf(&text, ",h%d", i);
	assert_null(routes_parse(buf_slice(&text), NULL, &errors));
	assert_int_equal(errors.total, 1);
	assert_string_equal(errors.list[0].msg,
	    "one destination too many; a route has at most 100");
	assert_int_equal(errors.list[0].col, buf_len(&text) - 3);
	buf_clear(&text);
	while (buf_len(&text) <= ROUTES_LINE_MAX)
		buf_append_byte(&text, '#');
	assert_null(routes_parse(buf_slice(&text), NULL, &errors));
	assert_string_equal(errors.list[1].msg,
	    "a line of 32769 bytes; expected at most 32768");
	assert_int_equal(errors.list[1].col, 32769);
	err_list_fini(&errors);
	buf_fini(&text);
}

static void
a_long_quote_is_cut_between_characters(void **state)
{
	struct err_list errors = { 0 };
	struct buf text = { 0 };

	(void)state;
	buf_append_byte(&text, '*');
	for (int i = 0; i < 60; i++)
		buf_append_cstr(&text, "\xc3\xbc");
	buf_append_cstr(&text, " h");
	assert_null(routes_parse(buf_slice(&text), NULL, &errors));
	assert_non_null(strstr(errors.list[0].msg,
	    "\xc3\xbc...\" is no domain: a domain name has"));
	err_list_fini(&errors);
	buf_fini(&text);
}

static void
errors_are_kept_up_to_a_number(void **state)
{
	struct err_list errors = { 0 };
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < 3 * ERR_LIST_MAX; i++)
		buf_append_cstr(&text, "a:\n");
	assert_null(routes_parse(buf_slice(&text), NULL, &errors));
	assert_int_equal(errors.count, ERR_LIST_MAX);
	assert_int_equal(errors.total, 3 * ERR_LIST_MAX);
	assert_int_equal(errors.list[ERR_LIST_MAX - 1].line, ERR_LIST_MAX);
	err_list_fini(&errors);
	buf_fini(&text);
}

static void
mutate(struct rng *rng, char *bytes, size_t len)
{
	static const char set[] = ":,/#[]. \t\r\n-=%ALpri0259a*\0\xc3\xbc";

	for (uint64_t n = 1 + rng_below(rng, 4); n > 0; n--)
		bytes[rng_below(rng, len)] = set[rng_below(rng, sizeof(set))];
}

/* Whatever a line is made into: it is read or it has errors inside of it, and
 * what was read prints as what reads the same. */
static void
mutated_lines_are_read_or_explained(void **state)
{
	struct rng rng;
	struct err_list errors = { 0 };

	(void)state;
	rng_init(&rng, 117875);
	for (int round = 0; round < 20000; round++) {
		const struct good_row *row =
		    &good_rows[rng_below(&rng, ARRAY_LEN(good_rows))];
		struct slice line = slice_cstr(row->name);
		char *bytes = slice_dup(line);
		struct routes *r, *again;
		struct buf out = { 0 };

		if (line.len > 0)
			mutate(&rng, bytes, line.len);
		r = routes_parse(slice_of(bytes, line.len), "f", &errors);
		assert_int_equal(r == NULL, errors.total > 0);
		for (size_t i = 0; i < errors.count; i++) {
			assert_true(errors.list[i].col >= 1);
			assert_true(errors.list[i].col <= (int)line.len + 1);
		}
		err_list_fini(&errors);
		if (r != NULL) {
			routes_format(r, &out);
			again = routes_parse(buf_slice(&out), "f", &errors);
			assert_non_null(again);
			assert_int_equal(routes_count(r), routes_count(again));
			for (size_t i = 0; i < routes_count(r); i++)
				assert_true(route_equal(
				    routes_at(r, i), routes_at(again, i)));
			routes_destroy(&again);
		}
		routes_destroy(&r);
		buf_fini(&out);
		free(bytes);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, good_rows, check_good);
	ROWS(&kit, bad_rows, check_bad);
	TEST(&kit, an_owner_says_where_a_line_is);
	TEST(&kit, long_lines_and_lists_are_bounded);
	TEST(&kit, a_long_quote_is_cut_between_characters);
	TEST(&kit, errors_are_kept_up_to_a_number);
	TEST(&kit, mutated_lines_are_read_or_explained);
	return kit_run(&kit, "routes_line");
}
