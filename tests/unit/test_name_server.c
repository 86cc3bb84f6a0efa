/* SPDX-License-Identifier: MIT */
/* A name server, query by query: what it answers, when, and that no bytes are
 * too odd for it.  The answers are read here by hand, as a stranger would. */
#include "core/dns/name_server.h"
#include "core/dns/wire.h"

#include "tests/unit/kit.h"

/* Where the zone says so, NAME is "mx.example.com" and the like. */
static void
zone_say(struct zone *z, const char *name, struct dns_record record)
{
	struct err err;

	record.ttl_s = 60;
	if (!zone_add(z, slice_cstr(name), &record, &err))
		fail_msg("%s", err.msg);
}

static struct zone *
zone_make(void)
{
	const struct ip_address v6 = { 6, { 0x20, 1, 13, 0xb8 } };
	struct zone *z = zone_new();
	struct err err;
	char name[32];

	zone_say(z, "mx.example.com",
	    (struct dns_record){ .type = DNS_A, .ip = ip_v4(10, 1, 1, 11) });
	zone_say(z, "mx.example.com",
	    (struct dns_record){ .type = DNS_AAAA, .ip = v6 });
	zone_say(z, "example.com",
	    (struct dns_record){ .type = DNS_MX,
		.preference = 10,
		.name = SLICE("mx.example.com") });
	zone_say(z, "null.example",
	    (struct dns_record){ .type = DNS_MX, .name = SLICE("") });
	zone_say(z, "alias.example",
	    (struct dns_record){
		.type = DNS_CNAME, .name = SLICE("mx.example.com") });
	zone_say(z, "dangling.example",
	    (struct dns_record){
		.type = DNS_CNAME, .name = SLICE("gone.example") });
	zone_say(z, "a.loop",
	    (struct dns_record){ .type = DNS_CNAME, .name = SLICE("b.loop") });
	zone_say(z, "b.loop",
	    (struct dns_record){ .type = DNS_CNAME, .name = SLICE("a.loop") });
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "mx%02d.big.example", i);
		zone_say(z, "big.example",
		    (struct dns_record){
			.type = DNS_MX, .name = slice_cstr(name) });
	}
	assert_true(zone_fail(z, SLICE("broken.example"), DNS_SERVFAIL, &err));
	assert_true(zone_fail(z, SLICE("closed.example"), DNS_REFUSED, &err));
	assert_true(zone_fail(z, SLICE("silent.example"), DNS_TIMEOUT, &err));
	assert_true(zone_fail(z, SLICE("empty.example"), DNS_NODATA, &err));
	assert_true(zone_ttl(z, SLICE("empty.example"), 7, &err));
	assert_true(zone_delay(z, SLICE("mx.example.com"), UTIME_S, &err));
	zone_say(z, "cut.example",
	    (struct dns_record){ .type = DNS_A, .ip = ip_v4(10, 1, 1, 12) });
	assert_true(zone_cut(z, SLICE("cut.example"), &err));
	zone_say(z, "lossy.example",
	    (struct dns_record){ .type = DNS_A, .ip = ip_v4(10, 1, 1, 13) });
	assert_true(zone_drop(z, SLICE("lossy.example"), 2, &err));
	return z;
}

/* ---- queries ---- */

enum {
	EDNS = 1 << 0,
	EDNS_VERSION_1 = 1 << 1,
	EDNS_TWICE = 1 << 2,
};

static void
append_u16(struct buf *b, unsigned value)
{
	buf_append_byte(b, (char)(value >> 8));
	buf_append_byte(b, (char)value);
}

static void
append_opt(struct buf *b, unsigned version)
{
	buf_append_byte(b, '\0');
	append_u16(b, DNS_NUMBER_OPT);
	append_u16(b, 1400);
	append_u16(b, version);
	append_u16(b, 0);
	append_u16(b, 0);
}

static void
append_query(
    struct buf *b, const char *name, unsigned type, unsigned class, int flags)
{
	struct slice rest = slice_cstr(name), label;

	append_u16(b, 0x1234);
	append_u16(b, 0x0100);
	append_u16(b, 1);
	append_u16(b, 0);
	append_u16(b, 0);
	append_u16(b, (flags & EDNS_TWICE) != 0 ? 2 : flags != 0);
	while (slice_split(&rest, '.', &label) && label.len > 0) {
		buf_append_byte(b, (char)label.len);
		buf_append(b, label);
	}
	buf_append_byte(b, '\0');
	append_u16(b, type);
	append_u16(b, class);
	if (flags != 0)
		append_opt(b, (flags & EDNS_VERSION_1) != 0 ? 1 : 0);
	if ((flags & EDNS_TWICE) != 0)
		append_opt(b, 0);
}

