/* SPDX-License-Identifier: MIT */
/* What was seen of a log, in words; see survey.h. */
#include "harness/check/survey.h"

#define ULL(n) ((unsigned long long)(n))

/* Of many gaps the first ones are told. */
#define GAPS_SHOWN 5

static void
count_format(const struct survey_count *c, const char *one, const char *many,
    struct buf *out)
{
	if (c->count == 0)
		return;
	buf_printf(out, "  %llu %s (%sline %llu)\n", ULL(c->count),
	    c->count == 1 ? one : many,
	    c->count == 1 ? "" : "first: ", ULL(c->first));
}

static void
clock_format(const struct survey *s, struct buf *out)
{
	if (s->back.count > 0)
		buf_printf(out,
		    "  the clock went back %llu time%s (%sline %llu)\n",
		    ULL(s->back.count), s->back.count == 1 ? "" : "s",
		    s->back.count == 1 ? "" : "first: ", ULL(s->back.first));
	if (s->silences.count > 0)
		buf_printf(out,
		    "  silent %llu time%s while mail was due (before line "
		    "%llu): the clock went ahead, or lines are missing\n",
		    ULL(s->silences.count), s->silences.count == 1 ? "" : "s",
		    ULL(s->silences.first));
	if (s->anew.count > 0)
		buf_printf(out,
		    "  numbers begin anew %llu time%s (%sline %llu)\n",
		    ULL(s->anew.count), s->anew.count == 1 ? "" : "s",
		    s->anew.count == 1 ? "" : "first: ", ULL(s->anew.first));
}

static void
others_format(const struct survey *s, struct buf *out)
{
	if (s->others.count > 0)
		buf_printf(out,
		    "  %llu record%s of another appliance, %s (first: line "
		    "%llu)\n",
		    ULL(s->others.count), s->others.count == 1 ? "" : "s",
		    s->other, ULL(s->others.first));
}

static void
missing_format(const struct survey *s, struct buf *out)
{
	size_t shown = 0, missing = 0;
	uint64_t from = 0;

	for (size_t i = 0; i < s->gap_count; i++) {
		const struct survey_gap *gap = &s->gaps[i];

		if (gap->reason != SURVEY_MISSING)
			continue;
		missing++;
		if (shown >= GAPS_SHOWN || gap->from < from)
			continue;
		shown++;
		from = gap->to;
		buf_printf(out,
		    "  lines seem to be missing between lines %llu and "
		    "%llu\n",
		    ULL(gap->from), ULL(gap->to));
	}
	if (missing > shown)
		buf_printf(out, "  and in more places: %zu\n", missing - shown);
	count_format(&s->muted, "record there was not judged",
	    "records there were not judged", out);
}

void
survey_format(const struct survey *s, struct buf *out)
{
	count_format(
	    &s->stray, "line is no record", "lines are no records", out);
	count_format(&s->empty, "line among records is empty",
	    "lines among records are empty", out);
	count_format(
	    &s->broken, "record is damaged", "records are damaged", out);
	count_format(&s->unknown, "record is of no known form",
	    "records are of no known form", out);
	count_format(&s->remade,
	    "message is rewritten or split, as in no "
	    "scenario",
	    "messages are rewritten or split, as in no scenario", out);
	others_format(s, out);
	clock_format(s, out);
	missing_format(s, out);
	count_format(&s->transcript, "line of the transcript is no event",
	    "lines of the transcript are no events", out);
}
