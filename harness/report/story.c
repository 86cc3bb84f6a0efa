/* SPDX-License-Identifier: MIT */
/*
 * Gathering the story: log lines open, change and end attempts; transcripts say
 * which rule acted on a connection.  The log does not name the client's port,
 * so that the n-th connection that a host saw is taken for the n-th that the
 * log has for its address.
 */
#include "harness/report/story_impl.h"

#define UNCLAIMED_MAX 1000

static struct attempt *pin_slot(const struct story *s, uint64_t number);
static void attempt_open(
    struct story *s, const struct maillog_event *ev, utime now);
static void attempt_speak(struct story *s, const struct open_attempt *o,
    const struct maillog_event *ev, utime now);
static void attempt_end(
    struct story *s, const struct maillog_event *ev, utime now);
static void attempt_fail(
    struct attempt *a, const char *how, uint64_t code, utime now);

struct story *
story_new(const struct plan *plan)
{
	return story_new_keeping(plan, STORY_KEEP);
}

struct story *
story_new_keeping(const struct plan *plan, size_t keep)
{
	struct story *s = xcalloc(1, sizeof(*s));

	assert(keep >= STORY_KEEP);
	s->plan = plan;
	s->keep = keep;
	s->lanes = xcalloc(plan->hosts.count + 1, sizeof(*s->lanes));
	for (size_t i = 0; i <= plan->hosts.count; i++) {
		list_init(&s->lanes[i].unclaimed);
		list_init(&s->lanes[i].waiting);
	}
	s->first = xcalloc(keep, sizeof(*s->first));
	s->last = xcalloc(keep, sizeof(*s->last));
	s->pins = xcalloc(STORY_PINS_MAX, sizeof(*s->pins));
	s->last_failed = s->spoken = NO_ATTEMPT;
	return s;
}

void
story_destroy(struct story **sp)
{
	struct story *s = *sp;
	struct open_attempt *o, *next;

	if (s == NULL)
		return;
	HASH_ITER(hh, s->open, o, next)
	{
		HASH_DEL(s->open, o);
		free(o);
	}
	for (size_t i = 0; i <= s->plan->hosts.count; i++)
		LIST_FOREACH_SAFE(node, &s->lanes[i].unclaimed) {
			list_remove(node);
			free(CONTAINER_OF(node, struct witness, node));
		}
	free(s->lanes);
	free(s->first);
	free(s->last);
	free(s->pins);
	for (size_t i = 0; i < s->rule_count; i++)
		free(s->rules[i]);
	free(s->rules);
	free(s);
	*sp = NULL;
}

const struct story_counts *
story_counts(const struct story *s)
{
	return &s->counts;
}

const struct story_share *
story_share(const struct story *s, size_t host)
{
	return &s->lanes[host].share;
}

uint64_t
story_spoken(const struct story *s)
{
	return s->spoken;
}

/* ---- the record ---- */

struct attempt *
story_attempt(const struct story *s, uint64_t number)
{
	if (number >= s->count)
		return NULL;
	if (number < s->keep)
		return &s->first[number];
	if (number + s->keep >= s->count)
		return &s->last[number % s->keep];
	return pin_slot(s, number);
}

const struct attempt *
story_drawn(const struct story *s, uint64_t number)
{
	if (number >= STORY_KEEP && number + STORY_KEEP < s->count &&
	    pin_slot(s, number) == NULL)
		return NULL;
	return story_attempt(s, number);
}

void
story_pin(struct story *s)
{
	struct pin *pin = &s->pins[s->pin_count++];

	assert(s->pin_count <= STORY_PINS_MAX);
	pin->begin =
	    s->count > STORY_PIN_BEFORE ? s->count - STORY_PIN_BEFORE : 0;
	pin->end = s->count + STORY_PIN_AFTER;
}

/* Where a pinned attempt goes when the ring needs its place; NULL: nowhere. */
static struct attempt *
pin_slot(const struct story *s, uint64_t number)
{
	for (size_t i = 0; i < s->pin_count; i++) {
		struct pin *pin = &s->pins[i];

		if (number >= pin->begin && number < pin->end)
			return &pin->at[number - pin->begin];
	}
	return NULL;
}

static struct attempt *
attempt_add(struct story *s)
{
	uint64_t number = s->count++;
	struct attempt *a = story_attempt(s, number);
	struct attempt *pinned = pin_slot(s, a->number);

	/* The place in the ring is that of an older one. */
	if (pinned != NULL && number >= (uint64_t)2 * s->keep)
		*pinned = *a;
	*a = (struct attempt){ .number = number, .came_from = NO_ATTEMPT };
	return a;
}

/* ---- the log ---- */

static uint64_t
rid_count(struct slice rids)
{
	uint64_t rid, count = 0;

	while (maillog_rid_next(&rids, &rid))
		count++;
	return count;
}

