/* SPDX-License-Identifier: MIT */
/*
 * The client's side of an SMTP session: input, output, time and the events that
 * are handed out; see client.h and client_impl.h.
 */
#include "core/smtp/client_impl.h"

struct client_state_info {
	const char *phrase;
	enum smtp_stage stage;
	size_t patience_at; /* offset in struct smtp_client_timeouts */
	void (*on_reply)(struct smtp_client *c, const struct smtp_reply *reply);
};

static bool step(struct smtp_client *c);
static bool step_without_reply(struct smtp_client *c);
static void fail_early(struct smtp_client *c);
static bool is_ended(const struct smtp_client *c);
static bool settlement_take(
    struct smtp_client *c, struct smtp_client_event *event);

static const struct client_state_info states[] = {
#define X(state, phrase, stage, patience, handler)                             \
	[state] = { phrase, stage, patience, smtp_client_##handler },
	CLIENT_STATES(X)
#undef X
};

/* QUIT has no patience of its own in the RFC; a host that does not answer it
 * shall not hold us for long. */
const struct smtp_client_timeouts smtp_client_timeouts_default = {
	.greeting = 5 * UTIME_MINUTE,
	.ehlo = 5 * UTIME_MINUTE,
	.mail = 5 * UTIME_MINUTE,
	.rcpt = 5 * UTIME_MINUTE,
	.data = 2 * UTIME_MINUTE,
	.body = 3 * UTIME_MINUTE,
	.eod = 10 * UTIME_MINUTE,
	.rset = 5 * UTIME_MINUTE,
	.quit = 10 * UTIME_S,
};

struct smtp_client *
smtp_client_new(const struct smtp_client_options *options, utime now)
{
	struct smtp_client *c = xcalloc(1, sizeof(*c));

	c->options = *options;
	c->now = now;
	smtp_client_enter(c, CLIENT_GREETING);
	return c;
}

void
smtp_client_destroy(struct smtp_client **cp)
{
	struct smtp_client *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	buf_fini(&c->in);
	buf_fini(&c->out);
	smtp_reply_reader_fini(&c->reader);
	free(c->standing);
	free(c);
}

void
smtp_client_feed(struct smtp_client *c, struct slice bytes, utime now)
{
	c->now = now;
	if (bytes.len == 0 || is_ended(c))
		return;
	c->written_at_input = c->written;
	buf_append(&c->in, bytes);
}

void
smtp_client_on_eof(struct smtp_client *c, utime now)
{
	c->now = now;
	if (c->is_over)
		return;
	c->is_over = true;
	c->over_why = SMTP_FAIL_EOF;
}

void
smtp_client_on_network_failure(struct smtp_client *c, utime now)
{
	c->now = now;
	if (c->is_over)
		return;
	c->is_over = true;
	c->over_why = SMTP_FAIL_NETWORK;
}

utime
smtp_client_deadline(const struct smtp_client *c)
{
	return c->deadline;
}

void
smtp_client_on_deadline(struct smtp_client *c, utime now)
{
	c->now = now;
	if (now >= c->deadline)
		c->is_overdue = true;
}

bool
smtp_client_next(struct smtp_client *c, struct smtp_client_event *event)
{
	do {
		if (c->is_settling && settlement_take(c, event))
			return true;
		if (c->pending_head < c->pending_count) {
			*event = c->pending[c->pending_head++];
			return true;
		}
		c->pending_head = c->pending_count = 0;
	} while (step(c));
	return false;
}

void
smtp_client_quit(struct smtp_client *c, utime now)
{
	assert(c->state == CLIENT_READY);
	c->now = now;
	smtp_client_command_send(c, CLIENT_QUIT, "QUIT\r\n");
}

struct slice
smtp_client_out(const struct smtp_client *c)
{
	return is_ended(c) ? slice_of("", 0) : buf_slice(&c->out);
}

void
smtp_client_out_ack(struct smtp_client *c, size_t n)
{
	if (is_ended(c))
		return;
	buf_consume(&c->out, n);
	c->written += n;
}

unsigned
smtp_client_extensions(const struct smtp_client *c)
{
	return c->extensions;
}

uint64_t
smtp_client_size_max(const struct smtp_client *c)
{
	return c->size_max;
}

const char *
smtp_client_state_phrase(const struct smtp_client *c)
{
	return states[c->state].phrase;
}

void
smtp_client_enter(struct smtp_client *c, enum client_state to)
{
	size_t at = states[to].patience_at;
	const char *timeouts = (const char *)&c->options.timeouts;

	assert(c->state != CLIENT_CLOSED);
	assert(c->state != CLIENT_FAILED);
	c->state = to;
	c->is_overdue = false;
	c->ready_due = to == CLIENT_READY;
	c->deadline = UTIME_NEVER;
	if (at != NO_PATIENCE) {
		utime patience;

		memcpy(&patience, timeouts + at, sizeof(patience));
		c->deadline = utime_add(c->now, patience);
	}
}

void
smtp_client_await(
    struct smtp_client *c, enum client_state state, size_t recipient)
{
	size_t at = (c->awaited_at + c->awaited_count) % CLIENT_AHEAD_MAX;

	assert(c->awaited_count < CLIENT_AHEAD_MAX);
	c->awaited[at] = (struct client_awaited){
		.state = state,
		.end = c->written + buf_len(&c->out),
		.recipient = recipient,
	};
	if (c->awaited_count++ == 0)
		smtp_client_enter(c, state);
}

/* Takes the first of what is awaited, if anything is, and lets the reply do
 * what it does there.  The one behind it then has a patience of its own. */
static void
take_reply(struct smtp_client *c, const struct smtp_reply *reply)
{
	enum client_state state = c->state;
	size_t left = 0;

	if (c->awaited_count > 0) {
		c->recipient = c->awaited[c->awaited_at].recipient;
		c->awaited_at = (c->awaited_at + 1) % CLIENT_AHEAD_MAX;
		left = --c->awaited_count;
	}
	states[state].on_reply(c, reply);
	if (left > 0 && !is_ended(c))
		smtp_client_enter(c, c->awaited[c->awaited_at].state);
}

/* Did some of what is being read come before the command or the dot that it
 * would answer had been written, or where nothing may come?  It is asked after
 * every input, so that nothing can come behind to hide it. */
static bool
is_early(const struct smtp_client *c)
{
	if (buf_len(&c->in) == 0 && c->reader.line_count == 0)
		return false;
	if (c->awaited_count == 0)
		return c->state == CLIENT_BODY;
	return c->written_at_input < c->awaited[c->awaited_at].end;
}

/* Reads on by one reply; false when there is nothing to do. */
static bool
step(struct smtp_client *c)
{
	struct slice input = buf_slice(&c->in);
	size_t input_len = input.len;
	struct smtp_reply reply;

	if (is_ended(c))
		return false;
	if (is_early(c)) {
		fail_early(c);
		return true;
	}
	switch (smtp_reply_read(&c->reader, &input, &reply)) {
	case SMTP_REPLY_COMPLETE:
		buf_consume(&c->in, input_len - input.len);
		take_reply(c, &reply);
		return true;
	case SMTP_REPLY_GARBAGE:
	case SMTP_REPLY_TOO_LONG:
		smtp_client_fail(c, SMTP_FAIL_GARBAGE, &reply);
		return true;
	case SMTP_REPLY_PARTIAL:
		buf_consume(&c->in, input_len - input.len);
		break;
	}
	return step_without_reply(c);
}

/* Whole replies come first: the end of the input and the deadline matter when
 * there are no more. */
static bool
step_without_reply(struct smtp_client *c)
{
	if (c->is_over) {
		smtp_client_fail(c, c->over_why, NULL);
	} else if (c->is_overdue) {
		smtp_client_fail(c, SMTP_FAIL_TIMEOUT, NULL);
	} else if (c->ready_due) {
		c->ready_due = false;
		smtp_client_push(c, SMTP_CLIENT_READY, NULL);
	} else {
		return false;
	}
	return true;
}

static void
fail_early(struct smtp_client *c)
{
	struct slice input = buf_slice(&c->in);
	struct smtp_reply reply = {
		.text = slice_sub(input, 0, slice_find_byte(input, '\n')),
	};

	if (reply.text.len > 0 && reply.text.at[reply.text.len - 1] == '\r')
		reply.text.len--;
	smtp_client_fail(c, SMTP_FAIL_GARBAGE, &reply);
}

static bool
is_ended(const struct smtp_client *c)
{
	return c->state == CLIENT_CLOSED || c->state == CLIENT_FAILED;
}

/* Behind QUIT there is nothing left that could fail. */
void
smtp_client_fail(struct smtp_client *c, enum smtp_client_failure failure,
    const struct smtp_reply *reply)
{
	if (c->state == CLIENT_QUIT) {
		smtp_client_on_quit(c, reply);
		return;
	}
	smtp_client_push(c, SMTP_CLIENT_FAILED, reply);
	c->pending[c->pending_count - 1].failure = failure;
	smtp_client_enter(c, CLIENT_FAILED);
}

void
smtp_client_push(struct smtp_client *c, enum smtp_client_event_type type,
    const struct smtp_reply *reply)
{
	struct smtp_client_event *event = &c->pending[c->pending_count];

	assert(c->pending_count < PENDING_MAX);
	c->pending_count++;
	*event = (struct smtp_client_event){
		.type = type,
		.stage = states[c->state].stage,
	};
	if (type == SMTP_CLIENT_RESULT)
		event->recipient = c->recipient;
	if (reply != NULL)
		event->reply = *reply;
}

void
smtp_client_settle(
    struct smtp_client *c, const struct smtp_reply *reply, bool is_local)
{
	c->is_settling = true;
	c->settle_at = 0;
	c->settlement = (struct smtp_client_event){
		.type = SMTP_CLIENT_RESULT,
		.stage = is_local ? STAGE_MAIL : states[c->state].stage,
		.is_local = is_local,
		.reply = *reply,
	};
}

static bool
settlement_take(struct smtp_client *c, struct smtp_client_event *event)
{
	while (c->settle_at < c->message.recipient_count) {
		size_t recipient = c->settle_at++;

		if (c->standing[recipient] != STANDING_OPEN)
			continue;
		c->standing[recipient] = STANDING_SETTLED;
		c->settlement.recipient = recipient;
		*event = c->settlement;
		return true;
	}
	c->is_settling = false;
	return false;
}
