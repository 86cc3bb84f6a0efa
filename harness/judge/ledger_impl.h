/* SPDX-License-Identifier: MIT */
/*
 * The inside of the ledger.  ledger.c reads lines and keeps the tables,
 * ledger_message.c keeps messages and recipients, ledger_remade.c follows those
 * that go on with another MID, ledger_round.c keeps groups and ledger_wait.c
 * their waits, ledger_failover.c where they go within a round,
 * ledger_connection.c connections and addresses, ledger_restart.c what outlives
 * the relay, ledger_operate.c what an operator does.
 */
#ifndef FAULTPOST_LEDGER_IMPL_H
#define FAULTPOST_LEDGER_IMPL_H

#include "harness/judge/ledger.h"

/* MIDs that have ended, as ranges in their order. */
struct mid_range {
	uint64_t first, last;
};
struct mid_ranges {
	struct mid_range *at; /* owned */
	size_t count, cap;
};
void mid_ranges_add(struct mid_ranges *r, uint64_t mid);
bool mid_ranges_has(const struct mid_ranges *r, uint64_t mid);
void mid_ranges_clear(struct mid_ranges *r);

/* What connections may be too many of, all together. */
enum ledger_crowd {
	CROWD_ANY,
	CROWD_TLS, /* counted as if all used it */
	CROWDS,
};

/* A client of a listener that names a bounce profile. */
struct ledger_client {
	uint64_t icid;
	const struct relay_bounce_profile *profile; /* borrowed */
	UT_hash_handle hh;
};

struct ledger {
	const struct plan *plan; /* borrowed */
	struct ledger_hooks hooks;
	struct ledger_moment now;
	struct ledger_counts counts;
	uint64_t ordinal;                /* messages accepted, our own aside */
	struct ledger_message *messages; /* owned; by mid */
	struct ledger_domain *domains;   /* owned; by name */
	struct ledger_connection *connections; /* owned; by dcid */
	struct ledger_address *addresses;      /* owned; by endpoint */
	uint64_t open_count;                   /* connections that stand */
	uint64_t tls_count;     /* of them, those of domains that use TLS */
	uint64_t ready_domains; /* that have ready recipients */
	struct ledger_moment crowded[CROWDS];
	struct list injecting; /* messages that are being received */
	uint64_t first_mid;    /* what was before it the log does not show */
	struct mid_ranges ended, delivered; /* some of it; all of it */
	struct mid_ranges strange; /* made of messages that are not known */
	/* Since when what becomes of recipients cannot be recorded (line 0:
	 * it can); the MIDs that ended since, or in the last moment in which
	 * one did; and those of them that a crash may have brought back. */
	struct ledger_moment refused, ended_at;
	struct mid_ranges unrecorded, lost;
	bool is_ended;     /* the last line of the log's file was its last */
	struct heap waits; /* of groups */
	uint64_t wait_seq;
	/* By an operator: see ledger_operate.c. */
	bool is_suspended, has_own_routes;
	/* The candidates of some domain are not known, so that a connection to
	 * any address may be for it. */
	bool has_rover;
	utime deleted_at, bounced_at;  /* the last such command */
	struct ledger_client *clients; /* owned; by icid */
	/* See ledger_gap.c: it does not know what was before; nor any message,
	 * until one begins. */
	bool is_late, is_blind;
	utime blind_until;
	bool is_doubted;              /* lines may be missing */
	utime heard;                  /* the record before the line in hand */
	struct ledger_moment leapt;   /* the last long silence; line 0: none */
	uint64_t silences;            /* in which mail was due */
	struct ledger_moment silence; /* the first of them */
	struct buf scratch;
};

/* Tells whoever judges; fills in the moment. */
void ledger_tell(struct ledger *l, struct ledger_entry *entry);

/* ---- ledger_client.c ---- */

void on_icid_new(struct ledger *l, const struct maillog_event *ev);
/* The bounce profile of what the client sends; NULL: its listener names
 * none. */
const struct relay_bounce_profile *client_profile(
    const struct ledger *l, uint64_t icid);
void client_end(struct ledger *l, uint64_t icid);
void clients_forget(struct ledger *l);

/* ---- ledger_message.c ---- */

/* The message of that MID, made when the log has not told of it yet; NULL when
 * it has ended. */
struct ledger_message *message_get(struct ledger *l, uint64_t mid);
void message_end(struct ledger *l, struct ledger_message *m);
void message_free(struct ledger *l, struct ledger_message *m);
void on_start_mid(struct ledger *l, const struct maillog_event *ev);
void on_generated(struct ledger *l, const struct maillog_event *ev);
void on_mid_from(struct ledger *l, const struct maillog_event *ev);
void on_mid_to(struct ledger *l, const struct maillog_event *ev);
void on_mid_ready(struct ledger *l, const struct maillog_event *ev);
void on_icid_end(struct ledger *l, const struct maillog_event *ev);
void on_mid_queued(struct ledger *l, const struct maillog_event *ev);
void on_message_aborted(struct ledger *l, const struct maillog_event *ev);
void on_message_finished(struct ledger *l, const struct maillog_event *ev);
void on_delivery_start(struct ledger *l, const struct maillog_event *ev);
void on_possible_delivery(struct ledger *l, const struct maillog_event *ev);
void on_message_done(struct ledger *l, const struct maillog_event *ev);
void on_delayed(struct ledger *l, const struct maillog_event *ev);
void on_bounced(struct ledger *l, const struct maillog_event *ev);
void on_deleted(struct ledger *l, const struct maillog_event *ev);
void on_pending(struct ledger *l, const struct maillog_event *ev);

