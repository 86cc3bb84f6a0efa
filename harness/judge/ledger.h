/* SPDX-License-Identifier: MIT */
/*
 * The ledger: what a mail log, line by line, says of messages, recipients,
 * connections, domains and addresses, by docs/delivery.md and from nothing
 * else.  Whoever judges is told of each entry; the ledger itself judges
 * nothing.  What is finished is forgotten, but for its number.
 *
 * A moment is a range: in a simulation both ends are the exact time, otherwise
 * they enclose the second that the line shows.
 */
#ifndef FAULTPOST_LEDGER_H
#define FAULTPOST_LEDGER_H

#include "core/base/heap.h"
#include "core/base/list.h"
#include "core/maillog/parser.h"
#include "core/smtp/address.h"
#include "harness/judge/routing.h"

#include <uthash.h>

struct ledger;
struct ledger_group;

struct ledger_moment {
	utime lo, hi;
	uint64_t line; /* of the log, from 1 */
};

/* ---- hosts ---- */

/* A set of a domain's candidates, by their index. */
struct seats {
	uint64_t word[ROUTING_CANDIDATES_MAX / 64];
};
static inline bool
seats_has(const struct seats *s, size_t seat)
{
	return (s->word[seat / 64] >> seat % 64 & 1) != 0;
}
static inline void
seats_add(struct seats *s, size_t seat)
{
	s->word[seat / 64] |= UINT64_C(1) << seat % 64;
}

/* An endpoint without padding, as tables are keyed by. */
struct endpoint_key {
	uint8_t bytes[19];
};
static inline struct endpoint_key
endpoint_key(const struct endpoint *at)
{
	struct endpoint_key key;

	key.bytes[0] = at->ip.family;
	memcpy(key.bytes + 1, at->ip.bytes, sizeof(at->ip.bytes));
	key.bytes[17] = (uint8_t)(at->port >> 8);
	key.bytes[18] = (uint8_t)at->port;
	return key;
}

/* Whether a candidate has been tried, or what else the log may leave open. */
enum tried {
	TRIED_NO,
	TRIED_MAYBE, /* as when it failed in the instant of a round's begin */
	TRIED_YES,
};

/* What is known of an address and port. */
enum address_state {
	ADDRESS_UP,    /* or never asked: not known to be down */
	ADDRESS_DOWN,  /* due for its probe between probe_lo and probe_hi */
	ADDRESS_MAYBE, /* the log does not tell */
};

struct address_sight {
	enum address_state state;
	struct ledger_moment changed; /* since when; line 0: always */
	utime probe_lo, probe_hi;
};

struct ledger_address {
	struct endpoint at;
	struct endpoint_key key;
	size_t host; /* of the plan, or PLAN_NO_HOST */
	struct address_sight now;
	utime interval_lo, interval_hi; /* of its probes; 0: was up */
	struct ledger_moment touched;   /* its last New or Error */
	/* The last handshake with it failed, as far as the log tells. */
	bool is_tls_broken;
	uint64_t fresh; /* connections that stand and had no mail yet */
	/* Connections that stand and whose domain is not known, and the last
	 * line about one that ended as such. */
	uint64_t unassigned, lost_line;
	uint64_t domain_count;
	struct ledger_domain *only_domain; /* when that is 1 */
	UT_hash_handle hh;
};

/* Why a connection ended in a host failure. */
enum failure_kind {
	FAILURE_UP, /* the host had answered */
	FAILURE_DOWN,
	FAILURE_MAYBE, /* the log does not tell which */
	FAILURE_KINDS,
};

/* Recipients that were sent in a period of destination controls. */
struct ledger_quota {
	uint64_t taken;
	utime may_end, ends; /* the earliest and latest that the period ends */
	/* The same as it is for sure, where moments are exact. */
	uint64_t sure;
	utime sure_ends;
};

/* A connection that was turned away while others carried mail (delivery.md 46);
 * line 0: none was, as far as is known. */
