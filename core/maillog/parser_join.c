/* SPDX-License-Identifier: MIT */
/* Records in several lines: broken between words, within them, and with blank
 * lines in between; see parser.h. */
#include "core/maillog/parser_impl.h"
#include "core/maillog/table.h"

/* More than one way to join lines. */
#define UNSURE (~0U)

/* Whether a mailbox without quotes has a space in it. */
static bool
is_broken(const struct maillog_event *ev)
{
	for (unsigned field = 0; field < MAILLOG_FIELD_COUNT; field++) {
		struct slice text = { 0 };
		int64_t number;

		if (!maillog_has(ev, field) ||
		    maillog_field_rows[field].kind != KIND_MAILBOX)
			continue;
		(void)maillog_field_get(ev, field, &number, &text);
		if (slice_find_byte(text, ' ') < text.len &&
		    slice_find_byte(text, '"') == text.len)
			return true;
	}
	return false;
}

/* Joins the record's lines once more into `tight`, without a space at the
 * breaks that are bits of `within`, and counts these. */
static unsigned
join_within(struct maillog_parser *p, unsigned within)
{
	struct slice given = buf_slice(&p->given);
	size_t from = 0;
	unsigned count = 0;

	buf_clear(&p->tight);
	for (unsigned i = 0; i < p->joined; i++) {
		size_t len = p->breaks[i] - from;

		if ((within >> i & 1) == 0)
			continue;
		buf_append(&p->tight, slice_sub(given, from, len));
		from += len + 1;
		count++;
	}
	buf_append(&p->tight, slice_skip(given, from));
	return count;
}

/* The only way to join them tightly at so many breaks; 0: none is. */
static unsigned
only_way(struct maillog_parser *p, const struct maillog_stamp *stamp,
    unsigned breaks)
{
	unsigned found = 0;

	for (unsigned within = 1; within < 1U << p->joined; within++) {
		struct maillog_event ev;

		if (join_within(p, within) != breaks)
			continue;
		maillog_parser_read(p,
		    slice_skip(buf_slice(&p->tight), stamp->used), stamp, &ev);
		if (ev.form == MAILLOG_UNKNOWN || is_broken(&ev))
			continue;
		if (found != 0)
			return UNSURE;
		found = within;
	}
	return found;
}

/* Lines may have been broken within words: they make a record of a known form
 * without a space at some breaks, as few as may be, and none with all. */
static void
join_tight(struct maillog_parser *p, const struct maillog_stamp *stamp,
    struct maillog_event *ev)
{
	struct buf joined;
	unsigned within = 0;

	if (ev->form != MAILLOG_UNKNOWN && !is_broken(ev))
		return;
	for (unsigned n = 1; n <= p->joined && within == 0; n++)
		within = only_way(p, stamp, n);
	if (within == 0 || within == UNSURE)
		return;
	(void)join_within(p, within);
	joined = p->tight;
	p->tight = p->given;
	p->given = joined;
	p->given_len = buf_len(&p->given);
	maillog_parser_read(
	    p, slice_skip(buf_slice(&p->given), stamp->used), stamp, ev);
}

/* A record may be folded before its level, or between two stamps; so its stamp
 * is read again. */
void
maillog_parser_join(struct maillog_parser *p, struct maillog_event *ev)
{
	struct maillog_stamp stamp = p->stamp;
	struct slice given = buf_slice(&p->given);

	if (p->joined > 0)
		(void)maillog_stamp_parse(given, p->clock, &stamp);
	p->given_len = given.len;
	maillog_parser_read(p, slice_skip(given, stamp.used), &stamp, ev);
	if (p->joined > 0 && p->joined <= MAILLOG_BREAKS_MAX &&
	    p->first_len > stamp.used && !p->is_cut)
		join_tight(p, &stamp, ev);
}

/* What is behind a blank line belongs to the record only if that is of a known
 * form with it, and of none without. */
void
maillog_parser_settle(struct maillog_parser *p)
{
	uint64_t doubtful = p->joined - p->sure_joined;
	struct slice sure = slice_sub(buf_slice(&p->given), 0, p->sure_len);
	struct maillog_event ev;

	maillog_parser_read(p, slice_skip(sure, p->stamp.used), &p->stamp, &ev);
	if (ev.form == MAILLOG_UNKNOWN) {
		maillog_parser_join(p, &ev);
		if (ev.form != MAILLOG_UNKNOWN)
			return;
	}
	buf_truncate(&p->given, p->sure_len);
	p->is_cut = p->sure_len == MAILLOG_RECORD_MAX;
	p->joined = p->sure_joined;
	p->stray += doubtful;
}
