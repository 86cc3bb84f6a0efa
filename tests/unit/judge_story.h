/* SPDX-License-Identifier: MIT */
/*
 * Runs as the judge sees them, written by hand: logs and transcripts that are
 * right, and what can be altered in them.
 *
 * A story is lines "TIME KIND ...", TIME in seconds since the start (or "+" for
 * 2 ms behind the line before):
 *
 *	A MID FROM TO[,TO...]      accepted: the log's lines from Start to
 *queued N DCID HOST                New SMTP DCID, and the transcript's open G
 *DCID                     greeted: the transcript's bytes both ways S DCID MID
 *RIDS            Delivery start D DCID MID RIDS FROM TO    Message done, and
 *the transcript's message F MID                      Message finished X DCID
 *closed, in both E DCID DOMAIN HOST DETAILS a Connection Error of the network
 *	B DCID DOMAIN HOST DETAILS one of an unexpected response
 *	L TEXT                     a line of the log
 *	O COMMAND                  an operator's
 *	T KIND CONNECTION ...      an event of the transcript
 *
 * HOST is the last number of 10.1.1.x.  RIDS are as in the log without spaces.
 */
#ifndef FAULTPOST_JUDGE_STORY_H
#define FAULTPOST_JUDGE_STORY_H

#include "harness/judge/judge.h"
#include "tests/unit/kit.h"

#define STORY_EVENTS_MAX  400
#define STORY_CHANGES_MAX 6

struct story_event {
	utime at; /* since the start */
	bool is_log;
	char *text; /* owned: the log's text, or "KIND CONNECTION ..." */
};

struct judged_story {
	const char *name;
	const char *scenario; /* JSON without its outer braces */
	const char *script;
	const char *end; /* when the run ends, in seconds */
};

enum story_op {
	STORY_KEEP,     /* no change: the end of a list */
	STORY_DROP,     /* the first event that holds `match` */
	STORY_DROP_ALL, /* each of them */
	STORY_TWICE,    /* the first, twice */
	STORY_EDIT,     /* in the first, `match` becomes `with` */
	STORY_BEHIND,   /* behind the first, the script line `with` */
	STORY_AT,       /* the first comes at the time `with` */
	STORY_CUT,      /* all behind the first */
};

/* Events are matched as they are kept: log texts, and "T KIND CONNECTION". */
struct story_change {
	enum story_op op;
	const char *match, *with;
};

/* ---- building ---- */

struct story_build {
	struct story_event events[STORY_EVENTS_MAX];
	size_t count;
	utime now;
};

static inline void story_add(
    struct story_build *b, bool is_log, const char *fmt, ...) PRINTF_LIKE(3, 4);
static inline void
story_add(struct story_build *b, bool is_log, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	assert(b->count < STORY_EVENTS_MAX);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	b->events[b->count++] =
	    (struct story_event){ b->now, is_log, slice_dup(buf_slice(&text)) };
	buf_fini(&text);
}

static inline struct slice
story_word(struct slice *rest)
{
	struct slice word = { 0 };

	while (word.len == 0 && slice_split(rest, ' ', &word))
		;
	return word;
}

static inline void
story_accept(struct story_build *b, struct slice rest)
{
	struct slice mid = story_word(&rest), from = story_word(&rest);
	struct slice list = story_word(&rest), to;
	unsigned rid = 0;

	story_add(b, true, "Start MID %.*s ICID 1", SLICE_ARG(mid));
	story_add(b, true, "MID %.*s ICID 1 From: <%.*s>", SLICE_ARG(mid),
	    SLICE_ARG(from));
	while (slice_split(&list, ',', &to))
		story_add(b, true, "MID %.*s ICID 1 RID %u To: <%.*s>",
		    SLICE_ARG(mid), rid++, SLICE_ARG(to));
	story_add(b, true, "MID %.*s ready 1000 bytes from <%.*s>",
	    SLICE_ARG(mid), SLICE_ARG(from));
	story_add(b, true, "MID %.*s queued for delivery", SLICE_ARG(mid));
}

