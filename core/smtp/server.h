/* SPDX-License-Identifier: MIT */
/*
 * The server's side of an SMTP session, sans I/O: bytes in, events out.  It
 * stops after each event until its owner has answered with a code, and the code
 * decides the next state (a 250 to DATA opens no body, a 354 does).  The owner
 * writes the reply itself, in whatever way it pleases: so the mock's rules, the
 * relay's policy and a fuzzer are three owners of one core.
 *
 * States: CONNECT and GREETING until the banner is answered; COMMAND between
 * commands; BODY behind a 354 until CR LF . CR LF; CHUNK within BDAT; CLOSED
 * behind QUIT, 421 or a greeting that was no 2xx.
 *
 * A command line ends with CR LF and nothing else (RFC 5321, 2.3.8): a bare CR
 * or LF, a NUL or a line over the limit makes one bad line of all that stands
 * before the next CR LF, asked as STAGE_UNKNOWN with a 500, and no part of it
 * is a command.
 */
#ifndef FAULTPOST_SMTP_SERVER_H
#define FAULTPOST_SMTP_SERVER_H

#include "core/base/buf.h"
#include "core/smtp/command.h"
#include "core/smtp/data.h"
#include "core/smtp/stage.h"

/* What a client did against RFC 5321; the owner decides what follows.
 * X(constant, text) */
#define SMTP_VIOLATIONS(X)                                                     \
	X(SMTP_EARLY_TALK, "input before the greeting (RFC 5321, 3.1)")        \
	X(SMTP_PIPELINED_EARLY,                                                \
	    "a command before the reply it depends on "                        \
	    "(RFC 2920, 3.1)")                                                 \
	X(SMTP_LINE_TOO_LONG,                                                  \
	    "a command line over the limit "                                   \
	    "(RFC 5321, 4.5.3.1.4)")                                           \
	X(SMTP_TEXT_LINE_TOO_LONG,                                             \
	    "a text line over 998 bytes "                                      \
	    "(RFC 5321, 4.5.3.1.6)")                                           \
	X(SMTP_BARE_CR, "a bare CR (RFC 5321, 2.3.8)")                         \
	X(SMTP_BARE_LF, "a bare LF (RFC 5321, 2.3.8)")                         \
	X(SMTP_NO_EHLO, "MAIL before EHLO or HELO (RFC 5321, 4.1.4)")          \
	X(SMTP_OUT_OF_ORDER, "a command out of order (RFC 5321, 4.1.4)")       \
	X(SMTP_AFTER_421, "input behind a 421 (RFC 5321, 3.8)")                \
	X(SMTP_PARAMETER_NOT_OFFERED,                                          \
	    "a parameter whose extension was not "                             \
	    "offered (RFC 5321, 4.1.1.11)")                                    \
	X(SMTP_8BIT_NOT_OFFERED,                                               \
	    "8-bit content without 8BITMIME "                                  \
	    "(RFC 6152)")                                                      \
	X(SMTP_CLEAR_BEHIND_STARTTLS,                                          \
	    "clear text behind 220 to STARTTLS "                               \
	    "(RFC 3207, 4)")
enum smtp_violation {
#define X(constant, text) constant,
	SMTP_VIOLATIONS(X)
#undef X
	SMTP_VIOLATION_COUNT,
};
const char *smtp_violation_text(enum smtp_violation v);

/* Bits of what the server offered in its EHLO reply. */
enum smtp_extension {
	SMTP_EXT_PIPELINING = 1 << 0,
	SMTP_EXT_SIZE = 1 << 1,
	SMTP_EXT_8BITMIME = 1 << 2,
	SMTP_EXT_ENHANCEDSTATUSCODES = 1 << 3,
	SMTP_EXT_SMTPUTF8 = 1 << 4,
	SMTP_EXT_CHUNKING = 1 << 5,
	SMTP_EXT_STARTTLS = 1 << 6,
	SMTP_EXT_AUTH = 1 << 7,
	SMTP_EXT_DSN = 1 << 8,
	SMTP_EXT_XCLIENT = 1 << 9, /* never read in an EHLO reply */
};

struct smtp_server;

struct smtp_server_options {
	unsigned extensions;    /* enum smtp_extension bits in force */
	bool is_hello_optional; /* MAIL needs no EHLO or HELO before it */
};

/* A session in CONNECT; the options are copied. */
struct smtp_server *smtp_server_new(const struct smtp_server_options *options);
void smtp_server_destroy(struct smtp_server **sp);