/* ---- ledger_remade.c ---- */

/* The message goes on with another MID, or is that of another message; where
 * the log does not tell which, as when it is in the queue by its first one,
 * nothing that is under way is known any more. */
void on_mid_rewritten(struct ledger *l, const struct maillog_event *ev);

/* ---- ledger_round.c ---- */

/* The domain of that name, in any case; made when there is none. */
struct ledger_domain *domain_get(struct ledger *l, struct slice name);
void domain_free(struct ledger_domain *d);
/* Changes a recipient's state, unless it has ended, and what its group
 * counts. */
void recipient_enter(
    struct ledger *l, struct ledger_recipient *r, enum recipient_state to);
/* A round begins: by the line in hand, or by the end of the wait (`at`, then
 * not NULL).  Recipients that waited are ready. */
void group_begin(
    struct ledger *l, struct ledger_group *g, const struct ledger_moment *at);
/* The same for a group whose recipients may be ready. */
void group_begin_again(struct ledger *l, struct ledger_group *g);
/* Notes that the seat answered a recipient of the group 4xx, or was unable to
 * take it. */
void group_answered(struct ledger *l, struct ledger_group *g, size_t seat);
void group_unable(struct ledger *l, struct ledger_group *g, size_t seat);
/* Ends the wait of the domain's groups: one of its messages was delivered. */
void domain_release(struct ledger *l, struct ledger_domain *d);
void group_forget(struct ledger *l, struct ledger_group *g);
/* To another domain, where a new round begins. */
void group_redirect(
    struct ledger *l, struct ledger_group *g, struct ledger_domain *to);

/* Whether a failure of that moment was in the group's round. */
enum tried failed_in_round(
    const struct ledger_group *g, const struct ledger_moment *failed);

/* ---- ledger_wait.c ---- */

/* Reads a "pending till" by what delivery.md prescribes. */
void group_wait_find(
    struct ledger *l, struct ledger_group *g, struct ledger_wait *wait);
void group_wait(
    struct ledger *l, struct ledger_group *g, const struct ledger_wait *wait);
/* Behind a restart: the wait that a success had cut short is on record and goes
 * on, or what came of the round is; false when there is none. */
bool group_resume(struct ledger *l, struct ledger_group *g);
/* It waits no more. */
void wait_stop(struct ledger *l, struct ledger_group *g);

/* ---- ledger_failover.c ---- */

/* A host answered recipients of the group 4xx, or lost them. */
void trail_answered(struct ledger_group *g, const struct ledger_moment *now,
    const struct ledger_address *a);
/* The connection, of a domain, ended in a host failure: that is a failed try
 * for all that is ready. */
void trail_failed(struct ledger *l, struct ledger_connection *c);
/* The group is sent on the connection. */
void trail_started(
    struct ledger *l, struct ledger_group *g, struct ledger_connection *c);

/* ---- ledger_restart.c ---- */

void on_begin_logfile(struct ledger *l, const struct maillog_event *ev);
void on_end_logfile(struct ledger *l, const struct maillog_event *ev);
void on_queue_refuses(struct ledger *l, const struct maillog_event *ev);
void on_queue_accepts(struct ledger *l, const struct maillog_event *ev);
/* The message has ended: whether that is on disk is known later. */
void ended_note(struct ledger *l, uint64_t mid);

/* No connection stands any more, and no host is known to be down. */
void connections_drop(struct ledger *l);

/* ---- ledger_gap.c ---- */

/* Where the log was silent for long, its clock may have been set ahead. */
void ledger_note_leap(struct ledger *l);
/* Nothing is known of what became of the domain. */
void domain_blind(struct ledger *l, struct ledger_domain *d);

/* ---- ledger_limit.c ---- */

/* A connection of a domain stands, or ends. */
void limit_count(
    struct ledger *l, const struct ledger_connection *c, bool is_more);
/* Notes whether all connections together are as many as they may be. */
void limit_note(struct ledger *l);
/* So many recipients are sent on the connection, which has not gone on to
 * `m` yet. */
void limit_sent(struct ledger *l, const struct ledger_connection *c,
    const struct ledger_message *m, uint64_t count);
/* What was sent in a period does not count any more. */
void limit_forget(struct ledger_domain *d);

/* ---- ledger_crowd.c ---- */

/* Whether only that connection was turned away by its failure, the line in
 * hand; if so its candidate has no more than others for a while. */
enum tried crowd_turned_away(struct ledger *l,
    const struct ledger_connection *c, enum failure_kind kind,
    const struct maillog_event *ev);

/* ---- ledger_connection.c ---- */

struct ledger_address *address_get(struct ledger *l, const struct endpoint *at);
/* The connection carries mail of the domain. */
void connection_assign(
    struct ledger *l, struct ledger_connection *c, struct ledger_domain *d);
/* The interval of probes behind a failed one; 0: the host was up. */
utime interval_next(const struct relay_delivery *delivery, utime interval);
/* The message is sent on it, to so many recipients. */
void connection_start(struct ledger *l, struct ledger_connection *c,
    const struct ledger_message *m, uint64_t recipients);
void on_dcid_new(struct ledger *l, const struct maillog_event *ev);
void on_dcid_close(struct ledger *l, const struct maillog_event *ev);
void on_connection_killed(struct ledger *l, const struct maillog_event *ev);
void on_tls_success(struct ledger *l, const struct maillog_event *ev);
void on_tls_unsupported(struct ledger *l, const struct maillog_event *ev);
void on_tls_failed(struct ledger *l, const struct maillog_event *ev);
void on_connection_error(struct ledger *l, const struct maillog_event *ev);

#endif