/* "0,1" as "0, 1". */
static inline const char *
story_rids(struct slice rids, char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < rids.len; i++) {
		text[n++] = rids.at[i];
		if (rids.at[i] == ',')
			text[n++] = ' ';
	}
	text[n] = '\0';
	return text;
}

static inline void
story_error(struct story_build *b, struct slice rest, const char *reason)
{
	struct slice dcid = story_word(&rest), domain = story_word(&rest);
	struct slice host = story_word(&rest);

	story_add(b, true,
	    "Connection Error: DCID %.*s domain: %.*s IP: 10.1.1.%.*s port: 25 "
	    "details: %.*s interface: 10.0.0.5 reason: %s",
	    SLICE_ARG(dcid), SLICE_ARG(domain), SLICE_ARG(host),
	    SLICE_ARG(rest), reason);
}

static inline void
story_mail(struct story_build *b, char kind, struct slice rest)
{
	struct slice dcid = story_word(&rest), mid = story_word(&rest);
	char rids[40];

	story_rids(story_word(&rest), rids);
	if (kind == 'S') {
		story_add(b, true,
		    "Delivery start DCID %.*s MID %.*s to RID "
		    "[%s]",
		    SLICE_ARG(dcid), SLICE_ARG(mid), rids);
		return;
	}
	story_add(
	    b, false, "T message %.*s %.*s", SLICE_ARG(dcid), SLICE_ARG(rest));
	b->now += UTIME_MS;
	story_add(b, true, "Message done DCID %.*s MID %.*s to RID [%s]",
	    SLICE_ARG(dcid), SLICE_ARG(mid), rids);
	story_add(b, true, "MID %.*s RID [%s] Response '2.0.0 ok'",
	    SLICE_ARG(mid), rids);
}

static inline void
story_connection(struct story_build *b, char kind, struct slice rest)
{
	struct slice dcid = story_word(&rest), host = story_word(&rest);

	switch (kind) {
	case 'N':
		story_add(b, false, "T open %.*s %.*s", SLICE_ARG(dcid),
		    SLICE_ARG(host));
		b->now += UTIME_MS;
		story_add(b, true,
		    "New SMTP DCID %.*s interface 10.0.0.5 address "
		    "10.1.1.%.*s port 25",
		    SLICE_ARG(dcid), SLICE_ARG(host));
		return;
	case 'G':
		story_add(b, false, "T out %.*s", SLICE_ARG(dcid));
		b->now += UTIME_MS;
		story_add(b, false, "T in %.*s", SLICE_ARG(dcid));
		return;
	case 'X':
		story_add(b, true, "DCID %.*s close", SLICE_ARG(dcid));
		b->now += UTIME_MS;
		story_add(b, false, "T close %.*s", SLICE_ARG(dcid));
		return;
	case 'F':
		story_add(
		    b, true, "Message finished MID %.*s done", SLICE_ARG(dcid));
		return;
	default:
		assert(kind == 'N');
	}
}

/* A time in seconds with up to three decimals. */
static inline utime
story_time(struct slice text)
{
	struct slice whole = slice_sub(text, 0, slice_find_byte(text, '.'));
	struct slice part = slice_skip(text, whole.len + 1);
	uint64_t seconds = 0, ms = 0;
	bool good = slice_to_u64(whole, 100000000, &seconds);

	assert(good);
	if (part.len > 0) {
		assert(part.len == 3);
		good = slice_to_u64(part, 999, &ms);
		assert(good);
	}
	return (utime)seconds * UTIME_S + (utime)ms * UTIME_MS;
}

