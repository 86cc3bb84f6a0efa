/* SPDX-License-Identifier: MIT */
/* core/world/ev_answer: messages of name servers, well-made and not. */
#include "core/world/ev_answer.h"

#include "core/base/buf.h"
#include "tests/unit/kit.h"

/* A message in pieces: a head, the question, then resources.  Names are written
 * as they are on the wire. */
#define HEAD(flags, answers, authority)                                        \
	"\x12\x34" flags "\x00\x01\x00" answers "\x00" authority "\x00\x00"
#define OK     "\x81\x80"
#define NXD    "\x81\x83"
#define FAILED "\x81\x82"
#define D                                                                      \
	"\x01"                                                                 \
	"d\x02"                                                                \
	"ex\x00"
#define ASK(t) D "\x00" t "\x00\x01"
#define MX     "\x0f"
#define A      "\x01"
#define AAAA   "\x1c"
#define RR(owner, t, ttl, len, data)                                           \
	owner "\x00" t "\x00\x01" ttl "\x00" len data
#define TTL(n)                "\x00\x00\x00" n
#define SELF                  "\xc0\x0c" /* the question's name */
#define ALIAS(owner, ttl, to) RR(owner, "\x05", ttl, "\x06", to)
#define E                                                                      \
	"\x01"                                                                 \
	"e\xc0\x0e"
#define E_FULL                                                                 \
	"\x01"                                                                 \
	"e\x02"                                                                \
	"ex\x00"
#define SOA(ttl, minimum)                                                      \
	RR("\xc0\x0e", "\x06", ttl, "\x1a",                                    \
	    "\x01"                                                             \
	    "n\x00"                                                            \
	    "\x01"                                                             \
	    "a\x00"                                                            \
	    "1111222233334444" minimum)

#define BYTES(text) (text), sizeof(text) - 1

