/* SPDX-License-Identifier: MIT */
/*
 * The inside of a connection of a mock host, shared by player.c (its life) and
 * player_tls.c (what becomes of STARTTLS).  For nobody else.
 */
#ifndef FAULTPOST_MOCK_PLAYER_IMPL_H
#define FAULTPOST_MOCK_PLAYER_IMPL_H

#include "mockserver/play/dialogue.h"
#include "mockserver/play/player.h"
#include "mockserver/play/teller.h"

/*
 * READY takes events from the session.  DELAYED has an answer that is not due
 * yet and goes on to READY, or by DRIPPING, which sends it bit by bit.  STALLED
 * gives none, for good or until it closes.  REPEATING sends an answer without
 * end.  HELD has given its last answer and keeps the connection: for good, for
 * a time, or until the client ends it.  LINGERING resets, or vanishes, when its
 * last bytes have left.  HANDSHAKE waits for TLS to be agreed on, and goes on
 * to READY.  DEAF should have begun TLS and has not: what comes is TLS that it
 * does not know, or, from a client that goes on in clear, a reason to be READY.
 * GONE has given its stream back and is freed by settle(); it is reached from
 * anywhere.
 */
#define PLAYER_STATES(X)                                                       \
	X(PLAYER_READY)                                                        \
	X(PLAYER_DELAYED)                                                      \
	X(PLAYER_DRIPPING)                                                     \
	X(PLAYER_STALLED)                                                      \
	X(PLAYER_REPEATING)                                                    \
	X(PLAYER_HELD)                                                         \
	X(PLAYER_LINGERING)                                                    \
	X(PLAYER_HANDSHAKE)                                                    \
	X(PLAYER_DEAF)                                                         \
	X(PLAYER_GONE)
enum player_state {
#define X(state) state,
	PLAYER_STATES(X)
#undef X
};

struct player {
	struct list link; /* of player_cast.players */
	struct site *site;
	struct stream *stream;     /* owned until GONE */
	struct dialogue *dialogue; /* owned */
	enum player_state state;
	struct timer pause; /* ends all states but READY; for each portion of
	                     * DRIPPING */
	struct timer idle;  /* set in READY */
	utime now;          /* when the callback that runs began */
	utime heard_at;     /* the last input or answer */
	utime linger_until;
	enum transcript_kind last; /* LINGERING: how it ends */
	utime linger;              /* a rule's, before FIN */
	bool ignores_eof;          /* HELD: for so long */
	struct teller teller;
	struct login_mask mask; /* of what the transcript is told */
	bool has_eof, is_paused;

	struct buf out; /* `ready` bytes to write, then those of `reaction` */
	size_t ready;
	struct reaction reaction; /* being played, its bytes at the end of
	                           * `out` */
	size_t said;              /* of its bytes */
	size_t portions;          /* of those that drip */
	struct buf again;         /* an endless answer */
	bool is_repeated;         /* it has been told once */
};

/* ---- player.c ---- */

/* Begins each callback: one look at the clock serves all that follows. */
void player_look(struct player *p);
void player_enter_ready(struct player *p);
void player_enter_pause(struct player *p, enum player_state state, utime span);
/* Gives the stream what is ready to be written. */
void player_flush(struct player *p);
/* CLOSE, RESET or GONE. */
void player_finish(struct player *p, enum transcript_kind how);
/* Takes events, writes, and frees a player that is gone. */
void player_settle(struct player *p);

/* ---- player_capture.c ---- */

/* A message was accepted: it is told, and kept if messages are. */
void player_say_message(struct player *p);

/* ---- player_end.c ---- */

/* What the rule that acts says of the rest of the connection. */
void player_apply(struct player *p);
/* The answer has been given, in whole or as far as it goes: what follows. */
void player_end_act(struct player *p);
/* The client is done, or has been told so: FIN, sooner or later. */
void player_leave(struct player *p);
/* RESET when what is written has left. */
void player_reset(struct player *p);
/* LINGERING: whether the last bytes have left. */
void player_on_lingering(struct player *p);
/* REPEATING: as much as the client takes. */
void player_repeat(struct player *p);

/* ---- player_tls.c ---- */

/* Tells what the client said, without its secrets (`in_auth`: it begins with
 * one), and of the `content` that it begins with as much as is to be shown. */
void player_say_input(
    struct player *p, struct slice bytes, size_t content, bool in_auth);

/* The 220 is on its way: what the rules make of the rest. */
void player_begin_tls(struct player *p);
/* What comes to a host that stays in clear behind its 220.  False when it is a
 * handshake's beginning: such a host knows no such command. */
bool player_hear_clear_text(struct player *p, struct slice bytes);
/* What the rule does against TLS before the rest of the answer; false: that was
 * the end, or the beginning of a long silence. */
bool player_strike(struct player *p);
/* The handshake has come to the moment of the rule's fault. */
void player_on_stopped(void *owner);
void player_on_secured(void *owner, const struct tls_verdict *verdict);

#endif
