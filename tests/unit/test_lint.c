/* SPDX-License-Identifier: MIT */
/*
 * The rules of `faultpost routes check`: for each a table in which it finds
 * something, and one beside it in which it does not.
 */
#include "core/dns/zone_json.h"
#include "core/json/doc.h"
#include "harness/routes/lint.h"

#include "tests/unit/kit.h"

struct row {
	const char *name;
	const char *table;
	const char
	    *extra; /* "dns ..." (JSON), "ini ...", "self ...", or NULL */
	enum lint_rule_id rule;
	const char *places; /* "LINE:COL LINE:COL"; "": it finds nothing */
};

#define DNS(text) "dns {" text "}"
#define TWO       "10.1.1.1, 10.1.1.2"

static struct row rows[] = {
	{ "syntax", "a.example: 10.1.1.1 10.1.1.2\nb c/pri=x, d:0\n", NULL,
	    LINT_SYNTAX, "1:21 2:9 2:14" },
	{ "syntax, none", "a.example: " TWO "\n", NULL, LINT_SYNTAX, "" },
	{ "duplicate route", "a.example: " TWO "\nA.example. 10.1.1.3\n", NULL,
	    LINT_DUPLICATE_ROUTE, "2:1" },
	{ "duplicate route, partial and ALL",
	    ".a.example h\nALL h\n .a.example i\nALL: h\n", NULL,
	    LINT_DUPLICATE_ROUTE, "3:2 4:1" },
	{ "duplicate route, none", ".a.example h\na.example h\n", NULL,
	    LINT_DUPLICATE_ROUTE, "" },
	{ "duplicate host", "a.example mx1, MX1., mx1:25/pri=5, mx1:26\n", NULL,
	    LINT_DUPLICATE_HOST, "1:16 1:22" },
	{ "duplicate host, none", "a.example mx1, mx2, mx1:26\n", NULL,
	    LINT_DUPLICATE_HOST, "" },
	{ "shadowed", ".example h\n.b.example i\nc.b.example j\nc.example h\n",
	    NULL, LINT_SHADOWED, "1:1 2:1" },
	{ "shadowed, by the same hosts", ".example h\nb.example h\nALL i\n",
	    NULL, LINT_SHADOWED, "" },
	{ "redundant", "ALL h\n.example h\na.example h\nb.example i\n", NULL,
	    LINT_REDUNDANT, "2:1 3:1" },
	{ "redundant, none", "ALL h\n.example h:26\na.example h/pri=1\n", NULL,
	    LINT_REDUNDANT, "" },
	{ "never reached", "a.example h, i/pri=5, j/pri=9, k/pri=9\n", NULL,
	    LINT_NEVER_REACHED, "1:23 1:32" },
	{ "never reached, none", "a.example h, i, j/pri=5, k/pri=5\n", NULL,
	    LINT_NEVER_REACHED, "" },
	{ "single host", "a.example 10.1.1.1\nb.example [h], h\n", NULL,
	    LINT_SINGLE_HOST, "1:11 2:11" },
	{ "single host, by DNS one", "a.example h\n",
	    DNS("\"h\": {\"A\": [\"10.1.1.1\"]}"), LINT_SINGLE_HOST, "1:11" },
	{ "single host, by DNS several", "a.example h\n",
	    DNS("\"h\": {\"A\": [\"10.1.1.1\", \"10.1.1.2\"]}"),
	    LINT_SINGLE_HOST, "" },
	{ "single host, none", "a.example " TWO "\nb.example USEDNS\n", NULL,
	    LINT_SINGLE_HOST, "" },
	{ "same address", "a.example g, h, i:26\n",
	    DNS("\"g\": {\"A\": [\"10.1.1.1\"]}, \"h\": {\"CNAME\": \"g\"}, "
		"\"i\": {\"A\": [\"10.1.1.1\"]}"),
	    LINT_SAME_ADDRESS, "1:14" },
	{ "same address, of a name and an address", "a.example h, 10.1.1.1\n",
	    DNS("\"h\": {\"A\": [\"10.1.1.1\"]}"), LINT_SAME_ADDRESS, "1:14" },
	{ "same address, none", "a.example g, h\n",
	    DNS("\"g\": {\"A\": [\"10.1.1.1\"]}, "
		"\"h\": {\"A\": [\"10.1.1.2\"]}"),
	    LINT_SAME_ADDRESS, "" },
	{ "unresolved", "a.example g, h, i\n",
	    DNS("\"g\": \"NXDOMAIN\", \"i\": {\"MX\": [\"0 .\"]}"),
	    LINT_UNRESOLVED, "1:11 1:14 1:17" },
	{ "unresolved, none", "a.example h, 10.1.1.1\n",
	    DNS("\"h\": {\"AAAA\": [\"fd00::1\"]}"), LINT_UNRESOLVED, "" },
	{ "unresolved, nobody asked", "a.example h\n", NULL, LINT_UNRESOLVED,
	    "" },
	{ "no answer", "a.example h\n", DNS("\"h\": \"SERVFAIL\""),
	    LINT_NO_ANSWER, "1:11" },
	{ "no answer, none", "a.example h\n", DNS("\"h\": \"NXDOMAIN\""),
	    LINT_NO_ANSWER, "" },
	{ "no answer about MX records, whatever the addresses are",
	    "a.example h\n",
	    DNS("\"h\": {\"MX\": \"SERVFAIL\", \"A\": [\"10.1.1.1\"]}"),
	    LINT_NO_ANSWER, "1:11" },
	{ "another route", "a.example h.example\nh.example " TWO "\n", NULL,
	    LINT_ANOTHER_ROUTE, "1:11" },
	{ "another route, by DNS", "a.example g, i\nh.example " TWO "\n",
	    DNS("\"g\": {\"MX\": [\"0 h.example\"]}, "
		"\"i\": {\"CNAME\": \"j\"}, \"j\": {\"CNAME\": "
		"\"h.example\"}, "
		"\"h.example\": {\"A\": [\"10.1.1.1\"]}"),
	    LINT_ANOTHER_ROUTE, "1:11 1:14" },
	{ "another route, none",
	    "a.example a.example, h.example\nh.example USEDNS\n.example h\n",
	    NULL, LINT_ANOTHER_ROUTE, "" },
	{ "USEDNS for ALL", "ALL:  usedns # by MX\n", NULL, LINT_USEDNS_FOR_ALL,
	    "1:7" },
	{ "USEDNS for ALL, none", "a.example USEDNS\nALL h, USEDNS\n", NULL,
	    LINT_USEDNS_FOR_ALL, "" },
	{ "USEDNS past ALL", "a.example USEDNS\nALL h\n", NULL,
	    LINT_USEDNS_PAST_ALL, "1:1" },
	{ "USEDNS past ALL, none", "a.b.example USEDNS\n.b.example USEDNS\n",
	    NULL, LINT_USEDNS_PAST_ALL, "" },
	{ "USEDNS idle", "a.example USEDNS\nb.example h\n", NULL,
	    LINT_USEDNS_IDLE, "1:1" },
	{ "USEDNS idle, none", "a.example USEDNS\n.example h\n", NULL,
	    LINT_USEDNS_IDLE, "" },
	{ "self", "a.example 127.0.0.1:26, localhost, h\nb.example: ::1\n",
	    NULL, LINT_SELF, "1:11 1:25 2:12" },
	{ "self by name", "a.example esa.example, h\n", "self ESA.example.",
	    LINT_SELF, "1:11" },
	{ "self by DNS", "a.example h, i\n",
	    DNS("\"h\": {\"A\": [\"127.0.0.9\"]}, "
		"\"i\": {\"A\": [\"10.1.1.1\"]}"),
	    LINT_SELF, "1:11" },
	{ "self, none", "a.example esa2.example, 10.1.1.1\n",
	    "self esa.example", LINT_SELF, "" },
	{ "priority like a port", "a.example h/pri=2525, i/pri=587\n", NULL,
	    LINT_PRIORITY_LIKE_PORT, "1:11 1:23" },
	{ "priority like a port, none", "a.example h:2525/pri=587, i/pri=25\n",
	    NULL, LINT_PRIORITY_LIKE_PORT, "" },
	{ "port like a priority", "a.example h:10, 10.1.1.1:5\n", NULL,
	    LINT_PORT_LIKE_PRIORITY, "1:11 1:17" },
	{ "port like a priority, none", "a.example h:25, i:26, j:10/pri=5\n",
	    NULL, LINT_PORT_LIKE_PRIORITY, "" },
	{ "private address",
	    "a.example 10.1.1.1, 8.8.8.8, fd00::1, 172.31.0.1\n", NULL,
	    LINT_PRIVATE_ADDRESS, "1:11 1:30 1:39" },
	{ "private address, shared and of the link",
	    "a.example 100.64.0.1, 169.254.1.1, 100.128.0.1\n", NULL,
	    LINT_PRIVATE_ADDRESS, "1:11 1:23" },
	{ "private address by DNS", "a.example h\n",
	    DNS("\"h\": {\"A\": [\"192.168.1.1\"]}"), LINT_PRIVATE_ADDRESS,
	    "1:11" },
	{ "private address, none",
	    "a.corp 10.1.1.1\nb.home.arpa 10.1.1.1\nintranet 10.1.1.1\nALL 10.1.1.1\n"
	    "a.example 172.32.0.1\n",
	    NULL, LINT_PRIVATE_ADDRESS, "" },
	{ "no host's address",
	    "a.example 0.0.0.0, 224.0.0.1, ::, 203.0.113.9, ff02::1\n", NULL,
	    LINT_NO_HOST_ADDRESS, "1:11 1:20 1:31 1:35 1:48" },
	{ "no host's address, none", "a.example 8.8.8.8, 2a00::1, ::1\n", NULL,
	    LINT_NO_HOST_ADDRESS, "" },
	{ "partial alone", ".a.example h\n.com h\n", NULL, LINT_PARTIAL_ALONE,
	    "1:1" },
	{ "partial alone, none", ".a.example h\na.example i\n", NULL,
	    LINT_PARTIAL_ALONE, "" },
	{ "discards all", "ALL /dev/null\n.a.example /dev/null\n", NULL,
	    LINT_DISCARDS_ALL, "1:1 2:1" },
	{ "discards all, none", "a.example /dev/null\nALL h\n", NULL,
	    LINT_DISCARDS_ALL, "" },
	{ "controls of a host", "a.example h.example, i.example\n",
	    "ini [h.example]\ntable_tls = on\n", LINT_CONTROLS_OF_HOST, "1:2" },
	{ "controls of a host, none",
	    "a.example h.example\nh.example 10.1.1.1\n",
	    "ini [h.example]\ntable_tls = on\n[other.example]\n"
	    "table_tls = on\n",
	    LINT_CONTROLS_OF_HOST, "" },
	{ "a family is left out", "a.example 10.1.1.1, h\nb.example [h]\n",
	    "dns {\"h\": {\"A\": [\"10.1.1.2\"]}}\nini [b.example]\n"
	    "ip_sort_pref = REQUIRE_v6\n",
	    LINT_FAMILY_LEFT_OUT, "2:1" },
	{ "a family is left out, none", "b.example h\n",
	    "dns {\"h\": {\"A\": [\"10.1.1.2\"], \"AAAA\": [\"fd00::1\"]}}\n"
	    "ini [b.example]\nip_sort_pref = REQUIRE_v6\n",
	    LINT_FAMILY_LEFT_OUT, "" },
	{ "verify an address", "a.example h, 10.1.1.1\n",
	    "ini [a.example]\ntable_tls = require_verify\n",
	    LINT_VERIFY_ADDRESS, "1:14" },
	{ "verify an address, none", "a.example h\nb.example 10.1.1.1\n",
	    "ini [a.example]\ntable_tls = require_verify\n[b.example]\n"
	    "table_tls = require\n",
	    LINT_VERIFY_ADDRESS, "" },
	{ "limit below hosts", "a.example h, i, j/pri=5\n",
	    "ini [a.example]\nmax_host_concurrency = 1\nlimit_type = host\n"
	    "limit_apply = system\n",
	    LINT_LIMIT_BELOW_HOSTS, "1:1" },
	{ "limit below hosts, none", "a.example h, i/pri=5\nb.example h, i\n",
	    "ini [a.example]\nmax_host_concurrency = 1\nlimit_type = host\n"
	    "limit_apply = system\n[b.example]\nmax_host_concurrency = 1\n"
	    "limit_type = MXIP\nlimit_apply = system\n",
	    LINT_LIMIT_BELOW_HOSTS, "" },
	{ "AUTH in clear", "a.example h auth=p\n",
	    "ini [a.example]\ntable_tls = on\n", LINT_AUTH_IN_CLEAR, "1:1" },
	{ "AUTH in clear, none", "a.example h auth=p\nb.example h\n",
	    "ini [a.example]\ntable_tls = require\n", LINT_AUTH_IN_CLEAR, "" },
	{ "suppression unknown",
	    "a.example " TWO " # faultpost: ignore R999\n# faultpost: hide\n"
	    "# faultpost: ignore\n# faultpost: ignore R001\n",
	    NULL, LINT_SUPPRESSION_UNKNOWN, "1:30 2:1 3:1 4:1" },
	{ "suppression unknown, none",
	    "a.example " TWO " # faultpost is good\n# faultpost: ignore R003\n",
	    NULL, LINT_SUPPRESSION_UNKNOWN, "" },
	{ "suppression idle",
	    "a.example " TWO " # faultpost: ignore R003, single-host\n"
	    "# faultpost: ignore R007\n",
	    NULL, LINT_SUPPRESSION_IDLE, "1:30 1:30 2:1" },
	{ "suppression idle, none",
	    "a.example 10.1.1.1 # faultpost: ignore R007\n"
	    "# faultpost: ignore-file R018\n",
	    NULL, LINT_SUPPRESSION_IDLE, "" },

