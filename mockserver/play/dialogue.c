/* SPDX-License-Identifier: MIT */
/* From the session's events to reactions; see dialogue.h. */
#include "mockserver/play/dialogue_impl.h"

static void ask_react(struct dialogue *d, const struct dialogue_scene *scene,
    const struct smtp_server_event *ev, struct buf *out);
static void propose(struct dialogue *d, const struct smtp_server_event *ev);
static void tls_react(
    struct dialogue *d, const struct dialogue_scene *scene, struct buf *out);
static bool note_answer(struct dialogue *d);
static void note_message(struct dialogue *d);

struct dialogue *
dialogue_new(const struct mock_host *host, struct rule_book *book,
    const struct ip_address *client)
{
	const struct smtp_server_options options = {
		.extensions = mock_host_offers(host, false),
		.is_hello_optional = host->hello == MOCK_HELLO_OPTIONAL,
	};
	struct dialogue *d = xcalloc(1, sizeof(*d));

	d->host = host;
	d->book = book;
	d->client = *client;
	d->session = smtp_server_new(&options);
	d->body_next = UINT64_MAX;
	d->line_next = rule_book_next_after(book, STAGE_COMMAND, 0);
	d->tls = host->tls.certificate;
	rule_scope_init(&d->scope, host->rules.count);
	return d;
}

void
dialogue_destroy(struct dialogue **dp)
{
	struct dialogue *d = *dp;

	if (d == NULL)
		return;
	smtp_server_destroy(&d->session);
	rule_scope_fini(&d->scope);
	envelope_fini(&d->envelope);
	login_fini(&d->login);
	intake_destroy(&d->intake);
	buf_fini(&d->content);
	free(d);
	*dp = NULL;
}

void
dialogue_keep_content(struct dialogue *d, size_t bytes_max)
{
	assert(!d->is_in_body);
	d->content_max = bytes_max;
}

void
dialogue_set_book(struct dialogue *d, struct rule_book *book)
{
	d->book = book;
	rule_scope_fini(&d->scope);
	rule_scope_init(&d->scope, d->host->rules.count);
}

size_t
dialogue_feed(struct dialogue *d, struct slice bytes)
{
	return smtp_server_feed(d->session, bytes);
}

size_t
dialogue_backlog(const struct dialogue *d)
{
	return smtp_server_backlog(d->session);
}

bool
dialogue_is_in_auth(const struct dialogue *d)
{
	return d->login.step != LOGIN_NONE && !d->is_playing;
}

bool
dialogue_is_over(const struct dialogue *d)
{
	return smtp_server_is_closed(d->session);
}

struct slice
dialogue_hello(const struct dialogue *d, bool *is_extended)
{
	*is_extended = smtp_server_is_extended(d->session);
	return smtp_server_client_name(d->session);
}

struct envelope *
dialogue_envelope(struct dialogue *d)
{
	return &d->envelope;
}

uint64_t
dialogue_size(const struct dialogue *d)
{
	return d->body_bytes;
}

struct slice
dialogue_content(const struct dialogue *d)
{
	return buf_slice(&d->content);
}

void
dialogue_set_intake(struct dialogue *d, size_t keep_max)
{
	assert(keep_max > 0 && d->intake == NULL);
	d->intake_max = keep_max;
}

bool
dialogue_is_cut(const struct dialogue *d)
{
	return d->is_cut;
}

bool
dialogue_take(struct dialogue *d, struct intake_result *result)
{
	if (d->intake == NULL)
		return false;
	intake_end(d->intake, result);
	return true;
}

/* A session that asks tells violations and nothing else, hence it may be
 * listened to while its answer is being played. */
enum dialogue_event
dialogue_next(struct dialogue *d, const struct dialogue_scene *scene,
    struct buf *out, struct reaction *reaction, enum smtp_violation *violation)
{
	struct smtp_server_event ev;
	struct slice line;

