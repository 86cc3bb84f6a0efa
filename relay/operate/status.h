/* SPDX-License-Identifier: MIT */
/*
 * What `status`, `hoststatus` and `tophosts` say, as values, and their two
 * forms: the appliance's text and a JSON object.  The relay fills the values
 * in (operate_status.c).  Pure.
 */
#ifndef FAULTPOST_RELAY_STATUS_H
#define FAULTPOST_RELAY_STATUS_H

#include "core/base/address.h"
#include "core/base/buf.h"
#include "relay/operate/counters.h"
#include "relay/operate/utilization.h"

#include <jansson.h>

/* As of the last delivery attempt; unknown: there was none since the start. */
enum host_state_shown {
	SHOWN_UNKNOWN,
	SHOWN_UP,
	SHOWN_DOWN,
};

/* What waits for a domain, or for all, and what carries it. */
struct gauges {
	uint64_t unattempted, attempted; /* recipients */
	uint64_t connections;            /* outbound ones that stand */
	uint64_t pending; /* outbound ones that are being set up */
};

/* One address of a domain, in the order of preference. */
struct shown_candidate {
	uint32_t preference;
	struct endpoint at;
	bool is_down;
	utime probe_at; /* when down */
};

/* An MX record that the resolver's cache has, or a host of an SMTP route. */
struct shown_exchange {
	uint32_t preference;
	utime ttl;         /* what is left of it; of MX records */
	struct slice name; /* borrowed */
};

/* An error, and when it was; text NULL: none. */
struct shown_error {
	const char *text; /* borrowed; lines joined by '\n' */
	utime at;
	const char *stage; /* of the dialogue with `from`; NULL: not known */
	struct endpoint from;
};

struct host_status {
	struct slice domain;
	utime now;
	enum host_state_shown state;
	struct counters counters;
	struct gauges gauges;
	utime oldest; /* when it was received; UTIME_NEVER: no messages */
	utime last_activity; /* UTIME_NEVER: none */
	utime expires;       /* of the addresses; UTIME_NEVER: unknown */
	const struct shown_candidate *candidates; /* borrowed */
	size_t candidate_count;
	/* Those of the domain's SMTP route; none: there is no route. */
	const struct shown_exchange *routes; /* borrowed */
	size_t route_count;
	/* Of the domain, or of its route's hosts. */
	const struct shown_exchange *exchanges; /* borrowed */
	size_t exchange_count;
	struct ip_address interface; /* of deliveries; family 0: any */
	struct shown_error last_5xx;
	struct shown_error last_error; /* of any kind: why mail waits */
	utime next_retry;              /* UTIME_NEVER: nothing waits */
	bool is_suspended;
};
/* The page of `hoststatus`, or the same as an object (the caller's). */
void host_status_format(const struct host_status *s, struct buf *out);
json_t *host_status_json(const struct host_status *s);

struct system_status {
	utime now;
	const char *state; /* "Online", ... */
	utime oldest;      /* when it was received; UTIME_NEVER: no messages */
	const struct counter_columns *counters; /* borrowed */
	uint64_t mid, icid, dcid;               /* given last */
	struct gauges gauges;
	uint64_t inbound;         /* connections */
	uint64_t destinations;    /* domains in memory */
	uint64_t messages, bytes; /* in the queue */
	uint64_t disk_free;       /* for it, in bytes; UINT64_MAX: not known */
	struct utilization load;
};
/* The page of `status`, and of `status detail`. */
void system_status_format(
    const struct system_status *s, bool is_detailed, struct buf *out);
json_t *system_status_json(const struct system_status *s);
/* The line of the status log, behind "Status: ". */
void system_status_log(const struct system_status *s, struct buf *out);

/* A line of `tophosts`. */
struct top_host {
	const char *domain; /* borrowed */
	bool is_down;
	uint64_t active, connections, delivered, soft_bounced, hard_bounced;
};
/* X(constant, word of the command, member of struct top_host) */
#define TOP_ORDERS(X)                                                          \
	X(TOP_ACTIVE, "active_rcpts", active)                                  \
	X(TOP_CONNECTIONS, "conn_out", connections)                            \
	X(TOP_DELIVERED, "deliv_rcpts", delivered)                             \
	X(TOP_SOFT_BOUNCED, "soft_bounced", soft_bounced)                      \
	X(TOP_HARD_BOUNCED, "hard_bounced_rcpts", hard_bounced)
enum top_order {
#define X(constant, word, member) constant,
	TOP_ORDERS(X)
#undef X
};
/* How many the command shows. */
#define TOP_HOSTS_SHOWN 20
/* Reads the command's word. */
bool top_order_parse(struct slice word, enum top_order *order);
/* The greatest first, equal ones by name. */
void top_hosts_sort(struct top_host *hosts, size_t count, enum top_order order);
void top_hosts_format(
    const struct top_host *hosts, size_t count, utime now, struct buf *out);
json_t *top_hosts_json(const struct top_host *hosts, size_t count, utime now);

/* "Thu Aug 13 14:29:42 2020 UTC", as these pages write moments. */
void status_append_time(struct buf *out, utime at);
/* "4 weeks 46 mins 53 secs". */
void status_append_age(struct buf *out, utime span);
/* "3d 20h 45m 49s", with `gap` between. */
void status_append_span(struct buf *out, utime span, const char *gap);
/* The age of the oldest message, or that there is none, as a line. */
void status_append_oldest(struct buf *out, utime oldest, utime now);
/* Text for a terminal: control characters are escaped, save those in `kept`. */
void status_append_plain(struct buf *out, struct slice text, const char *kept);
/* Likewise in a column; behind a longer text is a space. */
void status_append_padded(struct buf *out, const char *text, size_t width);
/* Text as a JSON string (null for NULL); bytes that are no UTF-8 are escaped.
 */
json_t *status_json_text(const char *text);
json_t *status_json_slice(struct slice text);
/* "unknown", "up", "down". */
const char *host_state_name(enum host_state_shown state);

#endif
