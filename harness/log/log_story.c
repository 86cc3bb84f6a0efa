/* SPDX-License-Identifier: MIT */
/* Which records belong to which story; see log_story.h. */
#include "harness/log/log_story_impl.h"

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

	if (record->named.message != 0)
		take_message(s, record);
	if (maillog_has(ev, MAILLOG_FIELD_dcid) && ev->dcid != 0)
		log_stories_take_host(s, record);
	else if (maillog_has(ev, MAILLOG_FIELD_icid) && ev->icid != 0)
		log_stories_take_client(s, record);
}

/* ---- what is kept ---- */

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
track(struct log_stories *s, uint64_t mid, uint32_t appliance)
{
	struct log_tracked *t = xcalloc(1, sizeof(*t));

	if (s->pending_count == LOG_STORY_PENDING_MAX)
		forget(
		    s, CONTAINER_OF(s->pending.next, struct log_tracked, node));
	t->key = (struct log_key){ mid, appliance };
	t->story = log_story_new(true, mid, appliance);
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
	t->is_left_out = !log_stories_keep(s, t->story);
	if (t->is_left_out)
		return;
	list_remove(&t->node);
	s->pending_count--;
	s->live =
	    xgrow(s->live, &s->live_cap, s->live_count + 1, sizeof(s->live[0]));
	s->live[s->live_count++] = t;
}

/* It is told with another: it becomes again what it was before it matched. */
static void
unmatch(struct log_stories *s, struct log_tracked *t)
{
	log_stories_let_go(s, t->story);
	stop_living(s, t);
	t->matches = false;
	list_append(&s->pending, &t->node);
	s->pending_count++;
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

/* A filter may have changed it. */
static void
rename_domain(struct log_tracked *t, struct log_recipient *from)
{
	struct log_recipient *to = recipient_get(t, from->rid);

	if (from->domain == NULL)
		return;
	free(to->domain);
	to->domain = from->domain;
	from->domain = NULL;
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

static bool
has_wanted_mid(const struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;

	return record->named.mid == s->want.number ||
	    (maillog_has(ev, MAILLOG_FIELD_other_mid) &&
		ev->form == MAILLOG_MID_REWRITTEN &&
		ev->other_mid == s->want.number);
}

/* Whether a message of which nothing is known yet may be one that is wanted;
 * it may have another name later. */
static bool
may_begin(const struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;

	if (s->want.kind == LOG_WANT_MID)
		return ev->form == MAILLOG_START_MID ||
		    ev->form == MAILLOG_MID_SPLIT || has_wanted_mid(s, record);
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
		return has_wanted_mid(s, record);
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
	if (host->message != r->named.message)
		log_story_add_all(t->story, host->story);
	host->message = r->named.message;
}

/* Nothing more can make it one that is wanted. */
static bool
is_over(const struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;

	return (ev->form == MAILLOG_MESSAGE_FINISHED &&
		   !record->named.is_handed_on) ||
	    ev->form == MAILLOG_MESSAGE_ABORTED ||
	    (ev->form == MAILLOG_MID_QUEUED &&
		s->want.kind != LOG_WANT_ADDRESS);
}

/* It has a further name, by which it may have been begun as another message:
 * then that was the beginning of this one, too. */
static void
join(struct log_stories *s, struct log_tracked *t, const struct log_record *r)
{
	struct log_tracked *other = find(s, r->event->other_mid, r->appliance);

	if (other == NULL || other == t)
		return;
	log_story_add_all(t->story, other->story);
	for (size_t i = 0; i < other->count; i++)
		rename_domain(t, &other->recipients[i]);
	if (other->matches) {
		match(s, t);
		if (!other->is_left_out)
			unmatch(s, other);
	}
	forget(s, other);
}

/* Another message takes a part of its recipients, and belongs to what is asked
 * for when this one does. */
static void
part(struct log_stories *s, const struct log_tracked *t,
    const struct log_record *r)
{
	uint64_t mid = r->event->other_mid;
	struct log_tracked *other = find(s, mid, r->appliance);
	bool is_wanted = t->matches ||
	    (s->want.kind == LOG_WANT_MID && s->want.number == mid);

	if (other == NULL)
		other = track(s, mid, r->appliance);
	if (!other->is_left_out)
		log_story_add(other->story, r);
	if (is_wanted)
		match(s, other);
}

static void
take_message(struct log_stories *s, const struct log_record *record)
{
	const struct maillog_event *ev = record->event;
	struct log_tracked *t =
	    find(s, record->named.message, record->appliance);
	bool ends =
	    ev->form == MAILLOG_MESSAGE_FINISHED && !record->named.is_handed_on;

	/* A MID that is given again is another message. */
	if (t != NULL && ev->form == MAILLOG_START_MID) {
		forget(s, t);
		t = NULL;
	}
	if (t == NULL && may_begin(s, record))
		t = track(s, record->named.message, record->appliance);
	if (t == NULL)
		return;
	add_client(s, t, record);
	add_host(s, t, record);
	if (!t->is_left_out)
		log_story_add(t->story, record);
	note_recipients(t, ev);
	if (is_wanted(s, record))
		match(s, t);
	if (ev->form == MAILLOG_MID_REWRITTEN)
		join(s, t, record);
	if (ev->form == MAILLOG_MID_SPLIT)
		part(s, t, record);
	if (t->matches && ends)
		stop_living(s, t);
	if (t->is_left_out ? ends : !t->matches && is_over(s, record))
		forget(s, t);
}
