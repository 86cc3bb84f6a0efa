/* SPDX-License-Identifier: MIT */
/*
 * The inside of a receiving session, shared by inbound.c (its life),
 * inbound_client.c (who the client is and what it may do), inbound_answer.c
 * (the policy: what each command is answered), inbound_bounce.c (bounces to
 * tagged addresses), inbound_content.c (content on
 * its way into the spool) and inbound_log.c (what the mail log says of it).
 * For nobody else.
 */
#ifndef FAULTPOST_RELAY_INBOUND_IMPL_H
#define FAULTPOST_RELAY_INBOUND_IMPL_H

#include "core/smtp/server.h"
#include "relay/receive/access.h"
#include "relay/receive/newline.h"
#include "relay/receive/received.h"
#include "relay/receive/sasl.h"
#include "relay/relay_impl.h"

/* What a client may have sent and we not read yet. */
#define BACKLOG_MAX ((size_t)256 * 1024)

struct inbound {
	struct relay *relay;             /* borrowed */
	struct relay_listener *listener; /* borrowed */
	struct relay_limits limits;      /* of the listener when it came */
	struct list link;                /* in relay->sessions */
	struct stream *stream;           /* owned */
	struct trace *trace;             /* owned; or NULL */
	struct smtp_server *server;      /* owned */
	struct timer patience;           /* ours with the client ends */
	utime idle_until, session_until;
	uint64_t icid;
	/* Who it is, or by XCLIENT says that it is. */
	struct ip_address client;
	char *client_host; /* owned; NULL: unknown */
	bool is_shaking_hands, is_tls;
	/* AUTH under way. */
	struct sasl sasl;
	struct timer late; /* the answer to a wrong password */
	uint32_t wrong_passwords;
	char *login;        /* owned; NULL: not authenticated */
	enum access access; /* of the address */
	bool is_delayed_reject;
	bool eof;             /* the client has sent FIN */
	bool ending;          /* QUIT or 421 is answered */
	bool is_out_of_order; /* the command that asks */
	bool is_data_refused; /* so that what comes may be its content */
	uint32_t bad_commands;
	uint32_t messages; /* MAILs that were accepted */
	/* The open transaction; mid 0: none. */
	uint64_t mid;
	bool is_utf8;
	bool is_invalid_bounce; /* and marked as such */
	bool has_8bit; /* the content so far, whatever the client declared */
	struct notify *notify; /* owned; NULL: nothing is asked */
	char *sender;          /* owned */
	char **recipients;     /* owned, each too */
	size_t recipient_cap;
	uint32_t recipient_count;
	struct newline_cleaner newlines;
	struct buf clean;    /* scratch: content without bare CR and LF */
	struct buf piece;    /* content not in the spool yet */
	uint32_t pieces;     /* those in the spool */
	bool is_expected;    /* by the spool, whose commits wait for it */
	uint64_t size_bytes; /* of the content so far */
	size_t trace_bytes;  /* our own of them */
	enum {
		CONTENT_OK,
		CONTENT_TOO_BIG,
		CONTENT_LOOP,
		CONTENT_NO_DISK
	} content;
	struct header_scan headers;
	/* Waiting for the commit: */
	struct spool_ticket ticket;
	struct message *accepted; /* owned until it is submitted */
	struct buf reply;         /* scratch */
};

/* ---- inbound.c ---- */
/* Moves events as far as they go; the session may be gone afterwards. */
void inbound_pump(struct inbound *in);
/* Forgets the transaction; what of it is in the spool goes too, unless it was
 * accepted. */
void inbound_forget_message(struct inbound *in);
/* The same, said in the log; nothing when none is open. */
void inbound_abort_message(struct inbound *in, struct slice reason);
/* Whether the spool may wait for the open message. */
void inbound_expect(struct inbound *in, bool is_expected);

