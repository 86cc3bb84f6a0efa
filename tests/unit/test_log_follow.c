/* SPDX-License-Identifier: MIT */
/* What is followed: what goes wrong, with the host of the connection for as
 * long as that is open. */
#include "harness/log/log_follow.h"

#include "tests/unit/kit.h"
#include "tests/unit/log_case_kit.h"

#define CLOSED(s) AT(s) "DCID 5 close\n"
#define HOST      "10.1.1.1 port 25 (DCID 5)"

static struct row {
	const char *name, *text;
	bool is_all;
	const char *want;
} rows[] = {
	{ "what goes well is not told",
	    ONE NEW("15:00", "5", "10.1.1.1") START("15:00", "5", "1", "0")
		DONE("15:01", "5", "1", "0") CLOSED("15:02"),
	    false, "" },
	{ "but with all it is",
	    NEW("15:00", "5", "10.1.1.1") START("15:00", "5", "1", "0"), true,
	    "2014-07-02 09:15:00  " HOST " is connected\n"
	    "2014-07-02 09:15:00  MID 1  " HOST " is given RID 0\n" },
	{ "a failure, by the host's name, for its domain",
	    NEW("15:00", "5", "10.1.1.1")
		ERROR("15:01", "5", "10.1.1.1", "EOF"),
	    false,
	    "2014-07-02 09:15:01  " HOST
	    " closed the connection, for one.example\n" },
	{ "put off, by the host of the connection",
	    NEW("15:00", "5", "10.1.1.1") DELAYED("15:01", "5", "1"), false,
	    "2014-07-02 09:15:01  MID 1  " HOST
	    " put off RID 0: 452 '4.3.1 full' (4.3.1 - full)\n" },
	{ "which is known after other records of it, too",
	    NEW("15:00", "5", "10.1.1.1") START("15:00", "5", "1", "0")
		DELAYED("15:01", "5", "1") DELAYED("15:02", "5", "2"),
	    false,
	    "2014-07-02 09:15:01  MID 1  " HOST
	    " put off RID 0: 452 '4.3.1 full' (4.3.1 - full)\n"
	    "2014-07-02 09:15:02  MID 2  " HOST
	    " put off RID 0: 452 '4.3.1 full' (4.3.1 - full)\n" },
	{ "and no longer when it is closed",
	    NEW("15:00", "5", "10.1.1.1") CLOSED("15:00")
		DELAYED("15:01", "5", "1"),
	    false,
	    "2014-07-02 09:15:01  MID 1  DCID 5 put off RID 0: 452 '4.3.1 "
	    "full' (4.3.1 - full)\n" },
	{ "or has failed",
	    NEW("15:00", "5", "10.1.1.1") ERROR("15:00", "5", "10.1.1.1", "EOF")
		DELAYED("15:01", "5", "1"),
	    false,
	    "2014-07-02 09:15:00  " HOST
	    " closed the connection, for one.example\n"
	    "2014-07-02 09:15:01  MID 1  DCID 5 put off RID 0: 452 '4.3.1 "
	    "full' (4.3.1 - full)\n" },
};

struct following {
	struct log_follower *follower;
	struct buf told;
};

static void
take(void *owner, const struct log_record *record)
{
	struct following *f = owner;

	log_follower_take(f->follower, record, &f->told);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct following f = { .follower = log_follower_new(row->is_all) };
	struct slice rest = slice_cstr(row->text), line;
	struct log_reader r;

	log_reader_init(&r, &f, take);
	log_reader_begin(&r, "a", 0);
	while (slice_split(&rest, '\n', &line))
		log_reader_line(&r, line);
	log_reader_rest(&r);
	assert_slice(buf_slice(&f.told), row->want);
	log_reader_fini(&r);
	log_follower_destroy(&f.follower);
	log_follower_destroy(&f.follower);
	buf_fini(&f.told);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, rows, test_row);
	return kit_run(&kit, "log_follow");
}
