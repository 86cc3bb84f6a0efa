/* SPDX-License-Identifier: MIT */
/*
 * The delivery queue in memory: messages, their recipients by domain, and which
 * of them are ready, active or waiting (docs/delivery.md).  Pure; what is on
 * disk is the spool's business.
 */
#ifndef FAULTPOST_RELAY_QUEUE_H
#define FAULTPOST_RELAY_QUEUE_H

#include "core/base/heap.h"
#include "core/base/list.h"
#include "relay/bounce/notify.h"
#include "relay/deliver/pick.h"

#include <uthash.h>

/* Bits of a message. */
enum message_flag {
	MESSAGE_8BIT = 1 << 0,
	MESSAGE_UTF8 = 1 << 1,
};

/* An accepted message; lives until its last group is finished.  Its texts are
 * malloc'd each, or, once it is packed, parts of its own memory. */
struct message {
	uint64_t mid;
	utime received;
	uint64_t size_bytes;
	unsigned flags;
	uint32_t groups; /* that are not finished */
	uint32_t recipient_count;
	bool is_packed;
	bool is_partly_kept;      /* /dev/null was not the end of all */
	struct ip_address client; /* it came from there; none: it is ours */
	char *sender;             /* owned; "" for the null path */
	char **recipients;        /* owned, by RID */
	struct notify *notify;    /* owned; NULL: nothing was asked */
	char *content;            /* owned; all of it, or NULL: on disk only */
	char *profile; /* owned; of its listener; NULL: none is named */
};

/* Recipients that are not finished, by whether a round of theirs counted. */
struct tally {
	uint64_t attempted, unattempted;
};

enum group_state {
	GROUP_READY,
	GROUP_ACTIVE,
	GROUP_WAITING
};

/* The recipients of one message at one domain that are not finished.  Many of
 * them wait: what each takes counts. */
struct group {
	struct message *message; /* shared by the message's groups */
	struct domain *domain;   /* borrowed; outlives the group */
	struct cohort *cohort;   /* ready, active: shared; else NULL */
	struct list by_age;      /* in domain->by_age */
	uint32_t *rids;          /* ascending; owned unless it is &one */
	char *last_error;        /* shared; what the log would print; or NULL */
	utime warned;            /* when the latest was made */
	uint32_t one;            /* the only RID */
	uint32_t count;
	uint32_t attempts;   /* rounds that counted: group_set_attempts() */
	uint32_t warnings;   /* delay warnings so far */
	uint8_t error_phase; /* enum maillog_phase of that, if a reply */
	/* Its wait is for a probe, and no part of the bounce profile. */
	bool is_for_probe;
	/* A success has cut its wait short: until the end of that wait. */
	bool is_released;
	enum group_state state;
	union {
		struct {
			struct list link; /* of the cohort */
			uint64_t place;   /* among the ready */
			utime wait_end;   /* is_released: of its wait */
		};
		struct heap_node wait; /* in domain->waiting, by its end */
	};
};

/* When its wait is over; it waits. */
static inline utime
group_due(const struct group *g)
{
	assert(g->state == GROUP_WAITING);
	return g->wait.at;
}

/* A destination domain that has mail. */
struct domain {
	char *name;             /* owned, lower case; the key */
	struct cohort *cohorts; /* owned table: groups that are in a round */
	/* Of groups, by the end of their wait: those that a success may
	 * release, and those that it has released. */
	struct heap waiting, released;
	char *last_error; /* shared: the latest of any group */
	size_t ready_count, group_count;
	struct tally tally;
	struct list by_age;      /* of groups, the oldest message's first */
	struct list *age_finger; /* in it, where the last one went */
	struct heap_node age;    /* in queue->by_age, by that message */
	struct candidates candidates;
	void *delivery; /* the shell's: connections, timer */
	UT_hash_handle hh;
};

struct queue {
	struct domain *domains; /* owned table */
	uint64_t seq;           /* numbers places */
	struct tally tally;     /* of all domains */
	struct heap by_age;     /* of domains that have groups: age.h */
	uint64_t messages;      /* likewise */
	uint64_t bytes;         /* of their content */
	uint64_t content_bytes; /* of that, in memory too */
};

/* Frees what is in it; the shell has taken its `delivery` back. */
void queue_fini(struct queue *q);
uint64_t queue_next_seq(struct queue *q);
/* Recipients that are not finished. */
static inline uint64_t
queue_recipients(const struct queue *q)
{
	return q->tally.attempted + q->tally.unattempted;
}
struct domain *queue_domain(struct queue *q, struct slice name);
/* Forgets a domain that has no groups. */
void queue_drop_domain(struct queue *q, struct domain *d);

/* A message of `count` recipients (addresses copied). */
struct message *message_new(uint64_t mid, struct slice sender,
    const struct slice *recipients, uint32_t count);
void message_destroy(struct message **mp);
/* The same message in one piece of memory; `m` is gone. */
struct message *message_pack(struct message *m);

/* The message is one of the queue from now on.  Content that it has in memory
 * stays there, unless there is much of that. */
void queue_add_message(struct queue *q, struct message *m);
/* It is no more; call before its last group is finished. */
void queue_remove_message(struct queue *q, struct message *m);
/* Its content is on disk only: it has to wait. */
void queue_forget_content(struct queue *q, struct message *m);

/* A group without recipients, in no state yet: group_add_rid(), then
 * group_make_ready() or group_make_waiting(). */
struct group *group_new(struct queue *q, struct message *m, struct domain *d);
/* How many of its rounds counted. */
void group_set_attempts(struct queue *q, struct group *g, uint32_t attempts);
/* RIDs are added in ascending order. */
void group_add_rid(struct queue *q, struct group *g, uint32_t rid);
/* The recipient is finished. */
void group_remove_rid(struct queue *q, struct group *g, uint32_t rid);
/* The group of which nobody is left; it is in no list.  Tells whether its
 * message is finished, too; then the message is freed. */
bool group_finish(struct queue *q, struct group **gp);

/* A new round begins, at the end of the ready. */
void group_make_ready(struct queue *q, struct group *g);
/* Back into the ready with the round it had, at the place it had. */
void group_return(struct group *g);
/* Out of the ready: it is being sent. */
void group_make_active(struct group *g);
/* Until `due`. */
void group_make_waiting(struct queue *q, struct group *g, utime due);
/* Before the end of its wait, which goes on if nothing comes of the round. */
void group_release(struct queue *q, struct group *g);
/* Out of whatever it is in, to another domain, where a new round begins. */
void group_move(struct queue *q, struct group *g, struct domain *to);
/* The group waiting that is due first; NULL: none waits. */
struct group *domain_first_waiting(const struct domain *d);
/* Likewise of those that may be released. */
struct group *domain_first_unreleased(const struct domain *d);

/* Why the last try failed, in words; groups of a domain that failed alike share
 * the text. */
void group_set_error(struct group *g, struct slice text);

/* ---- cohort.c, for queue.c ---- */

/* A group that is in no cohort joins that of its round, as its state says. */
void cohort_join(struct group *g, const struct round *round);
void cohort_leave(struct group *g);

#endif
