/* SPDX-License-Identifier: MIT */
/*
 * OpenSMTPD's log, told again; see reader.h.  What its sessions say of
 * transfers is in opensmtpd_transfer.c.  An envelope is a recipient of a
 * message, or a bounce of one that is still to be made.
 */
#include "harness/live/opensmtpd_listing.h"
#include "harness/live/opensmtpd_transfer.h"
#include "harness/live/reader_words.h"

#define OWED_MAX 64
#define NO_RID   SIZE_MAX /* a bounce */

struct envelope {
	char id[OPENSMTPD_ID_LEN + 1];
	size_t rid;
	UT_hash_handle hh;
};

/* A message whose bounce is being made. */
struct owed {
	uint64_t mid;
	char *to; /* owned */
};

struct opensmtpd {
	struct opensmtpd_transfer transfer;
	struct envelope *envelopes; /* owned */
	/* The message whose envelopes are being told. */
	char *message; /* owned; NULL: none */
	uint64_t bytes, expected;
	bool is_local;  /* nobody has sent it */
	char *arriving; /* owned: the message for which it takes recipients */
	char **locals;  /* owned: sessions of its own */
	size_t local_count, local_cap;
	struct owed owed[OWED_MAX];
	size_t owed_count;
	struct opensmtpd_listing listing;
	bool listens, has_loaded; /* the queue that it left */
};

/* ---- memory ---- */

static void *
opensmtpd_create(void)
{
	return xcalloc(1, sizeof(struct opensmtpd));
}

static void
envelope_forget(struct opensmtpd *o, struct envelope *e)
{
	HASH_DEL(o->envelopes, e);
	free(e);
}

static void
opensmtpd_destroy(void *memory)
{
	struct opensmtpd *o = memory;
	struct envelope *e, *next;

	if (o == NULL)
		return;
	opensmtpd_transfer_fini(&o->transfer);
	HASH_ITER(hh, o->envelopes, e, next)
	{
		envelope_forget(o, e);
	}
	for (size_t i = 0; i < o->local_count; i++)
		free(o->locals[i]);
	free(o->locals);
	for (size_t i = 0; i < o->owed_count; i++)
		free(o->owed[i].to);
	free(o->message);
	free(o->arriving);
	free(o);
}

static struct envelope *
envelope_find(struct opensmtpd *o, struct slice id)
{
	struct envelope *e;

	if (id.len < OPENSMTPD_ID_LEN)
		return NULL;
	HASH_FIND(hh, o->envelopes, id.at, (size_t)OPENSMTPD_ID_LEN, e);
	return e;
}

static void
envelope_add(struct opensmtpd *o, struct slice id, size_t rid)
{
	struct envelope *e;

	if (id.len < OPENSMTPD_ID_LEN || envelope_find(o, id) != NULL)
		return;
	e = xcalloc(1, sizeof(*e));
	memcpy(e->id, id.at, OPENSMTPD_ID_LEN);
	e->rid = rid;
	HASH_ADD(hh, o->envelopes, id, OPENSMTPD_ID_LEN, e);
}

static struct reader_message *
message_of(struct reader *r, struct slice envelope)
{
	return reader_message_find(
	    r, slice_sub(envelope, 0, OPENSMTPD_MESSAGE_LEN));
}

static size_t
rid_of(void *owner, struct reader *r, struct slice id)
{
	struct envelope *e = envelope_find(owner, id);

	(void)r;
	return e != NULL ? e->rid : NO_RID;
}

/* ---- on their way in ---- */

/* The first recipient of a message of a client; until it is in the queue. */
static void
on_inserting(struct opensmtpd *o, struct reader *r, struct slice id)
{
	struct slice message = slice_sub(id, 0, OPENSMTPD_MESSAGE_LEN);

	if (reader_message_find(r, message) != NULL || o->arriving != NULL)
		return;
	reader_set(&o->arriving, message);
	r->arriving++;
}

static void
arrival_ends(struct opensmtpd *o, struct reader *r, struct slice message)
{
	if (o->arriving == NULL || !slice_eq(slice_cstr(o->arriving), message))
		return;
	free(o->arriving);
	o->arriving = NULL;
	r->arriving--;
}