static inline void
story_line(struct story_build *b, struct slice line)
{
	struct slice rest = slice_trim(line);
	struct slice time = story_word(&rest), kind = story_word(&rest);

	assert(kind.len == 1);
	b->now = slice_eq(time, SLICE("+")) ? b->now + 2 * UTIME_MS
					    : story_time(time);
	switch (kind.at[0]) {
	case 'A':
		story_accept(b, rest);
		return;
	case 'S':
	case 'D':
		story_mail(b, kind.at[0], rest);
		return;
	case 'E':
		story_error(b, rest, "network error");
		return;
	case 'B':
		story_error(b, rest, "unexpected SMTP response");
		return;
	case 'L':
		story_add(b, true, "%.*s", SLICE_ARG(rest));
		return;
	case 'T':
		story_add(b, false, "T %.*s", SLICE_ARG(rest));
		return;
	case 'O':
		story_add(b, false, "O %.*s", SLICE_ARG(rest));
		return;
	default:
		story_connection(b, kind.at[0], rest);
	}
}

static inline void
story_build(struct story_build *b, const char *script)
{
	struct slice rest = slice_cstr(script), line;

	*b = (struct story_build){ 0 };
	while (slice_split(&rest, '\n', &line))
		if (slice_trim(line).len > 0)
			story_line(b, line);
}

static inline void
story_build_fini(struct story_build *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->events[i].text);
}

/* ---- altering ---- */

static inline size_t
story_find(const struct story_build *b, const char *match)
{
	size_t i = 0;

	while (i < b->count && strstr(b->events[i].text, match) == NULL)
		i++;
	if (i == b->count)
		fail_msg("no event holds \"%s\"", match);
	return i;
}

static inline void
story_remove(struct story_build *b, size_t i)
{
	free(b->events[i].text);
	b->count--;
	memmove(&b->events[i], &b->events[i + 1],
	    (b->count - i) * sizeof(b->events[0]));
}

/* Before the first event that is later than `at`, but behind `least`. */
static inline void
story_insert(struct story_build *b, struct story_event event, size_t least)
{
	size_t i = least;

	assert(b->count < STORY_EVENTS_MAX);
	while (i < b->count && b->events[i].at <= event.at)
		i++;
	memmove(&b->events[i + 1], &b->events[i],
	    (b->count - i) * sizeof(b->events[0]));
	b->events[i] = event;
	b->count++;
}

static inline void
story_behind(struct story_build *b, size_t i, const char *script)
{
	struct story_build more = { .now = b->events[i].at - UTIME_MS };
	size_t at = i + 1;

	story_line(&more, slice_cstr(script));
	for (size_t k = 0; k < more.count; k++, at++) {
		struct story_event event = more.events[k];

		assert(b->count < STORY_EVENTS_MAX);
		if (slice_starts_with(slice_cstr(script), SLICE("+")))
			event.at = b->events[i].at;
		while (at < b->count && b->events[at].at < event.at)
			at++;
		memmove(&b->events[at + 1], &b->events[at],
		    (b->count - at) * sizeof(b->events[0]));
		b->events[at] = event;
		b->count++;
	}
}

static inline void
story_edit(struct story_event *event, const char *match, const char *with)
{
	struct buf text = { 0 };
	char *at = strstr(event->text, match);

	buf_append(&text, slice_of(event->text, (size_t)(at - event->text)));
	buf_append_cstr(&text, with);
	buf_append_cstr(&text, at + strlen(match));
	free(event->text);
	event->text = slice_dup(buf_slice(&text));
	buf_fini(&text);
}

static inline void
story_change(struct story_build *b, const struct story_change *change)
{
	size_t i = story_find(b, change->match);
	struct story_event event = b->events[i];

	switch (change->op) {
	case STORY_KEEP:
		return;
	case STORY_DROP:
		story_remove(b, i);
		return;
	case STORY_DROP_ALL:
		for (i = b->count; i-- > 0;)
			if (strstr(b->events[i].text, change->match) != NULL)
				story_remove(b, i);
		return;
	case STORY_TWICE:
		event.text = xstrdup(event.text);
		story_insert(b, event, i + 1);
		return;
	case STORY_EDIT:
		story_edit(&b->events[i], change->match, change->with);
		return;
	case STORY_BEHIND:
		story_behind(b, i, change->with);
		return;
	case STORY_AT:
		event.text = xstrdup(event.text);
		story_remove(b, i);
		event.at = story_time(slice_cstr(change->with));
		story_insert(b, event, 0);
		return;
	case STORY_CUT:
		while (b->count > i + 1)
			story_remove(b, b->count - 1);
		return;
	}
}