	if (d->is_done)
		dialogue_transaction_end(d);
	for (;;) {
		if (d->is_playing && !d->is_asked)
			return DIALOGUE_QUIET;
		if (!d->is_playing && dialogue_body_is_due(d)) {
			dialogue_body_react(d, scene, out);
			*reaction = d->reaction;
			return DIALOGUE_REACTION;
		}
		if (!d->is_playing && d->tls_due) {
			tls_react(d, scene, out);
			*reaction = d->reaction;
			return DIALOGUE_REACTION;
		}
		if (!d->is_playing && dialogue_line_is_due(d, &line)) {
			dialogue_line_react(d, scene, line, out);
			*reaction = d->reaction;
			return DIALOGUE_REACTION;
		}
		if (!smtp_server_next(d->session, &ev))
			return DIALOGUE_QUIET;
		switch (ev.type) {
		case SMTP_SERVER_VIOLATION:
			*violation = ev.violation;
			return DIALOGUE_VIOLATION;
		case SMTP_SERVER_CONTENT:
			dialogue_body_begin(d);
			dialogue_content_keep(d, ev.content);
			break;
		case SMTP_SERVER_ASK:
			ask_react(d, scene, &ev, out);
			*reaction = d->reaction;
			return DIALOGUE_REACTION;
		}
	}
}

void
dialogue_react_idle(struct dialogue *d, const struct dialogue_scene *scene,
    struct buf *out, struct reaction *reaction)
{
	const struct occasion o = {
		.stage = STAGE_IDLE,
		.now = scene->now,
		.client = &d->client,
		.is_secured = d->is_secured,
	};

	assert(!d->is_playing);
	dialogue_react(d, scene, &o, (struct smtp_syntax_error){ 0 }, out);
	*reaction = d->reaction;
}

void
dialogue_discard(struct dialogue *d)
{
	smtp_server_flush(d->session);
}

bool
dialogue_played(struct dialogue *d)
{
	bool accepted_message = false;

	assert(d->is_playing);
	d->is_playing = false;
	if (d->is_asked) {
		d->is_asked = false;
		accepted_message = note_answer(d);
		smtp_server_answer(d->session, d->reaction.code);
		d->line_next = rule_book_next_after(d->book, STAGE_COMMAND, 0);
	}
	return accepted_message;
}

void
dialogue_secured(struct dialogue *d)
{
	d->is_secured = true;
	smtp_server_offer(d->session, mock_host_offers(d->host, true));
}

/* The handshake is about to begin. */
static void
tls_react(
    struct dialogue *d, const struct dialogue_scene *scene, struct buf *out)
{
	const struct occasion o = {
		.stage = STAGE_TLS,
		.now = scene->now,
		.client = &d->client,
		.is_secured = d->is_secured,
	};

	d->tls_due = false;
	dialogue_react(d, scene, &o, (struct smtp_syntax_error){ 0 }, out);
}

/* ---- commands ---- */

static void
ask_react(struct dialogue *d, const struct dialogue_scene *scene,
    const struct smtp_server_event *ev, struct buf *out)
{
	const struct smtp_command *command = ev->command;
	struct occasion o = {
		.stage = ev->stage,
		.now = scene->now,
		.size = d->body_bytes,
		.client = &d->client,
		.is_secured = d->is_secured,
	};

	d->is_asked = true;
	if (ev->wrong.code == 0)
		propose(d, ev);
	if (ev->stage == STAGE_UNKNOWN)
		o.argument = command->line;
	else if (command != NULL)
		o.argument = command->argument;
	if (ev->stage == STAGE_MAIL)
		d->declared = smtp_command_declared_size(command);
	if (ev->stage == STAGE_MAIL || ev->stage == STAGE_RCPT ||
	    ev->stage == STAGE_DATA)
		o.size = d->declared;
	o.from = envelope_sender(&d->envelope);
	o.to = envelope_recipients(&d->envelope);
	o.to_count = d->envelope.count;
	if (ev->stage == STAGE_RCPT && d->has_proposed) {
		o.to += o.to_count - 1;
		o.to_count = 1;
	}
	o.wrong = ev->wrong.code;
	o.is_for_nobody = ev->stage == STAGE_DATA && ev->wrong.code == 554;
	dialogue_react(d, scene, &o, ev->wrong, out);
	/* A rule takes what is wrong. */
	if (ev->wrong.code != 0 && d->reaction.code / 100 == 2)
		propose(d, ev);
}