	{ "suppressed on the line", "a.example h # faultpost: ignore R007\n",
	    NULL, LINT_SINGLE_HOST, "" },
	{ "suppressed by the line before",
	    "# faultpost: ignore R007\n\n# more\na.example h\nb.example h\n",
	    NULL, LINT_SINGLE_HOST, "5:11" },
	{ "suppressed for the file",
	    "a.example h\nb.example h\n# faultpost: ignore-file R007\n", NULL,
	    LINT_SINGLE_HOST, "" },
	{ "suppressed, and why",
	    "a.example h # faultpost: ignore R007 -- one host, R999 or not\n",
	    NULL, LINT_SUPPRESSION_UNKNOWN, "" },
	{ "suppressed for the file by one of two",
	    "# faultpost: ignore-file R018\n# faultpost: ignore-file R007\n"
	    "a.example h\n",
	    NULL, LINT_SUPPRESSION_IDLE, "1:1" },
	{ "suppressed for the file twice",
	    "# faultpost: ignore-file R007\n# faultpost: ignore-file R007\n"
	    "# faultpost: ignore R018\na.example h\n",
	    NULL, LINT_SUPPRESSION_IDLE, "2:1 3:1" },
	{ "not suppressed by another", "a.example h # faultpost: ignore R018\n",
	    NULL, LINT_SINGLE_HOST, "1:11" },
};