/* ---- telling ---- */

static inline struct endpoint
story_endpoint(struct slice host)
{
	uint64_t number = 0;

	(void)slice_to_u64(host, 255, &number);
	return (struct endpoint){ ip_v4(10, 1, 1, (uint8_t)number), 25 };
}

static inline void
story_tell_message(
    struct judge *j, struct transcript_event *ev, struct slice rest)
{
	struct slice to[8], list;

	ev->sender = story_word(&rest);
	list = story_word(&rest);
	while (slice_split(&list, ',', &to[ev->recipient_count]))
		ev->recipient_count++;
	ev->recipients = to;
	judge_transcript(j, ev);
}

static inline void
story_tell_transcript(struct judge *j, utime now, const char *text)
{
	struct slice rest = slice_cstr(text + 2);
	struct slice kind = story_word(&rest);
	struct transcript_event ev = { .time = now, .host = "host" };
	static const char *const kinds[] = {
#define X(constant, name) [constant] = name,
		TRANSCRIPT_KINDS(X)
#undef X
	};

	(void)slice_to_u64(story_word(&rest), 1000000, &ev.connection);
	while (!slice_eq(kind, slice_cstr(kinds[ev.kind])))
		ev.kind++;
	ev.client.ip = (struct ip_address)PLAN_RELAY_ADDRESS;
	if (ev.kind == TRANSCRIPT_OPEN)
		ev.server = story_endpoint(story_word(&rest));
	if (slice_eq(story_word(&rest), SLICE("stranger")))
		ev.client.ip = ip_v4(10, 0, 0, 9);
	ev.bytes = SLICE("220 hello\r\n");
	ev.note = "mail after 421";
	rest = slice_cstr(text + 2);
	(void)story_word(&rest);
	(void)story_word(&rest);
	if (ev.kind == TRANSCRIPT_MESSAGE)
		story_tell_message(j, &ev, rest);
	else
		judge_transcript(j, &ev);
}

static inline void
story_tell_log(struct judge *j, utime now, const char *text, bool is_exact)
{
	struct buf line = { 0 };
	char stamp[UTIME_TEXT_MAX];

	buf_printf(
	    &line, "%s Info: %s\n", utime_format_asctime(now, stamp), text);
	judge_log_line(j, buf_slice(&line), is_exact ? now : UTIME_NEVER);
	buf_fini(&line);
}

/* ---- judging ---- */

struct story_run {
	struct plan *plan;
	struct judge *judge;
	const struct judgement *judgements;
	size_t count;
};

static inline void
story_run_fini(struct story_run *run)
{
	judge_destroy(&run->judge);
	plan_destroy(&run->plan);
}

/* How a story is told. */
struct story_way {
	const char *expect;                 /* JSON list, or NULL */
	const struct story_change *changes; /* STORY_CHANGES_MAX, or NULL */
	bool without_transcript, without_moments;
};

static inline struct story_run
story_judge(const struct judged_story *story, const struct story_way *way)
{
	struct story_run run = { 0 };
	struct story_build *b = xmalloc(sizeof(*b));
	struct buf json = { 0 };
	struct err err;

	buf_printf(&json, "{%s, \"expect\": %s}", story->scenario,
	    way->expect != NULL ? way->expect : "[]");
	run.plan = plan_parse("s.json", buf_slice(&json), &err);
	if (run.plan == NULL)
		fail_msg("%s: %s", story->name, err.msg);
	run.judge = judge_new(run.plan);
	story_build(b, story->script);
	for (size_t i = 0; way->changes != NULL && i < STORY_CHANGES_MAX &&
	     way->changes[i].op != STORY_KEEP;
	     i++)
		story_change(b, &way->changes[i]);
	for (size_t i = 0; i < b->count; i++) {
		const struct story_event *event = &b->events[i];
		utime now = run.plan->start + event->at;

		if (event->is_log)
			story_tell_log(
			    run.judge, now, event->text, !way->without_moments);
		else if (event->text[0] == 'O')
			judge_operate(
			    run.judge, slice_cstr(event->text + 2), now);
		else if (!way->without_transcript)
			story_tell_transcript(run.judge, now, event->text);
	}
	judge_finish(run.judge,
	    run.plan->start + story_time(slice_cstr(story->end)),
	    &run.judgements, &run.count);
	story_build_fini(b);
	free(b);
	buf_fini(&json);
	return run;
}

