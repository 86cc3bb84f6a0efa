/* SPDX-License-Identifier: MIT */
/* What becomes of STARTTLS on a connection, and of secrets in what is told; see
 * player.h. */
#include "mockserver/player_impl.h"

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
	timer_stop(p->site->cast->world, &p->pause);
	teller_say_tls(&p->teller, player_now(p), verdict);
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

void
player_say_input(struct player *p, struct slice bytes)
{
	struct buf shown = { 0 };

	if (is_record(bytes)) {
		say_records(p, bytes);
		return;
	}
	if (p->site->host->users.count == 0) {
		teller_say(&p->teller, p->heard_at, TRANSCRIPT_IN, bytes);
		return;
	}
	login_mask(&p->mask, bytes, dialogue_is_in_auth(p->dialogue), &shown);
	if (buf_len(&shown) > 0)
		teller_say(
		    &p->teller, p->heard_at, TRANSCRIPT_IN, buf_slice(&shown));
	buf_fini(&shown);
}
