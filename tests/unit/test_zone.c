/* SPDX-License-Identifier: MIT */
/* core/dns: names, types and statuses as text, and the zone's answers. */
#include "core/dns/zone.h"

#include "core/dns/name.h"
#include "tests/unit/kit.h"

#define L16 "abcdefghijklmnop"
#define L63 L16 L16 L16 "abcdefghijklmno"
/* 253 characters. */
#define LONGEST L63 "." L63 "." L63 "." L16 L16 L16 "abcdefghijklm"

/* `at` is where it is wrong; the names with at < 0 are right. */
static struct name_row {
	const char *name;
	int at;
	const char *why;
} name_rows[] = {
	{ "example.com", -1, NULL },
	{ "EXAMPLE.com", -1, NULL },
	{ "a", -1, NULL },
	{ "_dmarc.example.com", -1, NULL },
	{ "xn--mller-kva.example", -1, NULL },
	{ "10.1.1.host", -1, NULL },
	{ "1and1.com", -1, NULL },
	{ L63 ".com", -1, NULL },
	{ LONGEST, -1, NULL },
	{ LONGEST "n", 253, "a domain name has at most 253 characters" },
	{ "a." L63 "p.com", 65,
	    "a label of a domain name has at most 63 characters" },
	{ "", 0, "a label of a domain name is empty" },
	{ ".", 0, "a label of a domain name is empty" },
	{ "a..b", 2, "a label of a domain name is empty" },
	{ "a.", 2, "a label of a domain name is empty" },
	{ "a b", 1, "a domain name has letters, digits, hyphens and dots" },
	{ "ex.*", 3, "a domain name has letters, digits, hyphens and dots" },
	{ "a.-b", 2,
	    "a label of a domain name neither begins nor ends with a hyphen" },
	{ "a.bc-.d", 4,
	    "a label of a domain name neither begins nor ends with a hyphen" },
	{ "10.1.1.11", 7, "the last label is a number, as in no domain name" },
	{ "m\xc3\xbcller.example", 1,
	    "a domain name is ASCII: write such a label as its A-label "
	    "(xn--...)" },
};

static void
check_name(void **state)
{
	const struct name_row *row = *state;
	size_t at = 0;
	const char *why = dns_name_check(slice_cstr(row->name), &at);

	if (row->at < 0) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	assert_string_equal(why, row->why);
	assert_int_equal(at, row->at);
}

static void
words_have_names(void **state)
{
	enum dns_type type;

	(void)state;
	assert_true(dns_type_parse(SLICE("aaaa"), &type));
	assert_int_equal(type, 28);
	assert_string_equal(dns_type_name(DNS_MX), "MX");
	assert_false(dns_type_parse(SLICE("SPF"), &type));
	assert_string_equal(dns_status_name(DNS_SERVFAIL), "SERVFAIL");
	assert_string_equal(dns_status_text(DNS_NXDOMAIN), "NXDomain");
	assert_true(dns_status_is_hard(DNS_NODATA));
	assert_false(dns_status_is_hard(DNS_TIMEOUT));
}

static struct dns_record
record_of(enum dns_type type, const char *text, uint32_t ttl_s)
{
	struct dns_record record = { .type = type, .ttl_s = ttl_s };

	if (type == DNS_A || type == DNS_AAAA)
		assert_true(ip_parse(slice_cstr(text), &record.ip));
	else
		record.name = slice_cstr(text);
	return record;
}

static void
must_add(struct zone *z, const char *owner, enum dns_type type,
    const char *text, uint32_t ttl_s)
{
	struct dns_record record = record_of(type, text, ttl_s);
	struct err err;

	assert_true(zone_add(z, slice_cstr(owner), &record, &err));
}

