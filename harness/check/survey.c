/* SPDX-License-Identifier: MIT */
/* Looking for damage; see survey.h. */
#include "harness/check/survey.h"

/* What was not told of by then never will be: a connection that is tried, and
 * a message that the relay makes itself. */
#define DCID_PATIENCE (2 * UTIME_MINUTE)
#define MID_PATIENCE  (5 * UTIME_S)
/* Numbers that fall by more have reached their end. */
#define WRAP_DISTANCE (UINT64_C(1) << 31)
/* Numbers that begin anew so often are those of several appliances. */
#define ANEW_MAX 3
/* Where so many records in a hundred have an empty line before them, that is
 * how the log is laid out. */
#define EMPTY_PERCENT 5

static void note_made(struct survey *s, const struct maillog_event *ev);
static void note_numbers(
    struct survey *s, const struct maillog_event *ev, uint64_t line);
static void note_mentions(
    struct survey *s, const struct maillog_event *ev, uint64_t line);
static void sequence_expire(
    struct survey *s, struct survey_sequence *q, utime patience);

const char *
survey_reason_text(enum survey_reason reason)
{
	static const char *const texts[] = {
#define X(constant, text) [constant] = text,
		SURVEY_REASONS(X)
#undef X
	};

	assert((size_t)reason < ARRAY_LEN(texts));
	return texts[reason];
}

void
survey_fini(struct survey *s)
{
	free(s->gaps);
	free(s->behind_empty);
}

void
survey_count_add(struct survey_count *c, uint64_t line)
{
	if (c->count++ == 0)
		c->first = line;
}

/* Keeps the gaps in order, and one for what meets. */
static void
gap_add(struct survey *s, const struct survey_gap *gap)
{
	size_t i = s->gap_count;

	survey_count_add(&s->gaps_seen, gap->to);
	if (s->gap_count == SURVEY_GAPS_MAX)
		return;
	while (i > 0 && s->gaps[i - 1].to > gap->to)
		i--;
	if (i > 0 && s->gaps[i - 1].to == gap->to) {
		if (gap->from < s->gaps[i - 1].from)
			s->gaps[i - 1].from = gap->from;
		return;
	}
	s->gaps =
	    xgrow(s->gaps, &s->gap_cap, s->gap_count + 1, sizeof(s->gaps[0]));
	memmove(&s->gaps[i + 1], &s->gaps[i],
	    (s->gap_count - i) * sizeof(s->gaps[0]));
	s->gaps[i] = *gap;
	s->gap_count++;
}

static void
gap_at(struct survey *s, uint64_t line, enum survey_reason reason)
{
	struct survey_gap gap = { line - 1, line, reason };

	gap_add(s, &gap);
}

void
survey_stray(struct survey *s, uint64_t line)
{
	survey_count_add(&s->stray, line);
	s->stray_line = line;
}

void
survey_empty(struct survey *s, uint64_t line)
{
	if (s->empty_first == 0)
		s->empty_first = line;
	s->empty_last = line;
}

/* Whether one stands between the last record and this one. */
static void
note_empty(struct survey *s, uint64_t line, bool is_first)
{
	if (s->empty_first == 0 || s->empty_first > line)
		return;
	if (!is_first)
		survey_count_add(&s->empty, s->empty_first);
	s->empty_first = s->empty_last > line ? s->empty_last : 0;
	if (is_first || s->behind_empty_count == SURVEY_GAPS_MAX)
		return;
	s->behind_empty = xgrow(s->behind_empty, &s->behind_empty_cap,
	    s->behind_empty_count + 1, sizeof(s->behind_empty[0]));
	s->behind_empty[s->behind_empty_count++] = line;
}

void
survey_record(struct survey *s, const struct maillog_event *ev, uint64_t line,
    bool is_broken)
{
	bool is_first = s->records++ == 0;

	note_empty(s, line, is_first);
	/* Before the log and behind it may stand anything. */
	if (s->stray_line > s->line && !is_first)
		gap_at(s, line, SURVEY_BROKEN);
	/* Half a line may be a whole one of an older appliance's. */
	if (ev->form == MAILLOG_DCID_NEW) {
		bool has_port = maillog_has(ev, MAILLOG_FIELD_port);

		is_broken |= s->has_ports && !has_port;
		s->has_ports |= has_port;
	}
	if (is_broken) {
		survey_count_add(&s->broken, line);
		gap_at(s, line, SURVEY_BROKEN);
	} else if (ev->form == MAILLOG_UNKNOWN) {
		survey_count_add(&s->unknown, line);
	}
	if (!is_first && ev->time < s->clock) {
		survey_count_add(&s->back, line);
		gap_at(s, line, SURVEY_BACK);
		s->mid.awaited_count = s->dcid.awaited_count = 0;
	}
	s->clock = ev->time;
	s->line = line;
	note_numbers(s, ev, line);
	note_made(s, ev);
	note_mentions(s, ev, line);
	sequence_expire(s, &s->mid, MID_PATIENCE);
	sequence_expire(s, &s->dcid, DCID_PATIENCE);
}

