/* SPDX-License-Identifier: MIT */
/*
 * Injection: for each session of each entry one SMTP client, its stream, and
 * one timer that is either the client's patience or the wait for the next
 * message.
 *
 *	WAITING  no connection; the timer stands at the next message's time
 *	OPEN     a connection
 *	OVER     no message left for it
 */
#include "harness/sim/inject_impl.h"

static void session_init(
    struct session *s, struct injection *in, struct entry *entry);
static void session_fini(struct session *s);
static void take_next(struct session *s);
static void message_over(struct session *s);
static void session_rest(struct session *s);
static void pump(struct session *s);

static void
count_sessions(struct injection *in)
{
	const struct plan *plan = in->plan;

	bool is_tls = false;

	for (size_t i = 0; i < plan->inject_count; i++) {
		is_tls |= plan->injects[i].is_tls;
		if (plan->injects[i].dialogue.count > 0)
			in->dialogue_count++;
		else
			in->session_count += plan->injects[i].sessions;
	}
	if (in->dialogue_count > 0 || is_tls)
		in->tls = tls_context_new_client(
		    &tls_context_options_default, &(struct err){ 0 });
}

struct injection *
injection_new(struct world *w, const struct plan *plan,
    const struct inject_target *relay, const struct inject_hooks *hooks)
{
	struct injection *in = xcalloc(1, sizeof(*in));
	uint64_t base = 0;
	size_t n = 0, d = 0;

	*in = (struct injection){ .world = w, .plan = plan, .hooks = *hooks };
	in->is_elsewhere = relay->is_elsewhere;
	in->relay = xcalloc(plan->relay.listeners.count, sizeof(*in->relay));
	memcpy(in->relay, relay->listeners,
	    plan->relay.listeners.count * sizeof(*in->relay));
	in->entries = xcalloc(plan->inject_count + 1, sizeof(*in->entries));
	count_sessions(in);
	in->sessions = xcalloc(in->session_count + 1, sizeof(*in->sessions));
	in->sessions_left = in->session_count;
	in->dialogues = xcalloc(in->dialogue_count + 1, sizeof(*in->dialogues));
	in->dialogues_left = in->dialogue_count;
	for (size_t i = 0; i < plan->inject_count; i++) {
		struct entry *entry = &in->entries[i];

		entry->said = &plan->injects[i];
		entry->base = base;
		entry->refused = xcalloc(
		    entry->said->refused.count + 1, sizeof(*entry->refused));
		base += entry->said->count;
		if (entry->said->dialogue.count > 0)
			dialogue_init(&in->dialogues[d++], in, entry->said);
		else
			for (uint32_t k = 0; k < entry->said->sessions; k++)
				session_init(&in->sessions[n++], in, entry);
	}
	return in;
}

void
injection_destroy(struct injection **ip)
{
	struct injection *in = *ip;

	if (in == NULL)
		return;
	for (size_t i = 0; i < in->session_count; i++)
		session_fini(&in->sessions[i]);
	for (size_t i = 0; i < in->dialogue_count; i++)
		dialogue_fini(&in->dialogues[i]);
	for (size_t i = 0; i < in->plan->inject_count; i++)
		free(in->entries[i].refused);
	tls_context_destroy(&in->tls);
	buf_fini(&in->chunk);
	free(in->sessions);
	free(in->dialogues);
	free(in->relay);
	free(in->entries);
	free(in);
	*ip = NULL;
}

bool
injection_is_done(const struct injection *in)
{
	return in->sessions_left == 0 && in->dialogues_left == 0;
}

uint64_t
injection_accepted(const struct injection *in)
{
	return in->accepted;
}

uint64_t
injection_missing_refusals(
    const struct injection *in, size_t index, size_t code)
{
	const struct entry *entry = &in->entries[index];

	return entry->said->refused.at[code].count - entry->refused[code];
}

const struct endpoint *
inject_relay(const struct injection *in, const struct plan_inject *said)
{
	return &in->relay[said->listener];
}

/* ---- the connection ---- */

static void
connection_close(struct session *s)
{
	if (s->stream != NULL)
		stream_close(s->stream);
	s->stream = NULL;
	smtp_client_destroy(&s->client);
	s->is_body = false;
	timer_stop(s->in->world, &s->timer);
}