static struct zone *
zone_of_many(void)
{
	struct zone *z = zone_new();
	struct slice gone = SLICE("gone.example.com");
	struct slice flaky = SLICE("flaky.example.com");
	struct slice slow = SLICE("slow.example.com");
	struct err err;
	char alias[24], target[24];

	must_add(z, "mx.example.com", DNS_A, "10.1.1.1", 600);
	must_add(z, "MX.Example.Com.", DNS_A, "10.1.1.2", 60);
	must_add(z, "example.com", DNS_MX, "mx.example.com.", 300);
	must_add(z, "www.example.com", DNS_CNAME, "MX.example.com", 30);
	must_add(z, "a.b.deep.example.com", DNS_AAAA, "2001:db8::1", 9);
	must_add(z, "dangling.example.com", DNS_CNAME, "nowhere.test", 90);
	must_add(z, "loop1.test", DNS_CNAME, "loop2.test", 5);
	must_add(z, "loop2.test", DNS_CNAME, "loop1.test", 5);
	must_add(z, "slow.example.com", DNS_CNAME, "flaky.example.com", 5);
	must_add(z, "flaky.example.com", DNS_A, "10.1.1.3", 7200);
	assert_true(zone_fail(z, gone, DNS_NXDOMAIN, &err));
	assert_true(zone_fail(z, SLICE("only.fault"), DNS_NXDOMAIN, &err));
	assert_true(zone_fail(z, SLICE("down.test"), DNS_SERVFAIL, &err));
	assert_true(zone_fail_type(z, flaky, DNS_AAAA, DNS_TIMEOUT, &err));
	assert_true(zone_delay(z, slow, 2 * UTIME_S, &err));
	assert_true(zone_delay(z, flaky, 1 * UTIME_S, &err));
	for (int i = 0; i <= DNS_CNAME_MAX; i++) {
		(void)snprintf(alias, sizeof(alias), "c%d.test", i);
		(void)snprintf(target, sizeof(target), "c%d.test", i + 1);
		must_add(z, alias, DNS_CNAME, target, 50);
	}
	must_add(z, "c9.test", DNS_A, "10.9.9.9", 50);
	return z;
}

static struct lookup_row {
	const char *name, *question;
	enum dns_type type;
	enum dns_status status;
	size_t count;
	uint32_t ttl_s;
	utime delay;
} lookup_rows[] = {
	{ "two addresses, least ttl", "mx.example.com", DNS_A, DNS_OK, 2, 60,
	    0 },
	{ "case and dot", "mX.eXample.cOm.", DNS_A, DNS_OK, 2, 60, 0 },
	{ "no such type", "mx.example.com", DNS_AAAA, DNS_NODATA, 0, 300, 0 },
	{ "exchange", "example.com", DNS_MX, DNS_OK, 1, 300, 0 },
	{ "through an alias", "www.example.com", DNS_A, DNS_OK, 2, 30, 0 },
	{ "the alias itself", "www.example.com", DNS_CNAME, DNS_OK, 1, 30, 0 },
	{ "alias, no such type", "www.example.com", DNS_MX, DNS_NODATA, 0, 30,
	    0 },
	{ "alias to nowhere", "dangling.example.com", DNS_A, DNS_NXDOMAIN, 0,
	    90, 0 },
	{ "absent", "nowhere.test", DNS_A, DNS_NXDOMAIN, 0, 300, 0 },
	{ "below a name", "x.mx.example.com", DNS_A, DNS_NXDOMAIN, 0, 300, 0 },
	{ "the root", ".", DNS_A, DNS_NXDOMAIN, 0, 300, 0 },
	{ "empty non-terminal", "b.deep.example.com", DNS_A, DNS_NODATA, 0, 300,
	    0 },
	{ "higher one", "com", DNS_MX, DNS_NODATA, 0, 300, 0 },
	{ "said to be absent", "gone.example.com", DNS_MX, DNS_NXDOMAIN, 0, 300,
	    0 },
	{ "above what is absent", "fault", DNS_A, DNS_NXDOMAIN, 0, 300, 0 },
	{ "fault of a name", "down.test", DNS_MX, DNS_SERVFAIL, 0, 0, 0 },
	{ "fault of a type", "flaky.example.com", DNS_AAAA, DNS_TIMEOUT, 0, 0,
	    1 * UTIME_S },
	{ "other type of it", "flaky.example.com", DNS_A, DNS_OK, 1, 7200,
	    1 * UTIME_S },
	{ "delays add up", "slow.example.com", DNS_A, DNS_OK, 1, 5,
	    3 * UTIME_S },
	{ "fault behind an alias", "slow.example.com", DNS_AAAA, DNS_TIMEOUT, 0,
	    0, 3 * UTIME_S },
	{ "a loop", "loop1.test", DNS_A, DNS_LOOP, 0, 0, 0 },
	{ "nine aliases", "c0.test", DNS_A, DNS_LOOP, 0, 0, 0 },
	{ "eight aliases", "c1.test", DNS_A, DNS_OK, 1, 50, 0 },
};