void
survey_finish(struct survey *s)
{
	if (s->empty.count * 100 > s->records * EMPTY_PERCENT)
		s->empty = (struct survey_count){ 0 };
	for (size_t i = 0; i < s->behind_empty_count && s->empty.count > 0; i++)
		gap_at(s, s->behind_empty[i], SURVEY_BROKEN);
	/* Messages are told of at once; a connect may still be under way. */
	sequence_expire(s, &s->mid, 0);
	/* What any of those that follow covers cannot be judged. */
	for (size_t i = s->gap_count; i-- > 1;)
		if (s->gaps[i].from < s->gaps[i - 1].from)
			s->gaps[i - 1].from = s->gaps[i].from;
	s->is_mixed = s->anew.count > ANEW_MAX;
}

bool
survey_has_gaps(const struct survey *s)
{
	return s->gap_count > 0;
}

/* ---- numbers that are given one by one ---- */

static void
sequence_forget(struct survey_sequence *q)
{
	q->line = q->awaited_count = 0;
	q->mentioned = 0;
}

/* Whether it was passed over before. */
static bool
sequence_takes(struct survey_sequence *q, uint64_t number)
{
	for (size_t i = 0; i < q->awaited_count; i++) {
		if (q->awaited[i].number != number)
			continue;
		q->awaited[i] = q->awaited[--q->awaited_count];
		return true;
	}
	return false;
}

/* The numbers up to this one are passed over, and may come later. */
static void
sequence_await(
    struct survey *s, struct survey_sequence *q, uint64_t number, uint64_t line)
{
	struct survey_gap gap = { q->line, line, SURVEY_MISSING };
	uint64_t count = number - q->last - 1;

	if (count > SURVEY_NUMBERS_MAX - q->awaited_count) {
		gap_add(s, &gap);
		return;
	}
	for (uint64_t n = q->last + 1; n < number; n++)
		q->awaited[q->awaited_count++] = (struct survey_number){
			.number = n, .gap = gap, .since = s->clock
		};
}

static void
sequence_note(
    struct survey *s, struct survey_sequence *q, uint64_t number, uint64_t line)
{
	if (sequence_takes(q, number))
		return;
	if (q->line > 0 && number <= q->last) {
		survey_count_add(&s->anew, line);
		if (q->last - number < WRAP_DISTANCE)
			gap_at(s, line, SURVEY_ANEW);
		q->awaited_count = 0;
		q->mentioned = 0;
	} else if (q->line > 0) {
		sequence_await(s, q, number, line);
	}
	q->last = number;
	q->line = line;
}

/* A number that is used has been given before. */
static void
sequence_mention(
    struct survey *s, struct survey_sequence *q, uint64_t number, uint64_t line)
{
	struct survey_gap gap = { q->line, line, SURVEY_MISSING };

	if (number == 0 || q->line == 0)
		return;
	for (size_t i = 0; i < q->awaited_count; i++) {
		if (q->awaited[i].number != number)
			continue;
		gap_add(s, &q->awaited[i].gap);
		q->awaited[i] = q->awaited[--q->awaited_count];
		return;
	}
	if (number <= q->last || number - q->last >= WRAP_DISTANCE ||
	    number <= q->mentioned)
		return;
	q->mentioned = number;
	gap_add(s, &gap);
}

/* A message that another makes is spoken of before it is begun. */
static void
note_mentions(struct survey *s, const struct maillog_event *ev, uint64_t line)
{
	if (maillog_has(ev, MAILLOG_FIELD_icid))
		sequence_mention(s, &s->icid, ev->icid, line);
	if (maillog_has(ev, MAILLOG_FIELD_dcid) &&
	    ev->form != MAILLOG_CONNECTION_ERROR)
		sequence_mention(s, &s->dcid, ev->dcid, line);
	if (maillog_has(ev, MAILLOG_FIELD_mid) &&
	    !maillog_has(ev, MAILLOG_FIELD_other_mid))
		sequence_mention(s, &s->mid, ev->mid, line);
}

