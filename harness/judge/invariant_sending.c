/* SPDX-License-Identifier: MIT */
/* Messages, as two witnesses tell of them; see invariant_sending.h. */
#include "harness/judge/invariant_sending.h"

#define ULL(n) ((unsigned long long)(n))

/* Bounce verification: prvs=LOCAL=TAG@DOMAIN (docs/destconfig.md). */
#define TAG_PREFIX    "prvs="
#define TAG_CHARS     10
#define TAG_LOCAL_MAX 48

struct sending {
	struct list node;
	struct ledger_moment moment; /* of the log */
	utime at;
	uint64_t dcid, mid;  /* of the log */
	uint64_t connection; /* of the transcript */
	char *sender;        /* owned; NULL: the log has forgotten */
	bool is_verified;    /* the domain's bounces are to be */
	size_t recipient_count;
	uint64_t recipients_hash; /* whatever their order */
};

static void sendings_match(struct sendings *s, struct invariants *v);
static struct sending *sending_first(struct list *sendings);
static void sending_free(struct sending *s);

void
sendings_init(struct sendings *s)
{
	list_init(&s->logged);
	list_init(&s->seen);
}

void
sendings_fini(struct sendings *s)
{
	while (!list_is_empty(&s->logged))
		sending_free(sending_first(&s->logged));
	while (!list_is_empty(&s->seen))
		sending_free(sending_first(&s->seen));
}

void
sendings_log(
    struct sendings *s, struct invariants *v, const struct ledger_entry *entry)
{
	struct sending *logged = xcalloc(1, sizeof(*logged));
	const struct ledger_message *m = entry->message;
	struct slice rest = entry->rids;
	uint64_t rid;

	logged->moment = entry->moment;
	logged->at = entry->moment.lo;
	logged->dcid = entry->line->dcid;
	logged->mid = entry->line->mid;
	if (m != NULL)
		logged->sender = xstrdup(m->sender != NULL ? m->sender : "");
	while (maillog_rid_next(&rest, &rid)) {
		const struct ledger_recipient *r = m != NULL
		    ? ledger_recipient_find(entry->message, rid)
		    : NULL;

		logged->is_verified |= r != NULL &&
		    v->plan->relay.bounce_verification.keys.count > 0 &&
		    r->group->domain->controls->bounce_validation;
		logged->recipient_count++;
		logged->recipients_hash += r != NULL ? r->address_hash : 0;
	}
	list_append(&s->logged, &logged->node);
	sendings_match(s, v);
}

void
sendings_see(
    struct sendings *s, struct invariants *v, const struct transcript_event *ev)
{
	struct sending *seen = xcalloc(1, sizeof(*seen));

	seen->at = ev->time;
	seen->connection = ev->connection;
	seen->sender = slice_dup(ev->sender);
	seen->recipient_count = ev->recipient_count;
	for (size_t i = 0; i < ev->recipient_count; i++)
		seen->recipients_hash += ledger_text_hash(ev->recipients[i]);
	list_append(&s->seen, &seen->node);
	sendings_match(s, v);
}

void
sendings_settle(struct sendings *s, struct invariants *v, bool may_be_lost)
{
	const struct sending *logged = sending_first(&s->logged);
	const struct sending *seen = sending_first(&s->seen);
	char span[UTIME_TEXT_MAX];

	if (logged != NULL)
		invariant_fail(v, INV_TWO_WITNESSES, &logged->moment,
		    "each \"Message done\" has its 250 in a transcript",
		    "DCID %llu, MID %llu is done, and its host took no such "
		    "message",
		    ULL(logged->dcid), ULL(logged->mid));
	if (seen == NULL || (may_be_lost && seen->node.next == &s->seen))
		return;
	charge_add(&v->charges[INV_TWO_WITNESSES], seen->at,
	    "each message that a host took is a \"Message done\" of the log, "
	    "save where the reply was lost",
	    "%s: connection %llu of the transcript took a message from <%s>, "
	    "which the log does not call done",
	    utime_format_span(seen->at - v->plan->start, span),
	    ULL(seen->connection), seen->sender);
}

static struct sending *
sending_first(struct list *sendings)
{
	return list_is_empty(sendings)
	    ? NULL
	    : CONTAINER_OF(sendings->next, struct sending, node);
}

static void
sending_free(struct sending *s)
{
	list_remove(&s->node);
	free(s->sender);
	free(s);
}

/* Senders that leave with a tag where bounces are verified. */
static bool
takes_tag(struct slice sender)
{
	size_t local = slice_find_byte(sender, '@');

	return local > 0 && local < sender.len && local <= TAG_LOCAL_MAX &&
	    sender.at[0] != '"' &&
	    !slice_starts_with_nocase(sender, SLICE(TAG_PREFIX));
}

/* Whether the host was told the sender of the log, with a tag if it has to have
 * one.  Whose tag it is no witness can tell. */
static bool
sender_is(const struct sending *logged, const struct sending *seen)
{
	struct slice sender = slice_cstr(logged->sender);
	struct slice told = slice_cstr(seen->sender);
	size_t local = slice_find_byte(sender, '@');

	if (!logged->is_verified || !takes_tag(sender))
		return slice_eq(told, sender);
	if (!slice_starts_with(told, SLICE(TAG_PREFIX)) ||
	    told.len != strlen(TAG_PREFIX) + sender.len + 1 + TAG_CHARS)
		return false;
	told = slice_skip(told, strlen(TAG_PREFIX));
	return slice_eq(
		   slice_sub(told, 0, local), slice_sub(sender, 0, local)) &&
	    told.at[local] == '=' &&
	    slice_eq(slice_skip(told, local + 1 + TAG_CHARS),
		slice_skip(sender, local));
}

static void
sending_compare(struct invariants *v, const struct sending *logged,
    const struct sending *seen)
{
	static const char wanted[] =
	    "the message that the host took is the one that the log calls done";

	if (logged->sender == NULL)
		return;
	if (!sender_is(logged, seen))
		invariant_fail(v, INV_TWO_WITNESSES, &logged->moment, wanted,
		    "DCID %llu, MID %llu: the log's sender is <%s>, the "
		    "transcript's <%s>",
		    ULL(logged->dcid), ULL(logged->mid), logged->sender,
		    seen->sender);
	else if (logged->recipient_count != seen->recipient_count)
		invariant_fail(v, INV_TWO_WITNESSES, &logged->moment, wanted,
		    "DCID %llu, MID %llu: recipients in the log: %zu, in the "
		    "transcript: %zu",
		    ULL(logged->dcid), ULL(logged->mid),
		    logged->recipient_count, seen->recipient_count);
	else if (logged->recipients_hash != seen->recipients_hash)
		invariant_fail(v, INV_TWO_WITNESSES, &logged->moment, wanted,
		    "DCID %llu, MID %llu: the log's recipients are not those "
		    "of the transcript",
		    ULL(logged->dcid), ULL(logged->mid));
}

static void
sendings_match(struct sendings *s, struct invariants *v)
{
	struct sending *logged, *seen;

	while ((logged = sending_first(&s->logged)) != NULL &&
	    (seen = sending_first(&s->seen)) != NULL) {
		sending_compare(v, logged, seen);
		sending_free(logged);
		sending_free(seen);
	}
}