/* X(constant): what is to be done about an event. */
enum smtp_server_event_type {
	/* `stage` asks for an answer: call smtp_server_answer(). */
	SMTP_SERVER_ASK,
	/* A piece of content (of DATA or of a BDAT chunk that is in order),
	 * dot-stuffing off, at most 64 KiB; `stage` is STAGE_BODY; no answer.
	 */
	SMTP_SERVER_CONTENT,
	/* The client broke a rule; no answer, the session goes on.  It comes
	 * before the ASK that it belongs to, or while one is open when input
	 * came too early; once for each ASK, so once a message in content. */
	SMTP_SERVER_VIOLATION,
};
struct smtp_server_event {
	enum smtp_server_event_type type;
	enum smtp_stage stage;
	/* The command that asks, also for EOD when it was BDAT LAST; NULL for
	 * CONNECT, BANNER and the final dot.  Borrowed until the answer. */
	const struct smtp_command *command;
	/* When the session's own grammar or order says no: the reply that a
	 * correct server gives (code 0: nothing wrong).  The owner may still
	 * answer as it likes. */
	struct smtp_syntax_error wrong;
	/* SMTP_SERVER_CONTENT; borrowed until the next smtp_server_next(). */
	struct slice content;
	enum smtp_violation violation; /* SMTP_SERVER_VIOLATION */
};

/* Adds input (copied, bounded by the owner pausing its stream when
 * smtp_server_backlog() grows).  Returns how many of the bytes, from the first
 * on, are content, as far as that is known by now: what comes behind 354, the
 * end of data aside, or to a chunk; not what waits for an answer. */
size_t smtp_server_feed(struct smtp_server *s, struct slice bytes);
/* Bytes fed and not yet used. */
size_t smtp_server_backlog(const struct smtp_server *s);
/* Throws away what was fed and not yet used (a server that drops what was
 * pipelined behind a failing command). */
void smtp_server_flush(struct smtp_server *s);
/* What has come of the command line under way, its CR LF included, and at most
 * as much as a command line may have: true between commands, also when there is
 * nothing of it yet.  Borrowed until the next call. */
bool smtp_server_line(const struct smtp_server *s, struct slice *line);
/* The next event; false when an answer or more input is needed.  The first is
 * STAGE_CONNECT's ASK, then STAGE_BANNER's, without any input. */
bool smtp_server_next(struct smtp_server *s, struct smtp_server_event *event);
/* Answers the ASK that is open with the reply code that the client is sent, at
 * the time when it is sent: input before that has come too early (for
 * STAGE_CONNECT any 2xx goes on).  What the client was told decides, whatever
 * `wrong` said: 2xx to EHLO, HELO and RSET ends a transaction, 2xx to MAIL
 * opens one, 2xx to RCPT adds a recipient, 3xx to DATA opens the body, any
 * answer to EOD ends the transaction, a BDAT chunk that is refused spoils it
 * until RSET, 3xx to AUTH takes the next line as its continuation (asked as
 * STAGE_AUTH with the line as argument), 2xx to STARTTLS forgets the session so
 * far and what was fed behind it (RFC 3207, 4.2), 2xx to XCLIENT the session so
 * far, 421 and QUIT close the session. */
void smtp_server_answer(struct smtp_server *s, int code);
/* While STAGE_STARTTLS is open: what was fed behind the command is kept, and
 * counts behind the handshake, as in a server that is open to CVE-2011-0411. */
void smtp_server_keep_clear_text(struct smtp_server *s);
/* From now on these are the extensions in force (behind a handshake: without
 * STARTTLS). */
void smtp_server_offer(struct smtp_server *s, unsigned extensions);
bool smtp_server_is_asking(const struct smtp_server *s);
bool smtp_server_is_closed(const struct smtp_server *s);
/* Recipients that got a 2xx in the open transaction. */
size_t smtp_server_recipient_count(const struct smtp_server *s);
/* The name given with EHLO or HELO; empty before. */
struct slice smtp_server_client_name(const struct smtp_server *s);
/* Was it EHLO? */
bool smtp_server_is_extended(const struct smtp_server *s);
/* Between commands: as if EHLO (HELO unless `is_extended`) had been accepted,
 * with that name. */
void smtp_server_assume_hello(
    struct smtp_server *s, struct slice name, bool is_extended);

#endif
