/* SPDX-License-Identifier: MIT */
/* Aligning events; see log_compare.h. */
#include "harness/log/log_compare.h"

#include <inttypes.h>

/* How far a next event that is the same is looked for. */
#define AHEAD_MAX 200

struct comparing {
	struct log_comparison *out;
	const struct log_case *theirs, *ours;
	size_t *message_of; /* theirs -> ours, or NONE; owned */
	size_t strand;      /* that is being aligned */
};

/* A list of events that belong together. */
struct strand {
	size_t *at; /* owned */
	size_t count, cap;
};

static void
strand_add(struct strand *s, size_t event)
{
	s->at = xgrow(s->at, &s->cap, s->count + 1, sizeof(s->at[0]));
	s->at[s->count++] = event;
}

/* ---- messages ---- */

static bool
text_equal(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool
message_equal(
    const struct log_case_message *theirs, const struct log_case_message *ours)
{
	if (ours->is_generated || theirs->to_count != ours->to_count ||
	    (theirs->from != NULL && !text_equal(theirs->from, ours->from)))
		return false;
	for (size_t i = 0; i < theirs->to_count; i++)
		if (theirs->to[i].to != NULL &&
		    !text_equal(theirs->to[i].to, ours->to[i].to))
			return false;
	return true;
}

/* Each of theirs and the first of ours that is the same and not taken yet. */
static void
match_messages(struct comparing *c)
{
	bool *is_taken =
	    xcalloc(c->ours->message_count + 1, sizeof(is_taken[0]));

	for (size_t i = 0; i < c->theirs->message_count; i++) {
		c->message_of[i] = LOG_CASE_NONE;
		if (c->theirs->messages[i].is_generated ||
		    c->theirs->messages[i].is_over)
			continue;
		for (size_t k = 0; k < c->ours->message_count; k++) {
			if (is_taken[k] ||
			    !message_equal(
				&c->theirs->messages[i], &c->ours->messages[k]))
				continue;
			c->message_of[i] = k;
			is_taken[k] = true;
			break;
		}
	}
	free(is_taken);
}

/* ---- events ---- */

static bool
host_equal(const struct comparing *c, size_t theirs, size_t ours)
{
	if (theirs == LOG_CASE_NONE || ours == LOG_CASE_NONE)
		return theirs == ours;
	return endpoint_equal(
	    &c->theirs->hosts[theirs].at, &c->ours->hosts[ours].at);
}

static bool
event_equal(const struct comparing *c, const struct log_case_event *theirs,
    const struct log_case_event *ours)
{
	if (theirs->form != ours->form || theirs->code != ours->code ||
	    strcmp(theirs->rids, ours->rids) != 0)
		return false;
	if (theirs->form == MAILLOG_CONNECTION_ERROR &&
	    theirs->failure != ours->failure)
		return false;
	/* A host that the log does not name may be any. */
	return theirs->host == LOG_CASE_NONE ||
	    host_equal(c, theirs->host, ours->host);
}

static void
row_add(struct comparing *c, size_t theirs, size_t ours, bool may_be_behind)
{
	struct log_comparison *out = c->out;
	struct log_row row = { LOG_ROW_SAME, theirs, ours, 0, c->strand };
	utime span = c->theirs->last - c->theirs->first;

	row.at = theirs != LOG_CASE_NONE
	    ? c->theirs->events[theirs].at - c->theirs->first
	    : c->ours->events[ours].at - c->ours->first;
	if (ours == LOG_CASE_NONE)
		row.kind = LOG_ROW_MISSING;
	else if (theirs == LOG_CASE_NONE)
		row.kind = may_be_behind || row.at > span ? LOG_ROW_BEHIND
							  : LOG_ROW_MORE;
	out->same += row.kind == LOG_ROW_SAME;
	out->missing += row.kind == LOG_ROW_MISSING;
	out->more += row.kind == LOG_ROW_MORE;
	out->behind += row.kind == LOG_ROW_BEHIND;
	out->rows =
	    xgrow(out->rows, &out->cap, out->count + 1, sizeof(out->rows[0]));
	out->rows[out->count++] = row;
}

/* How far ahead in `in` from `at` on the event is; AHEAD_MAX: too far. */
static size_t
ahead(const struct comparing *c, const struct strand *theirs, size_t t,
    const struct strand *ours, size_t o, bool in_ours)
{
	size_t count = in_ours ? ours->count - o : theirs->count - t;

	for (size_t i = 0; i < count && i < AHEAD_MAX; i++) {
		size_t a = theirs->at[in_ours ? t : t + i];
		size_t b = ours->at[in_ours ? o + i : o];

		if (event_equal(c, &c->theirs->events[a], &c->ours->events[b]))
			return i;
	}
	return AHEAD_MAX;
}

/* Both strands from their beginnings: where they differ that goes on in which
 * the next one that is the same is nearer. */
static void
align(struct comparing *c, const struct strand *theirs,
    const struct strand *ours, bool is_partial)
{
	size_t t = 0, o = 0;

	while (t < theirs->count && o < ours->count) {
		size_t in_ours = ahead(c, theirs, t, ours, o, true);
		size_t in_theirs = ahead(c, theirs, t, ours, o, false);

		if (in_ours == 0)
			row_add(c, theirs->at[t++], ours->at[o++], false);
		else if (in_ours < AHEAD_MAX && in_ours <= in_theirs)
			row_add(c, LOG_CASE_NONE, ours->at[o++], is_partial);
		else
			row_add(c, theirs->at[t++], LOG_CASE_NONE, false);
	}
	while (t < theirs->count)
		row_add(c, theirs->at[t++], LOG_CASE_NONE, false);
	/* The log ends here, or what is taken of it. */
	is_partial |= c->theirs->left_out > 0;
	while (o < ours->count)
		row_add(c, LOG_CASE_NONE, ours->at[o++], is_partial);
}

static struct strand
of_message(const struct log_case *c, size_t message)
{
	struct strand s = { 0 };

	for (size_t i = 0; i < c->event_count; i++)
		if (c->events[i].message == message)
			strand_add(&s, i);
	return s;
}

static struct strand
of_domain(const struct log_case *c, const char *domain)
{
	struct strand s = { 0 };

	for (size_t i = 0; i < c->event_count; i++) {
		const struct log_case_event *event = &c->events[i];

		if (event->message == LOG_CASE_NONE &&
		    event->domain != LOG_CASE_NONE &&
		    slice_eq_nocase(slice_cstr(c->domains[event->domain]),
			slice_cstr(domain)))
			strand_add(&s, i);
	}
	return s;
}

static int
compare_rows(const void *left, const void *right)
{
	const struct log_row *a = left, *b = right;
	size_t first = a->theirs != LOG_CASE_NONE ? a->theirs : a->ours;
	size_t second = b->theirs != LOG_CASE_NONE ? b->theirs : b->ours;
	utime second_a = a->at / UTIME_S, second_b = b->at / UTIME_S;

	if (second_a != second_b)
		return second_a < second_b ? -1 : 1;
	/* Those that both have are in the order of ours, too. */
	if (a->ours != LOG_CASE_NONE && b->ours != LOG_CASE_NONE)
		return a->ours < b->ours ? -1 : a->ours > b->ours;
	return first < second ? -1 : first > second;
}

void
log_compare(struct log_comparison *comparison, const struct log_case *theirs,
    const struct log_case *ours)
{
	struct comparing c = { comparison, theirs, ours,
		xcalloc(theirs->message_count + 1, sizeof(size_t)), 0 };

	match_messages(&c);
	for (size_t i = 0; i < theirs->message_count; i++) {
		const struct log_case_message *m = &theirs->messages[i];
		struct strand a = of_message(theirs, i), b = { 0 };

		c.strand = i;
		if (c.message_of[i] != LOG_CASE_NONE)
			b = of_message(ours, c.message_of[i]);
		if (!m->is_generated && !m->is_over)
			align(&c, &a, &b, m->is_assumed);
		free(a.at);
		free(b.at);
	}
	for (size_t d = 0; d < theirs->domain_count; d++) {
		struct strand a = of_domain(theirs, theirs->domains[d]);
		struct strand b = of_domain(ours, theirs->domains[d]);

		c.strand = theirs->message_count + d;
		align(&c, &a, &b, a.count == 0);
		free(a.at);
		free(b.at);
	}
	if (comparison->count > 0)
		qsort(comparison->rows, comparison->count,
		    sizeof(comparison->rows[0]), compare_rows);
	free(c.message_of);
}

void
log_comparison_fini(struct log_comparison *comparison)
{
	free(comparison->rows);
}

/* ---- a table ---- */

static void
moment_format(const struct log_case *c, size_t event, struct buf *out)
{
	char text[UTIME_TEXT_MAX];
	utime at;

	if (event == LOG_CASE_NONE) {
		buf_printf(out, "  %-10s", "");
		return;
	}
	at = c->events[event].at / UTIME_S - c->first / UTIME_S;
	utime_format_span(at * UTIME_S, text);
	buf_printf(out, "  %-10.*s", (int)strlen(text) - 4, text);
}

static void
row_format(const struct log_row *row, const struct log_case *theirs,
    const struct log_case *ours, struct buf *out)
{
	static const char marks[] = { [LOG_ROW_SAME] = '=',
		[LOG_ROW_MISSING] = '-',
		[LOG_ROW_MORE] = '+',
		[LOG_ROW_BEHIND] = '.' };

	moment_format(theirs, row->theirs, out);
	moment_format(ours, row->ours, out);
	buf_printf(out, "  %c ", marks[row->kind]);
	if (row->theirs != LOG_CASE_NONE)
		log_case_words(theirs, &theirs->events[row->theirs], out);
	else
		log_case_words(ours, &ours->events[row->ours], out);
	buf_append_byte(out, '\n');
}

void
log_comparison_format(const struct log_comparison *comparison,
    const struct log_case *theirs, const struct log_case *ours, size_t most,
    struct buf *out)
{
	size_t count = comparison->count;

	buf_printf(out, "  %-10s  %s\n", "the log", "the run");
	for (size_t i = 0; i < count && i < most; i++)
		row_format(&comparison->rows[i], theirs, ours, out);
	if (count > most)
		buf_printf(out, "  and %zu rows more\n", count - most);
	buf_printf(out,
	    "\n= %zu of %zu events of the log are in the run, too\n"
	    "- %zu are not\n+ %zu are in the run alone\n",
	    comparison->same, comparison->same + comparison->missing,
	    comparison->missing, comparison->more);
	if (comparison->behind > 0)
		buf_printf(out,
		    ". %zu are in the run, of what the log does not show\n",
		    comparison->behind);
}
