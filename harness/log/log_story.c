/* SPDX-License-Identifier: MIT */
/* Which records belong to which story; see log_story.h. */
#include "harness/log/log_story_impl.h"

static void take_client(struct log_stories *s, const struct log_record *record);
static void take_host(struct log_stories *s, const struct log_record *record);
static void take_message(
    struct log_stories *s, const struct log_record *record);
static void forget(struct log_stories *s, struct log_tracked *t);

struct log_stories *
log_stories_new(const struct log_want *want, size_t stories_max)
{
	struct log_stories *s = xcalloc(1, sizeof(*s));

	s->want = *want;
	s->want_text = slice_dup(want->text);
	s->want.text = slice_cstr(s->want_text);
	s->max = stories_max;
	list_init(&s->pending);
	list_init(&s->clients.order);
	list_init(&s->hosts.order);
	return s;
}

static void
opened_set_fini(struct log_opened_set *set)
{
	while (set->count > 0)
		log_opened_forget(set,
		    CONTAINER_OF(set->order.next, struct log_opened, node));
}

void
log_stories_destroy(struct log_stories **sp)
{
	struct log_stories *s = *sp;
	struct log_tracked *t, *next;

	*sp = NULL;
	if (s == NULL)
		return;
	HASH_ITER(hh, s->messages, t, next)
	forget(s, t);
	opened_set_fini(&s->clients);
	opened_set_fini(&s->hosts);
	for (size_t i = 0; i < s->kept_count; i++)
		log_story_destroy(&s->kept[i]);
	free(s->kept);
	free(s->live);
	free(s->want_text);
	free(s);
}

size_t
log_stories_count(const struct log_stories *s)
{
	return s->kept_count;
}

const struct log_story *
log_stories_at(const struct log_stories *s, size_t i)
{
	assert(i < s->kept_count);
	return s->kept[i];
}

uint64_t
log_stories_more(const struct log_stories *s)
{
	return s->more;
}

void
log_stories_take(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;

	if (maillog_has(ev, MAILLOG_FIELD_mid))
		take_message(s, record);
	if (maillog_has(ev, MAILLOG_FIELD_dcid) && ev->dcid != 0)
		take_host(s, record);
	else if (maillog_has(ev, MAILLOG_FIELD_icid) && ev->icid != 0)
		take_client(s, record);
}

/* ---- what is kept ---- */

static bool
keep(struct log_stories *s, struct log_story *story)
{
	if (s->kept_count == s->max) {
		s->more++;
		return false;
	}
	s->kept =
	    xgrow(s->kept, &s->kept_cap, s->kept_count + 1, sizeof(s->kept[0]));
	s->kept[s->kept_count++] = story;
	return true;
}

static struct log_tracked *
find(const struct log_stories *s, uint64_t mid, uint32_t appliance)
{
	struct log_key key = { mid, appliance };
	struct log_tracked *t;

	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, s->messages, &key, sizeof(key), t);
	return t;
}

static void
stop_living(struct log_stories *s, const struct log_tracked *t)
{
	for (size_t i = 0; i < s->live_count; i++) {
		if (s->live[i] != t)
			continue;
		s->live[i] = s->live[--s->live_count];
		return;
	}
}

static void
forget(struct log_stories *s, struct log_tracked *t)
{
	HASH_DEL(s->messages, t);
	if (!t->matches || t->is_left_out) {
		list_remove(&t->node);
		s->pending_count--;
		log_story_destroy(&t->story);
	}
	stop_living(s, t);
	for (size_t i = 0; i < t->count; i++)
		free(t->recipients[i].domain);
	free(t->recipients);
	free(t);
}

static struct log_tracked *
track(struct log_stories *s, const struct log_record *record)
{
	uint64_t mid = record->event->mid;
	struct log_tracked *t = xcalloc(1, sizeof(*t));

	if (s->pending_count == LOG_STORY_PENDING_MAX)
		forget(
		    s, CONTAINER_OF(s->pending.next, struct log_tracked, node));
	t->key = (struct log_key){ mid, record->appliance };
	t->story = log_story_new(true, mid, record->appliance);
	list_init(&t->node);
	list_append(&s->pending, &t->node);
	s->pending_count++;
	HASH_ADD(hh, s->messages, key, sizeof(t->key), t);
	return t;
}