/* The message cannot be sent; the session goes on with the next one. */
static void
message_fail(
    struct session *s, enum smtp_stage stage, int code, struct slice text)
{
	inject_refuse_rest(s, stage, code, text);
	connection_close(s);
	message_over(s);
}

/* The message that was taken, if any, has not begun: it waits for another
 * connection. */
static void
connection_end(struct session *s)
{
	connection_close(s);
	session_rest(s);
}

static void
on_connected(void *owner)
{
	struct session *s = owner;
	struct smtp_client_options options = {
		.helo_name = SLICE("injector.example"),
		.timeouts = smtp_client_timeouts_default,
	};

	s->client = smtp_client_new(&options, world_now(s->in->world));
	pump(s);
}

static void
on_input(void *owner, struct slice bytes)
{
	struct session *s = owner;

	smtp_client_feed(s->client, bytes, world_now(s->in->world));
	pump(s);
}

static void
on_drained(void *owner)
{
	pump(owner);
}

static void
on_eof(void *owner)
{
	struct session *s = owner;

	smtp_client_on_eof(s->client, world_now(s->in->world));
	pump(s);
}

static void
on_secured(void *owner, const struct tls_verdict *verdict)
{
	struct session *s = owner;

	(void)verdict;
	s->is_secured = true;
	smtp_client_secured(s->client, world_now(s->in->world));
	pump(s);
}

static void
on_failure(void *owner, enum net_failure why)
{
	struct session *s = owner;

	if (s->client == NULL) {
		message_fail(
		    s, STAGE_CONNECT, 0, slice_cstr(net_failure_text(why)));
		return;
	}
	smtp_client_on_network_failure(s->client, world_now(s->in->world));
	pump(s);
}

static void
connection_open(struct session *s)
{
	static const struct stream_handler handler = {
		.on_connected = on_connected,
		.on_input = on_input,
		.on_drained = on_drained,
		.on_eof = on_eof,
		.on_failure = on_failure,
		.on_secured = on_secured,
	};
	struct endpoint from = { s->entry->said->client, 0 };

	s->state = SESSION_OPEN;
	s->phase = PHASE_SETUP;
	s->is_secured = false;
	s->tls_refusal = 0;
	s->stream =
	    world_connect(s->in->world, s->in->is_elsewhere ? NULL : &from,
		inject_relay(s->in, s->entry->said), &handler, s);
}

/* ---- the session ---- */

/* Without a connection: waits for the message's time, or is over. */
static void
session_rest(struct session *s)
{
	if (s->k != 0) {
		s->state = SESSION_WAITING;
		timer_set(s->in->world, &s->timer, inject_due(s));
	} else {
		s->state = SESSION_OVER;
		s->in->sessions_left--;
	}
}

/* Takes the next message of the entry; 0 when there is none. */
static void
take_next(struct session *s)
{
	s->k = 0;
	if (s->entry->taken < s->entry->said->count) {
		s->k = ++s->entry->taken;
		inject_address(s);
	}
	if (s->stream == NULL)
		session_rest(s);
}

/* It has its answer: the next one, or the same again, later. */
static void
message_over(struct session *s)
{
	if (!inject_again(s))
		take_next(s);
	else if (s->stream == NULL)
		session_rest(s);
}

/* False when there is no session any more: it shall send under TLS, and
 * cannot. */
static bool
secure(struct session *s)
{
	bool is_offered =
	    (smtp_client_extensions(s->client) & SMTP_EXT_STARTTLS) != 0;

	if (s->tls_refusal == 0 && is_offered) {
		s->phase = PHASE_SETUP;
		smtp_client_starttls(s->client, world_now(s->in->world));
		return true;
	}
	message_fail(s, STAGE_STARTTLS, s->tls_refusal,
	    s->tls_refusal != 0 ? buf_slice(&s->tls_text)
				: SLICE("STARTTLS is not offered"));
	return false;
}

/* A client that is ready sends what is due, waits for what soon will be, and
 * otherwise says goodbye. */
static void
go_on(struct session *s)
{
	utime now = world_now(s->in->world);

	if (s->k != 0 && inject_due(s) <= now) {
		inject_send(s);
	} else if (s->k != 0 && inject_due(s) <= now + INJECT_LINGER) {
		timer_set(s->in->world, &s->timer, inject_due(s));
	} else {
		s->phase = PHASE_QUITTING;
		smtp_client_quit(s->client, now);
	}
}

