/* SPDX-License-Identifier: MIT */
/* core/dns: the "dns" object of a scenario, its errors and their places. */
#include "core/dns/zone_json.h"

#include "tests/unit/kit.h"

struct top {
	struct zone_json dns;
};

static const struct json_field top_fields[] = {
	{ "dns", JF_ZONE, JSON_AT(struct top, dns), JSON_REQUIRED,
	    "What DNS says." },
};
static const struct json_table top_table = {
	.name = "top",
	.help = "A text with a zone.",
	.size = sizeof(struct top),
	JSON_FIELDS(top_fields),
};

/* The zone in `text`, or NULL with the error. */
static struct zone *
zone_read(const char *text, struct err *err)
{
	struct json_doc doc = { 0 };
	struct arena arena = { 0 };
	struct top top;
	struct zone *z = NULL;

	if (json_doc_parse(&doc, "a.json", slice_cstr(text), err)) {
		struct json_at root = json_at_root(&doc);
		struct json_at dns = json_at_key(&root, "dns");

		if (json_table_read(&top_table, &root, &top, &arena, err))
			z = zone_json_build(&top.dns, &dns, err);
	}
	json_doc_fini(&doc);
	arena_fini(&arena);
	return z;
}

static const char good[] =
    "{\"dns\": {\n"
    " \"exchange1.example.com\": {\"A\": [\"10.1.1.11\", \"10.1.1.12\"],\n"
    "    \"AAAA\": [\"2001:db8::1\"]},\n"
    " \"Example.com.\": {\"MX\": [\"10 mx1.example.com\", \"20\\tmx2\"],\n"
    "    \"ttl\": \"1500ms\"},\n"
    " \"www.example.com\": {\"CNAME\": \"exchange1.example.com\"},\n"
    " \"null.test\": {\"MX\": [\"0 .\"]},\n"
    " \"gone.example.com\": \"NXDOMAIN\",\n"
    " \"late.example.com\": {\"fault\": \"SERVFAIL\", \"delay\": \"5s\"},\n"
    " \"flaky.test\": {\"A\": [\"10.1.1.1\"], \"AAAA\": \"TIMEOUT\"},\n"
    " \"empty.test\": {},\n"
    " \"slow.test\": {\"A\": [\"10.1.1.1\"], \"delay\": \"2s\"}\n"
    "}}";

static struct good_row {
	const char *name;
	enum dns_type type;
	enum dns_status status;
	size_t count;
	uint32_t ttl_s;
	utime delay;
} good_rows[] = {
	{ "exchange1.example.com", DNS_A, DNS_OK, 2, 300, 0 },
	{ "exchange1.example.com", DNS_AAAA, DNS_OK, 1, 300, 0 },
	{ "example.com", DNS_MX, DNS_OK, 2, 2, 0 },
	{ "www.example.com", DNS_A, DNS_OK, 2, 300, 0 },
	{ "null.test", DNS_MX, DNS_OK, 1, 300, 0 },
	{ "gone.example.com", DNS_A, DNS_NXDOMAIN, 0, 300, 0 },
	{ "late.example.com", DNS_A, DNS_SERVFAIL, 0, 0, 5 * UTIME_S },
	{ "flaky.test", DNS_AAAA, DNS_TIMEOUT, 0, 0, 0 },
	{ "flaky.test", DNS_A, DNS_OK, 1, 300, 0 },
	{ "empty.test", DNS_A, DNS_NODATA, 0, 300, 0 },
	{ "slow.test", DNS_A, DNS_OK, 1, 300, 2 * UTIME_S },
};

static void
check_good(void **state)
{
	const struct good_row *row = *state;
	struct err err = { 0 };
	struct zone *z = zone_read(good, &err);
	struct dns_answer answer;

	assert_string_equal(err.msg, "");
	assert_non_null(z);
	assert_int_equal(
	    zone_lookup(z, slice_cstr(row->name), row->type, &answer),
	    row->status);
	assert_int_equal(answer.count, row->count);
	assert_int_equal(answer.ttl_s, row->ttl_s);
	assert_int_equal(answer.delay, row->delay);
	zone_destroy(&z);
}

