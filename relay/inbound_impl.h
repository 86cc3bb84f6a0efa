/* SPDX-License-Identifier: MIT */
/*
 * The inside of a receiving session, shared by inbound.c (its life),
 * inbound_answer.c (the policy: what each command is answered) and
 * inbound_content.c (content on its way into the spool).  For nobody else.
 */
#ifndef FAULTPOST_RELAY_INBOUND_IMPL_H
#define FAULTPOST_RELAY_INBOUND_IMPL_H

#include "core/smtp/server.h"
#include "relay/newline.h"
#include "relay/received.h"
#include "relay/relay_impl.h"

/* What a client may have sent and we not read yet. */
#define BACKLOG_MAX ((size_t)256 * 1024)

struct inbound {
	struct relay *relay;        /* borrowed */
	struct list link;           /* in relay->sessions */
	struct stream *stream;      /* owned */
	struct smtp_server *server; /* owned */
	struct timer idle;          /* the client's patience with us ends */
	uint64_t icid;
	bool may_relay; /* the client's address allows anything */
	bool eof;       /* the client has sent FIN */
	bool ending;    /* QUIT or 421 is answered */
	uint32_t bad_commands;
	/* The open transaction; mid 0: none. */
	uint64_t mid;
	bool is_utf8;
	bool has_8bit; /* the content so far, whatever the client declared */
	char *sender;  /* owned */
	char **recipients; /* owned, each too */
	size_t recipient_cap;
	uint32_t recipient_count;
	struct newline_cleaner newlines;
	struct buf clean;    /* scratch: content without bare CR and LF */
	struct buf piece;    /* content not in the spool yet */
	uint32_t pieces;     /* those in the spool */
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

/* ---- inbound_answer.c ---- */
/* Writes the reply and tells the session; a 421 ends it. */
void inbound_answer(struct inbound *in, int code, const char *text);
/* Answers what the session asks, by the relay's policy. */
void inbound_ask(struct inbound *in, const struct smtp_server_event *ev);

/* ---- inbound_content.c ---- */
/* A piece of the open message. */
void inbound_receive(struct inbound *in, struct slice bytes);
/* The end of data: the answer is given when the message is on disk. */
void inbound_accept_message(struct inbound *in);
/* The ticket's callback. */
void inbound_on_durable(struct spool_ticket *t, bool is_durable);

#endif
