/* SPDX-License-Identifier: MIT */
/*
 * Looking at a few moments of a run: the last rows are remembered in rings, and
 * when a moment has come they are what was before it.
 */
#include "harness/judge/evidence_impl.h"

#include "core/maillog/stamp.h"

#define LOG_RING  (EVIDENCE_LOG_BEFORE + 1 + EVIDENCE_LOG_AFTER)
#define TALK_RING (EVIDENCE_TALK_ROWS + EVIDENCE_TALK_AFTER)
#define RING_MAX  TALK_RING

struct row {
	utime at;
	uint64_t number; /* from 1 */
	struct buf text;
};

struct ring {
	struct row rows[RING_MAX];
	size_t size;
	uint64_t count; /* of all that went through */
};

struct evidence {
	utime start;
	struct ring log, talk;
	struct sight sights[EVIDENCE_MAX];
	size_t count;
	uint64_t skipped; /* lines of the log */
	utime now;        /* of the event that is being spelt */
};

static void evidence_reach(struct evidence *e, struct sight *s, bool is_end);
static bool evidence_advance(struct evidence *e, utime now);
static void row_append(const struct evidence *e, struct sight *s,
    const struct row *row, bool is_log);

bool
focus_is_near(const struct focus *a, const struct focus *b)
{
	if (a->at == b->at && a->at != UTIME_NEVER)
		return true;
	if (a->line == 0 || b->line == 0)
		return a->line == b->line && a->at == b->at;
	return a->line > b->line ? a->line - b->line <= EVIDENCE_LOG_AFTER
				 : b->line - a->line <= EVIDENCE_LOG_AFTER;
}

struct evidence *
evidence_new(utime start, const struct focus *focuses, size_t count)
{
	struct evidence *e = xcalloc(1, sizeof(*e));

	assert(count <= EVIDENCE_MAX);
	e->start = start;
	e->log.size = LOG_RING;
	e->talk.size = TALK_RING;
	e->count = count;
	for (size_t i = 0; i < count; i++) {
		e->sights[i].focus = focuses[i];
		e->sights[i].moment = focuses[i].at;
	}
	return e;
}

void
evidence_destroy(struct evidence **ep)
{
	struct evidence *e = *ep;

	*ep = NULL;
	if (e == NULL)
		return;
	for (size_t i = 0; i < RING_MAX; i++) {
		buf_fini(&e->log.rows[i].text);
		buf_fini(&e->talk.rows[i].text);
	}
	for (size_t i = 0; i < e->count; i++) {
		buf_fini(&e->sights[i].log);
		buf_fini(&e->sights[i].talk);
	}
	free(e);
}

/* ---- what comes ---- */

static struct row *
ring_next(struct ring *ring, utime now)
{
	struct row *row = &ring->rows[ring->count++ % ring->size];

	row->at = now;
	row->number = ring->count;
	buf_clear(&row->text);
	return row;
}

/* Rows behind a moment that has been reached. */
static void
evidence_follow(struct evidence *e, const struct row *row, bool is_log)
{
	for (size_t i = 0; i < e->count; i++) {
		struct sight *s = &e->sights[i];
		size_t *left = is_log ? &s->log_left : &s->talk_left;

		if (!s->is_reached || *left == 0)
			continue;
		(*left)--;
		row_append(e, s, row, is_log);
	}
}

struct slice
evidence_text(struct slice line, utime start)
{
	struct maillog_stamp stamp;
	size_t used;
	utime at;

	while (line.len > 0 &&
	    (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	if (!maillog_stamp_parse(line, start, &stamp))
		return line;
	if (stamp.level == MAILLOG_INFO)
		return slice_skip(line, stamp.used);
	if (utime_parse_asctime(line, &at, &used))
		return slice_trim(slice_skip(line, used));
	return line;
}

bool
evidence_log(struct evidence *e, struct slice line, utime now)
{
	bool is_reached = evidence_advance(e, now);
	struct row *row = ring_next(&e->log, now);

	row->number += e->skipped;
	evidence_spell_log(evidence_text(line, e->start), &row->text);
	evidence_follow(e, row, true);
	for (size_t i = 0; i < e->count; i++) {
		struct sight *s = &e->sights[i];

		if (s->is_reached || s->focus.line != row->number)
			continue;
		s->moment = now;
		evidence_reach(e, s, false);
		is_reached = true;
	}
	return is_reached;
}

void
evidence_skip_lines(struct evidence *e, uint64_t count)
{
	e->skipped += count;
}

static void
on_talk_row(void *owner, struct slice text)
{
	struct evidence *e = owner;
	struct row *row = ring_next(&e->talk, e->now);

	buf_append(&row->text, text);
	evidence_follow(e, row, false);
}

bool
evidence_transcript(struct evidence *e, const struct transcript_event *ev)
{
	bool is_reached = evidence_advance(e, ev->time);

	e->now = ev->time;
	evidence_spell_event(ev, on_talk_row, e);
	return is_reached;
}

void
evidence_finish(struct evidence *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (!e->sights[i].is_reached)
			evidence_reach(e, &e->sights[i], true);
}

const struct sight *
evidence_sight(const struct evidence *e, size_t i)
{
	assert(i < e->count);
	return &e->sights[i];
}

size_t
evidence_count(const struct evidence *e)
{
	return e->count;
}

/* ---- what is seen ---- */

static void
ring_show(const struct evidence *e, const struct ring *ring, size_t rows,
    struct sight *s)
{
	uint64_t begin = ring->count > rows ? ring->count - rows : 0;

	for (uint64_t n = begin; n < ring->count; n++)
		row_append(e, s, &ring->rows[n % ring->size], ring == &e->log);
}

/* The last rows of the rings are those up to the moment; at the end, where
 * nothing follows, there is room for more of them. */
static void
evidence_reach(struct evidence *e, struct sight *s, bool is_end)
{
	s->is_reached = true;
	ring_show(e, &e->log, is_end ? LOG_RING : EVIDENCE_LOG_BEFORE + 1, s);
	ring_show(e, &e->talk, is_end ? TALK_RING : EVIDENCE_TALK_ROWS, s);
	s->log_left = EVIDENCE_LOG_AFTER;
	s->talk_left = EVIDENCE_TALK_AFTER;
}

/* The moments without a line are reached when time has gone past them. */
static bool
evidence_advance(struct evidence *e, utime now)
{
	bool is_reached = false;

	for (size_t i = 0; i < e->count; i++) {
		struct sight *s = &e->sights[i];

		if (s->is_reached || s->focus.line != 0 || now <= s->focus.at)
			continue;
		evidence_reach(e, s, false);
		is_reached = true;
	}
	return is_reached;
}

/* ">" stands before the line of the focus, or before all of its moment. */
static void
row_append(const struct evidence *e, struct sight *s, const struct row *row,
    bool is_log)
{
	bool is_marked = s->focus.line != 0
	    ? is_log && row->number == s->focus.line
	    : row->at == s->focus.at;
	char span[UTIME_TEXT_MAX];
	struct buf head = { 0 };

	buf_append_cstr(&head, is_marked ? "> " : "  ");
	if (is_log)
		buf_printf(&head, "%4llu  ", (unsigned long long)row->number);
	buf_printf(&head, "%s  ", utime_format_span(row->at - e->start, span));
	evidence_fold(buf_slice(&head), buf_slice(&row->text),
	    is_log ? &s->log : &s->talk);
	buf_fini(&head);
}
