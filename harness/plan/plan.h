/* SPDX-License-Identifier: MIT */
/*
 * A scenario file, read and checked: the cast, what is injected, what happens
 * when, and what must be true.  Pure; everything lives in one arena and is
 * const once plan_parse() has returned it.
 *
 * The cast that every scenario shares, beside its own hosts:
 *   relay     "relay.example", 10.0.0.5: listens on port 25, delivers from
 *             there
 *   injector  10.0.0.1: the only client that may relay
 *   sender    10.0.0.2: takes the mail for senders' domains of which the
 *             scenario says nothing
 */
#ifndef FAULTPOST_PLAN_H
#define FAULTPOST_PLAN_H

#include "core/base/address.h"
#include "core/smtp/reply.h"
#include "harness/expect/pattern.h"
#include "mockserver/rule/profile.h"
#include "relay/config.h"

#include <jansson.h>

#define PLAN_RELAY_HOSTNAME "relay.example"
#define PLAN_RELAY_IP       "10.0.0.5"
#define PLAN_RELAY_PORT     25
#define PLAN_INJECTOR_IP    "10.0.0.1"
#define PLAN_SENDER_NAME    "sender"
#define PLAN_SENDER_IP      "10.0.0.2"
/* The same addresses as initializers. */
#define PLAN_RELAY_ADDRESS                                                     \
	{                                                                      \
		4,                                                             \
		{                                                              \
			10, 0, 0, 5                                            \
		}                                                              \
	}
#define PLAN_INJECTOR_ADDRESS                                                  \
	{                                                                      \
		4,                                                             \
		{                                                              \
			10, 0, 0, 1                                            \
		}                                                              \
	}

#define PLAN_SENDER_ADDRESS                                                    \
	{                                                                      \
		4,                                                             \
		{                                                              \
			10, 0, 0, 2                                            \
		}                                                              \
	}

/* No host of the scenario. */
#define PLAN_NO_HOST SIZE_MAX

/* ---- load ---- */

/* A line of a dialogue: the client waits, says, and hears. */
struct plan_line {
	utime wait;
	struct slice said;  /* with its CR LF */
	bool has_say;       /* a line, not bytes */
	bool is_tls;        /* a handshake */
	struct slice reply; /* how it begins; empty: none is awaited */
	bool is_end;        /* the relay closes behind it */
	const char *place;  /* FILE:LINE:COL */
};

/* How many recipients are refused with a code. */
struct plan_refused {
	struct slice code;
	uint64_t count;
};

/* X(constant, word of NOTIFY) */
#define PLAN_NOTIFIES(X)                                                       \
	X(PLAN_NOTIFY_NEVER, "NEVER")                                          \
	X(PLAN_NOTIFY_SUCCESS, "SUCCESS")                                      \
	X(PLAN_NOTIFY_FAILURE, "FAILURE")                                      \
	X(PLAN_NOTIFY_DELAY, "DELAY")
enum plan_notify {
#define X(constant, name) constant,
	PLAN_NOTIFIES(X)
#undef X
};
enum plan_ret {
	PLAN_RET_ABSENT,
	PLAN_RET_FULL,
	PLAN_RET_HDRS,
};

/* One entry of "inject".  Its k-th message (1 to count) is due at
 * at + (k - 1) * every; `{n}` in the addresses is k. */
struct plan_inject {
	uint64_t count;
	utime at, every;   /* since the start; every 0: one behind the other */
	double rate;       /* as written, "every" then follows from it; or 0 */
	struct slice from; /* may hold {n}; empty: the null path */
	JSON_ARRAY_OF(struct slice) to; /* each may hold {n} */
	uint64_t size_bytes; /* of the content, headers included, at least */
	uint32_t sessions;   /* that share the count */
	bool is_tls;         /* they send under TLS only */
	JSON_ARRAY_OF(struct plan_refused) refused;
	/* Instead of messages: one session, line by line; `count` is then the
	 * most that it can send. */
	JSON_ARRAY_OF(struct plan_line) dialogue;
	struct slice listener_name;
	bool has_listener;
	size_t listener; /* index into relay.listeners */
	struct ip_address client;
	/* What is asked about reports (RFC 3461), as the parameters say it. */
	JSON_ARRAY_OF(enum plan_notify) notify;
	enum plan_ret ret;
	struct slice envid, orcpt; /* empty: not said */
	utime retry; /* what was not accepted, for a 4xx or for want of an
	              * answer, is sent again after that; UTIME_NEVER: not */
	const char *pointer; /* JSON pointer */
};
/* Writes the address `pattern` for message `k` into `out`, replacing what was
 * there. */