/* "smtp connected address=local": what it sends is its own. */
static void
note_local(struct opensmtpd *o, struct slice id)
{
	o->locals = xgrow(
	    o->locals, &o->local_cap, o->local_count + 1, sizeof(o->locals[0]));
	o->locals[o->local_count++] = slice_dup(id);
}

static bool
is_local(const struct opensmtpd *o, struct slice id)
{
	size_t i = 0;

	while (i < o->local_count && !slice_eq(slice_cstr(o->locals[i]), id))
		i++;
	return i < o->local_count;
}

static void
forget_local(struct opensmtpd *o, struct slice id)
{
	for (size_t i = 0; i < o->local_count; i++)
		if (slice_eq(slice_cstr(o->locals[i]), id)) {
			free(o->locals[i]);
			o->locals[i] = o->locals[--o->local_count];
			return;
		}
}

/* "message msgid=b361ac8a size=179 nrcpt=1 proto=ESMTP" */
static void
on_message(struct opensmtpd *o, struct slice session, struct slice text)
{
	reader_set(
	    &o->message, reader_between(text, SLICE("msgid="), SLICE(" ")));
	o->bytes = o->expected = 0;
	(void)slice_to_u64(reader_between(text, SLICE("size="), SLICE(" ")),
	    UINT32_MAX, &o->bytes);
	(void)slice_to_u64(reader_between(text, SLICE("nrcpt="), SLICE(" ")),
	    UINT32_MAX, &o->expected);
	o->is_local = is_local(o, session);
}

/* Whose bounce that is: the first that is owed to that address. */
static uint64_t
owed_take(struct opensmtpd *o, const char *to)
{
	for (size_t i = 0; i < o->owed_count; i++) {
		const uint64_t mid = o->owed[i].mid;

		if (strcmp(o->owed[i].to, to) != 0)
			continue;
		free(o->owed[i].to);
		o->owed_count--;
		memmove(o->owed + i, o->owed + i + 1,
		    (o->owed_count - i) * sizeof(o->owed[0]));
		return mid;
	}
	return 0;
}

/* "envelope evpid=b361ac8a23353f0c from=<s@b.example> to=<a@c.example>" */
static void
on_envelope(struct opensmtpd *o, struct reader *r, struct slice text)
{
	struct slice id = reader_between(text, SLICE("evpid="), SLICE(" "));
	struct slice key = slice_sub(id, 0, OPENSMTPD_MESSAGE_LEN);
	struct reader_message *m;

	if (o->message == NULL || id.len != OPENSMTPD_ID_LEN ||
	    !slice_eq(slice_cstr(o->message), key))
		return;
	m = reader_message_find(r, key);
	if (m == NULL)
		m = reader_message_new(
		    r, key, reader_between(text, SLICE("from=<"), SLICE(">")));
	reader_message_to(
	    r, m, reader_between(text, SLICE("to=<"), SLICE(">")));
	envelope_add(o, id, m->count - 1);
	if (m->count < o->expected)
		return;
	arrival_ends(o, r, key);
	if (o->is_local)
		reader_message_made(
		    r, m, owed_take(o, m->recipients[0].address));
	else
		reader_message_queued(r, m, o->bytes);
	free(o->message);
	o->message = NULL;
}

/* Of a session in which mail comes. */
static void
on_smtp(
    struct opensmtpd *o, struct reader *r, struct slice id, struct slice text)
{
	if (slice_starts_with(text, SLICE("message ")))
		on_message(o, id, text);
	else if (slice_starts_with(text, SLICE("envelope ")))
		on_envelope(o, r, text);
	else if (slice_starts_with(text, SLICE("connected address=local")))
		note_local(o, id);
	else if (slice_starts_with(text, SLICE("disconnected ")))
		forget_local(o, id);
}

/* ---- ends ---- */

/* "delivery evpid=... result=\"PermFail\" stat=\"550 5.1.1 No\"" */
static void
on_delivery(struct opensmtpd *o, struct reader *r, struct slice session,
    struct slice text)
{
	struct slice id = reader_between(text, SLICE("evpid="), SLICE(" "));
	struct slice stat =
	    reader_between(text, SLICE(" stat=\""), SLICE("\""));
	struct reader_message *m = message_of(r, id);
	const struct envelope *e = envelope_find(o, id);
	const struct opensmtpd_session *s =
	    opensmtpd_session_find(&o->transfer, session);
	const struct reader_connection *c = reader_connection_find(r, session);
	struct reader_verdict v = { .dcid = c != NULL ? c->dcid : 0,
		.phase = reader_phase_unanswered(stat) };
	uint64_t code = 0;

