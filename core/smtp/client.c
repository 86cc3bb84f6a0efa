/* SPDX-License-Identifier: MIT */
/*
 * The client's side of an SMTP session; see client.h.
 *
 * Replies come in the order of the commands, and in a transaction that order is
 * fixed: MAIL, each RCPT, DATA, the final dot.  So a state is "the reply that
 * is awaited", and what is sent is a matter of the handlers alone: a client
 * that sends ahead would await the same replies in the same states.
 */
#include "core/smtp/client.h"

#include "core/smtp/extension.h"

#define PENDING_MAX     4
#define PATIENCE(field) offsetof(struct smtp_client_timeouts, field)
#define NO_PATIENCE     SIZE_MAX

/*
 * X(state, phrase for the log, stage, patience, what a reply in it does).
 * GREETING leads to EHLO, EHLO to READY or by HELO to READY.  READY leads to
 * MAIL and QUIT; MAIL to RCPT or back to READY; RCPT to itself, to DATA, or,
 * with no recipient left, to RSET; DATA to BODY or RSET; BODY to EOD; EOD and
 * RSET to READY; QUIT to CLOSED.  FAILED is reached from all but the last two
 * and, like CLOSED, is the end.
 */
#define CLIENT_STATES(X)                                                       \
	X(CLIENT_GREETING, "waiting for the greeting", STAGE_BANNER,           \
	    PATIENCE(greeting), on_greeting)                                   \
	X(CLIENT_EHLO, "waiting for the EHLO reply", STAGE_EHLO,               \
	    PATIENCE(ehlo), on_ehlo)                                           \
	X(CLIENT_HELO, "waiting for the HELO reply", STAGE_HELO,               \
	    PATIENCE(ehlo), on_helo)                                           \
	X(CLIENT_READY, "ready for a message", STAGE_IDLE, NO_PATIENCE,        \
	    on_unasked)                                                        \
	X(CLIENT_MAIL, "waiting for the MAIL reply", STAGE_MAIL,               \
	    PATIENCE(mail), on_mail)                                           \
	X(CLIENT_RCPT, "waiting for the RCPT reply", STAGE_RCPT,               \
	    PATIENCE(rcpt), on_rcpt)                                           \
	X(CLIENT_DATA, "waiting for the DATA reply", STAGE_DATA,               \
	    PATIENCE(data), on_data)                                           \
	X(CLIENT_BODY, "sending the content", STAGE_BODY, PATIENCE(body),      \
	    on_unasked)                                                        \
	X(CLIENT_EOD, "waiting for the reply to the content", STAGE_EOD,       \
	    PATIENCE(eod), on_eod)                                             \
	X(CLIENT_RSET, "waiting for the RSET reply", STAGE_RSET,               \
	    PATIENCE(rset), on_rset)                                           \
	X(CLIENT_QUIT, "waiting for the QUIT reply", STAGE_QUIT,               \
	    PATIENCE(quit), on_quit)                                           \
	X(CLIENT_CLOSED, "closed", STAGE_IDLE, NO_PATIENCE, on_unasked)        \
	X(CLIENT_FAILED, "failed", STAGE_IDLE, NO_PATIENCE, on_unasked)
enum client_state {
#define X(state, phrase, stage, patience, handler) state,
	CLIENT_STATES(X)
#undef X
};

/* How a reply is taken where a certain class is wanted. */
enum verdict {
	ACCEPTED,
	REFUSED,
	MEANINGLESS
};

struct smtp_client {
	struct smtp_client_options options;
	enum client_state state;
	utime now; /* as of the latest call */
	utime deadline;
	struct buf in, out;
	struct smtp_reply_reader reader;
	struct smtp_data_encoder encoder;
	unsigned extensions;
	uint64_t size_max;

	/* How the input ends. */
	bool is_over; /* no more will come, for the reason over_why */
	enum smtp_client_failure over_why;
	bool is_overdue; /* the deadline of this state has passed */
	bool is_early;   /* some of `in` came before what it would answer */

	/* The message in hand. */
	struct smtp_client_message message;
	bool *has_result; /* owned; by recipient */
	size_t has_result_cap;
	size_t result_count, accepted_count;
	size_t recipient; /* whose RCPT reply is awaited */

	/* What is to be handed out: the recipients without a result from
	 * settle_at on, if settling, then what is pending.  No reply is read
	 * meanwhile, so that the one in hand stays. */
	bool is_settling;
	size_t settle_at;
	struct smtp_client_event settlement;
	struct smtp_client_event pending[PENDING_MAX];
	size_t pending_head, pending_count;
	bool ready_due;
};

