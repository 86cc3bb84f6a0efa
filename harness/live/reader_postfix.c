/* SPDX-License-Identifier: MIT */
/*
 * Postfix's log, told again; see reader.h.  What qmgr(8) says of messages is
 * here, what smtp(8) does of deliveries in postfix_delivery.c.
 */
#include "harness/live/postfix_delivery.h"
#include "harness/live/reader_words.h"

#define OWED_MAX 64

struct postfix {
	struct postfix_delivery *deliveries; /* owned */
	char *active; /* owned: what qmgr has just read; NULL: nothing */
	char *sender; /* owned */
	uint64_t bytes;
	char **clients; /* owned: queue IDs that clients are sending */
	size_t client_count, client_cap;
	uint64_t owed[OWED_MAX]; /* MIDs whose bounces are being made */
	size_t owed_count;
};

/* ---- memory ---- */

static void *
postfix_create(void)
{
	return xcalloc(1, sizeof(struct postfix));
}

static void
postfix_destroy(void *memory)
{
	struct postfix *p = memory;

	if (p == NULL)
		return;
	postfix_deliveries_destroy(&p->deliveries);
	for (size_t i = 0; i < p->client_count; i++)
		free(p->clients[i]);
	free(p->clients);
	free(p->active);
	free(p->sender);
	free(p);
}

/* ---- messages ---- */

static void
note_client(struct postfix *p, struct reader *r, struct slice id)
{
	r->arriving++;
	p->clients = xgrow(p->clients, &p->client_cap, p->client_count + 1,
	    sizeof(p->clients[0]));
	p->clients[p->client_count++] = slice_dup(id);
}

/* A client has sent it; true once. */
static bool
is_of_client(struct postfix *p, struct reader *r, const char *id)
{
	for (size_t i = 0; i < p->client_count; i++) {
		if (strcmp(p->clients[i], id) != 0)
			continue;
		r->arriving--;
		free(p->clients[i]);
		p->clients[i] = p->clients[--p->client_count];
		return true;
	}
	return false;
}

/* Whose bounce that is, in the order in which they were asked for. */
static uint64_t
owed_take(struct postfix *p)
{
	uint64_t mid;

	if (p->owed_count == 0)
		return 0;
	mid = p->owed[0];
	p->owed_count--;
	memmove(p->owed, p->owed + 1, p->owed_count * sizeof(p->owed[0]));
	return mid;
}

/* "ID: from=<a@b>, size=163, nrcpt=2 (queue active)" */
static void
on_active(
    struct postfix *p, struct reader *r, struct slice id, struct slice text)
{
	struct reader_message *known = reader_message_find(r, id);
	uint64_t bytes = 0;

	if (known != NULL) {
		reader_message_active(known);
		return;
	}
	(void)slice_to_u64(reader_between(text, SLICE("size="), SLICE(",")),
	    UINT32_MAX, &bytes);
	reader_set(&p->active, id);
	reader_set(
	    &p->sender, reader_between(text, SLICE("from=<"), SLICE(">")));
	p->bytes = bytes;
	(void)reader_message_new(r, id, slice_cstr(p->sender));
}

/* A recipient of what qmgr has just read; of a log that lacks lines, perhaps
 * of a message that is gone. */
static void
on_recipient(struct postfix *p, struct reader *r, struct slice address)
{
	struct reader_message *m = p->active != NULL
	    ? reader_message_find(r, slice_cstr(p->active))
	    : NULL;

	if (m != NULL)
		reader_message_to(r, m, address);
}

static void
on_sorted(struct postfix *p, struct reader *r)
{
	struct reader_message *m;

	if (p->active == NULL)
		return;
	m = reader_message_find(r, slice_cstr(p->active));
	if (m != NULL && m->count > 0) {
		if (is_of_client(p, r, p->active))
			reader_message_queued(r, m, p->bytes);
		else
			reader_message_made(r, m, owed_take(p));
	}
	free(p->active);
	p->active = NULL;
}