	if (m == NULL || e == NULL || e->rid >= m->count ||
	    slice_find(text, SLICE("result=\"PermFail\"")) == text.len)
		return;
	if (slice_to_u64(slice_sub(stat, 0, 3), 599, &code) && code >= 400) {
		v.code = (unsigned)code;
		stat = slice_skip(stat, 4);
		v.phase = s != NULL && s->has_content ? MAILLOG_PHASE_CONTENT
						      : MAILLOG_PHASE_ENVELOPE;
	}
	v.text = stat;
	reader_recipient_bounced(
	    r, m, slice_cstr(m->recipients[e->rid].address), &v);
}

/* "evpid=... result=\"Ok\"" of a program that throws it away. */
static void
on_thrown_away(struct opensmtpd *o, struct reader *r, struct slice text)
{
	struct slice id = reader_between(text, SLICE("evpid="), SLICE(" "));
	struct reader_message *m = message_of(r, id);
	const struct envelope *e = envelope_find(o, id);

	if (m != NULL && e != NULL && e->rid < m->count &&
	    slice_find(text, SLICE("result=Ok")) < text.len)
		reader_recipient_dropped(
		    r, m, slice_cstr(m->recipients[e->rid].address));
}

static void
on_expired(struct opensmtpd *o, struct reader *r, struct slice id)
{
	static const struct reader_verdict expired = {
		.phase = MAILLOG_PHASE_EXPIRED,
		.text = SLICE_INIT("timeout"),
	};
	struct reader_message *m = message_of(r, id);
	const struct envelope *e = envelope_find(o, id);

	if (m != NULL && e != NULL && e->rid < m->count)
		reader_recipient_bounced(
		    r, m, slice_cstr(m->recipients[e->rid].address), &expired);
}

/* "evp:E as evp:B": a bounce will be made. */
static void
on_bouncing(struct opensmtpd *o, struct slice text)
{
	struct slice id;

	if (reader_take(&text, SLICE(" as evp:"), &id))
		envelope_add(o, text, NO_RID);
}

/* The bounce of that message is being made. */
static void
on_bounce(struct opensmtpd *o, struct reader *r, struct slice message)
{
	const struct reader_message *m = reader_message_find(r, message);

	if (m != NULL && o->owed_count < OWED_MAX)
		o->owed[o->owed_count++] =
		    (struct owed){ .mid = m->mid, .to = xstrdup(m->sender) };
}

/* The envelope is not there any more, and perhaps its message with it. */
static void
on_deleted(struct opensmtpd *o, struct reader *r, struct slice id)
{
	struct envelope *e = envelope_find(o, id), *other, *next;
	struct reader_message *m = message_of(r, id);

	if (e == NULL)
		return;
	envelope_forget(o, e);
	HASH_ITER(hh, o->envelopes, other, next)
	{
		if (memcmp(other->id, id.at, OPENSMTPD_MESSAGE_LEN) == 0)
			return;
	}
	if (m == o->listing.message)
		o->listing.message = NULL;
	if (m != NULL)
		reader_message_gone(r, m);
}

/* ---- lines ---- */

/* What stands behind "scheduler: ". */
static void
on_scheduler(struct opensmtpd *o, struct reader *r, struct slice text)
{
	static const struct slice inserting = SLICE_INIT("inserting evp:"),
				  aborting = SLICE_INIT("aborting msg:"),
				  deleting = SLICE_INIT("deleting evp:"),
				  removing =
				      SLICE_INIT("queue ack removal of evp:");

	if (slice_starts_with(text, inserting))
		on_inserting(o, r, slice_skip(text, inserting.len));
	else if (slice_starts_with(text, aborting))
		arrival_ends(o, r, slice_skip(text, aborting.len));
	else if (slice_starts_with(text, deleting))
		on_deleted(o, r, slice_skip(text, deleting.len));
	else if (slice_starts_with(text, removing))
		on_deleted(o, r, slice_skip(text, removing.len));
}

