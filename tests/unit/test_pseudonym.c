/* SPDX-License-Identifier: MIT */
/* Pseudonyms: consistent, different, and what stays as it is. */
#include "harness/log/pseudonym.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name;
	void (*make)(struct pseudonyms *, struct slice, struct buf *);
	const char *texts[4], *want[4];
} rows[] = {
	{ "a mailbox, whatever its case", pseudonym_mailbox,
	    { "jane@shop.com", "JANE@Shop.COM", "joe@shop.com", "" },
	    { "user1@d1.com.example", "user1@d1.com.example",
		"user2@d1.com.example", "" } },
	{ "what nobody is called", pseudonym_mailbox,
	    { "postmaster@shop.com", "MAILER-DAEMON", "postmaster@x.shop.com" },
	    { "postmaster@d1.com.example", "MAILER-DAEMON",
		"postmaster@d2.d1.com.example" } },
	{ "domains keep their order", pseudonym_domain,
	    { "a.shop.com", "shop.com", ".shop.com", "b.a.shop.com." },
	    { "d2.d1.com.example", "d1.com.example", ".d1.com.example",
		"d3.d2.d1.com.example." } },
	{ "top levels of a house's own", pseudonym_domain,
	    { "mx.corp", "mx", "unknown", "10.2" },
	    { "d2.d1.example", "d3.example", "unknown", "10.2" } },
	{ "addresses", pseudonym_address,
	    { "8.8.8.8", "10.1.1.11", "192.0.2.7", "8.8.8.8" },
	    { "198.18.0.1", "10.1.1.11", "192.0.2.7", "198.18.0.1" } },
	{ "IPv6", pseudonym_address,
	    { "2A00::1", "fe80::1", "2a00:0::1", "no address" },
	    { "2001:db8::1", "fe80::1", "2001:db8::1", "no address" } },
	{ "texts", pseudonym_text, { "Offer", "offer", "Other", "" },
	    { "text 1", "text 1", "text 2", "" } },
	{ "prose", pseudonym_prose,
	    { "5.1.1 <jane@shop.com>: no jane here",
		"mx1.shop.com said: 4.3.2 try 8.8.8.8:25.",
		"see https://mx1.shop.com/x?ip=8.8.8.8", "JANE's is full" },
	    { "5.1.1 <user1@d1.com.example>: no user1 here",
		"d2.d1.com.example said: 4.3.2 try 198.18.0.1:25.",
		"see https://d2.d1.com.example/x?ip=198.18.0.1",
		"user1's is full" } },
	{ "escapes", pseudonym_prose,
	    { "one\\nshop.com\\x1b[mx1.shop.com]", "\\", "a\\", "2a00::1: no" },
	    { "one\\nd1.com.example\\x1b[d2.d1.com.example]", "\\", "a\\",
		"2001:db8::1: no" } },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct pseudonyms p = { 0 };

	for (size_t i = 0; i < 4; i++) {
		struct buf got = { 0 };

		if (row->texts[i] == NULL)
			continue;
		row->make(&p, slice_cstr(row->texts[i]), &got);
		assert_slice(buf_slice(&got), row->want[i]);
		buf_fini(&got);
	}
	pseudonyms_fini(&p);
}

static void
made(void (*make)(struct pseudonyms *, struct slice, struct buf *),
    struct pseudonyms *p, const char *name, char out[120])
{
	struct buf got = { 0 };

	make(p, slice_cstr(name), &got);
	(void)snprintf(out, 120, "%s", buf_cstr(&got));
	buf_fini(&got);
}

/* What the table has stays as it is, and what it does not take is the same each
 * time, whatever its case, and of another key another. */