struct client_state_info {
	const char *phrase;
	enum smtp_stage stage;
	size_t patience_at; /* offset in struct smtp_client_timeouts */
	void (*on_reply)(struct smtp_client *c, const struct smtp_reply *reply);
};

static void enter(struct smtp_client *c, enum client_state to);
static bool step(struct smtp_client *c);
static bool step_without_reply(struct smtp_client *c);
static void fail_early(struct smtp_client *c);
static bool is_ended(const struct smtp_client *c);
#define X(state, phrase, stage, patience, handler)                             \
	static void handler(                                                   \
	    struct smtp_client *c, const struct smtp_reply *reply);
CLIENT_STATES(X)
#undef X
static enum verdict reply_judge(
    const struct smtp_reply *reply, int class_wanted);
static bool reply_is_421(const struct smtp_reply *reply);
static void refuse_host(struct smtp_client *c, const struct smtp_reply *reply);
static void end_message(
    struct smtp_client *c, const struct smtp_reply *reply, bool needs_reset);
static void fail(struct smtp_client *c, enum smtp_client_failure failure,
    const struct smtp_reply *reply);
static void push(struct smtp_client *c, enum smtp_client_event_type type,
    const struct smtp_reply *reply);
static void settle(
    struct smtp_client *c, const struct smtp_reply *reply, bool is_local);
static bool settlement_take(
    struct smtp_client *c, struct smtp_client_event *event);
static void command_begin(struct smtp_client *c);
static void command_send(
    struct smtp_client *c, enum client_state to, const char *line);
static void mail_send(struct smtp_client *c);
static void rcpt_send(struct smtp_client *c);
static void hello_send(
    struct smtp_client *c, enum client_state to, const char *verb);

static const struct client_state_info states[] = {
#define X(state, phrase, stage, patience, handler)                             \
	[state] = { phrase, stage, patience, handler },
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
	enter(c, CLIENT_GREETING);
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
	free(c->has_result);
	free(c);
}

void
smtp_client_feed(struct smtp_client *c, struct slice bytes, utime now)
{
	c->now = now;
	if (bytes.len == 0 || is_ended(c))
		return;
	buf_append(&c->in, bytes);
	if (buf_len(&c->out) > 0 && c->state != CLIENT_QUIT)
		c->is_early = true;
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
smtp_client_send(
    struct smtp_client *c, const struct smtp_client_message *message, utime now)
{
	static const struct smtp_reply no_utf8 = {
		.code = 550,
		.code_last = 550,
		.status = { 5, 6, 7 },
		.text = SLICE_INIT("5.6.7 The host does not offer SMTPUTF8"),
	};

	assert(c->state == CLIENT_READY);
	assert(message->recipient_count > 0);
	c->now = now;
	c->message = *message;
	c->has_result = xgrow(c->has_result, &c->has_result_cap,
	    message->recipient_count, sizeof(*c->has_result));
	memset(c->has_result, 0,
	    message->recipient_count * sizeof(*c->has_result));
	c->result_count = c->accepted_count = 0;
	if (message->is_utf8 && (c->extensions & SMTP_EXT_SMTPUTF8) == 0) {
		settle(c, &no_utf8, true);
		push(c, SMTP_CLIENT_DONE, NULL);
		enter(c, CLIENT_READY);
		return;
	}
	mail_send(c);
}

void
smtp_client_body(struct smtp_client *c, struct slice content, utime now)
{
	assert(c->state == CLIENT_BODY);
	c->now = now;
	c->deadline = utime_add(now, c->options.timeouts.body);
	smtp_data_encode(&c->encoder, content, &c->out);
}

void
smtp_client_body_end(struct smtp_client *c, utime now)
{
	assert(c->state == CLIENT_BODY);
	c->now = now;
	command_begin(c);
	smtp_data_encode_end(&c->encoder, &c->out);
	enter(c, CLIENT_EOD);
}

void
smtp_client_quit(struct smtp_client *c, utime now)
{
	assert(c->state == CLIENT_READY);
	c->now = now;
	command_send(c, CLIENT_QUIT, "QUIT\r\n");
}

struct slice
smtp_client_out(const struct smtp_client *c)
{
	return is_ended(c) ? slice_of("", 0) : buf_slice(&c->out);
}

void
smtp_client_out_ack(struct smtp_client *c, size_t n)
{
	if (!is_ended(c))
		buf_consume(&c->out, n);
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

/* The only way to change state; it starts the state's patience. */
static void
enter(struct smtp_client *c, enum client_state to)
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

/* Reads on by one reply; false when there is nothing to do. */
static bool
step(struct smtp_client *c)
{
	struct slice input = buf_slice(&c->in);
	size_t input_len = input.len;
	struct smtp_reply reply;

	if (is_ended(c))
		return false;
	if (c->is_early || (c->state == CLIENT_BODY && input.len > 0)) {
		fail_early(c);
		return true;
	}
	switch (smtp_reply_read(&c->reader, &input, &reply)) {
	case SMTP_REPLY_COMPLETE:
		buf_consume(&c->in, input_len - input.len);
		states[c->state].on_reply(c, &reply);
		return true;
	case SMTP_REPLY_GARBAGE:
	case SMTP_REPLY_TOO_LONG:
		fail(c, SMTP_FAIL_GARBAGE, &reply);
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
		fail(c, c->over_why, NULL);
	} else if (c->is_overdue) {
		fail(c, SMTP_FAIL_TIMEOUT, NULL);
	} else if (c->ready_due) {
		c->ready_due = false;
		push(c, SMTP_CLIENT_READY, NULL);
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
	fail(c, SMTP_FAIL_GARBAGE, &reply);
}

static bool
is_ended(const struct smtp_client *c)
{
	return c->state == CLIENT_CLOSED || c->state == CLIENT_FAILED;
}

static void
on_greeting(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED)
		hello_send(c, CLIENT_EHLO, "EHLO ");
	else
		refuse_host(c, reply);
}

/* Only a host that knows no EHLO is asked again (RFC 5321, 3.2). */
static void
on_ehlo(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED) {
		smtp_extensions_read(reply->text, &c->extensions, &c->size_max);
		enter(c, CLIENT_READY);
	} else if (reply->code >= 500 && !reply_is_421(reply)) {
		hello_send(c, CLIENT_HELO, "HELO ");
	} else {
		refuse_host(c, reply);
	}
}

static void
on_helo(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED)
		enter(c, CLIENT_READY);
	else
		refuse_host(c, reply);
}