/* ---- answers ---- */

static unsigned
u16(struct slice m, size_t at)
{
	assert_true(at + 2 <= m.len);
	return (unsigned)(unsigned char)m.at[at] << 8 |
	    (unsigned char)m.at[at + 1];
}

/* Appends the name that stands at *at, and moves behind it. */
static void
read_name(struct slice m, size_t *at, struct buf *out)
{
	size_t here = *at;
	bool has_jumped = false;

	for (int hops = 0; hops < 200; hops++) {
		const size_t len = (unsigned char)m.at[here];

		assert_true(here < m.len);
		if (len == 0) {
			if (!has_jumped)
				*at = here + 1;
			buf_append_byte(out, '.');
			return;
		}
		if (len >= 0xc0) {
			if (!has_jumped)
				*at = here + 2;
			has_jumped = true;
			assert_true((u16(m, here) & 0x3fff) < here);
			here = u16(m, here) & 0x3fff;
			continue;
		}
		buf_append(out, slice_sub(m, here + 1, len));
		if (m.at[here + 1 + len] != '\0')
			buf_append_byte(out, '.');
		here += 1 + len;
	}
	fail_msg("a name without end");
}

/* "name TYPE ttl data", what is not known in bytes. */
static void
read_record(struct slice m, size_t *at, struct buf *out)
{
	unsigned type, len;
	size_t data;

	buf_append_byte(out, ' ');
	read_name(m, at, out);
	type = u16(m, *at);
	len = u16(m, *at + 8);
	data = *at + 10;
	if (type == DNS_NUMBER_OPT)
		buf_printf(out, " OPT %u/%u", u16(m, *at + 2), u16(m, *at + 4));
	else
		buf_printf(out, " %u/%u", type, u16(m, *at + 6));
	*at = data + len;
	assert_true(*at <= m.len);
	if (type == DNS_A)
		buf_printf(out, " %u", u16(m, data + 2));
	if (type == DNS_MX)
		buf_printf(out, " %u", u16(m, data));
	if (type == DNS_MX || type == DNS_CNAME) {
		data += type == DNS_MX ? 2 : 0;
		buf_append_byte(out, ' ');
		read_name(m, &data, out);
		assert_int_equal(data, *at);
	}
	if (type == DNS_NUMBER_SOA)
		buf_printf(out, " %u", u16(m, *at - 2));
}

/* "0 AA: answers; authority; additional", by the header's counts. */
static void
read_answer(struct slice m, struct buf *out)
{
	const unsigned flags = u16(m, 2);
	size_t at = DNS_HEADER_BYTES;
	struct buf name = { 0 };

	assert_int_equal(u16(m, 0), 0x1234);
	assert_true((flags & 0x8000) != 0);
	buf_printf(
	    out, "%u%s:", flags & 0xf, (flags & 0x200) != 0 ? " TC" : "");
	for (unsigned i = 0; i < u16(m, 4); i++) {
		read_name(m, &at, &name);
		at += 4;
	}
	for (size_t section = 0; section < 3; section++) {
		if (section > 0)
			buf_append_byte(out, ';');
		for (unsigned i = 0; i < u16(m, 6 + 2 * section); i++)
			read_record(m, &at, out);
	}
	assert_int_equal(at, m.len);
	buf_fini(&name);
}

struct question {
	const char *name, *asked;
	unsigned type, class;
	int flags;
	const char *answer; /* NULL: none */
	utime delay;
	bool is_tcp;
};