static void
test_full(void **state)
{
	static const struct {
		void (*make)(struct pseudonyms *, struct slice, struct buf *);
		const char *name, *again, *other, *begins;
	} names[] = {
		{ pseudonym_mailbox, "joe@a.net", "JOE@a.net", "ann@a.net",
		    "user-" },
		{ pseudonym_domain, "b.net", "B.NET", "c.net", "d-" },
		{ pseudonym_address, "9.9.9.9", "9.9.9.9", "9.9.9.8",
		    "2001:db8:100:" },
		{ pseudonym_text, "Offer", "offer", "Order", "text-" },
	};
	struct pseudonyms p = { .most = 4 }, q = { .most = 4, .key = { 1 } };
	char first[120], again[120], other[120], with_q[120];

	(void)state;
	made(pseudonym_mailbox, &p, "jane@shop.com", first);
	made(pseudonym_mailbox, &q, "jane@shop.com", first);
	made(pseudonym_text, &p, "t", first);
	made(pseudonym_text, &q, "t", first);
	assert_int_equal(p.count, 4);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		made(names[i].make, &p, names[i].name, first);
		made(names[i].make, &p, names[i].again, again);
		made(names[i].make, &p, names[i].other, other);
		made(names[i].make, &q, names[i].name, with_q);
		assert_memory_equal(
		    first, names[i].begins, strlen(names[i].begins));
		assert_string_equal(first, again);
		assert_string_not_equal(first, other);
		assert_string_not_equal(first, with_q);
	}
	made(pseudonym_mailbox, &p, "jane@shop.com", first);
	assert_string_equal(first, "user1@d1.com.example");
	assert_int_equal(p.count, 4);
	assert_true(p.derived > 0);
	pseudonyms_fini(&p);
	pseudonyms_fini(&q);
}

/* A table that its domain fills has no number for the mailbox, or it would have
 * another one the next time. */
static void
test_full_within_a_name(void **state)
{
	struct pseudonyms p = { .most = 2 };
	char first[120], again[120];

	(void)state;
	made(pseudonym_mailbox, &p, "jane@shop.com", first);
	made(pseudonym_mailbox, &p, "jane@shop.com", again);
	assert_string_equal(first, again);
	assert_memory_equal(first, "user-", 5);
	assert_non_null(strstr(first, "@d1.com.example"));
	pseudonyms_fini(&p);
}

/* Local parts that the table did not take are still found in prose, as they
 * stand in the mailbox; postmaster is nobody's. */
static void
test_full_prose(void **state)
{
	struct pseudonyms p = { .most = 1 };
	char mailbox[120], local[120], prose[120];

	(void)state;
	made(pseudonym_mailbox, &p, "marmaduke@shop.com", mailbox);
	made(pseudonym_mailbox, &p, "postmaster@shop.com", local);
	(void)snprintf(local, sizeof(local), "no %.*s",
	    (int)strcspn(mailbox, "@"), mailbox);
	made(pseudonym_prose, &p, "no Marmaduke", prose);
	assert_string_equal(prose, local);
	made(pseudonym_prose, &p, "ask postmaster, mailbox full", prose);
	assert_string_equal(prose, "ask postmaster, mailbox full");
	pseudonyms_fini(&p);
}

/* Different names never have one pseudonym, however many there are. */
static void
test_many(void **state)
{
	struct pseudonyms p = { 0 };
	struct map seen = { 0 };

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		char name[32];
		struct buf got = { 0 };

		(void)snprintf(name, sizeof(name), "%u.%u.%u.%u", 20 + i % 7,
		    i >> 16 & 255, i >> 8 & 255, i & 255);
		pseudonym_address(&p, slice_cstr(name), &got);
		assert_null(map_find(&seen, buf_slice(&got)));
		map_add(&seen, arena_slice(&p.arena, buf_slice(&got)), &p);
		buf_fini(&got);
	}
	map_fini(&seen);
	pseudonyms_fini(&p);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_full);
	TEST(&kit, test_full_within_a_name);
	TEST(&kit, test_full_prose);
	TEST(&kit, test_many);
	return kit_run(&kit, "pseudonym");
}