static void
check_lookup(void **state)
{
	const struct lookup_row *row = *state;
	struct zone *z = zone_of_many();
	struct dns_answer answer;
	struct slice question = slice_cstr(row->question);

	assert_int_equal(
	    zone_lookup(z, question, row->type, &answer), row->status);
	assert_int_equal(answer.status, row->status);
	assert_int_equal(answer.count, row->count);
	assert_int_equal(answer.ttl_s, row->ttl_s);
	assert_int_equal(answer.delay, row->delay);
	for (size_t i = 0; i < answer.count; i++)
		assert_int_equal(answer.records[i].type, row->type);
	zone_destroy(&z);
	assert_null(z);
}

static void
records_stay_in_order(void **state)
{
	struct zone *z = zone_of_many();
	struct dns_answer answer;
	char ip[IP_TEXT_MAX];

	(void)state;
	(void)zone_lookup(z, SLICE("mx.example.com"), DNS_A, &answer);
	assert_string_equal(ip_format(&answer.records[0].ip, ip), "10.1.1.1");
	assert_string_equal(ip_format(&answer.records[1].ip, ip), "10.1.1.2");
	(void)zone_lookup(z, SLICE("example.com"), DNS_MX, &answer);
	assert_slice(answer.records[0].name, "mx.example.com");
	zone_destroy(&z);
}

static struct refused_row {
	const char *name, *owner;
	enum dns_type type;
	const char *text, *why;
} refused_rows[] = {
	{ "alias beside records", "mx.example.com", DNS_CNAME, "a.test",
	    "a CNAME stands alone: a name has either one CNAME or other "
	    "records" },
	{ "record beside an alias", "www.example.com", DNS_A, "10.0.0.1",
	    "a CNAME stands alone: a name has either one CNAME or other "
	    "records" },
	{ "second alias", "www.example.com", DNS_CNAME, "other.test",
	    "a CNAME stands alone: a name has either one CNAME or other "
	    "records" },
	{ "bad owner", "a..b", DNS_A, "10.0.0.1",
	    "a label of a domain name is empty" },
	{ "the root", ".", DNS_A, "10.0.0.1",
	    "a label of a domain name is empty" },
	{ "exchange is an address", "x.test", DNS_MX, "10.0.0.1",
	    "the last label is a number, as in no domain name" },
	{ "alias of the root", "x.test", DNS_CNAME, ".",
	    "a label of a domain name is empty" },
	{ "v6 in an A", "x.test", DNS_A, "::1",
	    "the address of an A record is of the other family" },
	{ "v4 in an AAAA", "x.test", DNS_AAAA, "10.0.0.1",
	    "the address of an AAAA record is of the other family" },
};

static void
check_refused(void **state)
{
	const struct refused_row *row = *state;
	struct zone *z = zone_of_many();
	struct dns_record record = { .type = row->type };
	struct err err;

	if (row->type == DNS_A || row->type == DNS_AAAA)
		assert_true(ip_parse(slice_cstr(row->text), &record.ip));
	else
		record.name = slice_cstr(row->text);
	assert_false(zone_add(z, slice_cstr(row->owner), &record, &err));
	assert_string_equal(err.msg, row->why);
	zone_destroy(&z);
}

static void
a_record_is_there_once(void **state)
{
	struct zone *z = zone_new();
	struct dns_answer answer;

	(void)state;
	must_add(z, "a.test", DNS_A, "10.0.0.1", 1);
	must_add(z, "A.test.", DNS_A, "10.0.0.1", 1);
	must_add(z, "b.test", DNS_CNAME, "a.test", 1);
	must_add(z, "b.test", DNS_CNAME, "A.test.", 1);
	assert_int_equal(
	    zone_lookup(z, SLICE("b.test"), DNS_A, &answer), DNS_OK);
	assert_int_equal(answer.count, 1);
	zone_destroy(&z);
}

static void
records_of_a_name_are_bounded(void **state)
{
	struct zone *z = zone_new();
	struct dns_record record = { .type = DNS_A };
	struct err err;

	(void)state;
	for (unsigned i = 0; i <= ZONE_RECORDS_MAX; i++) {
		record.ip = ip_v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i);
		assert_int_equal(zone_add(z, SLICE("a.test"), &record, &err),
		    i < ZONE_RECORDS_MAX);
	}
	assert_string_equal(
	    err.msg, "a name has at most 1000 records of a type");
	zone_destroy(&z);
}