struct ledger_turn_away {
	struct ledger_moment at;
	utime until_lo, until_hi; /* how long it has no more than `max` */
	uint64_t max;             /* 0: not known */
};

/* A candidate of a domain, and its last failures by kind (line 0: none). */
struct ledger_seat {
	struct ledger_address *address; /* borrowed */
	struct ledger_moment failed[FAILURE_KINDS];
	/* The last that was one, or turned one connection away. */
	struct ledger_moment perhaps;
	struct ledger_turn_away crowd;
	uint64_t open; /* connections of the domain that stand there */
	struct ledger_moment crowded; /* had as many as it may; line 0: never */
	struct ledger_quota quota;
};

struct choice;

struct ledger_domain {
	char *name; /* owned; lower case */
	struct routing routing;
	const struct relay_destination *controls; /* borrowed from the plan */
	bool has_login;             /* its route names an SMTP AUTH profile */
	struct ledger_seat *seats;  /* owned; as routing.candidates */
	uint64_t ready_count;       /* groups with ready recipients */
	struct ledger_moment ready; /* since when there are some */
	struct ledger_moment
	    unready;              /* when there last were some, if none are */
	struct list waiting;      /* of groups */
	utime wait_over;          /* by then the last of their waits ended */
	struct list ready_groups; /* those that ready_count counts */
	uint64_t open_count;      /* connections that are its own */
	struct ledger_quota quota;
	struct ledger_moment active; /* its last line; line 0: none */
	struct choice *choice;       /* owned by invariant_choice.c */
	/* Until then connections may stand that nobody knows of; 0: never. */
	utime blind_until;
	/* Until then what is due need not be: the clock may have been set
	 * ahead; 0: never. */
	utime leapt_until;
	/* That which the destination controls name, or NULL. */
	const struct relay_bounce_profile *profile;
	UT_hash_handle hh;
};

/* ---- messages ---- */

enum recipient_state {
	RECIPIENT_INJECTED, /* named, not accepted yet */
	RECIPIENT_READY,
	RECIPIENT_ACTIVE, /* on connection `dcid` */
	RECIPIENT_WAITING,
	RECIPIENT_DELIVERED,
	RECIPIENT_BOUNCED,
	RECIPIENT_DELETED,
};

struct ledger_recipient {
	uint64_t rid, dcid;
	enum recipient_state state;
	struct ledger_moment moment; /* of the line that said so */
	uint64_t address_hash;
	struct ledger_group *group; /* borrowed from the message */
};

/* The host that failed a group last in its round, and where it failed (`from`
 * NULL: none did, or another has the message since). */
struct ledger_trail {
	const struct ledger_address *from; /* borrowed */
	struct ledger_moment since;
	struct seats seats; /* all that failed it in the round */
};

/* A delivery group: the message's recipients at one domain. */
struct ledger_group {
	struct ledger_message *message; /* borrowed */
	struct ledger_domain *domain;   /* borrowed */
	struct ledger_group *next;      /* of the message */
	size_t open, ready;             /* recipients */

	/* Its round: when it began, by a line or (is_timed) by the end of a
	 * wait, and the candidates that answered 4xx in it. */
	struct ledger_moment round;
	bool is_timed;
	struct seats answered;
	struct seats unable; /* of `answered`, those without an extension */
	bool is_soft;        /* a recipient got a 4xx in it */
	uint64_t rounds;     /* so far */
	uint64_t attempts_lo, attempts_hi; /* unsuccessful ones */

	struct ledger_trail trail;

	void *class; /* of invariant_choice.c; while it has ready recipients */

	enum tried is_for_probe; /* what it waits for, or waited */
	/* A success has cut its wait short (delivery.md 14), which would have
	 * lasted until then, and may go on. */
	enum tried is_released;
	utime kept_lo, kept_hi;

