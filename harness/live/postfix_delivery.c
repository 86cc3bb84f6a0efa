/* SPDX-License-Identifier: MIT */
/* What smtp(8) says of its deliveries; see postfix_delivery.h. */
#include "harness/live/postfix_delivery.h"

#include "harness/live/reader_words.h"

#define RECIPIENTS_MAX 1000 /* of a delivery; Postfix: 50 */

/* A process of smtp(8) at work. */
struct postfix_delivery {
	char *key;              /* owned: "smtp[80]" */
	bool expects_recipient; /* the next attribute's value is one */
	char **recipients;      /* owned */
	size_t count, cap;
	char *message; /* owned: the queue ID; NULL: none */
	char *domain;  /* owned */
	struct endpoint at;
	bool is_trying; /* to connect there */
	UT_hash_handle hh;
};

/* ---- memory ---- */

static void
forget_recipients(struct postfix_delivery *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->recipients[i]);
	d->count = 0;
}

void
postfix_deliveries_destroy(struct postfix_delivery **dp)
{
	struct postfix_delivery *d, *next;

	HASH_ITER(hh, *dp, d, next)
	{
		HASH_DEL(*dp, d);
		forget_recipients(d);
		free(d->recipients);
		free(d->message);
		free(d->domain);
		free(d->key);
		free(d);
	}
}

static struct postfix_delivery *
delivery_get(struct postfix_delivery **all, struct slice key)
{
	struct postfix_delivery *d;

	HASH_FIND(hh, *all, key.at, key.len, d);
	if (d != NULL)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->key = slice_dup(key);
	HASH_ADD_KEYPTR(hh, *all, d->key, key.len, d);
	return d;
}

/* ---- deliveries ---- */

static void
set_domain(struct postfix_delivery *d)
{
	struct slice address = slice_cstr(d->count > 0 ? d->recipients[0] : "");

	reader_set(
	    &d->domain, slice_skip(address, slice_find_byte(address, '@') + 1));
}

/* "mx1[10.1.1.11]:25" or, of an attempt, "mx1[10.1.1.11] port 25..." */
static bool
read_endpoint(struct slice text, struct endpoint *at)
{
	struct slice ip = reader_between(text, SLICE("["), SLICE("]"));
	struct slice port = slice_skip(text, slice_find_byte(text, ']') + 1);
	uint64_t number;

	if (slice_starts_with(port, SLICE(" port ")))
		port = slice_skip(port, strlen(" port "));
	else
		port = slice_skip(port, 1);
	for (size_t i = 0; i < port.len; i++)
		if (!ascii_is_digit(port.at[i]))
			port.len = i;
	if (!ip_parse(ip, &at->ip) || !slice_to_u64(port, UINT16_MAX, &number))
		return false;
	at->port = (uint16_t)number;
	return true;
}

static void
connection_end(
    struct reader *r, const struct postfix_delivery *d, struct slice why)
{
	struct reader_connection *c =
	    reader_connection_find(r, slice_cstr(d->key));

	r->domain = slice_cstr(d->domain != NULL ? d->domain : "");
	if (c != NULL)
		reader_connection_end(r, c, why);
}

static void
on_trying(struct reader *r, struct postfix_delivery *d, struct slice text)
{
	connection_end(r, d, SLICE(""));
	d->is_trying = read_endpoint(text, &d->at);
}

static void
on_connect_failed(
    struct reader *r, struct postfix_delivery *d, struct slice text)
{
	r->domain = slice_cstr(d->domain != NULL ? d->domain : "");
	if (d->is_trying)
		reader_connection_failed(r, &d->at, reader_failure(text));
	d->is_trying = false;
}

/* The connection stands; the next transaction on it is the delivery's. */
static void
on_connected(struct reader *r, struct postfix_delivery *d)
{
	struct reader_connection *c;
	struct reader_message *m = d->message != NULL
	    ? reader_message_find(r, slice_cstr(d->message))
	    : NULL;
	size_t rids[RECIPIENTS_MAX], count = 0;

	d->is_trying = false;
	c = reader_connection_new(r, slice_cstr(d->key), &d->at);
	for (size_t i = 0; m != NULL && i < d->count; i++)
		for (size_t k = 0; k < m->count && count < RECIPIENTS_MAX; k++)
			if (!m->recipients[k].has_ended &&
			    strcmp(m->recipients[k].address,
				d->recipients[i]) == 0)
				rids[count++] = k;
	if (count > 0)
		reader_transaction(c, m, rids, count);
}

/* "> HOST: line" and "< HOST: line". */
static void
on_dialogue(struct reader *r, struct postfix_delivery *d, struct slice text)
{
	struct reader_connection *c;
	struct slice host, line = slice_skip(text, 2);

	if (!reader_take(&line, SLICE(": "), &host))
		return;
	if (d->is_trying)
		on_connected(r, d);
	c = reader_connection_find(r, slice_cstr(d->key));
	if (c == NULL)
		return;
	if (text.at[0] == '>')
		reader_said(r, c, line);
	else
		reader_heard(r, c, line);
}