/* It is one of those that are wanted. */
static void
match(struct log_stories *s, struct log_tracked *t)
{
	if (t->matches)
		return;
	t->matches = true;
	t->is_left_out = !keep(s, t->story);
	if (t->is_left_out)
		return;
	list_remove(&t->node);
	s->pending_count--;
	s->live =
	    xgrow(s->live, &s->live_cap, s->live_count + 1, sizeof(s->live[0]));
	s->live[s->live_count++] = t;
}

/* ---- messages ---- */

static struct log_recipient *
recipient_get(struct log_tracked *t, uint64_t rid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->recipients[i].rid == rid)
			return &t->recipients[i];
	t->recipients = xgrow(
	    t->recipients, &t->cap, t->count + 1, sizeof(t->recipients[0]));
	t->recipients[t->count] =
	    (struct log_recipient){ .rid = rid, .is_open = true };
	return &t->recipients[t->count++];
}

static void
note_rids(struct log_tracked *t, const struct maillog_event *ev)
{
	struct slice rest = ev->rids;
	uint64_t rid;

	while (maillog_rid_next(&rest, &rid)) {
		struct log_recipient *to = recipient_get(t, rid);

		to->waits_till = ev->form == MAILLOG_PENDING ? ev->till : 0;
		to->is_open &= ev->form != MAILLOG_MESSAGE_DONE &&
		    ev->form != MAILLOG_DELETED;
	}
}

static void
note_recipients(struct log_tracked *t, const struct maillog_event *ev)
{
	struct log_recipient *to;

	if (maillog_has(ev, MAILLOG_FIELD_rids))
		note_rids(t, ev);
	if (!maillog_has(ev, MAILLOG_FIELD_rid))
		return;
	to = recipient_get(t, ev->rid);
	if (maillog_has(ev, MAILLOG_FIELD_to) && to->domain == NULL)
		to->domain = slice_dup(log_mailbox_domain(ev->to));
	to->is_open &=
	    ev->form != MAILLOG_BOUNCED && ev->form != MAILLOG_DOUBLE_BOUNCE;
}

/* Whether a message of which nothing is known yet may be one that is wanted. */
static bool
may_begin(const struct log_stories *s, const struct maillog_event *ev)
{
	if (s->want.kind == LOG_WANT_MID)
		return ev->mid == s->want.number;
	if (s->want.kind == LOG_WANT_DCID)
		return false;
	return ev->form == MAILLOG_START_MID || ev->form == MAILLOG_MID_FROM ||
	    maillog_has(ev, MAILLOG_FIELD_to) ||
	    (s->want.kind == LOG_WANT_ADDRESS &&
		ev->form == MAILLOG_DELIVERY_START);
}

static bool
is_wanted(const struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	const struct log_want *want = &s->want;
	struct log_opened *host;
	struct maillog_parser parser;
	struct maillog_event opened;

	if (want->kind == LOG_WANT_MID)
		return ev->mid == want->number;
	if (want->kind != LOG_WANT_ADDRESS)
		return (maillog_has(ev, MAILLOG_FIELD_to) &&
			   log_want_has_mailbox(want, ev->to)) ||
		    (want->kind == LOG_WANT_MAILBOX &&
			maillog_has(ev, MAILLOG_FIELD_from) &&
			log_want_has_mailbox(want, ev->from));
	if (ev->form != MAILLOG_DELIVERY_START)
		return false;
	host = log_opened_find(&s->hosts, ev->dcid, record->appliance);
	if (host == NULL || host->story->count == 0)
		return false;
	maillog_parser_init(&parser, host->story->records[0].time);
	return maillog_parse(&parser, slice_cstr(host->story->records[0].text),
		   &opened) &&
	    log_want_has_address(want, opened.address);
}

/* The client's connection by which it came. */
static void
add_client(
    struct log_stories *s, struct log_tracked *t, const struct log_record *r)
{
	const struct log_opened *client;

	if (r->event->form != MAILLOG_START_MID)
		return;
	client = log_opened_find(&s->clients, r->event->icid, r->appliance);
	if (client != NULL)
		log_story_add_all(t->story, client->story);
}

/* The host's connection by which it is sent. */
static void
add_host(
    struct log_stories *s, struct log_tracked *t, const struct log_record *r)
{
	struct log_opened *host;

	if (r->event->form != MAILLOG_DELIVERY_START)
		return;
	host = log_opened_find(&s->hosts, r->event->dcid, r->appliance);
	if (host == NULL)
		return;
	if (host->mid != r->event->mid)
		log_story_add_all(t->story, host->story);
	host->mid = r->event->mid;
}

