/* SPDX-License-Identifier: MIT */
/*
 * "received": a message that a host has taken, by its lines, header and body
 * alike: those that are named, in this order, others between them.  The first
 * line that fits a pattern is taken for it.  The host's own witness is asked,
 * since no log tells what a message holds.
 *
 * "no_received": patterns that no line of such messages may hold.
 *
 * Which messages are asked for may depend on the TLS under which they came and
 * on the digest of their body.
 */
#include "core/tls/digest.h"
#include "harness/expect/expect.h"

#define ULL(n) ((unsigned long long)(n))

/* What a connection's handshake came to. */
struct handshake {
	uint64_t connection;
	char *note; /* owned */
	UT_hash_handle hh;
};

struct received_state {
	struct handshake *handshakes; /* owned; of connections that stand */
	/* The last message that was another only by its TLS or its body. */
	char *other_tls; /* owned; NULL: there was none */
	char other_body[DIGEST_CHARS + 1];
	bool is_found;
	uint64_t messages; /* that were asked for */
	/* The message that came furthest, and its line that fitted longest. */
	size_t furthest;
	struct pattern_miss miss;
	struct buf nearest; /* in words */
	char *miss_host;    /* owned */
	uint64_t miss_connection;
	utime miss_time;
};

static void
received_begin(struct expectation *e)
{
	e->state = xcalloc(1, sizeof(struct received_state));
}

static void
handshake_forget(struct received_state *state, struct handshake *h)
{
	HASH_DEL(state->handshakes, h);
	free(h->note);
	free(h);
}

static void
received_end(struct expectation *e)
{
	struct received_state *state = e->state;
	struct handshake *h, *next;

	HASH_ITER(hh, state->handshakes, h, next)
	handshake_forget(state, h);
	free(state->other_tls);
	buf_fini(&state->nearest);
	free(state->miss_host);
	free(state);
}