static void
no_mail_is_an_exchange_without_name(void **state)
{
	struct zone *z = zone_new();
	struct dns_answer answer;

	(void)state;
	must_add(z, "null.test", DNS_MX, ".", 1);
	assert_int_equal(
	    zone_lookup(z, SLICE("null.test"), DNS_MX, &answer), DNS_OK);
	assert_int_equal(answer.records[0].name.len, 0);
	zone_destroy(&z);
}

static void
a_zone_knows_what_was_said(void **state)
{
	struct zone *z = zone_of_many();

	(void)state;
	assert_true(zone_has(z, SLICE("EXAMPLE.com.")));
	assert_true(zone_has(z, SLICE("gone.example.com")));
	assert_false(zone_has(z, SLICE("deep.example.com")));
	assert_false(zone_has(z, SLICE("x")));
	zone_destroy(&z);
	zone_destroy(&z);
}

/* What is cut or dropped adds up along CNAMEs, and costs the asker time. */
struct travel_row {
	const char *name;
	bool is_cut;
	uint32_t drop;
	utime delay, want;
	enum dns_status status, want_status;
};
static struct travel_row travel_rows[] = {
	{ "at once", false, 0, 0, 10, DNS_OK, DNS_OK },
	{ "slow", false, 0, 500, 510, DNS_OK, DNS_OK },
	{ "cut: twice the delay and three trips", true, 0, 500, 1030, DNS_OK,
	    DNS_OK },
	{ "the first try is lost", false, 1, 0, 2 * UTIME_S + 10, DNS_OK,
	    DNS_OK },
	{ "three tries are lost", false, 3, 0, 14 * UTIME_S + 10, DNS_NXDOMAIN,
	    DNS_NXDOMAIN },
	{ "all tries are lost", false, 4, 0, DNS_PATIENCE + 10, DNS_OK,
	    DNS_TIMEOUT },
	{ "silence", false, 0, 0, DNS_PATIENCE + 10, DNS_TIMEOUT, DNS_TIMEOUT },
	{ "a time-out that the zone times", true, 1, 500, 510, DNS_TIMEOUT,
	    DNS_TIMEOUT },
};

static void
check_travel(void **state)
{
	const struct travel_row *row = *state;
	const struct dns_record record = { .type = DNS_A };
	struct dns_answer answer = {
		.status = row->status,
		.ttl_s = 60,
		.delay = row->delay,
		.is_cut = row->is_cut,
		.drop = row->drop,
		.records = &record,
		.count = row->status == DNS_OK,
	};

	dns_answer_travel(&answer, 10);
	assert_int_equal(answer.delay, row->want);
	assert_int_equal(answer.status, row->want_status);
	assert_int_equal(answer.count, row->want_status == DNS_OK);
}

static void
faults_add_up(void **state)
{
	struct zone *z = zone_new();
	struct dns_answer answer;
	struct err err;

	(void)state;
	must_add(z, "a.test", DNS_CNAME, "b.test", 60);
	must_add(z, "b.test", DNS_A, "10.0.0.1", 60);
	assert_true(zone_drop(z, SLICE("a.test"), 1, &err));
	assert_true(zone_drop(z, SLICE("b.test"), 2, &err));
	assert_true(zone_cut(z, SLICE("b.test"), &err));
	assert_int_equal(
	    zone_lookup(z, SLICE("a.test"), DNS_A, &answer), DNS_OK);
	assert_true(answer.is_cut);
	assert_int_equal(answer.drop, 3);
	assert_true(slice_eq(
	    zone_alias(z, SLICE("A.test."), DNS_A)->name, SLICE("b.test")));
	assert_null(zone_alias(z, SLICE("a.test"), DNS_CNAME));
	assert_null(zone_alias(z, SLICE("b.test"), DNS_A));
	assert_null(zone_alias(z, SLICE("b.test"), DNS_MX));
	assert_null(zone_alias(z, SLICE("c.test"), DNS_A));
	zone_destroy(&z);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, name_rows, check_name);
	ROWS(&kit, lookup_rows, check_lookup);
	ROWS(&kit, refused_rows, check_refused);
	ROWS(&kit, travel_rows, check_travel);
	TEST(&kit, faults_add_up);
	TEST(&kit, words_have_names);
	TEST(&kit, records_stay_in_order);
	TEST(&kit, a_record_is_there_once);
	TEST(&kit, records_of_a_name_are_bounded);
	TEST(&kit, no_mail_is_an_exchange_without_name);
	TEST(&kit, a_zone_knows_what_was_said);
	return kit_run(&kit, "zone");
}
