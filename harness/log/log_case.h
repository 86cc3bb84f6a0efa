/* SPDX-License-Identifier: MIT */
/*
 * A log as a case: the messages that came, the hosts that were asked, and what
 * happened between them, in order.  Both logs of a reproduction become one, and
 * are then compared.  Where connections show that mail was there and the log
 * has no message, one is assumed.  Pure.
 */
#ifndef FAULTPOST_LOG_CASE_H
#define FAULTPOST_LOG_CASE_H

#include "core/base/address.h"
#include "harness/log/log_failure.h"
#include "harness/log/log_reader.h"

#define LOG_CASE_NONE SIZE_MAX
/* Of a longer log the rest is counted only. */
#define LOG_CASE_MESSAGES_MAX 500
#define LOG_CASE_EVENTS_MAX   10000

/* Texts are of the case's arena. */
struct log_case_recipient {
	uint64_t rid;
	const char *to;
	size_t domain;
};

struct log_case_message {
	uint64_t mid; /* by which it was known first */
	uint32_t appliance;
	utime at;
	const char *from;              /* NULL: not said */
	struct log_case_recipient *to; /* owned */
	size_t to_count, to_cap;
	uint64_t bytes;
	bool is_generated; /* by the relay itself */
	bool is_assumed;   /* the log does not show it */
	bool has_start, is_queued;
	bool is_over; /* it was never taken: ended, or lost in a restart */
	size_t host;  /* that had it last; or NONE */
};

struct log_case_host {
	struct endpoint at;
};

/* What became of STARTTLS on a connection. */
enum log_case_tls {
	LOG_CASE_TLS_NONE,
	LOG_CASE_TLS_SUCCESS,
	LOG_CASE_TLS_FAILED,
	LOG_CASE_TLS_UNSUPPORTED, /* the host did not offer it */
};

/* What happened: of the forms that are compared. */
struct log_case_event {
	enum maillog_form form;
	utime at;
	struct log_place place;
	uint64_t dcid;
	size_t message, host, domain; /* or NONE */
	const char *rids;             /* "0, 1"; of one: "0" */
	unsigned code;                /* of a reply; 0: none */
	const char *reply; /* its lines, ended by LF; or the details */
	enum log_failure_kind failure;
	/* PENDING: the wait; others: since the message's Delivery start. */
	utime span;
	bool is_expired; /* BOUNCED: it had waited for too long */
	/* DCID_NEW: what the connection was. */
	enum log_case_tls tls;
	const char *tls_error; /* or NULL */
	bool is_tls_required;
	uint64_t messages; /* that were started on it */
	size_t until;      /* the event before which it ended; NONE: none */
};

/* What is told beside deliveries, and may be why they went as they did. */
enum log_case_mark_kind {
	LOG_CASE_BEGUN,   /* a log file begins in the midst of the log */
	LOG_CASE_DELETED, /* a recipient, without a host's word */
	LOG_CASE_SUSPENDED,
	LOG_CASE_KILLED, /* a connection */
	LOG_CASE_WARNED, /* a sender, of a delay */
	LOG_CASE_SPLIT,  /* a message was made of another */
	LOG_CASE_LOOKUP, /* DNS did not answer for a host of a route */
};

struct log_case_mark {
	enum log_case_mark_kind kind;
	utime at, before; /* before: the record before it */
	struct log_place place;
	size_t message; /* or NONE; WARNED: the one that is late */
};

struct log_case_connection;

struct log_case {
	struct arena arena;
	struct log_case_message *messages; /* owned */
	size_t message_count, message_cap;
	struct log_case_host *hosts; /* owned */
	size_t host_count, host_cap;
	struct log_case_event *events; /* owned */
	size_t event_count, event_cap;
	const char **domains; /* owned */
	size_t domain_count, domain_cap;
	struct log_case_mark *marks; /* owned */
	size_t mark_count, mark_cap;
	utime first, last; /* records; 0: there is none */
	uint64_t left_out; /* records behind the one that was too many */
	size_t moved;      /* hosts that have another address in the case */
	bool is_customers; /* set it: hosts at addresses of the cast move */

	/* Private from here. */
	struct log_case_connection *connections;
	struct map domain_names;
};

/* A zeroed case is empty. */
void log_case_fini(struct log_case *c);
void log_case_take(struct log_case *c, const struct log_record *record);
/* Nothing more comes: finds the domains of connections, and the messages that
 * must have been there. */
void log_case_finish(struct log_case *c);

/* The message that was known by that MID first and began last; or NONE. */
size_t log_case_message(
    const struct log_case *c, uint64_t mid, uint32_t appliance);
/* How many marks there are of a kind. */
size_t log_case_marked(const struct log_case *c, enum log_case_mark_kind kind);
/* Appends the event in words: "10.1.1.11 port 25 answered 431 'full'". */
void log_case_words(const struct log_case *c,
    const struct log_case_event *event, struct buf *out);

#endif
