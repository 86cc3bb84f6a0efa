/* SPDX-License-Identifier: MIT */
/*
 * What a program that is not ours writes to its log, told again in lines of
 * the mail log (core/maillog).  A dialect (reader_postfix.c) finds in the
 * program's lines what happened, and says it here; messages, recipients and
 * connections get the numbers that the mail log has for them.  A dialogue is
 * followed command by command, so that it is the program's own record of what
 * it heard that decides what is told.  Pure.
 */
#ifndef FAULTPOST_READER_H
#define FAULTPOST_READER_H

#include "core/maillog/status.h"
#include "harness/plan/plan.h"

#include <uthash.h>

struct reader_recipient {
	char *address; /* owned; without brackets */
	bool has_ended;
};

struct reader_message {
	char *key; /* owned; the program's name for it */
	uint64_t mid;
	char *sender;                        /* owned; without brackets */
	struct reader_recipient *recipients; /* owned; a RID is its index */
	size_t count, cap, open;
	bool is_queued;
	utime till;      /* it waits until then; UTIME_NEVER: it does not */
	utime told_till; /* what was told of that last */
	UT_hash_handle hh;
};

/* A command that awaits its reply. */
enum reader_command {
	READER_GREETING,
	READER_HELLO,
	READER_MAIL,
	READER_RCPT,
	READER_DATA,
	READER_CHUNK, /* but the last (RFC 3030) */
	READER_END,   /* the final dot, or the last chunk */
	READER_OTHER,
};
#define READER_AHEAD_MAX 128

struct reader_connection {
	char *key; /* owned; the program's name for it */
	uint64_t dcid;
	struct endpoint at;
	enum reader_command awaited[READER_AHEAD_MAX];
	size_t rcpts[READER_AHEAD_MAX]; /* of each, the recipient; RCPT */
	size_t first, count;            /* a ring */
	struct buf reply;               /* so far, lines joined by LF */
	unsigned first_code;            /* of the reply so far; 0: none */
	unsigned code;                  /* of what failed before any mail */
	struct buf trouble;             /* its text */
	/* The transaction. */
	struct reader_message *message; /* borrowed; NULL: none */
	size_t *rids;                   /* owned: its recipients ... */
	bool *are_open;                 /* owned: ... without a verdict */
	bool *are_said;                 /* owned: ... in a RCPT */
	bool any_said;
	size_t rid_count;
	bool has_started; /* any, on this connection */
	UT_hash_handle hh;
};

struct reader {
	const struct plan *plan; /* borrowed */
	utime now;               /* of the line in hand */
	struct buf out; /* lines of the mail log, for whoever takes them */
	uint64_t mids, icids, dcids;
	struct reader_message *messages;       /* owned: those that are there */
	struct reader_connection *connections; /* owned: those that stand */
	struct buf list, text;                 /* scratch */
	struct slice domain; /* borrowed: whose mail is under way; or empty */
	/* What clients are sending; the program is at work on it. */
	size_t arriving;
	bool is_ready;  /* the program listens */
	unsigned looks; /* for mail that is due, under way */
	/* Of a dialect: a 5xx is the end of a recipient, and is told as that
	 * when it is heard; the program says so later. */
	bool ends_refused;
	/* Likewise: of a reply whose lines have several codes (RFC 5321, 4.2.1,
	 * knows none) the program goes by the first. */
	bool goes_by_first;
};

/* `plan` is borrowed until reader_fini(). */
void reader_init(struct reader *r, const struct plan *plan);
void reader_fini(struct reader *r);

/* ---- messages ---- */

struct reader_message *reader_message_find(struct reader *r, struct slice key);
/* It is on its way in; an older one of that name is forgotten. */
struct reader_message *reader_message_new(
    struct reader *r, struct slice key, struct slice sender);
void reader_message_to(
    struct reader *r, struct reader_message *m, struct slice address);
/* The RID of that address that has not ended; SIZE_MAX: there is none. */
size_t reader_message_rid(const struct reader_message *m, struct slice address);
/* It is accepted, and all of its recipients are known. */
void reader_message_queued(
    struct reader *r, struct reader_message *m, uint64_t bytes);
/* The program has made it itself, for a bounce of the other. */
void reader_message_made(
    struct reader *r, struct reader_message *m, uint64_t other_mid);
/* What of it is left waits until then.  That it is the same moment as before is
 * not told. */
void reader_message_waits(
    struct reader *r, struct reader_message *m, utime till);
/* Its wait is over. */
void reader_message_active(struct reader_message *m);
/* When the first that waits is due; the present moment, when any does not;
 * UTIME_NEVER: there is none. */
utime reader_due(const struct reader *r);
/* How many messages have waited long enough, and are not being tried. */
size_t reader_overdue(const struct reader *r, utime now);
/* It is not there any more.  Of a recipient whose end nobody told, nothing is
 * told here either. */
void reader_message_gone(struct reader *r, struct reader_message *m);

/* Why a recipient bounces. */
struct reader_verdict {
	enum maillog_phase phase;
	unsigned code; /* of the reply; 0: none */
	uint64_t dcid; /* of the connection; 0: none */
	struct slice text;
};
void reader_recipient_bounced(struct reader *r, struct reader_message *m,
    struct slice address, const struct reader_verdict *verdict);
/* All that have not ended. */
void reader_message_bounced(struct reader *r, struct reader_message *m,
    const struct reader_verdict *verdict);
void reader_recipient_dropped(
    struct reader *r, struct reader_message *m, struct slice address);

/* ---- connections ---- */

struct reader_connection *reader_connection_find(
    struct reader *r, struct slice key);
/* It stands; one of that name that stood has ended. */
struct reader_connection *reader_connection_new(
    struct reader *r, struct slice key, const struct endpoint *at);
/* From now on the program has that name for it. */
void reader_connection_rename(
    struct reader *r, struct reader_connection *c, struct slice key);
/* It came to nothing, for that reason as the mail log says it. */
void reader_connection_failed(
    struct reader *r, const struct endpoint *at, struct slice details);
/* The transaction that MAIL will begin: of that message, to these recipients
 * (RIDs). */
void reader_transaction(struct reader_connection *c, struct reader_message *m,
    const size_t *rids, size_t count);
/* A line of the dialogue, as it was said or heard. */
void reader_said(
    struct reader *r, struct reader_connection *c, struct slice line);
void reader_heard(
    struct reader *r, struct reader_connection *c, struct slice line);
/* It has ended; `details`, unless empty, is what broke it. */
void reader_connection_end(
    struct reader *r, struct reader_connection *c, struct slice details);

/* ---- dialects ---- */

/* How a program says it. */
struct reader_dialect {
	/* What it remembers from line to line; destroy takes NULL, too. */
	void *(*create)(void);
	void (*destroy)(void *memory);
	/* The next line, without its end; r->now is set. */
	void (*line)(void *memory, struct reader *r, struct slice line);
};

/* Postfix 3.5 and later, with `-v` for qmgr(8) and smtp(8). */
extern const struct reader_dialect reader_postfix;
/* Exim 4.96, with debugging output. */
extern const struct reader_dialect reader_exim;
/* OpenSMTPD 6.8, with `-v` and traces of its transfers and its scheduler. */
extern const struct reader_dialect reader_opensmtpd;

#endif
