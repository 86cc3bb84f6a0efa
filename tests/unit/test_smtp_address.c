/* SPDX-License-Identifier: MIT */
/* Paths and addresses (RFC 5321, 4.1.2 and 4.1.3; RFC 6531). */
#include "core/smtp/address.h"

#include "tests/unit/kit.h"

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X63 X50 X10 "xxx"

enum {
	FORWARD = 0,
	REVERSE = 1,
	UTF8 = 2
};

/* The name is the text; `want` is "local domain" and what is behind the path,
 * "!" and the reason when it is refused. */
static struct path_row {
	const char *name;
	int flags;
	const char *want;
} path_rows[] = {
	{ "<a@b.example>", FORWARD, "a|b.example|" },
	{ "<a@b.example> SIZE=1", FORWARD, "a|b.example| SIZE=1" },
	{ "<a@b>", FORWARD, "a|b|" },
	{ "<first.last@b.example>", FORWARD, "first.last|b.example|" },
	{ "<!#$%&'*+-/=?^_`{|}~@b>", FORWARD, "!#$%&'*+-/=?^_`{|}~|b|" },
	{ "<1@2>", FORWARD, "1|2|" },
	{ "<a@b-c.d--e>", FORWARD, "a|b-c.d--e|" },
	{ "<>", REVERSE, "||" },
	{ "<> BODY=7BIT", REVERSE, "|| BODY=7BIT" },
	{ "<>", FORWARD, "!an empty path is for reverse paths only" },
	{ "<postmaster>", FORWARD, "postmaster||" },
	{ "<PostMaster>", FORWARD, "PostMaster||" },
	{ "<postmaster>", REVERSE, "!the domain is missing" },
	{ "<postmaster2>", FORWARD, "!the domain is missing" },
	{ "", FORWARD, "!an address stands in angle brackets" },
	{ "a@b", FORWARD, "!an address stands in angle brackets" },
	{ " <a@b>", FORWARD, "!an address stands in angle brackets" },
	{ "<a@b", FORWARD, "!the closing angle bracket is missing" },
	{ "<", FORWARD, "!the closing angle bracket is missing" },
	{ "<\"a>@b", FORWARD, "!the closing angle bracket is missing" },
	{ "<@b>", FORWARD, "!the source route breaks the grammar" },
	{ "<a@>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@b@c>", FORWARD, "!the domain breaks the grammar" },
	{ "<.a@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<a.@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<a..c@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<a c@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<a(c)@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<a,c@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<a@.b>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@b.>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@b..c>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@-b>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@b->", FORWARD, "!the domain breaks the grammar" },
	{ "<a@b_c>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@b c>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@" X63 ".x>", FORWARD, "a|" X63 ".x|" },
	{ "<a@x" X63 ">", FORWARD, "!the domain breaks the grammar" },
	{ "<x" X63 "@b>", FORWARD, "x" X63 "|b|" },
	{ "<xx" X63 "@b>", FORWARD, "!the local part is over 64 bytes" },
	{ "<a@" X63 "." X63 "." X63 "." X50 X10 ">", FORWARD,
	    "a|" X63 "." X63 "." X63 "." X50 X10 "|" },
	{ "<aa@" X63 "." X63 "." X63 "." X50 X10 "x>", FORWARD,
	    "!the path is over 256 bytes" },
	{ "<\"a\"@b>", FORWARD, "\"a\"|b|" },
	{ "<\"\"@b>", FORWARD, "\"\"|b|" },
	{ "<\"a b\"@c>", FORWARD, "\"a b\"|c|" },
	{ "<\"a>b\"@c>", FORWARD, "\"a>b\"|c|" },
	{ "<\"a\\\"@b\\\\\"@c>", FORWARD, "\"a\\\"@b\\\\\"|c|" },
	{ "<\"a@b\"@c>", FORWARD, "\"a@b\"|c|" },
	{ "<\"a\"b@c>", FORWARD, "!the local part breaks the grammar" },
	{ "<\"a\tb\"@c>", FORWARD, "!the local part breaks the grammar" },
	{ "<\"a\\>@c>", FORWARD, "!the closing angle bracket is missing" },
	{ "<@a,@b:c@d>", FORWARD, "c|d|" },
	{ "<@a:c@d>", REVERSE, "c|d|" },
	{ "<@a,@b.c@d>", FORWARD, "!the source route breaks the grammar" },
	{ "<@a,:c@d>", FORWARD, "!the source route breaks the grammar" },
	{ "<@a,b:c@d>", FORWARD, "!the source route breaks the grammar" },
	{ "<@:c@d>", FORWARD, "!the source route breaks the grammar" },
	{ "<@[10.0.0.1]:c@d>", FORWARD,
	    "!the source route breaks the grammar" },
	{ "<a@[10.1.1.11]>", FORWARD, "a|[10.1.1.11]|" },
	{ "<a@[IPv6:2001:db8::1]>", FORWARD, "a|[IPv6:2001:db8::1]|" },
	{ "<a@[ipv6:::1]>", FORWARD, "a|[ipv6:::1]|" },
	{ "<a@[x-net:some.where]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[10.1.1]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[10.1.1.256]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[2001:db8::1]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[::1]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[IPv6:10.1.1.1]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[IPv6:]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[IPv6:1::2::3]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[]>", FORWARD, "!the domain breaks the grammar" },
	{ "<a@[10.1.1.1>", FORWARD, "!the domain breaks the grammar" },
	{ "<j\xc3\xb6rg@b>", FORWARD, "!the local part breaks the grammar" },
	{ "<j\xc3\xb6rg@b>", UTF8, "j\xc3\xb6rg|b|" },
	{ "<a@b\xc3\xbc"
	  "cher.example>",
	    FORWARD, "!the domain breaks the grammar" },
	{ "<a@b\xc3\xbc"
	  "cher.example>",
	    UTF8,
	    "a|b\xc3\xbc"
	    "cher.example|" },
	{ "<\"\xe2\x82\xac\"@b>", UTF8, "\"\xe2\x82\xac\"|b|" },
	{ "<\xf0\x9f\x93\xa7@b>", UTF8, "\xf0\x9f\x93\xa7|b|" },
	{ "<\xc0\xaf@b>", UTF8, "!the local part breaks the grammar" },
	{ "<\xe0\x80\xaf@b>", UTF8, "!the local part breaks the grammar" },
	{ "<\xed\xa0\x80@b>", UTF8, "!the local part breaks the grammar" },
	{ "<\xf4\x90\x80\x80@b>", UTF8, "!the local part breaks the grammar" },
	{ "<\xc3@b>", UTF8, "!the local part breaks the grammar" },
	{ "<\xbf@b>", UTF8, "!the local part breaks the grammar" },
	{ "<\xff@b>", UTF8, "!the local part breaks the grammar" },
};