/* Nothing more can make it one that is wanted. */
static bool
is_over(const struct log_stories *s, const struct maillog_event *ev)
{
	return ev->form == MAILLOG_MESSAGE_FINISHED ||
	    ev->form == MAILLOG_MESSAGE_ABORTED ||
	    (ev->form == MAILLOG_MID_QUEUED &&
		s->want.kind != LOG_WANT_ADDRESS);
}

static void
take_message(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_tracked *t = find(s, ev->mid, record->appliance);

	/* A MID that is given again is another message. */
	if (t != NULL && ev->form == MAILLOG_START_MID) {
		forget(s, t);
		t = NULL;
	}
	if (t == NULL && may_begin(s, ev))
		t = track(s, record);
	if (t == NULL)
		return;
	add_client(s, t, record);
	add_host(s, t, record);
	if (!t->is_left_out)
		log_story_add(t->story, record);
	note_recipients(t, ev);
	if (is_wanted(s, record))
		match(s, t);
	if (t->matches && ev->form == MAILLOG_MESSAGE_FINISHED)
		stop_living(s, t);
	if (t->is_left_out ? ev->form == MAILLOG_MESSAGE_FINISHED
			   : !t->matches && is_over(s, ev))
		forget(s, t);
}

/* ---- connections ---- */

static void
take_client(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_opened *client;

	if (maillog_has(ev, MAILLOG_FIELD_mid))
		return;
	client = log_opened_get(&s->clients, ev->icid, record);
	if (ev->form == MAILLOG_ICID_CLOSE || ev->form == MAILLOG_ICID_LOST)
		log_opened_forget(&s->clients, client);
}

/* Whether it was ready to go to the domain. */
static bool
is_ready_for(const struct log_tracked *t, const struct maillog_event *ev)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct log_recipient *to = &t->recipients[i];

		if (to->is_open && ev->time >= to->waits_till &&
		    to->domain != NULL &&
		    slice_eq_nocase(slice_cstr(to->domain), ev->domain))
			return true;
	}
	return false;
}

/* A connection has failed: those that were ready for its domain have tried it.
 * What belongs to none of them is told for itself. */
static void
take_failure(struct log_stories *s, const struct log_record *record,
    struct log_opened *host)
{
	const struct maillog_event *ev = record->event;
	bool is_told = false;

	for (size_t i = 0; i < s->live_count; i++) {
		struct log_tracked *t = s->live[i];

		if (t->key.appliance != record->appliance ||
		    (host->mid != 0 ? host->mid != t->key.number
				    : !is_ready_for(t, ev)))
			continue;
		if (host->mid == 0)
			log_story_add_all(t->story, host->story);
		else
			log_story_add(t->story, record);
		is_told = true;
	}
	if (is_told || host->mid != 0 ||
	    (!log_want_has_domain(&s->want, ev->domain) &&
		!log_want_has_address(&s->want, ev->address)))
		return;
	if (keep(s, host->story))
		host->story = NULL;
}

/* A connection that is itself what is wanted. */
static void
take_wanted_host(
    struct log_stories *s, const struct log_record *record, bool begins)
{
	struct log_story *last =
	    s->kept_count > 0 ? s->kept[s->kept_count - 1] : NULL;

	if (last == NULL || begins || last->appliance != record->appliance) {
		last = log_story_new(
		    false, record->event->dcid, record->appliance);
		if (!keep(s, last)) {
			log_story_destroy(&last);
			return;
		}
	}
	log_story_add(last, record);
}

static void
take_host(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_opened *host;

	if (s->want.kind == LOG_WANT_DCID) {
		if (ev->dcid == s->want.number)
			take_wanted_host(
			    s, record, ev->form == MAILLOG_DCID_NEW);
		return;
	}
	if (maillog_has(ev, MAILLOG_FIELD_mid)) {
		host = log_opened_find(&s->hosts, ev->dcid, record->appliance);
		if (host != NULL)
			host->mid = ev->mid;
		return;
	}
	host = log_opened_find(&s->hosts, ev->dcid, record->appliance);
	if (host != NULL && ev->form == MAILLOG_DCID_NEW)
		log_opened_forget(&s->hosts, host);
	host = log_opened_get(&s->hosts, ev->dcid, record);
	if (ev->form == MAILLOG_CONNECTION_ERROR)
		take_failure(s, record, host);
	if (ev->form == MAILLOG_CONNECTION_ERROR ||
	    ev->form == MAILLOG_DCID_CLOSE)
		log_opened_forget(&s->hosts, host);
}