#define SOA(ttl) " . 6/" ttl " " ttl
static struct question questions[] = {
	{ "an address", "mx.example.com", 1, 1, 0,
	    "0: mx.example.com. 1/60 267;;", UTIME_S, false },
	{ "its letters are repeated", "MX.example.COM", 1, 1, 0,
	    "0: MX.example.COM. 1/60 267;;", UTIME_S, false },
	{ "an IPv6 address", "mx.example.com", 28, 1, 0,
	    "0: mx.example.com. 28/60;;", UTIME_S, false },
	{ "an exchange", "example.com", 15, 1, 0,
	    "0: example.com. 15/60 10 mx.example.com.;;", 0, false },
	{ "the null MX", "null.example", 15, 1, 0,
	    "0: null.example. 15/60 0 .;;", 0, false },
	{ "EDNS", "example.com", 15, 1, EDNS,
	    "0: example.com. 15/60 10 mx.example.com.;; . OPT 1232/0", 0,
	    false },
	{ "an EDNS that nobody knows", "example.com", 15, 1, EDNS_VERSION_1,
	    "0:;; . OPT 1232/256", 0, false },
	{ "two OPT", "example.com", 15, 1, EDNS_TWICE, "1:;; . OPT 1232/0", 0,
	    false },
	{ "an alias", "alias.example", 1, 1, 0,
	    "0: alias.example. 5/60 mx.example.com. mx.example.com. 1/60 "
	    "267;;",
	    UTIME_S, false },
	{ "the alias itself", "alias.example", 5, 1, 0,
	    "0: alias.example. 5/60 mx.example.com.;;", 0, false },
	{ "an alias of nothing", "dangling.example", 1, 1, 0,
	    "3: dangling.example. 5/60 gone.example.;" SOA("60") ";", 0,
	    false },
	{ "aliases of each other", "a.loop", 1, 1, 0,
	    "0: a.loop. 5/60 b.loop. b.loop. 5/60 a.loop.;;", 0, false },
	{ "NXDOMAIN", "nobody.example", 1, 1, 0, "3:;" SOA("300") ";", 0,
	    false },
	{ "NODATA", "empty.example", 15, 1, 0, "0:;" SOA("7") ";", 0, false },
	{ "a type without records", "example.com", 28, 1, 0,
	    "0:;" SOA("300") ";", 0, false },
	{ "a type that no zone has", "example.com", 16, 1, 0,
	    "0:;" SOA("300") ";", 0, false },
	{ "what is above others", "com", 1, 1, 0, "0:;" SOA("300") ";", 0,
	    false },
	{ "the root", "", 1, 1, 0, "0:;" SOA("300") ";", 0, false },
	{ "a name that no zone has", "a b.example", 1, 1, 0,
	    "3:;" SOA("300") ";", 0, false },
	{ "SERVFAIL", "broken.example", 1, 1, 0, "2:;;", 0, false },
	{ "REFUSED", "closed.example", 1, 1, 0, "5:;;", 0, false },
	{ "silence", "silent.example", 1, 1, 0, NULL, 0, false },
	{ "silence over TCP", "silent.example", 1, 1, 0, NULL, 0, true },
	{ "AXFR", "example.com", 252, 1, 0, "5:;;", 0, true },
	{ "IXFR", "example.com", 251, 1, 0, "5:;;", 0, false },
	{ "ANY", "example.com", 255, 1, 0, "5:;;", 0, false },
	{ "another class", "example.com", 1, 3, 0, "5:;;", 0, false },
	{ "cut by the zone", "cut.example", 1, 1, 0, "0 TC:;;", 0, false },
	{ "cut by the zone, with EDNS", "cut.example", 1, 1, EDNS,
	    "0 TC:;; . OPT 1232/0", 0, false },
	{ "not cut over TCP", "cut.example", 1, 1, 0,
	    "0: cut.example. 1/60 268;;", 0, true },
	{ "too big for UDP", "big.example", 15, 1, 0, "0 TC:;;", 0, false },
	{ "too big for what EDNS says", "big.example", 15, 1, EDNS,
	    "0 TC:;; . OPT 1232/0", 0, false },
};

static void
test_question(void **state)
{
	const struct question *q = *state;
	struct zone *z = zone_make();
	struct name_server *s = name_server_new(z);
	struct buf query = { 0 }, out = { 0 }, text = { 0 };
	utime delay;
	bool is_answered;

	append_query(&query, q->asked, q->type, q->class, q->flags);
	is_answered = name_server_answer(s, buf_slice(&query),
	    q->is_tcp ? DNS_OVER_TCP : DNS_OVER_UDP, &out, &delay);
	assert_int_equal(is_answered, q->answer != NULL);
	if (is_answered) {
		read_answer(buf_slice(&out), &text);
		assert_string_equal(buf_cstr(&text), q->answer);
		assert_int_equal(delay, q->delay);
	}
	buf_fini(&query);
	buf_fini(&out);
	buf_fini(&text);
	name_server_destroy(&s);
	zone_destroy(&z);
}

