/* SPDX-License-Identifier: MIT */
/*
 * The client's side of an SMTP session, sans I/O: bytes and now in; events,
 * bytes and a deadline out.  The relay's delivery, the harness's injection and
 * the tests own it.
 *
 * States, in order: GREETING, EHLO (HELO after a 5xx to EHLO), READY; if the
 * owner wants, STARTTLS, TLS and EHLO again, and AUTH, each back to READY; for
 * each message MAIL, RCPT (one reply per recipient), DATA, BODY (the owner
 * supplies the content), EOD, then READY again, or RSET first when a
 * transaction was given up; QUIT, CLOSED.  FAILED is reached from anywhere when
 * the host, not a recipient, has failed.
 *
 * To a host that offers PIPELINING (RFC 2920) MAIL, RCPTs and DATA go out
 * together, as far as a window allows, and content in chunks without waiting
 * for each; to one that offers CHUNKING (RFC 3030) content goes by BDAT, once
 * the recipients have been answered, and DATA is not sent.  Otherwise commands
 * go out one at a time.
 *
 * Input that is there before the command, the chunk or the final dot that it
 * would answer has been written (smtp_client_out_ack) answers nothing: it is
 * SMTP_FAIL_GARBAGE.  Replies that came before a FIN, a reset or a deadline
 * count.  A 421 settles what it answers, and then the session has FAILED.  A
 * code that has no meaning where it stands (3xx to RCPT, 2xx to DATA) is a
 * failure of the host, never of a recipient.  Each reply has one deadline,
 * from when it could begin to come, and one limit of size.
 */
#ifndef FAULTPOST_SMTP_CLIENT_H
#define FAULTPOST_SMTP_CLIENT_H

#include "core/base/utime.h"
#include "core/smtp/reply.h"
#include "core/smtp/server.h"

/* How long each reply may take (RFC 5321, 4.5.3.2). */
struct smtp_client_timeouts {
	utime greeting, ehlo, mail, rcpt, data, body, eod, rset, quit;
};
extern const struct smtp_client_timeouts smtp_client_timeouts_default;

struct smtp_client_options {
	struct slice helo_name; /* borrowed, outlives the client */
	struct smtp_client_timeouts timeouts;
	bool must_ehlo; /* a 5xx to EHLO is not answered with HELO */
	/* Use of PIPELINING and CHUNKING where they are offered. */
	bool may_pipeline, may_chunk;
	bool may_send_8bit; /* 8-bit content to a host without 8BITMIME */
	/* Recipients that are too many for a transaction (RFC 5321,
	 * 4.5.3.1.10) are left for a further one, not refused. */
	bool may_split;
};

/* A message to send; all slices borrowed until SMTP_CLIENT_DONE or FAILED. */
struct smtp_client_message {
	struct slice sender; /* without brackets; empty: the null path */
	const struct slice *recipients;
	size_t recipient_count; /* at least 1 */
	uint64_t size_bytes;    /* for SIZE=, 0: unknown */
	bool is_8bit, is_utf8;
	/* Appends what a host that offers DSN is told in RCPT of that
	 * recipient, or (SMTP_CLIENT_MAIL) in MAIL: parameters (RFC 3461), each
	 * with a space in front.  NULL: nothing.  Called until DONE or FAILED
	 * with `dsn_owner`. */
	void (*dsn_append)(
	    const void *dsn_owner, size_t recipient, struct buf *out);
	const void *dsn_owner; /* borrowed */
};
#define SMTP_CLIENT_MAIL SIZE_MAX

/* What a host did to end the session early. */
enum smtp_client_failure {
	SMTP_FAIL_REPLY,   /* a reply that refuses the whole host: greeting,
	                    * EHLO, HELO, RSET, or a 421 anywhere; the reply
	                    * is in the event */
	SMTP_FAIL_GARBAGE, /* something that is no reply, a reply without
	                    * meaning here (`code` is set), or input that
	                    * came unasked */
	SMTP_FAIL_TIMEOUT, /* a deadline passed */
	SMTP_FAIL_EOF,     /* FIN before the session was over */
	SMTP_FAIL_NETWORK, /* the stream failed; the owner knows why */
};

