/* SPDX-License-Identifier: MIT */
/*
 * Postfix's smtp-sink(1) as a scenario: what its options say becomes one host
 * with rules, in the text of a scenario, so that nothing but the mock server
 * plays it.  What no rule can say (how long the program runs, files that it
 * writes) is left to whoever serves the scenario.  Pure.
 */
#ifndef FAULTPOST_MOCK_SINK_H
#define FAULTPOST_MOCK_SINK_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/transcript/transcript.h"

/* The commands that -f, -q, -Q, -r and -W name.
 * X(constant, name, stage or NULL: it is never a command here) */
#define SINK_COMMANDS(X)                                                       \
	X(SINK_CONNECT, "CONNECT", "banner")                                   \
	X(SINK_HELO, "HELO", "helo")                                           \
	X(SINK_EHLO, "EHLO", "ehlo")                                           \
	X(SINK_LHLO, "LHLO", NULL)                                             \
	X(SINK_XCLIENT, "XCLIENT", "unknown")                                  \
	X(SINK_XFORWARD, "XFORWARD", "unknown")                                \
	X(SINK_AUTH, "AUTH", "auth")                                           \
	X(SINK_MAIL, "MAIL", "mail")                                           \
	X(SINK_RCPT, "RCPT", "rcpt")                                           \
	X(SINK_DATA, "DATA", "data")                                           \
	X(SINK_DOT, ".", "eod")                                                \
	X(SINK_RSET, "RSET", "rset")                                           \
	X(SINK_NOOP, "NOOP", "noop")                                           \
	X(SINK_VRFY, "VRFY", "vrfy")                                           \
	X(SINK_QUIT, "QUIT", "quit")
enum sink_command {
#define X(constant, name, stage) constant,
	SINK_COMMANDS(X)
#undef X
	SINK_COMMAND_COUNT,
};

/* How a command fares, the strongest first.  X(constant, option) */
#define SINK_FATES(X)                                                          \
	X(SINK_DISCONNECT, 'q')                                                \
	X(SINK_CLOSE, 'Q')                                                     \
	X(SINK_HARD, 'f')                                                      \
	X(SINK_SOFT, 'r')
enum sink_fate {
#define X(constant, option) constant,
	SINK_FATES(X)
#undef X
	SINK_WELL,
};

struct sink_delay {
	uint64_t seconds;      /* 0: none */
	uint64_t odds_percent; /* that it lasts once more, and so on */
};

/* What the command line says; texts are borrowed from it. */
struct sink_options {
	const char *hostname, *soft_reply, *hard_reply; /* NULL: the usual */
	bool hides_8bitmime, hides_auth, hides_xclient, hides_xforward;
	bool hides_status, hides_dsn, hides_pipelining, hides_esmtp, is_pix;
	unsigned fates[SINK_COMMAND_COUNT]; /* bits 1 << enum sink_fate */
	struct sink_delay delays[SINK_COMMAND_COUNT];
	bool has_abort;
	uint64_t abort_seconds;      /* -A */
	uint64_t body_seconds;       /* -H; 0: none */
	uint64_t timeout_seconds;    /* -t; 0: the usual */
	uint64_t clients;            /* -m; 0: the usual */
	uint64_t backlog;            /* the operand; 0: the machine's */
	uint64_t messages, sessions; /* -M, -n: then it ends; 0: never */
	uint64_t window_bytes;       /* -T; 0: the machine's */
	const char *single_template, *shared_template; /* -d, -D, or NULL */
	const char *start_text;                        /* -S, as written */
	const char *user, *root;                       /* -u, -R, or NULL */
	bool shows_counts, is_verbose, only_ipv4, only_ipv6;
};

/* For getopt(). */
extern const char sink_letters[];
/* The option of that letter, with its value if it takes one.  False with *err
 * set when the value is wrong or the option has no meaning here. */
bool sink_set_option(
    struct sink_options *o, int letter, const char *value, struct err *err);
/* False with *err set when options that exclude each other were given. */
bool sink_check(const struct sink_options *o, struct err *err);
/* One line for each option, for people. */
void sink_format_help(struct buf *out);
/* The scenario of a host that listens on these addresses, at least one; all of
 * the same port. */
void sink_format_scenario(const struct sink_options *o,
    const struct endpoint *at, size_t count, struct buf *out);
/* What a dump file holds of a message (TRANSCRIPT_MESSAGE), under a number
 * that nobody else has. */
void sink_format_dump(const struct sink_options *o,
    const struct transcript_event *ev, uint32_t number, struct buf *out);

#define SINK_BACKLOG_MAX 4096 /* more is as much */

#endif
