/* SPDX-License-Identifier: MIT */
/*
 * The server's side of an SMTP session; see server.h.  A step of input becomes
 * violations, a piece of content and a question, handed out in that order, and
 * nothing more is read until the question has its answer.
 */
#include "core/smtp/server.h"

#include "core/smtp/server_impl.h"

#define AUTH_LINE_MAX ((size_t)12288) /* RFC 4954, 4 */

static bool violation_take(
    struct smtp_server *s, struct smtp_server_event *event);
static enum smtp_stage stage_now(const struct smtp_server *s);
static void line_blame(struct smtp_server *s);
static void command_ask(struct smtp_server *s);
static void answer_command(struct smtp_server *s, int code);

struct smtp_server *
smtp_server_new(const struct smtp_server_options *options)
{
	struct smtp_server *s = xcalloc(1, sizeof(*s));

	s->order.offered = options->extensions;
	s->order.is_hello_optional = options->is_hello_optional;
	return s;
}

void
smtp_server_destroy(struct smtp_server **sp)
{
	struct smtp_server *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	buf_fini(&s->in);
	buf_fini(&s->line);
	buf_fini(&s->content);
	buf_fini(&s->client_name);
	free(s);
}

size_t
smtp_server_feed(struct smtp_server *s, struct slice bytes)
{
	const size_t content = server_content_feed(s, &bytes);

	if (bytes.len == 0)
		return content;
	buf_append(&s->in, bytes);
	if (s->state == SERVER_CONNECT || s->state == SERVER_GREETING)
		server_violate(s, SMTP_EARLY_TALK);
	else if (s->asking && smtp_order_is_early(&s->order, s->ask.stage))
		server_violate(s, SMTP_PIPELINED_EARLY);
	return content;
}

size_t
smtp_server_backlog(const struct smtp_server *s)
{
	return buf_len(&s->in);
}

void
smtp_server_flush(struct smtp_server *s)
{
	buf_clear(&s->in);
	s->line_reader = (struct smtp_line_reader){ 0 };
}

bool
smtp_server_line(const struct smtp_server *s, struct slice *line)
{
	if (s->state != SERVER_COMMAND || s->asking)
		return false;
	*line = smtp_line_peek(buf_slice(&s->in), SMTP_COMMAND_LINE_MAX);
	return true;
}

bool
smtp_server_next(struct smtp_server *s, struct smtp_server_event *event)
{
	static bool (*const steps[])(struct smtp_server *) = {
#define X(state, step) [state] = step,
		SERVER_STATES(X)
#undef X
	};

	for (;;) {
		if (violation_take(s, event))
			return true;
		if (s->content_due) {
			s->content_due = false;
			*event = (struct smtp_server_event){
				.type = SMTP_SERVER_CONTENT,
				.stage = STAGE_BODY,
				.content = buf_slice(&s->content),
			};
			return true;
		}
		if (s->ask_due) {
			s->ask_due = false;
			*event = s->ask;
			return true;
		}
		if (s->asking || !steps[s->state](s))
			return false;
	}
}

void
smtp_server_answer(struct smtp_server *s, int code)
{
	enum smtp_stage stage = s->ask.stage;
	bool accepted = code / 100 == 2;

	assert(s->asking);
	assert(!s->ask_due);
	s->asking = false;
	s->told &= 1u << SMTP_EARLY_TALK;
	if (code == 421) {
		s->farewell.may_quit = true;
		s->farewell.is_ahead = (smtp_order_extensions(&s->order) &
					   SMTP_EXT_PIPELINING) != 0;
		server_enter(s, SERVER_CLOSED);
	} else if (stage == STAGE_CONNECT) {
		server_enter(s, accepted ? SERVER_GREETING : SERVER_CLOSED);
	} else if (stage == STAGE_BANNER) {
		/* RFC 5321, 3.1: QUIT is what is left to the client. */
		s->farewell.may_quit = !accepted;
		server_enter(s, accepted ? SERVER_COMMAND : SERVER_CLOSED);
	} else if (s->ask.command == NULL) {
		smtp_order_end_transaction(&s->order);
		buf_shrink(&s->content, BUF_IDLE_MAX);
		buf_shrink(&s->in, BUF_IDLE_MAX);
		server_enter(s, SERVER_COMMAND);
	} else {
		answer_command(s, code);
	}
}

void
smtp_server_offer(struct smtp_server *s, unsigned extensions)
{
	s->order.offered = extensions;
}

void
smtp_server_keep_clear_text(struct smtp_server *s)
{
	s->keeps_clear_text = true;
}

bool
smtp_server_is_asking(const struct smtp_server *s)
{
	return s->asking;
}

bool
smtp_server_is_closed(const struct smtp_server *s)
{
	return s->state == SERVER_CLOSED;
}

size_t
smtp_server_recipient_count(const struct smtp_server *s)
{
	return s->order.recipient_count;
}

struct slice
smtp_server_client_name(const struct smtp_server *s)
{
	return buf_slice(&s->client_name);
}

bool
smtp_server_is_extended(const struct smtp_server *s)
{
	return s->order.extended;
}

void
smtp_server_assume_hello(
    struct smtp_server *s, struct slice name, bool is_extended)
{
	assert(!s->asking && s->state == SERVER_COMMAND);
	s->order.greeted = true;
	s->order.extended = is_extended;
	buf_clear(&s->client_name);
	buf_append(&s->client_name, name);
}

/* The only way to change state. */
void
server_enter(struct smtp_server *s, enum server_state to)
{
	assert(s->state != SERVER_CLOSED);
	s->state = to;
	if (to == SERVER_BODY)
		s->decoder = (struct smtp_data_decoder){ 0 };
	/* What was sent before the end was known breaks no rule. */
	if (to == SERVER_CLOSED)
		smtp_server_flush(s);
}

