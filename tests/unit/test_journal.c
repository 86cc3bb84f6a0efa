/* SPDX-License-Identifier: MIT */
/* Connections that are remembered: sums, order, and what goes when there are
 * too many. */
#include "mockserver/capture/journal.h"
#include "tests/unit/kit.h"

static void
tell(struct journal *j, uint64_t connection, enum transcript_kind kind,
    struct slice line)
{
	const struct transcript_event ev = {
		.kind = kind,
		.time = (utime)connection,
		.host = "mx",
		.connection = connection,
		.bytes = SLICE("four"),
	};

	journal_add(j, &ev, line);
}

static void
test_sums(void **state)
{
	struct journal *j = journal_new();
	const struct journal_connection *c;

	(void)state;
	tell(j, 1, TRANSCRIPT_OPEN, SLICE("a\n"));
	tell(j, 1, TRANSCRIPT_IN, SLICE("b\n"));
	tell(j, 1, TRANSCRIPT_OUT, SLICE("c\n"));
	tell(j, 1, TRANSCRIPT_OUT, SLICE("d\n"));
	tell(j, 1, TRANSCRIPT_TLS, SLICE("e\n"));
	tell(j, 1, TRANSCRIPT_VIOLATION, SLICE("f\n"));
	tell(j, 1, TRANSCRIPT_MESSAGE, SLICE("g\n"));
	c = journal_find(j, 1);
	assert_true(c->closed == UTIME_NEVER);
	tell(j, 1, TRANSCRIPT_LOST, SLICE("h\n"));
	tell(j, 2, TRANSCRIPT_IN, SLICE("nobody's\n"));
	assert_null(journal_find(j, 2));
	assert_int_equal(c->bytes_in, 4);
	assert_int_equal(c->bytes_out, 8);
	assert_int_equal(c->messages, 1);
	assert_int_equal(c->violations, 1);
	assert_true(c->is_secured);
	assert_true(c->closed == 1 && c->how == TRANSCRIPT_LOST);
	assert_slice(buf_slice(&c->lines), "a\nb\nc\nd\ne\nf\ng\nh\n");
	journal_destroy(&j);
}

static void
test_ended_go_first(void **state)
{
	struct journal *j = journal_new();
	const struct journal_connection *c;

	(void)state;
	for (uint64_t i = 1; i <= JOURNAL_CONNECTIONS_MAX; i++)
		tell(j, i, TRANSCRIPT_OPEN, SLICE("x\n"));
	tell(j, 500, TRANSCRIPT_CLOSE, SLICE("x\n"));
	tell(j, 2000, TRANSCRIPT_OPEN, SLICE("x\n"));
	assert_null(journal_find(j, 500));
	tell(j, 2001, TRANSCRIPT_OPEN, SLICE("x\n"));
	assert_null(journal_find(j, 1));
	assert_int_equal(journal_evicted(j), 2);
	c = journal_next(j, NULL);
	assert_int_equal(c->number, 2001);
	assert_int_equal(journal_next(j, c)->number, 2000);
	tell(j, 2000, TRANSCRIPT_CLOSE, SLICE("x\n"));
	assert_int_equal(journal_clear(j), 1);
	assert_null(journal_find(j, 2000));
	assert_slice(buf_slice(&journal_find(j, 2001)->lines), "");
	journal_destroy(&j);
}

/* Of a long dialogue the beginning is kept, and nothing behind a gap. */
static void
test_lines_are_bounded(void **state)
{
	struct journal *j = journal_new();
	const struct journal_connection *c;
	char *big = xcalloc(1, JOURNAL_LINES_MAX);

	(void)state;
	tell(j, 1, TRANSCRIPT_OPEN, SLICE("x\n"));
	tell(j, 1, TRANSCRIPT_IN, slice_of(big, JOURNAL_LINES_MAX));
	tell(j, 1, TRANSCRIPT_CLOSE, SLICE("y\n"));
	c = journal_find(j, 1);
	assert_slice(buf_slice(&c->lines), "x\n");
	assert_int_equal(c->cut, 2);
	for (uint64_t i = 2; i < 2 + JOURNAL_BYTES_MAX / JOURNAL_LINES_MAX; i++)
		tell(j, i, TRANSCRIPT_OPEN, slice_of(big, JOURNAL_LINES_MAX));
	assert_null(journal_find(j, 1));
	assert_non_null(journal_find(j, 2));
	tell(j, 1000, TRANSCRIPT_OPEN, SLICE("x\n"));
	assert_null(journal_find(j, 2));
	free(big);
	journal_destroy(&j);
}

int
main(void)
{
	struct kit kit = { 0 };

	TEST(&kit, test_sums);
	TEST(&kit, test_ended_go_first);
	TEST(&kit, test_lines_are_bounded);
	return kit_run(&kit, "journal");
}