/* The relay starts again: what it had under way is cut off. */
static void
attempts_cut(struct story *s, utime now)
{
	struct open_attempt *o, *next;

	HASH_ITER(hh, s->open, o, next)
	{
		struct attempt *a = story_attempt(s, o->number);

		if (a != NULL) {
			a->is_open = false;
			a->closed = now;
			attempt_fail(a, "cut", 0, now);
		}
		list_remove(&o->waiting);
		HASH_DEL(s->open, o);
		free(o);
	}
	s->last_failed = NO_ATTEMPT;
}

void
story_log(struct story *s, const struct maillog_event *ev, utime now)
{
	struct open_attempt *o;

	s->spoken = NO_ATTEMPT;
	if (ev->form == MAILLOG_BEGIN_LOGFILE && s->plan->relay_starts_again) {
		attempts_cut(s, now);
		return;
	}
	if (ev->form == MAILLOG_DCID_NEW) {
		attempt_open(s, ev, now);
		return;
	}
	if (ev->form == MAILLOG_CONNECTION_ERROR ||
	    ev->form == MAILLOG_DCID_CLOSE) {
		attempt_end(s, ev, now);
		return;
	}
	if (ev->form == MAILLOG_BOUNCED)
		s->counts.bounced++;
	if (ev->form == MAILLOG_DELAYED)
		s->counts.delayed++;
	if (ev->form == MAILLOG_MESSAGE_DONE && ev->dcid == 0)
		s->counts.dropped += rid_count(ev->rids);
	else if (ev->form == MAILLOG_MESSAGE_DONE)
		s->counts.delivered += rid_count(ev->rids);
	HASH_FIND(hh, s->open, &ev->dcid, sizeof(ev->dcid), o);
	if (o != NULL)
		attempt_speak(s, o, ev, now);
}

static size_t
host_of(const struct story *s, struct slice address)
{
	struct ip_address ip;

	if (!ip_parse(address, &ip))
		return PLAN_NO_HOST;
	return plan_host_at(s->plan, &ip);
}

/* Connections of a domain are set up one after another, so the connection
 * behind a failure is the one that follows it. */
static void
attempt_follow(struct story *s, struct attempt *a)
{
	struct attempt *before = story_attempt(s, s->last_failed);

	if (before != NULL && a->began - before->ended <= UTIME_S)
		a->came_from = before->number;
	s->last_failed = NO_ATTEMPT;
}

/* Adopts what the host saw of the connection so far, or waits for it. */
static void
attempt_claim(struct story *s, struct attempt *a, struct open_attempt *o)
{
	struct lane *lane;

	if (a->host == PLAN_NO_HOST)
		return;
	lane = &s->lanes[a->host];
	if (list_is_empty(&lane->unclaimed)) {
		list_append(&lane->waiting, &o->waiting);
		return;
	}
	struct witness *w =
	    CONTAINER_OF(lane->unclaimed.next, struct witness, node);
	list_remove(&w->node);
	lane->unclaimed_count--;
	a->connection = w->connection;
	a->rule = w->rule;
	free(w);
}

static void
attempt_open(struct story *s, const struct maillog_event *ev, utime now)
{
	struct open_attempt *o = xcalloc(1, sizeof(*o));
	struct attempt *a = attempt_add(s);

	s->counts.connections++;
	a->dcid = o->dcid = ev->dcid;
	o->number = a->number;
	a->began = now;
	a->host = host_of(s, ev->address);
	a->is_open = true;
	o->lane =
	    &s->lanes[a->host != PLAN_NO_HOST ? a->host : s->plan->hosts.count];
	o->lane->is_used = true;
	o->lane->share.connections++;
	s->spoken = o->number;
	list_init(&o->waiting);
	if (ev->form == MAILLOG_DCID_NEW)
		attempt_claim(s, a, o);
	attempt_follow(s, a);
	HASH_ADD(hh, s->open, dcid, sizeof(o->dcid), o);
}

static void
attempt_fail(struct attempt *a, const char *how, uint64_t code, utime now)
{
	a->failed++;
	a->ended = now;
	if (a->failed > 1)
		return;
	if (code != 0)
		snprintf(a->how, sizeof(a->how), "%u", (unsigned)(code % 1000));
	else
		snprintf(a->how, sizeof(a->how), "%s", how);
}

/* A record about an attempt that goes on. */
static void
attempt_speak(struct story *s, const struct open_attempt *o,
    const struct maillog_event *ev, utime now)
{
	struct attempt *a = story_attempt(s, o->number);
	struct attempt unkept = { 0 };
	struct story_share *share = &o->lane->share;

	s->spoken = o->number;
	a = a != NULL ? a : &unkept;
	if (ev->form == MAILLOG_MESSAGE_DONE) {
		share->done++;
		a->done++;
	} else if (ev->form == MAILLOG_DELAYED) {
		share->delayed++;
		attempt_fail(a, "lost", ev->code, now);
		s->last_failed = o->number;
	} else if (ev->form == MAILLOG_BOUNCED) {
		share->bounced++;
		attempt_fail(a, "", ev->code, now);
	}
}