/* ---- a row ---- */

struct world {
	struct zone *zone;
	struct relay_destinations *destinations;
	struct lint_self self;
	struct lint_options options;
};

static struct zone *
zone_make(struct slice text)
{
	struct json_doc doc = { 0 };
	struct arena arena = { 0 };
	struct zone_json names = { 0 };
	struct json_at root;
	struct zone *zone;
	struct err err;

	assert_true(json_doc_parse(&doc, "zone", text, &err));
	root = json_at_root(&doc);
	assert_true(json_form_read(
	    JF_ZONE, &root, &names, sizeof(names), &arena, &err));
	zone = zone_json_build(&names, &root, &err);
	assert_non_null(zone);
	arena_fini(&arena);
	json_doc_fini(&doc);
	return zone;
}

static void
world_make(struct world *w, const char *extra)
{
	struct err_list errors = { 0 };
	struct slice rest = slice_cstr(extra), line;

	*w = (struct world){ 0 };
	if (slice_starts_with(rest, SLICE("dns "))) {
		(void)slice_split(&rest, '\n', &line);
		w->zone = zone_make(slice_skip(line, 4));
	}
	if (slice_starts_with(rest, SLICE("ini "))) {
		w->destinations = relay_destinations_parse(
		    slice_skip(rest, 4), "controls", &errors);
		assert_non_null(w->destinations);
	} else if (slice_starts_with(rest, SLICE("self "))) {
		w->self.name = slice_skip(rest, 5);
		w->options.self_count = 1;
	}
	w->options.zone = w->zone;
	w->options.destinations = w->destinations;
	w->options.destinations_file = "controls";
	w->options.selves = &w->self;
}

