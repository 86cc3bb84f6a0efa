/* SPDX-License-Identifier: MIT */
/*
 * Connections, by what the program says that it said and heard.  Replies
 * belong to commands in their order; what they mean to the mail log follows
 * from the command (docs/delivery.md, "What ends a try").
 */
#include "harness/live/reader_impl.h"
#include "harness/live/reader_words.h"

#include "core/smtp/reply.h"

#define INTERFACE_NONE SLICE("-")

/* ---- connections ---- */

struct reader_connection *
reader_connection_find(struct reader *r, struct slice key)
{
	struct reader_connection *c;

	HASH_FIND(hh, r->connections, key.at, key.len, c);
	return c;
}

static void
transaction_fini(struct reader_connection *c)
{
	free(c->rids);
	free(c->are_open);
	free(c->are_said);
	c->rids = NULL;
	c->are_open = c->are_said = NULL;
	c->any_said = false;
	c->rid_count = 0;
	c->message = NULL;
}

void
reader_connection_free(struct reader *r, struct reader_connection *c)
{
	HASH_DEL(r->connections, c);
	transaction_fini(c);
	buf_fini(&c->reply);
	buf_fini(&c->trouble);
	free(c->key);
	free(c);
}

void
reader_transactions_forget(struct reader *r, const struct reader_message *m)
{
	struct reader_connection *c, *next;

	HASH_ITER(hh, r->connections, c, next)
	{
		if (c->message == m)
			transaction_fini(c);
	}
}

static void
await(struct reader_connection *c, enum reader_command command, size_t rcpt)
{
	size_t at = (c->first + c->count) % READER_AHEAD_MAX;

	/* What is said so far ahead is not followed. */
	if (c->count == READER_AHEAD_MAX)
		return;
	c->awaited[at] = command;
	c->rcpts[at] = rcpt;
	c->count++;
}

static struct slice
interface_of(const struct reader *r, const struct endpoint *at, char *text)
{
	const struct ip_address *own = at->ip.family == 6
	    ? &r->plan->relay.interface_v6
	    : &r->plan->relay.interface;

	return ip_is_none(own) ? INTERFACE_NONE
			       : slice_cstr(ip_format(own, text));
}

struct reader_connection *
reader_connection_new(
    struct reader *r, struct slice key, const struct endpoint *at)
{
	char address[IP_TEXT_MAX], interface[IP_TEXT_MAX];
	struct reader_connection *c = reader_connection_find(r, key);
	struct maillog_event ev = { .form = MAILLOG_DCID_NEW,
		.dcid = ++r->dcids,
		.interface = interface_of(r, at, interface),
		.address = slice_cstr(ip_format(&at->ip, address)),
		.port = at->port };

	if (c != NULL)
		reader_connection_end(r, c, SLICE(""));
	c = xcalloc(1, sizeof(*c));
	c->key = slice_dup(key);
	c->dcid = ev.dcid;
	c->at = *at;
	HASH_ADD_KEYPTR(hh, r->connections, c->key, key.len, c);
	reader_tell(r, &ev);
	await(c, READER_GREETING, 0);
	return c;
}

void
reader_connection_rename(
    struct reader *r, struct reader_connection *c, struct slice key)
{
	struct reader_connection *other = reader_connection_find(r, key);

