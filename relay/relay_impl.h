/* SPDX-License-Identifier: MIT */
/*
 * The inside of the relay, shared by its shell: relay.c (life cycle), inbound.c
 * (receiving), deliver.c (whose turn it is), outbound.c (one delivery
 * connection).  For nobody else.
 */
#ifndef FAULTPOST_RELAY_IMPL_H
#define FAULTPOST_RELAY_IMPL_H

#include "relay/deliver/resolve.h"
#include "relay/log.h"
#include "relay/operate/conversation.h"
#include "relay/operate/counters.h"
#include "relay/operate/utilization.h"
#include "relay/queue/spool.h"
#include "relay/receive/rate.h"
#include "relay/receive/room.h"
#include "relay/relay.h"

/* What connections to all domains share. */
enum slot_kind {
	SLOT_ANY,
	SLOT_TLS, /* of those that use TLS */
	SLOT_KINDS,
};
struct slots {
	size_t used, granted; /* by connections; to domains that may open one */
	/* Of struct slot_wait: domains without a connection, who come first,
	 * and those that want one more. */
	struct list first, more;
};
/* A domain's place in line. */
struct slot_wait {
	struct delivery *delivery; /* its own */
	struct list link;          /* in a list of its slots, or in none */
	bool is_granted;
};

struct relay {
	struct world *world;               /* borrowed */
	const struct relay_config *config; /* borrowed */
	/* Those in force: the configuration's, or what was imported since. */
	const struct routes *routes; /* borrowed */
	struct routes *imported;     /* owned; or NULL */
	struct relay_hooks hooks;
	struct log log;
	struct spool *spool; /* owned */
	struct queue queue;
	struct hosts hosts;
	struct dns_cache *dns_cache;       /* owned */
	struct relay_listener **listeners; /* owned, as configured */
	size_t listener_count;
	struct list sessions; /* of inbound sessions */
	size_t session_count;
	uint64_t icid, dcid; /* given last */
	size_t connections;  /* outbound ones that are open */
	size_t pending;      /* of these, being set up */
	struct slots slots[SLOT_KINDS];
	struct list idle;    /* connections that are, the longest first */
	struct list bounces; /* made, and not on disk yet */
	struct list retired; /* deliveries without mail, the latest last */
	size_t retired_count;
	bool draining, drained;
	struct timer drain; /* its deadline */
	struct counter_columns counters;
	struct utilization load;
	utime counters_saved_at;
	uint32_t domain_debugged, injection_debugged; /* sessions */
	bool is_suspended;    /* no deliveries: `suspenddel` */
	struct timer suspend; /* then those under way are cut */
	struct timer status;  /* of the status log */
	/* Room for another message, as it was last; and what was free on the
	 * queue's disk, then. */
	enum room_lack lack;
	uint64_t disk_free;
	utime disk_asked;
	bool is_damaged; /* the queue is, so that it could not start */
};

struct relay_listener {
	struct relay *relay;       /* borrowed */
	struct endpoint at;        /* as configured: its port may be 0 */
	struct listener *listener; /* owned; NULL: closed */
	/* Borrowed; NULL: the configuration names it no longer, and it goes
	 * with its last session. */
	const struct relay_listener_config *config;
	struct tls_context *tls; /* owned; NULL: no STARTTLS */
	size_t session_count;
	bool is_suspended; /* an operator's: no new mail */
	struct rate connection_rate, recipient_rate;
};

/* ---- relay_listen.c ---- */
/* Listens where `config` says, and nowhere else; on an error all is as it
 * was. */
bool relay_listen(
    struct relay *r, const struct relay_config *config, struct err *err);
/* Listens nowhere any more; the sessions go on by the configuration. */
void relay_unlisten(struct relay *r);
/* Behind that: no configuration names the listeners; each goes with its last
 * session. */
void relay_unname_listeners(struct relay *r);
/* One of its sessions has ended. */
void relay_listener_release(struct relay_listener *l);

/* ---- relay_debug.c ---- */
struct trace;

/* The log of a conversation that begins; NULL when nobody wants one. */
struct trace *trace_outbound(struct relay *r, const char *domain, uint64_t dcid,
    const struct ip_address *peer);
