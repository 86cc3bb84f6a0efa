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

/* A log that is being read. */
struct dialect_reading {
	const struct reader_dialect *dialect;
	struct plan *plan;
	void *memory;
	struct reader r;
};

static inline void
dialect_begin(struct dialect_reading *d, const struct reader_dialect *dialect)
{
	d->dialect = dialect;
	d->plan = dialect_plan();
	d->memory = dialect->create();
	reader_init(&d->r, d->plan);
	d->r.now = d->plan->start;
}

static inline void
dialect_end(struct dialect_reading *d)
{
	reader_fini(&d->r);
	d->dialect->destroy(d->memory);
	plan_destroy(&d->plan);
}

static inline void
dialect_feed(struct dialect_reading *d, struct slice log)
{
	struct slice line;

	while (slice_split(&log, '\n', &line))
		d->dialect->line(d->memory, &d->r, line);
}

/* When something is due, behind that. */
static inline utime
dialect_due(struct dialect_reading *d, const char *log)
{
	dialect_feed(d, slice_cstr(log));
	return reader_due(&d->r);
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
	struct dialect_reading d;
	struct buf told = { 0 };
	struct slice rest, line;

	dialect_begin(&d, dialect);
	dialect_feed(&d, slice_cstr(row->log));
	rest = buf_slice(&d.r.out);
	while (slice_split(&rest, '\n', &line))
		dialect_append(&told, line);
	assert_string_equal(buf_cstr(&told), row->told);
	/* Wherever it is cut, and twice in a row. */
	for (size_t i = 0; row->log[i] != '\0'; i++)
		dialect_feed(&d, slice_of(row->log, i));
	buf_fini(&told);
	dialect_end(&d);
}

#endif