	if (other == c)
		return;
	if (other != NULL)
		reader_connection_end(r, other, SLICE(""));
	/* What uthash's macro makes of a table with one. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	HASH_DEL(r->connections, c);
	free(c->key);
	c->key = slice_dup(key);
	HASH_ADD_KEYPTR(hh, r->connections, c->key, key.len, c);
}

static void
tell_error(struct reader *r, uint64_t dcid, const struct endpoint *at,
    struct slice details, struct slice reason)
{
	char address[IP_TEXT_MAX], interface[IP_TEXT_MAX];
	struct maillog_event ev = { .form = MAILLOG_CONNECTION_ERROR,
		.dcid = dcid,
		.domain = r->domain,
		.address = slice_cstr(ip_format(&at->ip, address)),
		.port = at->port,
		.details = details,
		.interface = interface_of(r, at, interface),
		.reason = reason };

	reader_tell(r, &ev);
}

void
reader_connection_failed(
    struct reader *r, const struct endpoint *at, struct slice details)
{
	tell_error(r, ++r->dcids, at, details, SLICE("network error"));
}

/* ---- verdicts ---- */

static void
tell_delayed(struct reader *r, const struct reader_connection *c, size_t i,
    const struct reader_verdict *v)
{
	const struct maillog_status status =
	    maillog_status_for(v->code, v->phase);
	struct maillog_event ev = { .form = MAILLOG_DELAYED,
		.dcid = c->dcid,
		.mid = c->message->mid,
		.rid = c->rids[i],
		.enhanced = status.enhanced,
		.text = status.text,
		.code = v->code };

	buf_clear(&r->list);
	maillog_reply_list(&r->list, &v->text, 1);
	ev.lines = buf_slice(&r->list);
	reader_tell(r, &ev);
}

/* A 5xx is the end of a recipient when the program says so, elsewhere, unless
 * that is too late. */
static void
refuse(struct reader *r, struct reader_connection *c, size_t i,
    const struct reader_verdict *v)
{
	if (c->message == NULL || i >= c->rid_count || !c->are_open[i])
		return;
	c->are_open[i] = false;
	if (v->code < 500)
		tell_delayed(r, c, i, v);
	else if (r->ends_refused)
		reader_bounced(r, c->message, c->rids[i], v);
}

static void
refuse_all(struct reader *r, struct reader_connection *c,
    const struct reader_verdict *v)
{
	for (size_t i = 0; i < c->rid_count; i++)
		refuse(r, c, i, v);
}

/* It is not for those of the transaction that no RCPT named: they are more than
 * the program sends at a time. */
static void
tell_done(struct reader *r, struct reader_connection *c)
{
	struct maillog_event ev = { .form = MAILLOG_MESSAGE_DONE,
		.dcid = c->dcid,
		.mid = c->message->mid };
	struct reader_message *m = c->message;

	buf_clear(&r->list);
	for (size_t i = 0; i < c->rid_count; i++) {
		c->are_open[i] &= c->are_said[i] || !c->any_said;
		if (c->are_open[i])
			maillog_rids_add(&r->list, c->rids[i]);
	}
	if (buf_len(&r->list) == 0)
		return;
	ev.rids = buf_slice(&r->list);
	reader_tell(r, &ev);
	for (size_t i = 0; i < c->rid_count; i++)
		if (c->are_open[i])
			reader_recipient_ends(r, m, c->rids[i]);
}

/* A reply of no kind that answers the command, as the mail log has it. */
static void
set_nonsense(struct reader *r, struct reader_verdict *v)
{
	buf_clear(&r->text);
	buf_printf(&r->text, "%u %.*s", v->code, SLICE_ARG(v->text));
	v->text = buf_slice(&r->text);
	v->code = 0;
	v->phase = MAILLOG_PHASE_NETWORK;
}

static bool
is_nonsense(enum reader_command command, unsigned code)
{
	const unsigned wanted = command == READER_DATA ? 3 : 2;

	return command >= READER_MAIL && command <= READER_END &&
	    code / 100 != wanted && code / 100 != 4 && code / 100 != 5;
}

static void
judge_reply(struct reader *r, struct reader_connection *c,
    enum reader_command command, size_t rcpt, const struct reader_verdict *v)
{
	switch (command) {
	case READER_GREETING:
	case READER_HELLO:
		if (v->code >= 400) {
			c->code = v->code;
			buf_clear(&c->trouble);
			buf_append(&c->trouble, v->text);
		}
		break;
	case READER_RCPT:
		if (v->code / 100 != 2)
			refuse(r, c, rcpt, v);
		break;
	case READER_MAIL:
	case READER_CHUNK:
		if (v->code / 100 != 2)
			refuse_all(r, c, v);
		break;
	case READER_DATA:
		if (v->code / 100 != 3)
			refuse_all(r, c, v);
		break;
	case READER_END:
		if (v->code / 100 == 2 && c->message != NULL)
			tell_done(r, c);
		else
			refuse_all(r, c, v);
		transaction_fini(c);
		break;
	case READER_OTHER:
		break;
	}
}

/* ---- the dialogue ---- */

void
reader_transaction(struct reader_connection *c, struct reader_message *m,
    const size_t *rids, size_t count)
{
	transaction_fini(c);
	/* A log that lacks lines may have it sent before it is accepted. */
	if (!m->is_queued)
		return;
	c->message = m;
	c->rids = xcalloc(count + 1, sizeof(c->rids[0]));
	c->are_open = xcalloc(count + 1, sizeof(c->are_open[0]));
	c->are_said = xcalloc(count + 1, sizeof(c->are_said[0]));
	for (size_t i = 0; i < count; i++) {
		if (rids[i] >= m->count)
			continue;
		c->rids[c->rid_count] = rids[i];
		c->are_open[c->rid_count++] = true;
	}
}

static void
tell_start(struct reader *r, struct reader_connection *c)
{
	struct maillog_event ev = { .form = MAILLOG_DELIVERY_START,
		.dcid = c->dcid };

	if (c->message == NULL)
		return;
	c->has_started = true;
	ev.mid = c->message->mid;
	buf_clear(&r->list);
	for (size_t i = 0; i < c->rid_count; i++)
		maillog_rids_add(&r->list, c->rids[i]);
	ev.rids = buf_slice(&r->list);
	reader_tell(r, &ev);
}

/* Which of the transaction's recipients "RCPT TO:<address> ..." names; one
 * whose domain the program has written anew, by its name. */
static size_t
rcpt_of(struct reader_connection *c, struct slice line)
{
	struct slice address = slice_skip(line, slice_find_byte(line, '<') + 1);
	size_t found = SIZE_MAX;

	address.len = slice_find_byte(address, '>');
	for (size_t i = 0; c->message != NULL && i < c->rid_count; i++) {
		struct slice one =
		    slice_cstr(c->message->recipients[c->rids[i]].address);

		if (slice_eq_nocase(address, one)) {
			found = i;
			break;
		}
		if (found == SIZE_MAX && reader_is_namesake(address, one))
			found = i;
	}
	if (found != SIZE_MAX)
		c->are_said[found] = c->any_said = true;
	return found;
}

void
reader_said(struct reader *r, struct reader_connection *c, struct slice line)
{
	static const struct {
		struct slice begin;
		enum reader_command command;
	} rows[] = {
		{ SLICE_INIT("EHLO "), READER_HELLO },
		{ SLICE_INIT("HELO "), READER_HELLO },
		{ SLICE_INIT("MAIL "), READER_MAIL },
		{ SLICE_INIT("RCPT "), READER_RCPT },
		{ SLICE_INIT("DATA"), READER_DATA },
		{ SLICE_INIT("."), READER_END },
	};
	enum reader_command command = READER_OTHER;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (slice_starts_with_nocase(line, rows[i].begin)) {
			command = rows[i].command;
			break;
		}
	if (slice_starts_with_nocase(line, SLICE("BDAT ")))
		command = slice_find(line, SLICE("LAST")) < line.len
		    ? READER_END
		    : READER_CHUNK;
	if (command == READER_MAIL)
		tell_start(r, c);
	await(c, command, command == READER_RCPT ? rcpt_of(c, line) : 0);
}

void
reader_heard(struct reader *r, struct reader_connection *c, struct slice line)
{
	struct reader_verdict v = { .dcid = c->dcid };
	uint64_t code = 0;
	enum reader_command command;
	size_t rcpt;

	(void)slice_to_u64(slice_sub(line, 0, 3), 999, &code);
	if (buf_len(&c->reply) > 0)
		buf_append_byte(&c->reply, '\n');
	buf_append(&c->reply, code < 100 ? line : slice_skip(line, 4));
	if (c->first_code == 0)
		c->first_code = (unsigned)code;
	/* What has no code is no reply, and the program reads on. */
	if (code < 100 || (line.len > 3 && line.at[3] == '-'))
		return;
	if (r->goes_by_first)
		code = c->first_code;
	c->first_code = 0;
	if (c->count > 0) {
		command = c->awaited[c->first];
		rcpt = c->rcpts[c->first];
		c->first = (c->first + 1) % READER_AHEAD_MAX;
		c->count--;
		v.code = (unsigned)code;
		v.text = buf_slice(&c->reply);
		v.phase = command >= READER_DATA && command <= READER_END
		    ? MAILLOG_PHASE_CONTENT
		    : MAILLOG_PHASE_ENVELOPE;
		if (is_nonsense(command, v.code))
			set_nonsense(r, &v);
		judge_reply(r, c, command, rcpt, &v);
	}
	buf_clear(&c->reply);
}

/* ---- its end ---- */

/* The reply that made the program leave, as a Connection Error has it. */
static void
tell_trouble(struct reader *r, const struct reader_connection *c)
{
	struct slice text = buf_slice(&c->trouble);

	buf_clear(&r->list);
	maillog_reply_details(&r->list, c->code, &text, 1);
	tell_error(r, c->dcid, &c->at, buf_slice(&r->list),
	    SLICE("unexpected SMTP response"));
}

void
reader_connection_end(
    struct reader *r, struct reader_connection *c, struct slice details)
{
	const struct reader_verdict lost = {
		.phase = MAILLOG_PHASE_NETWORK,
		.dcid = c->dcid,
		.text = details,
	};
	struct maillog_event close = { .form = MAILLOG_DCID_CLOSE,
		.dcid = c->dcid };

	if (details.len > 0 && c->message != NULL && c->has_started)
		refuse_all(r, c, &lost);
	if (!c->has_started && details.len > 0)
		tell_error(r, c->dcid, &c->at, details, SLICE("network error"));
	else if (!c->has_started && c->code > 0)
		tell_trouble(r, c);
	else
		reader_tell(r, &close);
	reader_connection_free(r, c);
}