	bool is_waiting;
	bool may_be_due; /* a crash may have lost the record of the wait */
	utime due_lo, due_hi;
	uint64_t pending_line;
	struct ledger_moment waited; /* that of this line */
	struct heap_node due_node;   /* by due_lo */
	struct list waiting_node, ready_node;
};

struct ledger_message {
	uint64_t mid;
	uint64_t ordinal; /* the n-th that was accepted; 0: not, or our own */
	struct ledger_moment started, accepted; /* line 0: not accepted */
	bool is_generated; /* by the relay itself, as bounces are */
	/* It goes on with another MID; what is left is a number that is not
	 * said to be finished yet. */
	bool is_handed_on;
	/* That which its listener names, or NULL. */
	const struct relay_bounce_profile *profile;
	uint64_t icid;
	struct list injecting_node; /* in a list until it has been received */
	char *sender; /* owned; without brackets; NULL: not said */
	struct ledger_recipient *recipients; /* owned */
	size_t recipient_count, recipient_cap, open, delivered;
	struct ledger_group *groups; /* owned */
	UT_hash_handle hh;
};

/* ---- connections ---- */

/* What a connection says of TLS. */
enum ledger_tls {
	LEDGER_TLS_NONE,    /* nothing */
	LEDGER_TLS_REFUSED, /* that STARTTLS is not offered, or refused */
	LEDGER_TLS_SUCCESS, /* it is secured */
	LEDGER_TLS_BROKEN,  /* the handshake failed, or what it showed */
};

struct ledger_connection {
	uint64_t dcid;
	struct ledger_address *address; /* borrowed */
	struct ledger_domain *domain;   /* borrowed; NULL: not known yet */
	struct ledger_moment opened;    /* its first line */
	struct address_sight was;       /* the address just before that */
	bool is_open;                   /* there was a New line */
	bool is_killed;                 /* by us, in the middle */
	uint64_t mid;                   /* the last message on it; 0: none */
	uint64_t starts;                /* Delivery start lines */
	uint64_t messages; /* of them, those that do not go on with one */
	struct ledger_moment started; /* the last of them */
	uint64_t possible_mid;        /* its last Possible Delivery; or 0 */
	enum ledger_tls tls;
	UT_hash_handle hh;
};

/* ---- entries ---- */

/* What a judge is told.  All but those marked "after" come before the ledger
 * itself changes.  Members that an entry does not name are NULL or 0. */
enum ledger_kind {
	LEDGER_ACCEPTED, /* message, after */
	LEDGER_ROUND,    /* group: a round begins, after */
	LEDGER_READY,    /* group: recipients are ready again or first, after */
	LEDGER_UNREADY,  /* group: none is any more, after */
	LEDGER_OPENED,   /* connection: a New line, or an Error without one */
	LEDGER_ASSIGNED, /* connection: its domain is known, after */
	LEDGER_FAILED,   /* connection, failure: a Connection Error */
	LEDGER_CLOSED,   /* connection: its last line, failed or not */
	LEDGER_STARTED,  /* connection, message, rids: MAIL is sent */
	LEDGER_FAILED_OVER, /* connection, group, trail: from there to it */
	LEDGER_DELAYED,     /* connection or NULL, recipient, line */
	LEDGER_POSSIBLE,    /* connection or NULL, message, rids, after */
	LEDGER_DONE,        /* connection or NULL, message, rids */
	LEDGER_DELIVERED,   /* connection or NULL, recipient: one of these */
	LEDGER_BOUNCED,     /* connection or NULL, recipient, line */
	LEDGER_DELETED,     /* recipient */
	LEDGER_PENDING,     /* group, wait, line */
	LEDGER_GENERATED,   /* message, line: the relay has made it, after */
	LEDGER_FINISHED,  /* message: "Message finished", not all of it ended */
	LEDGER_ENDED,     /* message: it is forgotten behind this */
	LEDGER_STRAY,     /* connection or NULL, rids, line: not known */
	LEDGER_REUSED,    /* line: a MID is given again */
	LEDGER_RESTARTED, /* the relay starts again, with no connection */
	LEDGER_GAP,       /* lines are missing: all is forgotten, after */
};

