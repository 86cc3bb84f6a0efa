/* SPDX-License-Identifier: MIT */
/*
 * The client's side of an SMTP session, sans I/O: bytes and now in; events,
 * bytes and a deadline out.  The relay's delivery, the harness's injection and
 * the tests own it.
 *
 * States, in order: GREETING, EHLO (HELO after a 5xx to EHLO), READY; for each
 * message MAIL, RCPT (one reply per recipient), DATA, BODY (the owner supplies
 * the content), EOD, then READY again, or RSET first when a transaction was
 * given up; QUIT, CLOSED.  FAILED is reached from anywhere when the host, not a
 * recipient, has failed.
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
};

/* A message to send; all slices borrowed until SMTP_CLIENT_DONE or FAILED. */
struct smtp_client_message {
	struct slice sender; /* without brackets; empty: the null path */
	const struct slice *recipients;
	size_t recipient_count; /* at least 1 */
	uint64_t size_bytes;    /* for SIZE=, 0: unknown */
	bool is_8bit, is_utf8;
};

/* What a host did to end the session early. */
enum smtp_client_failure {
	SMTP_FAIL_REPLY,   /* a reply that refuses the whole host: greeting,
	                    * EHLO, HELO; the reply is in the event */
	SMTP_FAIL_GARBAGE, /* something that is no reply, or came unasked */
	SMTP_FAIL_TIMEOUT, /* a deadline passed */
	SMTP_FAIL_EOF,     /* FIN before the session was over */
	SMTP_FAIL_NETWORK, /* the stream failed; the owner knows why */
};

enum smtp_client_event_type {
	/* The session may send a message: smtp_client_send() or _quit(). */
	SMTP_CLIENT_READY,
	/* The reply that settles recipient `recipient`: a refusal of its RCPT
	 * at once; for those accepted, the verdict of MAIL, DATA or the final
	 * dot that settled them, one event each.  2xx means delivered. */
	SMTP_CLIENT_RESULT,
	/* Content is wanted: smtp_client_body() until all is given, then
	 * smtp_client_body_end(). */
	SMTP_CLIENT_BODY,
	/* All recipients have had their RESULT; READY or FAILED follows. */
	SMTP_CLIENT_DONE,
	/* The host failed.  Recipients without RESULT had none; no more
	 * events.  The owner closes the stream. */
	SMTP_CLIENT_FAILED,
	/* QUIT is over (or was cut short); the owner closes the stream. */
	SMTP_CLIENT_CLOSED,
};
struct smtp_client_event {
	enum smtp_client_event_type type;
	enum smtp_stage stage; /* of the command that was answered or failed */
	size_t recipient;      /* RESULT: index into the message's recipients */
	struct smtp_reply reply; /* RESULT, FAIL_REPLY, FAIL_GARBAGE (text) */
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

bool smtp_client_next(struct smtp_client *c, struct smtp_client_event *event);

/* Only after READY. */
void smtp_client_send(struct smtp_client *c,
    const struct smtp_client_message *message, utime now);
/* Only after BODY: content as stored, dots not stuffed. */
void smtp_client_body(struct smtp_client *c, struct slice content, utime now);
void smtp_client_body_end(struct smtp_client *c, utime now);
/* Only after READY. */
void smtp_client_quit(struct smtp_client *c, utime now);

/* Bytes to be written to the host, and how many of them have been. */
struct slice smtp_client_out(const struct smtp_client *c);
void smtp_client_out_ack(struct smtp_client *c, size_t n);

/* enum smtp_extension bits that the host offered; 0 before READY. */
unsigned smtp_client_extensions(const struct smtp_client *c);
/* What it asks for in SIZE; 0 when it names no limit. */
uint64_t smtp_client_size_max(const struct smtp_client *c);
/* What the session waits for, for the log: "waiting for the MAIL reply". */
const char *smtp_client_state_phrase(const struct smtp_client *c);

#endif
