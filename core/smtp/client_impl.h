/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the client share: client.c owns input, output, time and the
 * events that are handed out; client_dialogue.c says what each reply means
 * before, between and behind messages (client_security.c what to STARTTLS and
 * AUTH), client_transaction.c what it means for
 * the message in hand, and both which command follows.  Internal to core/smtp.
 *
 * Replies come in the order of the commands.  So what was sent and not yet
 * answered is a queue of awaited replies, and the state is the first of them:
 * a client that sends ahead (RFC 2920) awaits the same replies in the same
 * states as one that does not, only with more of them behind.  Each awaited
 * reply knows how much had to be written before it could be one.
 */
#ifndef FAULTPOST_SMTP_CLIENT_IMPL_H
#define FAULTPOST_SMTP_CLIENT_IMPL_H

#include "core/smtp/client.h"

#define PENDING_MAX     4
#define PATIENCE(field) offsetof(struct smtp_client_timeouts, field)
#define NO_PATIENCE     SIZE_MAX

/* Commands that are sent ahead of their replies, and chunks. */
#define CLIENT_AHEAD_MAX  100
#define CLIENT_CHUNKS_MAX 16

/*
 * X(state, phrase for the log, stage, patience, what a reply in it does).
 * GREETING leads to EHLO, EHLO to READY or by HELO to READY.  READY leads to
 * MAIL, QUIT, STARTTLS and AUTH; STARTTLS back to READY or to TLS, TLS to EHLO;
 * AUTH to itself and back to READY; MAIL to RCPT or back to READY; RCPT to
 * itself, to DATA, to BODY when content goes in chunks, or, with no recipient
 * left, to RSET; DATA to BODY, RSET or, when it was sent ahead for nobody, to
 * LONE_DOT; BODY to EOD or BDAT, BDAT to itself, to BODY, EOD or RSET; EOD,
 * LONE_DOT and RSET to READY; QUIT to CLOSED.  FAILED is reached from all but
 * the last two and, like CLOSED, is the end.
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
	X(CLIENT_STARTTLS, "waiting for the STARTTLS reply", STAGE_STARTTLS,   \
	    PATIENCE(ehlo), on_starttls)                                       \
	X(CLIENT_TLS, "waiting for the TLS handshake", STAGE_TLS,              \
	    PATIENCE(ehlo), on_unasked)                                        \
	X(CLIENT_AUTH, "waiting for the AUTH reply", STAGE_AUTH,               \
	    PATIENCE(ehlo), on_auth)                                           \
	X(CLIENT_MAIL, "waiting for the MAIL reply", STAGE_MAIL,               \
	    PATIENCE(mail), on_mail)                                           \
	X(CLIENT_RCPT, "waiting for the RCPT reply", STAGE_RCPT,               \
	    PATIENCE(rcpt), on_rcpt)                                           \
	X(CLIENT_DATA, "waiting for the DATA reply", STAGE_DATA,               \
	    PATIENCE(data), on_data)                                           \
	X(CLIENT_BODY, "sending the content", STAGE_BODY, PATIENCE(body),      \
	    on_unasked)                                                        \
	X(CLIENT_BDAT, "waiting for the reply to a chunk", STAGE_BDAT,         \
	    PATIENCE(body), on_bdat)                                           \
	X(CLIENT_EOD, "waiting for the reply to the content", STAGE_EOD,       \
	    PATIENCE(eod), on_eod)                                             \
	X(CLIENT_LONE_DOT, "waiting for the reply to an empty content",        \
	    STAGE_EOD, PATIENCE(eod), on_lone_dot)                             \
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

/* What the host may ask for next within AUTH. */
enum client_auth_step {
	AUTH_PLAIN,  /* name and secret in one */
	AUTH_NAME,   /* the name; then the secret */
	AUTH_SECRET, /* the secret */
	AUTH_DONE,   /* nothing: all has been said */
};

/* A command that was sent and has no reply yet. */
struct client_awaited {
	enum client_state state;
	uint64_t end;     /* where in all output its reply may begin to come */
	size_t recipient; /* RCPT */
};