enum smtp_client_event_type {
	/* The session may send a message: smtp_client_send() or _quit(). */
	SMTP_CLIENT_READY,
	/* The reply that settles recipient `recipient`: a refusal of its RCPT
	 * at once; for those accepted, the verdict of MAIL, DATA, a chunk or
	 * the end of the content that settled them, one event each.  2xx means
	 * delivered. */
	SMTP_CLIENT_RESULT,
	/* Content is wanted, or wanted again: smtp_client_body() while
	 * smtp_client_wants_body(), and smtp_client_body_end() with the last of
	 * it. */
	SMTP_CLIENT_BODY,
	/* 220 to STARTTLS, and nothing came along with it: the owner begins TLS
	 * on the stream, feeds nothing meanwhile, and says when the handshake
	 * is done: smtp_client_secured(). */
	SMTP_CLIENT_STARTTLS,
	/* The answer to AUTH, or the refusal of STARTTLS (`stage` and `reply`);
	 * READY follows. */
	SMTP_CLIENT_ANSWER,
	/* The transaction is over; READY or FAILED follows.  Recipients without
	 * a RESULT were too many for it (may_split): they are to be sent in a
	 * further one. */
	SMTP_CLIENT_DONE,
	/* The host failed.  Recipients without RESULT had none; no more
	 * events.  The owner closes the stream.  `stage` is STAGE_IDLE when
	 * nothing was awaited: an idle session that the host ended with a FIN
	 * or a 421 has lost nothing. */
	SMTP_CLIENT_FAILED,
	/* QUIT is over (or was cut short); the owner closes the stream. */
	SMTP_CLIENT_CLOSED,
};
struct smtp_client_event {
	enum smtp_client_event_type type;
	enum smtp_stage stage; /* of the command that was answered or failed */
	size_t recipient;      /* RESULT: index into the message's recipients */
	bool is_local; /* RESULT: no reply of the host; see smtp_client_send */
	/* RESULT, FAIL_REPLY, FAIL_GARBAGE (text); borrowed until the next call
	 * of smtp_client_next(). */
	struct smtp_reply reply;
	enum smtp_client_failure failure;
};

struct smtp_client;
/* The greeting is awaited from `now` on. */
struct smtp_client *smtp_client_new(
    const struct smtp_client_options *options, utime now);
void smtp_client_destroy(struct smtp_client **cp);

void smtp_client_feed(struct smtp_client *c, struct slice bytes, utime now);
void smtp_client_on_eof(struct smtp_client *c, utime now);
void smtp_client_on_network_failure(struct smtp_client *c, utime now);
/* When the patience with the current reply ends; UTIME_NEVER when none is
 * awaited. */
utime smtp_client_deadline(const struct smtp_client *c);
/* To be called at the deadline or later. */
void smtp_client_on_deadline(struct smtp_client *c, utime now);

/* The next event; false when more input, an answer of the owner or the deadline
 * is needed.  To be called until false after each of the calls above. */
bool smtp_client_next(struct smtp_client *c, struct smtp_client_event *event);

/* Only after READY, to a host that offers it, and not twice. */
void smtp_client_starttls(struct smtp_client *c, utime now);
/* Only after STARTTLS: the session is under TLS from here on.  What the host
 * offered in clear is forgotten, EHLO said anew; READY follows. */
void smtp_client_secured(struct smtp_client *c, utime now);
/* Who the session is for. */
struct smtp_credentials {
	struct slice name, secret; /* borrowed until ANSWER or FAILED */
};
/* The ways of AUTH that we know among those that the host offered: bits. */
enum smtp_auth_mechanism {
	SMTP_AUTH_PLAIN = 1 << 0,
	SMTP_AUTH_LOGIN = 1 << 1,
};
unsigned smtp_client_mechanisms(const struct smtp_client *c);
/* Only after READY, under TLS, and when a mechanism is offered: PLAIN if there
 * is a choice. */
void smtp_client_auth(
    struct smtp_client *c, const struct smtp_credentials *who, utime now);

/* Only after READY.  MAIL carries SIZE=, BODY=8BITMIME and SMTPUTF8 where the
 * message wants and the host offers them.  A size over smtp_client_size_max()
 * is for the host to refuse.  But a message that needs SMTPUTF8 is not sent to
 * a host without it (RFC 6531, 3.2), nor 8-bit content to one without 8BITMIME
 * (RFC 6152, 3) unless the options say so: all recipients have a RESULT with
 * is_local, "5.6.7 ..." or "5.6.3 ...", and nothing is written. */
void smtp_client_send(struct smtp_client *c,
    const struct smtp_client_message *message, utime now);
/* More content may be given now; when not, a BODY event will say when. */
bool smtp_client_wants_body(const struct smtp_client *c);
/* Content as stored, dots not stuffed; only while it is wanted. */
void smtp_client_body(struct smtp_client *c, struct slice content, utime now);
/* The last of the content, which may be empty; only while it is wanted. */
void smtp_client_body_end(struct smtp_client *c, struct slice last, utime now);
/* The recipient of the message in hand waits for its verdict: it had none, and
 * was not too many for the transaction.  Also behind FAILED. */
bool smtp_client_is_open(const struct smtp_client *c, size_t recipient);
/* Only after READY. */
void smtp_client_quit(struct smtp_client *c, utime now);

/* Bytes to be written to the host, valid until the next call that is not
 * const; empty behind FAILED.  _ack says how many of them have been written,
 * before any input that came after them is fed. */
struct slice smtp_client_out(const struct smtp_client *c);
void smtp_client_out_ack(struct smtp_client *c, size_t n);

/* enum smtp_extension bits that the host offered; 0 before READY. */
unsigned smtp_client_extensions(const struct smtp_client *c);
/* What it asks for in SIZE; 0 when it names no limit. */
uint64_t smtp_client_size_max(const struct smtp_client *c);
/* What the session waits for, for the log: "waiting for the MAIL reply". */
const char *smtp_client_state_phrase(const struct smtp_client *c);

#endif