/* A "pending till" line beside what delivery.md prescribes. */
struct ledger_wait {
	utime till;                                 /* as the line says */
	const struct relay_bounce_profile *profile; /* that prescribes it */
	bool may_attempt; /* the round was an attempt, as far as is known */
	utime attempt_lo, attempt_hi; /* when the wait then ends */
	bool may_probe; /* nobody answered: until the first probe */
	utime probe_lo, probe_hi;
	bool may_keep; /* the wait that a success cut short goes on */
	utime keep_lo, keep_hi;
	bool fits_attempt, fits_probe, fits_keep;
};

struct ledger_entry {
	enum ledger_kind kind;
	struct ledger_moment moment;
	struct ledger_message *message;
	struct ledger_group *group;
	struct ledger_recipient *recipient;
	struct ledger_connection *connection;
	enum failure_kind failure;
	enum tried turned_away; /* FAILED: only this connection was */
	const struct ledger_wait *wait;
	const struct ledger_trail *trail;
	struct slice rids;
	const struct maillog_event *line;
	/* STRAY: the MID had ended before, with all of it delivered; or the
	 * end may be one of which a crash lost the record. */
	bool was_finished, was_delivered, was_lost;
};

/* Whether a host got as far as its greeting, by the second witness. */
enum greeted {
	GREETED_YES,
	GREETED_NO,
	GREETED_UNKNOWN,
};

struct ledger_hooks {
	void *owner;
	void (*on_entry)(void *owner, const struct ledger_entry *entry);
	enum greeted (*greeted)(void *owner, uint64_t dcid);
};

/* ---- the ledger ---- */

/* `plan` and `hooks` are borrowed until ledger_destroy(). */
struct ledger *ledger_new(
    const struct plan *plan, const struct ledger_hooks *hooks);
void ledger_destroy(struct ledger **lp);
/* The next line, parsed; NULL for one that is no record.  `now` as of
 * judge_log_line(). */
void ledger_line(struct ledger *l, const struct maillog_event *ev, utime now);
/* So many lines follow that are no records. */
void ledger_skip_lines(struct ledger *l, uint64_t count);
/* The log begins in the midst of the relay's work: nothing is known of hosts.
 */
void ledger_begin_late(struct ledger *l);
/* Lines are missing, or what comes does not go on with what was: nothing that
 * is under way is known any more.  `now`: the second that comes next. */
void ledger_gap(struct ledger *l, utime now);
/* Whether what the log tells of that message is not all. */
bool ledger_is_blind_to(const struct ledger *l, uint64_t mid);
/* Lines may be missing: nobody is accused for what a silence may hide, and
 * messages are known when they are from their start. */
void ledger_doubt(struct ledger *l);
/* When the log has told nothing for a while: the moment up to which it was
 * heard, before the line in hand.  UTIME_NEVER: it is heard all the time. */
utime ledger_heard(const struct ledger *l);
/* Whether the clock may have been set ahead since. */
bool ledger_may_have_leapt(
    const struct ledger *l, const struct ledger_moment *since);
/* Mail was due, and nothing at all was heard. */
void ledger_note_silence(struct ledger *l);
/* How often that was, and since which line the first time. */
uint64_t ledger_silences(const struct ledger *l, uint64_t *line);
/* Lets waits end up to `now`. */
void ledger_advance(struct ledger *l, utime now);
/* An operator gives the relay this command, in words as `faultpost ctl` takes
 * them, and the relay carries it out. */
void ledger_operate(struct ledger *l, struct slice command, utime now);
/* Deliveries are suspended. */
bool ledger_is_suspended(const struct ledger *l);
/* An operator has deleted, or bounced, recipients at the moment of the last
 * line. */