static bool
line_next(struct slice *rest, struct slice *line)
{
	if (!slice_split(rest, '\n', line))
		return false;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* ---- which messages ---- */

/* Keeps what handshakes come to, for as long as it may matter. */
static void
note_handshake(struct expectation *e, const struct transcript_event *ev)
{
	struct received_state *state = e->state;
	struct handshake *h;

	if (e->said->tls.piece_count == 0)
		return;
	HASH_FIND(
	    hh, state->handshakes, &ev->connection, sizeof(ev->connection), h);
	if (h != NULL &&
	    (ev->kind == TRANSCRIPT_CLOSE || ev->kind == TRANSCRIPT_RESET ||
		ev->kind == TRANSCRIPT_LOST))
		handshake_forget(state, h);
	if (h != NULL || ev->kind != TRANSCRIPT_TLS)
		return;
	h = xcalloc(1, sizeof(*h));
	h->connection = ev->connection;
	h->note = xstrdup(ev->note);
	HASH_ADD(hh, state->handshakes, connection, sizeof(h->connection), h);
}

static const char *
tls_of(const struct expectation *e, const struct transcript_event *ev)
{
	const struct received_state *state = e->state;
	struct handshake *h;

	HASH_FIND(
	    hh, state->handshakes, &ev->connection, sizeof(ev->connection), h);
	return h != NULL ? h->note : "none";
}

/* The digest of what is behind the header, as the transcript tells it or by the
 * content; "" when that was cut. */
static void
body_digest(const struct transcript_event *ev, char text[DIGEST_CHARS + 1])
{
	struct slice body = ev->content, line = SLICE("header");

	text[0] = '\0';
	if (ev->body_sha256.len == DIGEST_CHARS)
		(void)snprintf(
		    text, DIGEST_CHARS + 1, "%.*s", SLICE_ARG(ev->body_sha256));
	if (ev->body_sha256.len > 0 || ev->content.len < ev->size_bytes)
		return;
	while (line.len > 0 && line_next(&body, &line))
		continue;
	digest_text(body, text);
}

static bool
has_envelope(const struct expectation *e, const struct transcript_event *ev)
{
	const struct plan_expectation *said = e->said;
	size_t i = 0;

	if (ev->kind != TRANSCRIPT_MESSAGE ||
	    (said->host != PLAN_NO_HOST &&
		strcmp(e->plan->hosts.at[said->host].name, ev->host) != 0) ||
	    (said->has_from && !slice_eq(said->from, ev->sender)))
		return false;
	while (i < ev->recipient_count && said->to.len > 0 &&
	    !slice_eq(said->to, ev->recipients[i]))
		i++;
	return said->to.len == 0 || i < ev->recipient_count;
}

/* Is it of the host, from the sender, to the recipient, under the TLS and with
 * the body that are named? */
static bool
is_asked_for(struct expectation *e, const struct transcript_event *ev)
{
	static const struct pattern_bindings none;
	const struct plan_expectation *said = e->said;
	struct received_state *state = e->state;
	char body[DIGEST_CHARS + 1] = "";
	const char *tls;

	note_handshake(e, ev);
	if (!has_envelope(e, ev))
		return false;
	tls = tls_of(e, ev);
	if (said->body_sha256.len > 0)
		body_digest(ev, body);
	if ((said->tls.piece_count == 0 ||
		pattern_match(
		    &said->tls, slice_cstr(tls), &none, NULL, NULL)) &&
	    (said->body_sha256.len == 0 ||
		slice_eq(said->body_sha256, slice_cstr(body))))
		return true;
	free(state->other_tls);
	state->other_tls = xstrdup(tls);
	memcpy(state->other_body, body, sizeof(body));
	return false;
}

/* ---- received ---- */

/* How far one message comes, and what stopped it. */
struct reading {
	size_t found; /* patterns */
	struct pattern_bindings bound;
	struct pattern_miss miss; /* of the next one */
	struct slice miss_line;
};

static void
read_message(const struct plan_expectation *said, struct slice content,
    struct reading *r)
{
	struct slice line;

	*r = (struct reading){ 0 };
	while (r->found < said->pattern_count && line_next(&content, &line)) {
		struct pattern_bindings bound;
		struct pattern_miss miss;

		if (pattern_match(&said->patterns[r->found].pattern, line,
			&r->bound, &bound, &miss)) {
			r->bound = bound;
			r->found++;
			r->miss = (struct pattern_miss){ 0 };
			r->miss_line = (struct slice){ 0 };
		} else if (miss.matched > r->miss.matched) {
			r->miss = miss;
			r->miss_line = line;
		}
	}
}

static void
note_miss(struct expectation *e, const struct transcript_event *ev,
    const struct reading *r)
{
	struct received_state *state = e->state;

	if (state->messages > 1 &&
	    (r->found < state->furthest ||
		(r->found == state->furthest &&
		    r->miss.matched <= state->miss.matched)))
		return;
	state->furthest = r->found;
	state->miss = r->miss;
	buf_clear(&state->nearest);
	if (r->miss_line.at != NULL)
		pattern_miss_format(&e->said->patterns[r->found].pattern,
		    r->miss_line, &r->miss, &r->bound, SLICE(""),
		    &state->nearest);
	free(state->miss_host);
	state->miss_host = xstrdup(ev->host);
	state->miss_connection = ev->connection;
	state->miss_time = ev->time;
}

static void
received_transcript(struct expectation *e, const struct transcript_event *ev)
{
	struct received_state *state = e->state;
	struct reading reading;

	if (!is_asked_for(e, ev) || state->is_found)
		return;
	state->messages++;
	read_message(e->said, ev->content, &reading);
	state->is_found = reading.found == e->said->pattern_count;
	if (!state->is_found)
		note_miss(e, ev, &reading);
}

/* What would have been one under other TLS, or with another body. */
static void
other_format(const struct expectation *e, struct buf *found)
{
	const struct received_state *state = e->state;

	if (state->other_tls == NULL)
		return;
	buf_append_cstr(found, "; the last one otherwise as wanted had");
	if (e->said->tls.piece_count > 0)
		buf_printf(found, " TLS \"%s\"", state->other_tls);
	if (e->said->body_sha256.len > 0)
		buf_printf(found, " body_sha256 %s",
		    state->other_body[0] != '\0' ? state->other_body
						 : "unknown");
}

static void
received_finish(struct expectation *e)
{
	const struct received_state *state = e->state;
	struct buf *found = &e->charge.found;
	char at[UTIME_TEXT_MAX];

	if (state->is_found ||
	    !charge_count(&e->charge,
		state->messages > 0 ? state->miss_time : UTIME_NEVER))
		return;
	e->place = e->said->patterns[state->furthest].place;
	buf_append(&e->charge.wanted,
	    e->said->patterns[state->furthest].pattern.written);
	if (state->messages == 0) {
		buf_append_cstr(found, "no such message was received");
		other_format(e, found);
		return;
	}
	buf_printf(found,
	    "pattern %zu of %zu is in none of %llu messages; the one that came "
	    "nearest: by %s on connection %llu at %s",
	    state->furthest + 1, e->said->pattern_count, ULL(state->messages),
	    state->miss_host, ULL(state->miss_connection),
	    utime_format_span(state->miss_time - e->plan->start, at));
	buf_append(&e->charge.nearest, buf_slice(&state->nearest));
}

const struct expect_kind expect_received = {
	.begin = received_begin,
	.transcript = received_transcript,
	.finish = received_finish,
	.end = received_end,
};

/* ---- no_received ---- */

static void
no_received_line(
    struct expectation *e, const struct transcript_event *ev, struct slice line)
{
	static const struct pattern_bindings none;
	char at[UTIME_TEXT_MAX];

	for (size_t i = 0; i < e->said->pattern_count; i++) {
		const struct pattern *p = &e->said->patterns[i].pattern;

		if (!pattern_match(p, line, &none, NULL, NULL) ||
		    !charge_count(&e->charge, ev->time))
			continue;
		e->place = e->said->patterns[i].place;
		buf_printf(&e->charge.wanted, "no line with: %.*s",
		    SLICE_ARG(p->written));
		buf_printf(&e->charge.found,
		    "received by %s on connection %llu at %s: %.*s", ev->host,
		    ULL(ev->connection),
		    utime_format_span(ev->time - e->plan->start, at),
		    SLICE_ARG(line));
	}
}

static void
no_received_transcript(struct expectation *e, const struct transcript_event *ev)
{
	struct slice rest = ev->content, line;

	if (!is_asked_for(e, ev))
		return;
	while (line_next(&rest, &line))
		no_received_line(e, ev, line);
}

const struct expect_kind expect_no_received = {
	.begin = received_begin,
	.end = received_end,
	.transcript = no_received_transcript,
};