/* Appends "priority, rotation": what failed, invariants without that word. */
static inline void
story_failed(const struct story_run *run, struct buf *out)
{
	for (size_t i = 0; i < run->count; i++) {
		struct slice subject = slice_cstr(run->judgements[i].subject);

		if (run->judgements[i].verdict != VERDICT_FAILED)
			continue;
		if (slice_starts_with(subject, SLICE("invariant ")))
			subject = slice_skip(subject, 10);
		buf_printf(out, "%s%.*s", buf_len(out) > 0 ? ", " : "",
		    SLICE_ARG(subject));
	}
}

/* All that failed, with its words, for whoever has to mend it. */
static inline void
story_explain(const struct story_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct judgement *j = &run->judgements[i];

		if (j->verdict == VERDICT_FAILED)
			print_error("%s\n  wanted  %s\n  found   %s\n",
			    j->subject, j->wanted, j->found);
	}
}

static inline void
story_assert_failed(const struct story_run *run, const char *wanted)
{
	struct buf failed = { 0 };

	story_failed(run, &failed);
	if (!slice_eq(buf_slice(&failed), slice_cstr(wanted)))
		story_explain(run);
	assert_slice(buf_slice(&failed), wanted);
	buf_fini(&failed);
}

/* ---- altered stories as rows ---- */

struct story_mutant {
	const char *name;
	const struct judged_story *story;
	struct story_change changes[STORY_CHANGES_MAX];
	const char *fails; /* as story_failed() says it */
	const char *found; /* must stand in what the first of them found */
};

static inline void
story_run_mutant(void **state)
{
	const struct story_mutant *row = *state;
	struct story_way way = { .changes = row->changes };
	struct story_run run = story_judge(row->story, &way);

	story_assert_failed(&run, row->fails);
	for (size_t i = 0; i < run.count && row->found != NULL; i++) {
		if (run.judgements[i].verdict != VERDICT_FAILED)
			continue;
		if (strstr(run.judgements[i].found, row->found) == NULL)
			fail_msg("found \"%s\", wanted \"%s\" in it",
			    run.judgements[i].found, row->found);
		break;
	}
	story_run_fini(&run);
}

/* ---- expectations as rows ---- */

struct story_expected {
	const char *name;
	const struct judged_story *story;
	const char *expect; /* one, as JSON */
	struct story_change changes[STORY_CHANGES_MAX];
	/* What it says; NULL: it holds. */
	const char *found, *wanted, *nearest;
};

static inline void
story_assert_text(const char *got, const char *wanted)
{
	if (wanted == NULL)
		return;
	assert_non_null(got);
	assert_string_equal(got, wanted);
}

static inline void
story_run_expected(void **state)
{
	const struct story_expected *row = *state;
	struct buf list = { 0 };
	struct story_way way = { .changes = row->changes };

	buf_printf(&list, "[{%s}]", row->expect);
	way.expect = buf_cstr(&list);
	struct story_run run = story_judge(row->story, &way);
	const struct judgement *j = &run.judgements[0];
	if (j->verdict == VERDICT_FAILED && row->found == NULL)
		story_explain(&run);
	assert_int_equal(
	    j->verdict, row->found == NULL ? VERDICT_HELD : VERDICT_FAILED);
	story_assert_text(j->found, row->found);
	story_assert_text(j->wanted, row->wanted);
	story_assert_text(j->nearest, row->nearest);
	story_run_fini(&run);
	buf_fini(&list);
}

#endif