/* A host may end an idle session with a 421 (RFC 5321, 3.8). */
static void
on_unasked(struct smtp_client *c, const struct smtp_reply *reply)
{
	fail(c, reply_is_421(reply) ? SMTP_FAIL_REPLY : SMTP_FAIL_GARBAGE,
	    reply);
}

static void
on_mail(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (reply_judge(reply, 2)) {
	case ACCEPTED:
		c->recipient = 0;
		rcpt_send(c);
		return;
	case REFUSED:
		settle(c, reply, false);
		end_message(c, reply, false);
		return;
	case MEANINGLESS:
		fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
}

static void
on_rcpt(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (reply_judge(reply, 2)) {
	case ACCEPTED:
		break;
	case REFUSED:
		push(c, SMTP_CLIENT_RESULT, reply);
		c->has_result[c->recipient] = true;
		c->result_count++;
		break;
	case MEANINGLESS:
		fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	c->recipient++;
	if (c->result_count == c->message.recipient_count)
		end_message(c, reply, true);
	else if (reply_is_421(reply))
		fail(c, SMTP_FAIL_REPLY, reply);
	else if (c->recipient < c->message.recipient_count)
		rcpt_send(c);
	else
		command_send(c, CLIENT_DATA, "DATA\r\n");
}

static void
on_data(struct smtp_client *c, const struct smtp_reply *reply)
{
	switch (reply_judge(reply, 3)) {
	case ACCEPTED:
		c->encoder = (struct smtp_data_encoder){ 0 };
		enter(c, CLIENT_BODY);
		push(c, SMTP_CLIENT_BODY, NULL);
		return;
	case REFUSED:
		settle(c, reply, false);
		end_message(c, reply, true);
		return;
	case MEANINGLESS:
		fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
}

static void
on_eod(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == MEANINGLESS) {
		fail(c, SMTP_FAIL_GARBAGE, reply);
		return;
	}
	settle(c, reply, false);
	end_message(c, reply, false);
}

static void
on_rset(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply_judge(reply, 2) == ACCEPTED)
		enter(c, CLIENT_READY);
	else
		refuse_host(c, reply);
}

/* Whatever it says, the session is over. */
static void
on_quit(struct smtp_client *c, const struct smtp_reply *reply)
{
	(void)reply;
	push(c, SMTP_CLIENT_CLOSED, NULL);
	enter(c, CLIENT_CLOSED);
}

/* By all its lines: one refusal among them refuses, and to be accepted all must
 * be of the class. */
static enum verdict
reply_judge(const struct smtp_reply *reply, int class_wanted)
{
	if (reply->code >= 400)
		return REFUSED;
	if (reply->code / 100 != class_wanted)
		return MEANINGLESS;
	/* Nothing is below 2xx, so that only 3xx can hide another class. */
	if (class_wanted == 3 && reply->mixed)
		return MEANINGLESS;
	return ACCEPTED;
}

static bool
reply_is_421(const struct smtp_reply *reply)
{
	return reply->code == 421 || reply->code_last == 421;
}

/* The reply to a command that is about no recipient was no acceptance. */
static void
refuse_host(struct smtp_client *c, const struct smtp_reply *reply)
{
	fail(
	    c, reply->code >= 400 ? SMTP_FAIL_REPLY : SMTP_FAIL_GARBAGE, reply);
}

/* All recipients have, or are about to have, their results. */
static void
end_message(
    struct smtp_client *c, const struct smtp_reply *reply, bool needs_reset)
{
	push(c, SMTP_CLIENT_DONE, NULL);
	if (reply_is_421(reply))
		fail(c, SMTP_FAIL_REPLY, reply);
	else if (needs_reset)
		command_send(c, CLIENT_RSET, "RSET\r\n");
	else
		enter(c, CLIENT_READY);
}

/* Behind QUIT there is nothing left that could fail. */
static void
fail(struct smtp_client *c, enum smtp_client_failure failure,
    const struct smtp_reply *reply)
{
	if (c->state == CLIENT_QUIT) {
		on_quit(c, reply);
		return;
	}
	push(c, SMTP_CLIENT_FAILED, reply);
	c->pending[c->pending_count - 1].failure = failure;
	enter(c, CLIENT_FAILED);
}

static void
push(struct smtp_client *c, enum smtp_client_event_type type,
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

/* Gives the reply to every recipient that has no result yet. */
static void
settle(struct smtp_client *c, const struct smtp_reply *reply, bool is_local)
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

		if (c->has_result[recipient])
			continue;
		c->settlement.recipient = recipient;
		*event = c->settlement;
		return true;
	}
	c->is_settling = false;
	return false;
}

