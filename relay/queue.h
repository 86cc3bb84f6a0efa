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
#include "relay/notify.h"
#include "relay/pick.h"

#include <uthash.h>

/* Bits of a message. */
enum message_flag {
	MESSAGE_8BIT = 1 << 0,
	MESSAGE_UTF8 = 1 << 1,
};

/* An accepted message; lives until its last group is finished. */
struct message {
	uint64_t mid;
	utime received;
	uint64_t size_bytes;
	unsigned flags;
	uint32_t groups; /* that are not finished */
	uint32_t recipient_count;
	char *sender;          /* owned; "" for the null path */
	char **recipients;     /* owned, by RID */
	struct notify *notify; /* owned; NULL: nothing was asked */
};

enum group_state {
	GROUP_READY,
	GROUP_ACTIVE,
	GROUP_WAITING
};

/* The recipients of one message at one domain that are not finished. */
struct group {
	struct message *message; /* shared by the message's groups */
	struct domain *domain;   /* borrowed; outlives the group */
	uint32_t *rids;          /* owned, ascending */
	uint32_t count;
	uint32_t attempts; /* rounds that counted */
	uint32_t warnings; /* delay warnings so far */
	utime warned;      /* when the latest was made */
	enum group_state state;
	uint64_t ready_seq; /* its place among the ready */
	struct round round;
	utime due;             /* when waiting */
	char *last_error;      /* owned; what the log would print; or NULL */
	unsigned error_phase;  /* enum maillog_phase of that, if a reply */
	struct list link;      /* in domain->ready */
	struct heap_node wait; /* in domain->waiting */
};

/* A destination domain that has mail. */
struct domain {
	char *name;          /* owned, lower case; the key */
	struct list ready;   /* of groups, by ready_seq */
	struct heap waiting; /* of groups, by due */
	size_t ready_count, group_count;
	struct candidates candidates;
	void *delivery; /* the shell's: connections, timer */
	UT_hash_handle hh;
};

struct queue {
	struct domain *domains; /* owned table */
	uint64_t seq;           /* numbers rounds, failures and places */
	uint64_t recipients;    /* not finished */
};

/* Frees what is in it; the shell has taken its `delivery` back. */
void queue_fini(struct queue *q);
uint64_t queue_next_seq(struct queue *q);
struct domain *queue_domain(struct queue *q, struct slice name);
/* Forgets a domain that has no groups. */
void queue_drop_domain(struct queue *q, struct domain *d);

/* A message of `count` recipients (addresses copied). */
struct message *message_new(uint64_t mid, struct slice sender,
    const struct slice *recipients, uint32_t count);
void message_destroy(struct message **mp);

/* A group without recipients, in no state yet: group_add_rid(), then
 * group_make_ready() or group_make_waiting(). */
struct group *group_new(struct queue *q, struct message *m, struct domain *d);
/* RIDs are added in ascending order. */
void group_add_rid(struct queue *q, struct group *g, uint32_t rid);
/* The recipient is finished. */
void group_remove_rid(struct queue *q, struct group *g, uint32_t rid);
/* The group of which nobody is left; it is in no list.  Tells whether its
 * message is finished, too; then the message is freed. */
bool group_finish(struct group **gp);

/* A new round begins, at the end of the ready. */
void group_make_ready(struct queue *q, struct group *g);
/* Back into the ready with the round it had, at the place it had. */
void group_return(struct group *g);
/* Out of the ready: it is being sent. */
void group_make_active(struct group *g);
/* Until `due`. */
void group_make_waiting(struct queue *q, struct group *g, utime due);
/* Out of whatever it is in, to another domain, where a new round begins. */
void group_move(struct queue *q, struct group *g, struct domain *to);
/* The group waiting that is due first; NULL: none waits. */
struct group *domain_first_waiting(const struct domain *d);

/* Why the last try failed, in words; the text is copied. */
void group_set_error(struct group *g, struct slice text);

#endif