/* clang-format off */
static struct row {
	const char *name;
	const char *bytes;
	size_t len;
	enum dns_type type;
	enum dns_status status;
	uint32_t ttl_s;
	const char *records; /* as shown below */
} rows[] = {
	{ "addresses", BYTES(HEAD(OK, "\x02", "\x00") ASK(A)
	    RR(SELF, A, TTL("\x09"), "\x04", "\x0a\x00\x00\x01")
	    RR(SELF, A, TTL("\x07"), "\x04", "\x0a\x00\x00\x02")),
	    DNS_A, DNS_OK, 7, "10.0.0.1 10.0.0.2 " },
	{ "an address of IPv6", BYTES(HEAD(OK, "\x01", "\x00") ASK(AAAA)
	    RR(SELF, AAAA, TTL("\x09"), "\x10",
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x25")),
	    DNS_AAAA, DNS_OK, 9, "2001:db8::25 " },
	{ "exchanges", BYTES(HEAD(OK, "\x02", "\x00") ASK(MX)
	    RR(SELF, MX, TTL("\x09"), "\x06", "\x00\x0a" E)
	    RR(SELF, MX, TTL("\x09"), "\x03", "\x00\x00\x00")),
	    DNS_MX, DNS_OK, 9, "10 e.ex 0  " },
	{ "letters do not matter", BYTES(HEAD(OK, "\x01", "\x00") ASK(MX)
	    RR("\x01" "D\x02" "eX\x00", MX, TTL("\x09"), "\x06",
	    "\x00\x0a" "\x01" "E\xc0\x0e")), DNS_MX, DNS_OK, 9, "10 e.ex " },
	{ "behind an alias, whose TTL counts",
	    BYTES(HEAD(OK, "\x02", "\x00") ASK(A)
	    RR(SELF, "\x05", TTL("\x05"), "\x04", E)
	    RR(E_FULL, A, TTL("\x09"), "\x04", "\x0a\x00\x00\x01")),
	    DNS_A, DNS_OK, 5, "10.0.0.1 " },
	{ "records of others", BYTES(HEAD(OK, "\x02", "\x00") ASK(A)
	    RR(E_FULL, A, TTL("\x01"), "\x04", "\x0a\x00\x00\x09")
	    RR(SELF, A, TTL("\x09"), "\x04", "\x0a\x00\x00\x01")),
	    DNS_A, DNS_OK, 9, "10.0.0.1 " },
	{ "a TTL with its top bit", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    RR(SELF, A, "\x80\x00\x00\x00", "\x04", "\x0a\x00\x00\x01")),
	    DNS_A, DNS_OK, 0, "10.0.0.1 " },
	{ "another class", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    SELF "\x00\x01\x00\x03" TTL("\x09") "\x00\x04" "\x0a\x00\x00\x01"),
	    DNS_A, DNS_NODATA, 0, "" },

	{ "no such name", BYTES(HEAD(NXD, "\x00", "\x01") ASK(A)
	    SOA(TTL("\x09"), TTL("\x05"))), DNS_A, DNS_NXDOMAIN, 5, "" },
	{ "the SOA's own TTL is less", BYTES(HEAD(NXD, "\x00", "\x01") ASK(A)
	    SOA(TTL("\x03"), TTL("\x05"))), DNS_A, DNS_NXDOMAIN, 3, "" },
	{ "no such name, and no SOA", BYTES(HEAD(NXD, "\x00", "\x00") ASK(A)),
	    DNS_A, DNS_NXDOMAIN, 0, "" },
	{ "no such record", BYTES(HEAD(OK, "\x00", "\x01") ASK(A)
	    SOA(TTL("\x09"), TTL("\x05"))), DNS_A, DNS_NODATA, 5, "" },
	{ "no such record, and no SOA", BYTES(HEAD(OK, "\x00", "\x00") ASK(A)),
	    DNS_A, DNS_NODATA, 0, "" },
	{ "an alias of nothing", BYTES(HEAD(NXD, "\x01", "\x01") ASK(A)
	    RR(SELF, "\x05", TTL("\x02"), "\x04", E)
	    SOA(TTL("\x09"), TTL("\x05"))), DNS_A, DNS_NXDOMAIN, 2, "" },
	{ "an alias without more", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    RR(SELF, "\x05", TTL("\x02"), "\x04", E)),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "a referral", BYTES(HEAD(OK, "\x00", "\x01") ASK(A)
	    RR("\xc0\x0e", "\x02", TTL("\x09"), "\x04", E)),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "an alias of itself", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    RR(SELF, "\x05", TTL("\x02"), "\x02", SELF)),
	    DNS_A, DNS_LOOP, 0, "" },
	{ "a failure", BYTES(HEAD(FAILED, "\x00", "\x00") ASK(A)),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "a refusal", BYTES(HEAD("\x81\x85", "\x00", "\x00") ASK(A)),
	    DNS_A, DNS_REFUSED, 0, "" },

	{ "nothing", BYTES(""), DNS_A, DNS_SERVFAIL, 0, "" },
	{ "half a head", BYTES("\x12\x34\x81"), DNS_A, DNS_SERVFAIL, 0, "" },
	{ "a question that ends early", BYTES(HEAD(OK, "\x00", "\x00") D "\x00"),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "more resources than there are bytes",
	    BYTES(HEAD(OK, "\xff", "\xff") ASK(A)),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "data beyond the end", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    RR(SELF, A, TTL("\x09"), "\x05", "\x0a\x00\x00\x01")),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "an address of three bytes", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    RR(SELF, A, TTL("\x09"), "\x03", "\x0a\x00\x00")),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "an exchange without a name", BYTES(HEAD(OK, "\x01", "\x00") ASK(MX)
	    RR(SELF, MX, TTL("\x09"), "\x02", "\x00\x0a")),
	    DNS_MX, DNS_SERVFAIL, 0, "" },
	{ "a name longer than its data", BYTES(HEAD(OK, "\x01", "\x00") ASK(MX)
	    RR(SELF, MX, TTL("\x09"), "\x03", "\x00\x0a" E)),
	    DNS_MX, DNS_SERVFAIL, 0, "" },
	{ "a pointer to itself", BYTES(HEAD(OK, "\x01", "\x00") ASK(A)
	    "\xc0\x16" "\x00\x01\x00\x01" TTL("\x09") "\x00\x04" "\x0a\0\0\1"),
	    DNS_A, DNS_SERVFAIL, 0, "" },
	{ "a SOA cut short", BYTES(HEAD(NXD, "\x00", "\x01") ASK(A)
	    RR("\xc0\x0e", "\x06", TTL("\x09"), "\x06",
	    "\x01" "n\x00" "\x01" "a\x00")), DNS_A, DNS_SERVFAIL, 0, "" },
};
/* clang-format on */

static void
show(struct buf *out, const struct dns_answer *answer)
{
	char ip[IP_TEXT_MAX];

	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		if (record->type == DNS_MX)
			buf_printf(out, "%u %.*s ", record->preference,
			    SLICE_ARG(record->name));
		else
			buf_printf(out, "%s ", ip_format(&record->ip, ip));
	}
}

static void
test_answer(void **state)
{
	const struct row *row = *state;
	struct arena arena = { 0 };
	struct buf shown = { 0 };
	struct dns_answer answer = { .delay = 5, .server = SLICE("s") };

	ev_answer_read(slice_of(row->bytes, row->len), SLICE("D.ex."),
	    row->type, &arena, &answer);
	show(&shown, &answer);
	assert_slice(buf_slice(&shown), row->records);
	assert_int_equal(answer.status, row->status);
	assert_int_equal(answer.ttl_s, row->ttl_s);
	assert_true(answer.delay == 5);
	assert_slice(answer.server, "s");
	buf_fini(&shown);
	arena_fini(&arena);
}

/* Cut anywhere, a good message is a failure or less, never more. */
static void
test_cut(void **state)
{
	const struct row *row = *state;

	for (size_t len = 0; len < row->len; len++) {
		struct arena arena = { 0 };
		struct dns_answer answer = { 0 };
		char *exact = slice_dup(slice_of(row->bytes, len));

		ev_answer_read(slice_of(exact, len), SLICE("d.ex"), row->type,
		    &arena, &answer);
		assert_int_not_equal(answer.status, DNS_OK);
		assert_int_equal(answer.count, 0);
		free(exact);
		arena_fini(&arena);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_answer);
	ROWS(&kit, rows, test_cut);
	return kit_run(&kit, "ev_answer");
}