struct trace *trace_inbound(
    struct relay *r, uint64_t icid, const struct ip_address *peer);
/* What one side says; `t` may be NULL. */
void trace_feed(
    struct trace *t, enum conversation_side side, struct slice bytes);
void trace_destroy(struct trace **tp);

/* ---- relay_side.c ---- */
struct connection;

/* The configuration, which may be another one, says which side logs there
 * are. */
void side_begin(struct relay *r);
/* What becomes of a recipient, which is one of the group's still. */
void side_delayed(struct relay *r, const struct group *g, uint32_t rid,
    const struct log_cause *cause);
void side_bounced(struct relay *r, const struct group *g, uint32_t rid,
    const struct log_cause *cause);
/* The connection's host took the message for these, as c->response says if it
 * answered. */
void side_delivered(const struct connection *c, const uint32_t *rids,
    uint32_t count, bool is_answered);

/* ---- relay_count.c ---- */
struct delivery;

/* Takes the lifetime's counters up from the queue. */
void relay_load_counters(struct relay *r);
/* Puts them into the queue. */
void relay_save_counters(struct relay *r);
/* Something happened, `n` times, to no domain in particular. */
void relay_count(struct relay *r, enum counter which, uint64_t n);
/* A message was accepted. */
void relay_count_received(struct relay *r, const struct message *m);

/* What is remembered of a domain, beside its mail, for `hoststatus`. */
struct delivery_notes {
	struct counters counters;
	bool was_tried;      /* a connection came to something, or failed */
	utime last_activity; /* 0: none */
	char *last_5xx, *last_error; /* owned, or NULL */
	utime last_5xx_at, last_error_at;
	/* Whose the last error was, and at which stage; NULL: nobody's. */
	const char *last_error_stage;
	struct endpoint last_error_from;
};
void delivery_notes_fini(struct delivery_notes *notes);
/* Something happened, `n` times, to recipients of the domain. */
void deliver_count(struct delivery *d, enum counter which, uint64_t n);
/* A recipient bounced. */
void deliver_count_bounced(struct delivery *d, const struct log_cause *cause);
/* A connection stood, or failed: then `code` (or 0) and `text` say how. */
void deliver_note_tried(struct delivery *d);
void deliver_note_error(struct delivery *d, unsigned code, struct slice text);
/* Behind that: the host that it came from, and when in the dialogue. */
void deliver_note_place(
    struct delivery *d, const struct endpoint *from, enum smtp_stage stage);

/* ---- inbound_tls.c ---- */
/* Makes the context of a listener's STARTTLS, NULL when there is none.  False
 * with *err set when its certificate is none. */
bool inbound_tls_context(struct relay *r, const struct relay_config *config,
    const struct relay_listener_config *l, struct tls_context **context,
    struct err *err);

/* ---- inbound_room.c ---- */
/* What is free on the queue's disk, as it was some moments ago at most;
 * UINT64_MAX: not known. */
uint64_t inbound_disk_free(struct relay *r);

/* ---- inbound.c ---- */
void inbound_accept(struct relay_listener *l, struct stream *s);
/* The relay drains, or listeners have gone: 421 to those of their sessions that
 * are between messages; the others may finish theirs. */
void inbound_dismiss(struct relay *r);
/* The queue's disk lost writes, perhaps some of the messages that are being
 * received: none of these may be accepted. */
void inbound_on_fault(struct relay *r);
void inbound_destroy_all(struct relay *r);

/* ---- deliver.c ---- */
/* A message is on disk: its groups are ready, or wait as `left` says (NULL:
 * all recipients are new).  Takes the message over. */
void deliver_submit(struct relay *r, struct message *m,
    const struct spool_recipient *left, uint32_t count);
/* The configuration has changed: candidates are looked up again. */
void deliver_reload(struct relay *r);
/* No new connections; idle ones are closed. */
void deliver_drain(struct relay *r);
/* Tells on_drained if nothing is open any more. */
void deliver_end_drain(struct relay *r);
void deliver_destroy_all(struct relay *r);

/* Domains without mail that are remembered for their cursors; beyond that those
 * without mail for longest are forgotten, so that names that come once do not
 * fill the memory. */
#define DELIVER_RETIRED_MAX 10000

/* ---- deliver.c, for outbound.c ---- */
struct connection;

