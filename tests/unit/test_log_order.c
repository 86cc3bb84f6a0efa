/* SPDX-License-Identifier: MIT */
/* Files of a log in the order in which they were written. */
#include "harness/log/log_order.h"

#include "tests/unit/kit.h"

static struct rotation_row {
	const char *name, *path;
	uint64_t number;
} rotations[] = {
	{ "none", "mail.log", 0 },
	{ "a number", "logs/mail.log.12", 12 },
	{ "gzip", "mail.log.2.gz", 2 },
	{ "zstd", "mail.log.3.zst", 3 },
	{ "of a folder", "logs.7/mail", 0 },
	{ "an appliance's name", "mail.@20140702T091507.s", 0 },
};

static void
test_rotation(void **state)
{
	const struct rotation_row *row = *state;

	assert_int_equal(
	    log_order_rotation(slice_cstr(row->path)), row->number);
}

static struct order_row {
	const char *name;
	struct log_file files[3];
	const char *want;
} orders[] = {
	{ "by their records",
	    { { "b", true, 20, 0 }, { "c", true, 30, 1 },
		{ "a", true, 10, 2 } },
	    "abc" },
	{ "of one second by their numbers",
	    { { "c", true, 1, 0 }, { "b.1", true, 1, 1 },
		{ "a.2", true, 1, 2 } },
	    "abc" },
	{ "of one second and no number as they are named",
	    { { "a", true, 1, 0 }, { "c", true, 2, 1 }, { "b", true, 1, 2 } },
	    "abc" },
	{ "one without a record",
	    { { "a", true, 9, 0 }, { "b", false, 0, 1 }, { "c", true, 1, 2 } },
	    "abc" },
};

static void
test_order(void **state)
{
	const struct order_row *row = *state;
	struct log_file files[3];
	char got[4] = "";

	memcpy(files, row->files, sizeof(files));
	log_order_sort(files, 3);
	for (size_t i = 0; i < 3; i++)
		got[i] = files[i].path[0];
	assert_string_equal(got, row->want);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rotations, test_rotation);
	ROWS(&kit, orders, test_order);
	return kit_run(&kit, "log_order");
}