static void
on_wakeup(struct reader *r, struct slice text)
{
	struct slice id;
	struct reader_message *m;
	uint64_t seconds = 0;

	if (!reader_take(&text, SLICE(" after "), &id) ||
	    !slice_to_u64(slice_sub(text, 0, slice_find_byte(text, ' ')),
		UINT32_MAX, &seconds))
		return;
	m = reader_message_find(r, id);
	if (m != NULL)
		reader_message_waits(r, m, r->now + (utime)seconds * UTIME_S);
}

/* A bounce of it will be made, unless nobody is to be told. */
static void
owe(struct postfix *p, const struct reader_message *m)
{
	if (m != NULL && m->sender[0] != '\0' && p->owed_count < OWED_MAX)
		p->owed[p->owed_count++] = m->mid;
}

static void
on_expired(struct postfix *p, struct reader *r, struct slice id)
{
	static const struct reader_verdict expired = {
		.phase = MAILLOG_PHASE_EXPIRED,
		.text = SLICE_INIT("timeout"),
	};
	struct reader_message *m = reader_message_find(r, id);

	if (m == NULL)
		return;
	owe(p, m);
	reader_message_bounced(r, m, &expired);
}

static void
on_removed(struct reader *r, struct slice id)
{
	struct reader_message *m = reader_message_find(r, id);

	if (m != NULL)
		reader_message_gone(r, m);
}

static void
on_qmgr(struct postfix *p, struct reader *r, struct slice text)
{
	static const struct slice sort = SLICE_INIT("qmgr_message_sort: "),
				  sorted =
				      SLICE_INIT("end sorted recipient list"),
				  wakeup = SLICE_INIT("wakeup "),
				  bounce =
				      SLICE_INIT("qmgr_active_done: bounce ");
	struct slice id = slice_sub(text, 0, slice_find_byte(text, ':'));
	struct slice rest = slice_skip(text, id.len + 2);

	if (slice_starts_with(text, sort))
		on_recipient(p, r, slice_skip(text, sort.len));
	else if (slice_eq(text, sorted))
		on_sorted(p, r);
	else if (slice_starts_with(text, wakeup))
		on_wakeup(r, slice_skip(text, wakeup.len));
	else if (slice_starts_with(text, bounce))
		owe(p, reader_message_find(r, slice_skip(text, bounce.len)));
	else if (slice_eq(rest, SLICE("removed")))
		on_removed(r, id);
	else if (slice_find(rest, SLICE("status=expired")) < rest.len)
		on_expired(p, r, id);
	else if (slice_starts_with(rest, SLICE("from=<")))
		on_active(p, r, id, rest);
}

/* ---- lines ---- */

/* "Nov 27 07:40:52 relay postfix/smtp[80]: text" */
static void
postfix_line(void *memory, struct reader *r, struct slice line)
{
	static const struct slice mark = SLICE_INIT(" postfix/");
	struct postfix *p = memory;
	struct slice head, key, text = line, id;

	if (!reader_take(&text, mark, &head) ||
	    !reader_take(&text, SLICE(": "), &key))
		return;
	id = slice_sub(text, 0, slice_find_byte(text, ':'));
	if (slice_starts_with(key, SLICE("qmgr["))) {
		on_qmgr(p, r, text);
	} else if (slice_starts_with(key, SLICE("smtp["))) {
		postfix_delivery_line(&p->deliveries, r, key, text);
	} else if (slice_starts_with(key, SLICE("smtpd["))) {
		if (slice_starts_with(
			slice_skip(text, id.len + 2), SLICE("client=")))
			note_client(p, r, id);
	} else if (slice_starts_with(key, SLICE("master["))) {
		r->is_ready |= slice_starts_with(text, SLICE("daemon started"));
	} else if (id.len < text.len) {
		postfix_status(r, key, id, slice_skip(text, id.len + 2));
	}
}

const struct reader_dialect reader_postfix = {
	.create = postfix_create,
	.destroy = postfix_destroy,
	.line = postfix_line,
};
