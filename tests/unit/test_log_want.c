/* SPDX-License-Identifier: MIT */
/* What is asked for, by its word. */
#include "harness/log/log_want.h"

#include "tests/unit/kit.h"

static struct row {
	const char *name, *word;
	int kind; /* -1: an error */
	uint64_t number;
	const char *text;
} rows[] = {
	{ "a number is a MID", "9001", LOG_WANT_MID, 9001, "9001" },
	{ "as the log has it", "MID 9001", LOG_WANT_MID, 9001, "9001" },
	{ "a connection", "dcid:299", LOG_WANT_DCID, 299, "299" },
	{ "a connection with =", "DCID=0", LOG_WANT_DCID, 0, "0" },
	{ "a mailbox", "<a@b.example>", LOG_WANT_MAILBOX, 0, "a@b.example" },
	{ "a domain", "b.example", LOG_WANT_DOMAIN, 0, "b.example" },
	{ "an address", "10.1.1.11", LOG_WANT_ADDRESS, 0, "10.1.1.11" },
	{ "IPv6", "2001:db8::1", LOG_WANT_ADDRESS, 0, "2001:db8::1" },
	{ "no number", "DCID x", -1, 0, NULL },
	{ "a path", "logs/mail.log", -1, 0, NULL },
	{ "nothing", "", -1, 0, NULL },
	{ "two words", "a b", -1, 0, NULL },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct log_want want;
	struct err err;
	bool good = log_want_parse(row->word, &want, &err);

	assert_int_equal(good, row->kind >= 0);
	if (!good)
		return;
	assert_int_equal(want.kind, row->kind);
	assert_int_equal(want.number, row->number);
	assert_slice(want.text, row->text);
}

static void
test_fits(void **state)
{
	struct log_want want;
	struct err err;

	(void)state;
	assert_true(log_want_parse("A@b.example", &want, &err));
	assert_true(log_want_has_mailbox(&want, SLICE("<a@B.example>")));
	assert_false(log_want_has_mailbox(&want, SLICE("<b@b.example>")));
	assert_true(log_want_parse("b.example", &want, &err));
	assert_true(log_want_has_mailbox(&want, SLICE("a@b.example")));
	assert_false(log_want_has_mailbox(&want, SLICE("<a@c.b.example>")));
	assert_false(log_want_has_mailbox(&want, SLICE("<>")));
	assert_true(log_want_parse("2001:db8::1", &want, &err));
	assert_true(log_want_has_address(&want, SLICE("2001:DB8:0::1")));
	assert_false(log_want_has_address(&want, SLICE("2001:db8::2")));
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	TEST(&kit, test_fits);
	return kit_run(&kit, "log_want");
}