bool ledger_may_delete(const struct ledger *l);
bool ledger_may_bounce(const struct ledger *l);
/* The moment of the last line; line 0 when there was none. */
const struct ledger_moment *ledger_now(const struct ledger *l);

/* Recipients by how they stand. */
struct ledger_counts {
	uint64_t accepted, delivered, bounced, deleted;
	uint64_t records, unknown; /* lines of the log; of no known form */
};
const struct ledger_counts *ledger_counts(const struct ledger *l);
/* Calls `each` for every message that has not ended, in the order of MIDs
 * being named. */
void ledger_messages(struct ledger *l,
    void (*each)(void *owner, struct ledger_message *m), void *owner);
/* Likewise the domains. */
void ledger_domains(struct ledger *l,
    void (*each)(void *owner, struct ledger_domain *d), void *owner);
struct ledger_message *ledger_message_find(struct ledger *l, uint64_t mid);
struct ledger_connection *ledger_connection_find(
    struct ledger *l, uint64_t dcid);
struct ledger_recipient *ledger_recipient_find(
    struct ledger_message *m, uint64_t rid);

/* What is known of an address and port; NULL: nothing, it was never named. */
const struct ledger_address *ledger_address_find(
    const struct ledger *l, const struct endpoint *at);

/* What addresses of recipients are compared by. */
uint64_t ledger_text_hash(struct slice text);

/* Whether a candidate has been tried in the group's round. */
enum tried ledger_tried(const struct ledger_group *g, size_t seat);

/* The line is about a recipient whose host was not asked: it does not offer
 * what the message needs (delivery.md 35). */
bool ledger_is_unable(const struct maillog_event *ev);

/* Whether any host answered the group 4xx in its round, as far as is known. */
enum tried ledger_was_soft(const struct ledger_group *g);

/* How long a connection may be under way without a line: the patience with a
 * silent host, the domain's look-ups and a second. */
utime ledger_patience(const struct ledger *l, const struct ledger_domain *d);

/* The bounce profile that the group is under. */
const struct relay_bounce_profile *ledger_profile(
    const struct ledger *l, const struct ledger_group *g);

/* Whether limits may have held connections of the domain to a candidate back
 * at some time from `since` on. */
bool ledger_seat_may_be_held(
    const struct ledger_domain *d, size_t seat, utime since);
/* How many connections the candidate may have, that of `c` included, which is
 * new; 0: nobody knows. */
uint64_t ledger_crowd_max(
    const struct ledger *l, const struct ledger_connection *c);
/* Whether a connection of the domain to the candidate carries mail for sure:
 * then what has not tried it waits for that, though it may be down. */
bool ledger_is_served(
    struct ledger *l, const struct ledger_domain *d, size_t seat);
/* Until when limits may have held the domain's mail back; UTIME_NEVER: they
 * may do so now. */
utime ledger_held_until(const struct ledger *l, const struct ledger_domain *d);

/* Connections that stand, for whichever domain, and those of domains whose
 * table_tls is not off. */
uint64_t ledger_connections(const struct ledger *l);
uint64_t ledger_tls_connections(const struct ledger *l);
/* Whether what is sent to `m` on the connection goes on with what its last
 * transaction had to leave out (delivery.md 33). */
bool ledger_goes_on(
    const struct ledger_connection *c, const struct ledger_message *m);
/* How many recipients of its period the connection's domain, or its address,
 * has for sure with `more` now; 0: not known, or no limit. */
uint64_t ledger_sent_with(
    struct ledger *l, const struct ledger_connection *c, uint64_t more);

/* Whether every failure leads to the next candidate in the same round, as by
 * default (failover_on). */
bool ledger_fails_over(const struct ledger *l);

/* Appends "line 12 (0:00:05.002)", the time being that since the start. */
void ledger_where(const struct ledger *l, const struct ledger_moment *moment,
    struct buf *out);

#endif