static void
world_fini(struct world *w)
{
	zone_destroy(&w->zone);
	relay_destinations_destroy(&w->destinations);
}

static struct lint *
lint_of(const char *table, struct world *w)
{
	struct lint *l = lint_new(slice_cstr(table), "routes");

	lint_find(l, &w->options);
	return l;
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct buf places = { 0 };
	struct world w;
	struct lint *l;

	world_make(&w, row->extra);
	l = lint_of(row->table, &w);
	for (size_t i = 0; i < lint_count(l); i++) {
		const struct lint_finding *f = lint_at(l, i);

		assert_non_null(
		    strchr(f->text, f->rule == LINT_SYNTAX ? f->text[0] : ';'));
		if (f->rule == row->rule && !f->is_suppressed)
			buf_printf(&places, "%s%d:%d",
			    buf_len(&places) > 0 ? " " : "", f->line, f->col);
	}
	assert_slices_equal(buf_slice(&places), slice_cstr(row->places));
	buf_fini(&places);
	lint_destroy(&l);
	world_fini(&w);
}

static void
each_rule_finds_and_does_not(void **state)
{
	(void)state;
	for (int id = 1; id < LINT_RULE_END; id++) {
		unsigned seen = 0;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if ((int)rows[i].rule == id)
				seen |= 1U << (rows[i].places[0] != '\0');
		if (seen != 3)
			fail_msg("R%03d lacks a row", id);
	}
}

