/* SPDX-License-Identifier: MIT */
/* What becomes of STARTTLS on a connection, and of secrets in what is told; see
 * player.h. */
#include "mockserver/play/player_impl.h"

/* What the rule that acts, if any, does against TLS. */
static const struct mock_tls_fault *
fault_of(const struct player *p)
{
	static const struct mock_tls_fault none;
	const struct rule *rule = p->reaction.rule;

	return rule != NULL ? &rule->tls_fault : &none;
}

void
player_begin_tls(struct player *p)
{
	const enum mock_tls_kind kind = p->reaction.tls;
	const struct mock_host *host = p->site->host;

	if (kind == MOCK_TLS_CLOSE) {
		player_finish(p, TRANSCRIPT_CLOSE);
		return;
	}
	if (kind == MOCK_TLS_PLAINTEXT && host->tls.is_implicit) {
		player_enter_ready(p); /* greets in clear */
		return;
	}
	if (kind == MOCK_TLS_PLAINTEXT) {
		player_enter_pause(p, PLAYER_DEAF, host->limits.idle_timeout);
		return;
	}
	player_flush(p);
	player_enter_pause(p, PLAYER_HANDSHAKE, host->limits.idle_timeout);
	stream_start_tls(
	    p->stream, mock_tls_context(p->site->cast->tls, host, kind), NULL);
	stream_tls_tamper(p->stream);
	if (fault_of(p)->deed != MOCK_TLS_DO_NOTHING)
		stream_tls_stop_at(p->stream, fault_of(p)->at);
}

bool
player_hear_clear_text(struct player *p, struct slice bytes)
{
	static const struct slice what =
	    SLICE_INIT("500 5.5.2 Command not recognized\r\n");
	static const char record = 0x16; /* RFC 8446, 5.1: handshake */

	if (bytes.at[0] != record) {
		teller_say_violation(
		    &p->teller, p->heard_at, SMTP_CLEAR_BEHIND_STARTTLS);
		timer_stop(p->site->cast->world, &p->pause);
		player_enter_ready(p);
		return true;
	}
	teller_say_reaction(
	    &p->teller, p->heard_at, TRANSCRIPT_OUT, &p->reaction, what);
	stream_write(p->stream, what);
	return false;
}

void
player_on_secured(void *owner, const struct tls_verdict *verdict)
{
	struct player *p = owner;

	assert(p->state == PLAYER_HANDSHAKE);
	player_look(p);
	timer_stop(p->site->cast->world, &p->pause);
	teller_say_tls(&p->teller, p->now, verdict);
	dialogue_secured(p->dialogue);
	player_enter_ready(p);
	player_settle(p);
}

/* The head of a TLS record (RFC 8446, 5.1). */
static bool
is_record(struct slice bytes)
{
	return bytes.len > 2 && bytes.at[0] >= 0x14 && bytes.at[0] <= 0x17 &&
	    bytes.at[1] == 0x03;
}

/* Records in which the host takes no part are told by their size: what is in
 * them is random, and two runs tell the same. */
static void
say_records(struct player *p, struct slice bytes)
{
	struct buf shown = { 0 };

	buf_printf(&shown, "(TLS, %zu bytes)", bytes.len);
	teller_say(&p->teller, p->heard_at, TRANSCRIPT_IN, buf_slice(&shown));
	buf_fini(&shown);
}

/* With `cut` bytes behind them that are not shown. */
static void
say_bytes(struct player *p, struct slice bytes, size_t cut, bool in_auth)
{
	struct buf shown = { 0 };

	if (p->site->host->users.count == 0) {
		teller_say_input(&p->teller, p->heard_at, bytes, cut);
		return;
	}
	login_mask(&p->mask, bytes, in_auth, &shown);
	if (buf_len(&shown) > 0 || cut > 0)
		teller_say_input(
		    &p->teller, p->heard_at, buf_slice(&shown), cut);
	buf_fini(&shown);
}

void
player_say_input(
    struct player *p, struct slice bytes, size_t content, bool in_auth)
{
	const struct transcript_sink *sink = &p->site->cast->sink;
	size_t shown = content;

	if (content == 0 && is_record(bytes)) {
		say_records(p, bytes);
		return;
	}
	if (sink->cuts_content)
		shown = dialogue_show(p->dialogue, content, sink->shown_max);
	if (shown < content) {
		say_bytes(
		    p, slice_sub(bytes, 0, shown), content - shown, false);
		bytes = slice_skip(bytes, content);
	}
	if (bytes.len > 0)
		say_bytes(p, bytes, 0, in_auth);
}

/* ---- faults in the midst of TLS ---- */

static void
do_alert(struct player *p, const struct mock_tls_fault *f)
{
	/* RFC 8446, 6: level and description. */
	const char alert[] = { (char)(f->is_warning ? 1 : 2),
		(char)f->alert.description };

	stream_tls_insert(p->stream, TLS_ALERT, slice_of(alert, sizeof(alert)));
}

/* Where the protocol has no place for it, too. */
static void
do_key_update(struct player *p)
{
	/* RFC 8446, 4 and 4.6.3: 24, a byte of content: update_requested. */
	static const char message[] = { 24, 0, 0, 1, 1 };

	if (!stream_tls_update_keys(p->stream))
		stream_tls_insert(p->stream, TLS_HANDSHAKE_MESSAGE,
		    slice_of(message, sizeof(message)));
}

static void
do_garbage(struct player *p)
{
	/* The first byte is no content type, the rest no length. */
	static const struct slice what = SLICE_INIT("\xff\xff\xff\xff\xff"
						    "this is not TLS\r\n");

	stream_tls_insert(p->stream, 0, what);
}

/* False when that was the end. */
static bool
do_deed(struct player *p, const struct mock_tls_fault *f)
{
	switch (f->deed) {
	case MOCK_TLS_DO_NOTHING:
		break;
	case MOCK_TLS_DO_ALERT:
		do_alert(p, f);
		break;
	case MOCK_TLS_DO_GARBAGE:
		do_garbage(p);
		break;
	case MOCK_TLS_DO_KEY_UPDATE:
		do_key_update(p);
		break;
	case MOCK_TLS_DO_STALL:
		player_enter_pause(p, PLAYER_STALLED, UTIME_NEVER);
		return false;
	case MOCK_TLS_DO_RESET:
		player_reset(p);
		return false;
	case MOCK_TLS_DO_CLOSE:
		break;
	}
	if (!mock_tls_fault_is_end(f))
		return true;
	stream_tls_mute(p->stream);
	player_finish(p, TRANSCRIPT_CLOSE);
	return false;
}

bool
player_strike(struct player *p)
{
	const struct reaction *r = &p->reaction;
	const struct mock_tls_fault *f = fault_of(p);
	struct slice first;

	if (f->deed == MOCK_TLS_DO_NOTHING || r->is_handshake)
		return true;
	first = slice_sub(r->bytes, 0, (size_t)f->after);
	if (first.len > 0) {
		teller_say_reaction(
		    &p->teller, p->now, TRANSCRIPT_OUT, r, first);
		p->ready += first.len;
		p->said = first.len;
	}
	player_flush(p);
	return do_deed(p, f);
}

void
player_on_stopped(void *owner)
{
	struct player *p = owner;

	assert(p->state == PLAYER_HANDSHAKE);
	player_look(p);
	if (do_deed(p, fault_of(p)))
		stream_tls_go_on(p->stream);
	player_settle(p);
}