void plan_address_expand(struct slice pattern, uint64_t k, struct buf *out);

/* ---- network and timeline ---- */

/* A link between two of the cast, both ways; family 0 is anyone. */
struct plan_link {
	struct ip_address a, b;
	utime latency;      /* one way */
	uint64_t bandwidth; /* bytes per second; 0: no limit */
	bool partitioned;
};

/* What is done to the relay.  X(constant, name in scenarios) */
#define PLAN_RELAY_ORDERS(X)                                                   \
	X(RELAY_CRASH, "crash") /* it is dead at once, then starts again */    \
	X(RELAY_RESTART, "restart") /* it drains and ends, then starts again   \
	                             */                                        \
	X(RELAY_SUSPENDDEL, "suspenddel") /* these are commands, see "ctl" */  \
	X(RELAY_RESUMEDEL, "resumedel")                                        \
	X(RELAY_DELIVERNOW, "delivernow")
enum plan_relay_order {
#define X(constant, name) constant,
	PLAN_RELAY_ORDERS(X)
#undef X
};

/* What a crash leaves of what was written and not synced, as world_sim.h says
 * it.  X(constant, name in scenarios) */
#define PLAN_UNSYNCED(X)                                                       \
	X(UNSYNCED_LOST, "lost")                                               \
	X(UNSYNCED_TORN, "torn")                                               \
	X(UNSYNCED_KEPT, "kept")
enum plan_unsynced {
#define X(constant, name) constant,
	PLAN_UNSYNCED(X)
#undef X
};

/* What the relay's disk does, as world_sim.h says it.
 * X(constant, name in scenarios) */
#define PLAN_DISK_STATES(X)                                                    \
	X(PLAN_DISK_OK, "ok")                                                  \
	X(PLAN_DISK_FULL, "full")                                              \
	X(PLAN_DISK_EIO, "eio")                                                \
	X(PLAN_DISK_EIO_READ, "eio-read")                                      \
	X(PLAN_DISK_EIO_WRITE, "eio-write")                                    \
	X(PLAN_DISK_EIO_SYNC, "eio-sync")
enum plan_disk_state {
#define X(constant, name) constant,
	PLAN_DISK_STATES(X)
#undef X
};

enum plan_step_kind {
	PLAN_STEP_HOST,
	PLAN_STEP_NETWORK,
	PLAN_STEP_RELAY,
	PLAN_STEP_DISK,
	PLAN_STEP_DNS,
	PLAN_STEP_CTL,
};
/* One entry of "timeline". */
struct plan_step {
	enum plan_step_kind kind;
	utime at;                    /* since the start */
	size_t host;                 /* HOST: index into plan->hosts.at */
	enum mock_host_state state;  /* HOST */
	struct plan_link link;       /* NETWORK */
	enum plan_relay_order order; /* RELAY */
	utime down_for;              /* RELAY: until it starts again */
	enum plan_unsynced unsynced; /* RELAY, when it crashes */
	enum plan_disk_state disk;   /* DISK */
	const struct zone *zone;     /* DNS: all names; the plan's */
	const char *command;         /* CTL: an operator's, in words */
};

/* ---- expectations ---- */

/* X(constant, key in scenarios) */
#define PLAN_EXPECTATIONS(X)                                                   \
	X(EXPECT_DELIVERED, "delivered")                                       \
	X(EXPECT_BOUNCED, "bounced")                                           \
	X(EXPECT_DROPPED, "dropped")                                           \
	X(EXPECT_QUEUED, "queued")                                             \
	X(EXPECT_ATTEMPTS, "attempts")                                         \
	X(EXPECT_FAIR, "fair")                                                 \
	X(EXPECT_FAILOVER, "failover")                                         \
	X(EXPECT_REQUEUE, "requeue")                                           \
	X(EXPECT_WITHIN, "within")                                             \
	X(EXPECT_LOG, "log")                                                   \
	X(EXPECT_NO_LOG, "no_log")                                             \
	X(EXPECT_RECEIVED, "received")                                         \
	X(EXPECT_NO_RECEIVED, "no_received")                                   \
	X(EXPECT_HOST_STATUS, "host_status")
