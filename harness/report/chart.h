/* SPDX-License-Identifier: MIT */
/*
 * What the HTML page shows of one scenario beside its findings: the log with
 * the attempt that each line is about, and how many recipients were in the
 * queue when.  Attempts are those of the story, which keeps more of them when
 * there is a chart.  Gathered only when a page is wanted, in bounded memory.
 * Pure.
 */
#ifndef FAULTPOST_CHART_H
#define FAULTPOST_CHART_H

#include "harness/report/log_code.h"
#include "harness/report/series.h"
#include "harness/report/story.h"

/* Of a scenario: so many of its first and of its last attempts, and so many
 * bytes of its coded log. */
#define CHART_ATTEMPTS  8000
#define CHART_LOG_BYTES ((size_t)600 * 1024)

struct chart {
	utime start; /* of the scenario */
	struct log_code log;
	struct series queue;
	uint64_t attempt, message; /* of the last line of an attempt */
};

/* `start` is the moment from which times are told. */
struct chart *chart_new(utime start);
void chart_destroy(struct chart **cp);
/* A line of the log, which the story has seen; `ev` is NULL when it is no
 * record, `queued` how many recipients wait or are on their way behind it. */
void chart_log(struct chart *c, const struct story *story, struct slice line,
    const struct maillog_event *ev, utime now, uint64_t queued);

struct result;
/* Appends the chart of a result as a JSON object: the layout is told in
 * chart_json.c, and read by page/page.js. */
void chart_json(const struct result *r, struct buf *out);

#endif