/* How a recipient of the message in hand stands. */
enum client_standing {
	STANDING_OPEN,
	STANDING_SETTLED,  /* had its RESULT */
	STANDING_LEFT_OUT, /* too many for this transaction */
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
	unsigned mechanisms; /* enum smtp_auth_mechanism bits */
	bool is_secured;
	struct smtp_credentials credentials; /* AUTH: borrowed */
	enum client_auth_step auth_step;

	/* What is awaited, in a ring, the first in awaited_at. */
	struct client_awaited awaited[CLIENT_AHEAD_MAX];
	size_t awaited_at, awaited_count;
	uint64_t written;          /* bytes of output that are on their way */
	uint64_t written_at_input; /* how many were at the latest input */

	/* How the input ends. */
	bool is_over; /* no more will come, for the reason over_why */
	enum smtp_client_failure over_why;
	bool is_overdue; /* the deadline of this state has passed */

	/* The message in hand. */
	struct smtp_client_message message;
	bool is_ahead;     /* commands do not wait for replies */
	bool is_chunked;   /* the content goes by BDAT */
	uint8_t *standing; /* owned; enum client_standing, by recipient */
	size_t standing_cap;
	size_t rcpt_sent; /* recipients whose RCPT was sent */
	size_t recipient; /* of the reply in hand */
	size_t accepted;  /* recipients that got a 2xx */
	bool is_data_sent;
	bool is_given_up;     /* replies that still come are consequences */
	bool is_mail_taken;   /* the host has a transaction open */
	bool is_giving;       /* content is wanted, and not over */
	bool was_full;        /* and no more was wanted for a while */
	char content_last;    /* byte of content, 0: none yet */
	bool content_in_line; /* it did not end with CR LF */

	/* What is to be handed out: the open recipients from settle_at on, if
	 * settling, then what is pending.  No reply is read meanwhile, so that
	 * the one in hand stays. */
	bool is_settling;
	size_t settle_at;
	struct smtp_client_event settlement;
	struct smtp_client_event pending[PENDING_MAX];
	size_t pending_head, pending_count;
	bool ready_due;
};

/* How a reply is taken where a certain class is wanted. */
enum client_verdict {
	VERDICT_ACCEPTED,
	VERDICT_REFUSED,
	VERDICT_MEANINGLESS
};
/* By all its lines: one refusal among them refuses, and to be accepted all must
 * be of the class. */
enum client_verdict smtp_client_judge(
    const struct smtp_reply *reply, int class_wanted);
bool smtp_client_is_421(const struct smtp_reply *reply);

/* What a reply in a state does.  It has been taken out of what is awaited. */
#define X(state, phrase, stage, patience, handler)                             \
	void smtp_client_##handler(                                            \
	    struct smtp_client *c, const struct smtp_reply *reply);
CLIENT_STATES(X)
#undef X

/* ---- client.c ---- */

/* The only way to change state; it starts the state's patience. */
void smtp_client_enter(struct smtp_client *c, enum client_state to);
/* What was appended to c->out last is a whole command: its reply is awaited in
 * `state`, behind those that are. */
void smtp_client_await(
    struct smtp_client *c, enum client_state state, size_t recipient);
/* Ends the session: FAILED, or CLOSED behind QUIT; `reply` may be NULL. */
void smtp_client_fail(struct smtp_client *c, enum smtp_client_failure failure,
    const struct smtp_reply *reply);
/* Adds an event to those that are handed out; `reply` may be NULL. */
void smtp_client_push(struct smtp_client *c, enum smtp_client_event_type type,
    const struct smtp_reply *reply);
/* Gives the reply to every recipient that is open. */
void smtp_client_settle(
    struct smtp_client *c, const struct smtp_reply *reply, bool is_local);

/* ---- client_dialogue.c ---- */

/* Says EHLO. */
void smtp_client_hello_send(struct smtp_client *c);
/* Sends a line that is a whole command; its reply is awaited in `to`. */
void smtp_client_command_send(
    struct smtp_client *c, enum client_state to, const char *line);

#endif