/* `name` is what stands in the "dns" object, `want` how the message begins: all
 * of it where the words are ours. */
static struct bad_row {
	const char *name, *want;
} bad_rows[] = {
	{ "\"a.test\": {\"A\": [\"10.1.1\"]}",
	    "a.json:1:27: /dns/a.test/A/0: \"10.1.1\" is no IPv4 address; "
	    "expected one as \"10.1.1.11\"" },
	{ "\"a.test\": {\"A\": [\"::1\"]}",
	    "a.json:1:27: /dns/a.test/A/0: \"::1\" is no IPv4 address; "
	    "expected one as \"10.1.1.11\"" },
	{ "\"a.test\": {\"AAAA\": [\"10.1.1.1\"]}",
	    "a.json:1:30: /dns/a.test/AAAA/0: \"10.1.1.1\" is no IPv6 "
	    "address; expected one as \"2001:db8::1\"" },
	{ "\"a.test\": {\"MX\": [\"mx1\"]}",
	    "a.json:1:28: /dns/a.test/MX/0: \"mx1\" is no MX record; expected "
	    "a preference and a name, as in \"10 mx1.example.com\"" },
	{ "\"a.test\": {\"MX\": [\"10 10.1.1.1\"]}",
	    "a.json:1:39: /dns/a.test/MX/0: \"10.1.1.1\" is no domain name: "
	    "the last label is a number, as in no domain name" },
	{ "\"a.test\": {\"MX\": [\"65536 mx\"]}",
	    "a.json:1:28: /dns/a.test/MX/0: \"65536\" is no preference; "
	    "expected 0 to 65535" },
	{ "\"a.test\": {\"MX\": [\"010 mx\"]}",
	    "a.json:1:28: /dns/a.test/MX/0: \"010\" is no preference; "
	    "expected 0 to 65535" },
	{ "\"a.test\": \"NXDOMAINE\"",
	    "a.json:1:20: /dns/a.test: \"NXDOMAINE\" is none of "
	    "\"NXDOMAIN\", \"NODATA\", \"SERVFAIL\", \"REFUSED\", "
	    "\"TIMEOUT\" (did you mean \"NXDOMAIN\"?)" },
	{ "\"a..test\": {}",
	    "a.json:1:10: /dns: \"a..test\" is no domain name: a label of a "
	    "domain name is empty" },
	{ "\"a.test\": {\"CNAME\": \"b.test\", \"A\": [\"10.1.1.1\"]}",
	    "a.json:1:40: /dns/a.test: " },
	{ "\"a.test\": {\"fault\": \"SERVFAIL\", \"A\": [\"10.1.1.1\"]}",
	    "a.json:1:42: /dns/a.test: " },
	{ "\"a.test\": {\"A\": []}", "a.json:1:26: /dns/a.test/A: " },
	{ "\"a.test\": {\"TXT\": [\"x\"]}", "a.json:1:21: /dns/a.test: " },
	{ "\"a.test\": {}, \"A.TEST.\": {}",
	    "a.json:1:24: /dns: \"A.TEST.\" is there already, in another "
	    "spelling; expected each name once" },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	struct err err = { 0 };
	struct buf text = { 0 };
	char got[ERR_FILE_MAX + ERR_MSG_MAX + 32];

	buf_printf(&text, "{\"dns\": {%s}}", row->name);
	assert_null(zone_read(buf_cstr(&text), &err));
	err_format(&err, got, sizeof(got));
	got[strlen(row->want)] = '\0';
	assert_string_equal(got, row->want);
	buf_fini(&text);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, good_rows, check_good);
	ROWS(&kit, bad_rows, check_bad);
	return kit_run(&kit, "zone_json");
}