/* The `details` of a Connection Error in a word. */
static void
attempt_fail_details(
    struct attempt *a, const struct maillog_event *ev, utime now)
{
	static const struct {
		struct slice part;
		const char *word;
	} words[] = {
		{ SLICE_INIT("refused"), "refused" },
		{ SLICE_INIT("timeout"), "timeout" },
		{ SLICE_INIT("No route"), "no route" },
		{ SLICE_INIT("reset"), "reset" },
		{ SLICE_INIT("EOF"), "closed" },
	};
	unsigned code;
	struct slice text;

	if (maillog_details_reply(ev->details, &code, &text)) {
		attempt_fail(a, "garbage", code, now);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_find(ev->details, words[i].part) < ev->details.len) {
			attempt_fail(a, words[i].word, 0, now);
			return;
		}
	attempt_fail(a, "error", 0, now);
}

/* A connect that failed has no line before its Connection Error. */
static void
attempt_end(struct story *s, const struct maillog_event *ev, utime now)
{
	struct open_attempt *o;
	uint64_t dcid = ev->dcid;

	HASH_FIND(hh, s->open, &dcid, sizeof(dcid), o);
	if (o == NULL && ev->form == MAILLOG_CONNECTION_ERROR) {
		attempt_open(s, ev, now);
		HASH_FIND(hh, s->open, &dcid, sizeof(dcid), o);
		assert(o != NULL);
		o->lane->share.refused++;
	}
	if (o == NULL)
		return;
	s->spoken = o->number;
	struct attempt *a = story_attempt(s, o->number);
	list_remove(&o->waiting);
	HASH_DEL(s->open, o);
	free(o);
	if (a == NULL)
		return;
	a->is_open = false;
	a->closed = now;
	if (ev->form != MAILLOG_CONNECTION_ERROR)
		return;
	attempt_fail_details(a, ev, now);
	s->last_failed = a->number;
}

/* ---- the transcripts ---- */

static void
witness_add(struct story *s, size_t host, uint64_t connection)
{
	struct lane *lane = &s->lanes[host];
	struct witness *w;

	if (!list_is_empty(&lane->waiting)) {
		struct open_attempt *o = CONTAINER_OF(
		    lane->waiting.next, struct open_attempt, waiting);
		struct attempt *a = story_attempt(s, o->number);

		list_remove(&o->waiting);
		if (a != NULL)
			a->connection = connection;
		return;
	}
	/* A log that never speaks of them is not worth more memory. */
	if (lane->unclaimed_count == UNCLAIMED_MAX)
		return;
	w = xcalloc(1, sizeof(*w));
	w->connection = connection;
	list_append(&lane->unclaimed, &w->node);
	lane->unclaimed_count++;
}

/* The same name, as long as the story lives. */
static const char *
rule_keep(struct story *s, const char *rule)
{
	for (size_t i = s->rule_count; i-- > 0;)
		if (strcmp(s->rules[i], rule) == 0)
			return s->rules[i];
	s->rules =
	    xgrow(s->rules, &s->rule_cap, s->rule_count + 1, sizeof(*s->rules));
	s->rules[s->rule_count] = xstrdup(rule);
	return s->rules[s->rule_count++];
}

/* A rule acted: on a connection that the log has spoken of, or will. */
static void
rule_note(struct story *s, size_t host, const struct transcript_event *ev)
{
	const char *rule = rule_keep(s, ev->rule);
	struct open_attempt *o, *next;

	LIST_FOREACH(node, &s->lanes[host].unclaimed) {
		struct witness *w = CONTAINER_OF(node, struct witness, node);

		if (w->connection == ev->connection) {
			w->rule = rule;
			return;
		}
	}
	HASH_ITER(hh, s->open, o, next)
	{
		struct attempt *a = story_attempt(s, o->number);

		if (a != NULL && a->connection == ev->connection)
			a->rule = rule;
	}
}

void
story_transcript(struct story *s, const struct transcript_event *ev)
{
	size_t host;

	if (ev->kind != TRANSCRIPT_OPEN && ev->rule == NULL)
		return;
	host = plan_host_named(s->plan, slice_cstr(ev->host));
	if (host == PLAN_NO_HOST)
		return;
	if (ev->kind == TRANSCRIPT_OPEN)
		witness_add(s, host, ev->connection);
	if (ev->rule != NULL)
		rule_note(s, host, ev);
}
