/* SPDX-License-Identifier: MIT */
/* Master files: what is read, what a zone knows, and where an error is. */
#include "core/dns/zone_file.h"

#include "tests/unit/kit.h"

static const char master[] = "; of a company\n"
			     "$ORIGIN Example.COM.\n"
			     "$TTL 1h30m\n"
			     "@   IN SOA ns1 hostmaster (\n"
			     "        2024010101 ; serial\n"
			     "        3600 900 604800 86400 )\n"
			     "    IN NS ns1\n"
			     "    IN MX 10 mx1\n"
			     "       MX 20 mx2.example.com.\r\n"
			     "mx1 A 10.1.1.1\n"
			     "    AAAA fd00::1\n"
			     "mx2 300 IN A 10.1.1.2\n"
			     "www CNAME mx1\n"
			     "far CNAME mail.elsewhere.net.\n"
			     "none MX 0 .\n"
			     "*.wild A 10.1.1.3\n"
			     "t TXT \"a ; ( b\" \"c\"\n"
			     "u TYPE65300 \\# 4 01020304\n"
			     "$ORIGIN sub\n"
			     "a A 10.1.1.4\n"
			     "$ORIGIN example.org.\n"
			     "@ SOA ns hostmaster 1 2 3 4 5\n"
			     "  A 10.1.1.5";

struct row {
	const char *name; /* asked for */
	enum dns_type type;
	const char *answer; /* "10.1.1.1 ...", "10 mx ...", or a status */
	bool is_known;
};

static struct row rows[] = {
	{ "example.com", DNS_MX, "10 mx1.example.com 20 mx2.example.com",
	    true },
	{ "mx1.example.com", DNS_A, "10.1.1.1", true },
	{ "mx1.example.com", DNS_AAAA, "fd00::1", true },
	{ "MX2.example.com.", DNS_A, "10.1.1.2", true },
	{ "www.example.com", DNS_A, "10.1.1.1", true },
	{ "none.example.com", DNS_MX, "0 ", true },
	{ "x.wild.example.com", DNS_A, "NXDOMAIN", true },
	{ "a.sub.example.com", DNS_A, "10.1.1.4", true },
	{ "example.org", DNS_A, "10.1.1.5", true },
	{ "gone.example.org", DNS_A, "NXDOMAIN", true },
	{ "far.example.com", DNS_A, "NXDOMAIN", false },
	{ "mail.elsewhere.net", DNS_A, "NXDOMAIN", false },
	{ "com", DNS_A, "NODATA", false },
	{ "notexample.com", DNS_A, "NXDOMAIN", false },
};

static struct zone *
must_read(size_t *left_out)
{
	struct err err;
	struct zone *z =
	    zone_file_read(slice_cstr(master), "db", left_out, &err);

	assert_non_null(z);
	return z;
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	size_t left_out;
	struct zone *z = must_read(&left_out);
	struct buf said = { 0 };
	struct dns_answer answer;
	char text[IP_TEXT_MAX];

	(void)zone_lookup(z, slice_cstr(row->name), row->type, &answer);
	for (size_t i = 0; i < answer.count; i++) {
		const struct dns_record *r = &answer.records[i];

		buf_append_cstr(&said, i > 0 ? " " : "");
		if (r->type == DNS_MX)
			buf_printf(&said, "%u %.*s", (unsigned)r->preference,
			    SLICE_ARG(r->name));
		else
			buf_append_cstr(&said, ip_format(&r->ip, text));
	}
	if (answer.count == 0)
		buf_append_cstr(&said, dns_status_name(answer.status));
	assert_slice(buf_slice(&said), row->answer);
	assert_int_equal(zone_knows(z, slice_cstr(row->name)), row->is_known);
	buf_fini(&said);
	zone_destroy(&z);
}

static void
what_else_is_there_is_counted(void **state)
{
	size_t left_out;
	struct zone *z = must_read(&left_out);
	struct dns_answer answer;

	(void)state;
	/* Two SOA, NS, the wildcard, TXT and TYPE65300. */
	assert_int_equal(left_out, 6);
	(void)zone_lookup(z, SLICE("mx1.example.com"), DNS_A, &answer);
	assert_int_equal(answer.ttl_s, 5400);
	zone_destroy(&z);
}

static void
without_a_soa_it_knows_all(void **state)
{
	struct err err;
	size_t left_out;
	struct zone *z = zone_file_read(
	    SLICE("a.example. A 10.1.1.1\n"), "db", &left_out, &err);

	(void)state;
	assert_true(zone_knows(z, SLICE("b.test")));
	zone_destroy(&z);
	z = zone_file_read(SLICE(""), "db", &left_out, &err);
	assert_non_null(z);
	zone_destroy(&z);
}

struct wrong {
	const char *text;
	const char *said; /* how the error begins */
};

static struct wrong wrongs[] = {
	{ "$ORIGIN a.\n\nb A 10.1.1.300\n", "db:3:1: " },
	{ "$ORIGIN a.\nb MX mx\n", "db:2:1: " },
	{ "$ORIGIN a.\nb FROB x\n", "db:2:1: " },
	{ "$ORIGIN a.\nb MX ( 10\n", "db:2:1: " },
	{ "mx1 A 10.1.1.1\n",
	    "db:1:1: a relative name, and no origin; expected $ORIGIN" },
	{ "@ A 10.1.1.1\n", "db:1:1: a relative name" },
	{ "a.b. MX 5 mx\n", "db:1:1: a relative name" },
	{ "; x\n$INCLUDE other\n", "db:2:1: $INCLUDE; expected" },
	{ "$GENERATE 1-3 h$ A 10.0.0.$\n", "db:1:1: $GENERATE; expected" },
	{ "a. CNAME b.\na. A 10.1.1.1\n", "db:2:1: a.: a CNAME stands alone" },
	{ "a\\.b.c. A 10.1.1.1\n", "db:1:1: a\\.b.c.: " },
};

static void
check_wrong(void **state)
{
	const struct wrong *wrong = *state;
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];
	struct slice said;
	struct err err;
	size_t left_out;

	assert_null(
	    zone_file_read(slice_cstr(wrong->text), "db", &left_out, &err));
	said = slice_cstr(err_format(&err, text, sizeof(text)));
	assert_slice(slice_sub(said, 0, strlen(wrong->said)), wrong->said);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, check_row);
	TEST(&kit, what_else_is_there_is_counted);
	TEST(&kit, without_a_soa_it_knows_all);
	for (size_t i = 0; i < ARRAY_LEN(wrongs); i++)
		kit_add(&kit, wrongs[i].text, check_wrong, &wrongs[i]);
	return kit_run(&kit, "zone_file");
}