static void
sequence_expire(struct survey *s, struct survey_sequence *q, utime patience)
{
	for (size_t i = 0; i < q->awaited_count;) {
		if (q->awaited[i].since + patience > s->clock) {
			i++;
			continue;
		}
		gap_add(s, &q->awaited[i].gap);
		q->awaited[i] = q->awaited[--q->awaited_count];
	}
}

/* Whether that by which a message is rewritten leaves it its recipients and
 * their hosts.  Of others, as "antispam", the log does not tell. */
static bool
is_of_content(struct slice agent)
{
	static const struct slice agents[] = { SLICE_INIT("add-footer"),
		SLICE_INIT("add-heading"), SLICE_INIT("drop-attachments"),
		SLICE_INIT("edit-body-text"), SLICE_INIT("edit-header-text"),
		SLICE_INIT("html-convert"), SLICE_INIT("insert-header"),
		SLICE_INIT("strip-header") };

	for (size_t i = 0; i < ARRAY_LEN(agents); i++)
		if (slice_starts_with(agent, agents[i]))
			return true;
	return false;
}

/* A message that the relay begins by itself may be made of another. */
static void
note_made(struct survey *s, const struct maillog_event *ev)
{
	if (ev->form == MAILLOG_START_MID && ev->icid == 0)
		s->made = (struct survey_made){ .mid = ev->mid };
	else if (ev->form == MAILLOG_MID_FROM && ev->mid == s->made.mid)
		s->made.has_sender = true;
	else if (ev->form == MAILLOG_MID_TO && ev->mid == s->made.mid)
		s->made.has_recipients = true;
}

/* Whether the log tells who is to get what is made of the message: all of its
 * recipients, or those that it names.  What a policy splits off, which has no
 * agent, gets some of them. */
static bool
is_followed(struct survey *s, const struct maillog_event *ev)
{
	bool is_new = sequence_takes(&s->mid, ev->other_mid) ||
	    (s->mid.line > 0 && ev->other_mid > s->mid.last &&
		ev->other_mid > s->mid.mentioned);
	bool is_told = ev->other_mid == s->made.mid && s->made.has_sender &&
	    s->made.has_recipients;

	return (is_new && is_of_content(ev->agent)) ||
	    (is_told && slice_starts_with(ev->agent, SLICE("alt-rcpt-to")));
}

/* A message gets a further MID, or a part of it does: what becomes of it no
 * scenario says, unless it is the same message. */
static void
note_remade(struct survey *s, const struct maillog_event *ev, uint64_t line)
{
	if (!is_followed(s, ev)) {
		survey_count_add(&s->remade, line);
		gap_at(s, line, SURVEY_REMADE);
	}
	if (ev->other_mid > s->mid.last)
		sequence_note(s, &s->mid, ev->other_mid, line);
	else
		(void)sequence_takes(&s->mid, ev->other_mid);
}

static void
note_numbers(struct survey *s, const struct maillog_event *ev, uint64_t line)
{
	switch ((int)ev->form) {
	case MAILLOG_ICID_NEW:
		sequence_note(s, &s->icid, ev->icid, line);
		/* Sessions are told of in their order. */
		sequence_expire(s, &s->icid, 0);
		return;
	case MAILLOG_START_MID:
		sequence_note(s, &s->mid, ev->mid, line);
		return;
	case MAILLOG_MID_SPLIT:
	case MAILLOG_MID_REWRITTEN:
		note_remade(s, ev, line);
		return;
	case MAILLOG_DCID_NEW:
		sequence_note(s, &s->dcid, ev->dcid, line);
		return;
	case MAILLOG_CONNECTION_ERROR:
		/* One that stood has been told of. */
		if (s->dcid.line == 0 || ev->dcid > s->dcid.last)
			sequence_note(s, &s->dcid, ev->dcid, line);
		else
			(void)sequence_takes(&s->dcid, ev->dcid);
		return;
	case MAILLOG_BEGIN_LOGFILE:
		if (!s->starts_again)
			return;
		/* A relay that starts counts connections anew, and passes
		 * over MIDs that it may have given. */
		sequence_forget(&s->icid);
		sequence_forget(&s->mid);
		sequence_forget(&s->dcid);
		return;
	default:
		return;
	}
}