/* ---- inbound_client.c ---- */
/* The client's address is known: what it may do, and the log says so. */
void inbound_admit(struct inbound *in);
/* The greeting, or the refusal of one who may not come in. */
void inbound_greet(struct inbound *in);
/* May it send to any domain? */
bool inbound_may_relay(const struct inbound *in);
/* May it say XCLIENT? */
bool inbound_has_xclient(const struct inbound *in);
/* XCLIENT: the client says who it is, and begins anew. */
void inbound_xclient(struct inbound *in, const struct smtp_command *command);

/* ---- inbound_tls.c ---- */
/* The extensions that are offered now. */
unsigned inbound_extensions(const struct inbound *in);
/* STARTTLS: the handshake begins. */
void inbound_starttls(struct inbound *in);
/* It is done. */
void inbound_on_secured(void *owner, const struct tls_verdict *verdict);
void inbound_log_tls_failure(struct inbound *in);
/* Must it say STARTTLS first?  The log tells. */
bool inbound_lacks_tls(struct inbound *in);

/* ---- inbound_auth.c ---- */
/* There are users to be authenticated. */
bool inbound_has_users(const struct inbound *in);
/* AUTH is offered now. */
bool inbound_offers_auth(const struct inbound *in);
/* AUTH, or the line behind a 334. */
void inbound_auth(struct inbound *in, const struct smtp_command *command);
/* The answer to a wrong password is due. */
void inbound_on_late(struct timer *t);

/* ---- inbound_bounce.c ---- */
/* A recipient that may be named: the result is whom the mail goes to, the
 * address without our tag.  An empty one: it is refused, as a bounce that
 * answers no mail of ours.  `plain` holds the result. */
struct slice inbound_verify_bounce(
    struct inbound *in, struct slice address, struct buf *plain);

/* ---- inbound_log.c ---- */
/* A line with no field but the ICID. */
void inbound_log_icid(struct inbound *in, enum maillog_form form);
/* "New SMTP ICID", and what the client may do. */
void inbound_log_new(struct inbound *in, const struct ip_network *match);
/* One of the lines that end a session whose time is over. */
void inbound_log_timeout(struct inbound *in, enum maillog_form form);
void inbound_log_failed(struct inbound *in, struct slice reason);
/* A line of form "ICID n Unknown command:" and its kind, for a command that is
 * wrong in itself; nothing for others. */
void inbound_log_wrong(
    struct inbound *in, const struct smtp_server_event *asked);
void inbound_log_start(struct inbound *in);
/* A recipient; `agent` (NULL: accepted) is who rejects it. */
void inbound_log_recipient(
    struct inbound *in, struct slice address, const char *agent);
/* A recipient that bounce verification rejects. */
void inbound_log_invalid_bounce(struct inbound *in, struct slice address);
void inbound_log_accepted(struct inbound *in, const struct message *m);

/* ---- inbound_answer.c ---- */
/* Writes the reply and tells the session; a 421 ends it. */
void inbound_answer(struct inbound *in, int code, const char *text);
/* The same for what is the client's mistake: too many end the session. */
void inbound_answer_bad(struct inbound *in, int code, const char *text);
/* Answers what the session asks, by the relay's policy. */
void inbound_ask(struct inbound *in, const struct smtp_server_event *ev);

/* ---- inbound_room.c ---- */
/* Whether there is room for a message of so many bytes. */
bool inbound_has_room(struct inbound *in, uint64_t bytes);
/* 452 4.3.1, as there is none; said in the log. */
void inbound_refuse_room(struct inbound *in);

/* ---- inbound_content.c ---- */
/* A piece of the open message. */
void inbound_receive(struct inbound *in, struct slice bytes);
/* The end of a chunk that is not the last. */
void inbound_end_chunk(struct inbound *in);
/* The end of data: the answer is given when the message is on disk. */
void inbound_accept_message(struct inbound *in);
/* The ticket's callback. */
void inbound_on_durable(struct spool_ticket *t, bool is_durable);

#endif