static void
on_client_event(struct session *s, const struct smtp_client_event *ev)
{
	switch (ev->type) {
	case SMTP_CLIENT_READY:
		s->phase = PHASE_READY;
		break;
	case SMTP_CLIENT_RESULT:
		if (ev->reply.code / 100 == 2)
			s->has_result[ev->recipient] = s->is_accepted = true;
		else
			inject_refuse(s, ev->recipient, ev->stage,
			    ev->reply.code, ev->reply.text);
		break;
	case SMTP_CLIENT_BODY:
		inject_begin_body(s);
		break;
	case SMTP_CLIENT_DONE:
		s->phase = PHASE_SETTLED;
		s->in->accepted += s->is_accepted;
		message_over(s);
		break;
	case SMTP_CLIENT_STARTTLS:
		stream_start_tls(s->stream, s->in->tls, NULL);
		break;
	case SMTP_CLIENT_ANSWER:
		s->tls_refusal = ev->reply.code;
		buf_clear(&s->tls_text);
		buf_append(&s->tls_text, ev->reply.text);
		break;
	case SMTP_CLIENT_FAILED:
	case SMTP_CLIENT_CLOSED:
		break;
	}
}

static struct slice
failure_text(const struct session *s, const struct smtp_client_event *ev)
{
	switch (ev->failure) {
	case SMTP_FAIL_REPLY:
	case SMTP_FAIL_GARBAGE:
		return ev->reply.text;
	case SMTP_FAIL_TIMEOUT:
		return SLICE("timeout");
	case SMTP_FAIL_EOF:
		return SLICE("the relay closed the connection");
	case SMTP_FAIL_NETWORK:
		if (ev->stage == STAGE_TLS)
			return slice_cstr(stream_tls_failure(s->stream));
		break;
	}
	return slice_cstr(smtp_client_state_phrase(s->client));
}

/* The dialogue is over, by our QUIT or by the relay's doing. */
static void
on_client_end(struct session *s, const struct smtp_client_event *ev)
{
	if (ev->type == SMTP_CLIENT_FAILED &&
	    (s->phase == PHASE_SETUP || s->phase == PHASE_SENDING))
		message_fail(s, ev->stage, ev->reply.code, failure_text(s, ev));
	else
		connection_end(s);
}

/* Everything that may follow from input, time or room to write. */
static void
pump(struct session *s)
{
	struct smtp_client_event ev;

	while (smtp_client_next(s->client, &ev)) {
		if (ev.type == SMTP_CLIENT_CLOSED ||
		    ev.type == SMTP_CLIENT_FAILED) {
			on_client_end(s, &ev);
			return;
		}
		on_client_event(s, &ev);
	}
	timer_stop(s->in->world, &s->timer);
	if (s->phase == PHASE_READY && s->entry->said->is_tls &&
	    !s->is_secured) {
		if (!secure(s))
			return;
	} else if (s->phase == PHASE_READY) {
		go_on(s);
	}
	inject_give_body(s);
	inject_flush(s);
	utime deadline = smtp_client_deadline(s->client);
	if (deadline != UTIME_NEVER)
		timer_set(s->in->world, &s->timer, deadline);
}

static void
on_timer(struct timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, timer);
	utime now = world_now(s->in->world);

	if (s->state == SESSION_WAITING) {
		connection_open(s);
		return;
	}
	if (now >= smtp_client_deadline(s->client))
		smtp_client_on_deadline(s->client, now);
	pump(s);
}

static void
session_init(struct session *s, struct injection *in, struct entry *entry)
{
	size_t count = entry->said->to.count;

	s->in = in;
	s->entry = entry;
	s->timer.fire = on_timer;
	s->addresses = xcalloc(count + 1, sizeof(*s->addresses));
	s->recipients = xcalloc(count, sizeof(*s->recipients));
	s->has_result = xcalloc(count, sizeof(*s->has_result));
	take_next(s);
}

static void
session_fini(struct session *s)
{
	timer_stop(s->in->world, &s->timer);
	if (s->stream != NULL)
		stream_reset(s->stream);
	smtp_client_destroy(&s->client);
	for (size_t i = 0; i <= s->entry->said->to.count; i++)
		buf_fini(&s->addresses[i]);
	free(s->addresses);
	free(s->recipients);
	free(s->has_result);
	buf_fini(&s->soft_text);
	buf_fini(&s->tls_text);
}