/* A hundred records, each of whose names is written once. */
static void
test_compression(void **state)
{
	struct zone *z = zone_make();
	struct name_server *s = name_server_new(z);
	struct buf query = { 0 }, out = { 0 }, text = { 0 };
	utime delay;

	(void)state;
	append_query(&query, "big.example", 15, 1, 0);
	assert_true(name_server_answer(
	    s, buf_slice(&query), DNS_OVER_TCP, &out, &delay));
	read_answer(buf_slice(&out), &text);
	assert_non_null(strstr(buf_cstr(&text), " 0 mx00.big.example."));
	assert_non_null(strstr(buf_cstr(&text), " 0 mx99.big.example."));
	/* Question, and for each a pointer, ten bytes, preference, label and
	 * a pointer. */
	assert_int_equal(
	    buf_len(&out), DNS_HEADER_BYTES + 17 + 100 * (2 + 10 + 2 + 5 + 2));
	buf_fini(&query);
	buf_fini(&out);
	buf_fini(&text);
	name_server_destroy(&s);
	zone_destroy(&z);
}

/* Two of three questions over UDP, of each type apart; none over TCP. */
static void
test_drop(void **state)
{
	static const bool want[] = { false, false, true, false, false, true };
	struct zone *z = zone_make();
	struct name_server *s = name_server_new(z);
	struct buf query = { 0 }, other = { 0 }, out = { 0 };
	utime delay;

	(void)state;
	append_query(&query, "lossy.example", 1, 1, 0);
	append_query(&other, "Lossy.Example", 28, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(name_server_answer(s, buf_slice(&query),
				     DNS_OVER_UDP, &out, &delay),
		    want[i]);
		assert_int_equal(name_server_answer(s, buf_slice(&other),
				     DNS_OVER_UDP, &out, &delay),
		    want[i]);
		assert_true(name_server_answer(
		    s, buf_slice(&query), DNS_OVER_TCP, &out, &delay));
	}
	buf_fini(&query);
	buf_fini(&other);
	buf_fini(&out);
	name_server_destroy(&s);
	zone_destroy(&z);
}

/* Cut anywhere, and with each byte in turn another: FORMERR, an answer or
 * silence, and nothing worse. */
static void
test_odd_bytes(void **state)
{
	struct zone *z = zone_make();
	struct name_server *s = name_server_new(z);
	struct buf query = { 0 }, out = { 0 }, text = { 0 };
	utime delay;

	(void)state;
	append_query(&query, "mx.example.com", 1, 1, EDNS);
	for (size_t len = 0; len < buf_len(&query); len++) {
		buf_clear(&out);
		buf_clear(&text);
		assert_int_equal(
		    name_server_answer(s, slice_sub(buf_slice(&query), 0, len),
			DNS_OVER_UDP, &out, &delay),
		    len >= DNS_HEADER_BYTES);
		if (len < DNS_HEADER_BYTES)
			continue;
		read_answer(buf_slice(&out), &text);
		assert_int_equal(buf_cstr(&text)[0], '1');
	}
	for (size_t at = 2; at < buf_len(&query); at++) {
		char *byte = (char *)query.mem + query.head + at,
		     before = *byte;

		for (int value = 0; value < 256; value++) {
			*byte = (char)value;
			buf_clear(&out);
			buf_clear(&text);
			if (name_server_answer(s, buf_slice(&query),
				DNS_OVER_UDP, &out, &delay))
				read_answer(buf_slice(&out), &text);
		}
		*byte = before;
	}
	buf_fini(&query);
	buf_fini(&out);
	buf_fini(&text);
	name_server_destroy(&s);
	zone_destroy(&z);
}

/* A response is not answered: two servers would never end. */
static void
test_response(void **state)
{
	struct zone *z = zone_make();
	struct name_server *s = name_server_new(z);
	struct buf query = { 0 }, out = { 0 };
	utime delay;

	(void)state;
	append_query(&query, "mx.example.com", 1, 1, 0);
	query.mem[query.head + 2] |= (char)0x80;
	assert_false(name_server_answer(
	    s, buf_slice(&query), DNS_OVER_UDP, &out, &delay));
	assert_int_equal(buf_len(&out), 0);
	query.mem[query.head + 2] = 0x28; /* UPDATE (RFC 2136) */
	assert_true(name_server_answer(
	    s, buf_slice(&query), DNS_OVER_UDP, &out, &delay));
	assert_int_equal(u16(buf_slice(&out), 2) & 0xf, DNS_CODE_NOTIMP);
	buf_fini(&query);
	buf_fini(&out);
	name_server_destroy(&s);
	zone_destroy(&z);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, questions, test_question);
	TEST(&kit, test_compression);
	TEST(&kit, test_drop);
	TEST(&kit, test_odd_bytes);
	TEST(&kit, test_response);
	return kit_run(&kit, "name_server");
}