/* A domain's side of delivery; domain->delivery. */
struct delivery {
	struct relay *relay;
	struct domain *domain;
	const struct relay_destination *controls; /* borrowed: the config's */
	/* That which the controls name, or NULL. */
	const struct relay_bounce_profile *profile;
	struct list retired;     /* in relay->retired, or in no list */
	struct timer wake;       /* when to look at the queue again */
	struct list connections; /* of struct connection */
	size_t connection_count, idle_count;
	struct slot_wait slots[SLOT_KINDS];
	struct quota quota; /* of the whole domain */
	/* Being set up: to a host that was up, and to one that was down.
	 * relay->pending counts them. */
	struct connection *setup, *probe;
	struct resolve *resolve; /* under way, or NULL */
	utime candidates_expire;
	bool has_candidates;
	char *last_error;    /* owned; of the last host failure */
	bool told_suspended; /* in the log, since suspenddel */
	struct delivery_notes notes;
};

/* The domain's delivery, made when there is none; it is about to be used. */
struct delivery *deliver_of(struct relay *r, struct domain *domain);
/* Looks at the domain's queue as soon as the running callback has returned. */
void deliver_wake(struct delivery *d);
/* The number of the candidate that a connection goes to; PICK_NONE also for no
 * connection. */
size_t deliver_index_of(
    const struct delivery *d, const struct connection *connection);
/* The connection, if it is being set up, is no more, or is not waited for. */
void deliver_leave_setup(struct delivery *d, const struct connection *c);
/* How many connections the domain has to the host. */
size_t deliver_connections_to(
    const struct delivery *d, const struct host *host);
/* The connection greeted well and awaits messages. */
void deliver_setup_done(struct delivery *d, struct connection *c);
/* The connection failed at `stage`, before it could carry anything. */
void deliver_host_failed(struct delivery *d, struct connection *c,
    enum smtp_stage stage, bool is_down,
    const struct log_host_failure *failure);
/* A recipient's verdict; `dcid` and `cause` for the log. */
void deliver_delayed(struct delivery *d, struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause);
void deliver_bounced(struct delivery *d, struct group *g, uint32_t rid,
    uint64_t dcid, const struct log_cause *cause);
/* `response` is their host's answer; NULL: it gave none in time, which counts
 * as one. */
void deliver_done(struct delivery *d, struct group *g, const uint32_t *rids,
    uint32_t count, uint64_t dcid, const struct slice *response);
/* Behind the connection's host nothing is left in the group's round, and all
 * that it tried were, as this one is, unable to take its message. */
bool deliver_is_last(const struct delivery *d, const struct connection *c,
    const struct group *g);
/* The transaction is over; what is left of the group goes on. `failover` is
 * false when the stage of its refusal is not one of failover_on. */
void deliver_group_over(
    struct delivery *d, struct connection *c, struct group *g, bool failover);
void deliver_connection_closed(struct delivery *d, struct connection *c);

/* ---- deliver_group.c ---- */
/* The bounce profile that the group is under. */
const struct relay_bounce_profile *deliver_profile(
    const struct delivery *d, const struct group *g);
/* All recipients of the group end as `cause` says; it is gone. */
void deliver_bounce_group(struct delivery *d, struct group *g, uint64_t dcid,
    const struct log_cause *cause);
/* They end without a word to anybody: /dev/null. */
void deliver_drop_group(struct delivery *d, struct group *g);
/* Likewise, by an operator. */
void deliver_discard_group(struct delivery *d, struct group *g);
/* Nothing is eligible for the group: 10, 11. */
void deliver_requeue(struct delivery *d, struct group *g);
/* Its round ends because `failed` did, though others are left: an attempt if
 * anything answered, else it waits for the probe of that host. */
void deliver_end_round(
    struct delivery *d, struct group *g, const struct host *failed);
/* Its round was an attempt: 10. */
void deliver_requeue_attempted(struct delivery *d, struct group *g);
/* The group, which waits, is due: a new round, or its end. 13. */
void deliver_end_wait(struct delivery *d, struct group *g);
/* Groups whose wait ends by `until` are due. */
void deliver_make_due(struct delivery *d, utime until);