/* Puts what MAIL or RCPT names into the envelope, so that rules see it. */
static void
propose(struct dialogue *d, const struct smtp_server_event *ev)
{
	struct slice path, argument;

	if (ev->stage != STAGE_MAIL && ev->stage != STAGE_RCPT)
		return;
	assert(ev->command != NULL);
	argument = ev->command->argument;
	argument = slice_trim(
	    slice_skip(argument, slice_find_byte(argument, ':') + 1));
	/* What is no address is taken as it stands. */
	path = ev->wrong.code == 501 ? argument : ev->command->path.whole;
	if (ev->stage == STAGE_MAIL) {
		dialogue_transaction_end(d);
		rule_scope_begin_message(&d->scope);
		envelope_begin(&d->envelope, path, argument);
	} else {
		envelope_add(&d->envelope, path, argument);
	}
	d->has_proposed = true;
}

void
dialogue_react(struct dialogue *d, const struct dialogue_scene *scene,
    const struct occasion *o, struct smtp_syntax_error wrong, struct buf *out)
{
	const bool is_rcpt = o->stage == STAGE_RCPT && d->has_proposed;
	struct situation s = {
		.host = d->host,
		.occasion = o,
		.wrong = wrong,
		.connection = scene->connection,
		.connections = scene->connections,
		.messages = d->messages,
		.recipients = d->envelope.count - is_rcpt,
		.is_secured = d->is_secured,
		.login = o->stage == STAGE_AUTH && wrong.code == 0
		    ? login_answer(&d->login, &d->host->users, o->argument)
		    : (struct smtp_syntax_error){ 0 },
		.tls = d->tls,
	};
	const struct rule *rule = NULL;
	uint64_t n = 0;

	rule = rule_book_ask(d->book, &d->scope, o, &n);
	if (rule != NULL && rule->has_throughout)
		d->throughout = &rule->throughout;
	s.throughout = d->throughout;
	if (rule != NULL && rule->garbage > 0)
		s.dice = rule_book_draw(d->book);
	reaction_make(&d->reaction, &s, rule, n, out);
	d->stage = o->stage;
	d->asked_at = o->now;
	d->is_playing = true;
}

/* What the answer that was sent means for the transaction; true when it
 * accepted a message. */
static bool
note_answer(struct dialogue *d)
{
	const bool is_accepted = d->reaction.code / 100 == 2;
	const bool was_proposed = d->has_proposed;

	d->has_proposed = false;
	if (d->stage == STAGE_CONNECT) {
		d->tls_due = d->host->tls.is_implicit;
		return false;
	}
	if (d->stage == STAGE_AUTH) {
		login_note(&d->login, d->reaction.code);
		return false;
	}
	if (was_proposed && !is_accepted) {
		if (d->stage == STAGE_MAIL)
			dialogue_transaction_end(d);
		else
			envelope_drop_last(&d->envelope);
		return false;
	}
	if (d->stage == STAGE_STARTTLS && is_accepted) {
		d->tls_due = true;
		d->tls = d->reaction.tls;
		d->is_done = true;
		if (d->tls == MOCK_TLS_GULLIBLE)
			smtp_server_keep_clear_text(d->session);
		return false;
	}
	if (d->stage == STAGE_DATA && d->reaction.code / 100 == 3) {
		dialogue_body_begin(d);
		return false;
	}
	if (d->stage == STAGE_EOD) {
		d->is_done = true;
		if (!is_accepted || !d->reaction.is_whole)
			return false;
		note_message(d);
		return true;
	}
	if (is_accepted &&
	    (d->stage == STAGE_RSET || d->stage == STAGE_EHLO ||
		d->stage == STAGE_HELO))
		d->is_done = true;
	return false;
}

static void
note_message(struct dialogue *d)
{
	const struct occasion o = {
		.stage = STAGE_EOD,
		.now = d->asked_at,
		.from = envelope_sender(&d->envelope),
		.to = envelope_recipients(&d->envelope),
		.to_count = d->envelope.count,
		.size = d->body_bytes,
		.client = &d->client,
		.is_secured = d->is_secured,
	};

	d->messages++;
	rule_book_charge(d->book, &d->scope, &o);
}