/* ---- the whole ---- */

static const char mixed[] = "\xef\xbb\xbf# exported\r\n"
			    "b.example 10.1.1.1 # faultpost: ignore R018\r\n"
			    "a.example h, i\r\n"
			    "ALL /dev/null\r\n";

static void
all_errors_are_found(void **state)
{
	struct buf table = { 0 };
	struct world w;
	struct lint *l;

	(void)state;
	for (int i = 0; i < 500; i++)
		buf_printf(&table, "d%d.example h:0, i/pri=-1\n", i);
	world_make(&w, NULL);
	l = lint_of(buf_cstr(&table), &w);
	assert_int_equal(lint_count(l), 1000);
	assert_int_equal(lint_at(l, 999)->line, 500);
	assert_true(lint_is_refused(l));
	assert_int_equal(lint_severity_count(l, LINT_ERROR), 1000);
	lint_destroy(&l);
	buf_fini(&table);
}

/* Which of two wins. */
static struct winner_row {
	const char *name, *table, *said;
} winner_rows[] = {
	{ "the first host, of equals", "a.example h/pri=5, h/pri=5, i\n",
	    "h is there twice, and the first one, at priority 5, wins" },
	{ "the second host", "a.example h/pri=5, h/pri=1, i\n",
	    "h is there twice, and the second one, at priority 1, wins" },
	{ "the first line", "a.example h\na.example i\n",
	    "a.example has a line already, line 1, which would win: "
	    "\"a.example: h\", not \"a.example: i\"" },
	{ "either line", "a.example h\nA.example. h\n",
	    "a.example has a line already, line 1, which says the same" },
};