static void
test_path(void **state)
{
	const struct path_row *row = *state;
	struct slice text = slice_cstr(row->name);
	struct smtp_address address;
	struct buf got = { 0 };
	const char *why = NULL;
	size_t used = 0;

	if (smtp_path_parse(text, (row->flags & REVERSE) != 0,
		(row->flags & UTF8) != 0, &address, &used, &why)) {
		buf_append(&got, address.local);
		buf_append_byte(&got, '|');
		buf_append(&got, address.domain);
		buf_append_byte(&got, '|');
		buf_append(&got, slice_skip(text, used));
		assert_int_equal(address.is_utf8, (row->flags & UTF8) != 0);
		if (address.domain.len > 0)
			assert_int_equal(address.whole.len,
			    address.local.len + 1 + address.domain.len);
	} else {
		buf_printf(&got, "!%s", why);
	}
	assert_slice(buf_slice(&got), row->want);
	buf_fini(&got);
}

/* Every prefix of a text in an allocation of its own: no read past its end. */
static void
test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(path_rows); i++) {
		struct slice text = slice_cstr(path_rows[i].name);

		for (size_t len = 0; len < text.len; len++) {
			char *copy = xmalloc(len);
			struct smtp_address address;
			const char *why;
			size_t used;

			if (len > 0)
				memcpy(copy, text.at, len);
			(void)smtp_path_parse(slice_of(copy, len), true, true,
			    &address, &used, &why);
			(void)smtp_address_parse(
			    slice_of(copy, len), true, &address, &why);
			free(copy);
		}
	}
}

static void
test_address(void **state)
{
	struct smtp_address address;
	const char *why;

	(void)state;
	assert_true(smtp_address_parse(
	    SLICE("user@example.com"), false, &address, &why));
	assert_slice(address.whole, "user@example.com");
	assert_slice(address.local, "user");
	assert_slice(address.domain, "example.com");
	assert_false(smtp_address_parse(
	    SLICE("<user@example.com>"), false, &address, &why));
	assert_false(smtp_address_parse(SLICE(""), false, &address, &why));
	assert_false(smtp_address_parse(
	    SLICE("user@example.com "), false, &address, &why));
}

static void
test_domain(void **state)
{
	(void)state;
	assert_true(smtp_domain_is_valid(SLICE("example.com"), false));
	assert_true(smtp_domain_is_valid(SLICE("3com.com"), false));
	assert_false(smtp_domain_is_valid(SLICE(""), false));
	assert_false(smtp_domain_is_valid(SLICE("."), false));
	assert_false(smtp_domain_is_valid(SLICE("example.com."), false));
	assert_false(smtp_domain_is_valid(SLICE("[10.1.1.1]"), false));
	assert_true(
	    smtp_domain_is_valid(SLICE(X63 "." X63 "." X63 "." X63), false));
	assert_false(smtp_domain_is_valid(
	    SLICE(X63 "." X63 "." X63 "." X50 X10 ".xxx"), false));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, path_rows, test_path);
	TEST(&kit, test_prefixes);
	TEST(&kit, test_address);
	TEST(&kit, test_domain);
	return kit_run(&kit, "smtp_address");
}