/* "debug: text" */
static void
on_debug(struct opensmtpd *o, struct reader *r, struct slice text)
{
	static const struct slice mta = SLICE_INIT("mta: "),
				  flush = SLICE_INIT("mta_flush("),
				  listed = SLICE_INIT("| msg:"),
				  envelope = SLICE_INIT("|   evp:"),
				  bouncing = SLICE_INIT("queue: bouncing evp:"),
				  found = SLICE_INIT(": found message ");
	struct slice part;

	if (slice_starts_with(text, mta))
		opensmtpd_transfer_trace(
		    &o->transfer, r, slice_skip(text, mta.len), rid_of, o);
	else if (slice_starts_with(text, listed))
		opensmtpd_listing_message(
		    &o->listing, r, slice_skip(text, listed.len));
	else if (slice_starts_with(text, envelope))
		opensmtpd_listing_envelope(
		    &o->listing, r, slice_skip(text, envelope.len));
	else if (slice_starts_with(text, SLICE("\\---")))
		opensmtpd_listing_end(&o->listing, r);
	else if (slice_starts_with(text, flush))
		opensmtpd_transfer_flush(
		    &o->transfer, slice_skip(text, flush.len));
	else if (slice_starts_with(text, bouncing))
		on_bouncing(o, slice_skip(text, bouncing.len));
	else if (slice_starts_with(text, SLICE("bounce: ")) &&
	    reader_take(&text, found, &part))
		on_bounce(o, r, text);
	else if (slice_starts_with(text, SLICE("smtp: will accept ")))
		o->listens = true;
	else if (slice_starts_with(text, SLICE("queue: done loading ")))
		o->has_loaded = true;
	/* What comes before both, it may take twice from its disk, and die. */
	r->is_ready |= o->listens && o->has_loaded;
}

/* "1aed7622bca5f9e4 mta connected" */
static void
on_event(struct opensmtpd *o, struct reader *r, struct slice line)
{
	struct slice id = slice_sub(line, 0, OPENSMTPD_ID_LEN);
	struct slice what, text = slice_skip(line, OPENSMTPD_ID_LEN + 1);

	if (!reader_take(&text, SLICE(" "), &what))
		return;
	if (slice_eq(what, SLICE("smtp")))
		on_smtp(o, r, id, text);
	else if (slice_eq(what, SLICE("mda")))
		on_thrown_away(o, r, text);
	else if (slice_eq(what, SLICE("mta")) &&
	    slice_starts_with(text, SLICE("delivery ")))
		on_delivery(o, r, id, text);
	else if (slice_eq(what, SLICE("mta")))
		opensmtpd_transfer_says(&o->transfer, r, id, text);
}

static void
opensmtpd_line(void *memory, struct reader *r, struct slice line)
{
	static const struct slice debug = SLICE_INIT("debug: "),
				  scheduler = SLICE_INIT("scheduler: "),
				  mta = SLICE_INIT("mta: "),
				  error =
				      SLICE_INIT("smtp-out: Error on session "),
				  expired = SLICE_INIT("relay: Expire for ");
	struct opensmtpd *o = memory;
	struct slice id, text, part;

	r->goes_by_first = true;
	if (slice_starts_with(line, debug)) {
		on_debug(o, r, slice_skip(line, debug.len));
	} else if (slice_starts_with(line, scheduler)) {
		on_scheduler(o, r, slice_skip(line, scheduler.len));
	} else if (slice_starts_with(line, mta)) {
		opensmtpd_transfer_trace(
		    &o->transfer, r, slice_skip(line, mta.len), rid_of, o);
	} else if (slice_starts_with(line, error)) {
		text = slice_skip(line, error.len);
		id = slice_sub(text, 0, OPENSMTPD_ID_LEN);
		if (reader_take(&text, SLICE(" sent: "), &part))
			opensmtpd_transfer_broke(&o->transfer, r, id, text);
	} else if (slice_starts_with(line, expired)) {
		on_expired(o, r, slice_skip(line, expired.len));
	} else if (line.len > OPENSMTPD_ID_LEN &&
	    line.at[OPENSMTPD_ID_LEN] == ' ') {
		on_event(o, r, line);
	}
}

const struct reader_dialect reader_opensmtpd = {
	.create = opensmtpd_create,
	.destroy = opensmtpd_destroy,
	.line = opensmtpd_line,
};