static void
check_winner(void **state)
{
	const struct winner_row *row = *state;
	bool found = false;
	struct world w;
	struct lint *l;

	world_make(&w, NULL);
	l = lint_of(row->table, &w);
	for (size_t i = 0; i < lint_count(l); i++)
		found |= slice_starts_with(
		    slice_cstr(lint_at(l, i)->text), slice_cstr(row->said));
	assert_true(found);
	lint_destroy(&l);
	world_fini(&w);
}

static struct format_row {
	const char *name;
	enum lint_format format;
	const char *parts[4]; /* that are in it */
} format_rows[] = {
	{ "human", LINT_HUMAN,
	    { "routes:2:11: warning R007: 10.1.1.1 is the only host",
		"routes:4:1: warning R021: ",
		"3 routes: 0 errors, 2 warnings, 0 notes, 1 suppressed\n" } },
	{ "json", LINT_JSON,
	    { "\"rule\":\"R007\",\"name\":\"single-host\",\"severity\":"
	      "\"warning\",\"file\":\"routes\",\"line\":2,\"column\":11,"
	      "\"domain\":\"b.example\"",
		"\"suppressed\":true", "\"refused\":false", "\"errors\":0" } },
	{ "sarif", LINT_SARIF,
	    { "\"version\":\"2.1.0\"",
		"\"ruleId\":\"R018\",\"ruleIndex\":17,\"level\":\"note\"",
		"\"region\":{\"startLine\":2,\"startColumn\":11}",
		"\"suppressions\":[{\"kind\":\"inSource\"}]" } },
	{ "github", LINT_GITHUB,
	    { "::warning file=routes,line=2,col=11,title=R007 single-host::",
		"::warning file=routes,line=4,col=1,title=R021" } },
};

static void
check_format(void **state)
{
	const struct format_row *row = *state;
	enum lint_format format;
	struct buf out = { 0 };
	struct world w;
	struct lint *l;
	struct err err;

	world_make(&w, NULL);
	l = lint_of(mixed, &w);
	assert_true(lint_format_parse(slice_cstr(row->name), &format, &err));
	assert_int_equal(format, row->format);
	lint_format(l, format, &out);
	for (size_t i = 0; i < 4 && row->parts[i] != NULL; i++)
		if (strstr(buf_cstr(&out), row->parts[i]) == NULL)
			fail_msg("no %s in %s", row->parts[i], buf_cstr(&out));
	assert_int_equal(buf_cstr(&out)[buf_len(&out) - 1], '\n');
	lint_destroy(&l);
	buf_fini(&out);
}

static void
rules_have_names(void **state)
{
	struct buf out = { 0 };
	struct err err;
	enum lint_format format;

	(void)state;
	assert_int_equal(lint_rule_find(SLICE("R012")), LINT_USEDNS_FOR_ALL);
	assert_int_equal(lint_rule_find(SLICE("r12")), LINT_USEDNS_FOR_ALL);
	assert_int_equal(
	    lint_rule_find(SLICE("usedns-for-all")), LINT_USEDNS_FOR_ALL);
	assert_int_equal(lint_rule_find(SLICE("R000")), 0);
	assert_int_equal(lint_rule_find(SLICE("R029")), 0);
	assert_int_equal(lint_rule_find(SLICE("")), 0);
	for (int id = 1; id < LINT_RULE_END; id++) {
		const struct lint_rule *rule =
		    lint_rule_get((enum lint_rule_id)id);

		assert_int_equal(lint_rule_find(slice_cstr(rule->name)), id);
		lint_rule_explain((enum lint_rule_id)id, &out);
		assert_non_null(strstr(buf_cstr(&out), rule->name));
		buf_clear(&out);
	}
	assert_false(lint_format_parse(SLICE("xml"), &format, &err));
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, check_row);
	TEST(&kit, each_rule_finds_and_does_not);
	TEST(&kit, all_errors_are_found);
	ROWS(&kit, winner_rows, check_winner);
	ROWS(&kit, format_rows, check_format);
	TEST(&kit, rules_have_names);
	return kit_run(&kit, "lint");
}
