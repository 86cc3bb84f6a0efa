/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of the client share: client.c owns input, output, time
 * and the events that are handed out; client_dialogue.c says what each reply
 * means and which command follows it.  Internal to core/smtp.
 *
 * Replies come in the order of the commands, and in a transaction that order is
 * fixed: MAIL, each RCPT, DATA, the final dot.  So a state is "the reply that
 * is awaited", and what is sent is a matter of the dialogue alone: a client
 * that sends ahead would await the same replies in the same states.
 */
#ifndef FAULTPOST_SMTP_CLIENT_IMPL_H
#define FAULTPOST_SMTP_CLIENT_IMPL_H

#include "core/smtp/client.h"

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
	size_t result_count;
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

/* What a reply in a state does. */
#define X(state, phrase, stage, patience, handler)                             \
	void smtp_client_##handler(                                            \
	    struct smtp_client *c, const struct smtp_reply *reply);
CLIENT_STATES(X)
#undef X

/* The only way to change state; it starts the state's patience. */
void smtp_client_enter(struct smtp_client *c, enum client_state to);
/* Ends the session: FAILED, or CLOSED behind QUIT; `reply` may be NULL. */
void smtp_client_fail(struct smtp_client *c, enum smtp_client_failure failure,
    const struct smtp_reply *reply);
/* Adds an event to those that are handed out; `reply` may be NULL. */
void smtp_client_push(struct smtp_client *c, enum smtp_client_event_type type,
    const struct smtp_reply *reply);
/* Gives the reply to every recipient that has no result yet. */
void smtp_client_settle(
    struct smtp_client *c, const struct smtp_reply *reply, bool is_local);

/* Starts the transaction for c->message. */
void smtp_client_mail_send(struct smtp_client *c);
/* Sends a line that is a whole command; its reply is awaited in `to`. */
void smtp_client_command_send(
    struct smtp_client *c, enum client_state to, const char *line);
/* To be called before anything is appended to c->out that a reply answers. */
void smtp_client_command_begin(struct smtp_client *c);

#endif