static void
on_attribute(struct postfix_delivery *d, struct slice text)
{
	static const struct slice name = SLICE_INIT("input attribute name: "),
				  value = SLICE_INIT("input attribute value: ");

	if (slice_starts_with(text, name)) {
		struct slice what = slice_skip(text, name.len);

		d->expects_recipient = slice_eq(what, SLICE("recipient"));
		if (slice_eq(what, SLICE("queue_name")))
			forget_recipients(d);
	} else if (slice_starts_with(text, value) && d->expects_recipient &&
	    d->count < RECIPIENTS_MAX) {
		d->recipients = xgrow(d->recipients, &d->cap, d->count + 1,
		    sizeof(d->recipients[0]));
		d->recipients[d->count++] =
		    slice_dup(slice_skip(text, value.len));
		d->expects_recipient = false;
	}
}

/* The code of the reply in "(host H said: 550 5.1.1 No ...)", and its text. */
static struct slice
reply_of(struct slice reason, unsigned *code)
{
	struct slice part, text = reason;
	uint64_t number;

	if (reader_take(&text, SLICE(" said: "), &part) &&
	    slice_to_u64(slice_sub(text, 0, 3), 599, &number) &&
	    number >= 400) {
		*code = (unsigned)number;
		return slice_skip(text, 4);
	}
	return reason;
}

static enum maillog_phase
phase_of(struct slice reason, unsigned code)
{
	static const struct slice content[] = {
		SLICE_INIT("(in reply to DATA command)"),
		SLICE_INIT("(in reply to end of DATA command)"),
	};

	for (size_t i = 0; code > 0 && i < ARRAY_LEN(content); i++)
		if (slice_find(reason, content[i]) < reason.len)
			return MAILLOG_PHASE_CONTENT;
	return code > 0 ? MAILLOG_PHASE_ENVELOPE
			: reader_phase_unanswered(reason);
}

void
postfix_status(
    struct reader *r, struct slice key, struct slice id, struct slice text)
{
	struct reader_message *m = reader_message_find(r, id);
	const struct reader_connection *c = reader_connection_find(r, key);
	struct slice to = reader_between(text, SLICE("to=<"), SLICE(">"));
	struct slice reason = slice_skip(text, slice_find_byte(text, '('));
	struct reader_verdict v = { .dcid = c != NULL ? c->dcid : 0 };

	if (m == NULL)
		return;
	reason = slice_sub(reason, 1, reason.len < 2 ? 0 : reason.len - 2);
	if (slice_find(text, SLICE("status=bounced")) < text.len) {
		v.text = reply_of(reason, &v.code);
		v.phase = phase_of(reason, v.code);
		reader_recipient_bounced(r, m, to, &v);
	} else if (slice_starts_with(key, SLICE("discard"))) {
		reader_recipient_dropped(r, m, to);
	}
}

/* What broke the connection, of a message that has its queue ID before. */
static bool
is_break(struct slice text)
{
	return slice_find(text, SLICE("lost connection with ")) < text.len ||
	    (slice_find(text, SLICE("conversation with ")) < text.len &&
		slice_find(text, SLICE(" timed out ")) < text.len);
}

static void
on_about(struct reader *r, struct postfix_delivery *d, struct slice id,
    struct slice text)
{
	if (is_break(text)) {
		if (d->is_trying)
			on_connected(r, d);
		connection_end(r, d, reader_failure(text));
	}
	if (slice_starts_with(text, SLICE("to=<")))
		postfix_status(r, slice_cstr(d->key), id, text);
}

void
postfix_delivery_line(struct postfix_delivery **all, struct reader *r,
    struct slice key, struct slice text)
{
	static const struct slice request =
				      SLICE_INIT("deliver_request_get: file "),
				  trying =
				      SLICE_INIT("smtp_connect_addr: trying: "),
				  failed = SLICE_INIT("connect to ");
	struct postfix_delivery *d = delivery_get(all, key);
	struct slice id = slice_sub(text, 0, slice_find_byte(text, ':'));

	if (slice_starts_with(text, SLICE("input attribute "))) {
		on_attribute(d, text);
	} else if (slice_starts_with(text, request)) {
		reader_set(&d->message,
		    slice_skip(text, slice_find_byte(text, '/') + 1));
		set_domain(d);
	} else if (slice_starts_with(text, trying)) {
		on_trying(r, d, slice_skip(text, trying.len));
	} else if (slice_starts_with(text, SLICE("vstream_tweak_tcp:"))) {
		if (d->is_trying)
			on_connected(r, d);
	} else if (slice_starts_with(text, failed)) {
		on_connect_failed(r, d, text);
	} else if (slice_starts_with(text, SLICE("> ")) ||
	    slice_starts_with(text, SLICE("< "))) {
		on_dialogue(r, d, text);
	} else if (slice_starts_with(text, SLICE("deliver_request_final:"))) {
		connection_end(r, d, SLICE(""));
	} else if (id.len < text.len) {
		on_about(r, d, id, slice_skip(text, id.len + 2));
	}
}