/* Opens a question; what is there behind it already has come too early, if
 * anything may not. */
void
server_ask(struct smtp_server *s, enum smtp_stage stage,
    const struct smtp_command *command, struct smtp_syntax_error wrong)
{
	s->asking = s->ask_due = true;
	s->ask = (struct smtp_server_event){
		.type = SMTP_SERVER_ASK,
		.stage = stage,
		.command = command,
		.wrong = wrong,
	};
	if (buf_len(&s->in) > 0 && smtp_order_is_early(&s->order, stage))
		server_violate(s, SMTP_PIPELINED_EARLY);
}

void
server_violate(struct smtp_server *s, enum smtp_violation v)
{
	unsigned bit = 1u << v;

	s->due |= bit & ~s->told;
	s->told |= bit;
}

static bool
violation_take(struct smtp_server *s, struct smtp_server_event *event)
{
	unsigned v = 0;

	if (s->due == 0)
		return false;
	while ((s->due & 1u << v) == 0)
		v++;
	s->due &= ~(1u << v);
	*event = (struct smtp_server_event){
		.type = SMTP_SERVER_VIOLATION,
		.stage = stage_now(s),
		.violation = (enum smtp_violation)v,
	};
	return true;
}

static enum smtp_stage
stage_now(const struct smtp_server *s)
{
	if (s->asking)
		return s->ask.stage;
	return s->state == SERVER_BODY ? STAGE_BODY : STAGE_IDLE;
}

bool
server_step_connect(struct smtp_server *s)
{
	server_ask(s, STAGE_CONNECT, NULL, WRONG(0, NULL));
	return true;
}

bool
server_step_greeting(struct smtp_server *s)
{
	server_ask(s, STAGE_BANNER, NULL, WRONG(0, NULL));
	return true;
}

/* COMMAND and AUTH: a line up to CR LF.  A bare LF is told at once: a client
 * that ends its lines so waits for its reply in vain. */
bool
server_step_line(struct smtp_server *s)
{
	bool is_auth = s->state == SERVER_AUTH;
	bool is_whole = smtp_line_take(&s->line_reader, &s->in,
	    is_auth ? AUTH_LINE_MAX : SMTP_COMMAND_LINE_MAX, &s->line);
	const char *fault = smtp_line_fault_text(s->line_reader.faults);

	line_blame(s);
	if (!is_whole)
		return s->due != 0;
	s->line_reader = (struct smtp_line_reader){ 0 };
	if (fault == NULL && !is_auth) {
		command_ask(s);
		return true;
	}
	s->command = (struct smtp_command){
		.verb = is_auth ? SMTP_AUTH : SMTP_UNKNOWN,
		.line = buf_slice(&s->line),
		.argument = buf_slice(&s->line),
	};
	server_ask(s, smtp_order_stage(&s->command), &s->command,
	    fault != NULL ? WRONG(500, fault) : WRONG(0, NULL));
	return true;
}

bool
server_step_closed(struct smtp_server *s)
{
	if (smtp_farewell_take(&s->farewell, &s->in))
		return false;
	server_violate(s, SMTP_AFTER_421);
	smtp_server_flush(s);
	return true;
}

static void
line_blame(struct smtp_server *s)
{
	if ((s->line_reader.faults & SMTP_LINE_OVER_LIMIT) != 0)
		server_violate(s, SMTP_LINE_TOO_LONG);
	if ((s->line_reader.faults & SMTP_LINE_BARE_LF) != 0)
		server_violate(s, SMTP_BARE_LF);
	if ((s->line_reader.faults & SMTP_LINE_BARE_CR) != 0)
		server_violate(s, SMTP_BARE_CR);
}

static void
command_ask(struct smtp_server *s)
{
	unsigned extensions = smtp_order_extensions(&s->order);
	struct smtp_syntax_error wrong;
	enum smtp_violation violation;
	bool is_good = smtp_command_parse(buf_slice(&s->line),
	    (extensions & SMTP_EXT_SMTPUTF8) != 0, &s->command, &wrong);

	if (is_good) {
		wrong = smtp_order_check(&s->order, &s->command, &violation);
		if (violation != SMTP_VIOLATION_COUNT)
			server_violate(s, violation);
	}
	if (is_good && s->command.verb == SMTP_BDAT) {
		s->chunk_left = s->command.bdat_size_bytes;
		s->chunk_wrong = wrong;
		server_enter(s, SERVER_CHUNK);
		return;
	}
	server_ask(s, smtp_order_stage(&s->command), &s->command, wrong);
}

/* The answer to a command, by what the client was told. */
static void
answer_command(struct smtp_server *s, int code)
{
	enum smtp_verb verb = s->ask.command->verb;
	bool accepted = code / 100 == 2;

	smtp_order_note(&s->order, s->ask.command, code);
	if (accepted && (verb == SMTP_EHLO || verb == SMTP_HELO)) {
		buf_clear(&s->client_name);
		buf_append(&s->client_name, s->ask.command->argument);
	} else if (verb == SMTP_DATA && code / 100 == 3)
		server_enter(s, SERVER_BODY);
	else if (verb == SMTP_QUIT && (accepted || s->ask.wrong.code == 0))
		server_enter(s, SERVER_CLOSED);
	else if (verb == SMTP_AUTH)
		server_enter(s, code / 100 == 3 ? SERVER_AUTH : SERVER_COMMAND);
	else if (accepted && (verb == SMTP_STARTTLS || verb == SMTP_XCLIENT))
		buf_clear(&s->client_name);
	if (verb == SMTP_STARTTLS && accepted && !s->keeps_clear_text)
		smtp_server_flush(s);
}