/* Nothing that is there by now can be meant for what is sent next. */
static void
command_begin(struct smtp_client *c)
{
	if (c->state != CLIENT_QUIT &&
	    (buf_len(&c->in) > 0 || c->reader.line_count > 0))
		c->is_early = true;
}

static void
command_send(struct smtp_client *c, enum client_state to, const char *line)
{
	command_begin(c);
	buf_append_cstr(&c->out, line);
	enter(c, to);
}

/* "EHLO name" or "HELO name". */
static void
hello_send(struct smtp_client *c, enum client_state to, const char *verb)
{
	command_begin(c);
	buf_append_cstr(&c->out, verb);
	buf_append(&c->out, c->options.helo_name);
	buf_append(&c->out, SLICE("\r\n"));
	enter(c, to);
}

static void
mail_send(struct smtp_client *c)
{
	const struct smtp_client_message *m = &c->message;

	command_begin(c);
	buf_append(&c->out, SLICE("MAIL FROM:<"));
	buf_append(&c->out, m->sender);
	buf_append(&c->out, SLICE(">"));
	if (m->size_bytes > 0 && (c->extensions & SMTP_EXT_SIZE) != 0) {
		buf_append(&c->out, SLICE(" SIZE="));
		buf_append_u64(&c->out, m->size_bytes);
	}
	if (m->is_8bit && (c->extensions & SMTP_EXT_8BITMIME) != 0)
		buf_append(&c->out, SLICE(" BODY=8BITMIME"));
	if (m->is_utf8)
		buf_append(&c->out, SLICE(" SMTPUTF8"));
	buf_append(&c->out, SLICE("\r\n"));
	enter(c, CLIENT_MAIL);
}

static void
rcpt_send(struct smtp_client *c)
{
	command_begin(c);
	buf_append(&c->out, SLICE("RCPT TO:<"));
	buf_append(&c->out, c->message.recipients[c->recipient]);
	buf_append(&c->out, SLICE(">\r\n"));
	enter(c, CLIENT_RCPT);
}
