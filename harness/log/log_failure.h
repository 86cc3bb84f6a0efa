/* SPDX-License-Identifier: MIT */
/*
 * How a connection to a host failed, as a "Connection Error" says, and what
 * that is in words.  Pure.
 */
#ifndef FAULTPOST_LOG_FAILURE_H
#define FAULTPOST_LOG_FAILURE_H

#include "core/maillog/maillog.h"

/* X(constant, name for programs, in words) */
#define LOG_FAILURES(X)                                                        \
	X(LOG_FAILURE_ANSWER, "answer", "answered")                            \
	X(LOG_FAILURE_REFUSED, "refused", "refused the connection")            \
	X(LOG_FAILURE_SILENT, "silent", "did not answer")                      \
	X(LOG_FAILURE_UNREACHABLE, "unreachable", "could not be reached")      \
	X(LOG_FAILURE_RESET, "reset", "reset the connection")                  \
	X(LOG_FAILURE_CLOSED, "closed", "closed the connection")               \
	X(LOG_FAILURE_HANDSHAKE, "handshake", "broke off the TLS handshake")   \
	X(LOG_FAILURE_OTHER, "other", "failed")
enum log_failure_kind {
#define X(constant, name, words) constant,
	LOG_FAILURES(X) LOG_FAILURE_KINDS
#undef X
};

struct log_failure {
	enum log_failure_kind kind;
	unsigned code;     /* ANSWER: of the reply */
	struct slice text; /* of the reply, or the details; as logged */
};

/* Of a MAILLOG_CONNECTION_ERROR. */
struct log_failure log_failure_of(const struct maillog_event *ev);
const char *log_failure_name(enum log_failure_kind kind);
/* Appends "answered 431 'Mail system full'", "refused the connection". */
void log_failure_format(const struct log_failure *failure, struct buf *out);
/* Whether it is one that makes a host down (docs/delivery.md), as far as the
 * log tells. */
bool log_failure_is_down(const struct log_failure *failure);

#endif
