/* SPDX-License-Identifier: MIT */
/*
 * What the relay says in its mail log, a function a line.  The lines' forms are
 * core/maillog's; here is only which values go into them.
 */
#ifndef FAULTPOST_RELAY_LOG_H
#define FAULTPOST_RELAY_LOG_H

#include "core/maillog/maillog.h"
#include "core/maillog/status.h"
#include "core/smtp/client.h"
#include "core/world/world.h"
#include "relay/queue/queue.h"

/* Where the lines go. */
struct log {
	struct world *world; /* borrowed: the clock */
	void *owner;
	void (*on_line)(void *owner, struct slice line);
	struct buf line, list; /* scratch */
};
void log_fini(struct log *log);

/* The lines that need no more than numbers and texts: sets the time, writes.
 * `ev` says form and fields. */
void log_event(struct log *log, struct maillog_event *ev);

/* "0, 1, 7" for the RIDs; borrowed until the next call for this log. */
struct slice log_rids(struct log *log, const uint32_t *rids, uint32_t count);

/* Why a recipient was not delivered: a reply, or text where there was none. */
struct log_cause {
	unsigned code; /* 0: no reply */
	enum maillog_phase phase;
	struct slice text;               /* lines joined by '\n' */
	const struct ip_address *remote; /* who said it; NULL: nobody */
};
/* Sets the fields that tell the cause; `lines` is borrowed until the next call
 * for this log. */
void log_set_cause(
    struct log *log, struct maillog_event *ev, const struct log_cause *cause);
/* Delayed: or Bounced:, for one recipient; dcid 0: no connection. */
void log_refused(struct log *log, enum maillog_form form, uint64_t dcid,
    uint64_t mid, uint32_t rid, const struct log_cause *cause);

/* "Double bounce:" of a recipient whose sender is nobody. */
void log_double_bounce(
    struct log *log, uint64_t mid, uint32_t rid, const struct log_cause *cause);
/* Appends the cause as bounce messages have it: "5.1.0 - Unknown address error
 * 550-'No such user'"; a 2xx without the first two. */
void log_reason(struct buf *out, const struct log_cause *cause);

/* A host failure. */
struct log_host_failure {
	uint64_t dcid;
	struct slice domain;
	const struct endpoint *at;
	const struct ip_address *interface;
	unsigned code; /* of the reply, or 0 */
	struct slice
	    text;     /* of the reply (lines joined by '\n'), else details */
	bool is_smtp; /* "unexpected SMTP response", else "network error" */
};
void log_connection_error(struct log *log, const struct log_host_failure *f);

/* The group waits until its `due`, by that profile: "MID ... pending".  The
 * log has whole seconds; the one is told in which the wait is over. */
void log_pending(struct log *log, const struct group *g,
    const struct relay_bounce_profile *profile);

#endif