enum plan_expectation_kind {
#define X(constant, name) constant,
	PLAN_EXPECTATIONS(X)
#undef X
	PLAN_EXPECTATION_COUNT,
};
const char *plan_expectation_name(enum plan_expectation_kind kind);
/* Whether it is about what messages held. */
bool plan_expectation_is_of_content(enum plan_expectation_kind kind);
/* Whether it is about lines of a log with the stamps that they have when the
 * scenario begins at its "start". */
struct plan_expectation;
bool plan_expectation_has_moments(const struct plan_expectation *said);

/* "delivered": {"exchange2": 10} and "bounced": {"5.4.7": 3}; recipients. */
struct plan_count {
	const char *key;           /* as written */
	size_t host;               /* DELIVERED: index into plan->hosts.at */
	int code;                  /* BOUNCED: the SMTP code, or 0 */
	struct smtp_status status; /* BOUNCED: the enhanced code, or class 0 */
	uint64_t count;
};

/* What the log says of a host. */
enum plan_host_state {
	HOST_STATUS_UNKNOWN, /* nobody has tried it */
	HOST_STATUS_UP,
	HOST_STATUS_DOWN,
};
struct plan_host_status {
	size_t host; /* index into plan->hosts.at */
	enum plan_host_state state;
};

/* The logs that the relay writes.  X(constant, name in scenarios) */
#define PLAN_LOGS(X)                                                           \
	X(PLAN_LOG_MAIL, "mail_logs")                                          \
	X(PLAN_LOG_BOUNCE, "bounce_log")                                       \
	X(PLAN_LOG_DELIVERY, "delivery_log")                                   \
	X(PLAN_LOG_STATUS, "status_log")
enum plan_log {
#define X(constant, name) constant,
	PLAN_LOGS(X)
#undef X
};

/* A line of "log" or "no_log". */
struct plan_pattern {
	struct pattern pattern;
	const char *place;
};

enum plan_fair_by {
	FAIR_BY_CONNECTIONS,
	FAIR_BY_MESSAGES,
};

/* Members that the kind does not name are zero. */
struct plan_expectation {
	enum plan_expectation_kind kind;
	size_t index;        /* in "expect", from 0 */
	enum plan_log of;    /* LOG, NO_LOG: whose lines */
	const char *because; /* or NULL */
	const char *place;   /* FILE:LINE:COL of its kind's value */

	/* DELIVERED, BOUNCED: what each key has, and nothing for any other
	 * host or code, or (not is_by_key) only the number in all.  DROPPED
	 * and QUEUED: the number in all, the latter when the run ends. */
	bool is_by_key;
	const struct plan_count *counts;
	size_t count_count;
	uint64_t total; /* with keys: their sum */

	/* ATTEMPTS: the hosts of the delivery connections in order, those
	 * that failed to connect included, of all (message 0, domain empty),
	 * of one message's domain queue, or of one domain.  FAIR: the hosts
	 * that share.  FAILOVER: from which to which. */
	const size_t *hosts; /* indexes into plan->hosts.at */
	size_t host_count;

	/* ATTEMPTS, REQUEUE, WITHIN: which message, the n-th that was
	 * accepted, from 1; 0: all, the first (REQUEUE). */
	uint64_t message;
	struct slice domain; /* ATTEMPTS */

	enum plan_fair_by by; /* FAIR */
	/* FAIR: by how many the greatest share may exceed the least. */
	uint64_t fair_tolerance;

	/* FAILOVER: `total` is how many messages; otherwise any number but
	 * none. */
	bool has_count;
	utime span; /* FAILOVER, WITHIN: how long at most; or UTIME_NEVER */

	/* REQUEUE: when each round after the first begins, since acceptance. */
	const utime *times;
	size_t time_count;
	utime tolerance;

	/* HOST_STATUS: how hosts stand `when`, since the start; UTIME_NEVER: at
	 * the end. */
	const struct plan_host_status *statuses;
	size_t status_count;
	utime when;

	/* RECEIVED, NO_RECEIVED: of which messages. */
	size_t host;           /* or PLAN_NO_HOST: any */
	bool has_from;         /* then only those from `from` */
	struct slice from, to; /* to empty: to anybody */
	/* Over a connection whose handshake came to this; written empty: over
	 * any. */
	struct pattern tls;
	struct slice body_sha256; /* hexadecimal; empty: with any body */