/* ---- deliver_operate.c ---- */
/* Looks at each domain's queue: what held all of them back does so no more. */
void deliver_wake_all(struct relay *r);
/* No deliveries from now on; those under way have so long to end. */
void deliver_suspend(struct relay *r, utime patience);
void deliver_resume(struct relay *r);
/* Says in the log, once, that the domain's mail has to wait for that. */
void deliver_tell_suspended(struct delivery *d);
/* All waiting groups of the domain are due, and its hosts that are down may be
 * probed; how many groups became ready. */
uint64_t deliver_now(struct relay *r, struct domain *domain);
/* Likewise of one group that is not being sent, also if the relay ends before
 * it is tried; true when it waited. */
bool deliver_group_now(struct relay *r, struct group *g);

/* ---- deliver_candidates.c ---- */
/* Looks the domain's candidates up; wakes the delivery when they are there. */
void deliver_resolve(struct delivery *d);
/* The SMTP AUTH profile of the domain's route, or NULL. */
const struct relay_auth_profile *deliver_auth(const struct delivery *d);

/* ---- outbound.c ---- */
struct connection {
	struct delivery *delivery; /* borrowed; outlives the connection */
	struct list link;          /* in delivery->connections */
	struct host *host;         /* borrowed */
	uint64_t dcid;
	struct stream *stream;         /* owned; NULL: gone */
	struct trace *trace;           /* owned; or NULL */
	struct smtp_client *client;    /* owned; NULL before it is connected */
	char *helo_name;               /* owned; the client's, over a reload */
	char *host_name;               /* owned; by which it was found, or "" */
	bool is_secured;               /* under TLS */
	bool is_logged_in;             /* by AUTH */
	char *auth_name, *auth_secret; /* owned; while AUTH is said */
	bool starttls_refused;         /* with starttls_code and `response` */
	unsigned starttls_code;
	struct timer timer; /* the deadline of the present state */
	enum connection_state {
		CONNECTION_CONNECTING,
		CONNECTION_GREETING, /* until the client is ready */
		CONNECTION_IDLE,
		CONNECTION_BUSY,
		CONNECTION_QUITTING,
	} state;
	struct list idle_link; /* IDLE: in relay->idle */
	bool has_slot[SLOT_KINDS];
	bool is_excess;   /* it ends when it can: a limit was lowered */
	bool is_outdated; /* likewise: made by another configuration */
	utime began_at, connected_at; /* that from GREETING on */
	bool is_silent;       /* it comes to nothing, and without an answer */
	utime idle_until;     /* IDLE: then it is closed, whatever comes */
	size_t unwritten;     /* of the client's output: given to the stream,
	                       * which has it still */
	enum net_failure why; /* after on_failure */
	uint32_t messages;    /* carried so far */
	/* BUSY: */
	utime started_at;         /* MAIL was sent, and never before */
	struct group *group;      /* being sent; borrowed */
	struct buf sender;        /* with its tag, if it has one */
	struct slice *recipients; /* owned; as the client has them */
	uint32_t *rids;           /* owned; of those */
	bool *settled;            /* owned; of those: had its verdict */
	uint32_t settled_count;
	uint32_t *delivered; /* owned; RIDs that got a 2xx */
	uint32_t recipient_count, delivered_count;
	uint32_t unsent; /* recipients of the group that wait here */
	unsigned response_code;
	struct buf response; /* the 2xx's text */
	bool failover;       /* false once a refusal forbids it */
	bool is_unable;      /* the host lacks what the message needs */
	uint32_t piece;      /* of the content, to be sent next */
	struct buf content;
};

/* Starts a connection to the host. */
struct connection *outbound_open(struct delivery *d, struct host *host);
/* Sends the group over an idle connection. */
void outbound_send(struct connection *c, struct group *g);
/* Since when it is too slow to be waited for: UTIME_NEVER while it connects,
 * as then nobody knows whether the host is up. */
utime outbound_slow_at(const struct connection *c);
bool outbound_is_slow(const struct connection *c, utime now);
bool outbound_is_idle(const struct connection *c);
/* QUIT, if it is idle. */
void outbound_quit(struct connection *c);
/* Ends it at once, without a word; its group, if any, is returned. */
void outbound_destroy(struct connection *c);

#endif
