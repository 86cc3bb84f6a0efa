/* SPDX-License-Identifier: MIT */
/* Logs of programs that are not ours, and what a dialect tells of them. */
#ifndef FAULTPOST_DIALECT_LOG_H
#define FAULTPOST_DIALECT_LOG_H

#include "harness/live/reader.h"

#include "tests/unit/kit.h"

struct dialect_row {
	const char *name, *log, *told;
};

static inline struct plan *
dialect_plan(void)
{
	struct err err;
	struct plan *plan = plan_parse("f.json",
	    SLICE("{\"title\": \"t\", \"start\": \"2014-07-02T09:16:00Z\","
		  " \"hosts\": {\"mx\": {\"address\": \"10.1.1.1\"}}}"),
	    &err);

	assert_non_null(plan);
	return plan;
}

static inline void
dialect_feed(const struct reader_dialect *dialect, struct reader *r,
    void *memory, struct slice log)
{
	struct slice line;

	while (slice_split(&log, '\n', &line))
		dialect->line(memory, r, line);
}

/* Without its stamp and level. */
static inline void
dialect_append(struct buf *out, struct slice line)
{
	size_t at = slice_find(line, SLICE(": "));

	buf_append(out, slice_skip(line, at + 2));
	buf_append_byte(out, '\n');
}

/* Also wherever it is cut. */
static inline void
dialect_check(
    const struct reader_dialect *dialect, const struct dialect_row *row)
{
	struct plan *plan = dialect_plan();
	void *memory = dialect->create();
	struct buf told = { 0 };
	struct reader r;
	struct slice rest, line;

	reader_init(&r, plan);
	r.now = plan->start;
	dialect_feed(dialect, &r, memory, slice_cstr(row->log));
	rest = buf_slice(&r.out);
	while (slice_split(&rest, '\n', &line))
		dialect_append(&told, line);
	assert_string_equal(buf_cstr(&told), row->told);
	/* Wherever it is cut, and twice in a row. */
	for (size_t i = 0; row->log[i] != '\0'; i++)
		dialect_feed(dialect, &r, memory, slice_of(row->log, i));
	buf_fini(&told);
	reader_fini(&r);
	dialect->destroy(memory);
	plan_destroy(&plan);
}

#endif