	/* LOG and RECEIVED in order, NO_LOG, NO_RECEIVED. */
	const struct plan_pattern *patterns;
	size_t pattern_count;
	struct pattern_names names; /* of all these patterns together */
};

/* An invariant that the scenario waives. */
struct plan_waiver {
	const char *invariant, *because;
};

/* ---- the whole ---- */

struct plan {
	const char *file;              /* as given */
	const char *label;             /* of a variant; "" without a matrix */
	const char *name;              /* file, or file[label] */
	const char *title, *case_name; /* "" when there is none */
	utime start;
	uint64_t seed;

	struct mock_hosts hosts; /* a host is its index here */
	/* The one that takes bounces, or PLAN_NO_HOST.  What comes to it is
	 * counted by expectations that name it only. */
	size_t sender_host;
	bool sender_is_shared; /* no host of the scenario's own */

	/* Complete but for queue_path; `routes` and `zone` are the plan's. */
	struct relay_config relay;

	utime latency;   /* of links that `links` does not name */
	utime sync_time; /* of the relay's disk */
	const struct plan_link *links;
	size_t link_count;
	const struct plan_inject *injects;
	size_t inject_count;
	const struct plan_step *steps; /* by time, then as written */
	size_t step_count;
	bool relay_starts_again; /* a step makes it: see PLAN_STEP_RELAY */
	bool disk_refuses;       /* a step makes it: see PLAN_STEP_DISK */

	utime until; /* since the start; UTIME_NEVER: idle */
	/* By how much times may depart from what is expected, beside its
	 * tolerance: what a clock is too coarse for.  0 unless the run sets it.
	 */
	utime slack;
	utime span_max;
	uint64_t events_max;

	const struct plan_waiver *waivers;
	size_t waiver_count;
	const struct plan_expectation *expectations;
	size_t expectation_count;
};

/* Reads a scenario that has no matrix.  `file` is its name for messages and
 * places; both it and `text` are copied.  NULL with *err set when anything is
 * wrong with it. */
struct plan *plan_parse(const char *file, struct slice text, struct err *err);
/* The same, with profiles for its hosts. */
struct plan *plan_parse_with(const char *file, struct slice text,
    const struct profile_source *profiles, struct err *err);
void plan_destroy(struct plan **pp);
/* It began then: for judging what did not run here. */
void plan_move(struct plan *plan, utime start);

/* The variants of a scenario file: one, or with a matrix one for each
 * combination.  NULL with *err set when the text or its matrix is wrong. */
struct plan_variants;
struct plan_variants *plan_variants_read(
    const char *file, struct slice text, struct err *err);
void plan_variants_destroy(struct plan_variants **vp);
size_t plan_variants_count(const struct plan_variants *v);
/* Appends what one is called, as "stage=mail,fault=452"; nothing without a
 * matrix. */
void plan_variants_label(
    const struct plan_variants *v, size_t i, struct buf *out);
/* The one that is called so; false with *err set when there is none. */
bool plan_variants_find(const struct plan_variants *v, struct slice label,
    size_t *i, struct err *err);
/* Reads one as plan_parse_with() does; what is wrong begins with its label. */
struct plan *plan_variants_parse(const struct plan_variants *v, size_t i,
    const struct profile_source *profiles, struct err *err);
/* The text of one, without the matrix; the caller frees it.  NULL with *err set
 * when a parameter is wrong. */
json_t *plan_variants_json(
    const struct plan_variants *v, size_t i, struct err *err);

/* Appends the JSON Schema of scenario files, or the page that explains their
 * keys. */
void plan_schema_format(struct buf *out);
void plan_fields_format(struct buf *out);

/* The host of that name, or PLAN_NO_HOST. */
size_t plan_host_named(const struct plan *plan, struct slice name);
/* The host that has that address, whatever its port; or PLAN_NO_HOST. */
size_t plan_host_at(const struct plan *plan, const struct ip_address *ip);
/* The waiver of the invariant, or NULL. */
const struct plan_waiver *plan_waiver_of(
    const struct plan *plan, const char *invariant);
/* Whether any of its clients asks for no report of a failure, or for anything
 * at all about reports. */
bool plan_may_be_silent(const struct plan *plan);
bool plan_may_ask(const struct plan *plan);
/* Messages that the scenario injects in all. */
uint64_t plan_message_count(const struct plan *plan);

#endif
